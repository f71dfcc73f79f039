//! What a session has opened.

use crate::attributes::Attributes;
use crate::packet::HandleId;
use engine::Access;
use engine::files::handle::FileHandle;
use engine::listing::PlainListing;
use engine::uploads::UploadSink;
use model::VPath;
use std::collections::HashMap;

/// Most files and folders that a session has open. Each upload keeps up to 2 MiB in memory.
pub(crate) const HANDLES_MAX: usize = 64;

/// A file that is being written.
pub(crate) struct Upload {
    pub path: VPath,
    pub sink: UploadSink,
    /// Writes go to the end, whatever their offsets.
    pub appends: bool,
    /// Bytes that precede those of the sink (`append`).
    pub base: u64,
    /// The client may read, too.
    pub is_readable: bool,
}

/// A folder that is being read.
pub(crate) struct OpenFolder {
    pub path: VPath,
    pub access: Access,
    /// Its own attributes.
    pub itself: Attributes,
    pub listing: PlainListing,
    /// Entries that were sent, counting the two for the folder itself and the one above it.
    pub sent: usize,
}

/// Something that a client has opened.
pub(crate) enum Opened {
    File { path: VPath, file: FileHandle },
    Upload(Box<Upload>),
    Folder(OpenFolder),
}

/// What a session has opened.
#[derive(Default)]
pub(crate) struct Handles {
    opened: HashMap<u32, Opened>,
    /// Ids are not used again soon: a client that closes twice must not close what another part of it has opened.
    next: u32,
}

impl Handles {
    /// Returns whether nothing more can be opened.
    pub fn is_full(&self) -> bool {
        self.opened.len() >= HANDLES_MAX
    }

    /// Returns whether nothing is open.
    pub fn is_empty(&self) -> bool {
        self.opened.is_empty()
    }

    /// Adds something. Call [`Handles::is_full`] before.
    pub fn add(&mut self, opened: Opened) -> HandleId {
        while self.next == u32::MAX || self.opened.contains_key(&self.next) {
            self.next = self.next.wrapping_add(1);
        }
        let id = self.next;
        self.opened.insert(id, opened);
        self.next = self.next.wrapping_add(1);
        HandleId(id)
    }

    /// Returns what a handle means.
    pub fn get(&mut self, id: HandleId) -> Option<&mut Opened> {
        self.opened.get_mut(&id.0)
    }

    /// Closes a handle.
    pub fn take(&mut self, id: HandleId) -> Option<Opened> {
        self.opened.remove(&id.0)
    }

    /// Returns the upload to `path`, if this session is receiving one.
    pub fn upload_to(&mut self, path: &VPath) -> Option<&mut Upload> {
        self.opened.values_mut().find_map(|opened| match opened {
            Opened::Upload(upload) if upload.path == *path => Some(&mut **upload),
            _ => None,
        })
    }
}
