//! STOR and APPE: a file that the client sends, also the rest of one (REST).

use super::Session;
use super::connections::broken;
use super::failure::Failure;
use crate::command::StoreKind;
use crate::error::reply_of;
use crate::host::Host;
use crate::reply::Reply;
use crate::stream::FtpStream;
use bytes::BytesMut;
use engine::files::condition::Condition;
use engine::files::target::Target;
use engine::uploads::{SinkRequest, Stored, UploadSink};
use engine::{Access, EngineError};
use model::{OnConflict, VPath};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::time::timeout;

/// Bytes that are collected before they are handed on. Small uploads need no larger buffer.
const FIRST_PIECE: usize = 64 << 10;
/// The same for the rest of a large upload.
const PIECE: usize = 512 << 10;

impl Session {
    pub(super) async fn store(&mut self, kind: StoreKind, name: &[u8]) -> Result<Reply, Failure> {
        let (offset, announced) = (std::mem::take(&mut self.restart), self.announced.take());
        let (access, path) = (self.access()?, self.path(name)?);
        let target = self.engine.reader.target(&access, &path).await?;
        let order = SinkRequest {
            size: announced.map(|size| size.saturating_sub(offset)),
            ..self.order(&access, &path, kind, offset, &target)?
        };
        self.upload(&access, order).await?;
        Ok(Reply::new(226, "The file is stored."))
    }

    /// Stores a file under a name that nothing has, and tells the name.
    pub(super) async fn store_unique(&mut self, name: Option<&[u8]>) -> Result<Reply, Failure> {
        self.restart = 0;
        let (access, path) = (self.access()?, self.path(name.unwrap_or_default())?);
        let (folder, name) = match name.and_then(|_| path.split_last()) {
            Some((folder, name)) => (folder, Some(name.as_bytes().to_vec())),
            None => (path, None),
        };
        if let Target::NoFolder = self.engine.reader.target(&access, &folder).await? {
            return Err(Failure::reply(550, "No such folder."));
        }
        let order = SinkRequest { size: self.announced.take(), ..SinkRequest::exact(folder, name, OnConflict::Rename) };
        let stored = self.upload(&access, order).await?;
        Ok(Reply::new(226, [b"FILE: ", stored.name.as_bytes()].concat()))
    }

    /// Receives a file.
    async fn upload(&mut self, access: &Access, order: SinkRequest) -> Result<Stored, Failure> {
        let mut sink = self.engine.uploads.sink(access, order).await?;
        let plan = self.plan().await?;
        let (host, stall) = (self.host.clone(), self.config.data_timeout);
        let work = async move {
            let mut stream = plan.open().await?;
            receive(&mut stream, &mut sink, &host, stall).await?;
            Ok((stream, sink))
        };
        let (stream, sink) = self.during("Send the file.", work).await?;
        // A program that was killed has closed both connections; its file is not complete. Dropping the sink leaves nothing.
        if self.control.has_ended().await {
            return Err(Failure::Closed);
        }
        let stored = sink.finish().await?;
        drop(stream);
        Ok(stored)
    }

    /// Returns the engine's request for a file under exactly this name.
    fn order(
        &self,
        access: &Access,
        path: &VPath,
        kind: StoreKind,
        offset: u64,
        target: &Target,
    ) -> Result<SinkRequest, Failure> {
        let Some((folder, name)) = path.split_last().filter(|_| !target.is_folder()) else {
            return Err(Failure::reply(553, "A folder has that name."));
        };
        let is_there = matches!(target, Target::There(_));
        if matches!(target, Target::NoFolder) {
            return Err(Failure::reply(550, "No such folder."));
        }
        if is_there && self.config.keeps_existing {
            return Err(Failure::reply(553, "Files are not replaced here."));
        }
        let continues = offset > 0 || kind == StoreKind::Append;
        // A file that does not exist is not appended to, which would need the right to replace it.
        let append = continues && (offset > 0 || !matches!(target, Target::Free));
        let on_conflict = match append {
            true => OnConflict::Replace,
            false => target.on_conflict(access, path)?,
        };
        Ok(SinkRequest {
            append,
            // The size of what APPE adds to is unknown to the client.
            condition: Condition { offset: (offset > 0).then_some(offset), ..Condition::default() },
            ..SinkRequest::exact(folder, Some(name.as_bytes().to_vec()), on_conflict)
        })
    }
}

/// Passes on all bytes of the client. Over TLS an end without notice is an interruption (RFC 8446, 6.1).
async fn receive(
    stream: &mut FtpStream,
    sink: &mut UploadSink,
    host: &Arc<dyn Host>,
    stall: Duration,
) -> Result<(), Reply> {
    let mut piece = FIRST_PIECE;
    let mut buffer = BytesMut::new();
    loop {
        buffer.reserve(piece - buffer.len());
        let count = match timeout(stall, stream.read_buf(&mut buffer)).await {
            Ok(Ok(count)) => count,
            Ok(Err(error)) => return Err(broken(&error)),
            Err(late) => return Err(broken(&late.into())),
        };
        host.add_received(count as u64);
        let is_end = count == 0;
        if buffer.len() >= piece || is_end && !buffer.is_empty() {
            let bytes = buffer.split().freeze();
            sink.push(bytes).await.map_err(|error: EngineError| reply_of(&error))?;
            piece = PIECE;
        }
        if is_end {
            return Ok(());
        }
    }
}
