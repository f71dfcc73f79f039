//! The parts of a text of a message file: what is said, and the names of values.

/// A part of a text.
pub(super) enum Piece<'a> {
    Text(&'a str),
    /// The name of a value.
    Value(&'a str),
}

/// Calls `take` with the parts of a text. Values are never read as texts: what they contain stays as it is.
pub(super) fn for_each_piece<'a>(text: &'a str, mut take: impl FnMut(Piece<'a>)) {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, behind)) = after.split_once('}') else { break };
        take(Piece::Text(before));
        take(Piece::Value(name));
        rest = behind;
    }
    take(Piece::Text(rest));
}
