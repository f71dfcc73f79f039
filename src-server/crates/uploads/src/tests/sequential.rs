//! Uploads in file order without hashes: requests of any length, interruptions, restarts, and the same upload continued
//! by up2k.

use super::*;
use crate::{Appended, SequentialState};
use futures_util::StreamExt;
use tokio::sync::mpsc;

const MIB: usize = 1 << 20;

impl Person {
    async fn begin(&self, folder: &str, name: &str, size: usize) -> Result<Wark> {
        let request = Handshake { size: size as u64, hashes: Vec::new(), ..Sent::new("").ask(name) };
        Ok(self.uploads.begin_sequential(&self.access, &vpath(folder), request).await?.id)
    }
    async fn append(&self, folder: &str, id: &Wark, offset: usize, bytes: impl Into<Bytes>) -> Result<Appended> {
        let bytes = bytes.into();
        let length = Some(bytes.len() as u64);
        let (folder, at) = (vpath(folder), (offset as u64, length));
        self.uploads.append_sequential(&self.access, &folder, id, at, in_pieces(bytes)).await
    }
    async fn offset(&self, folder: &str, id: &Wark) -> Result<u64> {
        Ok(self.uploads.sequential_state(&self.access, &vpath(folder), id).await?.offset)
    }
}

fn offset_of(appended: Result<Appended>) -> u64 {
    match appended.expect("appends") {
        Appended::Incomplete(SequentialState { offset, .. }) => offset,
        other => panic!("{other:?}"),
    }
}

fn stored(appended: Result<Appended>) -> Stored {
    match appended.expect("appends") {
        Appended::Complete(stored) => stored,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn requests_of_any_length_make_one_file_with_the_identity_of_its_content() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let ann = Person::new(&site, "*");
    for (seed, size) in [(1, 1), (2, 70_000), (3, MIB), (4, MIB + 1), (5, 3 * MIB + 12_345)] {
        let sent = Sent::noise(seed, size);
        let name = format!("file {size}");
        let id = ann.begin("v", &name, size).await.expect("begins");
        let (mut at, mut step) = (0, 1);
        let file = loop {
            let end = size.min(at + step);
            let appended = ann.append("v", &id, at, sent.content.slice(at..end)).await;
            (at, step) = (end, step * 7 + 3);
            if at == size {
                break stored(appended);
            }
            assert_eq!(offset_of(appended), at as u64);
            assert_eq!(ann.offset("v", &id).await.expect("is known"), at as u64);
            assert!(!names_in(&site.at("v")).contains(&name), "visible before its end");
        };
        assert_eq!((file.name.as_bytes(), file.size), (name.as_bytes(), size as u64));
        assert_eq!(std::fs::read(site.at("v").join(&name)).expect("reads"), sent.content);
        // Its sender may ask again, if the answer was lost.
        assert_eq!(ann.offset("v", &id).await.expect("is known"), size as u64);
        assert_eq!(stored(ann.append("v", &id, size, "").await).name, file.name);
        // up2k knows the content.
        assert!(ann.ask("v", sent.ask(&name)).await.expect("asks").missing.is_empty());
        assert_eq!(ann.upload("v", "copy", &sent).await.expect("copies").missing, []);
        std::fs::remove_file(site.at("v/copy")).expect("removes");
    }
    let volume = ann.access.volume_path(&vpath("v")).expect("is there").volume;
    assert_eq!(uploads_of(&volume.storage).registry().sizes()[..3], [0, 0, 0]);
}

#[tokio::test]
async fn an_interrupted_request_keeps_what_arrived() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let ann = Person::new(&site, "*");
    let sent = Sent::noise(1, 5 * MIB);
    let id = ann.begin("v", "a", 5 * MIB).await.expect("begins");
    let broken = cut(sent.content.clone(), 2 * MIB + 300_000);
    let at = (0, Some(5 * MIB as u64));
    let appended = ann.uploads.append_sequential(&ann.access, &vpath("v"), &id, at, broken).await;
    assert_eq!(offset_of(appended), 2 * MIB as u64 + 300_000);
    // Not from another offset, and not more than was announced.
    let other = ann.append("v", &id, 2 * MIB, sent.content.slice(2 * MIB..)).await.expect("answers");
    assert!(matches!(other, Appended::OtherOffset(state) if state.offset == 2 * MIB as u64 + 300_000));
    let long = ann.append("v", &id, 2 * MIB + 300_000, vec![0; 3 * MIB]).await.expect("answers");
    assert!(matches!(long, Appended::TooLong(_)));
    let rest = sent.content.slice(2 * MIB + 300_000..);
    let file = stored(ann.append("v", &id, 2 * MIB + 300_000, rest).await);
    assert_eq!(std::fs::read(site.at("v").join("a")).expect("reads"), sent.content);
    assert_eq!(file.size, 5 * MIB as u64);
}

