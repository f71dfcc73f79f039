//! What a person types into one box.
//!
//! ```text
//! text  := { ["-"] term }                      all must hold; "-" in front: it must not
//! term  := word | "a phrase"                   in the name, the path or a tag; `*` stands for anything: a pattern of the name
//!        | key ":" value | key op value        op := > | >= | < | <= | =
//! value := word | "with blanks" | [from] ".." [to]
//! key   := size | date | uploaded | type | ext | name | path | tags | the name of a tag
//! ```
//!
//! Sizes are `10M`, `1.5G`, `700k`, dates `2026`, `2026-01`, `2026-01-31`. Case and accents do not matter.

use super::condition::{CONDITIONS_MAX, Query, Relation, Text};
use super::error::QueryError;
use super::instant;
use super::parser::{Op, condition};
use super::pattern::Pattern;
use std::ops::Range;

/// Keys of [`from_typed`] beside the names of tags, with the sign that usually follows, for completions.
pub const TYPED_KEYS: [&str; 9] = ["size>", "size<", "date:", "uploaded:", "type:", "ext:", "name:", "path:", "tags:"];

/// Largest distance of a clock from UTC, in minutes.
const OFFSET_MAX: i32 = 24 * 60;

/// Parses what a person typed. `utc_offset_minutes`: of the clock that dates are meant by, east of UTC; at most a day.
///
/// # Errors
/// [`QueryError`] names the word that was not understood.
pub fn from_typed(text: &str, utc_offset_minutes: i32) -> Result<Query, QueryError> {
    let offset_secs = i64::from(utc_offset_minutes.clamp(-OFFSET_MAX, OFFSET_MAX)) * 60;
    let (mut rest, mut all, mut conditions) = (text, Vec::new(), 0);
    while let Some((term, after)) = next_term(rest)? {
        rest = after;
        let (term, is_negated) = match term.strip_prefix('-').filter(|bare| !bare.is_empty()) {
            Some(bare) => (bare, true),
            None => (term, false),
        };
        let query = term_query(term, offset_secs)?;
        conditions += query.conditions();
        if conditions > CONDITIONS_MAX {
            return Err(QueryError::TooLong(CONDITIONS_MAX));
        }
        all.push(if is_negated { Query::Not(Box::new(query)) } else { query });
    }
    Ok(match all.len() {
        0 => Query::Everything,
        1 => all.remove(0),
        _ => Query::And(all),
    })
}

/// Splits the first term off: up to a blank that is not between quotes.
fn next_term(text: &str) -> Result<Option<(&str, &str)>, QueryError> {
    let text = text.trim_start();
    let mut quote = None;
    for (at, letter) in text.char_indices() {
        match letter {
            '"' => quote = if quote.is_some() { None } else { Some(at) },
            letter if letter.is_whitespace() && quote.is_none() => return Ok(Some((&text[..at], &text[at..]))),
            _ => {}
        }
    }
    match quote {
        Some(at) => Err(QueryError::Quote(text[at + 1..].to_owned())),
        None if text.is_empty() => Ok(None),
        None => Ok(Some((text, ""))),
    }
}

fn term_query(term: &str, offset_secs: i64) -> Result<Query, QueryError> {
    let Some((key, sign, value)) = keyed(term) else { return Ok(word(&unquoted(term))) };
    let value = unquoted(value);
    if value.is_empty() {
        return Err(QueryError::Word { found: term.to_owned(), wanted: "a value behind it" });
    }
    match key.as_str() {
        "size" => size(sign, &value),
        "date" => date("date", Query::Modified, sign, &value, offset_secs),
        "uploaded" => date("uploaded", Query::Uploaded, sign, &value, offset_secs),
        "type" | "ext" => ends_with(&key, sign, &value),
        "name" => contains(sign, &key, &value).map(Query::Name),
        "path" => contains(sign, &key, &value).map(Query::Path),
        "tags" => contains(sign, &key, &value).map(Query::AnyTag),
        tag => match sign {
            Sign::Colon => condition(tag, Op::Like, &around(&value)),
            Sign::Compared(relation) => condition(tag, Op::Compare(relation), &value),
        },
    }
}

