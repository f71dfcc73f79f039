//! Searches: the indexes of all volumes that the account may read, every hit resolved again with its rights.

use crate::Library;
use crate::volume::{index_of, used_index};
use crate::walk::pattern;
use model::natural;
use model::query::{FolderNames, Query};
use model::tag_flags::TagMode;
use model::{Perm, PermSet, UnixMillis, VPath};
use regex::bytes::Regex;
use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};
use store::index::{FolderRow, Hit, Index, SearchLimits, SearchPlace, TagValue};
use store::{ErrorKind, StoreError, Totals};
use vfs::access::Access;
use vfs::error::{EngineError, Result};
use vfs::files::findable::{findable, findable_folder};
use vfs::volumes::extension::{Picture, RecordedPicture};
use vfs::volumes::tree::MountedVolume;

/// Most searches at once.
pub const SEARCHES_AT_ONCE: usize = 16;
/// Most searches at once for one address.
pub const SEARCHES_PER_ADDRESS: usize = 4;

/// Most folders that one search finds.
const FOLDERS_MAX: usize = 200;
/// Most folders in which a search asks for what files show.
const PICTURE_FOLDERS_MAX: usize = 256;

/// A search.
#[derive(Clone, Debug)]
pub struct SearchRequest {
    /// What is searched for.
    pub query: Query,
    /// Most results; not more than the settings allow.
    pub limit: usize,
    /// The folder in and below which it is searched for.
    pub within: VPath,
    /// Whether folders are found by their names, too, and files come with what they show.
    pub for_people: bool,
}

impl SearchRequest {
    /// A search of everything, for files alone.
    pub fn new(query: Query, limit: usize) -> Self {
        Self { query, limit, within: VPath::root(), for_people: false }
    }
}

/// A file that was found and may be read.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchHit {
    /// Its path.
    pub path: VPath,
    /// Size in bytes.
    pub size: u64,
    /// Modification time.
    pub modified: UnixMillis,
    /// Its inode number, for file keys.
    pub ino: u64,
    /// Its tags.
    pub tags: Vec<(String, TagValue)>,
    /// The rights of the account there.
    pub rights: PermSet,
    /// What it shows, where that is known.
    pub picture: Option<Box<Picture>>,
}

/// A folder that was found and may be listed.
#[derive(Clone, Debug, PartialEq)]
pub struct FolderHit {
    /// Its path.
    pub path: VPath,
    /// Modification time.
    pub modified: UnixMillis,
    /// The rights of the account there.
    pub rights: PermSet,
    /// Files in it and below, unless the settings hide that or the index is not complete.
    pub totals: Option<Totals>,
}

/// A volume that could not be searched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsearched {
    /// Where it is.
    pub mount: VPath,
    /// Why, without details of the disk: a clause for people.
    pub why: &'static str,
}

/// The outcome of a search.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SearchResult {
    /// The files, the best first.
    pub hits: Vec<SearchHit>,
    /// The folders, the best first.
    pub folders: Vec<FolderHit>,
    /// Whether there may be more: the limit of results or of time was reached.
    pub is_truncated: bool,
    /// Names of the tags that the files have, in the order in which they are shown.
    pub tag_order: Vec<String>,
    /// The volumes of which the indexes could not be used; others were searched.
    pub unsearched: Vec<Unsearched>,
}

impl Library {
    /// Whether the account may search anything: there is an index of a volume that it may read.
    pub fn can_search(&self, access: &Access) -> bool {
        access.snapshot().tree.volumes.iter().any(|volume| is_searched(access, volume))
    }

    /// Whether the account may search in or below `within`.
    pub fn can_search_in(&self, access: &Access, within: &VPath) -> bool {
        access.snapshot().tree.volumes.iter().any(|volume| place_in(access, volume, within).is_some())
    }

    /// Searches the volumes that the account may read. Ends when the returned future is dropped.
    ///
    /// # Errors
    /// `TooManyAtOnce`; `Internal` if no index can be used.
    pub async fn search(&self, access: &Access, request: SearchRequest) -> Result<SearchResult> {
        let _reservation = self.searches.reserve_one(access.client().address)?;
        let behaviour = &access.snapshot().settings.behaviour;
        let limit = request.limit.min(behaviour.search_hits);
        let cancel = CancelOnDrop(Arc::default());
        let limits = SearchLimits {
            deadline: Instant::now() + Duration::from_secs(behaviour.search_secs),
            cancelled: cancel.0.clone(),
        };
        let access = access.clone();
        let request = SearchRequest { limit, ..request };
        self.core.pool.try_run(move || search(&access, &request, &limits)).await
    }
}

