//! The ways in which the body of a chunk request reaches the thread that writes it.
//!
//! The three cost and hold different things: a small body one pool call and its own size in memory, a queue two batches
//! and a thread while there is one to write, a splice no memory and a thread while bytes are moved. The receiver of the
//! body does the same for each: it pushes what the connection yields, and finishes.

use super::body_pipe::{BodyPipe, Consumer, Stopped};
use super::chunk_writer::ChunkWriter;
use super::claim_guard::{ClaimGuard, ReceiveOutcome};
use super::spliced::SplicedBody;
use super::volume::uploads_of;
use bytes::Bytes;
use store::splice::SpliceHandle;
use vfs::blocking_pool::Reply;
use vfs::error::Result;

/// Bodies up to this size are collected and written in one pool call.
const SMALL: u64 = 256 << 10;

/// Where a [`ChunkWriter`] gets the bytes of a body from.
pub(super) enum ChunkSource {
    /// Collected in memory, and written by one pool call.
    Small {
        /// The writer's claim.
        claim: ClaimGuard,
        /// The bytes so far.
        pieces: Vec<Bytes>,
    },
    /// Through a bounded queue: the next bytes arrive while earlier ones are written and hashed.
    Queued(BodyPipe<ChunkWriter>),
    /// Moved from the socket into the file by the kernel.
    Spliced(SplicedBody),
}

impl ChunkSource {
    /// Opens the best source for a body of `length` bytes, of which none has been read yet. `splice`: of the connection
    /// on which the body arrives, if that supports splicing.
    pub fn open(claim: ClaimGuard, length: u64, splice: Option<&SpliceHandle>) -> Self {
        if length <= SMALL {
            return Self::Small { claim, pieces: Vec::new() };
        }
        if let Some(splice) = splice.filter(|_| may_be_spliced(&claim))
            && let Some(spliced) = SplicedBody::open(&claim.core, splice, length)
        {
            spliced.set_writer(ChunkWriter::for_splice(claim));
            return Self::Spliced(spliced);
        }
        let core = claim.core.clone();
        Self::Queued(BodyPipe::new(&core.pool, &core.upload_state.bodies, ChunkWriter::new(claim)))
    }

    /// Takes the next bytes that the connection yields; waits while the source is full.
    ///
    /// # Errors
    /// `Stopped` if no more bytes are of use; [`ChunkSource::finish`] returns the reason.
    pub async fn push(&mut self, piece: Bytes) -> std::result::Result<(), Stopped> {
        match self {
            Self::Small { pieces, .. } => {
                pieces.push(piece);
                Ok(())
            }
            Self::Queued(pipe) => pipe.push(piece).await,
            Self::Spliced(spliced) => spliced.push(piece),
        }
    }

    /// Closes the writer after the last byte. `ended`: whether the body had its announced length. Of a body that broke
    /// off, a queued or spliced part may still complete a chunk.
    ///
    /// # Errors
    /// That of `ended`, or of writing.
    pub async fn finish(self, ended: Result<()>) -> Result<ReceiveOutcome> {
        match self {
            Self::Small { claim, pieces } => {
                ended?;
                write_small(claim, pieces).await
            }
            Self::Queued(pipe) => pipe.finish(move |writer, taken| writer.close(taken.and(ended), &mut None)).await?,
            Self::Spliced(spliced) => {
                spliced.finish(move |writer, taken| writer.close(taken.and(ended), &mut None)).await?
            }
        }
    }
}

/// Returns whether the body may be spliced: the file system must have a page cache from which the hash can read the
/// bytes back.
fn may_be_spliced(claim: &ClaimGuard) -> bool {
    let storage = &claim.volume.storage;
    storage.uses_page_cache() && !uploads_of(storage).discard
}

async fn write_small(claim: ClaimGuard, pieces: Vec<Bytes>) -> Result<ReceiveOutcome> {
    let pool = claim.core.pool.clone();
    pool.run_small_file(move |reply: Reply<ReceiveOutcome>| {
        let mut writer = ChunkWriter::new(claim);
        let taken = writer.consume(pieces);
        let mut reply = Some(reply);
        let outcome = writer.close(taken, &mut reply);
        // Otherwise that was the last chunk, and the end of the upload sends the reply.
        if let Some(reply) = reply {
            reply.send(outcome);
        }
    })
    .await
}
