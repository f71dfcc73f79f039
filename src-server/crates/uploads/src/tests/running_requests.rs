//! Chunks of a running request are recorded periodically.

use super::*;
use crate::volume::uploads_of;
use std::time::Duration;
use tokio::sync::mpsc;

/// A running request for all chunks of a file; the test sends its body through a channel.
struct Running {
    body: mpsc::UnboundedSender<std::io::Result<Bytes>>,
    task: tokio::task::JoinHandle<Result<()>>,
}

async fn run(person: &Person, wark: &Wark, sent: &Sent) -> Running {
    let selection = ChunkSelection::Full(sent.hashes.clone());
    let length = sent.content.len() as u64;
    let lease = person.uploads.claim(&person.access, &vpath("v"), wark, selection, length).await.expect("is free");
    let (body, mut pieces) = mpsc::unbounded_channel();
    let stream = stream::poll_fn(move |context| pieces.poll_recv(context));
    Running { body, task: tokio::spawn(lease.receive(stream)) }
}

/// Sends bytes until the ledger counts `want` chunks; returns how many were sent.
async fn until_recorded(person: &Person, sent: &Sent, body: &Running, mut from: usize, want: usize) -> usize {
    let uploads = uploads_of(&person.access.snapshot().tree.volumes[0].storage).clone();
    let entered = || {
        let rows = uploads.ledger.unfinished_uploads().expect("reads");
        rows.first().map_or(0, |row| row.upload.have.iter().filter(|here| **here).count())
    };
    tokio::time::timeout(Duration::from_secs(60), async {
        while entered() < want {
            let to = (from + 4096).min(sent.content.len() - 1);
            body.body.send(Ok(sent.content.slice(from..to))).expect("is received");
            from = to;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await
    .expect("they are recorded");
    from
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chunks_of_a_running_request_outlive_the_program() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let (ann, sent) = (Person::new(&site, "*"), Sent::noise(1, 8 << 20));
    let reply = ann.ask("v", sent.ask("a")).await.expect("new");
    let running = run(&ann, &reply.wark, &sent).await;
    running.body.send(Ok(sent.content.slice(..3 << 20))).expect("is received");
    let from = until_recorded(&ann, &sent, &running, 3 << 20, 3).await;
    // Later ones, too.
    running.body.send(Ok(sent.content.slice(from..6 << 20))).expect("is received");
    until_recorded(&ann, &sent, &running, 6 << 20, 6).await;
    assert_eq!(ann.ask("v", sent.ask("a")).await.expect("under way").missing, sent.hashes[6..]);
    // The connection breaks: nothing is recorded twice, and nothing is lost.
    drop(running.body);
    assert_eq!(kind(running.task.await.expect("ends")), "Client");
    let site = restarted(site);
    let ann = Person::new(&site, "*");
    assert!(ann.ask("v", sent.ask("a")).await.expect("continues").missing.len() <= 2);
    assert!(ann.upload("v", "a", &sent).await.expect("uploads").missing.is_empty());
    assert_eq!(std::fs::read(site.at("v/a")).expect("reads"), sent.content);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_chunk_is_recorded_only_with_the_file() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let (ann, sent) = (Person::new(&site, "*"), Sent::noise(2, 3 << 20));
    let reply = ann.ask("v", sent.ask("a")).await.expect("new");
    let running = run(&ann, &reply.wark, &sent).await;
    running.body.send(Ok(sent.content.slice(..2 << 20))).expect("is received");
    let from = until_recorded(&ann, &sent, &running, 2 << 20, 2).await;
    running.body.send(Ok(sent.content.slice(from..))).expect("is received");
    drop(running.body);
    running.task.await.expect("ends").expect("all is here");
    let uploads = &uploads_of(&ann.access.snapshot().tree.volumes[0].storage);
    assert!(uploads.ledger.unfinished_uploads().expect("reads").is_empty());
    assert!(ann.ask("v", sent.ask("a")).await.expect("known").missing.is_empty());
    assert_eq!(std::fs::read(site.at("v/a")).expect("reads"), sent.content);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_chunk_ends_the_request_and_earlier_chunks_stay() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let (ann, sent) = (Person::new(&site, "*"), Sent::noise(3, 6 << 20));
    let reply = ann.ask("v", sent.ask("a")).await.expect("new");
    let running = run(&ann, &reply.wark, &sent).await;
    running.body.send(Ok(sent.content.slice(..2 << 20))).expect("is received");
    let from = until_recorded(&ann, &sent, &running, 2 << 20, 2).await;
    let damaged = Bytes::from(vec![0; (4 << 20) - from]);
    running.body.send(Ok(damaged)).expect("is received");
    let _it_may_have_ended = running.body.send(Ok(sent.content.slice(4 << 20..)));
    drop(running.body);
    assert_eq!(kind(running.task.await.expect("ends")), "ChunkCorrupt");
    assert_eq!(ann.ask("v", sent.ask("a")).await.expect("under way").missing, sent.hashes[2..]);
    assert!(ann.upload("v", "a", &sent).await.expect("uploads").missing.is_empty());
    assert_eq!(std::fs::read(site.at("v/a")).expect("reads"), sent.content);
}
