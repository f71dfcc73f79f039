//! The `Range` header (RFC 9110 14.1.2, 14.2).

use std::ops::Range;

/// Most ranges in one request; a request with more gets the whole file.
const RANGES_MAX: usize = 32;

/// The bytes that a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestedRange {
    /// The whole file, as without `Range`.
    Whole,
    /// One range; never empty.
    Single(Range<u64>),
    /// At least two ranges, in the order requested; together no longer than the file.
    Multiple(Vec<Range<u64>>),
    /// 416: beyond the end of the file, or invalid.
    Unsatisfiable,
}

/// Parses the value of `Range` for a file of `size` bytes.
///
/// Units other than bytes are ignored. If the ranges overlap so much that their sum exceeds the file, the whole file is
/// sent, so that a client cannot turn a small file into a large response.
pub fn parse(value: &str, size: u64) -> RequestedRange {
    let Some(list) = value.trim().strip_prefix("bytes=") else { return RequestedRange::Whole };
    let mut pieces = Vec::new();
    for (count, spec) in list.split(',').enumerate() {
        if count >= RANGES_MAX {
            return RequestedRange::Whole;
        }
        match parse_spec(spec.trim(), size) {
            Err(()) => return RequestedRange::Unsatisfiable,
            Ok(None) => {}
            Ok(Some(range)) => pieces.push(range),
        }
    }
    let total = pieces.iter().map(|range| range.end - range.start).fold(0, u64::saturating_add);
    match pieces.len() {
        0 => RequestedRange::Unsatisfiable,
        1 => RequestedRange::Single(pieces.remove(0)),
        _ if total > size => RequestedRange::Whole,
        _ => RequestedRange::Multiple(pieces),
    }
}

/// Parses one `a-b`, `a-` or `-n`. `Err`: invalid; `None`: valid, but beyond the end of the file.
fn parse_spec(spec: &str, size: u64) -> Result<Option<Range<u64>>, ()> {
    let (first, last) = spec.split_once('-').ok_or(())?;
    if first.is_empty() {
        let length = number(last)?.min(size);
        return Ok((length > 0).then(|| size - length..size));
    }
    let start = number(first)?;
    let end = if last.is_empty() { size } else { number(last)?.saturating_add(1) };
    if end <= start && !last.is_empty() {
        return Err(());
    }
    Ok((start < size).then(|| start..end.min(size)))
}

/// Parses digits only; a number that does not fit into 64 bits becomes the largest one.
fn number(text: &str) -> Result<u64, ()> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(());
    }
    Ok(text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use RequestedRange::{Multiple, Single, Unsatisfiable, Whole};

    #[test]
    fn table() {
        for (value, size, want) in [
            ("bytes=0-0", 10, Single(0..1)),
            ("bytes=0-", 10, Single(0..10)),
            ("bytes=2-5", 10, Single(2..6)),
            ("bytes=5-99", 10, Single(5..10)),
            ("bytes=9-", 10, Single(9..10)),
            ("bytes=10-", 10, Unsatisfiable),
            ("bytes=-3", 10, Single(7..10)),
            ("bytes=-99", 10, Single(0..10)),
            ("bytes=-0", 10, Unsatisfiable),
            ("bytes=0-", 0, Unsatisfiable),
            ("bytes=-1", 0, Unsatisfiable),
            ("bytes=5-2", 10, Unsatisfiable),
            ("bytes=", 10, Unsatisfiable),
            ("bytes=-", 10, Unsatisfiable),
            ("bytes=a-b", 10, Unsatisfiable),
            ("bytes=+1-2", 10, Unsatisfiable),
            ("bytes=1-2-3", 10, Unsatisfiable),
            ("bytes=18446744073709551616-", 10, Unsatisfiable),
            ("bytes=0-18446744073709551615", 10, Single(0..10)),
            ("bytes=0-99999999999999999999999", 10, Single(0..10)),
            ("bytes=-18446744073709551616", 10, Single(0..10)),
            ("bytes=0-1,4-5", 10, Multiple(vec![0..2, 4..6])),
            ("bytes=0-1, -2", 10, Multiple(vec![0..2, 8..10])),
            ("bytes=0-1,50-60", 10, Single(0..2)),
            ("bytes=50-,60-", 10, Unsatisfiable),
            ("bytes=0-,0-", 10, Whole),
            ("items=0-1", 10, Whole),
            ("", 10, Whole),
        ] {
            assert_eq!(parse(value, size), want, "{value:?} of {size}");
        }
        let many = format!("bytes={}", vec!["0-0"; 40].join(","));
        assert_eq!(parse(&many, 1000), Whole);
    }
}
