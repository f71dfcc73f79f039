//! Folders: OPENDIR, READDIR.

use super::failure::Failure;
use super::{Session, parse_path};
use crate::attributes::Attributes;
use crate::handles::{OpenFolder, Opened};
use crate::packet::HandleId;
use crate::reply::{Code, Reply, put_string};
use engine::files::read::Found;
use engine::{Access, clock};
use model::UnixMillis;

/// Bytes of an answer to READDIR. Programs ask for the rest of a folder in further requests.
const ANSWER_MAX: usize = 32 << 10;

impl Session {
    pub(super) async fn open_folder(&mut self, access: &Access, path: &[u8]) -> Result<Reply, Failure> {
        self.check_room()?;
        let path = parse_path(path)?;
        let (rights, modified, opened) = match self.engine.reader.open(access, &path, None).await? {
            Found::Folder { rights, modified, opened, .. } => (rights, modified, opened),
            Found::File(_) => return Err(Failure::reply(Code::NoSuchFile, "That is a file.")),
        };
        let itself = Attributes { is_folder: true, size: 0, modified, is_movable: false, rights };
        let mut listing = self.engine.listings.read_dir_opened(access, &path, opened).await?;
        listing.entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        let folder = OpenFolder { path, access: access.clone(), itself, listing, sent: 0 };
        Ok(Reply::Handle(self.handles.add(Opened::Folder(folder))))
    }

    pub(super) fn read_folder(&mut self, handle: HandleId) -> Result<Reply, Failure> {
        let Opened::Folder(folder) = self.opened(handle)? else { return Err(Failure::no_handle()) };
        let (mut names, mut count) = (Vec::new(), 0);
        let now = clock::now();
        while names.len() < ANSWER_MAX && put_next(folder, &mut names, now) {
            count += 1;
        }
        Ok(if count == 0 { Reply::END } else { Reply::Names(count, names) })
    }
}

/// Appends the next entry. Returns whether there was one.
fn put_next(folder: &mut OpenFolder, names: &mut Vec<u8>, now: UnixMillis) -> bool {
    let (name, attributes) = match folder.sent {
        // As in any folder of a Unix system; programs leave them out themselves.
        0 | 1 => (if folder.sent == 0 { &b"."[..] } else { b".." }, folder.itself),
        sent => {
            let Some(entry) = folder.listing.entries.get(sent - 2) else { return false };
            let rights = folder.access.rights_at(&folder.path.join(&entry.name));
            (entry.name.as_bytes(), Attributes::of_entry(entry, rights))
        }
    };
    put_string(names, name);
    attributes.put_long_name(names, name, now);
    attributes.put(names);
    folder.sent += 1;
    true
}
