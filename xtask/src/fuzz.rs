//! `cargo xtask fuzz`: the targets below `fuzz/`, each for a while, on the stable toolchain.
//!
//! libFuzzer's coverage flags are unstable; `RUSTC_BOOTSTRAP` makes the stable compiler accept them. This is
//! used for tools only: no shipped program is built this way.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::workspace::{Workspace, cargo};
use crate::{install, proc};

/// The version of cargo-fuzz.
pub const CARGO_FUZZ: &str = "0.13.2";

/// Runs targets by name, or all.
///
/// # Errors
/// When an argument is wrong, a target does not build, or a target found a crash.
pub fn fuzz(workspace: &Workspace, args: &[String]) -> Result<(), String> {
    let (mut seconds, mut names) = (60, Vec::new());
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--" => {}
            "--seconds" => {
                let value = args.next().and_then(|v| v.parse().ok());
                seconds = value.ok_or("--seconds needs a number")?;
            }
            name => names.push(name.to_owned()),
        }
    }
    let tool = install::cargo_tool(workspace, "cargo-fuzz", CARGO_FUZZ)?;
    all(workspace, &tool, seconds, &names)
}

/// Builds and runs `names`, or every target when there are none, for `seconds` each.
///
/// # Errors
/// The first target that does not build or that found a crash.
pub fn all(workspace: &Workspace, tool: &Path, seconds: u32, names: &[String]) -> Result<(), String> {
    let cargo_fuzz = |args: &[&str]| {
        let mut command = Command::new(tool);
        // Called by its full path it still expects the name that cargo would pass.
        command.arg("fuzz").args(args).current_dir(&workspace.root);
        command
            .env("RUSTC_BOOTSTRAP", "1")
            .env("CARGO", cargo())
            .env("CARGO_TARGET_DIR", workspace.target.join("fuzz"));
        command
    };
    let names = if names.is_empty() {
        let list = proc::output(&mut cargo_fuzz(&["list"])).ok_or("cargo-fuzz finds no target in fuzz/")?;
        list.lines().map(str::to_owned).collect()
    } else {
        names.to_vec()
    };
    // The parsers are safe Rust: the sanitizer would find little and halve the speed. Debug assertions stay on.
    let flags = ["--release", "--debug-assertions", "--sanitizer", "none"];
    proc::run(cargo_fuzz(&["build"]).args(flags))?;
    for name in &names {
        // Straight to the binary: `cargo fuzz run` would link it once more.
        let mut command = Command::new(binary(workspace, name)?);
        command.current_dir(&workspace.root);
        for folder in ["fuzz/corpus", "fuzz/artifacts"].map(|f| workspace.target.join(f).join(name)) {
            std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        }
        command.arg(workspace.target.join("fuzz/corpus").join(name));
        let seeds = workspace.root.join("fuzz/seeds").join(name);
        if seeds.is_dir() {
            command.arg(seeds);
        }
        let artifacts = workspace.target.join("fuzz/artifacts").join(name);
        command.arg(format!("-artifact_prefix={}/", artifacts.display()));
        command.arg(format!("-max_total_time={seconds}"));
        command.args(["-max_len=8192", "-timeout=10", "-rss_limit_mb=1024", "-verbosity=0", "-print_final_stats=1"]);
        proc::run(&mut command)?;
    }
    Ok(())
}

/// Where cargo-fuzz puts a target's program: below the host's triple, which only it knows.
fn binary(workspace: &Workspace, name: &str) -> Result<PathBuf, String> {
    let made = std::fs::read_dir(workspace.target.join("fuzz")).map_err(|e| format!("nothing was built: {e}"))?;
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    made.flatten()
        .map(|entry| entry.path().join("release").join(&file))
        .find(|path| path.is_file())
        .ok_or_else(|| format!("no fuzz target is called {name:?}"))
}
