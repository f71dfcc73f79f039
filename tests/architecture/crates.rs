//! Checks the dependencies of every crate, read from `cargo metadata`.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

/// The rules for one crate.
struct CrateRule {
    name: &'static str,
    /// The crates of this workspace that it may use.
    may_use: &'static [&'static str],
    /// External crates that it must not depend on, in any section, tests and build scripts included.
    never: &'static [&'static str],
}

const ASYNC: &[&str] = &["tokio", "futures-util", "async-trait", "smol", "async-std"];
const HTTP: &[&str] = &["warp", "hyper", "hyper-util", "http", "http-body", "http-body-util", "multer", "axum"];

/// What no service depends on.
const SERVICES_NEVER: &[&str] = &["rusqlite", "memmap2", "rustls", "directories"];

const CRATES: &[CrateRule] = &[
    CrateRule { name: "model", may_use: &[], never: &["rusqlite", "rustix", "libc", "memmap2", "tracing", "socket2"] },
    CrateRule { name: "store", may_use: &["model"], never: &["arc-swap", "tokio-rustls", "rustls"] },
    CrateRule { name: "vfs", may_use: &["model", "store"], never: SERVICES_NEVER },
    CrateRule { name: "accounts", may_use: &["model", "store", "vfs"], never: SERVICES_NEVER },
    CrateRule { name: "uploads", may_use: &["model", "store", "vfs"], never: SERVICES_NEVER },
    CrateRule { name: "archive", may_use: &["model", "store", "vfs"], never: SERVICES_NEVER },
    CrateRule { name: "library", may_use: &["model", "store", "vfs"], never: SERVICES_NEVER },
    CrateRule { name: "properties", may_use: &["model", "store", "vfs"], never: SERVICES_NEVER },
    CrateRule {
        name: "engine",
        may_use: &["model", "store", "vfs", "accounts", "uploads", "archive", "library", "properties"],
        never: SERVICES_NEVER,
    },
    CrateRule { name: "announce", may_use: &["model"], never: &["rusqlite"] },
    CrateRule { name: "client", may_use: &["model", "store"], never: &["rusqlite", "tokio", "warp", "hyper"] },
    CrateRule {
        name: "edge-http",
        may_use: &["model", "engine", "edge-dav"],
        never: &["rusqlite", "rustls", "tokio-rustls"],
    },
    CrateRule {
        name: "http1-io",
        may_use: &["model", "store"],
        never: &["rusqlite", "rustls", "tokio-rustls", "warp"],
    },
    CrateRule { name: "edge-dav", may_use: &["model", "engine"], never: &["rusqlite", "warp"] },
    CrateRule { name: "edge-ftp", may_use: &["model", "engine"], never: &["rusqlite", "warp", "hyper", "http"] },
    CrateRule { name: "edge-sftp", may_use: &["model", "engine"], never: &["rusqlite", "warp", "hyper", "http"] },
    CrateRule { name: "edge-tftp", may_use: &["model", "engine"], never: &["rusqlite", "warp", "hyper", "http"] },
    CrateRule {
        name: "server",
        may_use: &[
            "model",
            "store",
            "engine",
            "announce",
            "client",
            "edge-http",
            "edge-dav",
            "edge-ftp",
            "edge-sftp",
            "edge-tftp",
            "http1-io",
        ],
        never: &["tauri", "tray-icon", "wry", "tao"],
    },
    CrateRule { name: "potluck", may_use: &["model", "server"], never: &["warp", "hyper", "rusqlite", "rustls"] },
    CrateRule { name: "icons", may_use: &[], never: &["tauri"] },
    CrateRule { name: "xtask", may_use: &[], never: &["tokio", "clap", "anyhow"] },
    CrateRule { name: "tests", may_use: &["model", "server"], never: &["tauri"] },
];

/// External crates forbidden for crates without clock, socket or task.
const NO_ASYNC: &[&str] = &["model", "store", "announce", "icons", "xtask"];
/// External crates forbidden for crates that are independent of protocols.
const NO_HTTP: &[&str] = &[
    "model",
    "store",
    "vfs",
    "accounts",
    "uploads",
    "archive",
    "library",
    "properties",
    "engine",
    "announce",
    "potluck",
    "icons",
    "xtask",
];

/// Which dependencies are looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sections {
    /// All of them.
    All,
    /// Those of the product; not those of tests.
    Product,
}

/// Crate name -> names of its dependencies.
fn manifests(sections: Sections) -> BTreeMap<String, Vec<String>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let out = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .current_dir(super::root())
        .output()
        .expect("cargo starts");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let metadata: Value = serde_json::from_slice(&out.stdout).expect("cargo metadata is JSON");
    let text = |v: &Value| v["name"].as_str().expect("everything has a name").to_owned();
    let packages = metadata["packages"].as_array().expect("a list of packages");
    let wanted = |v: &&Value| sections == Sections::All || v["kind"] != "dev";
    let names = |p: &Value| p["dependencies"].as_array().into_iter().flatten().filter(wanted).map(text).collect();
    packages.iter().map(|p| (text(p), names(p))).collect()
}

#[test]
fn every_crate_of_the_workspace_has_a_rule() {
    for name in manifests(Sections::All).keys() {
        assert!(CRATES.iter().any(|r| r.name == name), "crate {name:?} is not in the table");
    }
}

#[test]
fn crates_use_only_what_their_rule_allows() {
    // Unit tests of a service may use others: a limit of a link is tested with uploads.
    let manifests = manifests(Sections::Product);
    for rule in CRATES {
        for used in manifests.get(rule.name).into_iter().flatten() {
            let is_ours = CRATES.iter().any(|r| r.name == used);
            let may = rule.may_use.contains(&used.as_str()) || used == rule.name;
            assert!(
                !is_ours || may,
                "{} must not depend on {used}: its rule in this table does not allow it",
                rule.name
            );
        }
    }
}

#[test]
fn no_crate_depends_on_what_its_rule_forbids() {
    let manifests = manifests(Sections::All);
    for rule in CRATES {
        let is_forbidden = |used: &&String| {
            let used = used.as_str();
            rule.never.contains(&used)
                || (NO_ASYNC.contains(&rule.name) && ASYNC.contains(&used))
                || (NO_HTTP.contains(&rule.name) && HTTP.contains(&used))
        };
        let found: Vec<_> = manifests.get(rule.name).into_iter().flatten().filter(is_forbidden).collect();
        assert!(found.is_empty(), "{} must not depend on {found:?}", rule.name);
    }
}
