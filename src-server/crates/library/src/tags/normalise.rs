//! Numbers and musical keys as they are stored, however files spell them.

use store::index::TagValue;

/// Musical keys: the stored form, and other spellings of it in lower case.
const KEYS: &[(&str, &[&str])] = &[
    ("1B", &["b", "6d"]),
    ("2B", &["f#", "gb", "7d"]),
    ("3B", &["db", "c#", "8d"]),
    ("4B", &["ab", "g#", "9d"]),
    ("5B", &["eb", "d#", "10d"]),
    ("6B", &["bb", "a#", "11d"]),
    ("7B", &["f", "12d"]),
    ("8B", &["c", "1d"]),
    ("9B", &["g", "2d"]),
    ("10B", &["d", "3d"]),
    ("11B", &["a", "4d"]),
    ("12B", &["e", "5d"]),
    ("1A", &["abm", "g#m", "6m"]),
    ("2A", &["ebm", "d#m", "7m"]),
    ("3A", &["bbm", "a#m", "8m"]),
    ("4A", &["fm", "9m"]),
    ("5A", &["cm", "10m"]),
    ("6A", &["gm", "11m"]),
    ("7A", &["dm", "12m"]),
    ("8A", &["am", "1m"]),
    ("9A", &["em", "2m"]),
    ("10A", &["bm", "3m"]),
    ("11A", &["f#m", "gbm", "4m"]),
    ("12A", &["dbm", "c#m", "5m"]),
];

/// Returns whether values of the tag are numbers.
pub fn is_numeric(tag: &str) -> bool {
    tag.starts_with('.')
}

/// Returns the value of `tag` as it is stored.
pub fn normalise(tag: &str, text: &str) -> TagValue {
    match tag {
        _ if is_numeric(tag) => number(text),
        "key" => TagValue::Text(key(text)),
        _ => TagValue::Text(text.trim().to_owned()),
    }
}

/// Returns the text before the first `/` as a number, if it is one; nothing is 0.
pub fn number(text: &str) -> TagValue {
    let text = text.split('/').next().unwrap_or("").trim().trim_start_matches('0');
    if text.is_empty() {
        return TagValue::Integer(0);
    }
    if let Ok(whole) = text.parse() {
        return TagValue::Integer(whole);
    }
    // Words such as `nan` and `inf` are texts.
    let is_spelled_in_digits = !text.contains(|letter: char| letter.is_alphabetic() && !matches!(letter, 'e' | 'E'));
    match text.parse::<f64>() {
        Ok(real) if is_spelled_in_digits && real.is_finite() => of_float(real),
        _ => TagValue::Text(text.to_owned()),
    }
}

/// Returns a number as a whole one if it is.
pub fn of_float(real: f64) -> TagValue {
    // Exact whole numbers of a float.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if real.fract() == 0.0 && real.abs() < EXACT { TagValue::Integer(real as i64) } else { TagValue::Real(real) }
}

fn key(text: &str) -> String {
    let spelled = text.replace(' ', "").to_lowercase().replace("maj", "").replace("min", "m");
    let is_it = |(stored, others): &&(&str, &[&str])| {
        stored.eq_ignore_ascii_case(&spelled) || others.contains(&spelled.as_str())
    };
    KEYS.iter().find(is_it).map_or_else(|| text.trim().to_owned(), |(stored, _)| (*stored).to_owned())
}
