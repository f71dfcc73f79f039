//! Ends of lines in the form that edits a text. Browsers send every one as CR LF, whatever the text had.

use std::collections::HashMap;
use std::ops::Range;

/// How the lines of a text end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LineEnds {
    /// A line feed.
    #[default]
    Lf,
    /// Carriage return and line feed.
    CrLf,
    /// Not all alike.
    Mixed,
}

impl LineEnds {
    /// Returns how the lines of the text end.
    pub fn of_text(text: &str) -> Self {
        let lines = lines(text);
        let count = |end: &str| lines.iter().filter(|line| line.end == end).count();
        let [feeds, pairs, returns] = ["\n", "\r\n", "\r"].map(count);
        match (feeds, pairs, returns) {
            (_, 0, 0) => Self::Lf,
            (0, _, 0) => Self::CrLf,
            _ => Self::Mixed,
        }
    }

    /// Reads the field of the form.
    pub fn of_field(value: &str) -> Self {
        [Self::CrLf, Self::Mixed].into_iter().find(|one| one.field() == value).unwrap_or_default()
    }

    /// Returns the value of the field of the form.
    pub fn field(self) -> &'static str {
        match self {
            Self::Lf => "lf",
            Self::CrLf => "crlf",
            Self::Mixed => "mixed",
        }
    }

    /// Returns a text that a browser sent, with these line ends. Of mixed ones, lines of `original` that are unchanged keep
    /// theirs, and others get the one that most lines of it have.
    pub fn restored(self, sent: &str, original: Option<&str>) -> String {
        let plain = sent.replace("\r\n", "\n");
        match (self, original) {
            (Self::Mixed, Some(original)) => as_in(&lines(original), &plain),
            (Self::Lf | Self::Mixed, _) => plain,
            (Self::CrLf, _) => plain.replace('\n', "\r\n"),
        }
    }
}

/// A line with its end; the last one of a text has none.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Line<'a> {
    text: &'a str,
    end: &'a str,
}

/// Splits a text where browsers end lines: at LF, CR LF and CR.
fn lines(text: &str) -> Vec<Line<'_>> {
    let mut all = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['\n', '\r']) {
        let length = if rest[at..].starts_with("\r\n") { 2 } else { 1 };
        all.push(Line { text: &rest[..at], end: &rest[at..at + length] });
        rest = &rest[at + length..];
    }
    all.push(Line { text: rest, end: "" });
    all
}

