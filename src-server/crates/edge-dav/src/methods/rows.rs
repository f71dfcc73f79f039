//! The rows of a PROPFIND: the requested resource, and what is in a folder.

use crate::failure::Failure;
use crate::live::{LockText, Resource};
use crate::request::{DavRequest, href};
use crate::wanted::Wanted;
use engine::files::client_locks::{LocksInFolder, VisibleLock};
use engine::files::read::{Found, OpenedFolder};
use engine::files::stat::FileKind;
use engine::listing::{PlainEntry, PlainListing, VolumeSpace};
use engine::properties::{PropertiesInFolder, Property};
use engine::{Access, Engine, EngineError};
use model::{PermSet, UnixMillis, VPath};
use std::sync::Arc;

/// What all rows of one answer share.
pub(super) struct Context {
    pub engine: Engine,
    pub access: Access,
    pub wanted: Arc<Wanted>,
    /// See [`DavRequest::prefix`].
    pub prefix: String,
    pub media_type: fn(Option<&[u8]>) -> &'static str,
    /// Space of the volume of the requested folder.
    pub space: Option<VolumeSpace>,
}

/// The row about the requested resource.
pub(super) struct OwnRow {
    href: String,
    name: String,
    kind: FileKind,
    size: u64,
    modified: Option<UnixMillis>,
    etag: Option<String>,
    media_type: Option<&'static str>,
    locks: Vec<LockText>,
    dead: Vec<Property>,
    pub space: Option<VolumeSpace>,
    rights: PermSet,
}

impl OwnRow {
    /// Resolves the requested path. Returns its row, and the folder if it is one.
    pub(super) async fn find(
        request: &DavRequest<'_>,
        access: &Access,
        wanted: &Wanted,
    ) -> Result<(Self, Option<OpenedFolder>), Failure> {
        let (engine, path) = (request.engine, &request.path);
        let (mut row, opened) = match engine.reader.open(access, path, None).await? {
            Found::File(file) => {
                let media_type = Some((request.media_type)(file.name.extension()));
                let row = Self {
                    kind: FileKind::File,
                    size: file.size,
                    modified: Some(file.modified),
                    etag: Some(file.etag.clone()),
                    media_type,
                    ..Self::empty(request, file.rights)
                };
                (row, None)
            }
            Found::Folder { rights, modified, opened, .. } => {
                // A virtual folder in which the client sees nothing: it may have to sign in first.
                if request.may_sign_in && modified.is_none() && !access.has_visible_below(path) {
                    return Err(EngineError::denied(path, "read").into());
                }
                (Self { modified, ..Self::empty(request, rights) }, Some(opened))
            }
        };
        row.href = request.href(path, row.kind == FileKind::Folder);
        if wanted.includes_locks() {
            let locks = engine.client_locks.list(access, path).await?;
            row.locks = locks.iter().map(|lock| lock_text(&request.prefix, lock)).collect();
        }
        if wanted.includes_dead() {
            row.dead = engine.properties.of(access, path).await?;
        }
        if wanted.includes_space() && row.kind == FileKind::Folder {
            row.space = engine.listings.space(access, path).await.ok().flatten();
        }
        Ok((row, opened))
    }

    fn empty(request: &DavRequest<'_>, rights: PermSet) -> Self {
        Self {
            href: String::new(),
            name: request.path.name().map(|name| name.display()).unwrap_or_default(),
            kind: FileKind::Folder,
            size: 0,
            modified: None,
            etag: None,
            media_type: None,
            locks: Vec::new(),
            dead: Vec::new(),
            space: None,
            rights,
        }
    }

    pub(super) fn push(&self, out: &mut String, wanted: &Wanted) {
        let resource = Resource {
            href: &self.href,
            name: &self.name,
            is_folder: self.kind == FileKind::Folder,
            size: self.size,
            modified: self.modified,
            etag: self.etag.as_deref(),
            media_type: self.media_type,
            locks: &self.locks,
            space: self.space,
            rights: self.rights,
        };
        wanted.push_row(out, &resource, &self.dead);
    }
}

/// The rows about what is in one folder.
pub(super) struct FolderRows {
    pub listing: PlainListing,
    /// URL of the folder, with a slash at its end.
    base: String,
    locks: LocksInFolder,
    dead: PropertiesInFolder,
    rights: PermSet,
}

impl FolderRows {
    /// Reads the folder at `path`; `opened`: the folder, if it was found before.
    pub(super) async fn read(
        context: &Context,
        path: &VPath,
        opened: Option<OpenedFolder>,
    ) -> Result<Self, EngineError> {
        let Context { engine, access, wanted, .. } = context;
        let listing = match opened {
            Some(opened) => engine.listings.read_dir_opened(access, path, opened).await?,
            None => engine.listings.read_dir(access, path).await?,
        };
        let locks = match wanted.includes_locks() {
            true => engine.client_locks.list_in(access, path).await?,
            false => LocksInFolder::default(),
        };
        let dead = match wanted.includes_dead() {
            true => engine.properties.in_folder(access, path).await?,
            false => PropertiesInFolder::new(),
        };
        let base = href(&context.prefix, path, true);
        Ok(Self { listing, base, locks, dead, rights: access.rights_at(path) })
    }

    /// Appends the row about the entry with an index.
    pub(super) fn push(&mut self, out: &mut String, context: &Context, index: usize) {
        let Self { listing, base, locks, dead, rights } = self;
        let entry: &PlainEntry = &listing.entries[index];
        let is_folder = entry.kind() == FileKind::Folder;
        let folder_len = base.len();
        model::vpath::push_percent_encoded(base, entry.name.as_bytes());
        if is_folder {
            base.push('/');
        }
        let locks: Vec<LockText> = locks.of(&entry.name).map(|lock| lock_text(&context.prefix, lock)).collect();
        let (name, etag) = (String::from_utf8_lossy(entry.name.as_bytes()), entry.etag());
        let resource = Resource {
            href: base,
            name: &name,
            is_folder,
            size: entry.size(),
            modified: entry.modified(),
            etag: etag.as_deref(),
            media_type: (!is_folder).then(|| (context.media_type)(entry.name.extension())),
            locks: &locks,
            space: context.space,
            rights: *rights,
        };
        context.wanted.push_row(out, &resource, dead.get(&entry.name).map_or(&[], Vec::as_slice));
        base.truncate(folder_len);
    }
}

fn lock_text(prefix: &str, lock: &VisibleLock) -> LockText {
    LockText { root: href(prefix, &lock.path, false), lock: lock.clone() }
}
