//! Single-use codes that log a guest in: a long one for a QR code, six digits for those who cannot scan. They live in
//! memory only; a restart ends them.
//!
//! Six digits can be guessed, so they work only while hardly anybody guesses: after [`WRONG_DIGITS_MAX`] wrong ones, from
//! wherever, those of every invitation that is open are dead, and its long code goes on. With [`CODES_MAX`] invitations
//! open, all guesses together hit one with a chance of 0.3 %.

use super::bans::GuessSource;
use super::devices::DeviceName;
use super::sessions::NewSession;
use super::{Accounts, Session};
use crate::access::Client;
use crate::error::{EngineError, Result};
use model::{AccountName, Event, PermSet, VPath};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Seconds that a guest's session lives: 30 days. It is seen among the devices and can be ended there.
const GUEST_SECS: u64 = 30 * 86_400;
/// Codes at once; making one more forgets the oldest.
const CODES_MAX: usize = 256;
/// Digits that nobody was given, after which those of an invitation work no more.
const WRONG_DIGITS_MAX: u32 = 10;

/// The two codes of an invitation. Using one uses up both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Codes {
    /// For a QR code: 20 letters and digits.
    pub code: String,
    /// For people: six digits.
    pub digits: String,
}

struct Invitation {
    codes: Codes,
    mount: VPath,
    rights: PermSet,
    ends: Instant,
    /// Wrong digits since it was made.
    wrong: u32,
}

#[derive(Default)]
pub(super) struct Invitations {
    open: Mutex<Vec<Invitation>>,
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the machine gives random numbers; the secrets were made with them");
    bytes
}

/// 20 letters and digits that are not mistaken for each other: 100 bits.
fn new_code() -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    random::<20>().iter().map(|byte| LETTERS[usize::from(byte % 32)] as char).collect()
}

/// Six digits, all equally likely.
fn new_digits() -> String {
    // The rest of a division favours small numbers; of 64 bits, by less than one in a trillion.
    format!("{:06}", u64::from_le_bytes(random()) % 1_000_000)
}

/// What people typed without the blanks and dashes that they read codes with.
fn bare(code: &str) -> String {
    code.chars().filter(|c| !c.is_whitespace() && !"-\u{2010}\u{2011}\u{2013}\u{2014}".contains(*c)).collect()
}

fn is_digits(code: &str) -> bool {
    code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit())
}

/// What a guest by invitation is called: each has a name of their own, that no account can have, so that uploads know
/// whose they are.
pub(super) fn guest_name(who: &str) -> AccountName {
    AccountName::from(format!("invited/{who}").as_str())
}

impl Invitations {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Invitation>> {
        self.open.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn make(&self, mount: &VPath, rights: PermSet, secs: u64) -> Codes {
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

    /// Takes an invitation away, if the code is that of an open one.
    fn take(&self, code: &str) -> Option<(VPath, PermSet)> {
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
        let invitation = open.swap_remove(found?);
        Some((invitation.mount, invitation.rights))
    }
}

impl Accounts {
    /// Makes single-use codes that log in as a guest, who gets `rights` in the volume at `mount` on top of what everyone
    /// has. One of them must be redeemed within `secs` seconds.
    pub fn invite(&self, mount: &VPath, rights: PermSet, secs: u64) -> Codes {
        self.state.invitations.make(mount, rights, secs)
    }

    /// Turns an invitation into a session; an invitation works once. `code`: either of its codes, with blanks and dashes
    /// as people type them. `device`: what logs in.
    ///
    /// # Errors
    /// `WrongPassword` for unknown, used and expired codes, each of which counts as a guess; `Banned`.
    pub async fn redeem(&self, code: &str, device: DeviceName, client: Client) -> Result<Session> {
        let rule = self.core.snapshot.load().settings.login.ban_passwords;
        let from = GuessSource { address: client.address, is_foreign: false, name: None };
        let code = bare(code);
        let attempt = self.state.bans.begin(rule, from, &code)?;
        self.state.bans.pause(from).await;
        let Some((mount, rights)) = self.state.invitations.take(&code) else {
            tracing::warn!(address = %client.address, "wrong invitation code");
            attempt.failed();
            return Err(EngineError::WrongPassword);
        };
        attempt.succeeded();
        let who: String = random::<8>().iter().map(|byte| format!("{byte:02x}")).collect();
        let new = NewSession {
            account: guest_name(&who),
            secret_tag: Vec::new(),
            lives_secs: GUEST_SECS,
            guest: Some((mount.clone(), rights)),
            link: None,
            device,
            address: client.address,
        };
        let account = new.account.clone();
        let (token, info) = self.state.sessions.open(&self.core.pool, new).await?;
        let name = info.current().name.as_str().to_owned();
        self.core.events.emit(Event::DeviceJoined { id: info.id.to_string(), name });
        Ok(Session { token, account, lives_secs: GUEST_SECS, landing: mount })
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
    fn using_one_code_uses_up_the_other() {
        let invitations = Invitations::default();
        let first = invitations.make(&VPath::root(), rights(), 60);
        assert!(invitations.take(&first.digits).is_some() && invitations.take(&first.code).is_none());
        let second = invitations.make(&VPath::root(), rights(), 60);
        assert!(invitations.take(&second.code).is_some() && invitations.take(&second.digits).is_none());
    }

    #[test]
    fn digits_die_of_guesses_and_the_long_code_goes_on() {
        let invitations = Invitations::default();
        let codes = invitations.make(&VPath::root(), rights(), 60);
        let wrong = |nth: u64| format!("{:06}", (codes.digits.parse::<u64>().expect("digits") + nth) % 1_000_000);
        for nth in 1..10 {
            assert_eq!(invitations.take(&wrong(nth)), None);
        }
        let late = invitations.make(&VPath::root(), rights(), 60);
        assert_eq!(invitations.take("long but wrong"), None, "no guess at digits");
        assert_eq!(invitations.take(&wrong(if wrong(10) == late.digits { 11 } else { 10 })), None);
        assert_eq!(invitations.take(&codes.digits), None, "ten were enough");
        assert!(invitations.take(&late.digits).is_some(), "two are not");
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
            assert_eq!(bare(typed), want);
        }
    }
}
