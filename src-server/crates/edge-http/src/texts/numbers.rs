//! Numbers and sizes as a language writes them (CLDR): `1,234` and `4.1 MiB`, `1.234` and `4,1 MiB`.
//! Dates stay `2026-11-02 18:20`, which every language knows: names of months would add a megabyte to the program (ADR
//! 0015), and the script shows dates in the visitor's time zone anyway.

use fixed_decimal::Decimal;
use icu_decimal::DecimalFormatter;
use icu_locale_core::Locale;
use std::sync::OnceLock;
use writeable::Writeable;

/// Most languages whose rules are kept.
pub(super) const LANGUAGES_MAX: usize = 64;

/// How a language writes numbers.
#[derive(Clone, Copy)]
pub struct Numbers {
    /// `None`: as in English.
    formatter: Option<&'static DecimalFormatter>,
    /// Between whole number and fraction.
    point: &'static str,
}

/// What is kept of a language.
struct Known {
    formatter: Option<DecimalFormatter>,
    point: String,
}

impl Numbers {
    /// Returns how the language with this tag writes numbers. `at`: number of the language, for the cache.
    pub(super) fn of(tag: &str, at: usize) -> Self {
        static KNOWN: [OnceLock<Known>; LANGUAGES_MAX] = [const { OnceLock::new() }; LANGUAGES_MAX];
        let Some(slot) = KNOWN.get(at) else { return Self { formatter: None, point: "." } };
        let known = slot.get_or_init(|| {
            let formatter = formatter_of(tag);
            let mut sample = String::new();
            push_decimal(&mut sample, formatter.as_ref(), 11, -1);
            let point = sample.chars().filter(|c| !c.is_numeric()).collect();
            Known { formatter, point }
        });
        Self { formatter: known.formatter.as_ref(), point: &known.point }
    }

    /// Appends a whole number.
    pub fn push(self, out: &mut String, number: u64) {
        push_decimal(out, self.formatter, number, 0);
    }

    /// Returns what stands between a whole number and its fraction.
    pub fn point(self) -> &'static str {
        self.point
    }
}

/// Appends `digits` times ten to the power of `power`.
fn push_decimal(out: &mut String, formatter: Option<&DecimalFormatter>, digits: u64, power: i16) {
    let mut number = Decimal::from(digits);
    number.multiply_pow10(power);
    let written = match formatter {
        Some(formatter) => formatter.format(&number).write_to(out),
        None => number.write_to(out),
    };
    written.expect("writing to a string cannot fail");
}

/// Digits are the European ones everywhere: sizes and dates in tables have these.
fn formatter_of(tag: &str) -> Option<DecimalFormatter> {
    let locale: Locale = format!("{tag}-u-nu-latn").parse().ok()?;
    DecimalFormatter::try_new(locale.into(), icu_decimal::options::DecimalFormatterOptions::default()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_the_language() {
        for (tag, want) in [
            ("en", "1,234,567 1.5"),
            ("de", "1.234.567 1,5"),
            ("fr", "1\u{202f}234\u{202f}567 1,5"),
            ("pl", "1\u{a0}234\u{a0}567 1,5"),
            ("hi", "12,34,567 1.5"),
            ("ar", "1,234,567 1.5"),
            ("ja", "1,234,567 1.5"),
        ] {
            let formatter = formatter_of(tag);
            let mut out = String::new();
            push_decimal(&mut out, formatter.as_ref(), 1_234_567, 0);
            out.push(' ');
            push_decimal(&mut out, formatter.as_ref(), 15, -1);
            assert_eq!(out, want, "{tag}");
        }
    }

    #[test]
    fn the_point_is_known() {
        assert_eq!((Numbers::of("en", 0).point(), Numbers::of("en", usize::MAX).point()), (".", "."));
        let mut out = String::new();
        Numbers::of("en", usize::MAX).push(&mut out, 1234);
        assert_eq!(out, "1234");
    }
}
