//! Secrets of accounts, and a cache of verified passwords.
//!
//! Only Argon2id hashes stay in memory. Plain-text passwords are hashed in the background after the start, all with one
//! salt of this run, so that checking a password without an account name costs one hash and not one per account.

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use hmac::{Hmac, KeyInit, Mac};
use model::AccountName;
use model::account::{Account, Secret};
use parking_lot::Mutex;
use sha2::Sha256;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{OnceCell, Semaphore};
use vfs::blocking_pool::BlockingPool;
use vfs::error::{EngineError, Result};
use vfs::random;
use vfs::snapshot::Snapshot;

/// Longest password that is checked, bytes; longer ones are wrong without being hashed.
pub const PASSWORD_MAX: usize = 256;
/// Argon2id parameters recommended by OWASP: 19 MiB, two passes.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
/// Concurrent hash computations; each needs 19 MiB.
const HASHES_AT_ONCE: usize = 2;
/// Requests that may wait for a hash computation; further ones get `Busy`.
const WAITING_MAX: usize = 32;

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, Some(32)).expect("the parameters are within Argon2's limits");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Hashes a password for a configuration file: a PHC string with a fresh salt. Takes tens of milliseconds.
///
/// # Errors
/// `Internal` if the system provides no random bytes or no memory.
pub fn hash_password(password: &str) -> Result<String> {
    let salt = fresh_salt()?;
    let hash = argon2().hash_password(password.as_bytes(), &salt).map_err(hashing_failed)?;
    Ok(hash.to_string())
}

/// Whether `hash`, made by [`hash_password`], is a hash of `password`. Takes as long as hashing.
pub fn password_fits(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|parsed| Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok())
}

fn fresh_salt() -> Result<SaltString> {
    SaltString::encode_b64(&random::bytes::<16>()?).map_err(hashing_failed)
}

fn hashing_failed(error: argon2::password_hash::Error) -> EngineError {
    EngineError::internal("The password could not be checked.", std::io::Error::other(error.to_string()))
}

struct Credential {
    account: AccountName,
    /// The hash; empty until a plain-text password has been hashed.
    hash: OnceCell<String>,
    /// The plain-text password until then.
    plain: Mutex<Option<String>>,
    /// Changes when the secret changes, and reveals nothing about it without the program's key.
    tag: Vec<u8>,
}

/// The secrets of all accounts in one snapshot.
pub struct Credentials {
    list: Vec<Credential>,
    /// Salt for hashes of plain-text passwords.
    shared_salt: Option<SaltString>,
    /// Key for values derived from names.
    key: [u8; 32],
    slots: Semaphore,
    waiting: Semaphore,
}

/// Returns the secrets of the accounts of a snapshot.
pub fn credentials_of(snapshot: &Snapshot) -> &Credentials {
    snapshot.derived.get().expect("every snapshot is built with credentials")
}

impl Credentials {
    /// Takes the secrets of `accounts`; hashes nothing yet.
    ///
    /// # Errors
    /// `Internal` if the system provides no random bytes.
    pub fn new(accounts: &[Account], key: &[u8; 32]) -> Result<Self> {
        let any_plain = accounts.iter().any(|account| matches!(account.secret, Secret::Plain(_)));
        let credential = |account: &Account| {
            let (hash, plain, text) = match &account.secret {
                Secret::Argon2(phc) => (OnceCell::new_with(Some(phc.clone())), None, phc),
                Secret::Plain(password) => (OnceCell::new(), Some(password.clone()), password),
            };
            let tag = keyed(key, &[b"tag", account.name.as_str().as_bytes(), text.as_bytes()]).to_vec();
            Credential { account: account.name.clone(), hash, plain: Mutex::new(plain), tag }
        };
        Ok(Self {
            list: accounts.iter().map(credential).collect(),
            shared_salt: any_plain.then(fresh_salt).transpose()?,
            key: *key,
            slots: Semaphore::new(HASHES_AT_ONCE),
            waiting: Semaphore::new(WAITING_MAX),
        })
    }

    /// Keeps the tags of accounts whose secret is unchanged: those that now have the hash which was computed in
    /// `before` from a plain-text password. Otherwise their sessions would end.
    #[must_use]
    pub fn keeping_tags_of(mut self, before: &Self) -> Self {
        for credential in self.list.iter_mut().filter(|credential| credential.hash.initialized()) {
            let is_same =
                |other: &&Credential| other.account == credential.account && other.hash.get() == credential.hash.get();
            if let Some(same) = before.list.iter().find(is_same) {
                credential.tag = same.tag.clone();
            }
        }
        self
    }

    /// Whether there are no accounts.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether the account exists.
    pub fn knows(&self, account: &AccountName) -> bool {
        self.list.iter().any(|credential| credential.account == *account)
    }

    /// Returns the fingerprint of an account's secret.
    pub fn tag(&self, account: &AccountName) -> Option<Vec<u8>> {
        self.list.iter().find(|credential| credential.account == *account).map(|credential| credential.tag.clone())
    }

