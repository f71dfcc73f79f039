//! Who is logged in: kept in memory, written to disk when it changes, read at the first cookie that comes.
//!
//! Signs of life (when a session was seen, from where) change with every request, so they count in memory at once and go
//! to disk together, once in [`WRITE_AFTER`]; a killed program forgets that much of them and nothing else.

use super::devices::DeviceName;
use crate::blocking_pool::BlockingPool;
use crate::error::{EngineError, Result};
use crate::links::LinkId;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use model::{AccountName, PermSet, VPath};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use store::sessions::{LastSeen, SessionRow, Sessions};
use tokio::sync::OnceCell;

/// What tokens begin with, so that they are never taken for a password.
const PREFIX: &str = "pls1-";
/// Sessions at once; beyond that, who has the most loses the one that was not seen for longest.
const SESSIONS_MAX: usize = 65_536;
/// Sessions of one account; beyond that, the one that was not seen for longest ends.
pub(super) const PER_ACCOUNT_MAX: usize = 256;
/// The same for those who came by one link, and for guests by invitation together.
pub(super) const PER_LINK_MAX: usize = 1024;
const INVITED_MAX: usize = 4096;
/// How long signs of life wait for others before they are written.
const WRITE_AFTER: Duration = Duration::from_secs(60);

/// A session as the rest of `accounts` sees it.
#[derive(Debug)]
pub(super) struct SessionInfo {
    pub(super) digest: [u8; 32],
    pub(super) account: AccountName,
    pub(super) secret_tag: Vec<u8>,
    pub(super) expires_ms: i64,
    /// The path that a guest may use, and how.
    pub(super) guest: Option<(VPath, PermSet)>,
    /// Names it to people; gives no access.
    pub(super) id: Arc<str>,
    /// The link that it came by.
    pub(super) link: Option<LinkId>,
    pub(super) first_seen_ms: i64,
    mutable: Mutex<Mutable>,
}

/// What of a session changes while it lives.
#[derive(Clone, Debug)]
pub(super) struct Mutable {
    pub(super) name: DeviceName,
    pub(super) seen_ms: i64,
    pub(super) address: Option<IpAddr>,
    /// Whether the table knows less than this.
    unwritten: bool,
}

/// Who shares a bound on sessions.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Owner {
    Account(AccountName),
    Link(LinkId),
    Invited,
}

impl Owner {
    fn most(&self) -> usize {
        match self {
            Self::Account(_) => PER_ACCOUNT_MAX,
            Self::Link(_) => PER_LINK_MAX,
            Self::Invited => INVITED_MAX,
        }
    }
}

type ByDigest = HashMap<[u8; 32], Arc<SessionInfo>>;

impl SessionInfo {
    fn owner(&self) -> Owner {
        match (&self.link, &self.guest) {
            (Some(link), _) => Owner::Link(link.clone()),
            (None, Some(_)) => Owner::Invited,
            (None, None) => Owner::Account(self.account.clone()),
        }
    }

    /// Orders sessions by how little they would be missed: those that were not seen for longest first.
    fn age(&self) -> (i64, i64) {
        (lock(&self.mutable).seen_ms, self.first_seen_ms)
    }

    /// Name and last sign of life.
    pub(super) fn current(&self) -> Mutable {
        lock(&self.mutable).clone()
    }

    /// Notes a sign of life; whether it is the first since they were written.
    fn touch(&self, now_ms: i64, address: IpAddr) -> bool {
        let mut mutable = lock(&self.mutable);
        mutable.seen_ms = now_ms;
        mutable.address = Some(address);
        !std::mem::replace(&mut mutable.unwritten, true)
    }

    /// The sign of life to write, if there is one; it counts as written then.
    fn take_unwritten(&self) -> Option<([u8; 32], LastSeen)> {
        let mut mutable = lock(&self.mutable);
        let address = mutable.address.map(|address| address.to_string());
        let seen = LastSeen { at_ms: mutable.seen_ms, address };
        std::mem::take(&mut mutable.unwritten).then_some((self.digest, seen))
    }
}

/// What a new session is made from.
pub(super) struct NewSession {
    pub(super) account: AccountName,
    pub(super) secret_tag: Vec<u8>,
    pub(super) lives_secs: u64,
    pub(super) guest: Option<(VPath, PermSet)>,
    pub(super) link: Option<LinkId>,
    pub(super) device: DeviceName,
    pub(super) address: IpAddr,
}

pub(super) struct LiveSessions {
    folder: PathBuf,
    opened: OnceCell<Arc<Opened>>,
}

struct Opened {
    by_digest: RwLock<ByDigest>,
    table: Sessions,
    /// Whether a task waits to write signs of life.
    is_write_scheduled: AtomicBool,
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

