//! Slowing those who guess: a pause that grows with every wrong password of an address or against an account, and a
//! ban of the address after too many different ones (`--ban-pw`).

use crate::error::{EngineError, Result};
use model::settings::BanRule;
use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Addresses and accounts watched at once; beyond that the oldest are forgotten.
const WATCHED_MAX: usize = 8192;
/// Longest pause before an answer.
const PAUSE_MAX: Duration = Duration::from_secs(4);
/// After this long without a guess an entry is forgotten.
const FORGET_AFTER: Duration = Duration::from_secs(3600);

#[derive(Clone, Copy)]
struct Guesses {
    count: u32,
    first: Instant,
    last: Instant,
    last_guess: u64,
    banned_until: Option<Instant>,
}

/// A ban of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BanInfo {
    /// The address; of IPv6, the first of the network (/64) that is banned as a whole.
    pub address: IpAddr,
    /// How long it goes on.
    pub left: Duration,
}

#[derive(PartialEq, Eq, Hash)]
enum Who {
    Address(IpAddr),
    Account(String),
}

#[derive(Default)]
pub(super) struct Bans {
    watched: Mutex<HashMap<Who, Guesses>>,
}

/// An IPv6 client owns a whole /64: that is what is counted.
fn neighbourhood(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => {
            let segments = v6.segments();
            IpAddr::from([segments[0], segments[1], segments[2], segments[3], 0, 0, 0, 0])
        }
        v4 => v4,
    }
}

impl Bans {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Who, Guesses>> {
        self.watched.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// # Errors
    /// `Banned` with the seconds that are left.
    pub(super) fn check(&self, rule: Option<BanRule>, address: IpAddr) -> Result<()> {
        if rule.is_none() {
            return Ok(());
        }
        let until = self.lock().get(&Who::Address(neighbourhood(address))).and_then(|guesses| guesses.banned_until);
        match until.map(|until| until.saturating_duration_since(Instant::now())) {
            Some(left) if !left.is_zero() => Err(EngineError::Banned { retry_secs: left.as_secs().max(1) }),
            _ => Ok(()),
        }
    }

    /// Waits as long as the guesses so far are worth: nothing for the first three, then 100 ms, doubling.
    pub(super) async fn pause(&self, address: IpAddr, name: Option<&str>) {
        let length = {
            let watched = self.lock();
            let of = |who: &Who| watched.get(who).map_or(Duration::ZERO, pause_for);
            let by_name = name.map_or(Duration::ZERO, |name| of(&Who::Account(name.into())));
            of(&Who::Address(neighbourhood(address))).max(by_name)
        };
        if !length.is_zero() {
            tokio::time::sleep(length).await;
        }
    }

    /// Counts a wrong password. The same one again from the same address (a program that retries) counts once.
    pub(super) fn count(&self, rule: Option<BanRule>, address: IpAddr, name: Option<&str>, password: &str) {
        let mut hasher = DefaultHasher::new();
        password.hash(&mut hasher);
        let guess = hasher.finish();
        let now = Instant::now();
        let mut watched = self.lock();
        if watched.len() >= WATCHED_MAX {
            forget_half(&mut watched);
        }
        let keys = [Some(Who::Address(neighbourhood(address))), name.map(|name| Who::Account(name.into()))];
        for who in keys.into_iter().flatten() {
            let banned_by_address = matches!(who, Who::Address(_));
            let fresh = Guesses { count: 0, first: now, last: now, last_guess: !guess, banned_until: None };
            let guesses = watched.entry(who).or_insert(fresh);
            let window = rule.map_or(FORGET_AFTER, |rule| Duration::from_secs(rule.window_mins.saturating_mul(60)));
            if now - guesses.first > window {
                *guesses = fresh;
            }
            if guesses.last_guess == guess {
                continue;
            }
            guesses.count += 1;
            guesses.last = now;
            guesses.last_guess = guess;
            if let Some(rule) = rule.filter(|rule| banned_by_address && guesses.count > rule.count) {
                guesses.banned_until = now.checked_add(Duration::from_secs(rule.ban_mins.saturating_mul(60)));
                tracing::warn!(%address, minutes = rule.ban_mins, "banned after too many wrong passwords");
            }
        }
    }

