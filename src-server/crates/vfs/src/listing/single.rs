//! One file or folder as listings show it.

use super::contents::{Entry, ListOptions};
use super::tags::EntryTags;
use crate::access::Access;
use crate::core::Core;
use crate::error::Result;
use crate::files::key::file_key;
use crate::volumes::resolve::{Resolved, absence, find};
use model::{FileKeys, FileName, Operation, UnixMillis, VPath, Verdict};
use store::disk::{Kind, Node};

/// A file or folder.
#[derive(Clone, Debug, PartialEq)]
pub struct Single {
    /// The entry; without tags.
    pub entry: Entry,
    /// Whether it is a folder.
    pub is_folder: bool,
}

/// Finds an entry that the account may list. Blocks.
pub(super) fn find_single(core: &Core, access: &Access, path: &VPath, options: ListOptions) -> Result<Single> {
    let located = match find(access, path)? {
        Resolved::OnDisk(located) => located,
        Resolved::VirtualFolder => return Ok(Single { entry: empty(path), is_folder: true }),
        Resolved::Absent => return Err(absence(access, path)),
    };
    let meta = match &located.node {
        Node::File(open) => open.meta,
        Node::Folder(_, meta) => *meta,
    };
    let is_folder = meta.kind == Kind::Folder;
    if located.verdict(Operation::List) != Verdict::Allow && !(is_folder && access.has_visible_below(path)) {
        return Err(absence(access, path));
    }
    let mut entry = Entry { modified: meta.mtime(), ..empty(path) };
    if is_folder {
        fill_totals(&mut entry, &located);
    } else {
        entry.size = meta.size;
        if !options.without_pictures {
            let (above, name) = located.below.split_last().unwrap_or_else(|| (VPath::root(), entry.name.clone()));
            let known = located.volume.storage.pictures_in(&above).remove(name.as_bytes());
            let same = known.filter(|known| known.size == entry.size && known.modified == entry.modified);
            entry.picture = same.map(|known| Box::new(known.picture));
        }
        if located.keys == FileKeys::Required
            && located.verdict(Operation::LearnKey) == Verdict::Allow
            && let Some(at) = access.volume_path(path)
        {
            let key = file_key(&core.secret, &at.volume.config.flags, path, meta.size, meta.ino);
            entry.key = Some(key.into_boxed_str());
        }
    }
    Ok(Single { entry, is_folder })
}

/// Adds number and size of the files below a folder, where an index knows them.
fn fill_totals(entry: &mut Entry, located: &crate::volumes::resolve::Located) {
    let Some((above, name)) = located.below.split_last() else { return };
    if located.volume.config.flags.index.hide_folder_sizes || located.verdict(Operation::List) != Verdict::Allow {
        return;
    }
    if let Some(known) = located.volume.storage.totals_in(&above).get(name.as_bytes()) {
        entry.size = known.bytes;
        entry.files_below = Some(known.files);
    }
}

fn empty(path: &VPath) -> Entry {
    Entry {
        // The root has no name; pages call it by the name of the server.
        name: path.name().unwrap_or_else(|| FileName::new(b"_").expect("is a name")),
        size: 0,
        files_below: None,
        modified: UnixMillis(0),
        mount_rights: None,
        archivable: false,
        picture: None,
        key: None,
        tags: EntryTags::default(),
    }
}
