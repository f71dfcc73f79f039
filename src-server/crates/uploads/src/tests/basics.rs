//! The protocol as clients use it: chunks in any order, repeats, stitched bodies, subchunks, resuming, names.

use super::*;
use vfs::error::UploadError;

fn read(site: &Site, path: &str) -> Vec<u8> {
    std::fs::read(site.at(path)).expect("reads")
}

#[tokio::test]
async fn a_file_arrives_in_any_order() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let ann = Person::new(&site, "*");
    let sent = Sent::noise(1, 5_000_000);
    let reply = ann.ask("v/new/deep", sent.ask("a.bin")).await.expect("new");
    assert_eq!(reply.missing, sent.hashes);
    assert_eq!(
        (reply.name.as_slice(), reply.folder.clone(), reply.any_order),
        (&b"a.bin"[..], vpath("v/new/deep"), true)
    );
    assert!(names_in(&site.at("v/new/deep")).is_empty(), "nothing is visible before it is whole");
    for at in [3, 0, 4, 2] {
        ann.send_chunk("v", &reply.wark, &sent, &sent.hashes[at]).await.expect("chunk");
        assert!(names_in(&site.at("v/new/deep")).is_empty());
    }
    let again = ann.ask("v/new/deep", sent.ask("a.bin")).await.expect("resumes");
    assert_eq!(again.missing, [sent.hashes[1]]);
    ann.send_chunk("v", &reply.wark, &sent, &sent.hashes[1]).await.expect("the last");
    assert_eq!(read(&site, "v/new/deep/a.bin"), sent.content);
    assert_eq!(all_in(&site.at("v/new/deep")), ["a.bin"]);
    let meta = std::fs::metadata(site.at("v/new/deep/a.bin")).expect("stat");
    let mtime = meta.modified().expect("has one").duration_since(std::time::UNIX_EPOCH).expect("after");
    assert_eq!(mtime.as_secs(), 1_700_000_000);
    let done = ann.ask("v/new/deep", sent.ask("a.bin")).await.expect("complete");
    assert_eq!((done.missing.len(), done.lmod), (0, UnixMillis::from_secs(1_700_000_000)));
    assert_eq!(kind(ann.send_chunk("v", &reply.wark, &sent, &sent.hashes[1]).await), "UnknownWark");
}

#[tokio::test]
async fn repeated_chunks_travel_once() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let ann = Person::new(&site, "*");
    let mut content = vec![0; 3 << 20];
    content.extend(noise(5, 1 << 20));
    content.extend(vec![0; 1 << 20]);
    let sent = Sent::new(content);
    let reply = ann.ask("v", sent.ask("z")).await.expect("new");
    assert_eq!(reply.missing.len(), 2);
    for hash in &reply.missing {
        ann.send_chunk("v", &reply.wark, &sent, hash).await.expect("chunk");
    }
    assert_eq!(read(&site, "v/z"), sent.content);
}

#[tokio::test]
async fn stitched_chunks() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let ann = Person::new(&site, "*");
    let sent = Sent::noise(2, 6 << 20);
    let wark = ann.ask("v", sent.ask("s")).await.expect("new").wark;
    let span = |from: usize, to: usize| sent.content.slice(from << 20..(to << 20).min(sent.content.len()));
    let text = |at: usize, length: usize| sent.hashes[at].to_string()[..length].to_owned();
    // A gap, a wrong prefix, a foreign chunk.
    let gap = ChunkSelection::Full(vec![sent.hashes[0], sent.hashes[2]]);
    assert_eq!(kind(ann.send("v", &wark, gap, span(0, 2)).await), "StitchGap");
    let wrong = ChunkSelection::Compact(sent.hashes[0], vec![text(2, 9)]);
    assert_eq!(kind(ann.send("v", &wark, wrong, span(0, 2)).await), "StitchPrefix");
    let beyond = ChunkSelection::Compact(sent.hashes[5], vec!["AAAA".into()]);
    assert_eq!(kind(ann.send("v", &wark, beyond, span(5, 6)).await), "StitchPrefix");
    // The third chunk is damaged: the two before it count.
    let mut damaged = span(0, 4).to_vec();
    damaged[2 << 20] ^= 1;
    let four = ChunkSelection::Full(sent.hashes[..4].to_vec());
    assert_eq!(kind(ann.send("v", &wark, four, damaged.into()).await), "ChunkCorrupt");
    assert_eq!(ann.ask("v", sent.ask("s")).await.expect("resumes").missing, sent.hashes[2..]);
    // The connection breaks in the second chunk: the first counts.
    let top = vpath("v");
    let lease =
        ann.uploads.claim(&ann.access, &top, &wark, ChunkSelection::Compact(sent.hashes[2], vec![text(3, 2)]), 2 << 20);
    let lost = lease.await.expect("claims").receive(cut(span(2, 4), (1 << 20) + 7)).await;
    assert_eq!(kind(lost), "Client");
    assert_eq!(ann.ask("v", sent.ask("s")).await.expect("resumes").missing, sent.hashes[3..]);
    let rest = ChunkSelection::Compact(sent.hashes[3], vec![text(4, 4), text(5, 4)]);
    ann.send("v", &wark, rest, span(3, 6)).await.expect("the rest");
    assert_eq!(read(&site, "v/s"), sent.content);
}

