//! The sender of an upload can cancel it: nothing of it stays, whatever else happens to it at that moment.

use super::my_uploads::{elsewhere, why};
use super::*;
use crate::growing_file;
use crate::registry::unfinished::{FinishedFile, Stage};
use crate::volume::uploads_of;
use model::Event;
use std::sync::Arc;
use store::disk::{Faults, Folder, Op};
use tokio::sync::{mpsc, watch};
use vfs::error::{UnpostRefused, UploadError};

impl Person {
    async fn abandon(&self, path: &str, wark: Option<&Wark>) -> Result<()> {
        self.uploads.abandon(&self.access, &vpath(path), wark).await
    }
}

fn under_way(person: &Person, path: &str) -> usize {
    let volume = person.access.volume_path(&vpath(path)).expect("is there").volume;
    uploads_of(&volume.storage).registry().all().count()
}

#[tokio::test]
async fn a_canceled_upload_leaves_nothing() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let ann = Person::new(&site, "*");
    let mut events = site.core.events.subscribe();
    let sent = Sent::noise(1, 3 << 20);
    let wark = ann.ask("v/d", sent.ask("a")).await.expect("new").wark;
    ann.send_chunk("v", &wark, &sent, &sent.hashes[1]).await.expect("chunk");
    assert_eq!(all_in(&site.at("v/d")).len(), 1);
    let volume = ann.access.volume_path(&vpath("v/d")).expect("is there").volume;
    let name = FileName::new(b"a").expect("is a name");
    let mut reader =
        growing_file::find_growing(&volume, &vpath("d"), &name).expect("opens").expect("is being uploaded");

    ann.abandon("v/d/a", Some(&wark)).await.expect("is their own upload");
    assert!(all_in(&site.at("v/d")).is_empty());
    assert_eq!(kind(reader.wait_beyond(0).await), "Client");
    assert_eq!(kind(ann.send_chunk("v", &wark, &sent, &sent.hashes[0]).await), "UnknownWark");
    assert_eq!(kind(ann.abandon("v/d/a", Some(&wark)).await), "UnpostRefused");
    let mut reasons = Vec::new();
    while let Ok(event) = events.try_recv() {
        if let Event::TransferFailed { reason, .. } = event {
            reasons.push(reason);
        }
    }
    assert_eq!(reasons, ["Cancelled by sender."]);

    // The ledger has no row either, and the name is free for another file.
    drop((volume, reader, ann));
    let site = restarted(site);
    let ann = Person::new(&site, "*");
    assert_eq!(under_way(&ann, "v"), 0);
    let other = Sent::noise(2, 100);
    assert_eq!(ann.upload("v/d", "a", &other).await.expect("uploads").name, b"a");
    assert_eq!(ann.ask("v/d", sent.ask("again")).await.expect("new").missing, sent.hashes);
}

#[tokio::test]
async fn an_upload_from_an_earlier_run_can_be_canceled() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let sent = Sent::noise(1, 3 << 20);
    {
        let ann = Person::new(&site, "*");
        let wark = ann.ask("v", sent.ask("a")).await.expect("new").wark;
        ann.send_chunk("v", &wark, &sent, &sent.hashes[0]).await.expect("chunk");
    }
    let site = restarted(site);
    let ann = Person::new(&site, "*");
    assert_eq!(under_way(&ann, "v"), 1);
    ann.abandon("v/a", None).await.expect("is their own upload");
    assert_eq!(all_in(&site.at("v")), [".hist"]);
    assert_eq!(under_way(&Person::new(&restarted(site), "*"), "v"), 0);
}

#[tokio::test]
async fn only_its_sender_can_cancel_an_upload() {
    let site = Site::new(&[("v", "v", "rw ann, rw bob, w cid, w *"), ("r", "r", "r *")]);
    let person = |name: &str| Person::new(&site, name);
    let sent = Sent::noise(1, 3 << 20);
    let wark = person("ann").ask("v", sent.ask("a")).await.expect("new").wark;
    person("ann").send_chunk("v", &wark, &sent, &sent.hashes[0]).await.expect("chunk");
    let visitors = person("*").ask("v", sent.ask("visitors")).await.expect("new").wark;
    for wark in [None, Some(&wark)] {
        assert_eq!(why(person("bob").abandon("v/a", wark).await), UnpostRefused::NotYours);
        // An account that may not read gets no information.
        assert_eq!(why(person("cid").abandon("v/a", wark).await), UnpostRefused::Unknown);
        assert_eq!(why(elsewhere(&person("*")).abandon("v/visitors", wark).await), UnpostRefused::Unknown);
    }
    person("*").abandon("v/visitors", Some(&visitors)).await.expect("is their own upload");
    for path in ["v/b", "v/d/a", "v"] {
        assert_eq!(why(person("ann").abandon(path, None).await), UnpostRefused::Unknown, "{path}");
    }
    assert_eq!(kind(person("ann").abandon("r/a", None).await), "Right");
    let other = Sent::noise(2, 3 << 20);
    let others = Wark::of_content(
        &person("ann").access.snapshot().settings.behaviour.wark_salt,
        model::Bytes(3 << 20),
        &other.hashes,
    );
    assert_eq!(kind(person("ann").abandon("v/a", Some(&others)).await), "UnpostRefused");
    let done = person("ann").upload("v", "a", &sent).await.expect("continues");
    assert!(done.missing.is_empty());
    // The file is complete and therefore no unfinished upload.
    assert_eq!(kind(person("ann").abandon("v/a", None).await), "UnpostRefused");
    assert_eq!(std::fs::read(site.at("v/a")).expect("reads"), sent.content);
}

