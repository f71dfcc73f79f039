//! Invalid handshakes and chunks are refused one by one, and the upload that they address can still be completed.

use serde_json::json;
use support::up2k::Source;

use crate::hostile::{HOST, assert_answered_with_refusal, assert_refused, assert_unaffected, raw, server};

#[test]
fn malformed_handshakes() {
    let server = server();
    let hash = support::up2k::hash(b"x");
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let many = vec![hash.clone(); 5];
    let cases: Vec<(&str, String)> = vec![
        ("nothing", String::new()),
        ("no JSON", "{".into()),
        ("a list", "[]".into()),
        ("a number", "5".into()),
        ("null", "null".into()),
        ("deep nesting", deep.clone()),
        ("deep nesting inside", format!("{{\"name\":\"a\",\"size\":1,\"hash\":{deep}}}")),
        ("no name", json!({"size": 1, "lmod": 1, "hash": [hash]}).to_string()),
        ("no size", json!({"name": "a", "lmod": 1, "hash": [hash]}).to_string()),
        ("no hashes", json!({"name": "a", "size": 1, "lmod": 1}).to_string()),
        ("a size that is text", json!({"name": "a", "size": "1", "lmod": 1, "hash": [hash]}).to_string()),
        ("a negative size", json!({"name": "a", "size": -1, "lmod": 1, "hash": [hash]}).to_string()),
        ("a fractional size", json!({"name": "a", "size": 1.5, "lmod": 1, "hash": [hash]}).to_string()),
        ("an endless size", format!("{{\"name\":\"a\",\"size\":1e400,\"lmod\":1,\"hash\":[\"{hash}\"]}}")),
        (
            "a size beyond 64 bits",
            format!("{{\"name\":\"a\",\"size\":99999999999999999999,\"lmod\":1,\"hash\":[\"{hash}\"]}}"),
        ),
        ("2^64-1 bytes", format!("{{\"name\":\"a\",\"size\":18446744073709551615,\"lmod\":1,\"hash\":[\"{hash}\"]}}")),
        ("2^63-1 bytes", format!("{{\"name\":\"a\",\"size\":9223372036854775807,\"lmod\":1,\"hash\":[\"{hash}\"]}}")),
        ("999 TiB in one chunk", json!({"name": "a", "size": 999u64 << 40, "lmod": 1, "hash": [hash]}).to_string()),
        ("too many hashes", json!({"name": "a", "size": 1, "lmod": 1, "hash": many}).to_string()),
        ("too few hashes", json!({"name": "a", "size": 3 << 20, "lmod": 1, "hash": [hash]}).to_string()),
        ("bytes without hashes", json!({"name": "a", "size": 1, "lmod": 1, "hash": []}).to_string()),
        ("hashes without bytes", json!({"name": "a", "size": 0, "lmod": 1, "hash": [hash]}).to_string()),
        ("a short hash", json!({"name": "a", "size": 1, "lmod": 1, "hash": ["abc"]}).to_string()),
        ("a hash of other letters", json!({"name": "a", "size": 1, "lmod": 1, "hash": ["é".repeat(44)]}).to_string()),
        ("a hash with slashes", json!({"name": "a", "size": 1, "lmod": 1, "hash": ["/".repeat(44)]}).to_string()),
        ("a hash that is a number", json!({"name": "a", "size": 1, "lmod": 1, "hash": [5]}).to_string()),
        ("hashes that are text", json!({"name": "a", "size": 1, "lmod": 1, "hash": hash}).to_string()),
        ("a name that is a list", json!({"name": ["a"], "size": 1, "lmod": 1, "hash": [hash]}).to_string()),
        ("an empty name", json!({"name": "", "size": 1, "lmod": 1, "hash": [hash]}).to_string()),
        ("blanks for a name", json!({"name": "   ", "size": 1, "lmod": 1, "hash": [hash]}).to_string()),
        ("a dot", json!({"name": ".", "size": 1, "lmod": 1, "hash": [hash]}).to_string()),
        ("dots", json!({"name": "..", "size": 1, "lmod": 1, "hash": [hash]}).to_string()),
        ("a slash", json!({"name": "a/b", "size": 1, "lmod": 1, "hash": [hash], "rand": false}).to_string()),
        ("a reserved name", json!({"name": ".hist", "size": 1, "lmod": 1, "hash": [hash]}).to_string()),
        ("a long name", json!({"name": "n".repeat(5000), "size": 1, "lmod": 1, "hash": [hash]}).to_string()),
        ("two sizes", format!("{{\"name\":\"a\",\"size\":1,\"size\":2097152,\"lmod\":1,\"hash\":[\"{hash}\"]}}")),
        ("bytes that are no text", "\u{0}\u{1}".into()),
    ];
    for (what, body) in &cases {
        for kind in ["application/json", "text/plain;charset=UTF-8"] {
            let reply = server.connect().send("POST", "/", &[("Content-Type", kind)], body.as_bytes()).expect(what);
            assert_answered_with_refusal(what, Some(&reply));
            assert_unaffected(&server, what);
        }
    }
    // 999 TiB with as many hashes: the disk is too small or the list too long; nothing is allocated in either case.
    let count = (999u64 << 40)
        .div_ceil(model::chunking::chunk_size(model::Bytes(999 << 40), model::chunking::Generation::G2).0);
    let body = json!({"name": "huge", "size": 999u64 << 40, "lmod": 1, "hash": vec![hash; count as usize]}).to_string();
    let reply =
        server.connect().send("POST", "/", &[("Content-Type", "text/plain")], body.as_bytes()).expect("a reply");
    assert!((400..=500).contains(&reply.status) && reply.text().len() < 1000, "{}: {}", reply.status, reply.text());
    assert_unaffected(&server, "999 TiB");
    let big = vec![b' '; 2 << 20];
    let reply = server.connect().send("POST", "/", &[("Content-Type", "text/plain")], &big).expect("a reply");
    assert_eq!((reply.status, reply.text().contains("json 2big")), (413, true));
    for other in ["?srch", "?delete"] {
        for (what, body) in
            cases.iter().filter(|(what, _)| !what.contains("size") && *what != "a list" && *what != "nothing")
        {
            let reply =
                server.connect().send("POST", &format!("/{other}"), &[("Content-Type", "text/plain")], body.as_bytes());
            let reply = reply.expect(what);
            assert!(reply.status < 500, "{other} with {what}: {} {}", reply.status, reply.text());
            assert_unaffected(&server, what);
        }
    }
}

