//! The fields of the search form.

use super::condition::{CONDITIONS_MAX, Query, Relation};
use super::error::QueryError;
use super::parser::{Op, condition, parse_compact};

/// A field of the search form. Source: docs/http-api.md "Search".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormField {
    /// Least size, MiB.
    SizeMin,
    /// Largest size, MiB.
    SizeMax,
    /// Earliest modification.
    ModifiedMin,
    /// Latest modification.
    ModifiedMax,
    /// Earliest upload.
    UploadedMin,
    /// Latest upload.
    UploadedMax,
    /// Words of the path.
    Path,
    /// Words of the name.
    Name,
    /// Words of tags.
    Tags,
    /// An expression; blanks around operators and `and` may be missing.
    Expression,
}

impl FormField {
    /// All fields, with their names in forms.
    pub const ALL: [(Self, &'static str); 10] = [
        (Self::SizeMin, "szl"),
        (Self::SizeMax, "szu"),
        (Self::ModifiedMin, "dtl"),
        (Self::ModifiedMax, "dtu"),
        (Self::UploadedMin, "utl"),
        (Self::UploadedMax, "utu"),
        (Self::Path, "path"),
        (Self::Name, "name"),
        (Self::Tags, "tags"),
        (Self::Expression, "adv"),
    ];

    /// Returns the field with this name in forms.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(field, _)| *field)
    }

    fn query(self, value: &str) -> Result<Query, QueryError> {
        let at_least = Op::Compare(Relation::AtLeast);
        let at_most = Op::Compare(Relation::AtMost);
        match self {
            Self::SizeMin => condition("size", at_least, value),
            Self::SizeMax => condition("size", at_most, value),
            Self::ModifiedMin => condition("date", at_least, value),
            Self::ModifiedMax => condition("date", at_most, value),
            Self::UploadedMin => condition("up_at", at_least, value),
            Self::UploadedMax => condition("up_at", at_most, value),
            Self::Path => words("path", value),
            Self::Name => words("name", value),
            Self::Tags => words("tags", value),
            Self::Expression => parse_compact(value),
        }
    }
}

/// Makes the query of a form: all filled fields must hold.
///
/// # Errors
/// [`QueryError`] names the word that was not understood.
pub fn from_form<'a>(fields: impl IntoIterator<Item = (FormField, &'a str)>) -> Result<Query, QueryError> {
    let filled = fields.into_iter().filter(|(_, value)| !value.trim().is_empty());
    let (mut all, mut conditions) = (Vec::new(), 0);
    for (field, value) in filled {
        let query = field.query(value.trim())?;
        conditions += query.conditions();
        if conditions > CONDITIONS_MAX {
            return Err(QueryError::TooLong(CONDITIONS_MAX));
        }
        all.push(query);
    }
    Ok(match all.len() {
        0 => Query::Everything,
        1 => all.remove(0),
        _ => Query::And(all),
    })
}

/// Words that must all be found: a leading `-` negates, a leading `^` and a trailing `$` are the start and the end.
fn words(key: &str, value: &str) -> Result<Query, QueryError> {
    // One more than are allowed, so that the caller notices.
    let all = value.split_whitespace().take(CONDITIONS_MAX + 1).map(|word| {
        let (word, is_negated) = word.strip_prefix('-').map_or((word, false), |rest| (rest, true));
        let start = word.strip_prefix('^');
        let word = start.unwrap_or(word);
        let end = word.strip_suffix('$');
        let pattern =
            [if start.is_some() { "" } else { "*" }, end.unwrap_or(word), if end.is_some() { "" } else { "*" }];
        let query = condition(key, Op::Like, &pattern.concat())?;
        Ok(if is_negated { Query::Not(Box::new(query)) } else { query })
    });
    Ok(Query::And(all.collect::<Result<_, _>>()?))
}
