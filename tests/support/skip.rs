//! A test that cannot run here says so: on its own output, and in the summary of `cargo xtask test`.

use std::env;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;

/// The program's path, or None after noting that what needs it is skipped.
pub fn need(program: &str) -> Option<PathBuf> {
    let found = env::split_paths(&env::var_os("PATH")?).map(|dir| dir.join(program)).find(|p| p.is_file());
    if found.is_none() {
        note(program);
    }
    found
}

/// copyparty's uploader as (python, u2c.py), or None after noting it. `cargo xtask test` installs it and says where.
pub fn need_u2c() -> Option<(PathBuf, PathBuf)> {
    let python = env::var_os("POTLUCK_PYTHON").map(PathBuf::from);
    let u2c = env::var_os("POTLUCK_U2C").map(PathBuf::from).filter(|p| p.is_file());
    let both = python.zip(u2c);
    if both.is_none() {
        note("u2c.py");
    }
    both
}

/// Says that something was skipped for want of `what`.
pub fn note(what: &str) {
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    eprintln!("SKIPPED {test}: {what} is not here");
    if let Some(list) = env::var_os("POTLUCK_SKIPS")
        && let Ok(mut file) = OpenOptions::new().create(true).append(true).open(list)
    {
        // The line above has said it already.
        let _ = writeln!(file, "{what}: {test}");
    }
}
