//! Everything that the server says to people, in the language of the visitor. The texts stand in
//! `web/templates/i18n/LANGUAGE.json`; a build script makes a function of each of [`Texts`]. A text that a language lacks
//! is shown in English. What programs read (docs/up2k.md, docs/http-api.md) is no text of these files.

pub mod language;
mod markup;
pub mod numbers;

use crate::render::escape;
use icu_locale_core::Locale;
use icu_plurals::{PluralCategory, PluralRules};
pub use markup::Markup;
use model::message::{Piece, for_each_piece};
use numbers::{LANGUAGES_MAX, Numbers};
use std::sync::OnceLock;

include!(concat!(env!("OUT_DIR"), "/texts.rs"));

/// The texts of one language.
#[derive(Clone, Copy, Debug)]
pub struct Texts {
    language: &'static Language,
}

/// A value in a text.
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    /// A text, such as a name.
    Text(&'a str),
    /// A number, written as the language does.
    Number(u64),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Value<'_> {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

/// Templates pass references.
impl<'a> From<&&'a str> for Value<'a> {
    fn from(text: &&'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&&'a String> for Value<'a> {
    fn from(text: &&'a String) -> Self {
        Self::Text(text)
    }
}

impl From<&u64> for Value<'_> {
    fn from(number: &u64) -> Self {
        Self::Number(*number)
    }
}

/// A message file.
struct Language {
    /// BCP 47 tag; the name of the file.
    tag: &'static str,
    texts: &'static [Option<Entry>; COUNT],
}

impl std::fmt::Debug for Language {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.tag)
    }
}

/// A text as it stands in a message file.
enum Entry {
    /// One text.
    Text(&'static str),
    /// A text for each plural form.
    Forms(&'static [(PluralCategory, &'static str)]),
}

impl Texts {
    /// Returns the English texts.
    pub fn english() -> Self {
        Self { language: &EN }
    }

    /// Returns the texts of the language with this tag; `None` if there is no message file for it.
    pub fn of(tag: &str) -> Option<Self> {
        std::iter::once(&EN).chain(OTHERS.iter().copied()).find(|one| one.tag == tag).map(|language| Self { language })
    }

