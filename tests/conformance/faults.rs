//! An interrupted upload leaves no visible file and blocks no name; up2k resumes where it stopped.

use crate::client::{Refusal, WriteOptions, clients, folder_of, join};
use crate::{on_disk, open_server, until};
use support::data::noise;
use support::up2k::Source;

const MIB: usize = 1 << 20;

#[test]
fn a_lost_connection_leaves_nothing_visible() {
    let server = open_server();
    for mut client in clients(&server) {
        let protocol = client.protocol();
        let folder = folder_of(&*client, "");
        client.mkdir(b"", &folder).expect("a folder");
        client.write_interrupted(&folder, b"big.bin", &noise(3, 3 * MIB));
        assert_eq!(client.list(&folder), Ok(Vec::new()), "{protocol}: nothing is listed");
        if !["up2k", "ietf"].contains(&protocol) {
            // (An upload that can be resumed can be read while it arrives.)
            assert_eq!(client.read(&join(&folder, b"big.bin")), Err(Refusal::Absent), "{protocol}: nothing to read");
            until("the partial file is removed", || on_disk(&server).iter().all(|path| !path.starts_with(protocol)));
        }
        // Another client can use the name as if there had been no first upload.
        let path = client.write(&folder, b"big.bin", b"other", WriteOptions::default()).expect("a file");
        assert_eq!(client.read(&path).expect("read"), b"other", "{protocol}");
        let listed = client.list(&folder).expect("a listing");
        assert_eq!(listed.len(), 1, "{protocol}: {listed:?}");
    }
}

#[test]
fn up2k_resumes() {
    let mut server = open_server();
    let source = Source::new("movie.bin", noise(5, 5 * MIB + 17));
    let mut conn = server.connect();
    let first = source.handshake(&mut conn, "/").expect("a reply").expect("accepted");
    assert_eq!(first.missing, source.hashes, "all of a new file is missing");
    for hash in [&source.hashes[3], &source.hashes[0]] {
        assert_eq!(source.send_chunk(&mut conn, &first, hash).expect("a reply").text(), "thank");
    }
    let left = [1, 2, 4, 5].map(|at| source.hashes[at].clone());
    let again = source.handshake(&mut conn, "/").expect("a reply").expect("accepted");
    assert_eq!((again.missing.as_slice(), &again.wark), (&left[..], &first.wark), "on the same connection");
    drop(conn);
    let again = source.handshake(&mut server.connect(), "/").expect("a reply").expect("accepted");
    assert_eq!(again.missing, left, "on another connection");
    server.restart();
    let mut conn = server.connect();
    let reply = source.send_chunk(&mut conn, &first, &source.hashes[1]).expect("a reply");
    assert_eq!(reply.text(), "thank", "after a kill, without a new handshake");
    let end = source.upload(&mut conn, "/").expect("the rest");
    assert_eq!(end.name, "movie.bin");
    assert!(server.get("/movie.bin").body == source.data, "whole");
    assert_eq!(on_disk(&server).len(), 1, "and nothing else");
}

#[test]
fn up2k_takes_any_order_and_many_connections() {
    let server = open_server();
    let source = Source::new("many.bin", noise(6, 8 * MIB + 1));
    let answer = source.handshake(&mut server.connect(), "/").expect("a reply").expect("accepted");
    std::thread::scope(|scope| {
        for start in 0..4 {
            let (source, answer, server) = (&source, &answer, &server);
            scope.spawn(move || {
                let mut conn = server.connect();
                for hash in answer.missing.iter().rev().skip(start).step_by(4) {
                    let reply = source.send_chunk(&mut conn, answer, hash).expect("a reply");
                    assert_eq!(reply.text(), "thank");
                }
            });
        }
    });
    let end = source.handshake(&mut server.connect(), "/").expect("a reply").expect("accepted");
    assert_eq!(end.missing, [""; 0]);
    assert!(server.get("/many.bin").body == source.data);
}

/// Several clients send the same name at the same time: all files exist afterwards, whole.
#[test]
fn racing_for_a_name_keeps_both() {
    let server = open_server();
    for index in 0..clients(&server).len() {
        let protocol = clients(&server)[index].protocol();
        let folder = protocol.as_bytes();
        let contents: Vec<Vec<u8>> = (0..6).map(|seed| noise(100 + seed, 40_000)).collect();
        let paths: Vec<Vec<u8>> = std::thread::scope(|scope| {
            let senders: Vec<_> = contents
                .iter()
                .map(|data| {
                    let server = &server;
                    scope.spawn(move || {
                        let mut client = clients(server).swap_remove(index);
                        client.write(folder, b"same.bin", data, WriteOptions::default()).expect("a file")
                    })
                })
                .collect();
            senders.into_iter().map(|sender| sender.join().expect("a sender")).collect()
        });
        let mut client = clients(&server).swap_remove(index);
        for (path, data) in paths.iter().zip(&contents) {
            assert!(client.read(path).expect("read") == *data, "{protocol}: {}", String::from_utf8_lossy(path));
        }
        assert_eq!(client.list(folder).expect("a listing").len(), contents.len(), "{protocol}");
    }
}
