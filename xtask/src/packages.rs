//! `cargo xtask packages`: builds the packages, one file per platform below `packages/`. The results and all
//! intermediate files are in `packages` below the target folder; the static parts are in the folder `packaging`.
//!
//! The tools are cargo-deb, cargo-generate-rpm, makensis and a cross compiler; the contents of a package are listed
//! in `[package.metadata]` of the packaged crate.

mod job;
mod linux;
mod macos;
mod man;
mod notices;
mod windows;

use std::fs;

use crate::proc::print_line;
use crate::web;
use crate::workspace::Workspace;
use job::{Job, Profile};

const HELP: &str = "\
cargo xtask packages KIND... [OPTIONS]

  deb       Debian packages `potluck` and `potluck-server`
  rpm       the same for distributions with RPM
  windows   potluck.exe, potluck-server.exe and a setup program for 64-bit Windows, built on any Linux
  macos     on a Mac an application bundle; elsewhere a type check for one
  all       every kind that can be built on this computer

  --debug   unoptimised programs, only to test the packaging
";

/// Makes the packages that `args` name.
///
/// # Errors
/// When an argument is unknown, a tool is missing or fails.
pub fn packages(workspace: &Workspace, args: &[String]) -> Result<(), String> {
    let Some((kinds, profile)) = choose(args)? else {
        print_line(HELP);
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
        print_line(&format!("\n== {kind}"));
        match kind {
            "deb" => linux::deb(&job)?,
            "rpm" => linux::rpm(&job)?,
            "windows" => windows::make(&job)?,
            _ => macos::make(&job)?,
        }
    }
    print_line(&format!("\nThe packages are in {}", job.out.display()));
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

fn version(workspace: &Workspace) -> Result<String, String> {
    let packages = workspace.metadata(&["--no-deps"])?;
    let ours = packages["packages"].as_array().into_iter().flatten().find(|p| p["name"] == "server");
    let version = ours.and_then(|p| p["version"].as_str()).ok_or("cargo metadata knows no version of the server")?;
    Ok(version.to_owned())
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
