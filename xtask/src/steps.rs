//! The steps of `cargo xtask test`, cheapest first, so that mistakes show early.
//!
//! The real clients come last: their closing line is then the last thing a test runner prints.

use std::path::Path;
use std::process::Command;

use crate::proc::{self, print_line};
use crate::step::{Context, Outcome, Step};
use crate::workspace::cargo;
use crate::{fuzz, install, npm_licences, web};

/// Seconds per fuzz target: long enough to walk the seeds and start guessing.
const FUZZ_SECONDS: u32 = 8;
const CARGO_DENY: &str = "0.20.2";
const CARGO_MACHETE: &str = "0.9.2";

type StepResult = Result<Outcome, String>;

/// All steps in the order in which they run.
pub const STEPS: &[Step] = &[
    Step::slow("install", "what the tests need, by apt, pip and cargo", install),
    Step::quick("locks", "the lock files fit their manifests", locks),
    Step::quick("fmt", "Rust is formatted", fmt),
    Step::quick("web-build", "the page and the settings window build", web_build),
    Step::quick("web-check", "tsc --strict, linter and formatter of the two front ends", web_check),
    Step::slow("web-test", "unit tests of the two front ends", web_test),
    Step::quick("architecture", "crates, modules and words stand where they belong", architecture),
    Step::slow("clippy", "no warning from the Rust linter", clippy),
    Step::slow("deny", "licences, banned crates and sources of the dependencies", deny),
    Step::slow("unused", "no manifest names a dependency that its crate does not use", unused),
    Step::quick("unit", "unit tests of every crate", unit),
    Step::slow("doc", "documentation tests of every crate", doc),
    Step::slow("contract", "the server's contract (tests/, but the real clients)", contract),
    Step::slow("library", "searches of a whole tree against a naive implementation", library),
    Step::slow("fuzz", "a short run of every fuzz target", fuzz_briefly),
    Step::slow("browser", "the page in a real browser", browser),
    Step::slow("desktop", "the app in a tray, its window and its menu", desktop),
    Step::slow(
        "clients",
        "curl, u2c.py, wget, litmus, rclone, cadaver, lftp, ncftp, sftp, scp, sshfs, paramiko, tftp, atftp, w3m, lynx, links, and the crash test",
        clients,
    ),
];

fn run(context: &Context, args: &[&str]) -> StepResult {
    proc::run(&mut in_root(context, args)).map(|()| Outcome::Passed)
}

/// Selects all crates; without the desktop app if there is no webview to build it with (its own step reports that).
fn workspace() -> &'static [&'static str] {
    match !cfg!(target_os = "linux") || install::are_installed(install::FOR_DESKTOP) {
        true => &["--workspace"],
        false => &["--workspace", "--exclude", "potluck"],
    }
}

/// Builds one program with the features that the whole workspace gives its dependencies, so that they are not built
/// again.
fn build_program(context: &Context, name: &str) -> StepResult {
    run(context, &[&["build"], workspace(), &["--bin", name]].concat())
}

fn in_root(context: &Context, args: &[&str]) -> Command {
    proc::command(cargo(), args, &context.workspace.root)
}

fn install(context: &Context) -> StepResult {
    let mut missing: Vec<String> =
        [install::FOR_TESTS, install::FOR_SPEED, install::FOR_DESKTOP, install::FOR_DESKTOP_TESTS]
            .into_iter()
            .flat_map(install::programs)
            .map(str::to_owned)
            .collect();
    missing.extend(install::copyparty(context.workspace).err());
    missing.extend(install::cargo_tool(context.workspace, "cargo-deny", CARGO_DENY).err());
    missing.extend(install::cargo_tool(context.workspace, "cargo-machete", CARGO_MACHETE).err());
    missing.extend(install::cargo_tool(context.workspace, "cargo-fuzz", fuzz::CARGO_FUZZ).err());
    if missing.is_empty() {
        return Ok(Outcome::Passed);
    }
    Ok(Outcome::Skipped(format!("missing: {}; what needs them is skipped below", missing.join(", "))))
}

/// cargo-fuzz has no `--locked`: it would update a stale lock file silently, so that tests would change the checkout.
fn locks(context: &Context) -> StepResult {
    for manifest in ["Cargo.toml", "fuzz/Cargo.toml"] {
        let args = ["metadata", "--locked", "--format-version", "1", "--manifest-path", manifest];
        if proc::output(&mut in_root(context, &args)).is_none() {
            return Err(format!(
                "the lock file beside {manifest} is stale: run `cargo metadata --manifest-path {manifest}` and commit it"
            ));
        }
    }
    Ok(Outcome::Passed)
}

