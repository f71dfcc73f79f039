//! The texts of message files (`web/templates/i18n`, `src-tauri/i18n`): words, and `{name}` for each value.

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Is written as it is.
    Text(&'a str),
    /// The name of a value.
    Value(&'a str),
}

/// Calls `take` with the parts of a text. Values are never read as texts: what they contain stays as it is.
pub fn for_each_piece<'a>(text: &'a str, mut take: impl FnMut(Piece<'a>)) {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, behind)) = after.split_once('}') else { break };
        take(Piece::Text(before));
        take(Piece::Value(name));
        rest = behind;
    }
    take(Piece::Text(rest));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_names_of_values() {
        let parts = |text| {
            let mut parts = Vec::new();
            for_each_piece(text, |piece| parts.push(piece));
            parts
        };
        use Piece::{Text, Value};
        assert_eq!(parts("{a} and {b}."), [Text(""), Value("a"), Text(" and "), Value("b"), Text(".")]);
        assert_eq!(parts("open {"), [Text("open {")]);
        assert_eq!(parts(""), [Text("")]);
    }
}
