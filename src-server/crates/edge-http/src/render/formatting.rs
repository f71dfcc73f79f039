//! Formats sizes and dates digit by digit: a folder of 100,000 rows has 200,000 of them.

use super::escape::push_number;
use crate::texts::Texts;
use model::UnixMillis;
use model::calendar::DateTime;

/// How a language writes sizes.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Units from bytes on, each 1024 of the one before.
    units: [&'static str; 7],
    /// Between whole number and fraction.
    point: &'static str,
}

impl Sizes {
    /// Returns how the language of `texts` writes sizes.
    pub fn of(texts: Texts) -> Self {
        let units = [
            texts.unit_b(),
            texts.unit_kib(),
            texts.unit_mib(),
            texts.unit_gib(),
            texts.unit_tib(),
            texts.unit_pib(),
            texts.unit_eib(),
        ];
        Self { units, point: texts.numbers().point() }
    }

    /// Appends a size such as `312 B`, `4.1 MiB` or `57 GiB`: units of 1024, with one decimal below 10.
    pub fn push(&self, out: &mut String, bytes: u64) {
        let unit = match bytes {
            0..1024 => {
                push_number(out, bytes);
                0
            }
            _ => push_rounded(out, bytes, self.point),
        };
        out.push(' ');
        out.push_str(self.units[unit]);
    }
}

/// Appends at least 1024 bytes in the unit that suits, and returns its number: 1 for 1024 bytes.
fn push_rounded(out: &mut String, bytes: u64, point: &str) -> usize {
    const LARGEST: usize = 6;
    // u128, because tenths of the largest sizes exceed u64.
    let bytes = u128::from(bytes);
    for unit in 1..=LARGEST {
        let one = 1u128 << (10 * unit);
        let tenths = (bytes * 10 + one / 2) / one;
        let whole = (bytes + one / 2) / one;
        if tenths < 100 {
            push_number(out, (tenths / 10) as u64);
            out.push_str(point);
            push_number(out, (tenths % 10) as u64);
            return unit;
        }
        if whole < 1024 || unit == LARGEST {
            push_number(out, whole as u64);
            return unit;
        }
    }
    unreachable!("the largest unit always suits")
}

/// Returns a size as [`Sizes`] writes it.
pub fn size_words(texts: Texts, bytes: u64) -> String {
    let mut out = String::with_capacity(8);
    Sizes::of(texts).push(&mut out, bytes);
    out
}

/// Returns `7 days`, `1 hour` or `90 seconds`: the largest unit that divides `secs`.
pub fn exact_duration(texts: Texts, secs: u64) -> String {
    match secs {
        0 => texts.count_seconds(0),
        _ if secs.is_multiple_of(86_400) => texts.count_days(secs / 86_400),
        _ if secs.is_multiple_of(3600) => texts.count_hours(secs / 3600),
        _ if secs.is_multiple_of(60) => texts.count_minutes(secs / 60),
        _ => texts.count_seconds(secs),
    }
}

/// Returns `45 seconds`, `3 minutes` or `24 hours`, rounded up.
pub fn rounded_duration(texts: Texts, secs: u64) -> String {
    match secs {
        0..90 => texts.count_seconds(secs.max(1)),
        90..=5400 => texts.count_minutes(secs.div_ceil(60)),
        _ => texts.count_hours(secs.div_ceil(3600)),
    }
}

/// Precision of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// `2026-11-02 18:20`
    Minutes,
    /// `2026-11-02 18:20:05`
    Seconds,
}

/// Appends a date in UTC. Years outside 0 to 9999 are clamped.
pub fn push_date(out: &mut String, at: UnixMillis, precision: Precision) {
    let DateTime { year, month, day, hour, minute, second } = DateTime::of(at);
    push_padded(out, year, 4);
    out.push('-');
    push_padded(out, month, 2);
    out.push('-');
    push_padded(out, day, 2);
    out.push(' ');
    push_padded(out, hour, 2);
    out.push(':');
    push_padded(out, minute, 2);
    if precision == Precision::Seconds {
        out.push(':');
        push_padded(out, second, 2);
    }
}

/// Returns a date in minutes, as [`push_date`] writes it.
pub fn date_words(at: UnixMillis) -> String {
    let mut out = String::with_capacity(16);
    push_date(&mut out, at, Precision::Minutes);
    out
}

/// Appends `number`, which must not be negative, with at least `width` digits.
fn push_padded(out: &mut String, number: i64, width: u32) {
    let mut place = 10i64.pow(width - 1);
    while place > 0 {
        out.push(char::from(b'0' + (number / place % 10) as u8));
        place /= 10;
    }
}

/// Formats as `1,234,567`.
pub fn with_commas(number: u64) -> String {
    let mut digits = String::new();
    push_number(&mut digits, number);
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (bytes, want) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1536, "1.5 KiB"),
            (10 * 1024, "10 KiB"),
            (10_188, "9.9 KiB"),
            (10_200, "10 KiB"),
            (1_048_575, "1.0 MiB"),
            (312 << 20, "312 MiB"),
            (u64::MAX, "16 EiB"),
        ] {
            assert_eq!(size_words(Texts::english(), bytes), want, "{bytes}");
        }
    }

    #[test]
    fn durations() {
        let english = Texts::english();
        assert_eq!(rounded_duration(english, 0), "1 second");
        assert_eq!(rounded_duration(english, 89), "89 seconds");
        assert_eq!(rounded_duration(english, 90), "2 minutes");
        assert_eq!(rounded_duration(english, 5400), "90 minutes");
        assert_eq!(rounded_duration(english, 86_399), "24 hours");
        assert_eq!(exact_duration(english, 604_800), "7 days");
        assert_eq!(exact_duration(english, 3600), "1 hour");
        assert_eq!(exact_duration(english, 90), "90 seconds");
        assert_eq!(exact_duration(english, 0), "0 seconds");
    }

    #[test]
    fn dates() {
        for (secs, want) in [
            (0, "1970-01-01 00:00:00"),
            (1_700_000_000, "2023-11-14 22:13:20"),
            (951_782_400, "2000-02-29 00:00:00"),
            (-1, "1969-12-31 23:59:59"),
            (4_107_542_400, "2100-03-01 00:00:00"),
            (i64::MIN / 1000, "0000-01-01 00:00:00"),
            (i64::MAX / 1000, "9999-12-31 23:59:59"),
        ] {
            let mut out = String::new();
            push_date(&mut out, UnixMillis(secs.saturating_mul(1000)), Precision::Seconds);
            assert_eq!(out, want, "{secs}");
        }
        assert_eq!(with_commas(1_234_567), "1,234,567");
        assert_eq!(with_commas(999), "999");
        assert_eq!(with_commas(1000), "1,000");
    }
}
