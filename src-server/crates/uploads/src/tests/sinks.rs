//! Whole bodies: small and large, taken names, checksums, aborted bodies.

use super::*;
use futures_util::FutureExt;
use model::Event;
use std::time::Duration;
use store::disk::{Faults, Folder};
use tokio::sync::broadcast::Receiver;
use vfs::error::Conflict;

pub(super) fn request(folder: &str, name: &str) -> SinkRequest {
    SinkRequest {
        folder: vpath(folder),
        exact_name: false,
        name: Some(name.as_bytes().to_vec()),
        size: None,
        lmod: None,
        on_conflict: OnConflict::Rename,
        append: false,
        keeps_content: false,
        lifetime_secs: None,
        random_name: None,
        checksum: ChecksumKind::Sha512,
        digests: Vec::new(),
        condition: Condition::default(),
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
    let replace = SinkRequest { on_conflict: OnConflict::Replace, ..request("v", "old") };
    let stored = put(&ann, replace.clone(), b"new").await.expect("another name");
    assert_eq!(stored.name.display(), "old (2)");
    put(&ed, replace, b"new").await.expect("replaces");
    assert_eq!(std::fs::read(site.at("v/old")).expect("reads"), b"new");
    put(&ed, SinkRequest { append: true, ..request("v", "old") }, b"er").await.expect("appends");
    assert_eq!(std::fs::read(site.at("v/old")).expect("reads"), b"newer");
    assert_eq!(kind(put(&ann, SinkRequest { append: true, ..request("v", "old") }, b"er").await), "Right");
    let skip = SinkRequest { on_conflict: OnConflict::Skip, ..request("v", "old") };
    assert_eq!(kind(put(&ann, skip, b"x").await), "NameTaken");
    // A folder named without its slash: refused at once if that is known without blocking, otherwise the body is stored
    // in it.
    match put(&ann, request("v", "folder"), b"x").await {
        Err(EngineError::Conflict(Conflict::IsAFolder(path))) => assert_eq!(path, vpath("v/folder")),
        stored => assert!(stored.expect("stores").path.is_within(&vpath("v/folder"))),
    }
    // An empty file that was created just before counts as the same file.
    put(&ann, request("v", "blank"), b"").await.expect("stores");
    assert_eq!(put(&ann, request("v", "blank"), b"full").await.expect("stores").name.display(), "blank");
    let unnamed = put(&ann, SinkRequest { name: None, ..request("v", "") }, b"x").await.expect("stores");
    assert!(unnamed.name.display().starts_with("put-") && unnamed.name.display().ends_with(".bin"));
    let blind = put(&ann, request("w", "README.md"), b"x").await.expect("stores");
    assert_eq!(blind.name.display(), "_wo_README.md");
    let random = put(&ann, SinkRequest { random_name: Some(5), ..request("v", "x.txt") }, b"x").await.expect("stores");
    assert_eq!(random.name.as_bytes().len(), 9);
    assert_eq!(kind(put(&ann, request("v", "a/b"), b"x").await), "Unfit");
    assert_eq!(kind(put(&ann, request("nowhere", "a"), b"x").await), "Right");
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
    // A partial file that is being written when the sink is dropped is removed after the write.
    for _ in 0..500 {
        if names_in(&site.at("v")).is_empty() && !all_in(&site.at("v")).iter().any(|n| n.ends_with(".PARTIAL")) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("left: {:?}", all_in(&site.at("v")));
}

/// Returns the events since the last call, as text.
fn received(events: &mut Receiver<Event>) -> Vec<String> {
    std::iter::from_fn(|| events.try_recv().ok()).map(in_words).collect()
}

fn in_words(event: Event) -> String {
    match event {
        Event::UploadStarted { id, path, size, account, address } => {
            format!("{id} started {path} {size:?} {} {address}", account.as_str())
        }
        Event::Progress { id, done } => format!("{id} moved {done}"),
        Event::UploadFinished { id, path, size, .. } => format!("{id} finished {path} {size}"),
        Event::TransferFailed { id, reason } => format!("{id} failed: {reason}"),
        other => format!("{other:?}"),
    }
}

async fn push(sink: &mut UploadSink, size: usize) -> Result<()> {
    sink.push(Bytes::from(vec![7; size])).await
}

#[tokio::test(start_paused = true)]
async fn larger_bodies_emit_progress_events() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let ann = Person::new(&site, "*");
    let mut events = site.core.events.subscribe();
    for (id, size, name) in [(1, Some(500_000), "known"), (2, None, "unknown")] {
        let mut sink = ann.uploads.sink(&ann.access, SinkRequest { size, ..request("v", name) }).await.expect("begins");
        let started = format!("{id} started /v/{name} {size:?} * {}", ann.access.client().address);
        // Without a size a body may still be small; a start is reported once it is not.
        assert_eq!(received(&mut events), if size.is_some() { vec![started.clone()] } else { vec![] });
        push(&mut sink, 100_000).await.expect("takes");
        assert_eq!(received(&mut events), if size.is_none() { vec![started] } else { vec![] });
        tokio::time::advance(Duration::from_millis(300)).await;
        for _ in 0..2 {
            push(&mut sink, 100_000).await.expect("takes");
        }
        assert_eq!(received(&mut events), [format!("{id} moved 200000")], "at intervals, not for every piece");
        tokio::time::advance(Duration::from_millis(300)).await;
        for _ in 0..2 {
            push(&mut sink, 100_000).await.expect("takes");
        }
        sink.finish().await.expect("stores");
        assert_eq!(received(&mut events), [format!("{id} moved 400000"), format!("{id} finished /v/{name} 500000")]);
    }
}

#[tokio::test]
async fn small_bodies_emit_only_the_end_event() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let ann = Person::new(&site, "*");
    let mut events = site.core.events.subscribe();
    for (size, known) in [(0, true), (3, false), (60_000, true), (256 << 10, true)] {
        let name = format!("f{size}");
        let request = SinkRequest { size: known.then_some(size), ..request("v", &name) };
        put(&ann, request, &noise(1, size as usize)).await.expect("stores");
        assert_eq!(received(&mut events), [format!("0 finished /v/{name} {size}")]);
    }
    for size in [None, Some(200_000)] {
        let mut sink =
            ann.uploads.sink(&ann.access, SinkRequest { size, ..request("v", "cut") }).await.expect("begins");
        push(&mut sink, 50_000).await.expect("takes");
    }
    assert_eq!(received(&mut events), [""; 0]);
    // A subscriber that missed the start event gets no end event.
    drop(events);
    let request = SinkRequest { size: Some(300_000), ..request("v", "late") };
    let mut sink = ann.uploads.sink(&ann.access, request.clone()).await.expect("begins");
    let mut events = site.core.events.subscribe();
    push(&mut sink, 200_000).await.expect("takes");
    drop(sink);
    assert_eq!(received(&mut events), [""; 0]);
    drop(events);
    let sink = ann.uploads.sink(&ann.access, request).await.expect("begins");
    let mut events = site.core.events.subscribe();
    sink.finish().await.expect("stores");
    assert_eq!(received(&mut events), ["0 finished /v/late 0"]);
}

