//! However a stream is split into reads, the same bytes pass and the same bytes are refused.

use super::*;

/// Feeds `stream` in pieces of `piece` bytes, as the guard does. Returns the number of bytes that passed, the refusal
/// and the position.
fn feed(stream: &[u8], piece: usize) -> (usize, Option<Reason>, Position) {
    let mut framing = Framing::default();
    let (mut passed, mut held) = (0, Vec::new());
    for part in stream.chunks(piece) {
        held.extend_from_slice(part);
        let cleared = framing.clear(&held);
        held.drain(..cleared.bytes);
        passed += cleared.bytes;
        if let Some(refusal) = cleared.refusal {
            return (passed, Some(refusal.reason), framing.position());
        }
    }
    (passed, None, framing.position())
}

#[track_caller]
fn check(stream: &str, passed: usize, want: Option<Reason>) {
    for piece in [1, 2, 3, 5, 7, 64, 1 << 20] {
        let (did_pass, reason, _) = feed(stream.as_bytes(), piece);
        // A bytewise parser may pass the valid part of a bad chunk line before it reaches the bad byte; a head never
        // passes in part.
        assert_eq!((did_pass, reason), (passed, want), "pieces of {piece}: {stream:?}");
    }
}

fn all(stream: &str) {
    check(stream, stream.len(), None);
}

#[test]
fn sound_streams_pass_whole() {
    all("GET / HTTP/1.1\r\n\r\n");
    all("GET / HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
    all("PUT /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nhelloGET /2 HTTP/1.1\r\n\r\n");
    all("PUT /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello\r\nGET /2 HTTP/1.1\r\n\r\n");
    all("PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n");
    all(
        "PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhe\nlo\r\n0\r\nX: y\r\nZ: 1\r\n\r\nGET / HTTP/1.1\r\n\r\n",
    );
    all("PUT /a HTTP/1.1\r\nContent-Length: 4\r\n\r\n\n\n\n\n");
}

#[test]
fn an_incomplete_head_is_held() {
    let (passed, reason, place) = feed(b"GET / HTTP/1.1\r\nHost: x\r\n", 1 << 20);
    assert_eq!((passed, reason, place), (0, None, Position::Start));
}

#[test]
fn the_position_inside_a_body_is_reported() {
    let (_, _, place) = feed(b"PUT / HTTP/1.1\r\nContent-Length: 3\r\n\r\nab", 1 << 20);
    assert_eq!(place, Position::Body);
    let (_, _, place) = feed(b"PUT / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", 1 << 20);
    assert_eq!(place, Position::Between);
}

#[test]
fn a_second_bad_head_never_passes() {
    let good = "PUT /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello";
    check(&format!("{good}GET / HTTP/1.1\nHost: x\r\n\r\n"), good.len(), Some(Reason::BareLf));
    check(&format!("{good}\r\n\r\n\r\n"), good.len() + 4, Some(Reason::RequestLine));
    // The head that CL.TE smuggling would inject.
    check(
        "POST / HTTP/1.1\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n",
        0,
        Some(Reason::LengthAndEncoding),
    );
}

#[test]
fn bare_line_feeds_are_refused() {
    check("GET / HTTP/1.1\n\n", 0, Some(Reason::BareLf));
    check("GET / HTTP/1.1\r\nA: b\nC: d\r\n\r\n", 0, Some(Reason::BareLf));
    check("\nGET / HTTP/1.1\r\n\r\n", 0, Some(Reason::BareLf));
    check("GET / HTTP/1.1\r\n\n", 0, Some(Reason::BareLf));
}

#[test]
fn chunk_lines_are_strict() {
    let head = "PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (tail, sound) in [
        ("5\nhello\r\n0\r\n\r\n", 1),
        ("\r\n", 0),
        (";\r\n", 0),
        ("-1\r\n", 0),
        ("0x5\r\nhello", 1),
        ("5 \r\nhello", 1),
        ("5;a\nb\r\nhello", 3),
        ("5;a\0\r\nhello", 3),
        ("5\r\nhelloX", 8),
        ("5\r\nhello\n", 8),
        ("fffffffffffffffff\r\n", 15),
        ("0\r\n\n", 3),
        ("0\r\nA: b\nC\r\n\r\n", 7),
    ] {
        check(&format!("{head}{tail}"), head.len() + sound, Some(Reason::Chunk));
    }
    check(&format!("{head}0\r\n A: b\r\n"), head.len() + 3, Some(Reason::Folded));
    check(&format!("{head}1;{}", "x".repeat(400)), head.len() + 256, Some(Reason::Chunk));
    check(&format!("{head}0\r\nA: {}", "x".repeat(9000)), head.len() + 3 + 8192, Some(Reason::Chunk));
}

#[test]
fn heads_have_a_maximum_size() {
    let fits = format!("GET / HTTP/1.1\r\nA: {}\r\n\r\n", "x".repeat(MAX_HEAD - 23));
    assert_eq!(fits.len(), MAX_HEAD);
    check(&fits, fits.len(), None);
    let large = format!("GET / HTTP/1.1\r\nA: {}\r\n\r\n", "x".repeat(MAX_HEAD - 22));
    check(&large, 0, Some(Reason::TooLarge));
    check(&"x".repeat(MAX_HEAD + 5), 0, Some(Reason::TooLarge));
}

#[test]
fn large_bodies_are_only_counted() {
    let mut framing = Framing::default();
    let head = format!("PUT / HTTP/1.1\r\nContent-Length: {}\r\n\r\n", 64u64 << 30);
    framing.clear(head.as_bytes());
    let block = vec![b'\n'; 1 << 20];
    let begun = std::time::Instant::now();
    for _ in 0..64 << 10 {
        assert_eq!(framing.clear(&block), Cleared { bytes: block.len(), refusal: None });
    }
    assert_eq!(framing.position(), Position::Between);
    assert!(begun.elapsed().as_secs() < 5, "64 GiB took {:?}", begun.elapsed());
}

/// Valid and invalid parts of streams.
const PARTS: &[&str] = &[
    "GET / HTTP/1.1",
    "PUT /a HTTP/1.1",
    "GET / HTTP/1.0",
    "\r\n",
    "\r\n\r\n",
    "\n",
    "\r",
    ":",
    " ",
    "\t",
    "\0",
    ";",
    ",",
    "+",
    "Content-Length: 5\r\n",
    "Content-Length: 0",
    "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding",
    "chunked",
    "Host: a\r\n",
    "Upgrade: x",
    "5\r\nhello\r\n",
    "0\r\n\r\n",
    "5",
    "0",
    "a",
    "hello",
    "\u{e9}",
];

proptest::proptest! {
    /// The result depends on the bytes and not on how the network splits them; otherwise timing could make a proxy in
    /// front disagree with this server.
    #[test]
    fn cuts_change_nothing(
        parts in proptest::collection::vec(proptest::sample::select(PARTS), 0..30),
        piece in 1usize..40,
    ) {
        let stream = parts.concat();
        let whole = feed(stream.as_bytes(), usize::MAX);
        proptest::prop_assert_eq!(feed(stream.as_bytes(), piece), whole);
    }

    #[test]
    fn no_bytes_panic(stream in proptest::collection::vec(proptest::num::u8::ANY, 0..300), piece in 1usize..40) {
        feed(&stream, piece);
    }
}
