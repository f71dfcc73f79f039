//! Logs guests in who were invited.

use super::authentication::{Accounts, Session};
use super::bans::GuessSource;
use super::device_name::DeviceName;
use super::invitation_codes::{Codes, random, strip_separators};
use super::sessions::{NewSession, guest_name};
use model::{Event, PermSet, VPath};
use vfs::access::Client;
use vfs::error::{EngineError, Result};

/// Lifetime of a guest's session: 30 days. It is listed among the devices and can be ended there.
const GUEST_SECS: u64 = 30 * 86_400;

impl Accounts {
    /// Creates single-use codes that log in a guest, who gets `rights` in the volume at `mount` in addition to
    /// everyone's rights. One of them must be redeemed within `secs` seconds.
    pub fn invite(&self, mount: &VPath, rights: PermSet, secs: u64) -> Codes {
        self.state.invitations.make(mount, rights, secs)
    }

    /// Exchanges an invitation for a session; an invitation works once. `code`: either of its codes, with blanks and
    /// dashes as typed. `device`: name of the device that logs in.
    ///
    /// # Errors
    /// `WrongPassword` for unknown, used and expired codes, each of which counts as a guess; `Banned`.
    pub async fn redeem(&self, code: &str, device: DeviceName, client: Client) -> Result<Session> {
        let rule = self.core.snapshot.load().settings.login.ban_passwords;
        let from = GuessSource { address: client.address, is_foreign: false, name: None };
        let code = strip_separators(code);
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
