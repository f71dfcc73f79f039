//! How long an uploaded file is kept.

use model::UnixMillis;

/// Returns the seconds after which an upload is deleted: the requested time, at most the volume's setting; none in a
/// volume without a lifetime.
pub(super) fn lifetime(volume_secs: Option<u64>, wanted_secs: Option<u64>) -> Option<u64> {
    let most = volume_secs?;
    Some(wanted_secs.filter(|secs| *secs > 0).map_or(most, |secs| secs.min(most)))
}

/// Returns when a file uploaded at `uploaded_at` expires.
pub(super) fn expiry(uploaded_at: UnixMillis, lifetime_secs: u64) -> UnixMillis {
    UnixMillis(uploaded_at.0.saturating_add_unsigned(lifetime_secs.saturating_mul(1000)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes() {
        assert_eq!(lifetime(None, Some(5)), None);
        assert_eq!(lifetime(Some(60), None), Some(60));
        assert_eq!(lifetime(Some(60), Some(0)), Some(60));
        assert_eq!(lifetime(Some(60), Some(5)), Some(5));
        assert_eq!(lifetime(Some(60), Some(500)), Some(60));
    }
}
