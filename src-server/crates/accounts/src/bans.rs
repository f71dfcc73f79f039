//! Slows down password guessing: a pause that grows with every wrong password from an address or for an account, and a
//! ban of the address after too many different ones (`--ban-pw`).

use model::networks::client_key;
use model::settings::BanRule;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use vfs::error::{EngineError, Result, TooMany};

/// Most addresses and accounts that are tracked; beyond that the oldest are dropped.
const WATCHED_MAX: usize = 8192;
/// Longest pause before a reply.
const PAUSE_MAX: Duration = Duration::from_secs(4);
/// Time without a guess after which an entry is dropped.
const FORGET_AFTER: Duration = Duration::from_secs(3600);

#[derive(Clone, Copy)]
struct Guesses {
    count: u32,
    first: Instant,
    last: Instant,
    last_guess: u64,
    /// Attempts being checked; each counts as wrong until it turns out to be right.
    pending: u32,
    banned_until: Option<Instant>,
}

/// A ban of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BanInfo {
    /// The address; for IPv6, the first of the network (/64), which is banned as a whole.
    pub address: IpAddr,
    /// Remaining duration.
    pub left: Duration,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum GuessKey {
    Address(IpAddr),
    /// An address, for requests that pages of other sites may have caused its browser to send. Counted separately, so
    /// that opening such a page cannot get a visitor's address banned.
    PagesAt(IpAddr),
    Account(String),
}

/// The origin and target of a guess.
#[derive(Clone, Copy, Debug)]
pub(super) struct GuessSource<'a> {
    pub(super) address: IpAddr,
    /// Whether a page of another site may have caused the request.
    pub(super) is_foreign: bool,
    /// The account or link that the guess is for.
    pub(super) name: Option<&'a str>,
}

impl GuessSource<'_> {
    fn source_key(&self) -> GuessKey {
        let address = client_key(self.address);
        if self.is_foreign { GuessKey::PagesAt(address) } else { GuessKey::Address(address) }
    }
    fn keys(&self) -> impl Iterator<Item = GuessKey> {
        [Some(self.source_key()), self.name.map(|name| GuessKey::Account(name.into()))].into_iter().flatten()
    }
}

#[derive(Default)]
pub(super) struct Bans {
    watched: Arc<Mutex<HashMap<GuessKey, Guesses>>>,
    /// Whether there may be a ban. Every request checks this, and there hardly ever is one.
    may_have_bans: Arc<AtomicBool>,
}

/// A password that is being checked. It was counted as wrong in advance, and stays so if this is dropped.
#[must_use]
pub(crate) struct Attempt {
    watched: Arc<Mutex<HashMap<GuessKey, Guesses>>>,
    may_have_bans: Arc<AtomicBool>,
    rule: Option<BanRule>,
    address: IpAddr,
    keys: Vec<GuessKey>,
    guess: u64,
    is_finished: bool,
}

