//! Extensions of OpenSSH: free space, and writing to the disk.

use super::failure::Failure;
use super::{Session, parse_path};
use crate::handles::{OpenFolder, Opened};
use crate::packet::HandleId;
use crate::reply::{Code, Reply};
use engine::Access;
use model::VPath;

impl Session {
    pub(super) async fn space(&mut self, access: &Access, path: &[u8]) -> Result<Reply, Failure> {
        self.space_at(access, &parse_path(path)?).await
    }

    pub(super) async fn handle_space(&mut self, access: &Access, handle: HandleId) -> Result<Reply, Failure> {
        let path = match self.opened(handle)? {
            Opened::File { path, .. } | Opened::Folder(OpenFolder { path, .. }) => path.clone(),
            Opened::Upload(upload) => upload.path.parent().unwrap_or_else(VPath::root),
        };
        self.space_at(access, &path).await
    }

    async fn space_at(&self, access: &Access, path: &VPath) -> Result<Reply, Failure> {
        match self.engine.listings.space(access, path).await? {
            Some(space) => Ok(Reply::Space(space)),
            None => Err(Failure::reply(Code::Unsupported, "The space is not known here.")),
        }
    }

    /// Waits until the bytes of an upload are on the disk. It gets its name when it is closed.
    pub(super) async fn sync(&mut self, handle: HandleId) -> Result<Reply, Failure> {
        match self.opened(handle)? {
            Opened::Upload(upload) => upload.sink.sync().await?,
            Opened::File { .. } => {}
            Opened::Folder(_) => return Err(Failure::no_handle()),
        }
        Ok(Reply::OK)
    }
}