fn fmt(context: &Context) -> StepResult {
    run(context, &["fmt", "--all", "--check"])
}

fn web_build(context: &Context) -> StepResult {
    web::build(context.workspace).map(|()| Outcome::Passed)
}

fn web_check(context: &Context) -> StepResult {
    web::script(context.workspace, "check").map(|()| Outcome::Passed)
}

fn web_test(context: &Context) -> StepResult {
    web::script(context.workspace, "test").map(|()| Outcome::Passed)
}

fn clippy(context: &Context) -> StepResult {
    let args = [&["clippy"], workspace(), &["--all-targets", "--quiet", "--", "--deny", "warnings"]];
    run(context, &args.concat())
}

fn deny(context: &Context) -> StepResult {
    for folder in web::FRONT_ENDS {
        npm_licences::check(&context.workspace.root.join(folder).join("package-lock.json"))?;
    }
    match install::cargo_tool(context.workspace, "cargo-deny", CARGO_DENY) {
        Err(why) => Ok(Outcome::Skipped(why)),
        Ok(tool) => {
            let args =
                ["--workspace", "--all-features", "check", "--hide-inclusion-graph", "licenses", "bans", "sources"];
            proc::run(&mut proc::command(tool, &args, &context.workspace.root)).map(|()| Outcome::Passed)
        }
    }
}

fn unit(context: &Context) -> StepResult {
    if !has_nextest() {
        let kinds = ["--exclude", "tests", "--lib", "--bins", "--tests"];
        return run(context, &keep_going(context, &[&["test"], workspace(), &kinds].concat()));
    }
    let args = [&["nextest", "run"], workspace(), &["-E", "not (package(tests) & kind(test))"]];
    run(context, &keep_going(context, &args.concat()))
}

/// Documentation tests, which nextest leaves out.
fn doc(context: &Context) -> StepResult {
    run(context, &[&["test", "--doc"], workspace(), &["--exclude", "tests"]].concat())
}

fn architecture(context: &Context) -> StepResult {
    run(context, &keep_going(context, &["test", "--quiet", "--package", "tests", "--test", "architecture"]))
}

/// cargo-machete looks for the names of dependencies in the sources; exceptions stand in the manifests, with reasons.
fn unused(context: &Context) -> StepResult {
    match install::cargo_tool(context.workspace, "cargo-machete", CARGO_MACHETE) {
        Err(why) => Ok(Outcome::Skipped(why)),
        Ok(tool) => proc::run(&mut proc::command(
            tool,
            &["src-server", "src-tauri", "tests", "xtask", "icons", "fuzz"],
            &context.workspace.root,
        ))
        .map(|()| Outcome::Passed),
    }
}

fn contract(context: &Context) -> StepResult {
    let binaries = test_binaries(&context.workspace.root.join("tests/Cargo.toml"))?;
    let elsewhere = ["clients", "architecture"];
    let binaries: Vec<&str> = binaries.iter().map(String::as_str).filter(|b| !elsewhere.contains(b)).collect();
    run_test_binaries(context, &binaries)
}

fn library(context: &Context) -> StepResult {
    let Some(python) = proc::find("python3").filter(|_| proc::find("ffmpeg").is_some()) else {
        return Ok(Outcome::Skipped("no Python or no ffmpeg".to_owned()));
    };
    build_program(context, "potluck-server")?;
    let server = context.workspace.server("debug");
    let mut check = proc::command(python, &["-B", "check.py"], &context.workspace.root.join("tests/library"));
    proc::run(check.arg(server)).map(|()| Outcome::Passed)
}

fn clients(context: &Context) -> StepResult {
    run_test_binaries(context, &["clients"])
}

