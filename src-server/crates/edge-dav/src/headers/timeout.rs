//! The header `Timeout` (RFC 4918, 10.7), and the time until a lock ends.

use engine::volumes::lock_table::LOCK_TIME_MAX;
use std::time::{Duration, Instant};

/// Returns the first time of the list that can be read, at most [`LOCK_TIME_MAX`].
pub(crate) fn parse(header: Option<&str>) -> Duration {
    let mut times = header.unwrap_or_default().split(',').map(str::trim);
    let seconds = times.find_map(|time| {
        let number = time.get(..7).filter(|word| word.eq_ignore_ascii_case("second-")).map(|_| &time[7..])?;
        number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse().unwrap_or(u64::MAX))
    });
    Duration::from_secs(seconds.unwrap_or(u64::MAX)).min(LOCK_TIME_MAX).max(Duration::from_secs(1))
}

/// Formats the time until a lock ends.
pub(crate) fn format(ends: Instant) -> String {
    let left = ends.saturating_duration_since(Instant::now());
    format!("Second-{}", left.as_secs_f64().ceil() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (header, seconds) in [
            (None, 3600),
            (Some("Second-60"), 60),
            (Some("Infinite, Second-4100000000"), 3600),
            (Some("second-0"), 1),
            (Some("Second-99999999999999999999"), 3600),
            (Some("Second-x, Second-7"), 7),
            (Some("ü"), 3600),
        ] {
            assert_eq!(parse(header), Duration::from_secs(seconds), "{header:?}");
        }
        assert_eq!(format(Instant::now() + Duration::from_secs(60)), "Second-60");
    }
}
