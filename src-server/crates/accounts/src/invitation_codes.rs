//! Single-use codes that log a guest in: a long one for a QR code, six digits for people who cannot scan it. They are
//! kept in memory only; a restart ends them.
//!
//! Six digits can be guessed. After [`WRONG_DIGITS_MAX`] wrong ones, from any address, the digits of all open
//! invitations stop working, while the long codes continue to work. With [`CODES_MAX`] open invitations, all guesses
//! together hit one with a probability of 0.3 %.

use model::{PermSet, VPath};
use parking_lot::Mutex;
use std::time::{Duration, Instant};

/// Most open invitations; a further one replaces the oldest.
const CODES_MAX: usize = 256;
/// Wrong digits after which the digits of an invitation stop working.
const WRONG_DIGITS_MAX: u32 = 10;

/// The two codes of an invitation. Using one invalidates both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Codes {
    /// 20 letters and digits, for a QR code.
    pub code: String,
    /// Six digits, for typing.
    pub digits: String,
}

struct Invitation {
    codes: Codes,
    mount: VPath,
    rights: PermSet,
    ends: Instant,
    /// Wrong digits since the invitation was created.
    wrong: u32,
}

#[derive(Default)]
pub(super) struct Invitations {
    open: Mutex<Vec<Invitation>>,
}

pub(super) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system provides random numbers; the secrets were created with them");
    bytes
}

/// Returns 20 letters and digits that are not easily confused: 100 bits.
fn new_code() -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    random::<20>().iter().map(|byte| LETTERS[usize::from(byte % 32)] as char).collect()
}

/// Returns six digits, uniformly distributed.
fn new_digits() -> String {
    // The modulo bias of 64 bits is below one in a trillion.
    format!("{:06}", u64::from_le_bytes(random()) % 1_000_000)
}

/// Removes the blanks and dashes that people type to group digits.
pub(super) fn strip_separators(code: &str) -> String {
    code.chars().filter(|c| !c.is_whitespace() && !"-\u{2010}\u{2011}\u{2013}\u{2014}".contains(*c)).collect()
}

fn is_digits(code: &str) -> bool {
    code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit())
}

impl Invitations {
    fn lock(&self) -> parking_lot::MutexGuard<'_, Vec<Invitation>> {
        self.open.lock()
    }

    pub(super) fn make(&self, mount: &VPath, rights: PermSet, secs: u64) -> Codes {
        let mut open = self.lock();
        let now = Instant::now();
        open.retain(|invitation| invitation.ends > now);
        if open.len() >= CODES_MAX {
            open.remove(0);
        }
        let mut digits = new_digits();
        while open.iter().any(|other| other.codes.digits == digits) {
            digits = new_digits();
        }
        let codes = Codes { code: new_code(), digits };
        let ends = now + Duration::from_secs(secs.min(366 * 86_400));
        open.push(Invitation { codes: codes.clone(), mount: mount.clone(), rights, ends, wrong: 0 });
        codes
    }

    /// Removes and returns the open invitation with this code.
    pub(super) fn take(&self, code: &str) -> Option<(VPath, PermSet)> {
        let mut open = self.lock();
        let now = Instant::now();
        open.retain(|invitation| invitation.ends > now);
        let found = match is_digits(code) {
            true => open.iter().position(|one| one.codes.digits == code && one.wrong < WRONG_DIGITS_MAX),
            false => open.iter().position(|one| one.codes.code == code),
        };
        if found.is_none() && is_digits(code) {
            open.iter_mut().for_each(|one| one.wrong = one.wrong.saturating_add(1));
        }
        // The others stay in the order in which they were made: the first one is the oldest.
        let invitation = open.remove(found?);
        Some((invitation.mount, invitation.rights))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rights() -> PermSet {
        PermSet::parse("rw").expect("letters")
    }

    #[test]
    fn a_code_works_once_and_not_after_its_end() {
        let invitations = Invitations::default();
        let by = |which: fn(Codes) -> String, secs| which(invitations.make(&VPath::root(), rights(), secs));
        for which in [|codes: Codes| codes.code, |codes: Codes| codes.digits] {
            let code = by(which, 60);
            assert_eq!(invitations.take("other"), None);
            assert_eq!(invitations.take(&code), Some((VPath::root(), rights())));
            assert_eq!(invitations.take(&code), None);
            let ended = by(which, 0);
            assert_eq!(invitations.take(&ended), None);
        }
    }

    #[test]
    fn a_further_invitation_replaces_the_oldest() {
        let invitations = Invitations::default();
        let make = || invitations.make(&VPath::root(), rights(), 60).code;
        let all: Vec<String> = (0..CODES_MAX).map(|_| make()).collect();
        assert!(invitations.take(&all[0]).is_some());
        let (in_its_place, one_too_many) = (make(), make());
        assert!(invitations.take(&all[1]).is_none(), "the oldest is gone");
        for code in [&all[2], &all[CODES_MAX - 1], &in_its_place, &one_too_many] {
            assert!(invitations.take(code).is_some());
        }
    }

    #[test]
    fn using_one_code_uses_up_the_other() {
        let invitations = Invitations::default();
        let first = invitations.make(&VPath::root(), rights(), 60);
        assert!(invitations.take(&first.digits).is_some() && invitations.take(&first.code).is_none());
        let second = invitations.make(&VPath::root(), rights(), 60);
        assert!(invitations.take(&second.code).is_some() && invitations.take(&second.digits).is_none());
    }

    #[test]
    fn wrong_guesses_invalidate_digits_but_not_the_long_code() {
        let invitations = Invitations::default();
        let codes = invitations.make(&VPath::root(), rights(), 60);
        let wrong = |nth: u64| format!("{:06}", (codes.digits.parse::<u64>().expect("digits") + nth) % 1_000_000);
        for nth in 1..10 {
            assert_eq!(invitations.take(&wrong(nth)), None);
        }
        let late = invitations.make(&VPath::root(), rights(), 60);
        assert_eq!(invitations.take("long but wrong"), None, "no guess at digits");
        assert_eq!(invitations.take(&wrong(if wrong(10) == late.digits { 11 } else { 10 })), None);
        assert_eq!(invitations.take(&codes.digits), None, "ten wrong ones invalidate the digits");
        assert!(invitations.take(&late.digits).is_some(), "two wrong ones do not");
        assert!(invitations.take(&codes.code).is_some());
    }

    #[test]
    fn digits_are_six_and_differ() {
        let invitations = Invitations::default();
        let mut seen = std::collections::HashSet::new();
        for _ in 0..CODES_MAX {
            let digits = invitations.make(&VPath::root(), rights(), 60).digits;
            assert!(is_digits(&digits) && seen.insert(digits));
        }
        invitations.make(&VPath::root(), rights(), 60);
        assert_eq!(invitations.lock().len(), CODES_MAX);
    }

    #[test]
    fn codes_are_read_as_people_type_them() {
        for (typed, want) in [("123 456", "123456"), (" 12-34\u{2013}56\n", "123456"), ("abc", "abc")] {
            assert_eq!(strip_separators(typed), want);
        }
    }
}