/// What stands between a key and its value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Colon,
    Compared(Relation),
}

/// Splits `key:value` and `key>value`. `None`: it is a word. `=` and a slash behind the colon are parts of words, unless
/// the key is a fixed one: names of files and addresses have them.
fn keyed(term: &str) -> Option<(String, Sign, &str)> {
    let at = term.find([':', '<', '>', '=', '"'])?;
    let (key, rest) = (term[..at].to_ascii_lowercase(), &term[at..]);
    let is_key = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-');
    let bare = key.strip_prefix('.').unwrap_or(&key);
    if !bare.starts_with(|first: char| first.is_ascii_lowercase()) || !bare.bytes().all(is_key) {
        return None;
    }
    let signs = [
        (":", Sign::Colon),
        (">=", Sign::Compared(Relation::AtLeast)),
        ("<=", Sign::Compared(Relation::AtMost)),
        (">", Sign::Compared(Relation::Greater)),
        ("<", Sign::Compared(Relation::Less)),
        ("=", Sign::Compared(Relation::Equal)),
    ];
    let (sign, value) = signs.iter().find_map(|(text, sign)| Some((*sign, rest.strip_prefix(text)?)))?;
    let is_fixed = TYPED_KEYS.iter().any(|known| known[..known.len() - 1] == key);
    let is_word = sign == Sign::Compared(Relation::Equal) || (sign == Sign::Colon && value.starts_with(['/', '\\']));
    (is_fixed || !is_word).then_some((key, sign, value))
}

fn unquoted(text: &str) -> String {
    text.replace('"', "")
}

fn around(text: &str) -> String {
    ["*", text, "*"].concat()
}

/// A word that must occur in the name, in the path of the folder, or in a tag that is a text: the numbers of songs are like
/// those in most names.
fn word(text: &str) -> Query {
    if text.contains('*') {
        return Query::Name(Text::Like(Pattern::parse(text)));
    }
    let pattern = Pattern::parse(&around(text));
    let test = || Text::Like(pattern.clone());
    Query::Or(vec![Query::Name(test()), Query::Path(test()), Query::TagText(test())])
}

fn contains(sign: Sign, key: &str, value: &str) -> Result<Text, QueryError> {
    match sign {
        Sign::Colon if value.contains('*') => Ok(Text::Like(Pattern::parse(value))),
        Sign::Colon => Ok(Text::Like(Pattern::parse(&around(value)))),
        Sign::Compared(Relation::Equal) => Ok(Text::Like(Pattern::parse(value))),
        Sign::Compared(_) => Err(only_colon(key)),
    }
}

fn only_colon(key: &str) -> QueryError {
    QueryError::Word { found: key.to_owned(), wanted: "a colon behind it, as in name:holiday or type:jpg" }
}

/// `type:jpg,png`: the name has one of these extensions.
fn ends_with(key: &str, sign: Sign, value: &str) -> Result<Query, QueryError> {
    if !matches!(sign, Sign::Colon | Sign::Compared(Relation::Equal)) {
        return Err(only_colon(key));
    }
    let extensions = value.split(',').map(|one| one.trim_start_matches('.')).filter(|one| !one.is_empty());
    // One more than are allowed, so that the caller notices.
    let mut all: Vec<Query> = extensions
        .take(CONDITIONS_MAX + 1)
        .map(|one| Query::Name(Text::Like(Pattern::parse(&["*.", one].concat()))))
        .collect();
    match all.len() {
        0 => Err(wrong(key, value, "type of file such as jpg")),
        1 => Ok(all.remove(0)),
        _ => Ok(Query::Or(all)),
    }
}

fn wrong(key: &str, value: &str, wanted: &'static str) -> QueryError {
    QueryError::Value { key: key.into(), value: value.into(), wanted }
}

