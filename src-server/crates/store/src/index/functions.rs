//! Functions of SQL for tests of texts. Case and accents are ignored, which SQLite cannot.

use model::fold::push_folded;
use model::query::{Pattern, Text};
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error};
use std::cell::RefCell;
use std::sync::Arc;

thread_local! {
    /// Folded text of the value that is being tested; kept, so that a million values need no million allocations.
    static FOLDED: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Defines `test_name(number, name)`, `test_path(number, path)` and `test_value(number, value)`: whether the value passes
/// the test with this number. Paths are tested with `mount`, the path of the volume, before them.
///
/// # Errors
/// SQLite errors.
pub(super) fn define(connection: &Connection, tests: Vec<Text>, mount: Vec<u8>) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_DIRECTONLY;
    let tests = Arc::new(tests);
    let own = tests.clone();
    connection.create_scalar_function("test_name", 2, flags, move |context| {
        Ok(passes(test_at(&own, context)?, context.get_raw(1).as_blob().map_err(wrong)?))
    })?;
    let own = tests.clone();
    connection.create_scalar_function("test_path", 2, flags, move |context| {
        let below = context.get_raw(1).as_blob().map_err(wrong)?;
        let between: &[u8] = if mount.is_empty() || below.is_empty() { b"" } else { b"/" };
        Ok(passes(test_at(&own, context)?, &[&mount, between, below].concat()))
    })?;
    connection.create_scalar_function("test_value", 2, flags, move |context| {
        let test = test_at(&tests, context)?;
        match context.get_raw(1) {
            ValueRef::Text(text) => Ok(passes(test, text)),
            ValueRef::Integer(number) => Ok(passes(test, number.to_string().as_bytes())),
            ValueRef::Real(number) => Ok(passes(test, number.to_string().as_bytes())),
            ValueRef::Null | ValueRef::Blob(_) => Ok(false),
        }
    })
}

fn test_at<'a>(tests: &'a [Text], context: &Context<'_>) -> rusqlite::Result<&'a Text> {
    let number: i64 = context.get(0)?;
    usize::try_from(number).ok().and_then(|number| tests.get(number)).ok_or(Error::InvalidParameterCount(0, 1))
}

fn wrong(error: rusqlite::types::FromSqlError) -> Error {
    Error::UserFunctionError(Box::new(error))
}

fn passes(test: &Text, value: &[u8]) -> bool {
    test.holds(value, |pattern| matches(pattern, value))
}

fn matches(pattern: &Pattern, value: &[u8]) -> bool {
    FOLDED.with_borrow_mut(|folded| {
        folded.clear();
        push_folded(folded, &String::from_utf8_lossy(value));
        pattern.matches_folded(folded)
    })
}
