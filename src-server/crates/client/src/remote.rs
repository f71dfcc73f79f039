//! What a server has: its listings as JSON (`?ls`), of both kinds of servers.

use crate::fault::Fault;
use crate::names;
use crate::report::Report;
use crate::server::{Server, json};
use crate::workers::retried;
use percent_encoding::percent_decode_str;
use serde::Deserialize;

/// Deepest folder that is listed, so that a server cannot lead in a circle.
const DEPTH_MAX: usize = 200;
/// Most files and folders of a list.
const ENTRIES_MAX: usize = 10_000_000;

/// A file of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteFile {
    /// Path below the folder that was listed, encoded.
    pub below: String,
    /// The address without the origin, encoded; with the key of the file, where it has one.
    pub href: String,
    /// Size in bytes.
    pub size: u64,
    /// Modification time, whole seconds since 1970.
    pub modified: i64,
}

impl RemoteFile {
    /// The path below the folder, for people.
    pub fn shown(&self) -> String {
        percent_decode_str(&self.below).decode_utf8_lossy().into_owned()
    }
}

/// Files and folders of the server.
#[derive(Debug, Default)]
pub struct RemoteTree {
    /// The files.
    pub files: Vec<RemoteFile>,
    /// The folders below the one that was listed, encoded, each after the one around it.
    pub folders: Vec<String>,
    /// Whether a folder could not be listed.
    pub is_incomplete: bool,
}

#[derive(Deserialize)]
struct Listing {
    #[serde(default)]
    dirs: Vec<Entry>,
    #[serde(default)]
    files: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    href: String,
    #[serde(default)]
    sz: u64,
    #[serde(default)]
    ts: i64,
}

/// Lists the folder at `path` (encoded, with a slash at its end) and all below it. A folder below that cannot be listed is told as
/// failed.
///
/// # Errors
/// The folder itself cannot be listed.
pub fn list(server: &Server, path: &str, report: &Report) -> Result<RemoteTree, Fault> {
    let mut tree = RemoteTree::default();
    let mut waiting = vec![String::new()];
    while let Some(below) = waiting.pop() {
        let folder = [path, &below].concat();
        if tree.files.len() + tree.folders.len() > ENTRIES_MAX {
            return Err(Fault::Answer(format!(
                "it has more than {ENTRIES_MAX} files and folders; transfer folders of it one by one"
            )));
        }
        match retried(|| listing(server, &folder)) {
            Ok(found) => push_listing(&folder, &below, found, &mut tree, &mut waiting, report),
            Err(fault) if below.is_empty() || fault.ends_all() => return Err(fault),
            Err(fault) => {
                tree.is_incomplete = true;
                report.failed(&percent_decode_str(&below).decode_utf8_lossy(), &fault);
            }
        }
    }
    Ok(tree)
}

fn listing(server: &Server, folder: &str) -> Result<Listing, Fault> {
    json(server.get(&[folder, "?ls&dots"].concat(), &[])?)
}

fn push_listing(
    folder: &str,
    below: &str,
    found: Listing,
    tree: &mut RemoteTree,
    waiting: &mut Vec<String>,
    report: &Report,
) {
    for entry in found.dirs {
        let name = entry.href.split('?').next().unwrap_or("").trim_end_matches('/');
        let inner = [below, &names::normal(name), "/"].concat();
        if !is_name(name) || inner.matches('/').count() > DEPTH_MAX {
            tree.is_incomplete = true;
            report.failed(&inner, &Fault::Answer("a folder with an impossible name".into()));
            continue;
        }
        tree.folders.push(inner.clone());
        waiting.push(inner);
    }
    for entry in found.files {
        let name = entry.href.split('?').next().unwrap_or("");
        if !is_name(name) {
            tree.is_incomplete = true;
            report.failed(&[below, name].concat(), &Fault::Answer("a file with an impossible name".into()));
            continue;
        }
        tree.files.push(RemoteFile {
            below: [below, &names::normal(name)].concat(),
            href: [folder, &entry.href].concat(),
            size: entry.sz,
            modified: entry.ts,
        });
    }
}

/// Whether a reference of a listing is one name: others would lead elsewhere.
fn is_name(reference: &str) -> bool {
    let bytes: Vec<u8> = percent_decode_str(reference).collect();
    !reference.contains('/')
        && !matches!(&bytes[..], b"" | b"." | b"..")
        && !bytes.iter().any(|byte| matches!(byte, b'/' | 0))
}
