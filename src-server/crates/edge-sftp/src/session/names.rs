//! Requests that concern names: attributes, folders, renaming, deleting.

use super::failure::Failure;
use super::{Session, parse_path};
use crate::attributes::{Attributes, Changes};
use crate::handles::{Opened, Upload};
use crate::packet::HandleId;
use crate::reply::{Code, Reply};
use engine::error::Conflict;
use engine::files::ops::IfExists;
use engine::files::stat::{FileKind, Place, Stat};
use engine::files::target::Target;
use engine::uploads::SinkRequest;
use engine::{Access, EngineError};
use model::VPath;

impl Session {
    /// Tells attributes. A file that this session is writing has those of the upload: sshfs asks for them at once.
    pub(super) async fn stat(&mut self, access: &Access, path: &[u8]) -> Result<Reply, Failure> {
        let path = parse_path(path)?;
        if let Some(upload) = self.handles.upload_to(&path) {
            return Ok(Reply::Attributes(of_upload(access, upload)));
        }
        let stat = self.engine.reader.stat(access, &path).await?;
        Ok(Reply::Attributes(Attributes::of_stat(&stat)))
    }

    pub(super) async fn handle_stat(&mut self, access: &Access, handle: HandleId) -> Result<Reply, Failure> {
        let attributes = match self.opened(handle)? {
            Opened::File { path, file } => {
                Attributes::of_upload(file.size, Some(file.modified), access.rights_at(path))
            }
            Opened::Upload(upload) => of_upload(access, upload),
            Opened::Folder(folder) => {
                let path = folder.path.clone();
                Attributes::of_stat(&self.engine.reader.stat(access, &path).await?)
            }
        };
        Ok(Reply::Attributes(attributes))
    }

    pub(super) async fn set_stat(&mut self, access: &Access, path: &[u8], changes: Changes) -> Result<Reply, Failure> {
        let path = parse_path(path)?;
        if let Some(upload) = self.handles.upload_to(&path) {
            return change_upload(upload, changes).await;
        }
        if let Some(size) = changes.size {
            self.cut(access, &path, size, changes).await?;
        } else if let Some(modified) = changes.modified {
            self.engine.ops.set_mtime(access, &path, modified).await?;
        } else {
            // Owners and modes mean nothing; a client that sets them expects the path to exist.
            self.engine.reader.stat(access, &path).await?;
        }
        Ok(Reply::OK)
    }

    /// Sets the size of a file: stores another one with as much of its content.
    async fn cut(&self, access: &Access, path: &VPath, size: u64, changes: Changes) -> Result<(), Failure> {
        let target = self.engine.reader.target(access, path).await?;
        match &target {
            Target::There(Stat { size: is, kind: FileKind::File, .. }) if *is == size && changes.modified.is_none() => {
                return Ok(());
            }
            Target::There(Stat { kind: FileKind::File, .. }) => {}
            Target::There(_) => return Err(Failure::reply(Code::Failure, "That is a folder.")),
            Target::Free | Target::NoFolder => return Err(EngineError::NotFound(path.clone()).into()),
            Target::Unknown => return Err(EngineError::denied(path, "delete").into()),
        }
        let Some((folder, name)) = path.split_last() else { return Err(Failure::no_handle()) };
        let on_conflict = target.on_conflict(access, path)?;
        let order = SinkRequest {
            keeps_content: size > 0,
            lmod: changes.modified,
            ..SinkRequest::exact(folder, Some(name.as_bytes().to_vec()), on_conflict)
        };
        let mut sink = self.engine.uploads.sink(access, order).await?;
        sink.set_size(size).await?;
        sink.finish().await?;
        Ok(())
    }

    pub(super) async fn handle_set_stat(
        &mut self,
        access: &Access,
        handle: HandleId,
        changes: Changes,
    ) -> Result<Reply, Failure> {
        match self.opened(handle)? {
            Opened::Upload(upload) => change_upload(upload, changes).await,
            Opened::File { .. } if changes.size.is_some() => {
                Err(Failure::reply(Code::PermissionDenied, "The file is open for reading only."))
            }
            Opened::File { path, .. } | Opened::Folder(crate::handles::OpenFolder { path, .. }) => {
                let path = path.clone();
                if let Some(modified) = changes.modified {
                    self.engine.ops.set_mtime(access, &path, modified).await?;
                }
                Ok(Reply::OK)
            }
        }
    }

