//! `pull`: receives files and folders.

mod manifest;
mod one_file;
mod partial;
mod parts;

use crate::args::{Common, Pull};
use crate::fault::Fault;
use crate::names;
use crate::remote::{self, RemoteFile, RemoteTree};
use crate::report::{Done, Report};
use crate::server::{Address, Server};
use crate::workers::{for_each, retried};
use std::path::{Path, PathBuf};
use store::hash::HashService;
use ureq::http::{Method, header};

/// Runs `pull`.
///
/// # Errors
/// What ends the whole command.
pub fn run(pull: &Pull, report: &Report) -> Result<(), Fault> {
    let Some((to, sources)) = pull.what.split_last() else { return Ok(()) };
    if Address::parse(to)?.is_some() {
        return Err(Fault::Usage("pull receives into a folder of this computer; push sends".into()));
    }
    for source in sources {
        let address = Address::parse(source)?.ok_or_else(|| {
            Fault::Usage(format!("{} is no address; give one such as http://nas:3923/photos/", source.display()))
        })?;
        let server = Server::new(&address, &pull.common)?;
        let tree = named(&server, &address, report)?;
        Receiver::new(&server, to, &pull.common, report).receive(&tree)?;
    }
    Ok(())
}

/// Returns the files that an address names: that file, or all below that folder.
fn named(server: &Server, address: &Address, report: &Report) -> Result<RemoteTree, Fault> {
    if address.path.ends_with('/') {
        return remote::list(server, &address.path, report);
    }
    match remote::list(server, &address.folder(), report) {
        Ok(tree) => Ok(tree),
        Err(fault) if fault.ends_all() => Err(fault),
        Err(_) => Ok(RemoteTree { files: vec![one(server, &address.path)?], ..RemoteTree::default() }),
    }
}

/// Returns what the server tells of one file.
fn one(server: &Server, path: &str) -> Result<RemoteFile, Fault> {
    let answer = retried(|| server.request(Method::HEAD, path, &[], ()))?;
    let text = |name: header::HeaderName| answer.headers().get(name).and_then(|value| value.to_str().ok());
    let size = text(header::CONTENT_LENGTH).and_then(|size| size.parse().ok());
    let date = text(header::LAST_MODIFIED).and_then(|date| httpdate::parse_http_date(date).ok());
    Ok(RemoteFile {
        below: path.rsplit('/').next().unwrap_or("").to_owned(),
        href: path.to_owned(),
        size: size.ok_or_else(|| Fault::Answer("the server does not tell the size".into()))?,
        modified: date.map_or(0, crate::local::seconds),
    })
}

/// Receives files of a server into a folder.
pub struct Receiver<'a> {
    server: &'a Server,
    folder: &'a Path,
    jobs: usize,
    is_dry: bool,
    hashes: HashService,
    report: &'a Report,
}

impl<'a> Receiver<'a> {
    /// Prepares it.
    pub fn new(server: &'a Server, folder: &'a Path, common: &Common, report: &'a Report) -> Self {
        let (jobs, is_dry, hashes) = (common.jobs, common.dry_run, HashService::start(0));
        Self { server, folder, jobs, is_dry, hashes, report }
    }

    /// Receives all files of a tree, and makes its folders.
    ///
    /// # Errors
    /// What ends the whole command; other faults are told as those of their files.
    pub fn receive(&self, tree: &RemoteTree) -> Result<(), Fault> {
        if !self.is_dry {
            std::fs::create_dir_all(self.folder)
                .map_err(|error| Fault::Usage(format!("{}: {error}", self.folder.display())))?;
            for folder in &tree.folders {
                let made = self
                    .path(folder)
                    .and_then(|path| std::fs::create_dir_all(path).map_err(Fault::disk("the folder cannot be made")));
                if let Err(fault) = made {
                    self.report.failed(folder, &fault);
                }
            }
        }
        self.report.expect(tree.files.iter().map(|file| file.size).sum());
        for_each(&tree.files, self.jobs, |file| self.receive_one(file))
    }

    /// Returns where something of the server is put.
    fn path(&self, below: &str) -> Result<PathBuf, Fault> {
        Ok(self.folder.join(names::local_path(below)?))
    }

    fn receive_one(&self, file: &RemoteFile) -> Result<(), Fault> {
        match self.path(&file.below).and_then(|path| self.receive_file(file, &path)) {
            Ok(done) => self.report.done(done, &file.shown(), file.size),
            Err(fault @ Fault::Refused { status: 403, .. }) => self.report.failed(&file.shown(), &fault),
            Err(fault) if fault.ends_all() => return Err(fault),
            Err(fault) => self.report.failed(&file.shown(), &fault),
        }
        Ok(())
    }

    fn receive_file(&self, file: &RemoteFile, path: &Path) -> Result<Done, Fault> {
        if is_there(file, path) {
            self.report.advance(file.size);
            return Ok(Done::Same);
        }
        if self.is_dry {
            return Ok(Done::WouldTransfer);
        }
        self.fetch(file, path)
    }
}

/// Whether a file of this size and date is there. FAT keeps dates of two seconds.
fn is_there(file: &RemoteFile, path: &Path) -> bool {
    let Ok(found) = std::fs::metadata(path) else { return false };
    let modified = found.modified().map_or(0, crate::local::seconds);
    found.is_file() && found.len() == file.size && modified.abs_diff(file.modified) <= 1
}
