//! `kill -9` at any moment loses nothing that was acknowledged.
//!
//! Fifty uploads run at once, and the server is killed in the middle of them several times. After each restart every
//! acknowledged file is complete, every acknowledged chunk counts, and no unfinished file is visible.

use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use support::http::Conn;
use support::up2k::Source;
use support::{TestServer, data};

/// One folder for all uploads, so that they contend for its lock, if it has one.
const FOLDER: &str = "/from%20many/";
const UPLOADS: usize = 50;
const CHUNKS: usize = 4;
const KILLS: usize = 3;
const MIB: usize = 1 << 20;

/// One client, and what the server has promised it.
struct Sender {
    number: usize,
    large: Source,
    /// Hashes of `large` that were answered with `thank`.
    chunks: HashSet<String>,
    /// True once the handshake of `large` listed no missing chunks.
    whole: bool,
    /// True if the answer to the last chunk was lost; then the file may be complete on the server.
    doubtful: bool,
    /// Small files that were acknowledged, by up2k or by PUT.
    small: Vec<Source>,
    serial: usize,
}

impl Sender {
    fn new(number: usize) -> Self {
        // Not a multiple of the chunk size, and every chunk differs.
        let large = Source::new(format!("large {number}.bin"), data::noise(number as u64, CHUNKS * MIB - 1_000));
        Self { number, large, chunks: HashSet::new(), whole: false, doubtful: false, small: Vec::new(), serial: 0 }
    }

    /// Sends until the server is killed or everything is sent.
    fn send(&mut self, addr: SocketAddr, acknowledged: &AtomicUsize) -> io::Result<()> {
        let mut conn = Conn::open(addr)?;
        while !self.whole {
            self.send_small(&mut conn)?;
            acknowledged.fetch_add(1, Ordering::SeqCst);
            let answer = self.ask(&mut conn)?;
            let Some(next) = answer.missing.first() else {
                self.whole = true;
                return Ok(());
            };
            self.doubtful = true;
            let reply = self.large.send_chunk(&mut conn, &answer, next)?;
            assert_eq!((reply.status, reply.text().as_str()), (200, "thank"), "{}", self.large.name);
            self.doubtful = false;
            self.chunks.insert(next.clone());
            acknowledged.fetch_add(1, Ordering::SeqCst);
        }
        Ok(())
    }

    /// Sends a handshake. It must list exactly the chunks that were not acknowledged.
    fn ask(&mut self, conn: &mut Conn) -> io::Result<support::up2k::Answer> {
        let answer =
            self.large.handshake(conn, FOLDER)?.unwrap_or_else(|r| panic!("refused: {} {}", r.status, r.text()));
        assert_eq!(answer.name, self.large.name, "the upload was taken for another file");
        let forgotten: Vec<_> = answer.missing.iter().filter(|h| self.chunks.contains(*h)).collect();
        assert!(forgotten.is_empty(), "{}: acknowledged chunks are missing again: {forgotten:?}", self.large.name);
        let known = CHUNKS - answer.missing.len();
        let most = self.chunks.len() + usize::from(self.doubtful);
        assert!(known <= most, "{}: {known} chunks count, {most} were sent", self.large.name);
        Ok(answer)
    }

    fn send_small(&mut self, conn: &mut Conn) -> io::Result<()> {
        self.serial += 1;
        let name = format!("small {} {}.txt", self.large.name, self.serial);
        let small =
            Source::new(name.clone(), data::noise((self.serial * 1_000 + self.number) as u64, 2_000 + self.serial));
        if self.serial.is_multiple_of(2) {
            small.upload(conn, FOLDER)?;
        } else {
            let path = format!("{}{}", FOLDER, data::encode(&name));
            let reply = conn.send("PUT", &path, &[], &small.data)?;
            assert_eq!(reply.status, 201, "{}", reply.text());
        }
        self.small.push(small);
        Ok(())
    }

    fn expected_files(&self) -> impl Iterator<Item = &Source> {
        self.small.iter().chain(self.whole.then_some(&self.large))
    }
}

