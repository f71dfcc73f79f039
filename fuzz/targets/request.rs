//! Queries and ranges: every text is parsed without panic, and no range exceeds its file. Lines: range, size, query.
#![no_main]

use edge_http::extract::query::{Query, without};
use edge_http::reply::range::{self, RequestedRange};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.splitn(3, '\n');
    let mut next = || lines.next().unwrap_or_default();
    let (wanted, size, query) = (next(), next().parse().unwrap_or(1000), next());
    let inside = |r: &std::ops::Range<u64>| r.start < r.end && r.end <= size;
    match range::parse(wanted, size) {
        RequestedRange::Whole | RequestedRange::Unsatisfiable => {}
        RequestedRange::Single(piece) => assert!(inside(&piece), "{piece:?} of {size}"),
        RequestedRange::Multiple(pieces) => {
            assert!(pieces.len() > 1 && pieces.iter().all(inside), "{pieces:?} of {size}");
            assert!(pieces.iter().map(|r| r.end - r.start).sum::<u64>() <= size, "{pieces:?} of {size}");
        }
    }
    let parsed = Query::parse(Some(query));
    for name in ["ls", "pw", "th"] {
        assert_eq!(parsed.text(name).is_some(), parsed.has(name));
        assert!(!Query::parse(Some(&without(query, name))).has(name), "{name} is still there");
    }
});
