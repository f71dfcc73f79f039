//! Claims and releases in any order: each chunk is claimed by at most one request, and marked chunks stay marked.

use super::unfinished::Stage;
use super::*;
use crate::chunk_map;
use model::chunking::ChunkPlan;
use model::{AccountName, Bytes, ChunkHash, OnConflict, UnixMillis, Upload};
use proptest::prelude::*;
use std::collections::HashSet;
use vfs::error::UploadError;

fn unfinished(id: i64, hashes: Vec<ChunkHash>) -> Unfinished {
    // Long lists stand for large files with the old chunk size.
    let chunk = if hashes.len() > 256 { 32 << 20 } else { 1 << 20 };
    let size = Bytes(hashes.len() as u64 * chunk - 7);
    let upload = Upload {
        wark: Wark::of_content("s", size, &hashes),
        folder: VPath::root(),
        name: FileName::new(format!("f{id}").as_bytes()).expect("is a name"),
        plan: ChunkPlan::for_count(size, hashes.len()).expect("has that many chunks"),
        have: vec![false; hashes.len()],
        hashes,
        lmod: UnixMillis(0),
        on_conflict: OnConflict::Rename,
        account: AccountName::anonymous(),
        address: "::1".into(),
        started: UnixMillis(0),
        lifetime_secs: None,
    };
    Unfinished::new(id, upload, FileName::new(b"p").expect("is a name"), Stage::Receiving)
}

fn hash(seed: u8) -> ChunkHash {
    ChunkHash::from_bytes([seed; 33])
}

#[test]
fn reservations_follow_uploads() {
    let mut registry = Registry::default();
    let one = unfinished(5, vec![hash(1)]);
    let (wark, name) = (one.upload.wark, one.upload.name.clone());
    registry.insert(one);
    registry.insert(unfinished(6, vec![hash(1)]));
    assert_eq!(registry.next_id(), 7);
    assert_eq!(registry.of(&wark).count(), 2, "two senders may upload the same content");
    assert!(registry.reserved_by(&VPath::root(), &name).is_some());
    registry.remove(5);
    assert!(registry.reserved_by(&VPath::root(), &name).is_none());
    assert_eq!(registry.of(&wark).count(), 1);
    assert!(registry.remove(5).is_none());
}

proptest! {
    /// `steps`: (chunk, action). Chunks 0 and 3 have the same hash.
    #[test]
    fn claims_exclude_each_other(steps in proptest::collection::vec((0u8..6, 0u8..4), 1..80)) {
        let hashes: Vec<_> = [0u8, 1, 2, 0, 4, 5].map(hash).to_vec();
        let mut registry = Registry::default();
        registry.insert(unfinished(1, hashes.clone()));
        let mut held: HashMap<ChunkHash, Claimed> = HashMap::new();
        let mut here: HashSet<ChunkHash> = HashSet::new();
        for (at, action) in steps {
            let hash = hashes[usize::from(at)];
            match action {
                0 | 1 => match registry.claim(1, &Wanted::Chunks(vec![hash]), 10) {
                    Ok(claimed) => {
                        prop_assert!(!here.contains(&hash));
                        prop_assert_eq!(claimed.chunks[0].offsets.len(), if hash == hashes[0] { 2 } else { 1 });
                        prop_assert!(held.insert(hash, claimed).is_none(), "claimed twice");
                    }
                    Err(EngineError::Upload(UploadError::ChunkBusy(_))) => prop_assert!(held.contains_key(&hash)),
                    Err(EngineError::Upload(UploadError::ChunkKnown(_))) => prop_assert!(here.contains(&hash)),
                    Err(error) => prop_assert!(false, "{error:?}"),
                },
                2 => if let Some(claimed) = held.remove(&hash) {
                    registry.release(1, &claimed.chunks);
                },
                _ => if let Some(claimed) = held.remove(&hash) {
                    registry.get_mut(1).expect("is there").mark(&hash, true);
                    registry.release(1, &claimed.chunks);
                    here.insert(hash);
                },
            }
            let unfinished = registry.get(1).expect("is there");
            let upload = &unfinished.upload;
            prop_assert_eq!(upload.missing().len(), 5 - here.len());
            prop_assert_eq!(unfinished.is_complete(), here.len() == 5);
            prop_assert_eq!(unfinished.received_chunks(), upload.have.iter().filter(|here| **here).count());
            prop_assert_eq!(unfinished.next_missing().copied(), upload.missing().first().copied());
        }
    }
}

/// Sends a file of `n` chunks, of which every eighth is received already, as a client does: in bodies of sixteen
/// consecutive chunks.
fn send_all(n: u64) -> u64 {
    let distinct = n - n / 8;
    let hash = |at: u64| {
        let mut bytes = [7; 33];
        bytes[..8].copy_from_slice(&(at % distinct).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
        ChunkHash::from_bytes(bytes)
    };
    let all: Vec<ChunkHash> = (0..n).map(hash).collect();
    chunk_map::steps::of(|| {
        let mut registry = Registry::default();
        registry.insert(unfinished(1, all.clone()));
        for body in all[..distinct as usize].chunks(16) {
            let one = registry.get(1).expect("is there");
            one.check_neighbours(body).expect("are neighbours");
            let prefixes: Vec<String> = body[1..].iter().map(|hash| hash.to_string()[..6].to_owned()).collect();
            assert_eq!(one.expand(&body[0], &prefixes).expect("are neighbours"), body);
            let claimed = registry.claim(1, &Wanted::Chunks(body.to_vec()), 16).expect("is free");
            let one = registry.get_mut(1).expect("is there");
            claimed.chunks.iter().for_each(|part| one.mark(&part.hash, true));
            one.publish_arrived();
            registry.release(1, &claimed.chunks);
        }
        let one = registry.get(1).expect("is there");
        assert!(
            one.is_complete()
                && one.received_chunks() == n as usize
                && *one.arrived.borrow() == one.upload.plan.size().0
        );
    })
}

#[test]
fn cost_grows_little_faster_than_the_number_of_chunks() {
    let (one, two, four) = (send_all(2048), send_all(4096), send_all(8192));
    assert!(one > 2048 && two < one * 5 / 2 && four < two * 5 / 2, "{one} {two} {four}");
}

#[test]
fn many_prefixes_of_a_long_list_are_looked_up_once_each() {
    let cost = |n: u64| {
        let all: Vec<ChunkHash> = (0..n)
            .map(|at| {
                let mut b = [0; 33];
                b[..8].copy_from_slice(&at.to_be_bytes());
                ChunkHash::from_bytes(b)
            })
            .collect();
        let one = unfinished(1, all.clone());
        chunk_map::steps::of(|| {
            let prefixes: Vec<String> = all[1..].iter().map(|hash| hash.to_string()[..1].to_owned()).collect();
            let named = one.expand(&all[0], &prefixes).expect("are neighbours");
            assert_eq!(named.len(), all.len());
            let mut registry = Registry::default();
            registry.insert(unfinished(1, all.clone()));
            registry.claim(1, &Wanted::Chunks(named), 1).expect("is free");
        })
    };
    let (one, two, four) = (cost(2048), cost(4096), cost(8192));
    assert!(one > 2048 && two < one * 5 / 2 && four < two * 5 / 2, "{one} {two} {four}");
}
