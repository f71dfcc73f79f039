//! Whole bodies: small and large, taken names, checksums, aborted.

use super::*;
use model::Event;

pub(super) fn request(folder: &str, name: &str) -> SinkRequest {
    SinkRequest {
        folder: vpath(folder),
        name: Some(name.as_bytes().to_vec()),
        size: None,
        lmod: None,
        when_taken: WhenTaken::Rename,
        append: false,
        lifetime_secs: None,
        random_name: None,
        checksum: ChecksumKind::Sha512,
    }
}

pub(super) async fn put(person: &Person, request: SinkRequest, body: &[u8]) -> Result<Stored> {
    let mut sink = person.uploads.sink(&person.access, request).await?;
    for piece in body.chunks(30_000) {
        sink.push(Bytes::copy_from_slice(piece)).await?;
    }
    sink.finish().await
}

#[tokio::test]
async fn bodies_of_all_sizes() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let ann = Person::new(&site, "*");
    for (size, known) in [(0, true), (1, false), (60_000, true), (70_000, false), (3_000_000, true), (3_000_000, false)]
    {
        let body = noise(size as u64 + 1, size);
        let request = SinkRequest { size: known.then_some(size as u64), ..request("v/d", &format!("f{size}{known}")) };
        let stored = put(&ann, request, &body).await.expect("stores");
        assert_eq!(stored.checksum, Sha512::digest(&body).as_slice());
        assert_eq!((stored.size, stored.path.clone()), (size as u64, vpath(&format!("v/d/f{size}{known}"))));
        assert_eq!(std::fs::read(site.at(&format!("v/d/f{size}{known}"))).expect("reads"), body);
    }
    assert_eq!(all_in(&site.at("v/d")).len(), 6, "no partial file stays");
}

#[tokio::test]
async fn checksums() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let ann = Person::new(&site, "*");
    for (checksum, want) in [
        (ChecksumKind::Md5, "900150983cd24fb0d6963f7d28e17f72"),
        (ChecksumKind::Sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (ChecksumKind::Sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (ChecksumKind::Blake2s, "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982"),
        (ChecksumKind::None, ""),
    ] {
        let stored = put(&ann, SinkRequest { checksum, ..request("v", "x") }, b"abc").await.expect("stores");
        let hex: String = stored.checksum.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, want);
    }
    let stored = put(&ann, SinkRequest { checksum: ChecksumKind::Blake2b, ..request("v", "x") }, b"abc").await;
    assert!(stored.expect("stores").checksum.starts_with(&[0xba, 0x80, 0xa5, 0x3f]));
}

#[tokio::test]
async fn taken_names_and_folders() {
    let site = Site::new(&[("v", "v", "rw *, rwd ed"), ("w", "w", "w *")]);
    let (ann, ed) = (Person::new(&site, "*"), Person::new(&site, "ed"));
    site.file("v/old", "old");
    site.file("v/folder/x", "x");
    let replace = SinkRequest { when_taken: WhenTaken::Replace, ..request("v", "old") };
    let stored = put(&ann, replace.clone(), b"new").await.expect("another name");
    assert!(stored.name.display().starts_with("old-1"));
    put(&ed, replace, b"new").await.expect("replaces");
    assert_eq!(std::fs::read(site.at("v/old")).expect("reads"), b"new");
    put(&ed, SinkRequest { append: true, ..request("v", "old") }, b"er").await.expect("appends");
    assert_eq!(std::fs::read(site.at("v/old")).expect("reads"), b"newer");
    assert_eq!(kind(put(&ann, SinkRequest { append: true, ..request("v", "old") }, b"er").await), "Denied");
    let skip = SinkRequest { when_taken: WhenTaken::Skip, ..request("v", "old") };
    assert_eq!(kind(put(&ann, skip, b"x").await), "NameTaken");
    // A folder named without its slash: refused at once if that is known without waiting, else filled.
    match put(&ann, request("v", "folder"), b"x").await {
        Err(EngineError::IsAFolder(path)) => assert_eq!(path, vpath("v/folder")),
        stored => assert!(stored.expect("stores").path.is_within(&vpath("v/folder"))),
    }
    // An empty file that somebody has just made means the same file.
    put(&ann, request("v", "blank"), b"").await.expect("stores");
    assert_eq!(put(&ann, request("v", "blank"), b"full").await.expect("stores").name.display(), "blank");
    let unnamed = put(&ann, SinkRequest { name: None, ..request("v", "") }, b"x").await.expect("stores");
    assert!(unnamed.name.display().starts_with("put-") && unnamed.name.display().ends_with(".bin"));
    let blind = put(&ann, request("w", "README.md"), b"x").await.expect("stores");
    assert_eq!(blind.name.display(), "_wo_README.md");
    let random = put(&ann, SinkRequest { random_name: Some(5), ..request("v", "x.txt") }, b"x").await.expect("stores");
    assert_eq!(random.name.as_bytes().len(), 9);
    assert_eq!(kind(put(&ann, request("v", "a/b"), b"x").await), "BadRequest");
    assert_eq!(kind(put(&ann, request("nowhere", "a"), b"x").await), "Denied");
}

#[tokio::test]
async fn dropped_bodies_leave_nothing() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let ann = Person::new(&site, "*");
    for size in [10_000, 2_000_000] {
        let mut sink = ann.uploads.sink(&ann.access, request("v", "gone")).await.expect("starts");
        for piece in noise(3, size).chunks(30_000) {
            sink.push(Bytes::copy_from_slice(piece)).await.expect("takes");
        }
        drop(sink);
    }
    // What is being written when the sink goes is removed when that ends.
    for _ in 0..500 {
        if names_in(&site.at("v")).is_empty() && !all_in(&site.at("v")).iter().any(|n| n.ends_with(".PARTIAL")) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("left: {:?}", all_in(&site.at("v")));
}

/// What was told, without what nobody waits for in this test.
fn told(events: &mut tokio::sync::broadcast::Receiver<Event>) -> Vec<String> {
    let mut told = Vec::new();
    while let Ok(event) = events.try_recv() {
        told.push(match event {
            Event::UploadStarted { id, path, size, .. } => format!("{id} started {path} {size:?}"),
            Event::UploadFinished { id, path, size, .. } => format!("{id} finished {path} {size}"),
            Event::TransferFailed { id, .. } => format!("{id} failed"),
            Event::Progress { .. } => continue,
            other => format!("{other:?}"),
        });
    }
    told
}

#[tokio::test]
async fn larger_bodies_are_told_of_while_they_come() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let ann = Person::new(&site, "*");
    let mut events = ann.uploads.core.events.subscribe();
    put(&ann, request("v", "small"), b"abc").await.expect("stores");
    assert_eq!(told(&mut events), ["0 finished /v/small 3"]);
    let body = noise(1, 300_000);
    put(&ann, SinkRequest { size: Some(300_000), ..request("v", "known") }, &body).await.expect("stores");
    assert_eq!(told(&mut events), ["1 started /v/known Some(300000)", "1 finished /v/known 300000"]);
    put(&ann, request("v", "unknown"), &body).await.expect("stores");
    assert_eq!(told(&mut events), ["2 started /v/unknown None", "2 finished /v/unknown 300000"]);
    let mut sink = ann.uploads.sink(&ann.access, request("v", "cut")).await.expect("opens");
    for piece in body.chunks(100_000) {
        sink.push(Bytes::copy_from_slice(piece)).await.expect("takes");
    }
    drop(sink);
    assert_eq!(told(&mut events), ["3 started /v/cut None", "3 failed"]);
}
