//! w3m, lynx and links show a folder as a readable page with every file name and an upload form.

use std::fs;
use std::process::Command;

use support::{TestServer, skip};

use crate::run;

fn page(program: &str, args: &[&str]) -> Option<String> {
    let program = skip::need(program)?;
    let server = TestServer::writable();
    fs::create_dir(server.root().join("pictures")).expect("a folder");
    fs::write(server.root().join("letter to grandma.txt"), "Dear grandma").expect("a file");
    fs::write(server.root().join("<b>bold & brave.txt"), "x").expect("a file");
    let output =
        run(Command::new(program).env("HOME", server.dir.path()).env("LANG", "C.UTF-8").args(args).arg(server.url("")));
    Some(String::from_utf8_lossy(&output).into_owned())
}

fn check(page: Option<String>) {
    let Some(page) = page else { return };
    for expected in ["pictures", "letter to grandma.txt", "<b>bold & brave.txt"] {
        assert!(page.contains(expected), "no {expected:?} in:\n{page}");
    }
    let lower = page.to_lowercase();
    assert!(lower.contains("upload"), "no upload form in:\n{page}");
    assert!(!lower.contains("function(") && !lower.contains("{{"), "script or template text in:\n{page}");
}

#[test]
fn w3m_shows_the_folder() {
    check(page("w3m", &["-dump", "-cols", "160"]));
}

#[test]
fn lynx_shows_the_folder() {
    check(page("lynx", &["-dump", "-width=160"]));
}

#[test]
fn links_shows_the_folder() {
    check(page("links", &["-dump", "-width", "160"]));
}