/// Returns a text, whose lines end in LF, with the ends of the lines that it has in common with `original`.
fn as_in(original: &[Line<'_>], plain: &str) -> String {
    let new: Vec<&str> = plain.split('\n').collect();
    let same = common_lines(original, &new);
    let usual = ["\r\n", "\r"].into_iter().fold("\n", |most, end| {
        let count = |end: &str| original.iter().filter(|line| line.end == end).count();
        if count(end) > count(most) { end } else { most }
    });
    let mut out = String::with_capacity(plain.len() + new.len());
    for (at, text) in new.iter().enumerate() {
        out.push_str(text);
        if at + 1 < new.len() {
            let known = same[at].map(|at| original[at].end).filter(|end| !end.is_empty());
            out.push_str(known.unwrap_or(usual));
        }
    }
    out
}

/// Returns for each line of `new` the position of the line of `old` that it is, in their order. Found are equal lines at
/// both ends, lines that both have once, and equal lines beside those: no more is worth its time, n log n.
fn common_lines(old: &[Line<'_>], new: &[&str]) -> Vec<Option<usize>> {
    let mut same = vec![None; new.len()];
    let shorter = old.len().min(new.len());
    let start = (0..shorter).take_while(|&at| old[at].text == new[at]).count();
    let end = (0..shorter - start).take_while(|at| old[old.len() - 1 - at].text == new[new.len() - 1 - at]).count();
    for (at, line) in same.iter_mut().take(start).enumerate() {
        *line = Some(at);
    }
    for at in 0..end {
        same[new.len() - 1 - at] = Some(old.len() - 1 - at);
    }
    let (old_end, new_end) = (old.len() - end, new.len() - end);
    for (at_old, at_new) in in_order(lines_of_both(old, new, start..old_end, start..new_end)) {
        same[at_new] = Some(at_old);
    }
    extend(old, new, &mut same, start..new_end, old_end);
    same
}

/// Pairs equal lines that follow a pair, and then those that precede one, up to the next pair. `changed`: the lines of
/// `new` that may have none; `old_end`: the end of those of `old`.
fn extend(old: &[Line<'_>], new: &[&str], same: &mut [Option<usize>], changed: Range<usize>, old_end: usize) {
    let mut limits = vec![old_end; changed.len()];
    let mut limit = old_end;
    for at in changed.clone().rev() {
        limit = same[at].unwrap_or(limit);
        limits[at - changed.start] = limit;
    }
    let mut next = changed.start.checked_sub(1).and_then(|at| same[at]).map_or(0, |at| at + 1);
    for at in changed.clone() {
        if same[at].is_none() && next < limits[at - changed.start] && old[next].text == new[at] {
            same[at] = Some(next);
        }
        next = same[at].map_or(usize::MAX, |at| at + 1);
    }
    let mut limit = changed.start;
    for at in changed.clone() {
        limits[at - changed.start] = limit;
        limit = same[at].map_or(limit, |at| at + 1);
    }
    let mut before = old_end.checked_sub(1);
    for at in changed.clone().rev() {
        let is_free = |before: &usize| *before >= limits[at - changed.start] && old[*before].text == new[at];
        if same[at].is_none() {
            same[at] = before.filter(is_free);
        }
        before = same[at].and_then(|at| at.checked_sub(1));
    }
}

/// Returns the positions of lines that both have once in these ranges, in the order of `new`.
fn lines_of_both(
    old: &[Line<'_>],
    new: &[&str],
    old_range: Range<usize>,
    new_range: Range<usize>,
) -> Vec<(usize, usize)> {
    let mut found: HashMap<&str, [Vec<usize>; 2]> = HashMap::new();
    for at in old_range {
        found.entry(old[at].text).or_default()[0].push(at);
    }
    for at in new_range {
        if let Some([_, places]) = found.get_mut(new[at]) {
            places.push(at);
        }
    }
    let single = |[old, new]: &[Vec<usize>; 2]| match (old.as_slice(), new.as_slice()) {
        ([old], [new]) => Some((*old, *new)),
        _ => None,
    };
    let mut pairs: Vec<_> = found.values().filter_map(single).collect();
    pairs.sort_unstable_by_key(|&(_, new)| new);
    pairs
}

/// Returns the longest part of the pairs in which both positions grow.
fn in_order(pairs: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    // For each length the pair that ends such a part earliest, and for each pair the one before it.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (at, &(old, _)) in pairs.iter().enumerate() {
        let length = ends.partition_point(|&end| pairs[end].0 < old);
        before.push(length.checked_sub(1).map(|shorter| ends[shorter]));
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let mut part: Vec<_> = std::iter::successors(ends.last().copied(), |&at| before[at]).map(|at| pairs[at]).collect();
    part.reverse();
    part
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a text as a browser sends it.
    fn sent(text: &str) -> String {
        lines(text).iter().map(|line| line.text).collect::<Vec<_>>().join("\r\n")
    }

    #[test]
    fn lines_end_as_those_of_the_file_did() {
        for text in ["a\r\nb\r\n", "a\nb\n", "", "a", "a\r\nb\nc\n", "a\rb\r\n\nc", "\r\n\n\r\r\n"] {
            let line_ends = LineEnds::of_field(LineEnds::of_text(text).field());
            assert_eq!(line_ends.restored(&sent(text), Some(text)), text);
        }
        assert_eq!(LineEnds::of_text("a\r\nb\nc\n"), LineEnds::Mixed);
        assert_eq!(LineEnds::CrLf.restored("a\nb\r\n", None), "a\r\nb\r\n");
        assert_eq!(LineEnds::Mixed.restored("a\r\nb", None), "a\nb", "what the file had is not known any more");
    }

    #[test]
    fn changed_lines_leave_the_ends_of_others() {
        let original = "one\r\ntwo\n\r\nthree\nfour\r\nfive\r\n";
        for (from, to) in [
            ("two", "TWO"),
            ("one\r\n", ""),
            ("three\n", "three\nnew\r\n"),
            ("five\r\n", "five\r\nsix\r\nseven\r\n"),
            ("one\r\ntwo\n\r\nthree\n", "zero\r\none\r\n2\r\n\r\nthree\n"),
            ("four\r\nfive\r\n", ""),
        ] {
            // Changed and new lines end as most do; the line before the changed one keeps its end.
            let edited = original.replace(from, to);
            assert_eq!(LineEnds::Mixed.restored(&sent(&edited), Some(original)).replace("TWO\r\n", "TWO\n"), edited);
        }
    }

    #[test]
    fn moved_and_repeated_lines_are_found_in_order() {
        let (old, new) = (lines("x\na\n\nb\n\nc\ny"), ["x", "c", "a", "", "b", "", "new", "y"]);
        let found = common_lines(&old, &new);
        assert_eq!(found, [Some(0), None, Some(1), Some(2), Some(3), Some(4), None, Some(6)]);
        assert_eq!(common_lines(&lines(""), &["a", "b"]), [None, None]);
        assert_eq!(in_order(vec![(5, 0), (1, 1), (2, 2), (0, 3), (3, 4)]), [(1, 1), (2, 2), (3, 4)]);
    }

    #[test]
    fn many_lines_are_quick() {
        let original = "a\nb\r\n".repeat(100_000);
        let edited = format!("start\r\n{}end", sent(&original).replace("b\r\na", "b\r\nc\r\na"));
        let started = std::time::Instant::now();
        assert!(LineEnds::Mixed.restored(&edited, Some(&original)).len() > original.len());
        assert!(started.elapsed().as_secs() < 5);
    }
}
