//! RETR: the bytes of a file, from an offset on (REST).

use super::Session;
use super::connections::broken;
use super::failure::Failure;
use crate::host::Host;
use crate::reply::Reply;
use crate::stream::FtpStream;
use bytes::Buf;
use engine::EngineError;
use engine::error::Conflict;
use engine::files::read::{BodyKind, BodyStream, FileMaps, Found};
use futures_util::StreamExt;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

/// As many times as an upload a download may stand still, as over HTTP: players and slow disks read when they like.
const STALL_FACTOR: u32 = 16;

impl Session {
    pub(super) async fn retrieve(&mut self, name: &[u8]) -> Result<Reply, Failure> {
        let offset = std::mem::take(&mut self.restart);
        let (access, path) = (self.access()?, self.path(name)?);
        let download = match self.engine.reader.open(&access, &path, None).await? {
            Found::File(download) => download,
            Found::Folder { .. } => return Err(EngineError::Conflict(Conflict::IsAFolder(path)).into()),
        };
        if offset > download.size {
            return Err(Failure::reply(554, "The file ends before the place where the transfer would go on."));
        }
        let plan = self.plan().await?;
        let kind = if plan.is_encrypted() { BodyKind::Buffered } else { BodyKind::Mapped(FileMaps::default()) };
        let left = download.size - offset;
        let body = download.stream(offset..offset + left, kind);
        let (host, stall) = (self.host.clone(), self.config.data_timeout * STALL_FACTOR);
        let work = async move {
            let stream = plan.open().await?;
            send(stream, body, &host, stall).await
        };
        self.during(&format!("{left} bytes follow."), work).await?;
        Ok(Reply::new(226, "The transfer is complete."))
    }
}

async fn send(mut stream: FtpStream, mut body: BodyStream, host: &Arc<dyn Host>, stall: Duration) -> Result<(), Reply> {
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|error| {
            tracing::debug!(%error, "a download ended early");
            Reply::new(426, "The file has changed, or is not shared any more.")
        })?;
        write(&mut stream, piece, host, stall).await.map_err(|error| broken(&error))?;
    }
    finish(stream, stall).await.map_err(|error| broken(&error))
}

/// Sends bytes; each part of them in time.
pub(super) async fn write(
    stream: &mut FtpStream,
    mut bytes: impl Buf,
    host: &Arc<dyn Host>,
    stall: Duration,
) -> io::Result<()> {
    while bytes.has_remaining() {
        let count = timeout(stall, stream.write_buf(&mut bytes)).await??;
        if count == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        host.add_sent(count as u64);
    }
    Ok(())
}

/// Sends what TLS holds back, and the end.
pub(super) async fn finish(mut stream: FtpStream, stall: Duration) -> io::Result<()> {
    timeout(stall, stream.shutdown()).await?
}
