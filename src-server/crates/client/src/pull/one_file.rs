//! One file: received whole, or in parts, and verified.

use super::Receiver;
use super::manifest::{self, Manifest};
use super::partial::Partial;
use super::parts::Parts;
use crate::fault::Fault;
use crate::remote::RemoteFile;
use crate::report::Done;
use crate::workers::{for_each, retried};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::chunking::{ChunkPlan, Generation};
use model::{Bytes, ChunkHash};
use sha2::{Digest, Sha512};
use std::io::Read;
use std::ops::Range;
use std::path::Path;
use std::sync::Mutex;
use std::thread;
use ureq::http::HeaderMap;

/// Larger files are received in parts.
const WHOLE_MAX: u64 = 4 << 20;
/// Bytes of a part, at least; more requests cost more than they win.
const PART: u64 = 16 << 20;
/// Times that wrong parts are received again.
const ROUNDS: u32 = 3;

/// What a chunk's hash is, as far as it is known.
type Hashes = Mutex<Vec<Option<String>>>;

impl Receiver<'_> {
    /// Receives a file, and puts it in its place.
    ///
    /// # Errors
    /// Why it is not there.
    pub(super) fn fetch(&self, file: &RemoteFile, path: &Path) -> Result<Done, Fault> {
        let partial = Partial::open(path)?;
        let is_large = file.size > WHOLE_MAX;
        let received = if is_large { self.in_parts(file, &partial) } else { retried(|| self.whole(file, &partial)) };
        match received {
            Ok(done) => {
                partial.finish(path, file.modified, is_large)?;
                Ok(done)
            }
            Err(fault) => {
                if !is_large || matches!(fault, Fault::Changed) {
                    partial.discard();
                }
                Err(fault)
            }
        }
    }

    fn whole(&self, file: &RemoteFile, partial: &Partial) -> Result<Done, Fault> {
        partial.resize(0)?;
        if file.size == 0 {
            return Ok(Done::Received);
        }
        let headers = [("want-repr-digest", "sha-512=9"), ("accept-encoding", "identity")];
        let answer = self.server.get(&file.href, &headers)?;
        let wanted = digest_in(answer.headers());
        let mut bytes = Vec::with_capacity(file.size as usize);
        // One more than expected, so that a file that has grown is noticed.
        let read = answer.into_body().into_reader().take(file.size + 1).read_to_end(&mut bytes);
        read.map_err(|error| Fault::Connection(error.to_string()))?;
        if bytes.len() as u64 != file.size {
            return Err(Fault::Changed);
        }
        let digest = STANDARD.encode(Sha512::digest(&bytes));
        if wanted.as_ref().is_some_and(|wanted| *wanted != digest) {
            return Err(Fault::Corrupt);
        }
        crate::platform::write_all_at(&partial.file, &bytes, 0).map_err(Fault::disk("it cannot be written"))?;
        self.report.advance(file.size);
        Ok(if wanted.is_some() { Done::Verified } else { Done::Received })
    }

    /// Receives a large file. The server computes hashes while the parts travel; what an earlier run has left is compared with them
    /// before.
    fn in_parts(&self, file: &RemoteFile, partial: &Partial) -> Result<Done, Fault> {
        let plan = ChunkPlan::new(Bytes(file.size), Generation::G2);
        let known: Hashes = Mutex::new(vec![None; plan.count() as usize]);
        let has_rest = partial.size() == file.size;
        let asked = has_rest.then(|| retried(|| manifest::of(self.server, file))).transpose()?;
        if let Some(Some(manifest)) = &asked {
            let kept = self.hash_partial(file, &plan, partial, manifest)?;
            *lock(&known) = kept;
        }
        partial.resize(file.size)?;
        let parts = Parts::new(self.server, file, &partial.file, self.report);
        let manifest = thread::scope(|scope| {
            let meanwhile = asked.is_none().then(|| scope.spawn(|| retried(|| manifest::of(self.server, file))));
            self.receive_missing(&parts, &plan, &known)?;
            match (asked, meanwhile) {
                (Some(manifest), _) => Ok(manifest),
                (None, Some(meanwhile)) => meanwhile.join().unwrap_or(Ok(None)),
                (None, None) => Ok(None),
            }
        })?;
        let Some(manifest) = manifest else { return Ok(Done::Received) };
        fits(&manifest, file, &plan)?;
        for _ in 0..ROUNDS {
            let mut hashes = lock(&known);
            let mut wrong = 0;
            for (hash, right) in
                hashes.iter_mut().zip(&manifest.chunks).filter(|(hash, right)| hash.as_ref() != Some(*right))
            {
                (*hash, wrong) = (None, wrong + u64::from(!right.is_empty()));
            }
            drop(hashes);
            if wrong == 0 {
                return Ok(Done::Verified);
            }
            self.report.take_back((wrong * plan.chunk_size().0).min(file.size));
            self.receive_missing(&parts, &plan, &known)?;
        }
        Err(Fault::Corrupt)
    }

    /// Returns the hashes of those chunks of a partial file that are right.
    fn hash_partial(
        &self,
        file: &RemoteFile,
        plan: &ChunkPlan,
        partial: &Partial,
        manifest: &Manifest,
    ) -> Result<Vec<Option<String>>, Fault> {
        fits(manifest, file, plan)?;
        let size = plan.chunk_size().0;
        let found = store::hash::hash_file_chunks(&self.hashes, &partial.file, file.size, size, &|| false)
            .map_err(Fault::disk("what an earlier run has received cannot be read"))?;
        let found = found.into_iter().map(|bytes| ChunkHash::from_bytes(bytes).to_string());
        let kept: Vec<_> =
            found.zip(&manifest.chunks).map(|(hash, right)| Some(hash).filter(|hash| hash == right)).collect();
        let bytes: u64 =
            plan.indices().zip(&kept).filter(|(_, hash)| hash.is_some()).map(|(at, _)| length(plan.range(at))).sum();
        self.report.advance(bytes);
        Ok(kept)
    }

    /// Receives the chunks that have no hash yet.
    fn receive_missing(&self, parts: &Parts<'_>, plan: &ChunkPlan, known: &Hashes) -> Result<(), Fault> {
        let missing = runs(plan, &lock(known));
        for_each(&missing, self.jobs, |chunks| {
            let bytes = bytes_of(plan, chunks);
            let hashes = retried(|| parts.receive(bytes.clone(), plan.chunk_size().0))?;
            for (at, hash) in chunks.clone().zip(hashes) {
                lock(known)[at] = Some(hash);
            }
            Ok(())
        })
    }
}

