//! Settings of a volume's trash.

use crate::units::Bytes;

/// How long and how much a volume's trash keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrashFlags {
    /// `trash`: days until an entry is deleted for good; 0: there is no trash.
    pub days: u32,
    /// `trash_max`: how much the entries may occupy together.
    pub max: TrashMax,
}

/// How much the entries of a trash may occupy together; the oldest ones are deleted first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrashMax {
    /// A share of the disk, percent, 0 to 100.
    Percent(u8),
    /// A number of bytes.
    Size(Bytes),
}

impl Default for TrashFlags {
    fn default() -> Self {
        Self { days: 30, max: TrashMax::Percent(10) }
    }
}

impl TrashFlags {
    /// The settings of a volume without trash.
    pub const OFF: Self = Self { days: 0, max: TrashMax::Percent(10) };

    /// Returns whether what is deleted goes into the trash.
    pub fn is_on(self) -> bool {
        self.days > 0 && !matches!(self.max, TrashMax::Percent(0) | TrashMax::Size(Bytes(0)))
    }
}

impl TrashMax {
    /// Parses `10%` or a size such as `50g`; `None` for other text.
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim().strip_suffix('%') {
            Some(percent) => percent.trim().parse().ok().filter(|percent| *percent <= 100).map(Self::Percent),
            None => Bytes::parse(text).map(Self::Size),
        }
    }

    /// Returns the limit on a disk with this size, bytes.
    pub fn of_disk(self, total: Bytes) -> u64 {
        match self {
            Self::Percent(percent) => (u128::from(total.0) * u128::from(percent) / 100) as u64,
            Self::Size(size) => size.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_shares_or_sizes() {
        for (text, want) in [
            ("10%", Some(TrashMax::Percent(10))),
            (" 0 % ", Some(TrashMax::Percent(0))),
            ("100%", Some(TrashMax::Percent(100))),
            ("101%", None),
            ("-1%", None),
            ("%", None),
            ("50g", Some(TrashMax::Size(Bytes(50 << 30)))),
            ("0", Some(TrashMax::Size(Bytes(0)))),
            ("", None),
            ("ten", None),
        ] {
            assert_eq!(TrashMax::parse(text), want, "{text}");
        }
        assert_eq!(TrashMax::Percent(10).of_disk(Bytes(u64::MAX)), u64::MAX / 10);
        assert_eq!(TrashMax::Size(Bytes(7)).of_disk(Bytes(3)), 7);
    }

    #[test]
    fn no_days_or_no_room_is_no_trash() {
        assert!(TrashFlags::default().is_on() && !TrashFlags::OFF.is_on());
        assert!(!TrashFlags { days: 9, max: TrashMax::Percent(0) }.is_on());
    }
}
