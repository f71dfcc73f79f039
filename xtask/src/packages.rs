//! `cargo xtask packages`: builds the packages, one file per platform below `packages/`. The results and all
//! intermediate files are in `packages` below the target folder; the static parts are in the folder `packaging`.
//!
//! The tools are cargo-deb, cargo-generate-rpm, makensis and a cross compiler; the contents of a package are listed
//! in `[package.metadata]` of the packaged crate.

mod linux;
mod macos;
mod man;
mod notices;
mod windows;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::proc::{self, say};
use crate::web;
use crate::workspace::Workspace;

const HELP: &str = "\
cargo xtask packages KIND... [OPTIONS]

  deb       Debian packages `potluck` and `potluck-server`
  rpm       the same for distributions with RPM
  windows   potluck.exe, potluck-server.exe and a setup for Windows of 64 bits, built from any Linux
  macos     on a Mac an application bundle; elsewhere a type check for one
  all       every kind that can be made here

  --debug   unoptimised programs: to try the packaging, not to be handed out
";

/// The package of the desktop app, that of the server, and what their programs are called.
const CRATES: [(&str, &str); 2] = [("potluck", "potluck"), ("server", "potluck-server")];

/// The context of a packaging job.
struct Job<'a> {
    workspace: &'a Workspace,
    /// The folder of the results.
    out: PathBuf,
    /// The version of the workspace.
    version: String,
    profile: Profile,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Profile {
    Debug,
    Release,
}

impl Profile {
    /// The name of its folder in cargo's target folder.
    fn folder(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Release => "release",
        }
    }

    /// The name of the profile in cargo.
    fn name(self) -> &'static str {
        match self {
            Self::Debug => "dev",
            Self::Release => "release",
        }
    }
}

/// Makes the packages that `args` name.
///
/// # Errors
/// When an argument is unknown, a tool is missing or fails.
pub fn packages(workspace: &Workspace, args: &[String]) -> Result<(), String> {
    let Some((kinds, profile)) = choose(args)? else {
        say(HELP);
        return Ok(());
    };
    let out = workspace.target.join("packages");
    fs::create_dir_all(&out).map_err(|e| format!("{}: {e}", out.display()))?;
    let job = Job { workspace, out, version: version(workspace)?, profile };
    web::build(workspace)?;
    if kinds.contains(&"deb") || kinds.contains(&"rpm") {
        linux::build(&job)?;
    }
    for kind in kinds {
        say(&format!("\n== {kind}"));
        match kind {
            "deb" => linux::deb(&job)?,
            "rpm" => linux::rpm(&job)?,
            "windows" => windows::make(&job)?,
            _ => macos::make(&job)?,
        }
    }
    say(&format!("\nThe packages are in {}", job.out.display()));
    Ok(())
}

/// Returns the kinds in the order in which they are built; `None`: print the help.
fn choose(args: &[String]) -> Result<Option<(Vec<&'static str>, Profile)>, String> {
    const KINDS: [&str; 4] = ["deb", "rpm", "windows", "macos"];
    let (mut kinds, mut profile) = (Vec::new(), Profile::Release);
    for arg in args {
        match arg.as_str() {
            "--debug" => profile = Profile::Debug,
            "--help" | "-h" => return Ok(None),
            // Linux makes its own and Windows', a Mac only its own.
            "all" if cfg!(target_os = "macos") => kinds.push("macos"),
            "all" => kinds.extend(KINDS),
            other => match KINDS.iter().find(|kind| **kind == other) {
                Some(kind) => kinds.push(*kind),
                None => return Err(format!("no kind of package is called {other:?}\n\n{HELP}")),
            },
        }
    }
    if kinds.is_empty() {
        return Ok(None);
    }
    Ok(Some((KINDS.into_iter().filter(|kind| kinds.contains(kind)).collect(), profile)))
}

impl Job<'_> {
    /// `cargo build` with the job's profile for both programs at once, so that they share their dependencies.
    fn cargo_build(&self, cargo: &Path) -> Command {
        let mut command =
            proc::command(cargo, &["build", "--locked", "--profile", self.profile.name()], &self.workspace.root);
        command.args(CRATES.iter().flat_map(|(package, _)| ["--package", package]));
        command
    }

    /// The built programs of this computer's own kind.
    fn programs(&self) -> PathBuf {
        self.workspace.target.join(self.profile.folder())
    }

    /// A static part.
    fn part(&self, name: &str) -> PathBuf {
        self.workspace.root.join("packaging").join(name)
    }
}

fn version(workspace: &Workspace) -> Result<String, String> {
    let packages = workspace.metadata(&["--no-deps"])?;
    let ours = packages["packages"].as_array().into_iter().flatten().find(|p| p["name"] == "server");
    let version = ours.and_then(|p| p["version"].as_str()).ok_or("cargo metadata knows no version of the server")?;
    Ok(version.to_owned())
}

/// Makes an empty folder; removes an existing one.
fn fresh(folder: &Path) -> Result<(), String> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    }
    fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    fs::copy(from, to).map(drop).map_err(|e| format!("{} to {}: {e}", from.display(), to.display()))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(args: &[&str]) -> Option<Vec<&'static str>> {
        let args: Vec<String> = args.iter().map(|a| (*a).to_owned()).collect();
        choose(&args).expect("valid arguments").map(|(kinds, _)| kinds)
    }

    #[test]
    fn kinds_come_once_and_in_order() {
        assert_eq!(chosen(&["rpm", "deb", "rpm"]), Some(vec!["deb", "rpm"]));
        assert_eq!(chosen(&["windows", "--debug"]), Some(vec!["windows"]));
        assert_eq!(chosen(&[]), None);
        assert_eq!(chosen(&["--help"]), None);
    }

    #[test]
    fn an_unknown_kind_is_named() {
        let fault = choose(&["snap".to_owned()]).err().expect("refused");
        assert!(fault.contains("snap"), "{fault}");
    }
}