#[test]
fn malformed_chunks() {
    let server = server();
    let source = Source::new("a.bin", support::data::noise(2, (2 << 20) + 5));
    let answer = source.handshake(&mut server.connect(), "/").expect("a reply").expect("accepted");
    let send = |hashes: &str, wark: &str, more: &[(&str, &str)], body: &[u8]| {
        let headers =
            [&[("Content-Type", "application/octet-stream"), ("X-Up2k-Wark", wark), ("X-Up2k-Hash", hashes)], more]
                .concat();
        server.connect().send("POST", "/", &headers, body).expect("a reply")
    };
    let [first, second, last] = [0, 1, 2].map(|at| source.hashes[at].clone());
    let data = &source.data;
    let wark = &*answer.wark;
    let foreign = support::up2k::hash(b"foreign");
    let good = &data[..1 << 20];
    let longer = [&data[2 << 20..], b"!"].concat();
    let other_longer = support::up2k::hash(&longer);
    for (what, reply, word) in [
        ("wrong bytes", send(&first, wark, &[], &vec![0; 1 << 20]), "corrupted somehow"),
        ("too few bytes", send(&first, wark, &[], &good[..100]), "corrupted somehow"),
        ("no bytes", send(&first, wark, &[], b""), "corrupted somehow"),
        ("more bytes than a chunk", send(&first, wark, &[], &data[..(1 << 20) + 1]), "too much"),
        ("more bytes than the last chunk has", send(&last, wark, &[], &longer), "too much"),
        ("a chunk of another file", send(&foreign, wark, &[], b"foreign"), ""),
        ("the last chunk, longer, by its own hash", send(&other_longer, wark, &[], &longer), ""),
        ("an unknown upload", send(&first, &foreign, &[], good), "unknown wark"),
        ("a malformed upload", send(&first, "../../etc", &[], good), "unknown wark"),
        ("a malformed hash", send("abc", wark, &[], good), ""),
        ("an empty hash", send("", wark, &[], good), ""),
        ("a gap", send(&format!("{first},{last}"), wark, &[], &[good, &data[2 << 20..]].concat()), "sibling"),
        ("a prefix that does not fit", send(&format!("{first},4,AAAA"), wark, &[], &data[..2 << 20]), "sibling"),
        ("an odd prefix length", send(&format!("{first},9,AAAA"), wark, &[], good), ""),
        ("a zero prefix length", send(&format!("{first},0,"), wark, &[], good), ""),
        ("many prefixes", send(&format!("{first},1,{}", "A".repeat(50_000)), wark, &[], good), ""),
        ("a late piece", send(&first, wark, &[("X-Up2k-Subc", "500")], &good[500..600]), "subchunk protocol error"),
        ("a negative piece", send(&first, wark, &[("X-Up2k-Subc", "-1")], good), ""),
        ("an endless piece", send(&first, wark, &[("X-Up2k-Subc", "99999999999999999999")], good), ""),
        ("a piece past the end", send(&first, wark, &[("X-Up2k-Subc", "18446744073709551615")], good), ""),
        ("a piece of two chunks", send(&format!("{first},{second}"), wark, &[("X-Up2k-Subc", "0")], good), ""),
    ] {
        assert_answered_with_refusal(what, Some(&reply));
        assert!(reply.text().contains(word), "{what}: {}", reply.text());
        assert_unaffected(&server, what);
    }
    let headers = [("Content-Type", "application/octet-stream")];
    let reply = server.connect().send("POST", "/", &headers, b"x").expect("a reply");
    assert_eq!(reply.status, 400);
    assert!(reply.text().contains("need hash and wark headers for binary POST"));
    let chunked = format!(
        "POST / HTTP/1.1\r\n{HOST}Content-Type: application/octet-stream\r\nX-Up2k-Wark: {wark}\r\nX-Up2k-Hash: {first}\r\n\
         Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    );
    assert_eq!(raw(&server, chunked.as_bytes()).map(|reply| reply.status), Some(411));
    // The upload can still be completed, and a chunk that is sent twice counts once.
    assert_eq!(send(&second, wark, &[], &data[1 << 20..2 << 20]).text(), "thank");
    let again = send(&second, wark, &[], &data[1 << 20..2 << 20]);
    assert!(again.text().contains("already got that"), "{}", again.text());
    // Two chunks in one body, the second one damaged: the first one counts.
    let stitched = send(&format!("{first},{second}"), wark, &[], &data[..2 << 20]);
    assert_refused("a stitched body over a known chunk", (stitched.status != 200).then_some(&stitched));
    let end = source.upload(&mut server.connect(), "/").expect("the rest");
    assert_eq!(end.name, "a.bin");
    assert!(server.get("/a.bin").body == *data);
}

/// The same chunk on two connections at once: bytes are not mixed, and the file is complete.
#[test]
fn the_same_chunk_twice_at_once() {
    let server = server();
    let source = Source::new("twice.bin", support::data::noise(4, (1 << 20) + 7));
    let answer = source.handshake(&mut server.connect(), "/").expect("a reply").expect("accepted");
    std::thread::scope(|scope| {
        for turn in 0..4 {
            let (source, answer, server) = (&source, &answer, &server);
            scope.spawn(move || {
                let hash = &answer.missing[turn % 2];
                let reply = source.send_chunk(&mut server.connect(), answer, hash).expect("a reply");
                let text = reply.text();
                let known = ["thank", "already got that", "already being written to", "unknown wark"];
                assert!(known.iter().any(|word| text.contains(word)), "{}: {text}", reply.status);
            });
        }
    });
    source.upload(&mut server.connect(), "/").expect("the end");
    assert!(server.get("/twice.bin").body == source.data);
}
