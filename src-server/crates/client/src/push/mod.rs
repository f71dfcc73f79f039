//! `push`: sends files and folders by up2k.

mod chunks;
mod folders;
mod handshake;
mod in_flight;
mod one_file;

use crate::args::{Common, IfExists, Push};
use crate::fault::Fault;
use crate::local::{self, LocalFile, LocalTree};
use crate::report::{Done, Report};
use crate::server::{Address, Server};
use crate::workers::for_each;
use in_flight::InFlight;
use std::path::{Path, PathBuf};
use store::hash::HashService;

/// Runs `push`.
///
/// # Errors
/// What ends the whole command.
pub fn run(push: &Push, report: &Report) -> Result<(), Fault> {
    let Some((to, sources)) = push.what.split_last() else { return Ok(()) };
    let address = Address::parse(to)?.ok_or_else(|| {
        Fault::Usage(format!(
            "the last argument is the address of a folder, such as http://nas:3923/inbox/, not {}",
            to.display()
        ))
    })?;
    let mut tree = LocalTree::default();
    for source in sources {
        if Address::parse(source)?.is_some() {
            return Err(Fault::Usage("push sends files of this computer; pull receives them".into()));
        }
        local::list(source, &top(source)?, &mut tree, report)?;
    }
    let server = Server::new(&address, &push.common)?;
    Sender::new(&server, &address.folder(), push.if_exists, &push.common, report).send(&tree)
}

/// Returns where a source goes: a file and a folder under their own name, what is in a folder if there is a slash at its end.
fn top(source: &Path) -> Result<PathBuf, Fault> {
    let is_inside = source.to_string_lossy().ends_with(['/', std::path::MAIN_SEPARATOR]);
    if is_inside && source.is_dir() {
        return Ok(PathBuf::new());
    }
    let whole = source.canonicalize().map_err(|error| Fault::Usage(format!("{}: {error}", source.display())))?;
    // The name that was given, where it has one: a link goes by its own.
    Ok(source.file_name().or(whole.file_name()).map(PathBuf::from).unwrap_or_default())
}

/// Sends files into a folder of a server.
pub struct Sender<'a> {
    server: &'a Server,
    /// The folder, encoded, with slashes at its ends.
    folder: &'a str,
    if_exists: IfExists,
    jobs: usize,
    is_dry: bool,
    hashes: HashService,
    in_flight: InFlight,
    report: &'a Report,
}

impl<'a> Sender<'a> {
    /// Prepares it.
    pub fn new(server: &'a Server, folder: &'a str, if_exists: IfExists, common: &Common, report: &'a Report) -> Self {
        let (jobs, is_dry) = (common.jobs, common.dry_run);
        let (hashes, in_flight) = (HashService::start(0), InFlight::new(jobs));
        Self { server, folder, if_exists, jobs, is_dry, hashes, in_flight, report }
    }

    /// Sends all files of a tree, and makes its empty folders.
    ///
    /// # Errors
    /// What ends the whole command; other faults are told as those of their files.
    pub fn send(&self, tree: &LocalTree) -> Result<(), Fault> {
        self.report.expect(tree.files.iter().map(|file| file.size).sum());
        for_each(&tree.files, self.jobs, |file| self.send_one(file))?;
        if !self.is_dry {
            self.make_folders(&tree.empty);
        }
        Ok(())
    }

    fn send_one(&self, file: &LocalFile) -> Result<(), Fault> {
        let shown = file.below.display().to_string();
        if self.is_dry {
            self.report.done(Done::WouldTransfer, &shown, file.size);
            return Ok(());
        }
        match self.send_file(file) {
            Ok(done) => self.report.done(done, &shown, file.size),
            Err(fault) if fault.ends_all() => return Err(fault),
            Err(fault) => self.report.failed(&shown, &fault),
        }
        Ok(())
    }
}
