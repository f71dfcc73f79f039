//! The command line of the commands: one table for parsing, help, completions and the manual page.

use crate::report::ReportOptions;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// How the program is called in help texts.
pub const PROGRAM: &str = "potluck-server";

/// Most files or requests at once.
const JOBS_MAX: usize = 64;

/// Files between this computer and a server.
#[derive(Debug, Parser)]
#[command(name = PROGRAM, version, disable_help_subcommand = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Sends files and folders to a server
    Push(Push),
    /// Receives files and folders from a server
    Pull(Pull),
    /// Makes one side equal to the other: sends or receives what differs in size or date
    Sync(Sync),
    /// Prints completions for a shell
    #[command(hide = true)]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Prints the manual page
    #[command(hide = true)]
    Manual,
}

/// `push`
#[derive(Debug, Args)]
#[command(
    override_usage = "potluck-server push [OPTIONS] <FILE>... <URL>",
    after_help = "Examples:
  potluck-server push holiday.mp4 http://192.168.1.20:3923/inbox/
  potluck-server push -j 8 ~/Pictures https://ann@files.example/photos/
  POTLUCK_PASSWORD=secret potluck-server push --if-exists skip notes/ http://nas:3923/docs/

A folder is sent as a folder; with a slash at its end, what is in it is sent.
What the server has is not sent again, and an interrupted upload goes on where it was."
)]
pub struct Push {
    /// Files and folders, then the address of a folder on the server
    #[arg(required = true, num_args = 2.., value_name = "FILE")]
    pub what: Vec<PathBuf>,
    /// What to do with a file whose name is taken by other content
    #[arg(long, value_enum, default_value_t = IfExists::KeepBoth)]
    pub if_exists: IfExists,
    /// What all commands have.
    #[command(flatten)]
    pub common: Common,
}

/// What to do with names that are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum IfExists {
    /// The new file gets another name
    KeepBoth,
    /// The file is not sent
    Skip,
    /// The old file is replaced; needs the right to delete
    Replace,
}

/// `pull`
#[derive(Debug, Args)]
#[command(
    override_usage = "potluck-server pull [OPTIONS] <URL>... <FOLDER>",
    after_help = "Examples:
  potluck-server pull http://192.168.1.20:3923/photos/ ~/Pictures
  potluck-server pull https://ann@files.example/films/holiday.mp4 .

What a folder has is received into FOLDER. Files are received into NAME.potluck-partial, verified where the server
tells hashes, and renamed; a second run goes on with what is missing. Files that are there with the same size and date
are left alone, and others are replaced."
)]
pub struct Pull {
    /// Addresses of files and folders, then a folder of this computer
    #[arg(required = true, num_args = 2.., value_name = "URL")]
    pub what: Vec<PathBuf>,
    /// What all commands have.
    #[command(flatten)]
    pub common: Common,
}

/// `sync`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  potluck-server sync --dry-run ~/Documents http://nas:3923/docs/
  potluck-server sync http://nas:3923/docs/ ~/Documents
  potluck-server sync --delete-extra ~/Music http://nas:3923/music/

FROM is never changed. Files of TO that FROM does not have stay, unless --delete-extra is given.")]
pub struct Sync {
    /// A folder of this computer, or the address of one on the server
    pub from: PathBuf,
    /// The other side
    pub to: PathBuf,
    /// Deletes what only TO has
    #[arg(long)]
    pub delete_extra: bool,
    /// Allows --delete-extra to delete everything, where FROM has no file
    #[arg(long, requires = "delete_extra")]
    pub from_may_be_empty: bool,
    /// What all commands have.
    #[command(flatten)]
    pub common: Common,
}

/// What all commands have.
#[derive(Clone, Debug, Args)]
pub struct Common {
    /// Files and requests at once
    #[arg(short, long, default_value_t = 6, value_parser = jobs)]
    pub jobs: usize,
    /// Only says what would be done
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Reads the password from the first line of a file; else it is that of the address, or POTLUCK_PASSWORD
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// Trusts the certificates of a PEM file instead of those of this computer
    #[arg(long, value_name = "FILE")]
    pub ca_cert: Option<PathBuf>,
    /// Trusts any certificate: others may read and change what is transferred
    #[arg(long)]
    pub insecure: bool,
    /// Tells what happens as lines of JSON (docs/client.md)
    #[arg(long)]
    pub json: bool,
    /// Says nothing but errors
    #[arg(short, long)]
    pub quiet: bool,
}

impl Common {
    /// How progress is told.
    pub fn report(&self) -> ReportOptions {
        ReportOptions { json: self.json, quiet: self.quiet }
    }
}

fn jobs(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count @ 1..=JOBS_MAX) => Ok(count),
        _ => Err(format!("a number from 1 to {JOBS_MAX} is expected")),
    }
}

/// Prints the manual page of all commands, in the format of `man`.
pub fn print_manual() -> ExitCode {
    let command = <Arguments as clap::CommandFactory>::command();
    let mut page = Vec::new();
    let mut rendered = clap_mangen::Man::new(command.clone()).render(&mut page);
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        let named: clap::Command = sub.clone().display_name(format!("{PROGRAM} {}", sub.get_name()));
        rendered = rendered.and_then(|()| clap_mangen::Man::new(named).render(&mut page));
    }
    match rendered.and_then(|()| std::io::stdout().write_all(&page)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