    /// Returns the hash of an account's password, and computes it if necessary; `None` if there is no such account.
    ///
    /// # Errors
    /// Those of hashing.
    pub async fn hash(&self, account: &AccountName, pool: &BlockingPool) -> Result<Option<String>> {
        match self.list.iter().find(|credential| credential.account == *account) {
            Some(credential) => self.hash_of(credential, pool).await.map(|hash| Some(hash.to_owned())),
            None => Ok(None),
        }
    }

    /// Replaces plain-text passwords by their hashes. Called once in the background; a login meanwhile waits for its
    /// hash.
    ///
    /// # Errors
    /// Those of hashing.
    pub async fn hash_all(&self, pool: &BlockingPool) -> Result<()> {
        for credential in &self.list {
            self.hash_of(credential, pool).await?;
        }
        Ok(())
    }

    async fn hash_of<'a>(&self, credential: &'a Credential, pool: &BlockingPool) -> Result<&'a str> {
        let make = || async {
            let plain = credential.plain.lock().clone();
            let (Some(plain), Some(salt)) = (plain, self.shared_salt.clone()) else {
                return Err(EngineError::Busy);
            };
            let hash = pool
                .try_run(move || {
                    let hash = argon2().hash_password(plain.as_bytes(), &salt).map_err(hashing_failed)?;
                    Ok(hash.to_string())
                })
                .await?;
            credential.plain.lock().take();
            Ok(hash)
        };
        credential.hash.get_or_try_init(make).await.map(String::as_str)
    }

    /// Returns the account whose password is `password`; with `name`, only that account. `names_required`
    /// (`--usernames`): logins need a name, so one hash is computed. Otherwise one is computed for all passwords that
    /// were plain text, and one for each of the others.
    ///
    /// The number of hashes is the same for existing and unknown names.
    ///
    /// # Errors
    /// `Busy` if too many checks are waiting.
    pub async fn verify(
        &self,
        pool: &BlockingPool,
        name: Option<&str>,
        names_required: bool,
        password: &str,
    ) -> Result<Option<AccountName>> {
        if self.list.is_empty() {
            return Ok(None);
        }
        let _place = self.waiting.try_acquire().map_err(|_| EngineError::Busy)?;
        let _slot = self.slots.acquire().await.map_err(|_| EngineError::Busy)?;
        let mut hashes = Vec::new();
        for credential in &self.list {
            let hash = self.hash_of(credential, pool).await?.to_owned();
            hashes.push((credential.account.clone(), hash));
        }
        // No account has an empty name: a password alone is no login then.
        let name = if names_required { Some(name.unwrap_or_default()) } else { name };
        let name = match name {
            Some(name) if names_required => {
                hashes = vec![self.hash_for_name(name, hashes)];
                Some(name.to_owned())
            }
            // Basic authentication carries any name where a password alone is enough, so unknown names are ignored.
            name => name.filter(|name| hashes.iter().any(|(account, _)| account.as_str() == *name)).map(str::to_owned),
        };
        let shared_salt = self.shared_salt.clone();
        let password = password.to_owned();
        pool.run(move || {
            let mut counting = HashCounter::default();
            find_matching(&mut counting, &hashes, shared_salt.as_ref(), name.as_deref(), &password)
        })
        .await
    }

    /// Returns the account called `name` with its hash. For an unknown name, returns an arbitrary other account, always
    /// the same, so that the check takes as long as for an existing one.
    fn hash_for_name(&self, name: &str, mut hashes: Vec<(AccountName, String)>) -> (AccountName, String) {
        let known = hashes.iter().position(|(account, _)| account.as_str() == name);
        let stand_in = || {
            let digest = keyed(&self.key, &[b"stand-in", name.as_bytes()]);
            usize::from(u16::from_le_bytes([digest[0], digest[1]])) % hashes.len().max(1)
        };
        let at = known.unwrap_or_else(stand_in);
        hashes.swap_remove(at)
    }
}

/// Computes hashes and counts them.
#[derive(Default)]
struct HashCounter {
    computed: usize,
}

impl HashCounter {
    fn hash(&mut self, password: &str, salt: &SaltString) -> Option<String> {
        self.computed += 1;
        argon2().hash_password(password.as_bytes(), salt).ok().map(|hash| hash.to_string())
    }
    fn fits(&mut self, password: &str, hash: &str) -> bool {
        self.computed += 1;
        password_fits(password, hash)
    }
}