/// Tells a search on a pool thread that its caller has gone.
pub(crate) struct CancelOnDrop(pub Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

pub(crate) fn is_searched(access: &Access, volume: &MountedVolume) -> bool {
    used_index(volume).is_some() && access.rights_anywhere_in(volume).has(Perm::Read)
}

/// Returns the folder of a volume in and below which is searched; `None`: nowhere.
pub(crate) fn place_in(access: &Access, volume: &MountedVolume, within: &VPath) -> Option<VPath> {
    let is_innermost = || access.volume_path(within).is_some_and(|at| at.volume.index == volume.index);
    let below = match volume.config.mount.is_within(within) {
        true => Some(VPath::root()),
        false => within.strip_prefix(&volume.config.mount).filter(|_| is_innermost()),
    };
    below.filter(|_| is_searched(access, volume))
}

fn search(access: &Access, request: &SearchRequest, limits: &SearchLimits) -> Result<SearchResult> {
    let (mut result, mut order) = (SearchResult::default(), Vec::<String>::new());
    let (mut searched, mut failed) = (0, None);
    for volume in &access.snapshot().tree.volumes {
        let Some(within) = place_in(access, volume, &request.within) else { continue };
        if !result.is_truncated {
            match search_volume(access, volume, (request, &within), limits, &mut result) {
                Ok(()) => searched += 1,
                Err(error) => {
                    tracing::error!(%error, "a volume cannot be searched");
                    result.unsearched.push(Unsearched { mount: volume.config.mount.clone(), why: why(&error) });
                    failed = Some(error);
                }
            }
            let names = &volume.config.flags.tags.names;
            let added: Vec<_> = names.iter().filter(|name| !order.contains(*name)).cloned().collect();
            order.extend(added);
        }
    }
    if let (0, Some(error), Some(first)) = (searched, failed, result.unsearched.first()) {
        let sentence = format!("{} cannot be searched: {}.", first.mount.display(), first.why);
        return Err(EngineError::internal(&sentence, error));
    }
    rank(&request.query, &mut result.hits, |hit| &hit.path);
    rank(&request.query, &mut result.folders, |hit| &hit.path);
    let occurring: HashSet<&str> =
        result.hits.iter().flat_map(|hit| &hit.tags).map(|(name, _)| name.as_str()).collect();
    result.tag_order = order.into_iter().filter(|name| occurring.contains(name.as_str())).collect();
    Ok(result)
}

/// Says why an index could not be used.
fn why(error: &StoreError) -> &'static str {
    match error.kind() {
        ErrorKind::Newer => "its index was written by a newer version of the server",
        ErrorKind::Busy => "another program is using its index",
        ErrorKind::Denied => "the file of its index cannot be opened; the server's log says which",
        _ => "its index cannot be read; the server's log says why",
    }
}

fn search_volume(
    access: &Access,
    volume: &Arc<MountedVolume>,
    (request, within): (&SearchRequest, &VPath),
    limits: &SearchLimits,
    result: &mut SearchResult,
) -> std::result::Result<(), StoreError> {
    let Some(own) = index_of(&volume.storage) else { return Ok(()) };
    let flags = &volume.config.flags.index;
    let exclude = pattern(flags.search_exclude.as_deref());
    let place = SearchPlace {
        mount: &volume.config.mount,
        within,
        with_dotfiles: flags.search_dotfiles && access.rights_anywhere_in(volume).has(Perm::Dot),
    };
    if request.for_people && request.query.is_about_names() {
        let found = own.open().and_then(|index| {
            search_folders(access, volume, &request.query, (&index, &place, exclude.as_ref()), limits, result)
        });
        // The files tell what is wrong with the index.
        found.unwrap_or_else(|error| tracing::debug!(%error, "folders are not searched"));
    }
    let (first, mut contents) = (result.hits.len(), Vec::new());
    let each = |hit: Hit| {
        let below = hit.folder.join(&hit.name);
        let is_match = |exclude: &Regex| exclude.is_match(volume.config.mount.append(&below).as_bytes());
        if exclude.as_ref().is_some_and(is_match) {
            return ControlFlow::Continue(());
        }
        let Some(found) = readable(access, volume, &below) else { return ControlFlow::Continue(()) };
        if result.hits.len() >= request.limit {
            result.is_truncated = true;
            return ControlFlow::Break(());
        }
        result.hits.push(found);
        contents.push(hit.content);
        ControlFlow::Continue(())
    };
    let tag_flags = Some(&volume.config.flags.tags).filter(|_| volume.config.flags.tag_mode() > TagMode::Off);
    let searched = own.open().and_then(|index| Ok((index.search(&request.query, &place, limits, each)?, index)));
    let searched = searched.and_then(|(is_complete, index)| {
        let tags = tag_flags.map(|_| index.tags_of(contents.iter().map(Option::as_ref))).transpose()?;
        Ok((is_complete, tags.unwrap_or_default()))
    });
    let (is_complete, tags) = searched.or_else(|error| match error.kind() {
        // What is found of it is shown; a scan makes the index anew.
        ErrorKind::Corrupt => {
            tracing::error!(%error, "a search ended early");
            own.replace_if_damaged(&error);
            Ok((false, Vec::new()))
        }
        _ => Err(error),
    })?;
    result.is_truncated |= !is_complete;
    for (hit, tags) in result.hits[first..].iter_mut().zip(tags) {
        hit.tags = tags;
        hit.tags.retain(|(name, _)| tag_flags.is_some_and(|flags| flags.names.contains(name)));
    }
    if request.for_people {
        fill_pictures(volume, &mut result.hits[first..]);
    }
    Ok(())
}

