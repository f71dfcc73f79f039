//! Chunks spliced from the socket into their file (`store::splice`): however they are split into packets, wherever they
//! end, and whatever follows them on the same connection.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use support::TestServer as Server;
use support::up2k::{Answer, Source};

use crate::hostile::assert_unaffected;

const MIB: usize = 1 << 20;

fn source(name: &str, seed: u64, size: usize) -> Source {
    Source::new(name, support::data::noise(seed, size))
}

/// Returns the host for a `Host` header.
fn host(server: &Server) -> String {
    server.url("").trim_start_matches("http://").trim_end_matches('/').to_owned()
}

/// Returns the head of a request with some chunks.
fn head(server: &Server, answer: &Answer, hashes: &str, length: usize) -> String {
    let host = host(server);
    format!(
        "POST {} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/octet-stream\r\nX-Up2k-Wark: {}\r\n\
         X-Up2k-Hash: {hashes}\r\nContent-Length: {length}\r\n\r\n",
        answer.purl, answer.wark
    )
}

fn begin(server: &Server, source: &Source) -> Answer {
    source.handshake(&mut server.connect(), "/").expect("a reply").expect("accepted")
}

#[test]
fn all_chunks_in_one_body_followed_by_two_requests() {
    let server = Server::writable();
    let source = source("a.bin", 1, 5 * MIB + 77);
    let answer = begin(&server, &source);
    let hashes = source.hashes.join(",");
    let mut bytes = head(&server, &answer, &hashes, source.data.len()).into_bytes();
    bytes.extend_from_slice(&source.data);
    let ask = format!("GET /a.bin HTTP/1.1\r\nHost: {}\r\n\r\n", host(&server));
    bytes.extend_from_slice(ask.repeat(2).as_bytes());
    let mut conn = server.connect();
    conn.write(&bytes).expect("sends");
    assert_eq!(conn.receive(false).expect("an answer").text(), "thank");
    for _ in 0..2 {
        assert!(conn.receive(false).expect("an answer").body == source.data);
    }
}

#[test]
fn odd_packets_with_pauses() {
    let server = Server::writable();
    for (seed, piece) in [(2, 1), (3, 100), (4, 1_448), (5, 70_001)] {
        let source = source(&format!("{piece}.bin"), seed, 2 * MIB + 4_321);
        let answer = begin(&server, &source);
        let hashes = source.hashes.join(",");
        let mut bytes = head(&server, &answer, &hashes, source.data.len()).into_bytes();
        let middle = bytes.len() + MIB;
        bytes.extend_from_slice(&source.data);
        let mut conn = server.connect();
        // Small pieces around the head and around the boundary of two chunks in the middle.
        let (first, rest) = bytes.split_at((piece * 20).min(MIB / 2) + 300);
        let (second, rest) = rest.split_at(middle - first.len() - (piece * 10).min(MIB / 4));
        let (third, last) = rest.split_at((piece * 20).min(MIB / 2));
        for part in first.chunks(piece) {
            conn.write(part).expect("sends");
        }
        conn.write(second).expect("sends");
        std::thread::sleep(Duration::from_millis(100));
        for part in third.chunks(piece) {
            conn.write(part).expect("sends");
            std::thread::sleep(Duration::from_millis(3));
        }
        conn.write(last).expect("sends");
        assert_eq!(conn.receive(false).expect("an answer").text(), "thank", "{piece}");
        assert!(server.get(&format!("/{piece}.bin")).body == source.data, "{piece}");
    }
}

#[test]
fn a_damaged_chunk_is_refused_and_the_connection_stays_in_sync() {
    let server = Server::writable();
    let source = source("b.bin", 6, 6 * MIB);
    let answer = begin(&server, &source);
    let mut damaged = source.data.clone();
    damaged[3 * MIB + 5] ^= 1;
    let mut bytes = head(&server, &answer, &source.hashes.join(","), damaged.len()).into_bytes();
    bytes.extend_from_slice(&damaged);
    let mut conn = server.connect();
    conn.write(&bytes).expect("sends");
    let reply = conn.receive(false).expect("an answer");
    assert!(reply.status >= 400 && reply.text().contains("corrupted somehow"), "{} {}", reply.status, reply.text());
    assert_unaffected(&server, "a damaged chunk");
    // The chunks before it count; the file is not visible.
    let answer = begin(&server, &source);
    assert_eq!(answer.missing, source.hashes[3..], "the first three are there");
    // Either the connection has ended, or its next answer belongs to its next request.
    if let Ok(reply) = conn.send("GET", "/?ls", &[], b"") {
        assert!(reply.json()["files"].is_array());
    }
    source.upload(&mut server.connect(), "/").expect("the rest");
    assert!(server.get("/b.bin").body == source.data);
}

