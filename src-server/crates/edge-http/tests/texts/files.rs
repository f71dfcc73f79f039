//! What a message file must fulfil.

use super::{Messages, languages, root};
use icu_locale_core::Locale;
use icu_plurals::{PluralCategory, PluralRules};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Forms that newer data of languages have (CLDR), and browsers, whose forms translators go by, do not have yet.
const NEWER: &[(&str, &str)] = &[("vi", "one")];

/// Returns what is wrong with the texts of a language.
fn faults(tag: &str, english: &Messages, messages: &Messages) -> Vec<String> {
    let mut faults = Vec::new();
    let categories = categories(tag);
    for key in messages.keys().filter(|key| !english.contains_key(*key)) {
        faults.push(format!("{key} is not a key of en.json"));
    }
    for (key, source) in english {
        match (source, messages.get(key)) {
            (_, None) => faults.push(format!("{key} is missing")),
            (Value::String(source), Some(Value::String(text))) => faults.extend(compare(key, source, text, &[])),
            (Value::Object(source), Some(Value::Object(forms))) => {
                let has: BTreeSet<&str> = forms.keys().map(String::as_str).collect();
                // What the forms of older browsers do not have, `other` stands in for.
                let wanted: BTreeSet<&str> =
                    categories.iter().copied().filter(|form| !NEWER.contains(&(tag, *form))).collect();
                if has != categories && has != wanted {
                    faults.push(format!("{key} has the forms {has:?}, the language has {categories:?}"));
                }
                let source = source["other"].as_str().expect("a text");
                for (form, text) in forms {
                    // "One file" needs no number.
                    let may_miss: &[&str] = if form == "other" { &[] } else { &["n"] };
                    faults.extend(compare(key, source, text.as_str().expect("a text"), may_miss));
                }
            }
            (_, Some(_)) => faults.push(format!("{key} has forms in one of the languages only")),
        }
    }
    faults
}

/// Returns the plural forms of a language.
fn categories(tag: &str) -> BTreeSet<&'static str> {
    let locale: Locale = tag.parse().expect("a language tag");
    let rules = PluralRules::try_new_cardinal(locale.into()).expect("rules of the language");
    let name = |category| match category {
        PluralCategory::Zero => "zero",
        PluralCategory::One => "one",
        PluralCategory::Two => "two",
        PluralCategory::Few => "few",
        PluralCategory::Many => "many",
        PluralCategory::Other => "other",
    };
    rules.categories().map(name).collect()
}

/// Compares a text with the English one: it has the same values, the same bold parts, and nothing that pages show as a
/// code.
fn compare(key: &str, source: &str, text: &str, may_miss: &[&str]) -> Vec<String> {
    let mut faults = Vec::new();
    let (wanted, has) = (values(source), values(text));
    let missing: Vec<_> = wanted.iter().filter(|name| !has.contains(*name) && !may_miss.contains(name)).collect();
    let unknown: Vec<_> = has.iter().filter(|name| !wanted.contains(*name)).collect();
    if !missing.is_empty() || !unknown.is_empty() {
        faults.push(format!("{key} misses the values {missing:?} and has {unknown:?}: {text}"));
    }
    if bold(source) != bold(text) {
        faults.push(format!("{key} has other bold parts than the English text: {text}"));
    }
    if text.trim() != text || text.is_empty() {
        faults.push(format!("{key} is empty, or begins or ends with a blank: {text:?}"));
    }
    // Isolates around values keep the direction of a name from changing that of the text (UAX 9).
    if text.chars().any(|c| model::invisible::is_invisible(c) && !is_isolate(c)) {
        faults.push(format!("{key} has an invisible character, which pages spell out: {text:?}"));
    }
    faults
}

fn values(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).map(|rest| rest.split_once('}').map_or("(no end)", |(name, _)| name)).collect()
}

fn is_isolate(c: char) -> bool {
    matches!(c, '\u{2066}'..='\u{2069}')
}

/// Returns the bold parts of a text, sorted. Each is one value.
fn bold(text: &str) -> Vec<String> {
    let text = text.replace(is_isolate, "");
    let parts = text.split('<').skip(1).filter(|part| !part.starts_with("/b>"));
    let mut parts: Vec<String> = parts.map(str::to_owned).collect();
    parts.sort_unstable();
    parts
}

#[test]
fn every_language_is_complete() {
    let all = languages();
    let english = &all["en"];
    for (tag, messages) in &all {
        assert!(model::language::tags().any(|known| known == tag), "{tag}.json: pages have no such language");
        let faults = faults(tag, english, messages);
        assert!(faults.is_empty(), "{tag}.json:\n{}", faults.join("\n"));
    }
}

#[test]
fn faults_of_a_message_file_are_found() {
    let messages = |json: &str| serde_json::from_str::<Messages>(json).expect("JSON");
    let english = messages(r#"{"a":"<b>{x}</b> of {y}","n":{"one":"{n} file","other":"{n} files"}}"#);
    assert_eq!(faults("en", &english, &english), Vec::<String>::new());
    let polish =
        r#"{"a":"{y}: <b>{x}</b>","n":{"one":"plik","few":"{n} pliki","many":"{n} plików","other":"{n} pliku"}}"#;
    assert_eq!(faults("pl", &english, &messages(polish)), Vec::<String>::new());
    for (from, to) in [
        ("{y}", "{z}"),
        ("{y}", ""),
        ("<b>{x}</b>", "{x}"),
        ("<b>{x}</b>", "<i>{x}</i>"),
        ("\"few\"", "\"two\""),
        ("{n} pliku", "pliku"),
        ("{y}:", "\u{200f}{y}:"),
        ("\"a\"", "\"b\""),
        ("\"plik\"", "\"plik \""),
    ] {
        let wrong = polish.replacen(from, to, 1);
        assert!(!faults("pl", &english, &messages(&wrong)).is_empty(), "{wrong}");
    }
}

#[test]
fn every_text_is_used() {
    let mut sources = String::new();
    read_into(&mut sources, &root().join("web/templates"), "html");
    read_into(&mut sources, &root().join("src-server/crates/edge-http/src"), "rs");
    // Refusals of the admin API.
    read_into(&mut sources, &root().join("src-server/src"), "rs");
    let english = &languages()["en"];
    let is_used = |key: &str| {
        let function = key.replace(['.', '-'], "_");
        [format!(".{function}("), format!("Texts::{function}\n"), format!("Texts::{function},")]
            .iter()
            .any(|use_of_it| sources.contains(use_of_it.as_str()))
    };
    let unused: Vec<&String> = english.keys().filter(|key| !is_used(key)).collect();
    assert_eq!(unused, Vec::<&String>::new());
    assert!(!is_used("no.such_text"));
}

fn read_into(out: &mut String, folder: &Path, ending: &str) {
    for entry in fs::read_dir(folder).expect("a folder of sources").flatten() {
        let path = entry.path();
        if path.is_dir() {
            read_into(out, &path, ending);
        } else if path.extension().is_some_and(|extension| extension == ending) {
            out.push_str(&fs::read_to_string(&path).expect("a source"));
        }
    }
}
