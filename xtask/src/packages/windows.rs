//! Windows of 64 bits, from Linux: both programs by mingw, and a setup by makensis.
//!
//! A Rust of rustup with the target installed is used as it is. Otherwise Debian's second Rust (`rustc-web`), which
//! comes with the source of std, builds std as well; that is unstable to cargo, hence `RUSTC_BOOTSTRAP`, and it gets a
//! cargo home and a target folder of its own, away from the other toolchain.
//!
//! The program in `POTLUCK_SIGN_WINDOWS` is called with every finished .exe and must sign it in place.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::job::{CRATES, Job, copy, fresh};
use super::notices;
use crate::proc::{self, print_line};
use crate::{install, workspace};

const TARGET: &str = "x86_64-pc-windows-gnu";
/// Debian's own programs; rustup's would come first in PATH.
const DEBIAN: &str = "/usr/bin";
const LOADER: &str = "WebView2Loader.dll";
const SIGN: &str = "POTLUCK_SIGN_WINDOWS";

/// Builds, collects, packs.
///
/// # Errors
/// When a tool is missing or fails.
pub fn make(job: &Job<'_>) -> Result<(), String> {
    let missing = install::programs(install::FOR_WINDOWS);
    if !missing.is_empty() {
        return Err(format!("missing: {}", missing.join(", ")));
    }
    let built = build(job)?;
    let folder = collect(job, &built)?;
    let setup = job.out.join(format!("potluck-{}-setup-x64.exe", job.version));
    let mut makensis = Command::new("makensis");
    makensis.args(["-V2", "-WX", "-INPUTCHARSET", "UTF8", &format!("-DVERSION={}", job.version)]);
    makensis.arg(define("SOURCE", &folder)).arg(define("OUTFILE", &setup));
    if let Some(signer) = env::var_os(SIGN) {
        makensis.arg(define("SIGN_UNINSTALLER", Path::new(&signer)));
    }
    proc::run(makensis.arg(job.part("windows/potluck.nsi")))?;
    sign(&setup)?;
    let server = job.out.join(format!("potluck-server-{}-x64.exe", job.version));
    copy(&folder.join("potluck-server.exe"), &server)
}

fn define(name: &str, value: &Path) -> OsString {
    let mut text = OsString::from(format!("-D{name}="));
    text.push(value);
    text
}

/// The folder with the programs.
fn build(job: &Job<'_>) -> Result<PathBuf, String> {
    let target = job.workspace.target.join("windows");
    let mut command = if has_target() {
        job.cargo_build(&workspace::cargo())
    } else {
        print_line("   this toolchain cannot build for Windows: Debian's second Rust does");
        debian_rust(job)?
    };
    proc::run(command.args(["--target", TARGET]).env("CARGO_TARGET_DIR", &target))?;
    Ok(target.join(TARGET).join(job.profile.folder()))
}

/// Whether the compiler in use has std for Windows.
fn has_target() -> bool {
    let sysroot = proc::output(Command::new("rustc").args(["--print", "sysroot"]));
    sysroot.is_some_and(|root| Path::new(root.trim()).join("lib/rustlib").join(TARGET).join("lib").is_dir())
}

fn debian_rust(job: &Job<'_>) -> Result<Command, String> {
    let missing = install::programs(install::FOR_WINDOWS_STD);
    if !missing.is_empty() {
        return Err(format!("missing: {}; or `rustup target add {TARGET}`", missing.join(", ")));
    }
    let home = job.workspace.cache.join("cargo-windows");
    fs::create_dir_all(&home).map_err(|e| format!("{}: {e}", home.display()))?;
    let mut command = job.cargo_build(&Path::new(DEBIAN).join("cargo"));
    command.arg("-Zbuild-std=std,panic_unwind");
    with_debian_rust(&mut command, &home);
    Ok(command)
}

/// Sets the environment in which Debian's cargo finds Debian's compiler, regardless of the toolchain that started us.
pub fn with_debian_rust(command: &mut Command, home: &Path) {
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths([PathBuf::from(DEBIAN)].into_iter().chain(env::split_paths(&path)));
    if let Ok(path) = path {
        command.env("PATH", path);
    }
    command.env("CARGO_HOME", home).env("RUSTC_BOOTSTRAP", "1");
    for name in ["RUSTUP_TOOLCHAIN", "RUSTC", "RUSTDOC", "CARGO", "LD_LIBRARY_PATH", "CARGO_INCREMENTAL"] {
        command.env_remove(name);
    }
}

/// Everything that the setup installs, signed, in one folder.
fn collect(job: &Job<'_>, built: &Path) -> Result<PathBuf, String> {
    let folder = job.out.join("windows");
    fresh(&folder)?;
    for (_, program) in CRATES {
        let program = format!("{program}.exe");
        copy(&built.join(&program), &folder.join(&program))?;
        sign(&folder.join(&program))?;
    }
    copy(&built.join(LOADER), &folder.join(LOADER))?;
    copy(&job.workspace.root.join("LICENSE"), &folder.join("LICENSE.txt"))?;
    copy(&job.workspace.root.join("icons/generated/potluck.ico"), &folder.join("potluck.ico"))?;
    notices::make(job, TARGET, &folder.join("THIRD-PARTY.txt"))?;
    Ok(folder)
}

fn sign(program: &Path) -> Result<(), String> {
    match env::var_os(SIGN) {
        Some(signer) => proc::run(Command::new(signer).arg(program)),
        None => {
            print_line(&format!("   not signed: {} ({SIGN} names no program)", program.display()));
            Ok(())
        }
    }
}