#[tokio::test]
async fn invalid_chunks() {
    let site = Site::new(&[("v", "v", "rw *"), ("w", "w", "rw *")]);
    let ann = Person::new(&site, "*");
    let sent = Sent::noise(3, (1 << 20) + 5);
    let wark = ann.ask("v", sent.ask("c")).await.expect("new").wark;
    let last = sent.hashes[1];
    let one = |hash| ChunkSelection::One(hash, None);
    // The rest of the file is 5 bytes: 6 must never make it longer, whatever their hash.
    let six = ann.send("v", &wark, one(last), Bytes::from_static(b"123456")).await;
    assert!(matches!(six, Err(EngineError::Upload(UploadError::BodyTooLong { sent: 6, limit: 5 }))), "{six:?}");
    assert_eq!(kind(ann.send("v", &wark, one(last), Bytes::from_static(b"1234")).await), "ChunkCorrupt");
    assert_eq!(kind(ann.send("v", &wark, one(last), Bytes::from_static(b"12345")).await), "ChunkCorrupt");
    let stranger = ChunkHash::from_bytes([9; 33]);
    assert_eq!(kind(ann.send("v", &wark, one(stranger), Bytes::from_static(b"1")).await), "ChunkForeign");
    assert_eq!(kind(ann.send_chunk("w", &wark, &sent, &last).await), "UnknownWark", "another volume");
    let lease = ann.uploads.claim(&ann.access, &vpath("v"), &wark, one(last), 5).await.expect("claims");
    assert_eq!(kind(ann.send_chunk("v", &wark, &sent, &last).await), "ChunkBusy");
    drop(lease);
    ann.send_chunk("v", &wark, &sent, &last).await.expect("freed by dropping");
    assert_eq!(kind(ann.send_chunk("v", &wark, &sent, &last).await), "ChunkKnown");
    ann.send_chunk("v", &wark, &sent, &sent.hashes[0]).await.expect("the other");
    assert_eq!(read(&site, "v/c").len(), (1 << 20) + 5);
}

#[tokio::test]
async fn subchunks() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let ann = Person::new(&site, "*");
    let sent = Sent::noise(4, 1_000_000);
    let (wark, hash) = (ann.ask("v", sent.ask("p")).await.expect("new").wark, sent.hashes[0]);
    let piece = |from: usize, to: usize| {
        ann.send("v", &wark, ChunkSelection::One(hash, Some(from as u64)), sent.content.slice(from..to))
    };
    piece(0, 400_000).await.expect("first");
    assert!(matches!(
        piece(500_000, 600_000).await,
        Err(EngineError::Upload(UploadError::SubchunkOffset { expected: 400_000, got: 500_000, .. }))
    ));
    // The server forgot the subchunks: start again.
    assert_eq!(kind(piece(400_000, 600_000).await), "SubchunkOffset");
    piece(0, 300_000).await.expect("again");
    piece(300_000, 700_000).await.expect("second");
    assert_eq!(ann.ask("v", sent.ask("p")).await.expect("resumes").missing, [hash]);
    let long = ChunkSelection::One(hash, Some(700_000));
    assert_eq!(kind(ann.send("v", &wark, long, Bytes::from(vec![0; 300_001])).await), "BodyTooLong");
    piece(700_000, 1_000_000).await.expect("last");
    assert_eq!(read(&site, "v/p"), sent.content);
    // A damaged subchunk is detected at the end, and the chunk starts again.
    let other = Sent::noise(44, 1_000_000);
    let (wark, hash) = (ann.ask("v", other.ask("q")).await.expect("new").wark, other.hashes[0]);
    let send = |from: u64, body: Bytes| ann.send("v", &wark, ChunkSelection::One(hash, Some(from)), body);
    send(0, Bytes::from(vec![7; 500_000])).await.expect("is not verified yet");
    assert_eq!(kind(send(500_000, other.content.slice(500_000..)).await), "ChunkCorrupt");
    assert_eq!(kind(send(500_000, other.content.slice(500_000..)).await), "SubchunkOffset");
    ann.send_chunk("v", &wark, &other, &hash).await.expect("as a whole");
    assert_eq!(read(&site, "v/q"), other.content);
}