fn lock(hashes: &Hashes) -> std::sync::MutexGuard<'_, Vec<Option<String>>> {
    hashes.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn length(bytes: Range<u64>) -> u64 {
    bytes.end - bytes.start
}

/// # Errors
/// `Changed`: the server's file is another one than was listed.
fn fits(manifest: &Manifest, file: &RemoteFile, plan: &ChunkPlan) -> Result<(), Fault> {
    let is_same = manifest.size == file.size
        && manifest.chunk_size == plan.chunk_size().0
        && manifest.chunks.len() as u64 == plan.count();
    if is_same { Ok(()) } else { Err(Fault::Changed) }
}

/// Returns the chunks without a hash, neighbours together as long as they are no larger than a part.
fn runs(plan: &ChunkPlan, hashes: &[Option<String>]) -> Vec<Range<usize>> {
    let most = (PART / plan.chunk_size().0).max(1) as usize;
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (at, _) in hashes.iter().enumerate().filter(|(_, hash)| hash.is_none()) {
        match runs.last_mut() {
            Some(last) if last.end == at && last.len() < most => last.end = at + 1,
            _ => runs.push(at..at + 1),
        }
    }
    runs
}

fn bytes_of(plan: &ChunkPlan, chunks: &Range<usize>) -> Range<u64> {
    let size = plan.chunk_size().0;
    chunks.start as u64 * size..(chunks.end as u64 * size).min(plan.size().0)
}

/// Returns the SHA-512 that an answer tells of the whole file (RFC 9530), in base64.
fn digest_in(headers: &HeaderMap) -> Option<String> {
    let text = headers.get("repr-digest")?.to_str().ok()?;
    let digest = text.split(',').find_map(|one| one.trim().strip_prefix("sha-512=:")?.strip_suffix(':'))?;
    Some(digest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_chunks_are_received_together() {
        let plan = ChunkPlan::new(Bytes((40 << 20) + 1), Generation::G2);
        let mut hashes = vec![None; 41];
        assert_eq!(runs(&plan, &hashes), [0..16, 16..32, 32..41]);
        assert_eq!(bytes_of(&plan, &(32..41)), 32 << 20..(40 << 20) + 1);
        hashes[3] = Some(String::new());
        assert_eq!(runs(&plan, &hashes)[..2], [0..3, 4..20]);
    }
}
