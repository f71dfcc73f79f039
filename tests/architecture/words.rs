//! Words that may occur in certain files only: blocking calls, platforms, unsafe code, processes and sockets.

use std::path::Path;

use super::{relative, root, rust};

/// A word, the folders in which it is searched, and the files in which it may occur.
struct Rule {
    words: &'static [&'static str],
    below: &'static [&'static str],
    only_in: &'static [&'static str],
    why: &'static str,
    /// Also search test code.
    tests_too: bool,
}

const SERVICES: &[&str] = &[
    "src-server/crates/vfs/src",
    "src-server/crates/accounts/src",
    "src-server/crates/uploads/src",
    "src-server/crates/archive/src",
    "src-server/crates/properties/src",
    "src-server/crates/engine/src",
];

const RULES: &[Rule] = &[
    Rule {
        words: &["spawn_blocking", "block_in_place"],
        below: &["src-server/crates"],
        only_in: &["src-server/crates/vfs/src/blocking_pool.rs"],
        why: "disk, SQLite and hashing leave the reactor through one bounded blocking pool",
        tests_too: false,
    },
    Rule {
        words: &["spawn_blocking", "block_in_place"],
        below: &["src-server/src"],
        // Start, stop and certificates: seconds in a year, which must not wait behind a slow volume.
        only_in: &["src-server/src/blocking.rs", "src-server/src/serve/tls.rs"],
        why: "what a request needs goes through the engine's blocking pool",
        tests_too: false,
    },
    Rule {
        words: &["target_os", "cfg(unix)", "cfg(windows)", "cfg(not(unix))", "cfg(not(windows))"],
        below: &["src-server/crates/store"],
        only_in: &["src-server/crates/store/src/platform/", "src-server/crates/store/src/platform.rs"],
        why: "what differs between systems stands in one folder",
        tests_too: false,
    },
    Rule {
        words: &["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern", "unsafe trait", "allow(unsafe_code)"],
        below: &[""],
        only_in: &[
            "src-server/crates/store/src/hash/",
            "src-server/crates/store/src/disk/mapped.rs",
            "src-server/crates/store/src/platform/memory.rs",
        ],
        why: "only SIMD, memory maps and the allocator's bounds need it",
        tests_too: true,
    },
    Rule {
        words: &[
            "std::fs",
            "std::env",
            "std::thread",
            "std::process",
            "SystemTime",
            "Instant::now",
            "TcpStream",
            "UdpSocket",
        ],
        below: &["src-server/crates/model/src"],
        only_in: &[],
        why: "the vocabulary knows no files, clocks, threads or sockets",
        tests_too: false,
    },
    Rule {
        words: &[
            "fs::read",
            "fs::write",
            "fs::rem",
            "fs::rename",
            "fs::copy",
            "fs::create",
            "fs::metadata",
            "File::open",
        ],
        below: SERVICES,
        only_in: &[],
        why: "the engine holds open files, and only the store opens them by path",
        tests_too: false,
    },
    Rule {
        words: &["File::create", "OpenOptions", "std::env", "std::net::Tcp", "tokio::net", "tokio::fs", "StatusCode"],
        below: SERVICES,
        only_in: &[],
        why: "the engine reaches the disk through the store and the world through no one",
        tests_too: false,
    },
    Rule {
        words: &["Access::new("],
        below: &["src-server"],
        only_in: &["src-server/crates/accounts/src", "src-server/crates/vfs/src/testing.rs"],
        why: "only accounts verify rights",
        tests_too: false,
    },
    Rule {
        words: &["std::fs", "tokio::fs", "rusqlite"],
        below: &["src-server/crates/edge-http/src"],
        // A test that writes the TypeScript types of the API; assets that debug builds read from the folder of the sources.
        only_in: &["src-server/crates/edge-http/src/api/typescript.rs", "src-server/crates/edge-http/src/assets.rs"],
        why: "real paths exist in the store only",
        tests_too: false,
    },
];

#[test]
fn words_stand_where_they_belong() {
    let root = root();
    let mut faults = Vec::new();
    for rule in RULES {
        for file in rule.below.iter().flat_map(|below| rust::files(&root.join(below))) {
            let name = relative(&root, &file);
            let elsewhere = name.starts_with("target/") || name.contains("/node_modules/");
            if elsewhere || rule.only_in.iter().any(|place| name.starts_with(place)) {
                continue;
            }
            let code = if rule.tests_too { rust::code(&file) } else { rust::product_code(&file) };
            for (number, line) in (1..).zip(code.lines()) {
                if let Some(word) = rule.words.iter().find(|w| line.contains(**w)) {
                    faults.push(format!("{name}:{number}: `{word}` does not belong here: {}", rule.why));
                }
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn crates_that_others_build_on_are_documented() {
    for name in
        ["model", "store", "vfs", "accounts", "uploads", "archive", "library", "properties", "engine", "http1-io"]
    {
        let lib = root().join(format!("src-server/crates/{name}/src/lib.rs"));
        assert!(rust::code(&lib).contains("#![warn(missing_docs)]"), "{name} does not ask for documentation");
    }
}

#[test]
fn modules_say_what_they_are_for() {
    let root = root();
    let silent = |file: &Path| {
        let text = std::fs::read_to_string(file).expect("a readable source file");
        text.lines().count() > 2 && !text.starts_with("//!")
    };
    let files = ["src-server", "src-tauri", "icons", "xtask", "tests", "fuzz"]
        .map(|folder| rust::files(&root.join(folder)))
        .concat();
    let faults: Vec<_> =
        files.iter().filter(|f| silent(f)).map(|f| relative(&root, f)).filter(|f| !f.contains("/target/")).collect();
    assert!(faults.is_empty(), "no `//!` at the top of:\n{}", faults.join("\n"));
}
