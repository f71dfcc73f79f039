//! Any order of claims and releases: a chunk is busy for one at a time, and what was marked stays.

use super::*;
use model::chunking::{ChunkPlan, Generation};
use model::{Bytes, WhenTaken};
use proptest::prelude::*;

fn unfinished(id: i64, hashes: Vec<ChunkHash>) -> Unfinished {
    let size = Bytes(((hashes.len() as u64) << 20) - 7);
    Unfinished {
        id,
        upload: Upload {
            wark: Wark::of_content("s", size, &hashes),
            folder: VPath::root(),
            name: FileName::new(format!("f{id}").as_bytes()).expect("is a name"),
            plan: ChunkPlan::new(size, Generation::G2),
            have: vec![false; hashes.len()],
            hashes,
            lmod: UnixMillis(0),
            when_taken: WhenTaken::Rename,
            account: AccountName::anonymous(),
            address: "::1".into(),
            started: UnixMillis(0),
            lifetime_secs: None,
        },
        asked_name: FileName::new(b"f").expect("is a name"),
        other_names: OtherNames::Marked,
        random: false,
        partial_name: FileName::new(b"p").expect("is a name"),
        partial: Weak::new(),
        partial_ino: None,
        opening: Arc::default(),
        busy: HashSet::new(),
        pieces: HashMap::new(),
        stage: Stage::Receiving,
        recorded: false,
        touched: UnixMillis(0),
        transfer: 0,
        allowance: None,
        arrived: watch::channel(0).0,
    }
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
    assert_eq!(registry.of(&wark).count(), 2, "two people may send the same");
    assert!(registry.reserved_by(&VPath::root(), &name).is_some());
    registry.remove(5);
    assert!(registry.reserved_by(&VPath::root(), &name).is_none());
    assert_eq!(registry.of(&wark).count(), 1);
    assert!(registry.remove(5).is_none());
}

proptest! {
    /// `steps`: (chunk, what to do). Chunks 0 and 3 have the same hash.
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
                0 | 1 => match registry.claim(1, &Wanted::Whole(vec![hash]), 10) {
                    Ok(claimed) => {
                        prop_assert!(!here.contains(&hash));
                        prop_assert_eq!(claimed.parts[0].offsets.len(), if hash == hashes[0] { 2 } else { 1 });
                        prop_assert!(held.insert(hash, claimed).is_none(), "held twice");
                    }
                    Err(EngineError::ChunkBusy(_)) => prop_assert!(held.contains_key(&hash)),
                    Err(EngineError::ChunkKnown(_)) => prop_assert!(here.contains(&hash)),
                    Err(error) => prop_assert!(false, "{error:?}"),
                },
                2 => if let Some(claimed) = held.remove(&hash) {
                    registry.release(1, &claimed.parts);
                },
                _ => if let Some(claimed) = held.remove(&hash) {
                    registry.get_mut(1).expect("is there").mark(&hash, true);
                    registry.release(1, &claimed.parts);
                    here.insert(hash);
                },
            }
            let upload = &registry.get(1).expect("is there").upload;
            prop_assert_eq!(upload.missing().len(), 5 - here.len());
            prop_assert_eq!(upload.is_complete(), here.len() == 5);
        }
    }
}
