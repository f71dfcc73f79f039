//! `push`, `pull` and `sync`: files between this computer and a server, by HTTP and up2k.
//!
//! Servers are those of this project and copyparty. What is sent is sent again only as far as it is missing; what is received is
//! verified chunk by chunk where the server tells hashes (docs/client.md).
//!
//! `args` is what a person asks for; `push`, `pull` and `sync` do it with the `server` that they talk to and the `report` that they
//! tell progress to.

mod args;
mod fault;
mod local;
mod names;
mod platform;
mod pull;
mod push;
mod remote;
mod report;
mod server;
mod sync;
mod workers;

use args::{Arguments, Command};
use clap::{CommandFactory, Parser};
use fault::Fault;
use report::Report;
use std::ffi::OsString;
use std::process::ExitCode;

/// Exit code: some files failed.
const EXIT_INCOMPLETE: u8 = 1;
/// Exit code: the command line is wrong.
const EXIT_USAGE: u8 = 2;
/// Exit code: the server cannot be reached, or refuses.
const EXIT_REFUSED: u8 = 3;

/// Runs the command that the arguments name. `None`: they name none of these, and are for the server.
///
/// `args`: without the name of the program.
pub fn run(args: &[OsString]) -> Option<ExitCode> {
    let first = args.first()?.to_str()?;
    if !Arguments::command().get_subcommands().any(|command| command.get_name() == first) {
        return None;
    }
    let with_name = std::iter::once(OsString::from(args::PROGRAM)).chain(args.iter().cloned());
    let parsed = match Arguments::try_parse_from(with_name) {
        Ok(parsed) => parsed,
        Err(error) => {
            let _ = error.print(); // Nothing can be told without an output.
            return Some(if error.use_stderr() { ExitCode::from(EXIT_USAGE) } else { ExitCode::SUCCESS });
        }
    };
    Some(run_command(parsed.command))
}

fn run_command(command: Command) -> ExitCode {
    let (options, outcome) = match command {
        Command::Push(push) => (push.common.report(), with_report(&push.common, |report| push::run(&push, report))),
        Command::Pull(pull) => (pull.common.report(), with_report(&pull.common, |report| pull::run(&pull, report))),
        Command::Sync(sync) => (sync.common.report(), with_report(&sync.common, |report| sync::run(&sync, report))),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Arguments::command(), args::PROGRAM, &mut std::io::stdout());
            return ExitCode::SUCCESS;
        }
        Command::Manual => return args::print_manual(),
    };
    match outcome {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(EXIT_INCOMPLETE),
        Err(fault) => {
            report::tell_end(options, &fault);
            ExitCode::from(if matches!(fault, Fault::Usage(_)) { EXIT_USAGE } else { EXIT_REFUSED })
        }
    }
}

/// Runs a command, and tells its sums. Returns how many files failed.
fn with_report(common: &args::Common, run: impl FnOnce(&Report) -> Result<(), Fault>) -> Result<u64, Fault> {
    let report = Report::new(common.report());
    let outcome = run(&report);
    let failed = report.finish(outcome.is_ok());
    outcome.map(|()| failed)
}