    /// Deletes a file; it goes into the trash.
    pub(super) async fn remove(&mut self, access: &Access, path: &[u8]) -> Result<Reply, Failure> {
        let path = parse_path(path)?;
        // What the client may learn of a name that it may not see is the engine's to say.
        if let Ok(Stat { kind: FileKind::Folder, .. }) = self.engine.reader.stat(access, &path).await {
            return Err(Failure::reply(Code::Failure, "That is a folder."));
        }
        self.engine.ops.delete(access, &path).await?;
        Ok(Reply::OK)
    }

    /// Removes a folder that is empty. Clients remove the contents of others one by one, as people confirm it there.
    pub(super) async fn remove_folder(&mut self, access: &Access, path: &[u8]) -> Result<Reply, Failure> {
        let path = parse_path(path)?;
        match self.engine.reader.stat(access, &path).await {
            Ok(Stat { kind: FileKind::File, .. }) => {
                return Err(Failure::reply(Code::Failure, "That is a file."));
            }
            Ok(Stat { place: Place::VolumeTop | Place::Virtual, .. }) => {
                return Err(Failure::reply(Code::PermissionDenied, "This folder stays: it is shared by the settings."));
            }
            Ok(_) if !self.engine.listings.read_dir(access, &path).await?.entries.is_empty() => {
                return Err(Failure::reply(Code::Failure, "The folder is not empty."));
            }
            // The engine decides, and says no more than it must.
            Ok(_) | Err(_) => {}
        }
        self.engine.ops.delete(access, &path).await?;
        Ok(Reply::OK)
    }

    pub(super) async fn make_folder(&mut self, access: &Access, path: &[u8]) -> Result<Reply, Failure> {
        let path = parse_path(path)?;
        let exists = || Failure::reply(Code::Failure, "Something has that name already.");
        match self.engine.reader.target(access, &path).await? {
            Target::There(_) => return Err(exists()),
            Target::NoFolder => return Err(Failure::reply(Code::NoSuchFile, "No such folder.")),
            Target::Free | Target::Unknown => {}
        }
        let Some((folder, name)) = path.split_last() else { return Err(exists()) };
        self.engine.ops.make_folder(access, &folder, name.as_bytes()).await?;
        Ok(Reply::OK)
    }

    /// Tells the whole path that a client means. One that does not exist is told, too: clients ask before they make it.
    pub(super) async fn real_path(&mut self, _: &Access, path: &[u8]) -> Result<Reply, Failure> {
        let path = parse_path(path)?;
        Ok(Reply::name(&[b"/", path.as_bytes()].concat()))
    }

    /// Renames. With `replaces`, a file takes the place of another one, if the client may replace it; a folder does not.
    pub(super) async fn rename(
        &mut self,
        access: &Access,
        from: &[u8],
        to: &[u8],
        replaces: bool,
    ) -> Result<Reply, Failure> {
        let (from, to) = (parse_path(from)?, parse_path(to)?);
        let is_file = match self.engine.reader.stat(access, &from).await {
            Ok(stat) => stat.kind == FileKind::File,
            // The engine decides.
            Err(EngineError::Denied(_)) => false,
            Err(error) => return Err(error.into()),
        };
        let if_exists = match self.engine.reader.target(access, &to).await? {
            Target::NoFolder => return Err(Failure::reply(Code::NoSuchFile, "No such folder.")),
            Target::There(stat) if stat.kind == FileKind::File && is_file && replaces => IfExists::Replace,
            Target::There(_) if to != from || !replaces => {
                return Err(EngineError::Conflict(Conflict::Exists(to)).into());
            }
            Target::There(_) | Target::Free | Target::Unknown => IfExists::Refuse,
        };
        if to != from {
            self.engine.ops.move_to(access, &from, &to, if_exists).await?;
        }
        Ok(Reply::OK)
    }
}

fn of_upload(access: &Access, upload: &Upload) -> Attributes {
    let size = upload.base + upload.sink.size();
    Attributes::of_upload(size, upload.sink.modified(), access.rights_at(&upload.path))
}

/// Changes attributes of a file that is being written.
async fn change_upload(upload: &mut Upload, changes: Changes) -> Result<Reply, Failure> {
    if let Some(size) = changes.size {
        match size.checked_sub(upload.base) {
            Some(size) => upload.sink.set_size(size).await?,
            None => return Err(Failure::reply(Code::Failure, "The file is open for appending only.")),
        }
    }
    if let Some(modified) = changes.modified {
        upload.sink.set_modified(modified);
    }
    Ok(Reply::OK)
}