    /// Returns the BCP 47 tag of the language.
    pub fn tag(self) -> &'static str {
        self.language.tag
    }

    /// Returns true if the texts are the English ones, in which protocols are written.
    pub fn is_english(self) -> bool {
        self.tag() == EN.tag
    }

    /// Returns true for languages that are written from right to left.
    pub fn is_right_to_left(self) -> bool {
        matches!(self.tag(), "ar" | "fa" | "he" | "ur")
    }

    /// Returns two sentences as one text: with a blank between them, where the language has one.
    pub fn followed_by(self, first: &str, second: &str) -> String {
        let blank = if matches!(self.tag(), "ja" | "zh-Hans" | "zh-Hant") { "" } else { " " };
        format!("{first}{blank}{second}")
    }

    /// Returns how the language writes numbers.
    pub fn numbers(self) -> Numbers {
        Numbers::of(self.tag(), index(self.language))
    }

    /// Returns a text and the language that it is in.
    fn entry(self, at: usize) -> (&'static Entry, &'static Language) {
        match (&self.language.texts[at], &EN.texts[at]) {
            (Some(entry), _) => (entry, self.language),
            (None, Some(entry)) => (entry, &EN),
            (None, None) => unreachable!("the keys are those of the English file"),
        }
    }

    fn plain(self, at: usize) -> &'static str {
        match self.entry(at).0 {
            Entry::Text(text) => text,
            Entry::Forms(forms) => other(forms),
        }
    }

    fn filled(self, at: usize, values: &[(&str, Value<'_>)]) -> String {
        self.fill(self.plain(at), values)
    }

    fn marked(self, at: usize, values: &[(&str, Value<'_>)]) -> Markup {
        Markup::new(self.plain(at), |out, name| self.push_value(out, values, name))
    }

    /// Returns the text in the form for `n`.
    fn counted(self, at: usize, n: u64, values: &[(&str, Value<'_>)]) -> String {
        let (entry, language) = self.entry(at);
        let text = match entry {
            Entry::Text(text) => text,
            Entry::Forms(forms) => {
                let wanted = category(language, n);
                forms.iter().find(|(form, _)| *form == wanted).map_or_else(|| other(forms), |(_, text)| text)
            }
        };
        let mut all = vec![("n", Value::Number(n))];
        all.extend_from_slice(values);
        self.fill(text, &all)
    }

    fn fill(self, text: &str, values: &[(&str, Value<'_>)]) -> String {
        let mut out = String::with_capacity(text.len() + 32);
        for_each_piece(text, |piece| match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Value(name) => self.push_value(&mut out, values, name),
        });
        out
    }

    /// Returns true if a value may run in another direction than the sentence that it is put in, or change the place of the
    /// marks beside it. One that has isolates is a sentence or a list itself: with nothing outside of those it would run from
    /// left to right.
    fn may_turn(self, value: &str) -> bool {
        let can_turn = self.is_right_to_left() || value.chars().any(is_right_to_left);
        can_turn && !value.is_empty() && !escape::has_isolates(value)
    }

    /// Appends the value called `name`. A name that the English text does not have is no value and stays.
    fn push_value(self, out: &mut String, values: &[(&str, Value<'_>)], name: &str) {
        match values.iter().find(|(known, _)| *known == name) {
            Some((_, Value::Text(text))) if self.may_turn(text) => out.push_str(&escape::isolated(text)),
            Some((_, Value::Text(text))) => out.push_str(text),
            Some((_, Value::Number(number))) => self.numbers().push(out, *number),
            None => {
                out.push('{');
                out.push_str(name);
                out.push('}');
            }
        }
    }
}

/// Returns true for letters of scripts that are written from right to left (Unicode UAX 9, types R and AL), by their blocks.
fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

fn other(forms: &'static [(PluralCategory, &'static str)]) -> &'static str {
    let other = forms.iter().find(|(form, _)| *form == PluralCategory::Other).or(forms.first());
    other.map_or("", |(_, text)| text)
}

/// Returns the plural category of a number (CLDR).
fn category(language: &Language, n: u64) -> PluralCategory {
    static RULES: [OnceLock<Option<PluralRules>>; LANGUAGES_MAX] = [const { OnceLock::new() }; LANGUAGES_MAX];
    let rules = RULES.get(index(language)).and_then(|rules| rules.get_or_init(|| rules_of(language.tag)).as_ref());
    rules.map_or(PluralCategory::Other, |rules| rules.category_for(n))
}

/// Returns the number of a language, for caches.
fn index(language: &Language) -> usize {
    OTHERS.iter().position(|other| other.tag == language.tag).map_or(0, |at| at + 1)
}

fn rules_of(tag: &str) -> Option<PluralRules> {
    let locale: Locale = tag.parse().ok()?;
    PluralRules::try_new_cardinal(locale.into()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_put_in_and_not_read() {
        let english = Texts::english();
        let values = [("a", Value::Text("{b}")), ("b", Value::Number(1234))];
        assert_eq!(english.fill("{b}: {a}, {c} {", &values), "1,234: {b}, {c} {");
        assert_eq!(english.fill("", &values), "");
    }

    #[test]
    fn values_of_another_direction_are_isolated() {
        let (english, arabic) = (Texts::english(), Texts::of("ar").expect("there is one"));
        let fill = |t: Texts, value| t.fill("<{a}> {n}", &[("a", Value::Text(value)), ("n", Value::Number(5))]);
        assert_eq!(fill(english, "b (1)"), "<b (1)> 5");
        assert_eq!(fill(english, "א (1)"), "<\u{2068}א (1)\u{2069}> 5");
        assert_eq!(
            fill(arabic, "b (1)"),
            format!("<\u{2068}b (1)\u{2069}> {}", fill(arabic, "").rsplit(' ').next().expect("one"))
        );
        assert!(fill(arabic, "").starts_with("<> "));
        let list = fill(arabic, "a");
        assert!(fill(arabic, &list).starts_with(&format!("<{list}> ")), "a list has no isolate around all of it");
        assert!(arabic.refused_exists_file("a.txt").contains("\u{2068}a.txt\u{2069}"));
    }

    #[test]
    fn plural_forms_follow_the_language() {
        use PluralCategory::{Few, Many, One, Other, Two, Zero};
        for (tag, numbers) in [
            ("en", &[(0, Other), (1, One), (2, Other), (21, Other)][..]),
            ("fr", &[(0, One), (1, One), (2, Other), (1_000_000, Many)]),
            ("pl", &[(0, Many), (1, One), (2, Few), (5, Many), (12, Many), (22, Few), (112, Many)]),
            ("ru", &[(0, Many), (1, One), (2, Few), (5, Many), (11, Many), (21, One), (111, Many)]),
            ("ar", &[(0, Zero), (1, One), (2, Two), (3, Few), (11, Many), (100, Other), (103, Few)]),
            ("ja", &[(0, Other), (1, Other)]),
        ] {
            let rules = rules_of(tag).expect("the language has rules");
            for (number, want) in numbers {
                assert_eq!(rules.category_for(*number), *want, "{tag} {number}");
            }
        }
    }

    #[test]
    fn a_missing_text_or_form_is_replaced() {
        static GAPS: Language = Language { tag: "pl", texts: &[const { None }; COUNT] };
        let gaps = Texts { language: &GAPS };
        assert_eq!(gaps.account_sign_in(), "Sign in");
        // English forms are chosen by the English rules.
        assert_eq!((gaps.count_files(1), gaps.count_files(5)), ("1 file".to_owned(), "5 files".to_owned()));
        assert_eq!(other(&[(PluralCategory::One, "a"), (PluralCategory::Other, "b")]), "b");
        assert!(Texts::of("xx").is_none() && Texts::of("en").is_some());
    }
}
