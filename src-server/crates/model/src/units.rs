//! Quantities with their unit in the type.

use serde::{Deserialize, Serialize};

/// A number of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bytes(pub u64);

/// Milliseconds since 1970-01-01T00:00:00Z; negative before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixMillis(pub i64);

impl UnixMillis {
    /// Makes a time from whole seconds; saturates instead of overflowing.
    pub fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1000))
    }
    /// Returns whole seconds, rounded towards the past (as file listings show them).
    pub fn secs(self) -> i64 {
        self.0.div_euclid(1000)
    }
    /// Returns the time if it is plausible as a modification time: after the first second of 1970 and before 2106,
    /// where unsigned 32-bit seconds end. Cameras and phones without a clock send 0, 1601 or 1904, and file systems
    /// store any value or wrap it.
    pub fn if_plausible(self) -> Option<Self> {
        (1..=i64::from(u32::MAX)).contains(&self.secs()).then_some(self)
    }
}

impl Bytes {
    /// Parses a size as in volume flags: digits with an optional suffix `b k m g t` (powers of 1024).
    ///
    /// A fraction is allowed (`1.5g`). Returns `None` for other text, for negative numbers and on overflow.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (digits, factor) = match text.char_indices().last() {
            Some((at, unit)) if unit.is_ascii_alphabetic() => {
                let power = "bkmgt".find(unit.to_ascii_lowercase())?;
                (&text[..at], 1u64 << (10 * power))
            }
            _ => (text, 1),
        };
        if let Ok(whole) = digits.parse::<u64>() {
            return whole.checked_mul(factor).map(Self);
        }
        let value: f64 = digits.parse().ok()?;
        let product = value * factor as f64;
        (product.is_finite() && (0.0..9.0e18).contains(&product)).then_some(Self(product as u64))
    }

    /// Formats the size for display: `1.5 GiB`, `300 bytes`.
    pub fn human(self) -> String {
        let mut value = self.0 as f64;
        if self.0 < 1024 {
            return format!("{} bytes", self.0);
        }
        for unit in ["KiB", "MiB", "GiB", "TiB", "PiB"] {
            value /= 1024.0;
            if value < 1024.0 || unit == "PiB" {
                return if value < 10.0 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") };
            }
        }
        unreachable!("the last unit always returns")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn implausible_times() {
        for (secs, plausible) in [
            (i64::MIN, false),
            (-11_644_473_600, false),
            (-2_147_483_648, false),
            (-1, false),
            (0, false),
            (1, true),
            (1_700_000_000, true),
            (4_294_967_295, true),
            (4_294_967_296, false),
            (i64::MAX, false),
        ] {
            let time = UnixMillis::from_secs(secs);
            assert_eq!(time.if_plausible(), plausible.then_some(time), "{secs}");
        }
    }

    #[test]
    fn sizes_parse() {
        for (text, want) in [
            ("0", Some(0)),
            ("1k", Some(1024)),
            ("3G", Some(3 << 30)),
            ("1.5m", Some(1_572_864)),
            ("7b", Some(7)),
            ("", None),
            ("k", None),
            ("-1", None),
            ("99999999999t", None),
            ("1e999", None),
            ("nan", None),
        ] {
            assert_eq!(Bytes::parse(text), want.map(Bytes), "{text}");
        }
    }
}
