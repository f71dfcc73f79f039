//! Templates contain no words: those stand in the message files.

use super::root;
use std::fs;

/// What may stand in templates: names, and what programs read.
const ALLOWED: &[&str] = &["c", "T", "README.md", "PREADME.md"];
/// Templates of answers that programs read.
const PROTOCOL: &[&str] = &["refusal.html", "upload-lines.html", "upload-lines-pre.html"];
/// Attributes that people read or hear.
const ATTRIBUTES: &[&str] = &["alt", "aria-label", "placeholder", "title"];

/// Returns the words in a template that people would read.
fn words(template: &str) -> Vec<String> {
    let html = without(&without(&without(template, "{#", "#}"), "{%", "%}"), "{{", "}}");
    let html = without(&html, "<!--", "-->");
    let (mut words, mut rest) = (Vec::new(), &*html);
    while let Some((text, after)) = rest.split_once('<') {
        words.extend(texts_of(text));
        let (tag, after) = after.split_once('>').unwrap_or((after, ""));
        for name in ATTRIBUTES {
            if let Some((_, value)) = tag.split_once(&format!(" {name}=\"")) {
                words.extend(texts_of(value.split('"').next().unwrap_or_default()));
            }
        }
        let is_button = tag.starts_with("input ") && tag.contains("type=\"submit\"");
        if let Some((_, value)) = tag.split_once(" value=\"").filter(|_| is_button) {
            words.extend(texts_of(value.split('"').next().unwrap_or_default()));
        }
        rest = after;
    }
    words.extend(texts_of(rest));
    words
}

/// Returns `text` if people would have to understand it.
fn texts_of(text: &str) -> Option<String> {
    let text = text.trim();
    // A macro that writes attributes for scripts.
    let is_data = text.split_whitespace().all(|part| part.starts_with("data-") && part.ends_with("=\"\""));
    (text.chars().any(char::is_alphabetic) && !ALLOWED.contains(&text) && !is_data).then(|| text.to_owned())
}

/// Returns `text` without what stands between `start` and `end`.
fn without(text: &str, start: &str, end: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once(start) {
        out.push_str(before);
        rest = after.split_once(end).map_or("", |(_, behind)| behind);
    }
    out + rest
}

#[test]
fn templates_have_no_words() {
    let mut faults = Vec::new();
    for entry in fs::read_dir(root().join("web/templates")).expect("the folder of templates").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.ends_with(".html") || PROTOCOL.contains(&&*name) {
            continue;
        }
        let template = fs::read_to_string(entry.path()).expect("a template is text");
        faults.extend(words(&template).into_iter().map(|word| format!("{name}: {word}")));
    }
    assert!(faults.is_empty(), "put into web/templates/i18n/en.json:\n{}", faults.join("\n"));
}

#[test]
fn words_in_templates_are_found() {
    for (template, want) in [
        ("<p>{{ t.x() }}</p>{# a comment #}<!doctype html><!-- rows -->", &[][..]),
        ("<p>Hello {{ name }}</p>", &["Hello"]),
        ("{% if a %}yes{% endif %}", &["yes"]),
        ("<a title=\"Go\" href=\"x\" class=\"btn\">→</a>", &["Go"]),
        ("<input type=\"submit\" value=\"upload\"><input type=\"hidden\" value=\"x\">", &["upload"]),
        ("<button type=\"submit\" value=\"all\">{{ x }}</button>", &[]),
        ("<b>c</b>", &[]),
        ("{% macro m() %} data-a=\"{{ a }}\" data-b=\"{{ b }}\"{% endmacro %}", &[]),
    ] {
        assert_eq!(words(template), want, "{template}");
    }
}
