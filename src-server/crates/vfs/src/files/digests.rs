//! Digests that clients compare with what they have received: of a file, of a range of it, of its chunks.

use super::checksum::PIECE;
use super::read::{Download, Reader};
use crate::access::Access;
use crate::blocking_pool::BlockingPool;
use crate::budget::Reservation;
use crate::error::{EngineError, Interruption, Result};
use model::chunking::{ChunkPlan, Generation};
use model::{Bytes, ChunkHash};
use sha2::{Digest, Sha256, Sha512};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use store::disk::OpenFile;
use store::hash::{HashService, hash_file_chunks};
use tokio::sync::oneshot;

/// Algorithms of digests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DigestKind {
    /// SHA-256, 32 bytes.
    Sha256,
    /// SHA-512, 64 bytes.
    Sha512,
}

/// The chunks into which up2k cuts a file (docs/up2k.md "chunks").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChunkHashes {
    /// Bytes of each chunk; the last one may be shorter.
    pub chunk_size: u64,
    /// Their hashes, in the order of the file; none of an empty file.
    pub hashes: Vec<ChunkHash>,
}

/// A file that was opened for a download, to be read for digests.
#[derive(Clone)]
pub struct DigestSource {
    file: Arc<OpenFile>,
    size: u64,
}

impl Download {
    /// Returns the file for digests of it.
    ///
    /// # Errors
    /// `Interrupted` while the file is being uploaded.
    pub fn digest_source(&self) -> Result<DigestSource> {
        let file = self.open_file().ok_or(EngineError::Interrupted(Interruption::Sender))?;
        Ok(DigestSource { file, size: self.size })
    }
}

#[derive(Default)]
struct State {
    cancelled: AtomicBool,
    /// Bytes read of the file under way.
    read: AtomicU64,
}

impl State {
    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}

/// Most bytes of a short range.
pub const SHORT_MAX: u64 = 4 << 20;

/// Computes digests, one after the other. Of those for long ranges few exist at once, as many as checksums. Dropping it ends the work under way.
pub struct Digester {
    pool: BlockingPool,
    service: Arc<OnceLock<HashService>>,
    state: Arc<State>,
    _reservation: Option<Reservation>,
}

impl Reader {
    /// Begins to compute the digests of a short range: at most [`SHORT_MAX`] bytes, which cost no more than to send them. As many
    /// as there are downloads may exist at once.
    pub fn short_digester(&self) -> Digester {
        self.digester_with(None)
    }

    fn digester_with(&self, reservation: Option<Reservation>) -> Digester {
        Digester {
            pool: self.core.pool.clone(),
            service: self.hashing.clone(),
            state: Arc::default(),
            _reservation: reservation,
        }
    }

    /// Begins to compute digests for a client.
    ///
    /// # Errors
    /// `TooManyAtOnce`.
    pub fn digester(&self, access: &Access) -> Result<Digester> {
        Ok(self.digester_with(Some(self.checksums.reserve_one(access.client().address)?)))
    }
}

impl Drop for Digester {
    fn drop(&mut self) {
        self.state.cancelled.store(true, Ordering::Relaxed);
    }
}

impl Digester {
    /// Returns about how many bytes of the file under way have been read.
    pub fn bytes_read(&self) -> u64 {
        self.state.read.load(Ordering::Relaxed)
    }

    /// Returns the digest of the bytes of `range` (end exclusive); `None` if the file was changed since it was opened.
    ///
    /// # Errors
    /// Disk errors.
    pub async fn range(&self, source: &DigestSource, kind: DigestKind, range: Range<u64>) -> Result<Option<Vec<u8>>> {
        self.read(source, move |open, state| match kind {
            DigestKind::Sha256 => digest::<Sha256>(open, range, state),
            DigestKind::Sha512 => digest::<Sha512>(open, range, state),
        })
        .await
    }

    /// Returns the digest of the whole file, as [`Digester::range`] does.
    ///
    /// # Errors
    /// Disk errors.
    pub async fn whole(&self, source: &DigestSource, kind: DigestKind) -> Result<Option<Vec<u8>>> {
        self.range(source, kind, 0..source.size).await
    }

    /// Returns the hashes of the chunks; `None` if the file was changed since it was opened.
    ///
    /// # Errors
    /// Disk errors.
    pub async fn chunks(&self, source: &DigestSource) -> Result<Option<ChunkHashes>> {
        let (service, size) = (self.service.clone(), source.size);
        self.read(source, move |open, state| {
            let service = service.get_or_init(|| HashService::start(0));
            let chunk_size = ChunkPlan::new(Bytes(size), Generation::G2).chunk_size().0;
            // It is asked before every read.
            let is_cancelled = || {
                state.read.fetch_add(PIECE as u64, Ordering::Relaxed);
                state.is_cancelled()
            };
            let hashes = hash_file_chunks(service, &open.file, size, chunk_size, &is_cancelled)?;
            Ok(ChunkHashes { chunk_size, hashes: hashes.into_iter().map(ChunkHash::from_bytes).collect() })
        })
        .await
    }

