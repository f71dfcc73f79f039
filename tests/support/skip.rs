//! Reports tests that cannot run here: in the test's output, and in the summary of `cargo xtask test`.

use std::env;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;

/// Returns the program's path, or `None` after noting that tests which need it are skipped.
pub fn need(program: &str) -> Option<PathBuf> {
    let found = env::split_paths(&env::var_os("PATH")?).map(|dir| dir.join(program)).find(|p| p.is_file());
    if found.is_none() {
        note(program);
    }
    found
}

/// Returns copyparty's uploader as (python, u2c.py), or `None` after noting the skip. `cargo xtask test` installs it
/// and sets the path.
pub fn need_u2c() -> Option<(PathBuf, PathBuf)> {
    let python = env::var_os("POTLUCK_PYTHON").map(PathBuf::from);
    let u2c = env::var_os("POTLUCK_U2C").map(PathBuf::from).filter(|p| p.is_file());
    let both = python.zip(u2c);
    if both.is_none() {
        note("u2c.py");
    }
    both
}

/// Notes that a test was skipped because `what` is missing.
pub fn note(what: &str) {
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    eprintln!("SKIPPED {test}: {what} is not here");
    if let Some(list) = env::var_os("POTLUCK_SKIPS")
        && let Ok(mut file) = OpenOptions::new().create(true).append(true).open(list)
    {
        // The line above reports the skip already.
        let _ = writeln!(file, "{what}: {test}");
    }
}
