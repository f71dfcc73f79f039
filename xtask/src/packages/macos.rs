//! macOS: on a Mac an application bundle, elsewhere a type check.
//!
//! A bundle is a folder with standard names, so it is assembled here. Signing is done by Apple's `codesign`, with
//! the identity in `POTLUCK_SIGN_MACOS`; without one it is signed for this computer only, which Apple's processors need
//! to start anything.
//!
//! Elsewhere Debian's second Rust checks (see `windows.rs`), with zig from PyPI as the C compiler for the parts in C:
//! Apple's own headers are not available.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::job::{CRATES, Job, copy, fresh, write};
use super::{notices, windows};
use crate::proc::{self, print_line};
use crate::{install, workspace};

const TARGET: &str = "aarch64-apple-darwin";
const SIGN: &str = "POTLUCK_SIGN_MACOS";

/// Drops what only Apple's compiler knows, and says the target in zig's words. Objective-C, which needs Apple's
/// headers, becomes an empty object: nothing is linked when types are checked.
const WRAPPER: &str = r#"#!/usr/bin/env python3
import os, sys
args, skip = [], False
for arg in sys.argv[1:]:
    if skip or arg == "-arch":
        skip = not skip
    elif arg.endswith(".m"):
        args += ["-x", "c", os.devnull]
    elif not arg.startswith(("--target=", "-mmacosx-version-min=", "-mmacos-version-min=")):
        args.append(arg)
os.execv(ZIG, [ZIG, "-m", "ziglang", "cc", "-target", "aarch64-macos", *args])
"#;

/// Makes the bundle, or checks the types.
///
/// # Errors
/// When a tool is missing or fails, or something does not compile.
pub fn make(job: &Job<'_>) -> Result<(), String> {
    if !cfg!(target_os = "macos") {
        return check(job);
    }
    proc::run(&mut job.cargo_build(&workspace::cargo()))?;
    let bundle = bundle(job, &job.programs())?;
    sign(job, &bundle)?;
    let image = job.out.join(format!("potluck-{}-{}.dmg", job.version, env::consts::ARCH));
    let mut hdiutil = Command::new("hdiutil");
    hdiutil.args(["create", "-ov", "-format", "UDZO", "-volname", "Potluck", "-srcfolder"]);
    proc::run(hdiutil.arg(bundle.parent().unwrap_or(&bundle)).arg(image))
}

/// The bundle, in a folder of its own beside a link to where it belongs.
fn bundle(job: &Job<'_>, programs: &Path) -> Result<PathBuf, String> {
    let folder = job.out.join("macos");
    fresh(&folder)?;
    let bundle = folder.join("Potluck.app");
    let contents = bundle.join("Contents");
    for name in ["MacOS", "Resources"] {
        fs::create_dir_all(contents.join(name)).map_err(|e| format!("{}: {e}", contents.display()))?;
    }
    let plist = job.part("macos/Info.plist");
    let text = fs::read_to_string(&plist).map_err(|e| format!("{}: {e}", plist.display()))?;
    write(&contents.join("Info.plist"), &text.replace("@VERSION@", &job.version))?;
    for (_, program) in CRATES {
        copy(&programs.join(program), &contents.join("MacOS").join(program))?;
    }
    copy(&job.workspace.root.join("icons/generated/potluck.icns"), &contents.join("Resources/potluck.icns"))?;
    copy(&job.workspace.root.join("LICENSE"), &contents.join("Resources/LICENSE.txt"))?;
    notices::make(job, TARGET, &contents.join("Resources/THIRD-PARTY.txt"))?;
    #[cfg(unix)]
    std::os::unix::fs::symlink("/Applications", folder.join("Applications"))
        .map_err(|e| format!("{}: {e}", folder.display()))?;
    Ok(bundle)
}

/// Inner programs first: the seal of the bundle holds theirs.
fn sign(job: &Job<'_>, bundle: &Path) -> Result<(), String> {
    let identity = env::var_os(SIGN);
    for inner in ["Contents/MacOS/potluck-server", ""] {
        let mut codesign = Command::new("codesign");
        codesign.arg("--force").arg("--sign");
        match &identity {
            Some(identity) => {
                codesign.arg(identity).args(["--timestamp", "--options", "runtime", "--entitlements"]);
                codesign.arg(job.part("macos/entitlements.plist"));
            }
            None => _ = codesign.arg("-"),
        }
        proc::run(codesign.arg(bundle.join(inner)))?;
    }
    Ok(())
}

fn check(job: &Job<'_>) -> Result<(), String> {
    let missing = [install::FOR_MACOS_CHECK, install::FOR_WINDOWS_STD]
        .into_iter()
        .flat_map(install::programs)
        .collect::<Vec<_>>();
    if !missing.is_empty() {
        return Err(format!("missing: {}", missing.join(", ")));
    }
    let python = install::ziglang(job.workspace)?;
    let target = job.workspace.target.join("macos");
    fs::create_dir_all(&target).map_err(|e| format!("{}: {e}", target.display()))?;
    let compiler = target.join("zig-cc");
    write(&compiler, &WRAPPER.replace("ZIG", &format!("{:?}", python.display().to_string())))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&compiler, fs::Permissions::from_mode(0o755))
            .map_err(|e| format!("{}: {e}", compiler.display()))?;
    }
    for (package, program) in CRATES {
        print_line(&format!("   {program}: types only"));
        let args = ["check", "--locked", "-Zbuild-std=std,panic_unwind", "--target", TARGET, "--package", package];
        let mut command = proc::command("/usr/bin/cargo", &args, &job.workspace.root);
        windows::with_debian_rust(&mut command, &job.workspace.cache.join("cargo-windows"));
        command.env("CARGO_TARGET_DIR", &target).env("CC_aarch64_apple_darwin", &compiler);
        // Build scripts ask Apple's xcrun for it otherwise.
        proc::run(command.env("SDKROOT", "/nonexistent"))?;
    }
    Ok(())
}