    async fn opened(&self, pool: &BlockingPool) -> Result<&Arc<Opened>> {
        let open = || async {
            let folder = self.folder.clone();
            pool.try_run(move || {
                let table = Sessions::open(&folder).map_err(storing_failed)?;
                let rows = table.load(now_ms()).map_err(storing_failed)?;
                let infos = rows.into_iter().filter_map(info_of).map(|info| (info.digest, Arc::new(info)));
                let mut by_digest: ByDigest = infos.collect();
                let surplus = trim(&mut by_digest);
                if !surplus.is_empty() {
                    table.remove(surplus).map_err(storing_failed)?;
                }
                Ok(Arc::new(Opened { by_digest: by_digest.into(), table, is_write_scheduled: AtomicBool::new(false) }))
            })
            .await
        };
        self.opened.get_or_try_init(open).await
    }

    /// The session of a token, if it has not ended. It was seen, then, from `address`.
    pub(super) async fn find(
        &self,
        pool: &BlockingPool,
        token: &str,
        address: IpAddr,
    ) -> Result<Option<Arc<SessionInfo>>> {
        let opened = self.opened(pool).await?;
        let now = now_ms();
        let found = read(&opened.by_digest).get(&digest_of(token)).cloned();
        let found = found.filter(|session| session.expires_ms > now);
        if found.as_ref().is_some_and(|session| session.touch(now, address)) {
            opened.schedule_write(pool);
        }
        Ok(found)
    }

    /// The session with this digest, if it has not ended, as far as memory knows. Never waits.
    pub(super) fn peek(&self, digest: &[u8; 32]) -> Option<Arc<SessionInfo>> {
        let found = read(&self.opened.get()?.by_digest).get(digest).cloned();
        found.filter(|session| session.expires_ms > now_ms())
    }

    /// Makes a session; gives its token and what is known of it.
    pub(super) async fn open(&self, pool: &BlockingPool, new: NewSession) -> Result<(String, Arc<SessionInfo>)> {
        let token = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random::<32>()?));
        let id: String = random::<8>()?.iter().map(|byte| format!("{byte:02x}")).collect();
        let lives_ms = i64::try_from(new.lives_secs.saturating_mul(1000)).unwrap_or(i64::MAX / 2);
        let now = now_ms();
        let info = SessionInfo {
            digest: digest_of(&token),
            account: new.account,
            secret_tag: new.secret_tag,
            expires_ms: now.saturating_add(lives_ms),
            guest: new.guest,
            id: id.into(),
            link: new.link,
            first_seen_ms: now,
            mutable: Mutex::new(Mutable {
                name: new.device,
                seen_ms: now,
                address: Some(new.address),
                unwritten: false,
            }),
        };
        let opened = self.opened(pool).await?.clone();
        let info = Arc::new(info);
        let kept = info.clone();
        pool.try_run(move || {
            opened.table.add(row_of(&kept)).map_err(storing_failed)?;
            match opened.keep(kept) {
                Some(surplus) => opened.table.remove(vec![surplus]).map_err(storing_failed),
                None => Ok(()),
            }
        })
        .await?;
        Ok((token, info))
    }

    /// Every session that has not ended, in no order.
    pub(super) async fn all(&self, pool: &BlockingPool) -> Result<Vec<Arc<SessionInfo>>> {
        let opened = self.opened(pool).await?;
        let now = now_ms();
        Ok(read(&opened.by_digest).values().filter(|session| session.expires_ms > now).cloned().collect())
    }

    /// The device of an account that was seen last at an address, as far as memory knows. Never waits.
    pub(super) fn device_at(&self, account: &AccountName, address: IpAddr) -> Option<DeviceName> {
        let opened = self.opened.get()?;
        let by_digest = read(&opened.by_digest);
        let theirs = by_digest.values().filter(|session| session.account == *account).map(|session| session.current());
        let last = theirs.filter(|now| now.address == Some(address)).max_by_key(|now| now.seen_ms)?;
        Some(last.name)
    }

    /// Ends the sessions that `which` picks, and gives them.
    pub(super) async fn end(
        &self,
        pool: &BlockingPool,
        which: impl Fn(&SessionInfo) -> bool + Send + 'static,
    ) -> Result<Vec<Arc<SessionInfo>>> {
        let opened = self.opened(pool).await?.clone();
        pool.try_run(move || {
            let mut ended = Vec::new();
            write(&opened.by_digest).retain(|_, session| {
                let ends = which(session);
                if ends {
                    ended.push(session.clone());
                }
                !ends
            });
            if !ended.is_empty() {
                let digests = ended.iter().map(|session| session.digest).collect();
                opened.table.remove(digests).map_err(storing_failed)?;
            }
            Ok(ended)
        })
        .await
    }

    /// Gives the device of a session another name; whether there is one with this id.
    pub(super) async fn rename(&self, pool: &BlockingPool, id: &str, name: DeviceName) -> Result<bool> {
        let opened = self.opened(pool).await?.clone();
        let found = read(&opened.by_digest).values().find(|session| *session.id == *id).cloned();
        let Some(session) = found else { return Ok(false) };
        pool.try_run(move || {
            opened.table.rename(session.digest, name.as_str().into()).map_err(storing_failed)?;
            lock(&session.mutable).name = name;
            Ok(true)
        })
        .await
    }

    /// Writes the signs of life that are not yet written.
    pub(super) async fn write_last_seen(&self, pool: &BlockingPool) -> Result<()> {
        let Some(opened) = self.opened.get().cloned() else { return Ok(()) };
        pool.try_run(move || opened.write_last_seen()).await
    }
}