#[tokio::test]
async fn a_body_of_unknown_length_ends_where_the_file_ends() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let ann = Person::new(&site, "*");
    let sent = Sent::noise(1, 2 * MIB);
    let id = ann.begin("v", "a", 2 * MIB).await.expect("begins");
    let longer = Bytes::from([sent.content.as_ref(), b"more"].concat());
    let appended = ann.uploads.append_sequential(&ann.access, &vpath("v"), &id, (0, None), in_pieces(longer)).await;
    stored(appended);
    assert_eq!(std::fs::read(site.at("v").join("a")).expect("reads"), sent.content);
}

#[tokio::test]
async fn offsets_survive_a_restart_and_never_decrease() {
    for size in [MIB / 2, 3 * MIB] {
        let (site, sent) = (Site::new(&[("v", "v", "rw *")]), Sent::noise(1, size));
        let (id, at) = {
            let ann = Person::new(&site, "*");
            let id = ann.begin("v", "a", size).await.expect("begins");
            (id, offset_of(ann.append("v", &id, 0, sent.content.slice(..size / 2 + 777)).await) as usize)
        };
        let site = restarted(site);
        let ann = Person::new(&site, "*");
        assert_eq!(ann.offset("v", &id).await.expect("is known"), at as u64);
        stored(ann.append("v", &id, at, sent.content.slice(at..)).await);
        assert_eq!(std::fs::read(site.at("v").join("a")).expect("reads"), sent.content);
    }
    // One that has only begun is known, too; one whose bytes are lost is not.
    let (site, sent) = (Site::new(&[("v", "v", "rw *")]), Sent::noise(1, 3 * MIB));
    let (new, lost) = {
        let ann = Person::new(&site, "*");
        let lost = ann.begin("v", "a", 3 * MIB).await.expect("begins");
        offset_of(ann.append("v", &lost, 0, sent.content.slice(..2 * MIB)).await);
        let partial = all_in(&site.at("v")).into_iter().find(|name| name.ends_with("PARTIAL") || name != ".hist");
        std::fs::remove_file(site.at("v").join(partial.expect("is there"))).expect("removes");
        (ann.begin("v", "b", 3 * MIB).await.expect("begins"), lost)
    };
    let site = restarted(site);
    let ann = Person::new(&site, "*");
    assert_eq!(ann.offset("v", &new).await.expect("is known"), 0);
    assert_eq!(kind(ann.offset("v", &lost).await), "UnknownWark");
}

#[tokio::test]
async fn up2k_continues_an_upload_that_began_without_hashes() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let ann = Person::new(&site, "*");
    let sent = Sent::noise(1, 5 * MIB);
    let id = ann.begin("v", "a", 5 * MIB).await.expect("begins");
    offset_of(ann.append("v", &id, 0, sent.content.slice(..2 * MIB + 9)).await);
    // Another file of that name is another upload.
    let other = ann.ask("v", Sent::noise(2, 5 * MIB).ask("a")).await.expect("asks");
    assert_eq!((other.missing.len(), other.name.as_slice()), (5, &b"a (2)"[..]));
    let reply = ann.ask("v", sent.ask("a")).await.expect("asks");
    assert_eq!((reply.missing.clone(), reply.name), (sent.hashes[2..].to_vec(), b"a".to_vec()));
    ann.send_chunk("v", &reply.wark, &sent, &sent.hashes[2]).await.expect("sends");
    // The client that has begun it may go on, too.
    let at = ann.offset("v", &id).await.expect("is known") as usize;
    assert_eq!(at, 3 * MIB);
    assert_eq!(offset_of(ann.append("v", &id, at, sent.content.slice(at..at + 5)).await), at as u64 + 5);
    ann.send_chunk("v", &reply.wark, &sent, &sent.hashes[3]).await.expect("sends");
    ann.send_chunk("v", &reply.wark, &sent, &sent.hashes[4]).await.expect("sends");
    assert!(ann.ask("v", sent.ask("a")).await.expect("asks").missing.is_empty());
    assert_eq!(std::fs::read(site.at("v").join("a")).expect("reads"), sent.content);
    assert_eq!(ann.offset("v", &id).await.expect("is known"), 5 * MIB as u64);
}

