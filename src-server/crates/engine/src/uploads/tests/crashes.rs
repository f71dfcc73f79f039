//! A program that is killed at any moment: what was acknowledged before counts after, and nothing else is visible.

use super::*;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    /// File, chunk.
    Send(usize, usize),
    /// File, chunk, damaged at this byte.
    Damaged(usize, usize, usize),
    /// File, chunk; the line is cut.
    Cut(usize, usize, usize),
    Kill,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let place = || (0usize..3, 0usize..4);
    let step = prop_oneof![
        8 => place().prop_map(|(file, chunk)| Step::Send(file, chunk)),
        1 => (place(), 0usize..400_000).prop_map(|((file, chunk), at)| Step::Damaged(file, chunk, at)),
        1 => (place(), 0usize..400_000).prop_map(|((file, chunk), at)| Step::Cut(file, chunk, at)),
        2 => Just(Step::Kill),
    ];
    proptest::collection::vec(step, 1..25)
}

/// What the disk holds at this moment, as `kill -9` would leave it: the program is not asked to stop.
fn killed(site: &Site) -> Site {
    let copy = tempfile::tempdir().expect("temp folder");
    fn copy_all(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).expect("mkdir");
        for entry in std::fs::read_dir(from).expect("lists") {
            let (entry, to) = (entry.as_ref().expect("entry"), to.join(entry.as_ref().expect("entry").file_name()));
            match entry.file_type().expect("type").is_dir() {
                true => copy_all(&entry.path(), &to),
                false => drop(std::fs::copy(entry.path(), to).expect("copies")),
            }
        }
    }
    copy_all(&site.at(""), copy.path());
    Site::in_folder(copy, &[("v", "v", "rw *")], |_| {})
}

async fn run(steps: Vec<Step>) {
    let mut site = Site::new(&[("v", "v", "rw *")]);
    // The last has equal chunks; 3.5 MiB each, so that the last chunk is short.
    let mut content = noise(3, 3_670_016);
    content.copy_within(0..1 << 20, 2 << 20);
    let files = [Sent::noise(1, 3_670_016), Sent::noise(2, 3_670_016), Sent::new(content)];
    let mut here = vec![std::collections::HashSet::new(); files.len()];
    for step in steps {
        let ann = Person::new(&site, "*");
        let (file, chunk) = match step {
            Step::Send(file, chunk) | Step::Damaged(file, chunk, _) | Step::Cut(file, chunk, _) => (file, chunk),
            Step::Kill => {
                drop(ann);
                site = killed(&site);
                continue;
            }
        };
        let (sent, name, hash) = (&files[file], format!("f{file}"), files[file].hashes[chunk]);
        let reply = ann.ask("v", sent.ask(&name)).await.expect("handshake");
        let missing: Vec<_> = sent.hashes.iter().filter(|hash| !here[file].contains(*hash)).collect();
        let mut wanted: Vec<_> = Vec::new();
        missing.into_iter().for_each(|hash| {
            if !wanted.contains(hash) {
                wanted.push(*hash)
            }
        });
        assert_eq!(reply.missing, wanted, "what is missing is what was never acknowledged");
        let complete = site.at("v").join(&name).exists();
        assert_eq!(complete, wanted.is_empty(), "visible when whole");
        if wanted.is_empty() {
            assert_eq!(std::fs::read(site.at("v").join(&name)).expect("reads"), sent.content);
            continue;
        }
        let body = sent.chunk(&hash);
        let (at, top, length) = (|at: usize| at % body.len(), vpath("v"), body.len() as u64);
        let lease = ann.uploads.claim(&ann.access, &top, &reply.wark, ChunkSelection::One(hash, None), length).await;
        let lease = match lease {
            Err(EngineError::ChunkKnown(_)) => {
                assert!(here[file].contains(&hash));
                continue;
            }
            lease => lease.expect("claims"),
        };
        match step {
            Step::Send(..) => {
                lease.receive(in_pieces(body)).await.expect("is accepted");
                here[file].insert(hash);
            }
            Step::Damaged(_, _, place) => {
                let mut damaged = body.to_vec();
                damaged[at(place)] ^= 0x10;
                assert_eq!(kind(lease.receive(in_pieces(damaged.into())).await), "ChunkCorrupt");
            }
            Step::Cut(_, _, place) => {
                let place = at(place);
                assert_eq!(kind(lease.receive(cut(body, place)).await), "Interrupted");
            }
            Step::Kill => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]
    #[test]
    fn nothing_acknowledged_is_lost(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("starts");
        runtime.block_on(run(steps));
    }
}
