//! `.deb` and `.rpm`. Their contents are listed in `[package.metadata.deb]` and `[package.metadata.generate-rpm]` of
//! the two crates; generated files (programs, manual page, licences) are in the folder of the profile, where both tools
//! look for paths that begin with `target/release`.

use std::process::Command;

use super::job::{CRATES, Job, write};
use super::{man, notices};
use crate::proc;
use crate::{install, workspace};

const CARGO_DEB: &str = "3.8.0";
const CARGO_GENERATE_RPM: &str = "0.21.1";

/// Builds the programs and the files that are generated from them.
///
/// # Errors
/// When a build fails.
pub fn build(job: &Job<'_>) -> Result<(), String> {
    require_installed(
        &[install::FOR_DESKTOP, install::FOR_SPEED].into_iter().flat_map(install::programs).collect::<Vec<_>>(),
    )?;
    proc::run(&mut job.cargo_build(&workspace::cargo()))?;
    let server = job.workspace.server(job.profile.folder());
    let output_of = |argument: &str| {
        proc::output(Command::new(&server).arg(argument)).ok_or(format!("{} {argument} failed", server.display()))
    };
    let longer = [
        ("volumes", output_of("--help-volumes")?),
        ("permissions", output_of("--help-perms")?),
        ("flags", output_of("--help-flags")?),
        ("configuration files", output_of("--help-files")?),
    ];
    let page = job.programs().join("potluck-server.1");
    write(&page, &man::page(&job.version, &output_of("--help")?, &longer))?;
    // Without name and time, so that equal pages give equal bytes.
    proc::run(Command::new("gzip").args(["-9", "--no-name", "--force"]).arg(&page))?;
    notices::make(job, &host()?, &job.programs().join("THIRD-PARTY.txt"))
}

/// Returns the host's target triple.
fn host() -> Result<String, String> {
    let info = proc::output(Command::new("rustc").arg("-vV")).ok_or("rustc does not report its host target")?;
    let host = info.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or("rustc does not report its host target".to_owned())
}

fn require_installed(missing: &[&str]) -> Result<(), String> {
    if missing.is_empty() { Ok(()) } else { Err(format!("missing: {}", missing.join(", "))) }
}

/// Both Debian packages.
///
/// # Errors
/// When cargo-deb is missing or fails.
pub fn deb(job: &Job<'_>) -> Result<(), String> {
    require_installed(&install::programs(install::FOR_DEB))?;
    let tool = install::cargo_tool(job.workspace, "cargo-deb", CARGO_DEB)?;
    for (package, _) in CRATES {
        let mut command = proc::command(&tool, &["--no-build", "--no-strip", "--locked"], &job.workspace.root);
        command.args(["--profile", job.profile.name(), "--package", package, "--output"]).arg(&job.out);
        proc::run(command.env("CARGO_TARGET_DIR", &job.workspace.target))?;
    }
    Ok(())
}

/// Both packages for distributions with RPM.
///
/// # Errors
/// When cargo-generate-rpm is missing or fails.
pub fn rpm(job: &Job<'_>) -> Result<(), String> {
    require_installed(&install::programs(install::FOR_RPM))?;
    let tool = install::cargo_tool(job.workspace, "cargo-generate-rpm", CARGO_GENERATE_RPM)?;
    for (package, folder) in [("potluck", "src-tauri"), ("potluck-server", "src-server")] {
        let mut command = Command::new(&tool);
        command.current_dir(&job.workspace.root).args(["generate-rpm", "--package", folder, "--profile"]);
        command.arg(job.profile.name()).arg("--target-dir").arg(&job.workspace.target);
        // The tool's own way asks for the libraries of libraries, too, in the versions that this computer has.
        command.args(["--auto-req", "find-requires"]);
        let file = format!("{package}-{}-1.{}.rpm", job.version, std::env::consts::ARCH);
        proc::run(command.arg("--output").arg(job.out.join(file)))?;
    }
    Ok(())
}
