//! Parts of a file: received by ranges, several at once, and hashed as they arrive.

use crate::fault::Fault;
use crate::platform::write_all_at;
use crate::remote::RemoteFile;
use crate::report::Report;
use crate::server::Server;
use model::ChunkHash;
use sha2::{Digest, Sha512};
use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::sync::Mutex;
use ureq::http::{StatusCode, header};

/// Bytes that are read and written at once.
const PIECE: usize = 256 << 10;

/// Receives ranges of one file.
pub struct Parts<'a> {
    server: &'a Server,
    remote: &'a RemoteFile,
    file: &'a File,
    /// The version of the file that the first answer was of.
    version: Mutex<Option<String>>,
    report: &'a Report,
}

impl<'a> Parts<'a> {
    /// `file`: where the bytes go.
    pub fn new(server: &'a Server, remote: &'a RemoteFile, file: &'a File, report: &'a Report) -> Self {
        Self { server, remote, file, version: Mutex::new(None), report }
    }

    /// Receives a range. Returns the hash of each of its chunks.
    ///
    /// # Errors
    /// Refusals, lost connections, and a file that has changed since the first range.
    pub fn receive(&self, bytes: Range<u64>, chunk_size: u64) -> Result<Vec<String>, Fault> {
        let wanted = format!("bytes={}-{}", bytes.start, bytes.end - 1);
        let known = self.version().clone();
        let mut headers = vec![("range", &*wanted), ("accept-encoding", "identity")];
        headers.extend(known.as_deref().map(|version| ("if-match", version)));
        let answer = match self.server.get(&self.remote.href, &headers) {
            Err(Fault::Refused { status: 412 | 416, .. }) => return Err(Fault::Changed),
            answer => answer?,
        };
        let is_whole = bytes == (0..self.remote.size);
        if answer.status() != StatusCode::PARTIAL_CONTENT && !is_whole {
            return Err(Fault::Answer("it does not send parts of files".into()));
        }
        let version = answer.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok());
        // Weak ones do not promise the same bytes.
        self.keep_version(version.filter(|tag| !tag.starts_with("W/")))?;
        let mut at = bytes.start;
        let received = self.write(answer.into_body().into_reader(), &mut at, &bytes, chunk_size);
        if received.is_err() {
            self.report.take_back(at - bytes.start);
        }
        received
    }

    fn version(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.version.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn keep_version(&self, version: Option<&str>) -> Result<(), Fault> {
        let mut known = self.version();
        match (&*known, version) {
            (Some(known), Some(version)) if known != version => Err(Fault::Changed),
            (None, Some(version)) => {
                *known = Some(version.to_owned());
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn write(
        &self,
        mut body: impl Read,
        at: &mut u64,
        bytes: &Range<u64>,
        chunk_size: u64,
    ) -> Result<Vec<String>, Fault> {
        let (mut hashes, mut hash, mut piece) = (Vec::new(), Sha512::new(), vec![0; PIECE]);
        while *at < bytes.end {
            let chunk_end = (*at / chunk_size + 1).saturating_mul(chunk_size).min(bytes.end);
            let room = (chunk_end - *at).min(PIECE as u64) as usize;
            let count = body.read(&mut piece[..room]).map_err(|error| Fault::Connection(error.to_string()))?;
            if count == 0 {
                return Err(Fault::Connection("the connection ended early".into()));
            }
            hash.update(&piece[..count]);
            write_all_at(self.file, &piece[..count], *at).map_err(Fault::disk("it cannot be written"))?;
            *at += count as u64;
            self.report.advance(count as u64);
            if *at == chunk_end {
                hashes.push(ChunkHash::from_sha512(&hash.finalize_reset().into()).to_string());
            }
        }
        Ok(hashes)
    }
}