#[tokio::test]
async fn the_wark_selects_one_of_several_uploads_believed_to_have_one_name() {
    let site = Site::new(&[("v", "v", "w *")]);
    let ann = Person::new(&site, "*");
    let files = [Sent::noise(1, 3 << 20), Sent::noise(2, 3 << 20)];
    let mut warks = Vec::new();
    for sent in &files {
        let reply = ann.ask("v", sent.ask("a")).await.expect("new");
        assert_eq!(reply.name, b"a", "an account that may not read does not learn taken names");
        ann.send_chunk("v", &reply.wark, sent, &sent.hashes[0]).await.expect("chunk");
        warks.push(reply.wark);
    }
    ann.abandon("v/a", Some(&warks[1])).await.expect("is their own upload");
    ann.upload("v", "a", &files[0]).await.expect("continues");
    assert_eq!(std::fs::read(site.at("v/a")).expect("reads"), files[0].content);
    assert_eq!(all_in(&site.at("v")), [".hist", "a"]);
}

#[tokio::test]
async fn cancel_while_a_chunk_is_being_written() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let ann = Person::new(&site, "*");
    let sent = Sent::noise(1, 3 << 20);
    let reply = ann.ask("v", sent.ask("a")).await.expect("new");
    let claim = async |at: usize| {
        let (hash, folder) = (sent.hashes[at], vpath("v"));
        ann.uploads.claim(&ann.access, &folder, &reply.wark, ChunkSelection::One(hash, None), 1 << 20).await
    };
    // One request has started to write; the other one has claimed a chunk and not started.
    let (writing, idle) = (claim(0).await.expect("free"), claim(1).await.expect("free"));
    let (pieces, body) = mpsc::channel::<std::result::Result<Bytes, Infallible>>(1);
    let body = stream::unfold(body, |mut body| async { body.recv().await.map(|piece| (piece, body)) });
    let receiving = tokio::spawn(writing.receive(body));
    let chunk = sent.chunk(&sent.hashes[0]);
    pieces.send(Ok(chunk.slice(..700_000))).await.expect("is taken");
    while all_in(&site.at("v")).iter().all(|name| !name.ends_with(".PARTIAL")) {
        tokio::task::yield_now().await;
    }
    // The file is visible a moment before its creator releases the lock.
    while let Err(busy) = ann.abandon("v/a", Some(&reply.wark)).await {
        assert_eq!(kind::<()>(Err(busy)), "Busy");
        tokio::task::yield_now().await;
    }
    pieces.send(Ok(chunk.slice(700_000..))).await.expect("is taken");
    drop(pieces);
    assert_eq!(kind(receiving.await.expect("runs")), "UnknownWark");
    assert_eq!(kind(idle.receive(in_pieces(sent.chunk(&sent.hashes[1]))).await), "UnknownWark");
    assert_eq!(kind(claim(2).await.map(drop)), "UnknownWark");
    assert_eq!(all_in(&site.at("v")), [".hist"]);
    // The upload starts again.
    assert_eq!(ann.ask("v", sent.ask("a")).await.expect("new").missing, sent.hashes);
    ann.upload("v", "a", &sent).await.expect("uploads");
    assert_eq!(std::fs::read(site.at("v/a")).expect("reads"), sent.content);
}

#[tokio::test]
async fn cancel_while_the_upload_is_being_finished() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let ann = Arc::new(Person::new(&site, "*"));
    let sent = Sent::noise(1, 3 << 20);
    let volume = ann.access.volume_path(&vpath("v")).expect("is there").volume;
    for fails in [true, false] {
        let wark = ann.ask("v", sent.ask("a")).await.expect("new").wark;
        ann.send_chunk("v", &wark, &sent, &sent.hashes[0]).await.expect("chunk");
        let (outcome, end) = watch::channel(None);
        let id = uploads_of(&volume.storage).registry().of(&wark).map(|one| one.id).next().expect("is there");
        uploads_of(&volume.storage).registry().get_mut(id).expect("is there").stage = Stage::Finishing(end);
        let person = ann.clone();
        let abandoning = tokio::spawn(async move { person.abandon("v/a", Some(&wark)).await });
        while outcome.receiver_count() < 2 {
            tokio::task::yield_now().await;
        }
        assert!(!abandoning.is_finished());
        if fails {
            uploads_of(&volume.storage).registry().get_mut(id).expect("stays").stage = Stage::Receiving;
            outcome.send_replace(Some(Err(EngineError::Busy)));
            abandoning.await.expect("runs").expect("is no file, so it goes");
            assert_eq!(all_in(&site.at("v")), [".hist"]);
        } else {
            uploads_of(&volume.storage).registry().remove(id);
            outcome.send_replace(Some(Ok(FinishedFile { name: FileName::new(b"a").expect("is a name") })));
            assert_eq!(kind(abandoning.await.expect("runs")), "UnpostRefused", "is a file, so it stays");
        }
    }
}

