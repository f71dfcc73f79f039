//! Numbered names for files whose name is taken: `a.tar.gz`, `a (2).tar.gz`, `a (3).tar.gz`.
//!
//! Only for senders who may list the folder. To all others a number would reveal how many names are taken, and lead to
//! files that they cannot list: they get a name that cannot be guessed ([`crate::names::Mark`]).

use crate::error::{EngineError, Result};
use model::FileName;
use model::vpath::NAME_MAX;

/// Maximum length of an extension, with its dots, that stays after the number.
const EXTENSION_MAX: usize = 16;
/// Maximum digits of an existing number that is incremented. Four digits are more often a year.
const DIGITS_MAX: usize = 3;
/// The search for a free number ends here.
const LAST: u64 = 1 << 40;

/// A name split so that a number can be inserted.
pub struct Numbered<'a> {
    stem: &'a [u8],
    /// The number in the name; 1 if it has none.
    number: u64,
    /// With its dots; may be empty.
    extension: &'a [u8],
}

impl<'a> Numbered<'a> {
    /// Splits a name.
    pub fn of(name: &'a FileName) -> Self {
        let name = name.as_bytes();
        let (whole, extension) = name.split_at(extension_start(name));
        let (stem, number) = without_number(whole).unwrap_or((whole, 1));
        Self { stem, number, extension }
    }

    /// Returns the name with this number. Shortens the stem if the name would be too long.
    pub fn with(&self, number: u64) -> FileName {
        let middle = format!(" ({number})");
        let mut room = NAME_MAX.saturating_sub(middle.len() + self.extension.len()).min(self.stem.len());
        if room < self.stem.len() && std::str::from_utf8(self.stem).is_ok() {
            while room > 0 && self.stem[room] & 0xc0 == 0x80 {
                room -= 1;
            }
        }
        let whole = [&self.stem[..room], middle.as_bytes(), self.extension].concat();
        FileName::new(&whole).expect("short enough, not empty, and made of parts of a name")
    }

    /// Returns a number that is not `taken`, with O(log n) calls of `taken`: of ten thousand files with one name, each
    /// needs a few dozen calls. If numbers are missing in between, it need not be the lowest one.
    ///
    /// # Errors
    /// Those of `taken`; `Busy` if it never returns false.
    pub fn free(&self, mut taken: impl FnMut(&FileName) -> Result<bool>) -> Result<FileName> {
        let (mut below, mut step) = (self.number, 1);
        // Doubles the step until a number is free,
        let mut free = loop {
            let number = below + step;
            if !taken(&self.with(number))? {
                break number;
            }
            if number > LAST {
                return Err(EngineError::Busy);
            }
            (below, step) = (number, step * 2);
        };
        // then bisects between the last taken number and that one.
        while free - below > 1 {
            let middle = below + (free - below) / 2;
            if taken(&self.with(middle))? { below = middle } else { free = middle }
        }
        Ok(self.with(free))
    }
}

/// Returns whether `name` is `asked` with a number inserted, or with a higher number.
pub fn is_numbered(name: &FileName, asked: &FileName) -> bool {
    let (has, wants) = (Numbered::of(name), Numbered::of(asked));
    has.number > wants.number && wants.with(has.number) == *name
}

/// Returns where the extension begins; the length of the name if it has none. An extension is not at the start of the
/// name and contains letters and digits only; a preceding `.tar` belongs to it.
fn extension_start(name: &[u8]) -> usize {
    let dot_before = |end: usize| name[..end].iter().rposition(|&byte| byte == b'.').filter(|dot| *dot > 0);
    let is_extension =
        |part: &[u8]| (1..EXTENSION_MAX).contains(&part.len()) && part.iter().all(|byte| byte.is_ascii_alphanumeric());
    let Some(last) = dot_before(name.len()).filter(|dot| is_extension(&name[dot + 1..])) else { return name.len() };
    match dot_before(last) {
        Some(inner) if name[inner..last].eq_ignore_ascii_case(b".tar") => inner,
        _ => last,
    }
}

/// Splits a stem that ends in a number.
fn without_number(stem: &[u8]) -> Option<(&[u8], u64)> {
    let inner = stem.strip_suffix(b")")?;
    let open = inner.iter().rposition(|&byte| byte == b'(')?;
    let (digits, before) = (&inner[open + 1..], inner[..open].strip_suffix(b" ")?);
    let is_number = (1..=DIGITS_MAX).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    if before.is_empty() || !is_number || digits[0] == b'0' {
        return None;
    }
    Some((before, std::str::from_utf8(digits).ok()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn name(text: &str) -> FileName {
        FileName::new(text.as_bytes()).expect("is a name")
    }

    fn second(text: &str) -> String {
        let name = name(text);
        Numbered::of(&name).free(|_| Ok(false)).expect("is free").display()
    }

    #[test]
    fn numbers_are_inserted_before_the_extension() {
        for (asked, want) in [
            ("Invoice 007.pdf", "Invoice 007 (2).pdf"),
            ("a.tar.gz", "a (2).tar.gz"),
            ("a.TAR.zst", "a (2).TAR.zst"),
            (".tar.gz", ".tar (2).gz"),
            ("x.tar", "x (2).tar"),
            ("no extension", "no extension (2)"),
            (".hidden", ".hidden (2)"),
            (".hidden.txt", ".hidden (2).txt"),
            ("Mr. Smith", "Mr. Smith (2)"),
            ("ends in a dot.", "ends in a dot. (2)"),
            ("a.notAnExtensionSinceTooLong", "a.notAnExtensionSinceTooLong (2)"),
            ("日本.txt", "日本 (2).txt"),
            ("x (2).pdf", "x (3).pdf"),
            ("x (99).tar.gz", "x (100).tar.gz"),
            ("x (1)", "x (2)"),
            ("Film (1999).mkv", "Film (1999) (2).mkv"),
            ("x (02).pdf", "x (02) (2).pdf"),
            ("(2).pdf", "(2) (2).pdf"),
            (" (2)", " (2) (2)"),
            ("x(2).pdf", "x(2) (2).pdf"),
        ] {
            assert_eq!(second(asked), want, "{asked}");
            assert!(is_numbered(&name(want), &name(asked)), "{asked}");
            assert!(!is_numbered(&name(asked), &name(asked)) && !is_numbered(&name(asked), &name(want)), "{asked}");
        }
        assert!(!is_numbered(&name("b (2).pdf"), &name("a.pdf")) && !is_numbered(&name("a (2).txt"), &name("a.pdf")));
    }

    #[test]
    fn long_names_are_cut_at_character_boundaries() {
        for (asked, end) in [("é".repeat(124) + ".tar.gz", " (2).tar.gz"), ("a".repeat(255), " (2)")] {
            let other = second(&asked);
            assert!(other.len() <= 255 && other.len() > 250 && other.ends_with(end), "{other}");
            assert!(!other.contains(char::REPLACEMENT_CHARACTER), "{other}");
            assert!(is_numbered(&name(&other), &name(&asked)));
        }
    }

    #[test]
    fn ten_thousand_equal_names_need_few_lookups() {
        let (asked, mut taken) = (name("a.jpg"), HashSet::new());
        for count in 2..10_002 {
            let mut questions = 0;
            let found = Numbered::of(&asked).free(|name| {
                questions += 1;
                Ok(taken.contains(name))
            });
            let found = found.expect("is free");
            assert_eq!(found.display(), format!("a ({count}).jpg"));
            assert!(questions <= 30, "{questions}");
            taken.insert(found);
        }
        assert!(matches!(Numbered::of(&asked).free(|_| Ok(true)), Err(EngineError::Busy)));
    }
}
