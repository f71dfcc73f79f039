//! Real clients against the real binary: what people have installed must simply work.
//!
//! A client that is missing is reported as skipped, never silently left out. One file per client.

mod crash;
mod crash_mixed;
mod crash_slow;
mod crash_trees;
mod curl;
mod fetch;
mod text_browsers;
mod u2c;
mod wget;

use std::io::Write;
use std::process::{Command, Output, Stdio};

/// Runs a client to its end with `input` on its standard input.
///
/// # Panics
/// When it does not start.
fn run_with_input(command: &mut Command, input: &[u8]) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the client starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_vec();
    // Apart, because a client that writes before it has read everything would wait for us, and we for it.
    let feeder = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("the client ends");
    // A client may well stop reading early; its own exit code tells whether that was right.
    drop(feeder.join());
    output
}

/// Runs a client that must end with 0; what it wrote to its standard output.
///
/// # Panics
/// When it fails; the message has all its output.
fn run(command: &mut Command) -> Vec<u8> {
    let output = run_with_input(command, b"");
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} ended with {}:\n{text}\n{errors}", output.status);
    output.stdout
}
