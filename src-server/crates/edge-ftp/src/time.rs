//! Times as FTP writes them, all in UTC (RFC 3659, 2.3), and dates as `ls -l` does.

use model::UnixMillis;
use model::calendar::{DateTime, date_of, days_since_1970};

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// `ls -l` shows a year instead of the time of day for files that are older, or later than now.
const RECENT_SECS: i64 = 180 * 86_400;

/// Formats a time as `YYYYMMDDHHMMSS`.
pub(crate) fn format(time: UnixMillis) -> String {
    let DateTime { year, month, day, hour, minute, second } = DateTime::of(time);
    format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}")
}

/// Parses `YYYYMMDDHHMMSS`, with or without fractions of a second.
pub(crate) fn parse(text: &str) -> Option<UnixMillis> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if whole.len() != 14 || !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') || fraction.contains('.') {
        return None;
    }
    let number = |from: usize, to: usize| whole[from..to].parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
    let (hour, minute, second) = (number(8, 10)?, number(10, 12)?, number(12, 14)?);
    let days = days_since_1970(year, month, day);
    // A leap second counts as the first of the next minute.
    let is_time = hour < 24 && minute < 60 && second <= 60;
    if !(1..=12).contains(&month) || date_of(days) != (year, month, day) || !is_time {
        return None;
    }
    let millis: String = fraction.chars().chain("000".chars()).take(3).collect();
    let secs = days * 86_400 + hour * 3600 + minute * 60 + second;
    Some(UnixMillis(secs * 1000 + millis.parse::<i64>().ok()?))
}

/// Formats a time as `Nov 14 22:13` or `Nov 14  2023`.
pub(crate) fn listed(time: UnixMillis, now: UnixMillis) -> String {
    let DateTime { year, month, day, hour, minute, .. } = DateTime::of(time);
    let month = MONTHS[(month - 1).clamp(0, 11) as usize];
    match (0..RECENT_SECS).contains(&(now.secs() - time.secs())) {
        true => format!("{month} {day:2} {hour:02}:{minute:02}"),
        false => format!("{month} {day:2} {year:5}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_back() {
        for secs in [0, 1_700_000_000, 951_782_400, -1, 253_402_300_799] {
            let time = UnixMillis(secs * 1000);
            assert_eq!(parse(&format(time)), Some(time), "{secs}");
        }
        assert_eq!(format(UnixMillis(1_700_000_000_999)), "20231114221320");
        assert_eq!(parse("20231114221320.25"), Some(UnixMillis(1_700_000_000_250)));
        assert_eq!(format(UnixMillis(i64::MAX)), "99991231235959");
    }

    #[test]
    fn what_is_no_time() {
        for text in
            ["", "2023", "20231314221320", "20230230000000", "20231114241320", "2023111422132x", "+0231114221320"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse("20231114221320.1.2"), None);
    }

    #[test]
    fn dates_of_listings() {
        let now = UnixMillis(1_700_000_000_000);
        assert_eq!(listed(now, now), "Nov 14 22:13");
        assert_eq!(listed(UnixMillis(0), now), "Jan  1  1970");
        assert_eq!(listed(UnixMillis(now.0 + 1000), now), "Nov 14  2023");
    }
}
