//! Sessions: kept in memory, written through to disk, loaded at the first cookie.
//!
//! The time and address of the last request change with every request, so they are updated in memory and written
//! together, once per [`WRITE_AFTER`]; a killed process loses that much of them and nothing else.

use super::device_name::DeviceName;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use model::{AccountName, LinkId, PermSet, VPath};
use parking_lot::{Mutex, RwLock};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use store::sessions::{LastSeen, SessionRow, Sessions};
use tokio::sync::OnceCell;
use vfs::blocking_pool::BlockingPool;
use vfs::error::{EngineError, Result};
use vfs::random;

/// Prefix of tokens, which distinguishes them from passwords.
const PREFIX: &str = "pls1-";
/// Most sessions; beyond that, the owner with the most loses the longest inactive one.
const SESSIONS_MAX: usize = 65_536;
/// Most sessions of one account; beyond that, the longest inactive one ends.
pub const PER_ACCOUNT_MAX: usize = 256;
/// Most sessions of one share link; and of all guests by invitation together.
pub(super) const PER_LINK_MAX: usize = 1024;
const INVITED_MAX: usize = 4096;
/// How long updates of last requests are collected before they are written.
const WRITE_AFTER: Duration = Duration::from_secs(60);

/// A session, as the rest of `accounts` sees it.
#[derive(Debug)]
pub(super) struct SessionInfo {
    pub(super) digest: [u8; 32],
    pub(super) account: AccountName,
    pub(super) secret_tag: Vec<u8>,
    pub(super) expires_ms: i64,
    /// The path that a guest may use, and the rights there.
    pub(super) guest: Option<(VPath, PermSet)>,
    /// Identifies the session to people; gives no access.
    pub(super) id: Arc<str>,
    /// The share link that it was opened with.
    pub(super) link: Option<LinkId>,
    pub(super) first_seen_ms: i64,
    mutable: Mutex<MutableInfo>,
}

/// The mutable part of a session.
#[derive(Clone, Debug)]
pub(super) struct MutableInfo {
    pub(super) name: DeviceName,
    pub(super) seen_ms: i64,
    pub(super) address: Option<IpAddr>,
    /// Whether the database is older than this.
    unwritten: bool,
}

/// The owner of sessions, to which a limit applies.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Owner {
    Account(AccountName),
    Link(LinkId),
    Invited,
}

impl Owner {
    fn limit(&self) -> usize {
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

    /// Sort key: the longest inactive sessions come first.
    fn inactivity(&self) -> (i64, i64) {
        (self.mutable.lock().seen_ms, self.first_seen_ms)
    }

    /// Returns the name and the last request.
    pub(super) fn current(&self) -> MutableInfo {
        self.mutable.lock().clone()
    }

    /// Records a request. Returns whether it is the first since the last write.
    fn touch(&self, now_ms: i64, address: IpAddr) -> bool {
        let mut mutable = self.mutable.lock();
        mutable.seen_ms = now_ms;
        mutable.address = Some(address);
        !std::mem::replace(&mut mutable.unwritten, true)
    }

    /// Returns the last request if it has not been written, and marks it as written.
    fn take_unwritten(&self) -> Option<([u8; 32], LastSeen)> {
        let mut mutable = self.mutable.lock();
        let address = mutable.address.map(|address| address.to_string());
        let seen = LastSeen { at_ms: mutable.seen_ms, address };
        std::mem::take(&mut mutable.unwritten).then_some((self.digest, seen))
    }
}

/// The properties of a new session.
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
    /// Whether a task is waiting to write last requests.
    is_write_scheduled: AtomicBool,
}