/// Splits `from..to`; a missing end is `None`. `None` if it is no range.
fn range(value: &str) -> Option<(Option<&str>, Option<&str>)> {
    let (from, to) = value.split_once("..")?;
    Some((Some(from).filter(|text| !text.is_empty()), Some(to).filter(|text| !text.is_empty())))
}

/// The parts that are there, all of which must hold.
fn both(all: Vec<Query>) -> Option<Query> {
    match all.len() {
        0 => None,
        1 => all.into_iter().next(),
        _ => Some(Query::And(all)),
    }
}

fn size(sign: Sign, value: &str) -> Result<Query, QueryError> {
    let parse = |text: &str| bytes(text).ok_or_else(|| wrong("size", text, "size such as 10M or 1.5G"));
    match (sign, range(value)) {
        (Sign::Compared(relation), None) => Ok(Query::Size(relation, parse(value)?)),
        (Sign::Colon, None) => Ok(Query::Size(Relation::Equal, parse(value)?)),
        (Sign::Colon | Sign::Compared(Relation::Equal), Some((from, to))) => {
            let from = from.map(parse).transpose()?.map(|bytes| Query::Size(Relation::AtLeast, bytes));
            let to = to.map(parse).transpose()?.map(|bytes| Query::Size(Relation::AtMost, bytes));
            both(from.into_iter().chain(to).collect()).ok_or_else(|| wrong("size", value, "range such as 10M..1G"))
        }
        (Sign::Compared(_), Some(_)) => Err(wrong("size", value, "size such as 10M or 1.5G")),
    }
}

/// Parses `700k`, `1.5G`, `1,5 GiB`, `300`; units are powers of 1024.
fn bytes(text: &str) -> Option<u64> {
    let unit_at = text.find(|letter: char| letter.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = (text[..unit_at].trim().replace(',', "."), text[unit_at..].to_ascii_lowercase());
    let power = match unit.trim_end_matches('b').trim_end_matches('i') {
        "" if unit.starts_with('i') => return None,
        "" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        _ => return None,
    };
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number: f64 = number.parse().ok().filter(|_| is_number)?;
    Some((number * 1024_f64.powi(power)) as u64)
}

/// Compares a time with the year, month or day that is named: `>` is after its end, `<` before its start, and a range
/// includes both.
fn date(
    key: &str,
    test: fn(Relation, i64) -> Query,
    sign: Sign,
    value: &str,
    offset_secs: i64,
) -> Result<Query, QueryError> {
    let parse = |text: &str| -> Result<Range<i64>, QueryError> {
        let named = instant::parse(text).ok_or_else(|| wrong(key, text, "date such as 2026, 2026-11 or 2026-11-22"))?;
        Ok(named.start - offset_secs..named.end - offset_secs)
    };
    let from = |named: &Range<i64>| test(Relation::AtLeast, named.start);
    let to = |named: &Range<i64>| test(Relation::Less, named.end);
    match (sign, range(value)) {
        (Sign::Colon | Sign::Compared(Relation::Equal), Some((first, last))) => {
            let first = first.map(parse).transpose()?.map(|named| from(&named));
            let last = last.map(parse).transpose()?.map(|named| to(&named));
            let range = both(first.into_iter().chain(last).collect());
            range.ok_or_else(|| wrong(key, value, "range such as 2026-01..2026-03"))
        }
        (Sign::Compared(Relation::Greater), _) => parse(value).map(|named| test(Relation::AtLeast, named.end)),
        (Sign::Compared(Relation::AtLeast), _) => parse(value).map(|named| from(&named)),
        (Sign::Compared(Relation::Less), _) => parse(value).map(|named| test(Relation::Less, named.start)),
        (Sign::Compared(Relation::AtMost), _) => parse(value).map(|named| to(&named)),
        (Sign::Colon | Sign::Compared(Relation::Equal | Relation::Unequal), _) => {
            parse(value).map(|named| Query::And(vec![from(&named), to(&named)]))
        }
    }
}
