//! A text that administrators show on every page for some minutes: an address, a password for the wireless network. It
//! is kept in memory only.

use parking_lot::{Mutex, MutexGuard};
use vfs::clock::now;

/// Longest text, bytes.
pub const MAX_BYTES: usize = 64 << 10;

/// A text and the time at which it expires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BannerText {
    /// The text.
    pub text: String,
    /// When the text is no longer shown, milliseconds since 1970.
    pub until_ms: i64,
}

/// The banner of one engine; shows at most one text.
#[derive(Default)]
pub struct Banner(Mutex<Option<BannerText>>);

impl Banner {
    fn lock(&self) -> MutexGuard<'_, Option<BannerText>> {
        self.0.lock()
    }

    /// Replaces the text; `None` removes it.
    pub fn set(&self, banner: Option<BannerText>) {
        *self.lock() = banner;
    }

    /// Returns the text that is shown now, and removes it once it has expired.
    pub fn current(&self) -> Option<BannerText> {
        self.at(now().0)
    }

    /// [`Banner::current`] at a given time, milliseconds since 1970.
    fn at(&self, now_ms: i64) -> Option<BannerText> {
        let mut banner = self.lock();
        if banner.as_ref().is_some_and(|banner| banner.until_ms <= now_ms) {
            *banner = None;
        }
        banner.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_ends_when_it_expires_or_is_removed() {
        let banner = Banner::default();
        let shown = BannerText { text: "key".into(), until_ms: 100 };
        banner.set(Some(shown.clone()));
        assert_eq!(banner.at(99), Some(shown.clone()));
        assert_eq!(banner.at(100), None);
        assert_eq!(banner.at(0), None, "a clock that is set back does not restore an expired text");
        banner.set(Some(shown));
        banner.set(None);
        assert_eq!(banner.at(0), None);
    }
}