impl Opened {
    /// Keeps a session; gives the one that had to go for it, if one had.
    fn keep(&self, info: Arc<SessionInfo>) -> Option<[u8; 32]> {
        let mut by_digest = write(&self.by_digest);
        let owner = info.owner();
        let own = || by_digest.values().filter(|session| session.owner() == owner);
        let surplus = match own().count() >= owner.most() {
            true => own().min_by_key(|session| session.age()).map(|session| session.digest),
            false if by_digest.len() >= SESSIONS_MAX => of_the_largest(&by_digest),
            false => None,
        };
        if let Some(digest) = &surplus {
            by_digest.remove(digest);
        }
        by_digest.insert(info.digest, info);
        surplus
    }

    /// Has the signs of life written after a while, once for all that come until then. The task ends by itself, and
    /// writes nothing if the sessions are gone by then.
    fn schedule_write(self: &Arc<Self>, pool: &BlockingPool) {
        if self.is_write_scheduled.swap(true, Ordering::AcqRel) {
            return;
        }
        let (opened, pool) = (Arc::downgrade(self), pool.clone());
        tokio::spawn(async move {
            tokio::time::sleep(WRITE_AFTER).await;
            let Some(opened) = opened.upgrade() else { return };
            opened.is_write_scheduled.store(false, Ordering::Release);
            if let Err(error) = pool.try_run(move || opened.write_last_seen()).await {
                tracing::warn!(%error, "when devices were seen last could not be written");
            }
        });
    }

    fn write_last_seen(&self) -> Result<()> {
        let signs: Vec<_> = read(&self.by_digest).values().filter_map(|session| session.take_unwritten()).collect();
        if signs.is_empty() {
            return Ok(());
        }
        self.table.save_last_seen(signs).map_err(storing_failed)
    }
}

/// The session that was not seen for longest of the owner with the most.
fn of_the_largest(by_digest: &ByDigest) -> Option<[u8; 32]> {
    let mut counts: HashMap<Owner, usize> = HashMap::new();
    for session in by_digest.values() {
        *counts.entry(session.owner()).or_default() += 1;
    }
    let (owner, _) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    let own = by_digest.values().filter(|session| session.owner() == owner);
    own.min_by_key(|session| session.age()).map(|session| session.digest)
}

/// Takes out what is beyond the bounds, and gives it.
fn trim(by_digest: &mut ByDigest) -> Vec<[u8; 32]> {
    let mut by_owner: HashMap<Owner, Vec<Arc<SessionInfo>>> = HashMap::new();
    for session in by_digest.values() {
        by_owner.entry(session.owner()).or_default().push(session.clone());
    }
    let mut surplus = Vec::new();
    for (owner, mut sessions) in by_owner {
        sessions.sort_by_key(|session| session.age());
        let many = sessions.len().saturating_sub(owner.most());
        surplus.extend(sessions.iter().take(many).map(|session| session.digest));
    }
    surplus.iter().for_each(|digest| drop(by_digest.remove(digest)));
    surplus
}

pub(super) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| EngineError::internal("The machine gives no random numbers.", std::io::Error::other(error)))?;
    Ok(bytes)
}

fn row_of(info: &SessionInfo) -> SessionRow {
    let mutable = info.current();
    SessionRow {
        digest: info.digest,
        id: info.id.to_string(),
        account: info.account.as_str().into(),
        secret_tag: info.secret_tag.clone(),
        expires_ms: info.expires_ms,
        guest: info.guest.as_ref().map(|(path, rights)| (path.as_bytes().to_vec(), rights.letters())),
        link: info.link.as_ref().map(|link| link.as_str().to_owned()),
        name: mutable.name.as_str().into(),
        first_seen_ms: info.first_seen_ms,
        last_seen: LastSeen { at_ms: mutable.seen_ms, address: mutable.address.map(|address| address.to_string()) },
    }
}

fn info_of(row: SessionRow) -> Option<SessionInfo> {
    let guest = match row.guest {
        Some((path, letters)) => Some((VPath::parse(&path).ok()?, PermSet::parse(&letters).ok()?)),
        None => None,
    };
    let mutable = Mutable {
        name: DeviceName::parse(&row.name).unwrap_or_default(),
        seen_ms: row.last_seen.at_ms,
        address: row.last_seen.address.and_then(|address| address.parse().ok()),
        unwritten: false,
    };
    Some(SessionInfo {
        digest: row.digest,
        // Guests by invitation had one name together once.
        account: match guest.is_some() && row.link.is_none() && row.account == "guest" {
            true => super::invitations::guest_name(&row.id),
            false => AccountName::from(row.account.as_str()),
        },
        secret_tag: row.secret_tag,
        expires_ms: row.expires_ms,
        guest,
        id: row.id.into(),
        link: row.link.as_deref().map(LinkId::from),
        first_seen_ms: row.first_seen_ms,
        mutable: Mutex::new(mutable),
    })
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
