//! The language of search expressions.
//!
//! ```text
//! expr  := [not] term { (and | or) [not] term }      and binds tighter than or
//! term  := "(" expr ")" | key [not] op value
//! op    := = | == | != | > | >= | < | <= | like
//! value := text up to the next blank | "text with blanks", where \" is a quote
//! ```
//!
//! In the compact form `and` may be missing, and so may the blanks around operators that are signs:
//! `artist=x .bpm>172`.

use super::condition::{CONDITIONS_MAX, Query, Relation, TagTest, Text, WARK_PREFIX_MIN};
use super::error::QueryError;
use super::instant;
use super::pattern::Pattern;
use std::ops::Range;

/// Parses an expression; blank text asks for everything.
///
/// # Errors
/// [`QueryError`] names the word that was not understood.
pub fn parse(text: &str) -> Result<Query, QueryError> {
    parse_form(text, Form::Spaced)
}

/// Parses an expression in the compact form. Source: docs/http-api.md "Search", `adv`.
///
/// # Errors
/// [`QueryError`] names the word that was not understood.
pub(super) fn parse_compact(text: &str) -> Result<Query, QueryError> {
    parse_form(text, Form::Compact)
}

/// How an expression is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Spaced,
    Compact,
}

fn parse_form(text: &str, form: Form) -> Result<Query, QueryError> {
    let mut parser = Parser { rest: text, form, conditions: 0 };
    if parser.peek().is_none() {
        return Ok(Query::Everything);
    }
    let query = parser.alternatives().map_err(|error| without_comparison(text).unwrap_or(error))?;
    match parser.next() {
        None => Ok(query),
        Some(found) => Err(QueryError::Word { found: found.text, wanted: "'and' or 'or'" }),
    }
}

/// Returns the error for a text that is only a word to look for, as people type it into other search fields.
fn without_comparison(text: &str) -> Option<QueryError> {
    let word = text.trim();
    let is_one = !word.contains(|letter: char| letter.is_whitespace() || "=!<>()\"".contains(letter));
    (is_one && !["and", "or", "not", "like"].contains(&word)).then(|| QueryError::NoComparison(word.into()))
}

/// A word of an expression.
struct Word {
    text: String,
    quotes: Quotes,
}

/// Quotes around a word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quotes {
    None,
    Both,
    /// The closing one is missing.
    Opening,
}

impl Word {
    fn is(&self, keyword: &str) -> bool {
        self.quotes == Quotes::None && self.text == keyword
    }

    fn plain(text: &str) -> Self {
        Self { text: text.into(), quotes: Quotes::None }
    }
}

struct Parser<'a> {
    rest: &'a str,
    form: Form,
    conditions: usize,
}

impl<'a> Parser<'a> {
    /// Returns the next word without consuming it.
    fn peek(&self) -> Option<Word> {
        self.split().map(|(word, _)| word)
    }

    fn next(&mut self) -> Option<Word> {
        let (word, rest) = self.split()?;
        self.rest = rest;
        Some(word)
    }

    /// Consumes the next word if it is this keyword.
    fn take(&mut self, keyword: &str) -> bool {
        let is_it = self.peek().is_some_and(|word| word.is(keyword));
        if is_it {
            self.next();
        }
        is_it
    }

    /// Returns the next word and what follows it. An opening parenthesis is a word of its own.
    fn split(&self) -> Option<(Word, &'a str)> {
        let rest = self.rest.trim_start();
        let first = rest.chars().next()?;
        if first == '(' {
            return Some((Word::plain("("), &rest[1..]));
        }
        if first == '"' {
            return Some(quoted(&rest[1..]));
        }
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        Some((Word::plain(&rest[..end]), &rest[end..]))
    }

    /// Consumes the next word. In the compact form it ends where letters of signs begin or end.
    fn next_part(&mut self) -> Option<Word> {
        let rest = self.rest.trim_start();
        let is_sign = |letter: char| matches!(letter, '=' | '!' | '<' | '>');
        let starts_with_sign = rest.starts_with(is_sign);
        let end = rest.find(|letter: char| letter.is_whitespace() || is_sign(letter) != starts_with_sign);
        match end {
            Some(end) if self.form == Form::Compact && !rest.starts_with('"') => {
                self.rest = &rest[end..];
                Some(Word::plain(&rest[..end]))
            }
            _ => self.next(),
        }
    }

