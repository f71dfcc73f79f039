//! Dates and times of queries: `2026`, `2026-11`, `2026-11-22`, `2026-11-22T20:27:00Z`, in UTC.

use crate::calendar::days_since_1970;
use std::ops::{Range, RangeInclusive};

/// Parses a date and returns the year, month, day, hour, minute or second that it names, in whole seconds since 1970;
/// `None`: not a date. A blank, `T` or `,` may separate date and time.
pub(super) fn parse(text: &str) -> Option<Range<i64>> {
    let text = text.trim().trim_end_matches(['Z', 'z']);
    let (date, time) = match text.find(['T', 't', ',', ' ']) {
        Some(at) => (&text[..at], text[at + 1..].trim()),
        None => (text, ""),
    };
    let mut date = date.split('-');
    let year = number(date.next()?, 1..=9999).filter(|_| text.len() >= 4)?;
    let month = optional(date.next(), 1..=12)?;
    let day = optional(date.next(), 1..=days_of(year, month.unwrap_or(1)))?;
    let mut time = time.split(':').filter(|text| !text.is_empty());
    let mut unit = |most| optional(time.next(), 0..=most);
    let (hour, minute, second) = (unit(23)?, unit(59)?, unit(60)?);
    if date.next().is_some() || time.next().is_some() {
        return None;
    }
    let days = days_since_1970(year, month.unwrap_or(1), day.unwrap_or(1));
    let start = days * DAY + hour.unwrap_or(0) * 3600 + minute.unwrap_or(0) * 60 + second.unwrap_or(0);
    let length = match (month, day, hour, minute, second) {
        (.., Some(_)) => 1,
        (.., Some(_), None) => 60,
        (.., Some(_), None, None) => 3600,
        (_, Some(_), ..) => DAY,
        (Some(month), ..) => days_of(year, month) * DAY,
        (None, ..) => (days_since_1970(year + 1, 1, 1) - days) * DAY,
    };
    Some(start..start + length)
}

/// Seconds of a day.
const DAY: i64 = 86_400;

/// Parses a part that may be missing; `None`: it is there and wrong.
fn optional(text: Option<&str>, range: RangeInclusive<i64>) -> Option<Option<i64>> {
    text.map_or(Some(None), |text| number(text, range).map(Some))
}

fn number(text: &str, range: RangeInclusive<i64>) -> Option<i64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| digits && range.contains(number))
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