impl Bans {
    fn lock(&self) -> parking_lot::MutexGuard<'_, HashMap<GuessKey, Guesses>> {
        self.watched.lock()
    }

    /// Checks that requests from an address are answered.
    ///
    /// # Errors
    /// `Banned` with the remaining seconds.
    pub(super) fn check(&self, rule: Option<BanRule>, address: IpAddr) -> Result<()> {
        if rule.is_none() || !self.may_have_bans.load(Ordering::Acquire) {
            return Ok(());
        }
        match self.lock().get(&GuessKey::Address(client_key(address))) {
            Some(guesses) => guesses.check_not_banned(Instant::now()),
            None => Ok(()),
        }
    }

    /// Checks that passwords from this source are accepted for checking.
    ///
    /// # Errors
    /// `Banned`.
    pub(super) fn check_may_guess(&self, rule: Option<BanRule>, from: GuessSource<'_>) -> Result<()> {
        if rule.is_none() || !self.may_have_bans.load(Ordering::Acquire) {
            return Ok(());
        }
        self.lock().get(&from.source_key()).map_or(Ok(()), |guesses| guesses.check_not_banned(Instant::now()))
    }

    /// Counts a password as wrong before it is checked, so that concurrent attempts are limited like sequential ones.
    /// The same password again from the same source (a program that retries) counts once.
    ///
    /// # Errors
    /// `Banned`; `Busy` while as many passwords are being checked as may be wrong.
    pub(super) fn begin(&self, rule: Option<BanRule>, from: GuessSource<'_>, password: &str) -> Result<Attempt> {
        let guess = fingerprint(password);
        let now = Instant::now();
        let place = from.source_key();
        let mut watched = self.lock();
        if watched.len() >= WATCHED_MAX {
            forget_half(&mut watched);
        }
        let mut keys = Vec::with_capacity(2);
        for who in from.keys() {
            let fresh = Guesses { count: 0, first: now, last: now, last_guess: !guess, pending: 0, banned_until: None };
            let guesses = watched.entry(who.clone()).or_insert(fresh);
            if rule.is_some() {
                guesses.check_not_banned(now)?;
            }
            let window = rule.map_or(FORGET_AFTER, |rule| Duration::from_secs(rule.window_mins.saturating_mul(60)));
            if now - guesses.first > window {
                *guesses = Guesses { pending: guesses.pending, ..fresh };
            }
            if guesses.last_guess == guess {
                continue;
            }
            if rule.is_some_and(|rule| who == place && guesses.count.saturating_add(guesses.pending) > rule.count) {
                return Err(EngineError::Busy);
            }
            keys.push(who);
        }
        for who in &keys {
            if let Some(guesses) = watched.get_mut(who) {
                guesses.pending += 1;
                guesses.last_guess = guess;
            }
        }
        drop(watched);
        let (watched, may_have_bans) = (self.watched.clone(), self.may_have_bans.clone());
        Ok(Attempt { watched, may_have_bans, rule, address: from.address, keys, guess, is_finished: false })
    }

    /// Waits a time that depends on the guesses so far, including those being checked: nothing for the first three,
    /// then 100 ms, doubling.
    pub(super) async fn pause(&self, from: GuessSource<'_>) {
        let length = {
            let watched = self.lock();
            from.keys().filter_map(|who| watched.get(&who)).map(pause_for).max().unwrap_or_default()
        };
        if !length.is_zero() {
            tokio::time::sleep(length).await;
        }
    }

    /// Drops the guesses of an address and for an account. Returns whether the address had any.
    pub(super) fn clear_guesses(&self, address: IpAddr, name: Option<&str>) -> bool {
        let mut watched = self.lock();
        if let Some(name) = name {
            watched.remove(&GuessKey::Account(name.into()));
        }
        let address = client_key(address);
        watched.remove(&GuessKey::PagesAt(address));
        watched.remove(&GuessKey::Address(address)).is_some()
    }

    /// Returns the current bans, the last to end first.
    pub(super) fn list(&self, rule: Option<BanRule>) -> Vec<BanInfo> {
        if rule.is_none() {
            return Vec::new();
        }
        let now = Instant::now();
        let ban = |(who, guesses): (&GuessKey, &Guesses)| match (who, guesses.banned_until) {
            (GuessKey::Address(address), Some(until)) if until > now => {
                Some(BanInfo { address: *address, left: until - now })
            }
            _ => None,
        };
        let mut bans: Vec<_> = self.lock().iter().filter_map(ban).collect();
        bans.sort_by_key(|ban| std::cmp::Reverse((ban.left, ban.address)));
        bans
    }
}

impl Guesses {
    fn check_not_banned(&self, now: Instant) -> Result<()> {
        match self.banned_until.map(|until| until.saturating_duration_since(now)) {
            Some(left) if !left.is_zero() => {
                Err(EngineError::TooMany(TooMany::Guesses { retry_secs: left.as_secs().max(1) }))
            }
            _ => Ok(()),
        }
    }
}

