//! Checksums of whole bodies, in the algorithms that clients may choose.

use super::body_pipe::Consumer;
use super::verify::ChunkHasher;
use bytes::Bytes;
use sha2::digest::DynDigest;
use store::hash::HashService;
use vfs::error::{EngineError, Invalid, Result};

/// A checksum that a client requests for a whole body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ChecksumKind {
    Md5,
    Sha1,
    Sha256,
    #[default]
    Sha512,
    Blake2b,
    Blake2s,
    None,
}

/// A checksum of a whole body as its sender computed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// The algorithm.
    pub kind: ChecksumKind,
    /// The checksum's bytes.
    pub value: Vec<u8>,
}

/// A checksum in progress.
pub(super) enum Checksum {
    Nothing,
    /// Hashed in parallel with chunks of other uploads.
    Sha512(Box<ChunkHasher>),
    Other(Box<dyn DynDigest + Send>),
}

impl Checksum {
    /// `size`: expected bytes, as far as known.
    pub fn new(kind: ChecksumKind, service: &HashService, size: u64) -> Self {
        match kind {
            ChecksumKind::None => Self::Nothing,
            ChecksumKind::Sha512 => Self::Sha512(Box::new(ChunkHasher::new(service, size))),
            ChecksumKind::Md5 => Self::Other(Box::<md5::Md5>::default()),
            ChecksumKind::Sha1 => Self::Other(Box::<sha1::Sha1>::default()),
            ChecksumKind::Sha256 => Self::Other(Box::<sha2::Sha256>::default()),
            ChecksumKind::Blake2b => Self::Other(Box::<blake2::Blake2b512>::default()),
            ChecksumKind::Blake2s => Self::Other(Box::<blake2::Blake2s256>::default()),
        }
    }
    pub fn is_nothing(&self) -> bool {
        matches!(self, Self::Nothing)
    }
    /// Blocks.
    pub fn update(&mut self, batch: Vec<Bytes>) {
        match self {
            Self::Nothing => {}
            Self::Sha512(hasher) => hasher.update(batch),
            Self::Other(hasher) => batch.iter().for_each(|piece| hasher.update(piece)),
        }
    }
    /// Returns the checksum; empty for `Nothing`.
    pub fn finish(self) -> Vec<u8> {
        match self {
            Self::Nothing => Vec::new(),
            Self::Sha512(hasher) => hasher.finish().to_vec(),
            Self::Other(hasher) => hasher.finalize().into_vec(),
        }
    }
}

/// Computes the checksums of a body: one for the reply, and those that its sender announced.
pub(super) struct BodyChecksums {
    answer: Checksum,
    expected: Vec<(Checksum, Digest)>,
}

impl BodyChecksums {
    /// `size`: expected bytes, as far as known.
    pub fn new(answer: ChecksumKind, expected: &[Digest], service: &HashService, size: u64) -> Self {
        let sum = |digest: &Digest| (Checksum::new(digest.kind, service, size), digest.clone());
        Self { answer: Checksum::new(answer, service, size), expected: expected.iter().map(sum).collect() }
    }

    pub fn is_nothing(&self) -> bool {
        self.answer.is_nothing() && self.expected.is_empty()
    }

    /// Blocks.
    pub fn update(&mut self, batch: Vec<Bytes>) {
        for (sum, _) in &mut self.expected {
            sum.update(batch.clone());
        }
        self.answer.update(batch);
    }

    /// Returns the checksum for the reply; empty if none is wanted.
    ///
    /// # Errors
    /// `DigestMismatch`.
    pub fn finish(self) -> Result<Vec<u8>> {
        for (sum, digest) in self.expected {
            if sum.finish() != digest.value {
                return Err(EngineError::Invalid(Invalid::Digest));
            }
        }
        Ok(self.answer.finish())
    }
}

impl Consumer for BodyChecksums {
    fn consume(&mut self, batch: Vec<Bytes>) -> Result<()> {
        self.update(batch);
        Ok(())
    }
}
