//! `cargo xtask bench`: runs the harness in `tests/bench` with our release server and other servers. `cargo xtask bench web` measures
//! the page.

use std::env;
use std::process::Command;

use crate::proc::{self, print_line};
use crate::workspace::Workspace;
use crate::{install, run, web};

/// Workloads that our server supports. The harness has more, for protocols that it does not have yet.
const WORKLOADS: &str = "download,small,listing,upload,upload_small,upload_small_disk,dedup,archive,index,search,\
    index_memory,listing_tags,during_scan,thumbs,idle,crowd";

/// Builds the release server and measures the page in Chromium (`tests/browser/bench.mjs`), side by side with copyparty's page and
/// client if copyparty is in the cache.
///
/// # Errors
/// When the build or the measurement fails.
fn bench_web(workspace: &Workspace) -> Result<(), String> {
    web::build(workspace)?;
    run::build_release(workspace, "server")?;
    let browser = workspace.root.join("tests/browser");
    web::install(&browser)?;
    let data = workspace.target.join("bench-data");
    std::fs::create_dir_all(&data).map_err(|error| format!("{}: {error}", data.display()))?;
    let mut measure = Command::new("node");
    measure.arg("bench.mjs").current_dir(&browser).env("BENCH_DATA", data);
    measure.env("POTLUCK_SERVER", workspace.server("release"));
    if let Some(copyparty) = copyparty(workspace, false) {
        let program = copyparty.u2c.with_file_name("copyparty");
        measure.env("U2C", copyparty.u2c).env("COPYPARTY", program);
    }
    proc::run(&mut measure)
}

/// Builds the release server and runs the harness with it and every peer that is installed.
///
/// `args` go to the harness (`tests/bench/README.md`). `--target` in them replaces the choice of peers, `--install`
/// (ours alone) installs missing peers first. Data sets and results go to `bench-data` below the target folder
/// unless `--data` says otherwise.
///
/// # Errors
/// When the build or the harness fails.
pub fn bench(workspace: &Workspace, args: &[String]) -> Result<(), String> {
    if args == ["web"] {
        return bench_web(workspace);
    }
    let mut args: Vec<String> = args.iter().filter(|a| *a != "--").cloned().collect();
    let only_shows = ["--list", "--report", "--help", "-h"].iter().any(|a| args.iter().any(|b| b == a));
    let wants_install = args.iter().any(|a| a == "--install");
    args.retain(|a| a != "--install");
    if wants_install {
        let missing = install::programs(install::FOR_BENCH);
        if !missing.is_empty() {
            print_line(&format!("   still missing: {}", missing.join(", ")));
        }
    }
    if !only_shows {
        web::build(workspace)?;
        run::build_release(workspace, "server")?;
        set_default(&mut args, "--data", &workspace.target.join("bench-data").to_string_lossy());
    }
    let mut harness = Command::new("python3");
    harness.arg(workspace.root.join("tests/bench/bench.py")).env("PYTHONDONTWRITEBYTECODE", "1");
    if let Some(copyparty) = copyparty(workspace, wants_install) {
        if env::var_os("BENCH_COPYPARTY").is_none() {
            harness.env("BENCH_COPYPARTY", format!("{} -m copyparty", copyparty.python.display()));
        }
        if !only_shows {
            set_default(&mut args, "--u2c", &copyparty.u2c.to_string_lossy());
        }
    }
    if !only_shows && !args.iter().any(|a| a == "--target" || a.starts_with("--target=")) {
        // Quoted, for the harness splits it like a shell.
        let ours = format!("ours@potluck='{}'", workspace.server("release").display());
        args.extend(["--target".to_owned(), ours]);
        for peer in ["copyparty", "nginx", "caddy", "rclone-http", "rclone-dav", "dufs", "miniserve", "limit"] {
            args.extend(["--target".to_owned(), peer.to_owned()]);
        }
    }
    if !only_shows {
        set_default(&mut args, "--workload", WORKLOADS);
    }
    proc::run(harness.args(args))
}

fn set_default(args: &mut Vec<String>, key: &str, value: &str) {
    if !args.iter().any(|a| a == key || a.starts_with(&format!("{key}="))) {
        args.extend([key.to_owned(), value.to_owned()]);
    }
}

/// Returns copyparty from the cache; installs it only on request.
fn copyparty(workspace: &Workspace, may_install: bool) -> Option<install::Copyparty> {
    let found = if may_install { install::copyparty(workspace) } else { install::cached_copyparty(workspace) };
    found.map_err(|why| print_line(&format!("   {why}"))).ok()
}
