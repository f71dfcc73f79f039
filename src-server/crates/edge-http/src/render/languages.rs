//! The languages of pages, each named in itself, so that everyone finds the own one.

use crate::request::{LANGUAGE_COOKIE, Request};
use model::language::{tag_of, tags};

/// A language that can be chosen.
pub struct LanguageChoice {
    /// BCP 47 tag.
    pub tag: &'static str,
    /// Its name in itself.
    pub name: &'static str,
    /// The visitor has chosen it.
    pub is_chosen: bool,
}

/// Returns all languages in the order of their names.
pub fn choices(request: &Request) -> Vec<LanguageChoice> {
    let chosen = request.head.cookie(LANGUAGE_COOKIE).and_then(tag_of);
    let mut all: Vec<_> =
        tags().map(|tag| LanguageChoice { tag, name: name(tag), is_chosen: chosen == Some(tag) }).collect();
    all.sort_by_key(|one| one.name);
    all
}

/// Returns the name of a language in itself (CLDR); for a tag without one the tag.
fn name(tag: &'static str) -> &'static str {
    match tag {
        "ar" => "العربية",
        "de" => "Deutsch",
        "en" => "English",
        "es" => "Español",
        "fr" => "Français",
        "hi" => "हिन्दी",
        "id" => "Bahasa Indonesia",
        "it" => "Italiano",
        "ja" => "日本語",
        "ko" => "한국어",
        "nb" => "Norsk bokmål",
        "nl" => "Nederlands",
        "pl" => "Polski",
        "pt" => "Português",
        "ru" => "Русский",
        "tr" => "Türkçe",
        "uk" => "Українська",
        "vi" => "Tiếng Việt",
        "zh-Hans" => "简体中文",
        "zh-Hant" => "繁體中文",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_a_name() {
        assert!(tags().count() > 5);
        for tag in tags() {
            assert_ne!(name(tag), tag, "{tag}");
        }
    }
}