    /// Forgets the guesses of an address and against an account; whether the address had guessed.
    pub(super) fn forgive(&self, address: IpAddr, name: Option<&str>) -> bool {
        let mut watched = self.lock();
        if let Some(name) = name {
            watched.remove(&Who::Account(name.into()));
        }
        watched.remove(&Who::Address(neighbourhood(address))).is_some()
    }

    /// Who is banned just now, the last to end first.
    pub(super) fn list(&self, rule: Option<BanRule>) -> Vec<BanInfo> {
        if rule.is_none() {
            return Vec::new();
        }
        let now = Instant::now();
        let ban = |(who, guesses): (&Who, &Guesses)| match (who, guesses.banned_until) {
            (Who::Address(address), Some(until)) if until > now => {
                Some(BanInfo { address: *address, left: until - now })
            }
            _ => None,
        };
        let mut bans: Vec<_> = self.lock().iter().filter_map(ban).collect();
        bans.sort_by_key(|ban| std::cmp::Reverse((ban.left, ban.address)));
        bans
    }
}

/// Forgets the half that is worth least: those who are not banned before those who are, then the longest silent. Half at
/// once, so that a flood of addresses costs little for each.
fn forget_half(watched: &mut HashMap<Who, Guesses>) {
    let worth = |guesses: &Guesses| (guesses.banned_until, guesses.last);
    let mut all: Vec<_> = watched.values().map(worth).collect();
    let middle = all.len() / 2;
    let (_, least, _) = all.select_nth_unstable(middle);
    let least = *least;
    watched.retain(|_, guesses| worth(guesses) > least);
}

fn pause_for(guesses: &Guesses) -> Duration {
    match guesses.count {
        0..3 => Duration::ZERO,
        count => (Duration::from_millis(100) * 2u32.saturating_pow((count - 3).min(10))).min(PAUSE_MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bans_after_enough_different_guesses_and_counts_a_repeated_one_once() {
        let rule = Some(BanRule { count: 3, window_mins: 60, ban_mins: 10 });
        let bans = Bans::default();
        let address: IpAddr = [192, 0, 2, 1].into();
        for _ in 0..50 {
            bans.count(rule, address, None, "same");
        }
        assert!(bans.check(rule, address).is_ok());
        for guess in ["a", "b", "c"] {
            bans.count(rule, address, None, guess);
        }
        assert!(matches!(bans.check(rule, address), Err(EngineError::Banned { retry_secs: 590..=600 })));
        assert!(bans.check(rule, [192, 0, 2, 2].into()).is_ok());
        assert!(bans.check(None, address).is_ok());
        let listed = bans.list(rule);
        assert!(matches!(listed[..], [BanInfo { address: of, left }] if of == address && left.as_secs() >= 590));
        assert!(bans.list(None).is_empty(), "without a rule nobody is turned away");
        assert!(bans.forgive(address, None) && !bans.forgive(address, None));
        assert!(bans.check(rule, address).is_ok() && bans.list(rule).is_empty());
    }

    #[test]
    fn an_ipv6_client_is_its_network() {
        let rule = Some(BanRule { count: 1, window_mins: 60, ban_mins: 10 });
        let bans = Bans::default();
        for (i, guess) in ["a", "b", "c"].iter().enumerate() {
            bans.count(rule, format!("2001:db8::{i}").parse().expect("address"), None, guess);
        }
        assert!(bans.check(rule, "2001:db8::ffff".parse().expect("address")).is_err());
        assert!(bans.check(rule, "2001:db8:0:1::".parse().expect("address")).is_ok());
    }

    #[test]
    fn watches_a_bounded_number() {
        let bans = Bans::default();
        let rule = Some(BanRule { count: 1, window_mins: 60, ban_mins: 10 });
        let banned: IpAddr = [192, 0, 2, 1].into();
        for guess in ["a", "b", "c"] {
            bans.count(rule, banned, None, guess);
        }
        for i in 0..40_000u32 {
            bans.count(None, std::net::Ipv4Addr::from(i).into(), None, "x");
        }
        assert!(bans.lock().len() <= WATCHED_MAX);
        assert!(bans.check(rule, banned).is_err(), "a flood of addresses ends no ban");
    }
}
