//! What was not understood in a search, in words for people.

use crate::texts::Texts;
use model::query::QueryError;

/// Returns what was not understood, as the end of a sentence. Faults of expressions, which programs and old forms send, are
/// said in the language of those.
pub fn words(t: Texts, wrong: &QueryError) -> String {
    match wrong {
        QueryError::Key(key) => t.search_fault_key(key),
        // What is not there is not quoted.
        QueryError::Value { key, value, wanted } if is_blank(value) => {
            t.search_fault_no_value(key, wanted_words(t, wanted).unwrap_or(wanted))
        }
        QueryError::Word { found, wanted } if is_blank(found) => {
            t.search_fault_no_word(wanted_words(t, wanted).unwrap_or(wanted))
        }
        QueryError::Quote(word) if is_blank(word) => t.search_fault_quote_end().to_owned(),
        QueryError::Value { key, value, wanted } => {
            t.search_fault_value(value, wanted_words(t, wanted).unwrap_or(wanted), key)
        }
        QueryError::Word { found, wanted } => {
            t.search_fault_word(&found.replace("\"\"", ""), wanted_words(t, wanted).unwrap_or(wanted))
        }
        QueryError::Quote(word) => t.search_fault_quote(word),
        QueryError::TooLong(most) => t.search_fault_count(*most as u64),
        QueryError::ShortWark | QueryError::NoComparison(_) | QueryError::End(_) => {
            wrong.to_string().trim_end_matches('.').to_owned()
        }
    }
}

/// Returns true for words that a sentence would show as empty quotes.
fn is_blank(word: &str) -> bool {
    word.trim_matches(['"', '*', '-']).trim().is_empty()
}

/// Returns what would have fit; `None` for parts of expressions.
fn wanted_words(t: Texts, wanted: &str) -> Option<&'static str> {
    Some(match wanted {
        "a value behind it" => t.search_wanted_behind(),
        "a colon behind it, as in name:holiday or type:jpg" => t.search_wanted_colon(),
        "a comparison such as '>' for this key" => t.search_wanted_comparison(),
        "date such as 2026, 2026-11 or 2026-11-22" => t.search_wanted_date(),
        "date such as 2026-11-22 or 2026-11-22T20:27" => t.search_wanted_day(),
        "range such as 2026-01..2026-03" => t.search_wanted_days(),
        "number of MiB" => t.search_wanted_mib(),
        "number" => t.search_wanted_number(),
        "size such as 10M or 1.5G" => t.search_wanted_size(),
        "range such as 10M..1G" => t.search_wanted_sizes(),
        "type of file such as jpg" => t.search_wanted_type(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::query::from_typed;

    #[test]
    fn what_is_missing_is_not_quoted() {
        for text in [
            "\"",
            "a \"",
            "\"  ",
            "size:",
            "size>",
            "size:\"\"",
            "date:\" \"",
            "name:",
            "type:\"\"",
            "-",
            "- ",
            "--",
            "\"\":",
            ":x",
        ] {
            let Err(wrong) = from_typed(text, 0) else { continue };
            for t in [Texts::english(), Texts::of("ar").expect("there is one")] {
                let words = words(t, &wrong).replace(['\u{2068}', '\u{2069}'], "");
                for empty in ["''", "' '", "\"\"", "«»", "« »", "[]", "'\"'"] {
                    assert!(!words.contains(empty), "{text}: {words}");
                }
            }
        }
        let Err(wrong) = from_typed("a \"", 0) else { panic!("a quote is not closed") };
        assert_eq!(words(Texts::english(), &wrong), "a quote is not closed");
    }

    /// The words of faults are those of the message file: none that a person can cause is left in the language of programs.
    #[test]
    fn faults_of_what_people_type() {
        for text in
            ["size>x", "size:x..y", "size=1..2", "date:x", "date:2026..x", "date>", "type:", "name", "name>x", "\"a"]
        {
            let Err(wrong) = from_typed(text, 0) else { continue };
            let english = words(Texts::english(), &wrong);
            assert_eq!(english, wrong.to_string().trim_end_matches('.'), "{text}");
            if let QueryError::Value { wanted, .. } | QueryError::Word { wanted, .. } = wrong {
                assert_eq!(wanted_words(Texts::english(), wanted), Some(wanted), "{text}");
            }
        }
        assert!(from_typed("size>x", 0).is_err() && from_typed("\"a", 0).is_err());
    }
}