/// Whether `text` has the form of a token.
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

    /// Returns the session of a token, if it has not ended, and records a request from `address`.
    pub(super) async fn find(
        &self,
        pool: &BlockingPool,
        token: &str,
        address: IpAddr,
    ) -> Result<Option<Arc<SessionInfo>>> {
        let opened = self.opened(pool).await?;
        let now = now_ms();
        let found = opened.by_digest.read().get(&digest_of(token)).cloned();
        let found = found.filter(|session| session.expires_ms > now);
        if found.as_ref().is_some_and(|session| session.touch(now, address)) {
            opened.schedule_write(pool);
        }
        Ok(found)
    }

    /// Returns the session with this digest from memory, if it has not ended. Never blocks.
    pub(super) fn peek(&self, digest: &[u8; 32]) -> Option<Arc<SessionInfo>> {
        let found = self.opened.get()?.by_digest.read().get(digest).cloned();
        found.filter(|session| session.expires_ms > now_ms())
    }

    /// Creates a session. Returns its token and its properties.
    pub(super) async fn open(&self, pool: &BlockingPool, new: NewSession) -> Result<(String, Arc<SessionInfo>)> {
        let token = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random::bytes::<32>()?));
        let id: String = random::bytes::<8>()?.iter().map(|byte| format!("{byte:02x}")).collect();
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
            mutable: Mutex::new(MutableInfo {
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
            match opened.insert(kept) {
                Some(surplus) => opened.table.remove(vec![surplus]).map_err(storing_failed),
                None => Ok(()),
            }
        })
        .await?;
        Ok((token, info))
    }

    /// Returns all sessions that have not ended, unordered.
    pub(super) async fn all(&self, pool: &BlockingPool) -> Result<Vec<Arc<SessionInfo>>> {
        let opened = self.opened(pool).await?;
        let now = now_ms();
        Ok(opened.by_digest.read().values().filter(|session| session.expires_ms > now).cloned().collect())
    }

    /// Returns the device of an account that was last seen at an address, from memory. Never blocks.
    pub(super) fn device_at(&self, account: &AccountName, address: IpAddr) -> Option<DeviceName> {
        let opened = self.opened.get()?;
        let by_digest = opened.by_digest.read();
        let theirs = by_digest.values().filter(|session| session.account == *account).map(|session| session.current());
        let last = theirs.filter(|now| now.address == Some(address)).max_by_key(|now| now.seen_ms)?;
        Some(last.name)
    }

    /// Ends and returns the sessions selected by `which`.
    pub(super) async fn end(
        &self,
        pool: &BlockingPool,
        which: impl Fn(&SessionInfo) -> bool + Send + 'static,
    ) -> Result<Vec<Arc<SessionInfo>>> {
        let opened = self.opened(pool).await?.clone();
        pool.try_run(move || {
            let mut ended = Vec::new();
            opened.by_digest.write().retain(|_, session| {
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

    /// Renames the device of a session. Returns whether a session has this id.
    pub(super) async fn rename(&self, pool: &BlockingPool, id: &str, name: DeviceName) -> Result<bool> {
        let opened = self.opened(pool).await?.clone();
        let found = opened.by_digest.read().values().find(|session| *session.id == *id).cloned();
        let Some(session) = found else { return Ok(false) };
        pool.try_run(move || {
            opened.table.rename(session.digest, name.as_str().into()).map_err(storing_failed)?;
            session.mutable.lock().name = name;
            Ok(true)
        })
        .await
    }

    /// Writes the last requests that have not been written.
    pub(super) async fn write_last_seen(&self, pool: &BlockingPool) -> Result<()> {
        let Some(opened) = self.opened.get().cloned() else { return Ok(()) };
        pool.try_run(move || opened.write_last_seen()).await
    }
}

impl Opened {
    /// Adds a session. Returns the digest of the session that was removed for it, if the limit was reached.
    fn insert(&self, info: Arc<SessionInfo>) -> Option<[u8; 32]> {
        let mut by_digest = self.by_digest.write();
        let owner = info.owner();
        let own = || by_digest.values().filter(|session| session.owner() == owner);
        let surplus = match own().count() >= owner.limit() {
            true => own().min_by_key(|session| session.inactivity()).map(|session| session.digest),
            false if by_digest.len() >= SESSIONS_MAX => oldest_of_largest_owner(&by_digest),
            false => None,
        };
        if let Some(digest) = &surplus {
            by_digest.remove(digest);
        }
        by_digest.insert(info.digest, info);
        surplus
    }

    /// Schedules writing of last requests, once for all until then. The task writes nothing if the sessions were
    /// dropped meanwhile.
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
                tracing::warn!(%error, "the times at which devices were last seen could not be written");
            }
        });
    }

    fn write_last_seen(&self) -> Result<()> {
        let signs: Vec<_> = self.by_digest.read().values().filter_map(|session| session.take_unwritten()).collect();
        if signs.is_empty() {
            return Ok(());
        }
        self.table.save_last_seen(signs).map_err(storing_failed)
    }
}

/// Returns the longest inactive session of the owner with the most sessions.
fn oldest_of_largest_owner(by_digest: &ByDigest) -> Option<[u8; 32]> {
    let mut counts: HashMap<Owner, usize> = HashMap::new();
    for session in by_digest.values() {
        *counts.entry(session.owner()).or_default() += 1;
    }
    let (owner, _) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    let own = by_digest.values().filter(|session| session.owner() == owner);
    own.min_by_key(|session| session.inactivity()).map(|session| session.digest)
}

/// Removes and returns the sessions beyond the limits.
fn trim(by_digest: &mut ByDigest) -> Vec<[u8; 32]> {
    let mut by_owner: HashMap<Owner, Vec<Arc<SessionInfo>>> = HashMap::new();
    for session in by_digest.values() {
        by_owner.entry(session.owner()).or_default().push(session.clone());
    }
    let mut surplus = Vec::new();
    for (owner, mut sessions) in by_owner {
        sessions.sort_by_key(|session| session.inactivity());
        let many = sessions.len().saturating_sub(owner.limit());
        surplus.extend(sessions.iter().take(many).map(|session| session.digest));
    }
    surplus.iter().for_each(|digest| drop(by_digest.remove(digest)));
    surplus
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

/// Returns the account name of a guest by invitation. Each guest has a unique name, which no account can have, so that
/// uploads have an owner.
pub(super) fn guest_name(who: &str) -> AccountName {
    AccountName::from(format!("invited/{who}").as_str())
}

fn info_of(row: SessionRow) -> Option<SessionInfo> {
    let guest = match row.guest {
        Some((path, letters)) => Some((VPath::parse(&path).ok()?, PermSet::parse(&letters).ok()?)),
        None => None,
    };
    let mutable = MutableInfo {
        name: DeviceName::parse(&row.name).unwrap_or_default(),
        seen_ms: row.last_seen.at_ms,
        address: row.last_seen.address.and_then(|address| address.parse().ok()),
        unwritten: false,
    };
    Some(SessionInfo {
        digest: row.digest,
        // Older versions gave all guests by invitation one common name.
        account: match guest.is_some() && row.link.is_none() && row.account == "guest" {
            true => guest_name(&row.id),
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
    EngineError::internal("Sessions cannot be stored; see the log.", error)
}
