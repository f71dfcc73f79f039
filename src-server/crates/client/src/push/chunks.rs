//! The missing chunks of a file, as requests: neighbours travel together.

use super::handshake::{Offer, Reply};
use crate::fault::Fault;
use crate::platform::read_at;
use crate::report::Report;
use crate::server::Server;
use model::chunking::ChunkPlan;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use ureq::SendBody;
use ureq::http::Method;

/// Most bytes of a request that has several chunks: it passes proxies, and little is lost with a connection.
const REQUEST_MAX: u64 = 32 << 20;

/// Neighbouring chunks that travel in one request.
#[derive(Debug, PartialEq, Eq)]
pub struct Batch {
    /// Positions in the list of chunks.
    pub chunks: Range<usize>,
    /// Their bytes in the file.
    pub bytes: Range<u64>,
}

/// Returns the requests for what is missing, in the order of the file. `at_once`: how many travel side by side.
///
/// # Errors
/// The server wants a chunk that the file does not have.
pub fn batches(plan: &ChunkPlan, hashes: &[String], missing: &[String], at_once: usize) -> Result<Vec<Batch>, Fault> {
    let mut first: HashMap<&str, usize> = HashMap::with_capacity(hashes.len());
    for (at, hash) in hashes.iter().enumerate() {
        first.entry(hash).or_insert(at);
    }
    let position = |hash: &String| first.get(&**hash).copied();
    let unknown = || Fault::Answer("the server asks for a part that the file does not have".into());
    let mut wanted = missing.iter().map(position).collect::<Option<Vec<_>>>().ok_or_else(unknown)?;
    wanted.sort_unstable();
    let all = wanted.len() as u64 * plan.chunk_size().0;
    let most = (all / at_once.max(1) as u64).clamp(plan.chunk_size().0, REQUEST_MAX.max(plan.chunk_size().0));
    let mut batches: Vec<Batch> = Vec::new();
    for at in wanted {
        let bytes = plan.index(at).map(|index| plan.range(index)).ok_or_else(unknown)?;
        match batches.last_mut() {
            Some(last) if last.chunks.end == at && bytes.end - last.bytes.start <= most => {
                last.chunks.end = at + 1;
                last.bytes.end = bytes.end;
            }
            _ => batches.push(Batch { chunks: at..at + 1, bytes }),
        }
    }
    Ok(batches)
}

/// Sends a batch.
///
/// # Errors
/// Refusals, lost connections, and a file that has become shorter.
pub fn send(
    server: &Server,
    file: &File,
    offer: &Offer<'_>,
    reply: &Reply,
    batch: &Batch,
    report: &Report,
) -> Result<(), Fault> {
    let length = (batch.bytes.end - batch.bytes.start).to_string();
    let listed = hash_header(&offer.hashes[batch.chunks.clone()]);
    let headers = [
        ("content-type", "application/octet-stream"),
        ("content-length", &*length),
        ("x-up2k-hash", &*listed),
        ("x-up2k-wark", &*reply.wark),
    ];
    let mut section = Section { file, at: batch.bytes.start, end: batch.bytes.end, report, is_short: false };
    let sent = server.request(Method::POST, &offer.folder, &headers, SendBody::from_reader(&mut section));
    let (read, is_short) = (section.at - batch.bytes.start, section.is_short);
    match sent {
        Ok(_) => Ok(()),
        // Another connection, or another person, has sent it.
        Err(Fault::Refused { text, .. }) if text.starts_with("already got that") => Ok(()),
        Err(fault) => {
            report.take_back(read);
            Err(if is_short { Fault::Changed } else { fault })
        }
    }
}

/// Returns the hashes as the header has them: the first one whole, of others the beginnings.
fn hash_header(hashes: &[String]) -> String {
    let Some((first, others)) = hashes.split_first() else { return String::new() };
    if others.is_empty() {
        return first.clone();
    }
    let length = (192 / hashes.len()).clamp(2, 9);
    let beginnings: String = others.iter().map(|hash| &hash[..length.min(hash.len())]).collect();
    format!("{first},{length},{beginnings}")
}

/// A part of a file that is being sent.
struct Section<'a> {
    file: &'a File,
    at: u64,
    end: u64,
    report: &'a Report,
    is_short: bool,
}

impl Read for Section<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = (self.end - self.at).min(buffer.len() as u64) as usize;
        let count = read_at(self.file, &mut buffer[..wanted], self.at)?;
        if count == 0 && wanted > 0 {
            self.is_short = true;
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.at += count as u64;
        self.report.advance(count as u64);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Bytes;
    use model::chunking::Generation;

    const MIB: u64 = 1 << 20;

    fn hash(number: usize) -> String {
        format!("{number:044}")
    }

    #[test]
    fn neighbours_travel_together() {
        let plan = ChunkPlan::new(Bytes(100 * MIB - 5), Generation::G2);
        let hashes: Vec<String> = (0..100).map(hash).collect();
        let of = |missing: &[usize], at_once| {
            let missing: Vec<String> = missing.iter().copied().map(hash).collect();
            let all = batches(&plan, &hashes, &missing, at_once).expect("are chunks of the file");
            all.into_iter().map(|batch| (batch.chunks, batch.bytes)).collect::<Vec<_>>()
        };
        assert_eq!(of(&[3], 4), [(3..4, 3 * MIB..4 * MIB)]);
        assert_eq!(of(&[99, 98], 1), [(98..100, 98 * MIB..100 * MIB - 5)]);
        assert_eq!(of(&[1, 2, 5], 1), [(1..3, MIB..3 * MIB), (5..6, 5 * MIB..6 * MIB)]);
        let all: Vec<usize> = (0..100).collect();
        assert_eq!(of(&all, 1).len(), 4, "32 MiB at most");
        assert_eq!(of(&all, 10).len(), 10, "each connection gets its share");
        assert!(batches(&plan, &hashes, &[hash(100)], 1).is_err());
    }

    #[test]
    fn the_header_has_the_first_hash_and_the_beginnings_of_others() {
        let hashes: Vec<String> = (0..30).map(|number| format!("{number:02}{}", "x".repeat(42))).collect();
        assert_eq!(hash_header(&hashes[..1]), hashes[0]);
        assert_eq!(hash_header(&hashes[..2]), format!("{},9,01xxxxxxx", hashes[0]));
        assert!(hash_header(&hashes).starts_with(&format!("{},6,01xxxx02xxxx", hashes[0])));
    }
}