    /// Whether another condition of a conjunction follows; consumes `and`.
    fn goes_on(&mut self) -> bool {
        let ends = |word: Word| word.is("or") || word.is(")");
        self.take("and") || (self.form == Form::Compact && self.peek().is_some_and(|word| !ends(word)))
    }

    /// `a or b or c`.
    fn alternatives(&mut self) -> Result<Query, QueryError> {
        let mut all = vec![self.conjunction()?];
        while self.take("or") {
            all.push(self.conjunction()?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Query::Or(all) })
    }

    /// `a and b and c`.
    fn conjunction(&mut self) -> Result<Query, QueryError> {
        let mut all = vec![self.negatable()?];
        while self.goes_on() {
            all.push(self.negatable()?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Query::And(all) })
    }

    fn negatable(&mut self) -> Result<Query, QueryError> {
        let is_negated = self.take("not");
        let term = self.term()?;
        Ok(if is_negated { Query::Not(Box::new(term)) } else { term })
    }

    fn term(&mut self) -> Result<Query, QueryError> {
        self.count(1)?;
        if !self.take("(") {
            let query = self.condition()?;
            // A period of time is two.
            self.count(query.conditions() - 1)?;
            return Ok(query);
        }
        let query = self.alternatives()?;
        match self.next() {
            Some(word) if word.is(")") => Ok(query),
            Some(word) => Err(QueryError::Word { found: word.text, wanted: "')' after a blank" }),
            None => Err(QueryError::End("')' after a blank")),
        }
    }

    fn count(&mut self, more: usize) -> Result<(), QueryError> {
        self.conditions += more;
        match self.conditions > CONDITIONS_MAX {
            true => Err(QueryError::TooLong(CONDITIONS_MAX)),
            false => Ok(()),
        }
    }

    fn condition(&mut self) -> Result<Query, QueryError> {
        let key = self.next_part().ok_or(QueryError::End("a name such as 'size' or 'artist'"))?;
        check_key(&key.text)?;
        let is_negated = self.take("not");
        let op = self.next_part().ok_or(QueryError::End("'like', '=', '<' or another comparison"))?;
        let op = Op::parse(&op)?.negated(is_negated);
        let value = self.next().ok_or(QueryError::End("a value"))?;
        if value.quotes == Quotes::Opening {
            return Err(QueryError::Quote(value.text));
        }
        condition(&key.text, op, &value.text)
    }
}

/// Returns the text up to the closing quote, and what follows it. Without one that is the rest.
fn quoted(rest: &str) -> (Word, &str) {
    let (mut text, mut is_escaped) = (String::new(), false);
    for (at, letter) in rest.char_indices() {
        match letter {
            '"' if !is_escaped => return (Word { text, quotes: Quotes::Both }, &rest[at + 1..]),
            '\\' if !is_escaped => is_escaped = true,
            letter => {
                // A backslash is one unless it precedes a quote or a backslash.
                text.extend((is_escaped && letter != '"' && letter != '\\').then_some('\\'));
                text.push(letter);
                is_escaped = false;
            }
        }
    }
    text.extend(is_escaped.then_some('\\'));
    (Word { text, quotes: Quotes::Opening }, "")
}

/// An operator.
#[derive(Clone, Copy)]
pub(super) enum Op {
    Compare(Relation),
    Like,
    Unlike,
}

impl Op {
    fn parse(word: &Word) -> Result<Self, QueryError> {
        Ok(match word.text.as_str() {
            "=" | "==" => Self::Compare(Relation::Equal),
            "!=" => Self::Compare(Relation::Unequal),
            "<" => Self::Compare(Relation::Less),
            "<=" => Self::Compare(Relation::AtMost),
            ">" => Self::Compare(Relation::Greater),
            ">=" => Self::Compare(Relation::AtLeast),
            "like" => Self::Like,
            _ => {
                let wanted = "'like', '=', '!=', '<', '<=', '>' or '>=', between blanks";
                return Err(QueryError::Word { found: word.text.clone(), wanted });
            }
        })
    }

