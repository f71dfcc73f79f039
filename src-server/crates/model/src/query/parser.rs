//! The language of search expressions.
//!
//! ```text
//! expr  := [not] term { (and | or) [not] term }      and binds tighter than or
//! term  := "(" expr ")" | key [not] op value
//! op    := = | == | != | > | >= | < | <= | like
//! value := text up to the next blank | "text with blanks", where \" is a quote
//! ```

use super::condition::{CONDITIONS_MAX, Query, Relation, TagTest, Text, WARK_PREFIX_MIN};
use super::error::QueryError;
use super::instant;
use super::pattern::Pattern;

/// Parses an expression; blank text asks for everything.
///
/// # Errors
/// [`QueryError`] names the word that was not understood.
pub fn parse(text: &str) -> Result<Query, QueryError> {
    let mut parser = Parser { rest: text, conditions: 0 };
    if parser.peek().is_none() {
        return Ok(Query::Everything);
    }
    let query = parser.alternatives()?;
    match parser.next() {
        None => Ok(query),
        Some(found) => Err(QueryError::Word { found: found.text, wanted: "'and' or 'or'" }),
    }
}

/// A word of an expression.
struct Word {
    text: String,
    is_quoted: bool,
}

impl Word {
    fn is(&self, keyword: &str) -> bool {
        !self.is_quoted && self.text == keyword
    }
}

struct Parser<'a> {
    rest: &'a str,
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
            return Some((Word { text: "(".into(), is_quoted: false }, &rest[1..]));
        }
        if first == '"' {
            return Some(quoted(&rest[1..]));
        }
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        Some((Word { text: rest[..end].into(), is_quoted: false }, &rest[end..]))
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
        while self.take("and") {
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
        self.conditions += 1;
        if self.conditions > CONDITIONS_MAX {
            return Err(QueryError::TooLong(CONDITIONS_MAX));
        }
        if !self.take("(") {
            return self.condition();
        }
        let query = self.alternatives()?;
        match self.next() {
            Some(word) if word.is(")") => Ok(query),
            Some(word) => Err(QueryError::Word { found: word.text, wanted: "')' after a blank" }),
            None => Err(QueryError::End("')' after a blank")),
        }
    }

    fn condition(&mut self) -> Result<Query, QueryError> {
        let key = self.next().ok_or(QueryError::End("a name such as 'size' or 'artist'"))?;
        check_key(&key.text)?;
        let is_negated = self.take("not");
        let op = self.next().ok_or(QueryError::End("'like', '=', '<' or another comparison"))?;
        let op = Op::parse(&op)?.negated(is_negated);
        let value = self.next().ok_or(QueryError::End("a value"))?;
        condition(&key.text, op, &value.text)
    }
}

/// Returns the text up to the closing quote, and what follows it. Without one it ends with the expression.
fn quoted(rest: &str) -> (Word, &str) {
    let (mut text, mut is_escaped) = (String::new(), false);
    for (at, letter) in rest.char_indices() {
        match letter {
            '"' if !is_escaped => return (Word { text, is_quoted: true }, &rest[at + 1..]),
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
    (Word { text, is_quoted: true }, "")
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
            let mebibytes: f64 = value.parse().map_err(|_| wrong("number of MiB"))?;
            Query::Size(relation()?, (mebibytes * 1_048_576.0) as u64)
        }
        // A date that cannot be parsed finds nothing: clients rely on the answer 200.
        "date" => instant::parse(value).map_or(Ok(Query::Nothing), |time| Ok(Query::Modified(relation()?, time)))?,
        "up_at" => instant::parse(value).map_or(Ok(Query::Nothing), |time| Ok(Query::Uploaded(relation()?, time)))?,
        "name" => Query::Name(text(op, value)),
        "path" => Query::Path(text(op, value)),
        "tags" => Query::AnyTag(text(op, value)),
        "w" if value.len() < WARK_PREFIX_MIN => return Err(QueryError::ShortWark),
        "w" => Query::Content(value.into()),
        tag => match (op, value.parse()) {
            (Op::Compare(relation), Ok(number)) if tag.starts_with('.') => {
                Query::Tag(tag.into(), TagTest::Number(relation, number))
            }
            _ => Query::Tag(tag.into(), TagTest::Text(text(op, value))),
        },
    })
}

fn text(op: Op, value: &str) -> Text {
    match op {
        Op::Compare(relation) => Text::Compared(relation, value.into()),
        Op::Like => Text::Like(Pattern::parse(value)),
        Op::Unlike => Text::Unlike(Pattern::parse(value)),
    }
}
