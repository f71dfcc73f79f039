//! The texts of tray, notifications and dialogs, in the person's language (`src-tauri/i18n/LANGUAGE.json`). A text that a
//! language lacks is shown in English. The settings window has texts of its own.

use icu_decimal::DecimalFormatter;
use icu_decimal::input::Decimal;
use icu_locale_core::Locale;
use icu_plurals::{PluralCategory, PluralRules};
use model::message::{Piece, for_each_piece};
use parking_lot::RwLock;
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

include!(concat!(env!("OUT_DIR"), "/texts.rs"));

/// A text as it stands in a message file.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Entry {
    Text(String),
    /// By plural category (CLDR): `one`, `few`, `other`.
    Forms(HashMap<String, String>),
}

type Entries = HashMap<String, Entry>;

/// The texts of one language.
struct Language {
    tag: &'static str,
    entries: Entries,
    plurals: Option<PluralRules>,
    numbers: Option<DecimalFormatter>,
}

static ENGLISH: LazyLock<Entries> = LazyLock::new(|| entries("en"));
static CURRENT: LazyLock<RwLock<Arc<Language>>> = LazyLock::new(|| RwLock::new(Arc::new(Language::of("en"))));

/// Returns the texts of the file for `tag`; none if there is no such file.
fn entries(tag: &str) -> Entries {
    let file = FILES.iter().find(|(name, _)| *name == tag);
    file.map(|(_, text)| serde_json::from_str(text).expect("the files are checked by a test")).unwrap_or_default()
}

impl Language {
    fn of(tag: &'static str) -> Self {
        let locale: Option<Locale> = tag.parse().ok();
        // European digits everywhere, as in the window.
        let digits: Option<Locale> = format!("{tag}-u-nu-latn").parse().ok();
        Self {
            tag,
            entries: entries(tag),
            plurals: locale.and_then(|locale| PluralRules::try_new_cardinal(locale.into()).ok()),
            numbers: digits.and_then(|digits| DecimalFormatter::try_new(digits.into(), Default::default()).ok()),
        }
    }

    fn form(&self, n: u64) -> &'static str {
        match self.plurals.as_ref().map(|rules| rules.category_for(n)) {
            Some(PluralCategory::Zero) => "zero",
            Some(PluralCategory::One) => "one",
            Some(PluralCategory::Two) => "two",
            Some(PluralCategory::Few) => "few",
            Some(PluralCategory::Many) => "many",
            Some(PluralCategory::Other) | None => "other",
        }
    }

    fn number(&self, n: u64) -> String {
        self.numbers.as_ref().map_or_else(|| n.to_string(), |numbers| numbers.format(&Decimal::from(n)).to_string())
    }

    fn text(&self, key: &str, n: u64) -> String {
        let (entry, form) = match self.entries.get(key) {
            Some(entry) => (Some(entry), self.form(n)),
            None => (ENGLISH.get(key), if n == 1 { "one" } else { "other" }),
        };
        match entry {
            Some(Entry::Text(text)) => text.clone(),
            Some(Entry::Forms(forms)) => forms.get(form).or_else(|| forms.get("other")).cloned().unwrap_or_default(),
            None => key.to_owned(),
        }
    }
}

/// Chooses the language: `chosen`, a tag such as `de`; if it is empty or unknown, that of the system; else English.
pub fn set_language(chosen: &str) {
    let known = |code: &str| model::language::tag_of(code).filter(|tag| FILES.iter().any(|(name, _)| name == tag));
    let of_system = || sys_locale::get_locales().find_map(|locale| known(&locale));
    let tag = known(chosen).or_else(of_system).unwrap_or("en");
    if CURRENT.read().tag != tag {
        *CURRENT.write() = Arc::new(Language::of(tag));
    }
}

/// Returns the tag of the language.
pub fn tag() -> &'static str {
    CURRENT.read().tag
}

/// Returns a text.
pub fn text(key: &str) -> String {
    filled(key, &[])
}

/// Returns a text with values in the places of their names.
pub fn filled(key: &str, values: &[(&str, &str)]) -> String {
    let language = CURRENT.read().clone();
    fill(&language.text(key, 0), values)
}

/// Returns a text in the form for the number `n`, which stands at `{n}`.
pub fn counted(key: &str, n: u64, values: &[(&str, &str)]) -> String {
    let language = CURRENT.read().clone();
    let number = language.number(n);
    let all: Vec<_> = [("n", number.as_str())].into_iter().chain(values.iter().copied()).collect();
    fill(&language.text(key, n), &all)
}

/// Puts values in. What a value contains is not read as a name.
fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    for_each_piece(text, |piece| match piece {
        Piece::Text(text) => out.push_str(text),
        Piece::Value(name) => {
            out.push_str(values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value))
        }
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_put_in_and_not_read() {
        assert_eq!(fill("{a} and {b}", &[("a", "{b}"), ("b", "1")]), "{b} and 1");
        assert_eq!(fill("open {", &[]), "open {");
    }

    #[test]
    fn forms_follow_the_number() {
        assert_eq!(counted("status.folders", 1, &[]), "1 folder");
        assert_eq!(counted("status.folders", 12_345, &[]), "12,345 folders");
        let polish = Language::of("pl");
        assert_eq!([1, 2, 5, 22].map(|n| polish.form(n)), ["one", "few", "many", "few"]);
        let arabic = Language::of("ar");
        assert_eq!([0, 2, 3, 11, 100].map(|n| arabic.form(n)), ["zero", "two", "few", "many", "other"]);
    }

    #[test]
    fn every_text_is_used_and_every_used_one_is_there() {
        let sources = concat!(
            include_str!("actions.rs"),
            include_str!("commands.rs"),
            include_str!("events.rs"),
            include_str!("notify.rs"),
            include_str!("quit.rs"),
            include_str!("windows.rs"),
            include_str!("tray/labels.rs"),
            include_str!("tray/rows.rs"),
        );
        let unused: Vec<_> = ENGLISH.keys().filter(|key| !sources.contains(&format!("\"{key}\""))).collect();
        assert!(unused.is_empty(), "{unused:?}");
        for call in ["text(\"", "filled(\"", "counted(\""] {
            for part in sources.split(call).skip(1) {
                let key = part.split('"').next().unwrap_or("");
                assert!(ENGLISH.contains_key(key), "{key}");
            }
        }
    }

    #[test]
    fn every_language_has_all_texts_with_their_values() {
        let names = |entry: &Entry| -> Vec<String> {
            let text = match entry {
                Entry::Text(text) => text.clone(),
                Entry::Forms(forms) => forms["other"].clone(),
            };
            let mut names: Vec<_> =
                text.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0.to_owned())).collect();
            names.sort();
            names
        };
        let tags: Vec<_> = FILES.iter().map(|(tag, _)| *tag).collect();
        assert!(model::language::tags().all(|tag| tags.contains(&tag)), "{tags:?}");
        for tag in tags {
            let there = entries(tag);
            assert!(there.keys().all(|key| ENGLISH.contains_key(key)), "{tag} has texts that English lacks");
            for (key, english) in ENGLISH.iter() {
                let other = there.get(key).unwrap_or_else(|| panic!("{tag}: {key} is missing"));
                assert_eq!(names(other), names(english), "{tag}: {key}");
                assert_eq!(matches!(other, Entry::Text(_)), matches!(english, Entry::Text(_)), "{tag}: {key}");
            }
        }
    }
}
