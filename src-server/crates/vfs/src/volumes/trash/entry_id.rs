//! Identifiers of what is in a trash. They sort by the time of the removal.

use model::UnixMillis;
use std::fmt;

/// Identifies an entry: what one operation has removed. The time of the operation and a random number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId {
    at_ms: u64,
    random: u64,
}

/// Identifies an item of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId {
    /// The entry.
    pub entry: EntryId,
    /// Position of the item in the entry's record.
    pub item: u32,
}

/// Hex digits of the time; enough until the year 10889.
const TIME_DIGITS: usize = 12;
/// Hex digits of the random number.
const RANDOM_DIGITS: usize = 16;

impl EntryId {
    /// Makes a new identifier for an operation at `at`.
    pub fn new(at: UnixMillis) -> Self {
        let mut bytes = [0; 8];
        // Without random numbers the time, and the address of this variable, still differ between operations.
        let random = match getrandom::fill(&mut bytes) {
            Ok(()) => u64::from_le_bytes(bytes),
            Err(_) => std::ptr::from_ref(&bytes).addr() as u64,
        };
        let at_ms = u64::try_from(at.0).unwrap_or(0).min((1 << (4 * TIME_DIGITS)) - 1);
        Self { at_ms, random }
    }

    /// Parses the text of [`fmt::Display`]; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let (time, random) = text.split_once('-')?;
        let is_hex = |part: &str, digits| {
            part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
        };
        if !is_hex(time, TIME_DIGITS) || !is_hex(random, RANDOM_DIGITS) {
            return None;
        }
        Some(Self { at_ms: u64::from_str_radix(time, 16).ok()?, random: u64::from_str_radix(random, 16).ok()? })
    }

    /// Returns when the operation began, by the wall clock of that time.
    pub fn at(self) -> UnixMillis {
        UnixMillis(self.at_ms as i64)
    }

    /// Returns the identifier of an item.
    pub fn item(self, item: u32) -> ItemId {
        ItemId { entry: self, item }
    }
}

impl ItemId {
    /// Parses the text of [`fmt::Display`]; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let (entry, item) = text.split_once('.')?;
        let number: u32 = item.parse().ok()?;
        (number.to_string() == item).then_some(Self { entry: EntryId::parse(entry)?, item: number })
    }
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at_ms, random } = self;
        write!(f, "{at_ms:0t$x}-{random:0r$x}", t = TIME_DIGITS, r = RANDOM_DIGITS)
    }
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.entry, self.item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_read_back_and_sort_by_time() {
        let (early, late) = (EntryId::new(UnixMillis(1)), EntryId::new(UnixMillis(1 << 40)));
        assert!(early < late && early.to_string() < late.to_string());
        assert_ne!(EntryId::new(UnixMillis(5)), EntryId::new(UnixMillis(5)));
        for at in [i64::MIN, -1, 0, 1, i64::MAX] {
            let id = EntryId::new(UnixMillis(at)).item(7);
            assert_eq!(ItemId::parse(&id.to_string()), Some(id));
            assert_eq!(EntryId::parse(&id.entry.to_string()), Some(id.entry));
        }
    }

    #[test]
    fn nothing_else_is_an_identifier() {
        let id = EntryId::new(UnixMillis(1)).to_string();
        for text in [
            "",
            "..",
            "-",
            &id[1..],
            &id.to_uppercase().replace(char::is_numeric, "A"),
            &format!("{id}/"),
            &format!(" {id}"),
        ] {
            assert_eq!(EntryId::parse(text), None, "{text}");
        }
        for item in ["", "-1", "+1", "01", "1x", "4294967296", "../x"] {
            assert_eq!(ItemId::parse(&format!("{id}.{item}")), None, "{item}");
        }
    }
}
