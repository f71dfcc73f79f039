//! The SHA-512 of a file, with progress.

use super::read::{Download, Reader};
use crate::budget::Reservation;
use crate::error::{EngineError, Interruption, Result};
use sha2::{Digest, Sha512};
use std::sync::Arc;
use store::disk::OpenFile;
use tokio::sync::mpsc;

/// Bytes that are read at once.
pub(super) const PIECE: usize = 1 << 20;
/// News that wait for the receiver.
const BUFFERED: usize = 4;

/// News of a checksum.
#[derive(Clone, Debug)]
pub enum ChecksumNews {
    /// So many bytes were read.
    Read(u64),
    /// The result, and the number of bytes.
    Done([u8; 64], u64),
    /// The file cannot be read.
    Failed(EngineError),
}

/// A checksum under way. Dropping it ends the work.
pub struct Checksum {
    news: mpsc::Receiver<ChecksumNews>,
    _reservation: Reservation,
}

impl Checksum {
    /// Returns the next news; `None` after the last one.
    pub async fn next(&mut self) -> Option<ChecksumNews> {
        self.news.recv().await
    }
}

impl Reader {
    /// Begins to read a file that was opened for a download.
    ///
    /// # Errors
    /// `Interrupted` while the file is being uploaded; `TooManyAtOnce`.
    pub fn checksum(&self, file: &Download) -> Result<Checksum> {
        let open = file.open_file().ok_or(EngineError::Interrupted(Interruption::Sender))?;
        let reservation = self.checksums.reserve_one(file.client().address)?;
        let (sender, news) = mpsc::channel(BUFFERED);
        self.core.pool.spawn_streaming(move || read(&open, &sender));
        Ok(Checksum { news, _reservation: reservation })
    }
}

/// Reads the file to its end, or until the receiver was dropped. Blocks.
fn read(open: &Arc<OpenFile>, sender: &mpsc::Sender<ChecksumNews>) {
    let (mut hash, mut at, mut piece) = (Sha512::new(), 0, Vec::with_capacity(PIECE));
    loop {
        piece.clear();
        match open.read_at(at, PIECE, &mut piece) {
            Ok(0) => {
                let done = ChecksumNews::Done(hash.finalize().into(), at);
                return drop(sender.blocking_send(done));
            }
            Ok(length) => {
                hash.update(&piece);
                at += length as u64;
            }
            Err(error) => {
                let failed = EngineError::internal("The file cannot be read.", error);
                return drop(sender.blocking_send(ChecksumNews::Failed(failed)));
            }
        }
        // A slow receiver gets fewer news, and reading goes on.
        match sender.try_send(ChecksumNews::Read(at)) {
            Err(mpsc::error::TrySendError::Closed(_)) => return,
            Ok(()) | Err(mpsc::error::TrySendError::Full(_)) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::read::{CHECKSUMS_PER_ADDRESS, Found};
    use crate::testing::{Site, vpath};

    async fn open(site: &Site, path: &str) -> Download {
        let reader = Reader::new(site.core.clone());
        match reader.open(&site.access("*"), &vpath(path), None).await {
            Ok(Found::File(file)) => file,
            _ => panic!("{path} is a file"),
        }
    }

    #[tokio::test]
    async fn the_checksum_is_that_of_the_content() {
        let site = Site::new(&[("v", "v", "r *")]);
        let reader = Reader::new(site.core.clone());
        for length in [0, 3, PIECE, 3 * PIECE + 1] {
            let content = vec![7; length];
            site.file("v/f", &content);
            let mut checksum = reader.checksum(&open(&site, "v/f").await).expect("begins");
            let (mut read, mut done) = (0, None);
            while let Some(news) = checksum.next().await {
                match news {
                    ChecksumNews::Read(bytes) => {
                        assert!(bytes > read && done.is_none());
                        read = bytes;
                    }
                    ChecksumNews::Done(hash, bytes) => done = Some((hash, bytes)),
                    ChecksumNews::Failed(error) => panic!("{error}"),
                }
            }
            let want: [u8; 64] = Sha512::digest(&content).into();
            assert_eq!(done, Some((want, length as u64)), "{length}");
        }
    }

    #[tokio::test]
    async fn checksums_are_limited_for_each_address() {
        let site = Site::new(&[("v", "v", "r *")]);
        site.file("v/f", "abc");
        let (reader, file) = (Reader::new(site.core.clone()), open(&site, "v/f").await);
        let mut held: Vec<_> = (0..CHECKSUMS_PER_ADDRESS).map(|_| reader.checksum(&file).expect("begins")).collect();
        assert!(matches!(reader.checksum(&file).err(), Some(EngineError::TooMany(_))));
        held.pop();
        assert!(reader.checksum(&file).is_ok());
    }
}