    async fn read<T: Send + 'static>(
        &self,
        source: &DigestSource,
        work: impl FnOnce(&OpenFile, &State) -> std::io::Result<T> + Send + 'static,
    ) -> Result<Option<T>> {
        let (open, state) = (source.file.clone(), self.state.clone());
        state.read.store(0, Ordering::Relaxed);
        let (reply, result) = oneshot::channel();
        self.pool.spawn_streaming(move || {
            let made = work(&open, &state);
            let outcome = match made {
                Ok(value) => is_unchanged(&open).map(|same| same.then_some(value)),
                Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(None),
                Err(error) => Err(error),
            };
            let _cancelled = reply.send(outcome);
        });
        let outcome = result.await.map_err(unreadable)?;
        outcome.map_err(unreadable)
    }
}

fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> EngineError {
    EngineError::internal("The file cannot be read.", error)
}

/// Whether size and time of the file are those that it had when it was opened.
fn is_unchanged(open: &OpenFile) -> std::io::Result<bool> {
    let now = open.meta_now()?;
    Ok((now.size, now.mtime_ns) == (open.meta.size, open.meta.mtime_ns))
}

/// Returns the digest of a range. Blocks.
fn digest<D: Digest>(open: &OpenFile, range: Range<u64>, state: &State) -> std::io::Result<Vec<u8>> {
    use std::io::{Error, ErrorKind};
    let (mut hash, mut at, mut piece) = (D::new(), range.start, Vec::with_capacity(PIECE));
    while at < range.end {
        if state.is_cancelled() {
            return Err(Error::new(ErrorKind::Interrupted, "the client has left"));
        }
        piece.clear();
        let most = usize::try_from(range.end - at).map_or(PIECE, |left| left.min(PIECE));
        match open.read_at(at, most, &mut piece)? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            length => at += length as u64,
        }
        state.read.store(at - range.start, Ordering::Relaxed);
        hash.update(&piece);
    }
    Ok(hash.finalize().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::read::{CHECKSUMS_PER_ADDRESS, Found};
    use crate::testing::{Site, vpath};

    async fn open(site: &Site, path: &str) -> (Reader, Access, DigestSource) {
        let (reader, access) = (Reader::new(site.core.clone()), site.access("*"));
        match reader.open(&access, &vpath(path), None).await {
            Ok(Found::File(file)) => (reader, access, file.digest_source().expect("whole")),
            _ => panic!("{path} is a file"),
        }
    }

    #[tokio::test]
    async fn digests_are_those_of_the_bytes() {
        let site = Site::new(&[("v", "v", "r *")]);
        for length in [0, 3, PIECE, 3 * PIECE + 1] {
            let content: Vec<u8> = (0..length).map(|at| at as u8).collect();
            site.file("v/f", &content);
            let (reader, access, file) = open(&site, "v/f").await;
            let digester = reader.digester(&access).expect("begins");
            let size = length as u64;
            for range in [0..size, size / 3..size / 2] {
                let part = &content[range.start as usize..range.end as usize];
                let got = digester.range(&file, DigestKind::Sha256, range.clone()).await.expect("read");
                assert_eq!(got, Some(Sha256::digest(part).to_vec()));
                let got = digester.range(&file, DigestKind::Sha512, range).await.expect("read");
                assert_eq!(got, Some(Sha512::digest(part).to_vec()));
            }
            let chunks = digester.chunks(&file).await.expect("read").expect("unchanged");
            assert_eq!(chunks.chunk_size, 1 << 20);
            let want: Vec<_> =
                content.chunks(1 << 20).map(|chunk| ChunkHash::from_sha512(&Sha512::digest(chunk).into())).collect();
            assert_eq!(chunks.hashes, want, "{length}");
        }
    }

    #[tokio::test]
    async fn a_file_that_was_changed_has_no_digest() {
        let site = Site::new(&[("v", "v", "r *")]);
        site.file("v/f", "abc");
        let (reader, access, file) = open(&site, "v/f").await;
        let digester = reader.digester(&access).expect("begins");
        site.file("v/f", "abcd");
        assert_eq!(digester.range(&file, DigestKind::Sha256, 0..3).await.expect("read"), None);
        assert_eq!(digester.range(&file, DigestKind::Sha256, 0..300).await.expect("read"), None);
        assert_eq!(digester.chunks(&file).await.expect("read"), None);
    }

    #[tokio::test]
    async fn few_clients_get_digests_at_once() {
        let site = Site::new(&[("v", "v", "r *")]);
        let (reader, access) = (Reader::new(site.core.clone()), site.access("*"));
        let mut held: Vec<_> = (0..CHECKSUMS_PER_ADDRESS).map(|_| reader.digester(&access).expect("begins")).collect();
        assert!(matches!(reader.digester(&access).err(), Some(EngineError::TooMany(_))));
        held.pop();
        assert!(reader.digester(&access).is_ok());
    }
}
