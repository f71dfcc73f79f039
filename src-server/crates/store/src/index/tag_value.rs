//! Values of tags, as the database has them.

use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};

/// The value of a tag.
#[derive(Clone, Debug, PartialEq)]
pub enum TagValue {
    /// A whole number.
    Integer(i64),
    /// Another number.
    Real(f64),
    /// A text.
    Text(String),
    /// A parser said that there is none.
    Null,
}

impl From<i64> for TagValue {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<&str> for TagValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for TagValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl ToSql for TagValue {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Integer(number) => ToSqlOutput::Owned(Value::Integer(*number)),
            Self::Real(number) => ToSqlOutput::Owned(Value::Real(*number)),
            Self::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            // The column takes no null.
            Self::Null => ToSqlOutput::Borrowed(ValueRef::Blob(&[])),
        })
    }
}

/// Reads a column that holds the value of a tag.
pub(super) fn value_at(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<TagValue> {
    Ok(match row.get(column)? {
        Value::Integer(number) => TagValue::Integer(number),
        Value::Real(number) => TagValue::Real(number),
        Value::Text(text) => TagValue::Text(text),
        Value::Null | Value::Blob(_) => TagValue::Null,
    })
}
