//! The project's own commands: `cargo xtask run`, `cargo xtask test` and others.
//!
//! One file per command; what several need (running programs, finding folders, installing tools, building the web
//! assets) has a file of its own. Nothing but std and serde_json is used, so that the first command on a new
//! machine compiles in seconds.

mod bench;
mod changes;
mod fuzz;
mod install;
mod npm_licences;
mod packages;
mod proc;
mod run;
mod step;
mod steps;
mod test;
mod web;
mod workspace;

use std::process::ExitCode;

use workspace::Workspace;

const HELP: &str = "\
cargo xtask COMMAND

  run [-- ARGS]            build the web assets and the server, then serve; ARGS go to potluck-server.
                           Without ARGS the current folder is shared.
  test [OPTIONS]           install what the tests need, then run every check (--help lists the steps)
  bench [HARNESS ARGS]     build the release server and compare it with the installed peers;
                           --quick checks in a few minutes that it works, --install adds missing peers
  bench web                measure the page in Chromium, and uploads side by side with copyparty
  fuzz [--seconds N] [TARGET...]   run the fuzz targets, N seconds each (default 60)
  web                      build the web assets only
  packages KIND...         build installable packages: deb, rpm, windows, macos, or all (--help tells more)
  icons                    render the pictures in icons/generated from icons/*.svg

environment
  POTLUCK_NO_INSTALL=1     never install anything; steps with missing programs are skipped
  POTLUCK_CACHE=DIR        where tools are kept (default: ${XDG_CACHE_HOME:-~/.cache}/potluck-dev)
";

/// Renders the icons with the package `icons`: it needs a renderer, and xtask must compile in seconds.
fn icons(workspace: &Workspace, args: &[String]) -> Result<(), String> {
    if let Some(unknown) = args.first() {
        return Err(format!("icons takes no argument, and was given {unknown:?}"));
    }
    let args = ["run", "--quiet", "--package", "icons"];
    proc::run(&mut proc::command(workspace::cargo(), &args, &workspace.root))
}

fn main() -> ExitCode {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let command = if args.is_empty() { "help".to_owned() } else { args.remove(0) };
    // `run` and `bench` pass it on, `test` and `packages` have a help of their own.
    let asks_for_help = args.iter().any(|arg| matches!(arg.as_str(), "-h" | "--help"));
    let command =
        if asks_for_help && matches!(command.as_str(), "fuzz" | "icons" | "web") { "help".into() } else { command };
    let result = Workspace::find().and_then(|workspace| match command.as_str() {
        "run" => run::run(&workspace, &args),
        "test" => test::test(&workspace, &args),
        "bench" => bench::bench(&workspace, &args),
        "fuzz" => fuzz::fuzz(&workspace, &args),
        "web" => web::build(&workspace),
        "packages" => packages::packages(&workspace, &args),
        "icons" => icons(&workspace, &args),
        "help" | "-h" | "--help" => {
            print!("{HELP}");
            Ok(())
        }
        other => Err(format!("unknown command {other:?}\n\n{HELP}")),
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("xtask: {fault}");
            ExitCode::FAILURE
        }
    }
}