/// Finds folders by their names.
fn search_folders(
    access: &Access,
    volume: &Arc<MountedVolume>,
    query: &Query,
    (index, place, exclude): (&Index, &SearchPlace<'_>, Option<&Regex>),
    limits: &SearchLimits,
    result: &mut SearchResult,
) -> std::result::Result<(), StoreError> {
    let mount = &volume.config.mount;
    let shows_totals = !volume.config.flags.index.hide_folder_sizes
        && index_of(&volume.storage).is_some_and(|own| own.state().holds_all);
    let each = |row: FolderRow| {
        let Some((above, name)) = row.path.split_last() else { return ControlFlow::Continue(()) };
        let above = mount.append(&above);
        if !query.names_folder(&FolderNames::new(name.as_bytes(), above.as_bytes()))
            || exclude.is_some_and(|exclude| exclude.is_match(mount.append(&row.path).as_bytes()))
        {
            return ControlFlow::Continue(());
        }
        let Some((path, found)) = findable_folder(access, volume, &row.path) else { return ControlFlow::Continue(()) };
        let totals = Some(row.totals).filter(|_| shows_totals);
        result.folders.push(FolderHit { path, modified: found.node.mtime(), rights: found.rights, totals });
        if result.folders.len() < FOLDERS_MAX { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    index.folders_below(place, limits, each).map(drop)
}

/// Adds what is known of pictures that have not changed since.
fn fill_pictures(volume: &MountedVolume, hits: &mut [SearchHit]) {
    let mut by_folder: HashMap<VPath, HashMap<Vec<u8>, RecordedPicture>> = HashMap::new();
    for hit in hits {
        let Some((folder, name)) = hit.path.strip_prefix(&volume.config.mount).and_then(|below| below.split_last())
        else {
            continue;
        };
        if !by_folder.contains_key(&folder) && by_folder.len() >= PICTURE_FOLDERS_MAX {
            continue;
        }
        let pictures = by_folder.entry(folder).or_insert_with_key(|folder| volume.storage.pictures_in(folder));
        let known = pictures.remove(name.as_bytes());
        let same = known.filter(|known| known.size == hit.size && known.modified == hit.modified);
        hit.picture = same.map(|known| Box::new(known.picture));
    }
}

/// Returns the file at `below` in a volume if the account may find it.
pub(crate) fn readable(access: &Access, volume: &Arc<MountedVolume>, below: &VPath) -> Option<SearchHit> {
    let (path, located) = findable(access, volume, below)?;
    let meta = located.node.meta;
    Some(SearchHit {
        path,
        size: meta.size,
        modified: meta.mtime(),
        ino: meta.ino,
        tags: Vec::new(),
        rights: located.rights,
        picture: None,
    })
}

/// Sorts hits: names that begin with the text that is searched for, then those where a word begins with it, then the
/// others; each in natural order.
fn rank<T>(query: &Query, hits: &mut [T], path: impl Fn(&T) -> &VPath) {
    let patterns = query.name_patterns();
    let class = |path: &VPath| {
        let name = path.split_last().map(|(_, name)| model::fold::folded_bytes(name.as_bytes())).unwrap_or_default();
        patterns.iter().map(|pattern| start_of(&name, pattern.text())).max().unwrap_or(Start::Inside)
    };
    hits.sort_by_cached_key(|hit| {
        let mut key = Vec::new();
        natural::push_key(&mut key, path(hit).as_bytes());
        (class(path(hit)), key)
    });
}

/// Where a text begins in a name, the best place first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Start {
    Name,
    Word,
    Inside,
}

fn start_of(name: &str, text: &str) -> Start {
    let begins_word = |at: usize| name[..at].chars().next_back().is_none_or(|letter| !letter.is_alphanumeric());
    match name.match_indices(text).find(|(at, _)| begins_word(*at)) {
        Some((0, _)) => Start::Name,
        Some(_) => Start::Word,
        None => Start::Inside,
    }
}
