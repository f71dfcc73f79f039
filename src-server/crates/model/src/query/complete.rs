//! Completions of what a person types: which word is being typed, and what it becomes.

use super::typed::TYPED_KEYS;

/// The word at the end of a text that is being typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typing<'a> {
    /// The beginning of a word or key; may be empty.
    Word {
        /// What stands before it.
        before: &'a str,
        /// Its beginning.
        prefix: &'a str,
    },
    /// The beginning of a value behind `key:`.
    Value {
        /// What stands before it, with the key and its colon.
        before: &'a str,
        /// The key.
        key: &'a str,
        /// The beginning of the value, without its quote.
        prefix: &'a str,
    },
}

impl<'a> Typing<'a> {
    /// Finds the last word of `text`.
    pub fn at_end_of(text: &'a str) -> Self {
        let (before, word) = text.split_at(last_word(text));
        let bare = word.strip_prefix('-').unwrap_or(word);
        let start = text.len() - bare.len();
        match bare.split_once(':') {
            Some((key, value)) if !key.is_empty() && !key.contains(['"', '<', '>', '=']) => {
                let prefix = value.strip_prefix('"').unwrap_or(value);
                Self::Value { before: &text[..start + key.len() + 1], key, prefix }
            }
            _ => Self::Word { before: &text[..before.len() + word.len() - bare.len()], prefix: bare },
        }
    }
}

/// Returns where the last word begins: behind the last blank that is not between quotes.
fn last_word(text: &str) -> usize {
    let (mut start, mut is_quoted) = (0, false);
    for (at, letter) in text.char_indices() {
        match letter {
            '"' => is_quoted = !is_quoted,
            letter if letter.is_whitespace() && !is_quoted => start = at + letter.len_utf8(),
            _ => {}
        }
    }
    start
}

/// Returns the keys that begin with `prefix`: the fixed ones, then `tags`, each with its sign. Case does not matter.
pub fn keys_with<'a>(prefix: &'a str, tags: &'a [String]) -> impl Iterator<Item = String> + 'a {
    let begins = move |key: &str| key.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    let fixed = TYPED_KEYS.iter().map(|key| (*key).to_owned());
    fixed.chain(tags.iter().map(|tag| format!("{tag}:"))).filter(move |key| begins(key))
}

/// Writes a value so that it is one word. A quote in it becomes `*`, which stands for anything.
pub fn as_value(value: &str) -> String {
    let text = value.replace('"', "*");
    if text.contains(char::is_whitespace) { format!("\"{text}\"") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::from_typed;

    #[test]
    fn the_last_word_is_completed() {
        let word = |before, prefix| Typing::Word { before, prefix };
        let value = |before, key, prefix| Typing::Value { before, key, prefix };
        for (text, want) in [
            ("", word("", "")),
            ("som", word("", "som")),
            ("a b ", word("a b ", "")),
            ("a -so", word("a -", "so")),
            ("a artist:", value("a artist:", "artist", "")),
            ("-artist:bj", value("-artist:", "artist", "bj")),
            ("artist:\"the be", value("artist:", "artist", "the be")),
            ("\"a b", word("", "\"a b")),
            (":x", word("", ":x")),
            ("ü artist:ö", value("ü artist:", "artist", "ö")),
        ] {
            assert_eq!(Typing::at_end_of(text), want, "{text}");
        }
    }

    #[test]
    fn keys_and_values() {
        let tags = ["artist".to_owned(), ".bpm".to_owned()];
        assert_eq!(keys_with("A", &tags).collect::<Vec<_>>(), ["artist:"]);
        assert_eq!(keys_with("si", &tags).collect::<Vec<_>>(), ["size>", "size<"]);
        assert_eq!(keys_with("", &tags).count(), TYPED_KEYS.len() + 2);
        assert_eq!(keys_with("ü", &tags).count(), 0);
        assert_eq!((as_value("Björk"), as_value("The \"B\"")), ("Björk".into(), "\"The *B*\"".into()));
    }

    proptest::proptest! {
        #[test]
        fn completed_values_are_understood(before in "[a-z ]{0,9}", value in "\\PC{1,20}") {
            let text = format!("{before} artist:{}", as_value(&value));
            // A value of blanks alone is none.
            proptest::prop_assert!(from_typed(&text, 0).is_ok() || value.trim().is_empty());
        }

        #[test]
        fn no_text_panics(text in "\\PC*|[-:\" a-z]*") {
            let (Typing::Word { before, prefix } | Typing::Value { before, prefix, .. }) = Typing::at_end_of(&text);
            proptest::prop_assert!(before.len() + prefix.len() <= text.len());
        }
    }
}