#[tokio::test]
async fn failures_are_reported_with_their_reason() {
    let site = Site::with(&[("v", "v", "rw *")], |settings| {
        settings.volumes[0].flags.limits.max_size = Some(model::Bytes(1_000_000));
    });
    let ann = Person::new(&site, "*");
    let faults = Arc::new(Faults::default());
    let volume = site.core.snapshot.load().tree.volumes[0].clone();
    volume.storage.set_root(Folder::open_root(&site.at("v")).expect("opens").with_faults(faults.clone()));
    let mut events = site.core.events.subscribe();
    let begin = async |name: &str, size| {
        let request = SinkRequest { size, on_conflict: OnConflict::Skip, ..request("v", name) };
        ann.uploads.sink(&ann.access, request).await
    };
    let mut end = |name: &str| {
        let mut received = received(&mut events);
        // A full disk is reported once, for all uploads.
        received.retain(|one| !one.starts_with("Problem"));
        let [started, failed] = received.as_slice() else { panic!("{received:?}") };
        let (id, rest) = started.split_once(' ').expect("a number");
        assert!(rest.starts_with(&format!("started /v/{name} ")), "{rest}");
        failed.strip_prefix(&format!("{id} failed: ")).expect("the same transfer").to_owned()
    };

    let mut sink = begin("cut", Some(500_000)).await.expect("begins");
    push(&mut sink, 100_000).await.expect("takes");
    drop(sink);
    assert_eq!(end("cut"), "The upload was interrupted. Nothing was saved.");

    let mut sink = begin("grows", None).await.expect("begins");
    push(&mut sink, 900_000).await.expect("takes");
    assert_eq!(kind(push(&mut sink, 200_000).await), "Size");
    drop(sink);
    assert_eq!(end("grows"), "The file is larger than this folder allows.");

    let mut sink = begin("taken", Some(500_000)).await.expect("begins");
    site.file("v/taken", "by another request");
    push(&mut sink, 500_000).await.expect("takes");
    assert_eq!(kind(sink.finish().await), "NameTaken");
    assert_eq!(end("taken"), "There is already a file with this name.");

    faults.no_space_after(300_000);
    let mut sink = begin("full", Some(500_000)).await.expect("begins");
    push(&mut sink, 500_000).await.expect("is queued");
    assert_eq!(kind(sink.finish().await), "Disk");
    assert_eq!(end("full"), "The disk is full. Free some space, then ask for it to be sent again.");

    // Refused before it starts: no start event was sent.
    faults.clear();
    assert_eq!(kind(begin("large", Some(2_000_000)).await.map(|_| ())), "Size");
    assert_eq!(kind(begin("taken", Some(500_000)).await.map(|_| ())), "NameTaken");
    assert_eq!(received(&mut events), [""; 0]);
}

/// Placing goes on when its request vanishes, so the file arrives; such a body was once reported as failed.
#[tokio::test]
async fn a_file_is_stored_although_its_request_vanishes_at_the_end() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let ann = Person::new(&site, "*");
    let mut events = site.core.events.subscribe();
    for (size, id) in [(500_000, 1), (3, 0)] {
        let request = SinkRequest { size: Some(size), ..request("v", &format!("f{size}")) };
        let mut sink = ann.uploads.sink(&ann.access, request).await.expect("begins");
        push(&mut sink, size as usize).await.expect("takes");
        let _before = received(&mut events);
        drop(sink.finish().now_or_never());
        assert_eq!(in_words(events.recv().await.expect("is told")), format!("{id} finished /v/f{size} {size}"));
        assert_eq!(std::fs::metadata(site.at(&format!("v/f{size}"))).expect("is there").len(), size);
    }
}