/// Runs test binaries of the package `tests` against a server built beforehand.
fn run_test_binaries(context: &Context, binaries: &[&str]) -> StepResult {
    build_program(context, "potluck-server")?;
    let start: &[&str] = if has_nextest() { &["nextest", "run"] } else { &["test"] };
    let mut args = keep_going(context, &[start, workspace()].concat());
    // All of the workspace, so that dependencies keep the features of the step before and are not built again.
    args.extend(binaries.iter().flat_map(|b| ["--test", b]));
    let mut command = in_root(context, &args);
    command.env("POTLUCK_SERVER", context.workspace.server("debug")).env("POTLUCK_SKIPS", &context.skips);
    if let Ok(copyparty) = install::copyparty(context.workspace) {
        command.env("POTLUCK_U2C", copyparty.u2c).env("POTLUCK_PYTHON", copyparty.python);
    }
    proc::run(&mut command).map(|()| Outcome::Passed)
}

/// The names of the `[[test]]` tables, without a TOML reader: one folder, one binary, one `name = "..."` line.
fn test_binaries(manifest: &Path) -> Result<Vec<String>, String> {
    let text = std::fs::read_to_string(manifest).map_err(|e| format!("{}: {e}", manifest.display()))?;
    let tables = text.split("[[test]]").skip(1);
    let name = |table: &str| {
        let line = table.lines().find(|l| l.trim_start().starts_with("name"))?;
        line.split('"').nth(1).map(str::to_owned)
    };
    Ok(tables.filter_map(name).collect())
}

fn keep_going<'a>(context: &Context, args: &[&'a str]) -> Vec<&'a str> {
    let mut args = args.to_vec();
    if context.keep_going {
        args.push("--no-fail-fast");
    }
    args
}

fn has_nextest() -> bool {
    proc::find("cargo-nextest").is_some()
}

fn fuzz_briefly(context: &Context) -> StepResult {
    if proc::find("c++").is_none() {
        return Ok(Outcome::Skipped("no C++ compiler, which libFuzzer needs".to_owned()));
    }
    match install::cargo_tool(context.workspace, "cargo-fuzz", fuzz::CARGO_FUZZ) {
        Err(why) => Ok(Outcome::Skipped(why)),
        Ok(tool) => fuzz::all(context.workspace, &tool, FUZZ_SECONDS, &[]).map(|()| Outcome::Passed),
    }
}

fn browser(context: &Context) -> StepResult {
    let folder = context.workspace.root.join("tests/browser");
    let chromium = ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(proc::find);
    let Some(chromium) = chromium else {
        return Ok(Outcome::Skipped("chromium is not installed".to_owned()));
    };
    if !folder.join("package.json").is_file() {
        return Ok(Outcome::Skipped("tests/browser has no package.json".to_owned()));
    }
    if folder.join("package-lock.json").is_file() {
        web::install(&folder)?;
    }
    // Its tests bundle the settings window with a fake server behind it.
    web::install(&context.workspace.root.join("ui"))?;
    build_program(context, "potluck-server")?;
    run(context, &[&["build"], workspace(), &["--example", "with_links"]].concat())?;
    print_line("   the browser is headless; its window is never shown");
    let mut npm = proc::command("npm", &["test", "--silent"], &folder);
    npm.env("POTLUCK_SERVER", context.workspace.server("debug"))
        .env("POTLUCK_WITH_LINKS", context.workspace.program("debug/examples", "with_links"))
        .env("POTLUCK_SKIPS", &context.skips)
        .env("CHROMIUM", chromium);
    proc::run(&mut npm).map(|()| Outcome::Passed)
}

fn desktop(context: &Context) -> StepResult {
    let missing: Vec<_> =
        [install::FOR_DESKTOP, install::FOR_DESKTOP_TESTS].into_iter().flat_map(install::programs).collect();
    if !missing.is_empty() {
        return Ok(Outcome::Skipped(format!("missing: {}", missing.join(", "))));
    }
    if proc::output(Command::new("unshare").args(["--net", "--mount", "--map-root-user", "true"])).is_none() {
        return Ok(Outcome::Skipped(
            "no network and no mounts of their own for the tests: `unshare --net --mount` is refused".to_owned(),
        ));
    }
    // Its phone is a browser.
    web::install(&context.workspace.root.join("tests/browser"))?;
    build_program(context, "potluck")?;
    print_line("   every window opens on a virtual display");
    // Debian's own: its libraries for D-Bus and X belong to no other Python.
    let mut python = proc::command("/usr/bin/python3", &["tests/desktop/run.py"], &context.workspace.root);
    python.env("POTLUCK_APP", context.workspace.program("debug", "potluck"));
    proc::run(&mut python).map(|()| Outcome::Passed)
}
