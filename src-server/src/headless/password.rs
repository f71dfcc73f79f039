//! `--hash-password`: prints the value to write into a configuration file instead of a password.

use std::io::{self, BufRead, IsTerminal};
use std::process::ExitCode;

/// Prints the hash of a password. Reads one from stdin if none was given.
pub fn print_hash(password: Option<String>) -> ExitCode {
    let password = password.map_or_else(ask, Ok);
    match password.map(|password| engine::accounts::hash_password(&password)) {
        Ok(Ok(hash)) => {
            super::output::print(&format!("{hash}\n"));
            ExitCode::SUCCESS
        }
        Ok(Err(error)) => fail(&error.to_string()),
        Err(error) => fail(&error.to_string()),
    }
}

fn fail(text: &str) -> ExitCode {
    eprintln!("error: {text}");
    ExitCode::FAILURE
}

fn ask() -> io::Result<String> {
    if io::stdin().is_terminal() {
        eprintln!("password (it is shown while you type):");
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
