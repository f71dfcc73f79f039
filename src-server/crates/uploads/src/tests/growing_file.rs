//! A reader of a growing file waits as long as its sender is active, and not forever.

use super::*;
use crate::volume::uploads_of;
use futures_util::StreamExt;
use std::time::Duration;
use tokio::time::Instant;
use vfs::error::Interruption;
use vfs::files::read::{BodyKind, Download, Found, Reader};

/// Returns an upload of four chunks, of which the first is received, and a download of it.
async fn begun(site: &Site) -> (Person, Sent, Wark, Download) {
    let ann = Person::new(site, "*");
    let sent = Sent::noise(1, 4 << 20);
    let wark = ann.ask("v", sent.ask("a")).await.expect("new").wark;
    ann.send_chunk("v", &wark, &sent, &sent.hashes[0]).await.expect("chunk");
    let reader = Reader::new(site.core.clone());
    let Found::File(download) = reader.open(&ann.access, &vpath("v/a"), None).await.expect("is being uploaded") else {
        panic!("a file")
    };
    (ann, sent, wark, download)
}

/// Returns the number of bytes before the body ended, and the error that ended it.
async fn drain(download: Download) -> (usize, Option<String>) {
    let size = download.size;
    let mut body = download.stream(0..size, BodyKind::Buffered);
    let mut got = 0;
    while let Some(piece) = body.next().await {
        match piece {
            Ok(bytes) => got += bytes.len(),
            Err(error) => return (got, Some(error.to_string())),
        }
    }
    (got, None)
}

#[tokio::test(start_paused = true)]
async fn a_reader_does_not_wait_forever() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let (_ann, _sent, _wark, download) = begun(&site).await;
    let began = Instant::now();
    let (got, end) = drain(download).await;
    assert_eq!((got, end), (1 << 20, Some(EngineError::Interrupted(Interruption::Sender).to_string())));
    assert!((120..125).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn dropping_the_upload_ends_the_download_at_once() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let (ann, _, _, download) = begun(&site).await;
    let began = Instant::now();
    let reading = tokio::spawn(drain(download));
    tokio::time::sleep(Duration::from_secs(10)).await;
    let uploads = uploads_of(&ann.access.snapshot().tree.volumes[0].storage).clone();
    let id = uploads.registry().all().next().expect("one").id;
    uploads.registry().remove(id);
    assert_eq!(
        reading.await.expect("runs"),
        (1 << 20, Some(EngineError::Interrupted(Interruption::Client).to_string()))
    );
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_slow_sender_does_not_end_the_download() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let (ann, sent, wark, download) = begun(&site).await;
    let began = Instant::now();
    let reading = tokio::spawn(drain(download));
    // A chunk that takes ten minutes.
    let (folder, second) = (vpath("v"), ChunkSelection::One(sent.hashes[1], None));
    let lease = ann.uploads.claim(&ann.access, &folder, &wark, second, 1 << 20).await.expect("claims");
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert!(!reading.is_finished(), "a chunk is being received");
    lease.receive(in_pieces(sent.chunk(&sent.hashes[1]))).await.expect("arrives");
    // Chunks that leave a gap, and a sender that only sends handshakes.
    for at in [3, 2] {
        tokio::time::sleep(Duration::from_secs(100)).await;
        std::thread::sleep(Duration::from_millis(2));
        ann.ask("v", sent.ask("a")).await.expect("is answered");
        tokio::time::sleep(Duration::from_secs(100)).await;
        std::thread::sleep(Duration::from_millis(2));
        ann.send_chunk("v", &wark, &sent, &sent.hashes[at]).await.expect("chunk");
    }
    assert_eq!(reading.await.expect("runs"), (4 << 20, None));
    assert!(began.elapsed() >= Duration::from_secs(1000));
}