impl Attempt {
    /// The password was right: the attempt does not count.
    pub(crate) fn succeeded(mut self) {
        self.finish(false);
    }

    /// The password was wrong.
    pub(crate) fn failed(mut self) {
        self.finish(true);
    }

    fn finish(&mut self, is_wrong: bool) {
        if std::mem::replace(&mut self.is_finished, true) {
            return;
        }
        let now = Instant::now();
        let mut watched = self.watched.lock();
        for who in &self.keys {
            let Some(guesses) = watched.get_mut(who) else { continue };
            guesses.pending = guesses.pending.saturating_sub(1);
            if !is_wrong {
                // A right password must not hide the next wrong one that is equal to it.
                if guesses.last_guess == self.guess {
                    guesses.last_guess = !self.guess;
                }
                continue;
            }
            guesses.count = guesses.count.saturating_add(1);
            guesses.last = now;
            let bans = self.rule.filter(|rule| !matches!(who, GuessKey::Account(_)) && guesses.count > rule.count);
            if let Some(rule) = bans {
                guesses.banned_until = now.checked_add(Duration::from_secs(rule.ban_mins.saturating_mul(60)));
                self.may_have_bans.store(true, Ordering::Release);
                let by_pages = matches!(who, GuessKey::PagesAt(_));
                tracing::warn!(address = %self.address, minutes = rule.ban_mins, by_pages, "banned after too many wrong passwords");
            }
        }
    }
}

impl Drop for Attempt {
    /// A client that disconnects before the reply has made its guess nevertheless.
    fn drop(&mut self) {
        self.finish(true);
    }
}

fn fingerprint(password: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    password.hash(&mut hasher);
    hasher.finish()
}

/// Drops the least important half: entries without a ban before banned ones, then the longest inactive. Half at once,
/// so that a flood of addresses costs little per address.
fn forget_half(watched: &mut HashMap<GuessKey, Guesses>) {
    let worth = |guesses: &Guesses| (guesses.banned_until, guesses.last);
    let mut all: Vec<_> = watched.values().map(worth).collect();
    let middle = all.len() / 2;
    let (_, least, _) = all.select_nth_unstable(middle);
    let least = *least;
    watched.retain(|_, guesses| worth(guesses) > least);
}