#[tokio::test]
async fn names_that_are_taken() {
    let site = Site::new(&[("v", "v", "rw *, rwd ed")]);
    site.file("v/a.bin", "another user's");
    let (ann, ed) = (Person::new(&site, "*"), Person::new(&site, "ed"));
    let sent = Sent::noise(6, 3000);
    let reply = ann.ask("v", sent.ask("a.bin")).await.expect("new");
    let name = String::from_utf8(reply.name.clone()).expect("text");
    assert_eq!(name, "a (2).bin");
    // Under another name: refused while the upload is unfinished, with its path.
    let elsewhere = ann.ask("v", sent.ask("b.bin")).await;
    assert!(
        matches!(elsewhere, Err(EngineError::Upload(UploadError::PartialElsewhere(path))) if path == vpath(&format!("v/{name}")))
    );
    // A name reserved by an upload counts as taken.
    let other = Sent::noise(7, 3000);
    let second = ann.ask("v", other.ask(&name)).await.expect("new");
    assert_ne!(second.name, reply.name);
    // A client that asks for the old name resumes the upload.
    assert_eq!(ann.ask("v", sent.ask("a.bin")).await.expect("resumes").name, reply.name);
    ann.send_chunk("v", &reply.wark, &sent, &sent.hashes[0]).await.expect("chunk");
    assert_eq!(read(&site, &format!("v/{name}")), sent.content);
    assert_eq!(read(&site, "v/a.bin"), b"another user's");

    let third = Sent::noise(8, 100);
    let skip = Handshake { on_conflict: OnConflict::Skip, ..third.ask("a.bin") };
    assert_eq!(kind(ann.ask("v", skip).await), "NameTaken");
    let replace = Handshake { on_conflict: OnConflict::Replace, ..third.ask("a.bin") };
    let renamed = ann.ask("v", replace.clone()).await.expect("may not delete: another name");
    assert_ne!(renamed.name, b"a.bin");
    let fourth = Sent::noise(9, 100);
    let done = ed.upload_as("v", &fourth, Handshake { on_conflict: OnConflict::Replace, ..fourth.ask("a.bin") }).await;
    assert_eq!(done.expect("replaces").name, b"a.bin");
    assert_eq!(read(&site, "v/a.bin"), fourth.content);
}

#[tokio::test]
async fn odd_handshakes() {
    let site = Site::new(&[("v", "v", "rw *"), ("r", "r", "r *")]);
    let ann = Person::new(&site, "*");
    let sent = Sent::noise(10, 100);
    for (folder, request, want) in [
        ("r", sent.ask("a"), "Right"),
        ("nowhere", sent.ask("a"), "Right"),
        ("v", sent.ask("a/b"), "Unfit"),
        ("v", sent.ask(""), "Unfit"),
        ("v", sent.ask(".hist"), "Unfit"),
        ("v/.hist", sent.ask("a"), "Unfit"),
        ("v", Handshake { size: 99 << 20, ..sent.ask("a") }, "Request"),
        ("v", Handshake { hashes: vec![], ..sent.ask("a") }, "Request"),
        ("v", Handshake { size: u64::MAX, ..sent.ask("a") }, "Size"),
    ] {
        assert_eq!(kind(ann.ask(folder, request.clone()).await), want, "{folder} {request:?}");
    }
    let old = Handshake { folders_in_name: true, ..sent.ask("d/e/a.bin") };
    let reply = ann.upload_as("v", &sent, old).await.expect("old clients");
    assert_eq!((reply.name.as_slice(), reply.folder.clone()), (&b"d/e/a.bin"[..], vpath("v")));
    assert_eq!(read(&site, "v/d/e/a.bin"), sent.content);
    let random = Sent::noise(11, 100);
    let request = Handshake { random_name: true, ..random.ask("photo.jpeg") };
    let reply = ann.upload_as("v", &random, request.clone()).await.expect("random");
    assert!(reply.name.ends_with(b".jpeg") && reply.name.len() == 14 && reply.missing.is_empty());
    let empty = Sent::noise(0, 0);
    let reply = ann.ask("v", empty.ask("empty")).await.expect("at once");
    assert!(reply.missing.is_empty() && reply.wark.as_str().starts_with('#'));
    assert_eq!(read(&site, "v/empty"), b"");
    assert_eq!(ann.ask("v", empty.ask("empty")).await.expect("again").name, b"empty");
}