#[test]
fn a_broken_connection_keeps_the_complete_chunks() {
    let server = Server::writable();
    let source = source("c.bin", 7, 4 * MIB);
    let answer = begin(&server, &source);
    let mut bytes = head(&server, &answer, &source.hashes.join(","), source.data.len()).into_bytes();
    bytes.extend_from_slice(&source.data[..2 * MIB + 12_345]);
    let mut line = TcpStream::connect(host(&server)).expect("connects");
    line.write_all(&bytes).expect("sends");
    drop(line);
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while begin(&server, &source).missing != source.hashes[2..] {
        assert!(std::time::Instant::now() < deadline, "two chunks are there: {:?}", begin(&server, &source).missing);
        std::thread::sleep(Duration::from_millis(50));
    }
    // The chunk that was being written is free once the broken connection is noticed; clients try again until then.
    let is_taken = |answer: &Answer| {
        let reply = source.send_chunk(&mut server.connect(), answer, &source.hashes[2]).expect("answers");
        reply.text().contains("already being written")
    };
    while is_taken(&answer) {
        assert!(std::time::Instant::now() < deadline, "the chunk of the broken connection stays taken");
        std::thread::sleep(Duration::from_millis(50));
    }
    source.upload(&mut server.connect(), "/").expect("the rest");
    assert!(server.get("/c.bin").body == source.data);
}

#[test]
fn equal_chunks_are_written_at_all_their_offsets() {
    let server = Server::writable();
    let one = support::data::noise(8, MIB);
    let source = Source::new("d.bin", [&one[..], &one, &support::data::noise(9, MIB), &one].concat());
    source.upload(&mut server.connect(), "/").expect("uploads");
    assert!(server.get("/d.bin").body == source.data);
}

#[test]
fn more_bodies_at_once_than_pipes() {
    let server = Server::writable();
    std::thread::scope(|scope| {
        for at in 0..40 {
            let server = &server;
            scope.spawn(move || {
                let source = source(&format!("{at}.bin"), 100 + at, 2 * MIB + at as usize);
                source.upload(&mut server.connect(), "/").expect("uploads");
                assert!(server.get(&format!("/{at}.bin")).body == source.data, "{at}");
            });
        }
    });
}

#[test]
fn a_stalled_client_gets_408_and_a_slow_one_is_waited_for() {
    let server = crate::hostile::server();
    let source = source("e.bin", 10, 3 * MIB);
    let answer = begin(&server, &source);
    let mut bytes = head(&server, &answer, &source.hashes.join(","), source.data.len()).into_bytes();
    bytes.extend_from_slice(&source.data[..MIB + 5_000]);
    let mut conn = server.connect();
    conn.write(&bytes).expect("sends");
    let reply = conn.receive(false).expect("an answer");
    assert_eq!((reply.status, reply.text().contains("stopped arriving")), (408, true), "{}", reply.text());
    let answer = begin(&server, &source);
    assert_eq!(answer.missing, source.hashes[1..], "the complete chunk counts");

    // Longer in total than the timeout between two bytes.
    let rest = &source.data[MIB..];
    let mut conn = server.connect();
    conn.write(head(&server, &answer, &answer.missing.join(","), rest.len()).as_bytes()).expect("sends");
    for piece in rest[..40_000].chunks(4_000) {
        conn.write(piece).expect("sends");
        std::thread::sleep(Duration::from_millis(300));
    }
    conn.write(&rest[40_000..]).expect("sends");
    assert_eq!(conn.receive(false).expect("an answer").text(), "thank");
    assert!(server.get("/e.bin").body == source.data);
}