    fn negated(self, is_negated: bool) -> Self {
        match self {
            op if !is_negated => op,
            Self::Like => Self::Unlike,
            Self::Unlike => Self::Like,
            Self::Compare(relation) => Self::Compare(match relation {
                Relation::Equal => Relation::Unequal,
                Relation::Unequal => Relation::Equal,
                Relation::Less => Relation::AtLeast,
                Relation::AtMost => Relation::Greater,
                Relation::Greater => Relation::AtMost,
                Relation::AtLeast => Relation::Less,
            }),
        }
    }
}

/// Checks that a key exists: one of the fixed ones, or the name of a tag.
fn check_key(key: &str) -> Result<(), QueryError> {
    let name = key.strip_prefix('.').unwrap_or(key);
    let is_tag = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-');
    match !name.is_empty() && name.bytes().all(is_tag) {
        true => Ok(()),
        false => Err(QueryError::Key(key.into())),
    }
}

/// Makes the condition `key op value`.
pub(super) fn condition(key: &str, op: Op, value: &str) -> Result<Query, QueryError> {
    let wrong = |wanted| QueryError::Value { key: key.into(), value: value.into(), wanted };
    let relation = || match op {
        Op::Compare(relation) => Ok(relation),
        Op::Like | Op::Unlike => {
            Err(QueryError::Word { found: "like".into(), wanted: "a comparison such as '>' for this key" })
        }
    };
    Ok(match key {
        "size" => {
            let mebibytes = finite(value).filter(|number| *number >= 0.0).ok_or_else(|| wrong("number of MiB"))?;
            Query::Size(relation()?, (mebibytes * 1_048_576.0) as u64)
        }
        "date" | "up_at" => {
            let named = instant::parse(value).ok_or_else(|| wrong("date such as 2026-11-22 or 2026-11-22T20:27"))?;
            within(if key == "date" { Query::Modified } else { Query::Uploaded }, relation()?, &named)
        }
        "name" => Query::Name(text(op, value)),
        "path" => Query::Path(text(op, value)),
        "tags" => Query::AnyTag(text(op, value)),
        "w" if value.len() < WARK_PREFIX_MIN => return Err(QueryError::ShortWark),
        "w" => Query::Content(value.into()),
        tag => match (op, finite(value)) {
            (Op::Compare(relation), Some(number)) if tag.starts_with('.') => {
                Query::Tag(tag.into(), TagTest::Number(relation, number))
            }
            // Text that is not a number can be the value of a numeric tag, but has no place in the order of numbers.
            (Op::Compare(relation), None) if tag.starts_with('.') && relation.is_order() => {
                return Err(wrong("number"));
            }
            _ => Query::Tag(tag.into(), TagTest::Text(text(op, value))),
        },
    })
}

/// Returns the number that a text is; `None` also for the infinite ones and NaN.
fn finite(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// Compares a time with a year, a day or another part of time: equal is what lies in it; less and greater are meant from
/// its start, as by copyparty.
fn within(test: impl Fn(Relation, i64) -> Query, relation: Relation, named: &Range<i64>) -> Query {
    let is_second = named.end - named.start == 1;
    match relation {
        Relation::Equal if !is_second => {
            Query::And(vec![test(Relation::AtLeast, named.start), test(Relation::Less, named.end)])
        }
        // Not the negation of the above, which holds for files without such a time.
        Relation::Unequal if !is_second => {
            Query::Or(vec![test(Relation::Less, named.start), test(Relation::AtLeast, named.end)])
        }
        relation => test(relation, named.start),
    }
}

fn text(op: Op, value: &str) -> Text {
    match op {
        Op::Compare(relation) => Text::Compared(relation, value.into()),
        Op::Like => Text::Like(Pattern::parse(value)),
        Op::Unlike => Text::Unlike(Pattern::parse(value)),
    }
}
