//! Files: OPEN, READ, WRITE, CLOSE. An upload gets its name when it is closed, and is acknowledged when it would survive a
//! loss of power; one that is never closed leaves nothing.

use super::failure::Failure;
use super::{Session, parse_path};
use crate::attributes::Changes;
use crate::handles::{Opened, Upload};
use crate::packet::{HandleId, OpenFlags, READ_MAX};
use crate::reply::{Code, Reply};
use bytes::Bytes;
use engine::files::condition::Condition;
use engine::files::stat::Stat;
use engine::files::target::Target;
use engine::uploads::SinkRequest;
use engine::{Access, EngineError};
use model::{OnConflict, VPath};

impl Session {
    pub(super) async fn open(
        &mut self,
        access: &Access,
        path: &[u8],
        flags: OpenFlags,
        changes: Changes,
    ) -> Result<Reply, Failure> {
        self.check_room()?;
        let path = parse_path(path)?;
        let opened = match flags.write || flags.append {
            true => Opened::Upload(Box::new(self.open_upload(access, path, flags, changes).await?)),
            false if flags.create || flags.truncate => {
                return Err(Failure::reply(Code::Failure, "A file is not made without being written."));
            }
            false => {
                let file = self.engine.reader.open_handle(access, &path).await?;
                Opened::File { path, file }
            }
        };
        Ok(Reply::Handle(self.handles.add(opened)))
    }

    pub(super) fn check_room(&self) -> Result<(), Failure> {
        match self.handles.is_full() {
            true => Err(Failure::reply(Code::Failure, "Too many files are open.")),
            false => Ok(()),
        }
    }

    async fn open_upload(
        &mut self,
        access: &Access,
        path: VPath,
        flags: OpenFlags,
        changes: Changes,
    ) -> Result<Upload, Failure> {
        if self.handles.upload_to(&path).is_some() {
            return Err(Failure::reply(Code::Failure, "This file is being written."));
        }
        let target = self.engine.reader.target(access, &path).await?;
        let (order, base) = order(access, &path, flags, &target)?;
        let order = SinkRequest { lmod: changes.modified, ..order };
        let sink = self.engine.uploads.sink(access, order).await?;
        let is_readable = flags.read;
        Ok(Upload { path, sink, appends: flags.append, base, is_readable })
    }

    pub(super) async fn close(&mut self, handle: HandleId) -> Result<Reply, Failure> {
        match self.handles.take(handle).ok_or_else(Failure::no_handle)? {
            Opened::Upload(upload) => _ = upload.sink.finish().await?,
            Opened::File { .. } | Opened::Folder(_) => {}
        }
        Ok(Reply::OK)
    }

    pub(super) async fn read(&mut self, handle: HandleId, offset: u64, length: u32) -> Result<Reply, Failure> {
        let length = length.min(READ_MAX) as usize;
        let bytes = match self.opened(handle)? {
            Opened::File { file, .. } => file.read_at(offset, length).await?,
            Opened::Upload(upload) if upload.is_readable && upload.base == 0 => {
                upload.sink.read_at(offset, length).await?
            }
            Opened::Upload(_) => {
                return Err(Failure::reply(Code::PermissionDenied, "The file is open for writing only."));
            }
            Opened::Folder(_) => return Err(Failure::no_handle()),
        };
        Ok(if bytes.is_empty() && length > 0 { Reply::END } else { Reply::Data(bytes) })
    }

    pub(super) async fn write(&mut self, handle: HandleId, offset: u64, data: Bytes) -> Result<Reply, Failure> {
        match self.opened(handle)? {
            Opened::Upload(upload) if upload.appends => upload.sink.push(data).await?,
            Opened::Upload(upload) => upload.sink.write_at(offset, data).await?,
            Opened::File { .. } => {
                return Err(Failure::reply(Code::PermissionDenied, "The file is open for reading only."));
            }
            Opened::Folder(_) => return Err(Failure::no_handle()),
        }
        Ok(Reply::OK)
    }
}

/// Returns the engine's request for a file under exactly this name, and the bytes that precede what is written.
fn order(access: &Access, path: &VPath, flags: OpenFlags, target: &Target) -> Result<(SinkRequest, u64), Failure> {
    let Some((folder, name)) = path.split_last().filter(|_| !target.is_folder()) else {
        return Err(Failure::reply(Code::Failure, "That is a folder."));
    };
    let there = match target {
        Target::There(stat) => Some(stat),
        Target::NoFolder => return Err(Failure::reply(Code::NoSuchFile, "No such folder.")),
        Target::Free if !flags.create => return Err(EngineError::NotFound(path.clone()).into()),
        // The client believes in a file of which it may not even know that it exists.
        Target::Unknown if flags.append || !flags.create => return Err(EngineError::denied(path, "delete").into()),
        Target::Free | Target::Unknown => None,
    };
    if there.is_some() && flags.exclusive && flags.create {
        return Err(Failure::reply(Code::Failure, "Something has that name already."));
    }
    let on_conflict = match flags.exclusive && flags.create {
        true => OnConflict::Skip,
        false => target.on_conflict(access, path)?,
    };
    let whole = SinkRequest::exact(folder, Some(name.as_bytes().to_vec()), on_conflict);
    // What is kept of a file; an empty one has nothing to keep.
    let Some(Stat { size: size @ 1.., .. }) = there.filter(|_| !flags.truncate) else { return Ok((whole, 0)) };
    Ok(match flags.append {
        true => {
            let condition = Condition { offset: Some(*size), ..Condition::default() };
            (SinkRequest { append: true, condition, ..whole }, *size)
        }
        false => (SinkRequest { keeps_content: true, ..whole }, 0),
    })
}
