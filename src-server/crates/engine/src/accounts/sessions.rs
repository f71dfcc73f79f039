//! Who is logged in: kept in memory, written to disk when it changes, read at the first cookie that comes.

use crate::blocking::Gate;
use crate::error::{EngineError, Result};
use crate::links::LinkId;
use crate::live::Live;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use model::{AccountName, PermSet, VPath};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};
use store::sessions::{SessionRow, Sessions};
use tokio::sync::OnceCell;

/// What tokens begin with, so that they are never taken for a password.
const PREFIX: &str = "pls1-";
/// Sessions at once; beyond that the ones that end first are forgotten.
const SESSIONS_MAX: usize = 65_536;

/// A session as the rest of `accounts` sees it.
#[derive(Clone, Debug)]
pub(super) struct SessionInfo {
    pub(super) digest: [u8; 32],
    pub(super) account: AccountName,
    pub(super) secret_tag: Vec<u8>,
    pub(super) expires_ms: i64,
    pub(super) guest: Option<(VPath, PermSet)>,
    /// The link that it came by: its rights are what that gives.
    pub(super) link: Option<LinkId>,
}

/// What makes a session that of a guest.
pub(super) enum GuestOf {
    /// It is an account's.
    Nobody,
    /// Mount point and rights.
    Invitation(VPath, PermSet),
    /// The link, where it leads, and what it gives: as it was when the guest came.
    Link(LinkId, VPath, PermSet),
}

pub(super) struct LiveSessions {
    folder: PathBuf,
    opened: OnceCell<Arc<Opened>>,
}

struct Opened {
    by_digest: RwLock<HashMap<[u8; 32], SessionInfo>>,
    table: Mutex<Sessions>,
}

/// Whether text has the form of one of our tokens.
pub(super) fn is_token(text: &str) -> bool {
    text.strip_prefix(PREFIX).is_some_and(|rest| rest.len() == 43)
}

fn digest_of(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

pub(super) fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}

impl LiveSessions {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder, opened: OnceCell::new() }
    }

    async fn opened(&self, gate: &Gate) -> Result<&Arc<Opened>> {
        let open = || async {
            let folder = self.folder.clone();
            gate.attempt(move || {
                let table = Sessions::open(&folder).map_err(storing_failed)?;
                let rows = table.load(now_ms()).map_err(storing_failed)?;
                let by_digest = rows.into_iter().filter_map(info_of).map(|info| (info.digest, info)).collect();
                Ok(Arc::new(Opened { by_digest: RwLock::new(by_digest), table: Mutex::new(table) }))
            })
            .await
        };
        self.opened.get_or_try_init(open).await
    }

    /// The session of a token, if it has not ended.
    pub(super) async fn find(&self, gate: &Gate, token: &str, _live: &Arc<Live>) -> Result<Option<SessionInfo>> {
        let opened = self.opened(gate).await?;
        let found = read(&opened.by_digest).get(&digest_of(token)).cloned();
        Ok(found.filter(|session| session.expires_ms > now_ms()))
    }

    /// Makes a session and gives its token.
    pub(super) async fn open(
        &self,
        gate: &Gate,
        account: &AccountName,
        secret_tag: Vec<u8>,
        lives_secs: u64,
        guest: GuestOf,
    ) -> Result<String> {
        let mut random = [0; 32];
        getrandom::fill(&mut random).map_err(|error| {
            EngineError::internal("The machine gives no random numbers.", std::io::Error::other(error))
        })?;
        let token = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random));
        let stored = |path: VPath, rights: PermSet| Some((path.as_bytes().to_vec(), rights.letters()));
        let (guest, link) = match guest {
            GuestOf::Nobody => (None, None),
            GuestOf::Invitation(mount, rights) => (stored(mount, rights), None),
            GuestOf::Link(link, path, rights) => (stored(path, rights), Some(link.as_str().to_owned())),
        };
        let lives_ms = i64::try_from(lives_secs.saturating_mul(1000)).unwrap_or(i64::MAX / 2);
        let row = SessionRow {
            digest: digest_of(&token),
            account: account.as_str().into(),
            secret_tag,
            expires_ms: now_ms().saturating_add(lives_ms),
            guest,
            link,
        };
        let opened = self.opened(gate).await?.clone();
        gate.attempt(move || {
            lock(&opened.table).add(&row).map_err(storing_failed)?;
            if let Some(info) = info_of(row) {
                let mut by_digest = write(&opened.by_digest);
                if by_digest.len() >= SESSIONS_MAX
                    && let Some(first) = by_digest.values().min_by_key(|session| session.expires_ms).map(|s| s.digest)
                {
                    by_digest.remove(&first);
                }
                by_digest.insert(info.digest, info);
            }
            Ok(())
        })
        .await?;
        Ok(token)
    }

    /// Ends the sessions of an account, or only `one`.
    pub(super) async fn end(&self, gate: &Gate, account: &AccountName, one: Option<[u8; 32]>) -> Result<()> {
        self.end_where(gate, |session| match one {
            Some(one) => session.digest == one,
            None => session.account == *account && session.guest.is_none(),
        })
        .await
    }

    /// Ends the sessions that are meant.
    pub(super) async fn end_where(&self, gate: &Gate, is_meant: impl Fn(&SessionInfo) -> bool) -> Result<()> {
        let opened = self.opened(gate).await?.clone();
        let mut ended = Vec::new();
        write(&opened.by_digest).retain(|digest, session| {
            let ends = is_meant(session);
            ended.extend(ends.then_some(*digest));
            !ends
        });
        gate.attempt(move || lock(&opened.table).remove(&ended).map_err(storing_failed)).await
    }
}

fn info_of(row: SessionRow) -> Option<SessionInfo> {
    let guest = match row.guest {
        Some((mount, letters)) => Some((VPath::parse(&mount).ok()?, PermSet::parse(&letters).ok()?)),
        None => None,
    };
    let account = AccountName::from(row.account.as_str());
    let link = row.link.as_deref().map(LinkId::from);
    let (digest, secret_tag, expires_ms) = (row.digest, row.secret_tag, row.expires_ms);
    Some(SessionInfo { digest, account, secret_tag, expires_ms, guest, link })
}

fn storing_failed(error: impl std::error::Error + Send + Sync + 'static) -> EngineError {
    EngineError::internal("Sessions cannot be stored; look at the log.", error)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
fn read<T>(lock: &RwLock<T>) -> std::sync::RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(std::sync::PoisonError::into_inner)
}
fn write<T>(lock: &RwLock<T>) -> std::sync::RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(std::sync::PoisonError::into_inner)
}
