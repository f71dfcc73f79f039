//! Devices: sessions as people see them, with a name, to be renamed and logged out.

use super::authentication::Accounts;
use super::credentials::credentials_of;
use super::device_name::DeviceName;
use super::session_key::SessionKey;
use super::sessions::SessionInfo;
use model::{AccountName, PermSet, VPath};
use std::net::IpAddr;
use std::sync::Arc;
use vfs::access::Access;
use vfs::error::Result;

/// A browser or program that is logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceInfo {
    /// Identifies it; gives no access.
    pub id: Arc<str>,
    /// Its name.
    pub name: DeviceName,
    /// The account; `None` for a guest.
    pub account: Option<AccountName>,
    /// Rights of a guest; `None` for accounts.
    pub guest: Option<GuestInfo>,
    /// Last address, if the session was used since addresses are stored.
    pub address: Option<IpAddr>,
    /// Time of the login, milliseconds since 1970.
    pub first_seen_ms: i64,
    /// Time of the last request, milliseconds since 1970.
    pub last_seen_ms: i64,
    /// Expiry of the session, milliseconds since 1970.
    pub expires_ms: i64,
}

/// Rights given by an invitation or a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuestInfo {
    /// The path they apply to.
    pub path: VPath,
    /// The rights there.
    pub rights: PermSet,
    /// The id of the share link, if the session was opened with one.
    pub link: Option<String>,
}

fn describe(session: &SessionInfo) -> DeviceInfo {
    let now = session.current();
    let guest = session.guest.as_ref();
    DeviceInfo {
        id: session.id.clone(),
        name: now.name,
        account: guest.is_none().then(|| session.account.clone()),
        guest: guest.map(|(path, rights)| GuestInfo {
            path: path.clone(),
            rights: *rights,
            link: session.link.as_ref().map(|link| link.as_str().to_owned()),
        }),
        address: now.address,
        first_seen_ms: session.first_seen_ms,
        last_seen_ms: now.seen_ms,
        expires_ms: session.expires_ms,
    }
}

impl Accounts {
    /// Returns the name of the device that an account uses at an address, for lists of transfers. Never blocks.
    pub fn device_at(&self, account: &AccountName, address: IpAddr) -> Option<String> {
        self.state.sessions.device_at(account, address).map(|name| name.as_str().to_owned())
    }

    /// Returns all devices, the last seen first, without sessions that a changed password has ended.
    ///
    /// # Errors
    /// `Internal` if the sessions cannot be read.
    pub async fn devices(&self) -> Result<Vec<DeviceInfo>> {
        let snapshot = self.core.snapshot.load_full();
        let is_still_valid = |session: &Arc<SessionInfo>| {
            session.guest.is_some()
                || credentials_of(&snapshot).tag(&session.account).as_ref() == Some(&session.secret_tag)
        };
        let all = self.state.sessions.all(&self.core.pool).await?;
        let mut devices: Vec<_> = all.iter().filter(|session| is_still_valid(session)).map(|s| describe(s)).collect();
        devices.sort_by(|a, b| (b.last_seen_ms, &a.id).cmp(&(a.last_seen_ms, &b.id)));
        Ok(devices)
    }

    /// Returns the device id of an access; `None` if it was not authenticated by a session.
    ///
    /// # Errors
    /// `Internal` if the sessions cannot be read.
    pub async fn device_of(&self, access: &Access) -> Result<Option<Arc<str>>> {
        let Some(digest) = access.rights().session else { return Ok(None) };
        let all = self.state.sessions.all(&self.core.pool).await?;
        Ok(all.iter().find(|session| session.digest == digest).map(|session| session.id.clone()))
    }

    /// Renames a device. Returns whether it exists.
    ///
    /// # Errors
    /// `Internal` if the name could not be stored; then the device keeps its old name.
    pub async fn rename_device(&self, id: &str, name: DeviceName) -> Result<bool> {
        self.state.sessions.rename(&self.core.pool, id, name).await
    }

    /// Logs a device out: its next request is anonymous. Returns its session, so that its open connections can be
    /// closed; `None` if there is no such device.
    ///
    /// # Errors
    /// `Internal` if the change could not be stored (it is effective until the process ends).
    pub async fn revoke_device(&self, id: &str) -> Result<Option<SessionKey>> {
        let id: Arc<str> = id.into();
        let ended = self.state.sessions.end(&self.core.pool, move |session| session.id == id).await?;
        Ok(ended.first().map(|session| SessionKey::from(session.digest)))
    }

    /// Logs all devices of an account out, and returns their sessions.
    ///
    /// # Errors
    /// As [`Accounts::revoke_device`].
    pub async fn revoke_account(&self, account: &AccountName) -> Result<Vec<SessionKey>> {
        let account = account.clone();
        let is_its = move |session: &SessionInfo| session.guest.is_none() && session.account == account;
        let ended = self.state.sessions.end(&self.core.pool, is_its).await?;
        Ok(ended.iter().map(|session| SessionKey::from(session.digest)).collect())
    }

    /// Stores the times at which devices were last seen, as far as they are not stored yet.
    pub async fn write_last_seen(&self) -> Result<()> {
        self.state.sessions.write_last_seen(&self.core.pool).await
    }
}
