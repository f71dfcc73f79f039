//! The languages of pages, and the codes by which people, browsers and copyparty name them.

/// Tags (BCP 47), each with the other codes that mean it.
const LANGUAGES: &[(&str, &[&str])] = &[
    ("en", &["eng"]),
    ("de", &["deu", "ger"]),
    ("fr", &["fra", "fre"]),
    ("es", &["spa"]),
    ("pt", &["por"]),
    ("it", &["ita"]),
    ("nl", &["nld", "dut"]),
    ("pl", &["pol"]),
    ("nb", &["no", "nn", "nor", "nob", "nno"]),
    ("ru", &["rus"]),
    ("uk", &["ukr"]),
    ("tr", &["tur"]),
    ("ar", &["ara"]),
    ("hi", &["hin"]),
    ("id", &["in", "ind"]),
    ("vi", &["vie"]),
    ("ko", &["kor"]),
    ("ja", &["jpn"]),
    ("zh-Hans", &["zh", "chi", "zho", "zh-CN", "zh-SG"]),
    ("zh-Hant", &["zh-TW", "zh-HK", "zh-MO"]),
];

/// Returns the tag of the language that `code` names: its tag or a code of two or three letters, in any case; with a region
/// (`pt-BR`) also without a code for that. `None` if pages are not written in it.
pub fn tag_of(code: &str) -> Option<&'static str> {
    let code = code.trim().replace('_', "-");
    let find = |code: &str| {
        let is_it = |other: &&str| other.eq_ignore_ascii_case(code);
        LANGUAGES.iter().find(|(tag, others)| is_it(tag) || others.iter().any(is_it))
    };
    let language = |code: &str| code.split_once('-').map(|(language, _)| language.to_owned());
    find(&code).or_else(|| find(&language(&code)?)).map(|(tag, _)| *tag)
}

/// Iterates over the tags of all languages.
pub fn tags() -> impl Iterator<Item = &'static str> {
    LANGUAGES.iter().map(|(tag, _)| *tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes() {
        for (code, want) in [
            ("en", Some("en")),
            ("ENG", Some("en")),
            ("ger", Some("de")),
            ("nor", Some("nb")),
            ("nno", Some("nb")),
            ("chi", Some("zh-Hans")),
            ("zh-hant", Some("zh-Hant")),
            ("zh_TW", Some("zh-Hant")),
            ("zh-Hans-CN", Some("zh-Hans")),
            ("pt-BR", Some("pt")),
            ("pt-", Some("pt")),
            ("tlh", None),
            ("-", None),
            ("", None),
        ] {
            assert_eq!(tag_of(code), want, "{code}");
        }
        assert_eq!(tags().count(), 20);
        assert!(tags().all(|tag| tag_of(tag) == Some(tag)));
    }
}
