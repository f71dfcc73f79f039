//! A body whose bytes do not arrive in order: writes, reads and truncation at offsets, for clients that treat an upload as
//! an open file (SFTP). Its bytes go through the same pipe as those of other bodies as long as they are in order; a write
//! elsewhere waits until the queue is empty, and goes on from there.

use super::body_pipe::BodyPipe;
use super::body_writer::BodyWriter;
use super::extent::Extent;
use super::sink::{Pipes, UploadSink};
use bytes::Bytes;
use model::UnixMillis;
use vfs::error::{EngineError, Interruption, Result};

impl UploadSink {
    /// Returns the bytes of the body so far.
    pub fn size(&self) -> u64 {
        self.extent.size
    }

    /// Sets the modification time that the file will have.
    pub fn set_modified(&mut self, modified: UnixMillis) {
        self.request.lmod = Some(modified);
    }

    /// Returns the modification time that the file will have, if the client has set it.
    pub fn modified(&self) -> Option<UnixMillis> {
        self.request.lmod
    }

    /// Writes `bytes` at `offset`; what is between the end of the body and `offset` becomes zeros. As fast as
    /// [`UploadSink::push`] if `offset` is where the last write ended. The body must need no checksum.
    ///
    /// # Errors
    /// Those of [`UploadSink::push`]; `Invalid`: too large a part of the file would be zeros.
    pub async fn write_at(&mut self, offset: u64, bytes: Bytes) -> Result<()> {
        let at = Extent { position: offset, ..self.extent };
        at.advanced(bytes.len() as u64)?;
        if offset != self.extent.position {
            let mut body = self.take_writer().await?;
            body.seek(offset);
            self.extent.position = offset;
            self.give_back(body);
        }
        self.push(bytes).await
    }

    /// Returns at most `length` bytes of the body from `offset` on; none at its end.
    ///
    /// # Errors
    /// Those of [`UploadSink::push`].
    pub async fn read_at(&mut self, offset: u64, length: usize) -> Result<Bytes> {
        let left = self.extent.size.saturating_sub(offset);
        let length = length.min(usize::try_from(left).unwrap_or(length));
        self.with_writer(move |body| body.read_at(offset, length)).await
    }

    /// Cuts the body off, or extends it by zeros.
    ///
    /// # Errors
    /// Those of [`UploadSink::write_at`].
    pub async fn set_size(&mut self, size: u64) -> Result<()> {
        if size == self.extent.size {
            return Ok(());
        }
        if size > self.extent.size {
            Extent { position: size, ..self.extent }.advanced(0)?;
        }
        self.with_writer(move |body| body.set_size(size)).await?;
        self.extent.size = size;
        self.extent.written = self.extent.written.min(size);
        Ok(())
    }

    /// Waits until what was written so far is on the disk. The file still has no name.
    ///
    /// # Errors
    /// Those of [`UploadSink::push`].
    pub async fn sync(&mut self) -> Result<()> {
        self.with_writer(|body| body.sync()).await
    }

    /// Runs blocking work on the file, once all bytes are written.
    async fn with_writer<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut BodyWriter) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let mut body = self.take_writer().await?;
        let on_pool = move || {
            let outcome = work(&mut body);
            (body, outcome)
        };
        let (body, outcome) = self.core.pool.run(on_pool).await?;
        self.give_back(body);
        outcome
    }

    /// Waits until all bytes are written, and returns the writer.
    async fn take_writer(&mut self) -> Result<BodyWriter> {
        self.start_pipes().await?;
        let Some(pipes) = self.pipes.take() else { return Err(EngineError::Interrupted(Interruption::Client)) };
        let (body, consumed) = pipes.writing.finish(|body, consumed| (body, consumed)).await?;
        // After a fault the pipes are gone, and each further call fails.
        consumed.map(|()| body)
    }

    /// Opens the pipe again.
    fn give_back(&mut self, body: BodyWriter) {
        let writing = BodyPipe::new(&self.core.pool, &self.core.upload_state.bodies, body);
        self.pipes = Some(Pipes { writing, checksums: None });
    }
}