#[test]
fn a_killed_server_keeps_every_promise() {
    let mut server = TestServer::writable();
    let mut senders: Vec<Sender> = (1..=UPLOADS).map(Sender::new).collect();
    for round in 1..=KILLS {
        // Kills in the middle of the work, and not when all clients are at the same point.
        let enough = UPLOADS + 33 * round;
        run_senders(&mut senders, server.addr, |acknowledged| {
            let deadline = Instant::now() + Duration::from_secs(60);
            while acknowledged.load(Ordering::SeqCst) < enough && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(1));
            }
            server.kill();
        });
        let chunks: usize = senders.iter().map(|s| s.chunks.len()).sum();
        let whole = senders.iter().filter(|s| s.whole).count();
        eprintln!("kill {round}: {chunks} chunks acknowledged, {whole} of {UPLOADS} large files whole");
        server.restart();
        promises_are_kept(&server, &mut senders);
    }
    run_senders(&mut senders, server.addr, |_| ());
    assert!(senders.iter().all(|s| s.whole), "an upload did not finish");
    promises_are_kept(&server, &mut senders);
    let stop = server.stop();
    assert_eq!(stop, Some(0), "a server that gets SIGTERM exits with 0");
}

/// Runs every client in a thread of its own while `meanwhile` runs. A lost connection only ends the client.
fn run_senders(senders: &mut [Sender], addr: SocketAddr, meanwhile: impl FnOnce(&AtomicUsize)) {
    let acknowledged = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let threads: Vec<_> = senders.iter_mut().map(|s| scope.spawn(|| s.send(addr, &acknowledged))).collect();
        meanwhile(&acknowledged);
        for thread in threads {
            // The end of the connection is intended; a broken promise panics and fails the test.
            let _ = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        }
    });
}

fn promises_are_kept(server: &TestServer, senders: &mut [Sender]) {
    let mut conn = server.connect();
    let listed = listed(&mut conn, FOLDER);
    for name in &listed {
        let lower = name.to_lowercase();
        assert!(!lower.contains("partial") && !name.starts_with('.'), "{name:?} is visible");
    }
    for sender in senders.iter_mut() {
        for source in sender.expected_files() {
            assert!(listed.contains(&source.name), "{} was acknowledged and is gone", source.name);
            let reply =
                conn.send("GET", &format!("{}{}", FOLDER, data::encode(&source.name)), &[], b"").expect("a reply");
            assert_eq!(reply.status, 200, "{}", source.name);
            assert!(reply.body == source.data, "{} was acknowledged and differs", source.name);
        }
        if !sender.whole {
            let all_sent = sender.chunks.len() + usize::from(sender.doubtful) >= CHUNKS;
            assert!(
                all_sent || !listed.contains(&sender.large.name),
                "{} is unfinished and can be seen",
                sender.large.name
            );
            let answer = sender.ask(&mut conn).expect("a handshake");
            // The last chunk was stored although its answer was lost: it counts as acknowledged from now on.
            let kept = sender.large.hashes.iter().filter(|h| !answer.missing.contains(h)).cloned();
            sender.chunks.extend(kept);
            sender.doubtful = false;
        }
    }
}

/// Returns the names in a folder.
fn listed(conn: &mut Conn, folder: &str) -> HashSet<String> {
    let reply = conn.send("GET", &format!("{folder}?ls"), &[], b"").expect("a listing");
    assert_eq!(reply.status, 200, "{}", reply.text());
    let list = reply.json();
    let files = list["files"].as_array().expect("a list of files");
    files.iter().map(|f| decode(f["href"].as_str().expect("a link"))).collect()
}

fn decode(href: &str) -> String {
    let bytes = href.split('?').next().unwrap_or_default().as_bytes();
    let (mut out, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let hex = (bytes[at] == b'%').then(|| href.get(at + 1..at + 3)).flatten();
        match hex.and_then(|h| u8::from_str_radix(h, 16).ok()) {
            Some(byte) => (out.push(byte), at += 3).1,
            None => (out.push(bytes[at]), at += 1).1,
        }
    }
    String::from_utf8(out).expect("names in this test are UTF-8")
}
