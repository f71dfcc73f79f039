//! `kill -9` in the middle of long bodies: of many chunks in one request only the current one is lost.

use std::time::{Duration, Instant};

use support::http::Conn;
use support::up2k::{Answer, Source};
use support::{TestServer, data};

const MIB: usize = 1 << 20;
const LIMIT: Duration = Duration::from_secs(60);

/// A request with several chunks, of which a part has been sent.
struct Slow<'a> {
    conn: Conn,
    rest: &'a [u8],
}

impl<'a> Slow<'a> {
    /// Starts a request for chunks `from..to` of a file with chunks of 1 MiB.
    fn begin(server: &TestServer, source: &'a Source, answer: &Answer, from: usize, to: usize) -> Self {
        let rest = &source.data[from * MIB..(to * MIB).min(source.data.len())];
        let mut conn = server.connect();
        let (purl, wark, hashes) = (&answer.purl, &answer.wark, source.hashes[from..to].join(","));
        let head = format!(
            "POST {purl} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/octet-stream\r\nContent-Length: {}\r\n\
             X-Up2k-Wark: {wark}\r\nX-Up2k-Hash: {hashes}\r\n\r\n",
            server.addr,
            rest.len()
        );
        conn.write(head.as_bytes()).expect("the server takes it");
        Self { conn, rest }
    }

    fn send(&mut self, bytes: usize) {
        let (now, rest) = self.rest.split_at(bytes);
        self.conn.write(now).expect("the server takes it");
        self.rest = rest;
    }
}

/// Returns the missing chunks of a file.
fn missing(server: &TestServer, source: &Source) -> Vec<String> {
    let answer = source.handshake(&mut server.connect(), "/").expect("an answer");
    answer.unwrap_or_else(|r| panic!("refused: {} {}", r.status, r.text())).missing
}

/// Sends a little of each body until the server has counted all but `want` chunks.
fn until_missing(server: &TestServer, source: &Source, want: usize, bodies: &mut [Slow<'_>]) {
    let deadline = Instant::now() + LIMIT;
    while missing(server, source).len() > want {
        assert!(Instant::now() < deadline, "{} are missing, not {want}", missing(server, source).len());
        bodies.iter_mut().for_each(|body| body.send(512));
    }
}

/// `bodies`: number of chunks that are sent of each request, of eight.
fn check_crashes(args: &[&str], bodies: &[usize]) {
    const EACH: usize = 8;
    let mut server = TestServer::start(args.iter().copied());
    let count = EACH * bodies.len();
    let source = Source::new("film.bin", data::noise(9, count * MIB - 77));
    let answer = source.handshake(&mut server.connect(), "/").expect("an answer").expect("is new");
    let mut slow: Vec<Slow<'_>> =
        (0..bodies.len()).map(|at| Slow::begin(&server, &source, &answer, at * EACH, (at + 1) * EACH)).collect();
    // The complete chunks, and a third of the next one.
    for (body, chunks) in slow.iter_mut().zip(bodies) {
        body.send(chunks * MIB + MIB / 3);
    }
    let sent: usize = bodies.iter().sum();
    until_missing(&server, &source, count - sent, &mut slow);
    // Every chunk that counted before this acknowledgement is in the ledger.
    Source::new("other.bin", data::noise(10, 3 * MIB)).upload(&mut server.connect(), "/").expect("uploads");
    server.kill();
    drop(slow);
    server.restart();
    let left = missing(&server, &source);
    assert_eq!(left.len(), count - sent, "each request loses its current chunk and no other");
    source.upload(&mut server.connect(), "/").expect("goes on");
    assert_eq!(std::fs::read(server.root().join("film.bin")).expect("is there"), source.data);
}

#[test]
fn one_slow_body_loses_its_current_chunk() {
    check_crashes(&["-v", "{root}::rw"], &[5]);
}

#[test]
fn each_of_several_slow_bodies_loses_one_chunk() {
    check_crashes(&["-v", "{root}::rw"], &[2, 6, 1]);
}

#[test]
fn a_body_of_which_only_the_end_is_missing() {
    check_crashes(&["-v", "{root}::rw"], &[7]);
}

#[test]
fn a_volume_that_receives_chunks_in_order() {
    check_crashes(&["-v", "{root}::rw:c,nosparse"], &[4]);
}
