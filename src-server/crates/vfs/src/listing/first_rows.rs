//! The first rows of a large folder, known from names alone: a page shows them while the metadata of the others is read.

use super::children::{Via, visit_kinds};
use super::contents::{ListOptions, Listing};
use super::entries::EntryMaker;
use super::folder::open_listed;
use super::order::NameOrder;
use super::rows::ROWS_UNCOUNTED;
use super::texts::Texts;
use crate::access::Access;
use crate::core::Core;
use crate::error::Result;
use crate::volumes::resolve::Located;
use model::{FileName, VPath, Verdict};
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use store::disk::{Folder, Kind, Meta};

/// The beginning of a listing.
#[derive(Clone, Debug)]
pub struct FirstRows {
    /// The folder with its first rows, folders before files, without what an index knows of them.
    pub listing: Listing,
    /// Number of all folders.
    pub folders: usize,
    /// Number of all files.
    pub files: usize,
}

/// Returns the first `most` rows of a folder of at least [`ROWS_UNCOUNTED`] entries, else `None`: then the whole listing is
/// as fast.
pub(super) fn read(
    core: &Core,
    access: &Access,
    path: &VPath,
    options: ListOptions,
    most: usize,
) -> Result<Option<FirstRows>> {
    let (located, verdict) = open_listed(access, path)?;
    let Some(located) = located.filter(|_| verdict == Verdict::Allow) else { return Ok(None) };
    let mut listing = Listing::empty(access, path, Some(&located), verdict);
    let maker = EntryMaker::of(&listing, &core.secret, access, Some(&located), options);
    let mut texts = Texts::default();
    let (mut folders, mut files) = (Smallest::new(listing.order, most), Smallest::new(listing.order, most));
    visit_kinds(access, path, &located, |name, meta, via| {
        texts.record(&name, &meta, &via, Some(&located));
        if maker.includes(&name) {
            let kind = if meta.kind == Kind::Folder { &mut folders } else { &mut files };
            kind.push(name, meta, via);
        }
    })?;
    if folders.count + files.count < ROWS_UNCOUNTED {
        return Ok(None);
    }
    let (all_folders, all_files) = (folders.count, files.count);
    let entry = |ranked: Ranked| {
        let meta = whole(&located, &ranked)?;
        Some(maker.entry(ranked.name, &meta, &ranked.via))
    };
    listing.folders = folders.sorted().into_iter().filter_map(entry).collect();
    let rest = most.saturating_sub(listing.folders.len());
    listing.files = files.sorted().into_iter().take(rest).filter_map(entry).collect();
    if !options.without_texts {
        texts.read_into(&mut listing, &located);
    }
    listing.fill_facts(access, Some(&located), options);
    Ok(Some(FirstRows { listing, folders: all_folders, files: all_files }))
}

/// Returns the metadata of an entry; `None` if it has vanished or became something else.
fn whole(located: &Located<Folder>, ranked: &Ranked) -> Option<Meta> {
    match ranked.via {
        Via::Handle => located.node.stat(&ranked.name).ok()?.filter(|meta| meta.kind == ranked.meta.kind),
        Via::Link | Via::Tree(_) | Via::Scope => Some(ranked.meta),
    }
}

/// An entry that is compared by its name.
struct Ranked {
    order: NameOrder,
    name: FileName,
    meta: Meta,
    via: Via,
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order.compare(self.name.as_bytes(), other.name.as_bytes())
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Ranked {}

/// Keeps the `most` entries whose names come first, and counts all.
struct Smallest {
    order: NameOrder,
    most: usize,
    count: usize,
    heap: BinaryHeap<Ranked>,
}

impl Smallest {
    fn new(order: NameOrder, most: usize) -> Self {
        Self { order, most, count: 0, heap: BinaryHeap::new() }
    }

    fn push(&mut self, name: FileName, meta: Meta, via: Via) {
        self.count += 1;
        let last = self.heap.peek().filter(|_| self.heap.len() >= self.most);
        if last.is_some_and(|last| self.order.compare(last.name.as_bytes(), name.as_bytes()).is_le()) {
            return;
        }
        self.heap.push(Ranked { order: self.order, name, meta, via });
        if self.heap.len() > self.most {
            self.heap.pop();
        }
    }

    fn sorted(self) -> Vec<Ranked> {
        self.heap.into_sorted_vec()
    }
}