/// Computes one hash for all accounts with the shared salt (none if there are none) and one for each of the others,
/// whichever matches. With `name`, only that account is returned.
fn find_matching(
    counting: &mut HashCounter,
    hashes: &[(AccountName, String)],
    salt: Option<&SaltString>,
    name: Option<&str>,
    password: &str,
) -> Option<AccountName> {
    let is_shared = |hash: &str| salt.is_some_and(|salt| hash.contains(salt.as_str()));
    let ours = salt.filter(|_| hashes.iter().any(|(_, hash)| is_shared(hash)));
    let ours = ours.and_then(|salt| counting.hash(password, salt));
    let mut found = None;
    for (account, hash) in hashes {
        let is_equal = match &ours {
            Some(ours) if is_shared(hash) => equal(ours.as_bytes(), hash.as_bytes()),
            _ => counting.fits(password, hash),
        };
        if is_equal && found.is_none() && name.is_none_or(|name| account.as_str() == name) {
            found = Some(account.clone());
        }
    }
    found
}

/// Compares in constant time.
fn equal(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |sum, (x, y)| sum | (x ^ y)) == 0
}

/// HMAC-SHA256 over the parts, each prefixed with its length.
pub(super) fn keyed(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(&(part.len() as u64).to_le_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Recently checked passwords, so that not every request runs Argon2: a bounded map of keyed digests.
pub(super) struct VerifiedPasswords {
    key: [u8; 32],
    right: Mutex<HashMap<[u8; 32], (u64, AccountName)>>,
    wrong: Mutex<HashMap<[u8; 32], Instant>>,
}

const REMEMBERED_MAX: usize = 4096;
const WRONG_FOR: Duration = Duration::from_secs(300);

impl VerifiedPasswords {
    pub(super) fn new(key: [u8; 32]) -> Self {
        Self { key, right: Mutex::default(), wrong: Mutex::default() }
    }

    fn digest(&self, name: Option<&str>, password: &str) -> [u8; 32] {
        keyed(&self.key, &[b"verified", name.unwrap_or("").as_bytes(), password.as_bytes()])
    }

    /// Returns the account that this password has proved before under the same settings.
    pub(super) fn get(&self, snapshot: &Arc<Snapshot>, name: Option<&str>, password: &str) -> Option<AccountName> {
        if password.len() > PASSWORD_MAX {
            return None;
        }
        let (generation, account) = self.right.lock().get(&self.digest(name, password)).cloned()?;
        (generation == snapshot.generation).then_some(account)
    }

    pub(super) fn remember(&self, snapshot: &Arc<Snapshot>, name: Option<&str>, password: &str, account: &AccountName) {
        let mut right = self.right.lock();
        if right.len() >= REMEMBERED_MAX {
            right.clear();
        }
        right.insert(self.digest(name, password), (snapshot.generation, account.clone()));
    }

    pub(super) fn remember_wrong(&self, password: &str) {
        let mut wrong = self.wrong.lock();
        if wrong.len() >= REMEMBERED_MAX {
            wrong.clear();
        }
        wrong.insert(self.digest(None, password), Instant::now());
    }

    /// Whether this password was found wrong within the last minutes (a stale cookie comes with every request).
    pub(super) fn is_known_wrong(&self, password: &str) -> bool {
        self.wrong.lock().get(&self.digest(None, password)).is_some_and(|at| at.elapsed() < WRONG_FOR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With plain-text and hashed passwords mixed, the number of hashes reveals nothing about which names exist.
    #[test]
    fn every_name_costs_as_many_hashes() {
        let account = |name: &str, secret| Account { name: name.into(), secret };
        let hashed = |password| Secret::Argon2(hash_password(password).expect("hashes"));
        let accounts = [
            account("clear", Secret::Plain("one".into())),
            account("hashed", hashed("two")),
            account("other", Secret::Plain("three".into())),
        ];
        let credentials = Credentials::new(&accounts, &[7; 32]).expect("credentials");
        let salt = credentials.shared_salt.clone().expect("a salt");
        let clear = |password: &str| argon2().hash_password(password.as_bytes(), &salt).expect("hashes").to_string();
        let Secret::Argon2(second) = accounts[1].secret.clone() else { panic!("it is hashed") };
        let all: Vec<(AccountName, String)> =
            vec![("clear".into(), clear("one")), ("hashed".into(), second), ("other".into(), clear("three"))];
        let mut names_required = Vec::new();
        let mut names_optional = Vec::new();
        for name in ["clear", "hashed", "other", "unknown", "", "unknown too", "x", "y", "z"] {
            for password in ["one", "two", "three", "wrong"] {
                let mut counting = HashCounter::default();
                let one = [credentials.hash_for_name(name, all.clone())];
                let found = find_matching(&mut counting, &one, Some(&salt), Some(name), password);
                let is_right = matches!((name, password), ("clear", "one") | ("hashed", "two") | ("other", "three"));
                assert_eq!(found.is_some(), is_right, "{name} {password}");
                names_required.push(counting.computed);
                let mut counting = HashCounter::default();
                let known = all.iter().any(|(account, _)| account.as_str() == name).then_some(name);
                find_matching(&mut counting, &all, Some(&salt), known, password);
                names_optional.push(counting.computed);
            }
        }
        assert!(names_required.iter().all(|&hashes| hashes == 1), "{names_required:?}");
        assert!(names_optional.iter().all(|&hashes| hashes == 2), "{names_optional:?}");
    }
}