#[tokio::test]
async fn cancel_while_the_upload_is_being_verified() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let ann = Person::new(&site, "*");
    let sent = Sent::noise(1, 3 << 20);
    let wark = ann.ask("v", sent.ask("a")).await.expect("new").wark;
    let volume = ann.access.volume_path(&vpath("v")).expect("is there").volume;
    let opening =
        uploads_of(&volume.storage).registry().of(&wark).map(|one| one.open_lock.clone()).next().expect("is there");
    let ((held, is_held), (let_go, until)) = (std::sync::mpsc::channel(), std::sync::mpsc::channel::<()>());
    let looking = std::thread::spawn(move || {
        let _held = opening.lock();
        held.send(()).expect("is awaited");
        let _dropped = until.recv();
    });
    is_held.recv().expect("is held");
    assert_eq!(kind(ann.abandon("v/a", None).await), "Busy");
    drop(let_go);
    looking.join().expect("ends");
    ann.abandon("v/a", None).await.expect("is their own upload");
}

#[tokio::test]
async fn an_upload_whose_file_cannot_be_removed_can_be_canceled_again() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let ann = Person::new(&site, "*");
    let faults = Arc::new(Faults::default());
    let volume = ann.access.volume_path(&vpath("v")).expect("is there").volume;
    volume.storage.set_root(Folder::open_root(&site.at("v")).expect("opens").with_faults(faults.clone()));
    let sent = Sent::noise(1, 3 << 20);
    let wark = ann.ask("v", sent.ask("a")).await.expect("new").wark;
    ann.send_chunk("v", &wark, &sent, &sent.hashes[0]).await.expect("chunk");
    faults.fail_all(Op::Remove, std::io::ErrorKind::ReadOnlyFilesystem);
    assert_eq!(kind(ann.abandon("v/a", None).await), "ReadOnly");
    assert_eq!(ann.ask("v", sent.ask("a")).await.expect("continues").missing, sent.hashes[1..]);
    faults.clear();
    ann.abandon("v/a", None).await.expect("is their own upload");
    assert_eq!(all_in(&site.at("v")), [".hist"]);
}

/// Cancels at random moments: afterwards the whole file exists or nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancel_at_random_moments() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let ann = Arc::new(Person::new(&site, "*"));
    let (mut whole, mut gone) = (0, 0);
    for round in 0..60u64 {
        let sent = Sent::noise(round + 1, (2 << 20) + 1000);
        let name = format!("f{round}");
        let reply = ann.ask("v", sent.ask(&name)).await.expect("new");
        let chunks: Vec<_> = sent
            .hashes
            .iter()
            .map(|hash| {
                let (ann, sent, wark, hash) = (ann.clone(), sent.clone(), reply.wark, *hash);
                tokio::spawn(async move { ann.send_chunk("v", &wark, &sent, &hash).await })
            })
            .collect();
        // From immediately to after the last byte.
        for _ in 0..round * 4 {
            tokio::task::yield_now().await;
        }
        while round == 59 && !chunks.iter().all(|chunk| chunk.is_finished()) {
            tokio::task::yield_now().await;
        }
        let answer = loop {
            match ann.abandon(&format!("v/{name}"), Some(&reply.wark)).await {
                Err(EngineError::Busy) => tokio::task::yield_now().await,
                answer => break answer,
            }
        };
        for chunk in chunks {
            let _accepted_or_not = chunk.await.expect("runs");
        }
        let path = site.at("v").join(&name);
        match answer {
            Ok(()) => {
                gone += 1;
                assert!(!path.exists(), "round {round}");
            }
            Err(error) => {
                whole += 1;
                assert!(matches!(error, EngineError::Upload(UploadError::UnpostRefused(_))), "{error:?}");
                assert_eq!(std::fs::read(path).expect("reads"), sent.content, "round {round}");
            }
        }
        assert!(all_in(&site.at("v")).iter().all(|name| !name.ends_with(".PARTIAL")), "round {round}");
        assert_eq!(under_way(&ann, "v"), 0);
    }
    assert!(gone > 0 && whole > 0, "{whole} whole, {gone} gone");
}
