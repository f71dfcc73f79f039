//! Real clients against the real binary.
//!
//! A client that is not installed is reported as skipped, never silently left out. One file per client.

mod crash;
mod crash_mixed;
mod crash_slow;
mod crash_trees;
mod curl;
mod dav;
mod fetch;
mod ftp;
mod push_pull;
mod sftp;
mod text_browsers;
mod tftp;
mod u2c;
mod wget;

use std::io::Write;
use std::process::{Command, Output, Stdio};

/// Runs a client with `input` on its standard input.
///
/// # Panics
/// If it does not start.
fn run_with_input(command: &mut Command, input: &[u8]) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the client starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_vec();
    // In a thread of its own: a client that writes before it has read everything would otherwise deadlock with this
    // test.
    let feeder = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("the client ends");
    // A client may stop reading early; its exit code tells whether that was correct.
    drop(feeder.join());
    output
}

/// Runs a client that must exit with 0. Returns its standard output.
///
/// # Panics
/// If it fails; the message contains all its output.
fn run(command: &mut Command) -> Vec<u8> {
    let output = run_with_input(command, b"");
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} ended with {}:\n{text}\n{errors}", output.status);
    output.stdout
}
