//! `sync`: makes one side equal to the other.

use crate::args::{IfExists, Sync};
use crate::fault::Fault;
use crate::local::{self, LocalTree};
use crate::names;
use crate::pull::Receiver;
use crate::push::Sender;
use crate::remote::{self, RemoteFile, RemoteTree};
use crate::report::{Done, Report};
use crate::server::{Address, Server};
use crate::workers::{for_each, retried};
use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use ureq::http::Method;

/// Runs `sync`.
///
/// # Errors
/// What ends the whole command.
pub fn run(sync: &Sync, report: &Report) -> Result<(), Fault> {
    match (Address::parse(&sync.from)?, Address::parse(&sync.to)?) {
        (None, Some(to)) => to_server(sync, &to, report),
        (Some(from), None) => to_computer(sync, &from, report),
        _ => Err(Fault::Usage("one side is a folder of this computer, the other one an address".into())),
    }
}

fn to_server(sync: &Sync, to: &Address, report: &Report) -> Result<(), Fault> {
    if !sync.from.is_dir() {
        return Err(Fault::Usage(format!("{} is no folder", sync.from.display())));
    }
    let mut tree = LocalTree::default();
    local::list(&sync.from, Path::new(""), &mut tree, report)?;
    let (server, folder) = (Server::new(to, &sync.common)?, to.folder());
    let there = match remote::list(&server, &folder, report) {
        // The first upload makes it.
        Err(Fault::Refused { status: 404, .. }) => RemoteTree::default(),
        there => there?,
    };
    check_deletion(sync, tree.files.is_empty(), there.is_incomplete)?;
    let known: HashMap<&str, &RemoteFile> = there.files.iter().map(|file| (&*file.below, file)).collect();
    let wanted: HashSet<String> = tree.files.iter().map(|file| names::encoded_path(&file.below)).collect();
    let (same, changed) = tree.files.into_iter().partition(|file| {
        let found = known.get(&*names::encoded_path(&file.below));
        found.is_some_and(|found| found.size == file.size && found.modified.abs_diff(file.modified) <= 1)
    });
    tell_same(same, report);
    let sent = LocalTree { files: changed, empty: tree.empty };
    Sender::new(&server, &folder, IfExists::Replace, &sync.common, report).send(&sent)?;
    if !sync.delete_extra {
        return Ok(());
    }
    let extra: Vec<&RemoteFile> = there.files.iter().filter(|file| !wanted.contains(&file.below)).collect();
    for_each(&extra, sync.common.jobs, |file| {
        let path = [&*folder, &file.below].concat();
        tell_deleted(sync, &file.shown(), file.size, report, || {
            retried(|| server.request(Method::DELETE, &path, &[], ())).map(drop)
        });
        Ok(())
    })
}

fn tell_same(same: Vec<local::LocalFile>, report: &Report) {
    for file in same {
        report.done(Done::Same, &file.below.display().to_string(), file.size);
    }
}

fn to_computer(sync: &Sync, from: &Address, report: &Report) -> Result<(), Fault> {
    let server = Server::new(from, &sync.common)?;
    let tree = remote::list(&server, &from.folder(), report)?;
    check_deletion(sync, tree.files.is_empty(), tree.is_incomplete)?;
    Receiver::new(&server, &sync.to, &sync.common, report).receive(&tree)?;
    if !sync.delete_extra || !sync.to.is_dir() {
        return Ok(());
    }
    let wanted: HashSet<PathBuf> = tree.files.iter().filter_map(|file| names::local_path(&file.below).ok()).collect();
    let mut there = LocalTree::default();
    local::list(&sync.to, Path::new(""), &mut there, report)?;
    for file in there.files.iter().filter(|file| !wanted.contains(&file.below)) {
        tell_deleted(sync, &file.below.display().to_string(), file.size, report, || {
            fs::remove_file(&file.path).map_err(Fault::disk("it cannot be deleted"))
        });
    }
    Ok(())
}

/// # Errors
/// Deleting was asked for, and what FROM has is not known for certain, or nothing.
fn check_deletion(sync: &Sync, is_empty: bool, is_incomplete: bool) -> Result<(), Fault> {
    if sync.delete_extra && is_incomplete {
        return Err(Fault::Usage(
            "a folder cannot be listed, so nothing is deleted or transferred; mend that, or leave out --delete-extra"
                .into(),
        ));
    }
    if sync.delete_extra && is_empty && !sync.from_may_be_empty {
        return Err(Fault::Usage(format!(
            "{} has no files, and --delete-extra would delete all of {}; if that is meant, add --from-may-be-empty",
            sync.from.display(),
            sync.to.display()
        )));
    }
    Ok(())
}

fn tell_deleted(sync: &Sync, shown: &str, bytes: u64, report: &Report, delete: impl FnOnce() -> Result<(), Fault>) {
    if sync.common.dry_run {
        return report.done(Done::WouldDelete, shown, bytes);
    }
    match delete() {
        Ok(()) => report.done(Done::Deleted, shown, bytes),
        Err(fault) => report.failed(shown, &fault),
    }
}