#[tokio::test]
async fn an_upload_of_up2k_is_continued_without_hashes() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let ann = Person::new(&site, "*");
    let sent = Sent::noise(1, 5 * MIB);
    let wark = ann.ask("v", sent.ask("a")).await.expect("asks").wark;
    ann.send_chunk("v", &wark, &sent, &sent.hashes[0]).await.expect("sends");
    ann.send_chunk("v", &wark, &sent, &sent.hashes[3]).await.expect("sends");
    assert_eq!(ann.offset("v", &wark).await.expect("is known"), MIB as u64);
    assert_eq!(offset_of(ann.append("v", &wark, MIB, sent.content.slice(MIB..MIB + 50)).await), MIB as u64 + 50);
    // Other content than announced is refused, and what was verified stays.
    let wrong = ann.append("v", &wark, MIB + 50, vec![7; MIB]).await;
    assert_eq!(kind(wrong), "ChunkCorrupt");
    assert_eq!(ann.offset("v", &wark).await.expect("is known"), MIB as u64);
    // Chunk 3 is here: its bytes are not asked for.
    assert_eq!(offset_of(ann.append("v", &wark, MIB, sent.content.slice(MIB..3 * MIB)).await), 4 * MIB as u64);
    let rest = sent.content.slice(4 * MIB..);
    let end = ann.append("v", &wark, 4 * MIB, rest).await.expect("appends");
    assert!(matches!(end, Appended::Complete(_)), "{end:?}");
    assert_eq!(std::fs::read(site.at("v").join("a")).expect("reads"), sent.content);
}

#[tokio::test]
async fn a_newer_request_ends_an_older_one() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let ann = Person::new(&site, "*");
    let sent = Sent::noise(1, 3 * MIB);
    let id = ann.begin("v", "a", 3 * MIB).await.expect("begins");
    let (send, mut pieces) = mpsc::unbounded_channel::<std::result::Result<Bytes, Infallible>>();
    let body = futures_util::stream::poll_fn(move |context| pieces.poll_recv(context)).boxed();
    send.send(Ok(sent.content.slice(..MIB + 5))).expect("receives");
    let first = {
        let (uploads, access) = (ann.uploads.clone(), ann.access.clone());
        tokio::spawn(async move { uploads.append_sequential(&access, &vpath("v"), &id, (0, None), body).await })
    };
    let volume = ann.access.volume_path(&vpath("v")).expect("is there").volume;
    let has_chunk = || uploads_of(&volume.storage).registry().all().any(|one| one.received_chunks() == 1);
    while !has_chunk() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    // The sender of the first request is silent now.
    let offset = ann.offset("v", &id).await.expect("is known");
    assert!(offset >= MIB as u64);
    let ended = first.await.expect("ends");
    assert_eq!(offset_of(ended), offset);
    let at = offset as usize;
    stored(ann.append("v", &id, at, sent.content.slice(at..)).await);
    assert_eq!(std::fs::read(site.at("v").join("a")).expect("reads"), sent.content);
}

#[tokio::test]
async fn rights_are_asked_at_every_request() {
    let site = Site::new(&[("v", "v", "rw ann, w bob, r eve"), ("w", "w", "rw *")]);
    let [ann, bob, eve] = ["ann", "bob", "eve"].map(|name| Person::new(&site, name));
    let sent = Sent::noise(1, 2 * MIB);
    assert_eq!(kind(eve.begin("v", "a", 10).await), "Right");
    let id = bob.begin("v", "a", 2 * MIB).await.expect("may write");
    assert_eq!(kind(eve.offset("v", &id).await), "Right");
    assert_eq!(kind(bob.offset("w", &id).await), "UnknownWark");
    // An upload of up2k has an identity that anyone can compute.
    let wark = ann.ask("v", sent.ask("b")).await.expect("asks").wark;
    assert_eq!(kind(bob.offset("v", &wark).await), "UnknownWark");
    assert_eq!(kind(bob.append("v", &wark, 0, "x").await), "UnknownWark");
    assert_eq!(kind(bob.uploads.cancel_sequential(&bob.access, &vpath("v"), &wark).await), "UnknownWark");
    bob.uploads.cancel_sequential(&bob.access, &vpath("v"), &id).await.expect("is their own");
    assert_eq!(kind(bob.offset("v", &id).await), "UnknownWark");
    assert_eq!(kind(bob.append("v", &id, 0, "x").await), "UnknownWark");
    let unknown = Handshake { hashes: vec![ChunkHash::unknown(0)], size: 5, ..sent.ask("c") };
    assert_eq!(kind(ann.ask("v", unknown).await), "Request");
}

#[tokio::test]
async fn limits_hold_before_any_byte_travels() {
    let limit = |settings: &mut model::Settings| {
        settings.volumes.iter_mut().for_each(|volume| volume.flags.limits.max_size = Some(model::Bytes(1 << 20)));
    };
    let site = Site::with(&[("v", "v", "rw *")], limit);
    let ann = Person::new(&site, "*");
    assert_eq!(kind(ann.begin("v", "a", 2 * MIB).await), "Size");
    let huge = Handshake { size: u64::MAX, hashes: Vec::new(), ..Sent::new("").ask("a") };
    assert_eq!(kind(ann.uploads.begin_sequential(&ann.access, &vpath("v"), huge).await), "Size");
}