fn pause_for(guesses: &Guesses) -> Duration {
    match guesses.count.saturating_add(guesses.pending.saturating_sub(1)) {
        0..3 => Duration::ZERO,
        count => (Duration::from_millis(100) * 2u32.saturating_pow((count - 3).min(10))).min(PAUSE_MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: IpAddr) -> GuessSource<'static> {
        GuessSource { address, is_foreign: false, name: None }
    }

    /// A wrong password, if it is accepted for checking.
    fn guess(bans: &Bans, rule: Option<BanRule>, address: IpAddr, password: &str) {
        if let Ok(attempt) = bans.begin(rule, at(address), password) {
            attempt.failed();
        }
    }

    #[test]
    fn guesses_at_once_are_counted_before_they_are_checked() {
        let rule = Some(BanRule { count: 9, window_mins: 60, ban_mins: 10 });
        let bans = Bans::default();
        let address: IpAddr = [192, 0, 2, 1].into();
        let begun: Vec<_> = (0..64).map(|nth| bans.begin(rule, at(address), &format!("guess {nth}"))).collect();
        let (tried, refused): (Vec<_>, Vec<_>) = begun.into_iter().partition(Result::is_ok);
        assert_eq!(tried.len(), 10, "the tenth wrong password bans");
        assert!(refused.iter().all(|refusal| matches!(refusal, Err(EngineError::Busy))));
        assert!(bans.check(rule, address).is_ok(), "no password has been checked yet");
        // Disconnecting before the reply does not avoid the count.
        drop(tried);
        assert!(matches!(bans.check(rule, address), Err(EngineError::TooMany(TooMany::Guesses { .. }))));
        assert!(matches!(bans.begin(rule, at(address), "more"), Err(EngineError::TooMany(TooMany::Guesses { .. }))));
    }

    #[test]
    fn a_right_password_does_not_count() {
        let rule = Some(BanRule { count: 2, window_mins: 60, ban_mins: 10 });
        let bans = Bans::default();
        let address: IpAddr = [192, 0, 2, 1].into();
        for nth in 0..20 {
            bans.begin(rule, at(address), &format!("right {}", nth % 2)).expect("is let in").succeeded();
        }
        for password in ["a", "b"] {
            guess(&bans, rule, address, password);
        }
        assert!(bans.check(rule, address).is_ok());
        guess(&bans, rule, address, "c");
        assert!(bans.check(rule, address).is_err());
    }

    #[test]
    fn guesses_by_pages_of_other_sites_ban_only_such_requests() {
        let rule = Some(BanRule { count: 2, window_mins: 60, ban_mins: 10 });
        let bans = Bans::default();
        let address: IpAddr = [192, 0, 2, 1].into();
        let pages = GuessSource { is_foreign: true, ..at(address) };
        for nth in 0..10 {
            if let Ok(attempt) = bans.begin(rule, pages, &format!("guess {nth}")) {
                attempt.failed();
            }
        }
        assert!(matches!(bans.begin(rule, pages, "right"), Err(EngineError::TooMany(TooMany::Guesses { .. }))));
        assert!(bans.check(rule, address).is_ok() && bans.list(rule).is_empty());
        bans.begin(rule, at(address), "right").expect("is let in").succeeded();
    }

    #[test]
    fn bans_after_enough_different_guesses_and_counts_a_repeated_one_once() {
        let rule = Some(BanRule { count: 3, window_mins: 60, ban_mins: 10 });
        let bans = Bans::default();
        let address: IpAddr = [192, 0, 2, 1].into();
        for _ in 0..50 {
            guess(&bans, rule, address, "same");
        }
        assert!(bans.check(rule, address).is_ok());
        for password in ["a", "b", "c"] {
            guess(&bans, rule, address, password);
        }
        assert!(matches!(
            bans.check(rule, address),
            Err(EngineError::TooMany(TooMany::Guesses { retry_secs: 590..=600 }))
        ));
        assert!(bans.check(rule, [192, 0, 2, 2].into()).is_ok());
        assert!(bans.check(None, address).is_ok());
        let listed = bans.list(rule);
        assert!(matches!(listed[..], [BanInfo { address: of, left }] if of == address && left.as_secs() >= 590));
        assert!(bans.list(None).is_empty(), "without a rule there are no bans");
        assert!(bans.clear_guesses(address, None) && !bans.clear_guesses(address, None));
        assert!(bans.check(rule, address).is_ok() && bans.list(rule).is_empty());
    }

    #[test]
    fn an_ipv6_client_is_its_network() {
        let rule = Some(BanRule { count: 1, window_mins: 60, ban_mins: 10 });
        let bans = Bans::default();
        for (i, password) in ["a", "b", "c"].iter().enumerate() {
            guess(&bans, rule, format!("2001:db8::{i}").parse().expect("address"), password);
        }
        assert!(bans.check(rule, "2001:db8::ffff".parse().expect("address")).is_err());
        assert!(bans.check(rule, "2001:db8:0:1::".parse().expect("address")).is_ok());
    }

    #[test]
    fn watches_a_bounded_number() {
        let bans = Bans::default();
        let rule = Some(BanRule { count: 1, window_mins: 60, ban_mins: 10 });
        let banned: IpAddr = [192, 0, 2, 1].into();
        for password in ["a", "b", "c"] {
            guess(&bans, rule, banned, password);
        }
        for i in 0..40_000u32 {
            guess(&bans, None, std::net::Ipv4Addr::from(i).into(), "x");
        }
        assert!(bans.lock().len() <= WATCHED_MAX);
        assert!(bans.check(rule, banned).is_err(), "a flood of addresses ends no ban");
    }
}
