//! The language of a request.

use super::Texts;
use icu_locale_core::Locale;

/// Most languages of `Accept-Language` that are looked at; browsers send fewer.
const ACCEPTED_MAX: usize = 20;

/// Returns the texts for a request. The first that is known counts: `chosen` (what the visitor chose, as the cookies say
/// it), `default` (what the owner of the server chose), the best of `accepted` (the header `Accept-Language`), English.
pub fn negotiate<'a>(
    chosen: impl IntoIterator<Item = &'a str>,
    default: Option<&str>,
    accepted: Option<&str>,
) -> Texts {
    let known = |code: &str| model::language::tag_of(code).and_then(Texts::of);
    chosen
        .into_iter()
        .find_map(known)
        .or_else(|| default.and_then(known))
        .or_else(|| accepted.and_then(best))
        .unwrap_or_else(Texts::english)
}

/// Returns the texts of the most wanted language (RFC 9110 12.5.4); `None` if there are none of any. Of equally wanted
/// ones the first counts.
fn best(accepted: &str) -> Option<Texts> {
    in_order(accepted).into_iter().find_map(|range| Texts::of(tag_for(range)?))
}

/// Returns the ranges of `Accept-Language`, the most wanted first.
fn in_order(accepted: &str) -> Vec<&str> {
    let mut wanted: Vec<(f32, &str)> = accepted.split(',').take(ACCEPTED_MAX).filter_map(range).collect();
    wanted.sort_by(|a, b| b.0.total_cmp(&a.0));
    wanted.into_iter().map(|(_, range)| range).collect()
}

/// Parses `de-AT;q=0.8` to weight and range. Ranges of weight 0 are not wanted.
fn range(part: &str) -> Option<(f32, &str)> {
    let (range, parameters) = part.split_once(';').unwrap_or((part, ""));
    let weight = parameters.split(';').find_map(|one| one.trim().strip_prefix("q="));
    let weight: f32 = weight.map_or(Some(1.0), |weight| weight.trim().parse().ok())?;
    (weight > 0.0 && weight <= 1.0).then_some((weight, range.trim()))
}

/// Returns the tag of the language that suits a range of `Accept-Language`.
fn tag_for(range: &str) -> Option<&'static str> {
    let id = Locale::try_from_str(range).ok()?.id;
    let (script, region) = (id.script.map(|script| script.to_string()), id.region.map(|region| region.to_string()));
    match id.language.as_str() {
        "zh" => {
            let traditional = match script.as_deref() {
                Some(script) => script == "Hant",
                None => matches!(region.as_deref(), Some("TW" | "HK" | "MO")),
            };
            Some(if traditional { "zh-Hant" } else { "zh-Hans" })
        }
        language => model::language::tag_of(language),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_find_the_language_that_suits() {
        for (range, want) in [
            ("de", Some("de")),
            ("de-AT", Some("de")),
            ("DE-at", Some("de")),
            ("pt-BR", Some("pt")),
            ("no", Some("nb")),
            ("nn-NO", Some("nb")),
            ("zh", Some("zh-Hans")),
            ("zh-CN", Some("zh-Hans")),
            ("zh-TW", Some("zh-Hant")),
            ("zh-HK", Some("zh-Hant")),
            ("zh-Hans-TW", Some("zh-Hans")),
            ("zh-Hant", Some("zh-Hant")),
            ("tlh", None),
            ("*", None),
            ("", None),
            ("<script>", None),
        ] {
            assert_eq!(tag_for(range), want, "{range}");
        }
    }

    #[test]
    fn weights_order_ranges() {
        assert_eq!(in_order("fr;q=0.3, de ,en;q=0.7;x=1, pl;q=0, it;q=2, es;q=x, nl;q=1"), ["de", "nl", "en", "fr"]);
    }

    #[test]
    fn what_was_chosen_comes_first() {
        fn tag(chosen: &[&str], default: Option<&str>, accepted: Option<&str>) -> &'static str {
            negotiate(chosen.iter().copied(), default, accepted).tag()
        }
        assert_eq!(tag(&[], None, None), "en");
        assert_eq!(tag(&["xx", "eng"], Some("xx"), Some("tlh, en;q=0.1")), "en");
        assert_eq!(tag(&[], None, Some("x,".repeat(10_000).as_str())), "en");
        for other in super::super::OTHERS {
            assert_eq!(tag(&[], None, Some(&format!("tlh, {};q=0.2", other.tag))), other.tag);
            assert_eq!(tag(&[], Some(other.tag), Some("en")), other.tag);
            assert_eq!(tag(&["en"], Some(other.tag), None), "en");
            assert_eq!(tag(&[other.tag], None, Some("en")), other.tag);
        }
    }
}
