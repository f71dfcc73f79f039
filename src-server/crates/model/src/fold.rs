//! Folding of text for searches: what ignores case and accents.
//!
//! `Motörhead`, `MOTORHEAD` and `motorhead` fold to the same text. Folded text is only compared, never shown.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Appends the folded form of `text` to `into`: compatibility decomposition (so that `ﬁ` is `fi`), without combining
/// marks, in lower case. Linear in the length of the text.
pub fn push_folded(into: &mut String, text: &str) {
    if text.is_ascii() {
        let start = into.len();
        into.push_str(text);
        into[start..].make_ascii_lowercase();
    } else {
        // Lower case first: `İ` becomes `i` and a mark. `ß` has no decomposition and is `ss` in upper case.
        let lower = text.chars().flat_map(char::to_lowercase);
        let folded = lower.nfkd().filter(|letter| !is_combining_mark(*letter)).flat_map(|letter| match letter {
            'ß' => ['s', 's'],
            'ς' => ['σ', '\0'],
            // Compatibility forms of capitals, such as `Ａ` and `ℍ`, are decomposed to capitals.
            letter => [letter.to_lowercase().next().unwrap_or(letter), '\0'],
        });
        into.extend(folded.filter(|letter| *letter != '\0'));
    }
}

/// Returns the folded form of `text`.
pub fn folded(text: &str) -> String {
    let mut into = String::with_capacity(text.len());
    push_folded(&mut into, text);
    into
}

/// Returns the folded form of a name that may be other than UTF-8; invalid bytes become U+FFFD.
pub fn folded_bytes(text: &[u8]) -> String {
    folded(&String::from_utf8_lossy(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_compatibility_forms_fold() {
        for (text, want) in [
            ("", ""),
            ("ABC.Mp3", "abc.mp3"),
            ("Motörhead", "motorhead"),
            ("Moto\u{308}rhead", "motorhead"),
            ("Straße STRASSE", "strasse strasse"),
            ("ΟΔΟΣ οδος", "οδοσ οδοσ"),
            ("ﬁle Ａ１ ℍ", "file a1 h"),
            ("İstanbul", "istanbul"),
            ("日本語", "日本語"),
            ("ガ", "カ"),
            ("Привет Й", "привет и"),
        ] {
            assert_eq!(folded(text), want, "{text}");
        }
    }

    #[test]
    fn folding_twice_changes_nothing() {
        for text in ["Größe Ⅷ ǅ", "½ ℡ Ἀθῆναι", "ẞ ſ K Å"] {
            assert_eq!(folded(&folded(text)), folded(text), "{text}");
        }
        assert_eq!(folded_bytes(b"a\xffB"), "a\u{fffd}b");
    }
}