#[tokio::test]
async fn known_content() {
    let site = Site::new(&[("v", "v", "rw *"), ("w", "w", "rw *")]);
    let ann = Person::new(&site, "*");
    let sent = Sent::noise(12, 2_500_000);
    ann.upload("v", "one", &sent).await.expect("uploads");
    let two = ann.ask("v/sub", sent.ask("two")).await.expect("copies");
    assert!(two.missing.is_empty());
    assert_eq!(read(&site, "v/sub/two"), sent.content);
    assert_eq!(ann.ask("v/sub", sent.ask("two")).await.expect("known").name, b"two");
    assert_eq!(all_in(&site.at("v/sub")), ["two"]);
    assert_eq!(ann.ask("w", sent.ask("three")).await.expect("other volume").missing.len(), 3);
    // Copies are independent, and a changed source is detected.
    std::fs::write(site.at("v/one"), noise(99, 2_500_000)).expect("writes");
    std::fs::remove_file(site.at("v/sub/two")).expect("removes");
    assert_eq!(ann.ask("v", sent.ask("four")).await.expect("new").missing.len(), 3);
    let hits = ann.uploads.find(&ann.access, 2_500_000, &sent.hashes).await.expect("searches");
    assert!(hits.is_empty());
    // A file that the server did not write is recognized, not renamed.
    let before = Sent::noise(13, 5000);
    site.file("v/before", &before.content);
    assert!(ann.ask("v", before.ask("before")).await.expect("same").missing.is_empty());
    let hits = ann.uploads.find(&ann.access, 5000, &before.hashes).await.expect("searches");
    assert_eq!(hits.iter().map(|hit| hit.path.clone()).collect::<Vec<_>>(), [vpath("v/before")]);
}

#[tokio::test]
async fn sixteen_at_once() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let ann = std::sync::Arc::new(Person::new(&site, "*"));
    let sent = Sent::noise(14, 8 << 20);
    let wark = ann.ask("v", sent.ask("many")).await.expect("new").wark;
    let mut tasks = Vec::new();
    for task in 0..16u64 {
        let (ann, sent) = (ann.clone(), sent.clone());
        tasks.push(tokio::spawn(async move {
            let mut accepted = 0;
            // All clients send all chunks: each chunk is accepted from one of them.
            for at in 0..8 {
                let hash = sent.hashes[(at + task as usize) % 8];
                match ann.send_chunk("v", &wark, &sent, &hash).await {
                    Ok(()) => accepted += 1,
                    Err(
                        EngineError::Upload(UploadError::ChunkBusy(_))
                        | EngineError::Upload(UploadError::ChunkKnown(_))
                        | EngineError::Upload(UploadError::UnknownWark),
                    ) => {}
                    Err(error) => panic!("{error:?}"),
                }
            }
            let small = Sent::noise(1000 + task, 4096);
            for i in 0..20u64 {
                let small = Sent::noise(task * 100 + i + 5000, 4096);
                ann.upload("v/small", &format!("{task}-{i}"), &small).await.expect("uploads");
            }
            ann.upload("v/same", "same", &small).await.expect("uploads");
            accepted
        }));
    }
    let mut accepted = 0;
    for task in tasks {
        accepted += task.await.expect("runs");
    }
    assert_eq!(accepted, 8);
    assert_eq!(read(&site, "v/many"), sent.content);
    assert_eq!(names_in(&site.at("v/small")).len(), 320);
    assert_eq!(names_in(&site.at("v/same")).len(), 16);
    assert_eq!(all_in(&site.at("v")), [".hist", "many", "same", "small"]);
}
