//! Visitors of share links: the preview before they log in, and opening their sessions.

use super::draft::letters;
use super::link::{Link, LinkEnd, LinkInfo, LinkState};
use super::registry::{Guesses, LoadedLinks};
use super::service::Links;
use crate::{DeviceName, PASSWORD_MAX, Session, password_fits};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::disk::Node;
use vfs::access::{Access, Client};
use vfs::error::{EngineError, Result, TooMany};
use vfs::volumes::resolve::{Resolved, find};

/// Wrong PINs per link within [`WINDOW`], from all addresses: a PIN of four digits holds for weeks.
const GUESSES_MAX: u32 = 30;
const WINDOW: Duration = Duration::from_secs(3600);
/// Longest session of a visitor, seconds: a long day.
const SESSION_SECS: u64 = 16 * 3600;
/// Longest token that is looked up.
const TOKEN_MAX: usize = 64;

/// Result of opening a link.
#[derive(Debug)]
pub enum LinkLogin {
    /// A session was opened and a use was counted.
    LoggedIn(Session),
    /// The link needs a PIN, and none was given.
    PinNeeded,
    /// The PIN is wrong.
    PinWrong,
    /// The link cannot be opened.
    Ended(LinkEnd),
}

/// Properties of a link that are shown before it is opened.
#[derive(Clone, Debug)]
pub struct LinkPreview {
    /// The link.
    pub info: LinkInfo,
    /// Whether the target is a folder.
    pub is_folder: bool,
    /// Size of a file in bytes.
    pub size: u64,
}

impl Links {
    /// Returns the preview of a token's link. Changes nothing. `access`: the client's; a session opened with the link
    /// sees it even when it is used up.
    ///
    /// # Errors
    /// `Internal`, if links or the disk cannot be read.
    pub async fn preview(&self, token: &str, access: &Access) -> Result<std::result::Result<LinkPreview, LinkEnd>> {
        let (loaded, link) = match self.find(token).await? {
            Some(found) => found,
            None => return Ok(Err(LinkEnd::Unknown)),
        };
        let snapshot = self.core.snapshot.load_full();
        let Some(info) = loaded.info(&link.id, &snapshot) else { return Ok(Err(LinkEnd::Unknown)) };
        let is_in = access.link() == Some(&link.id);
        match end_for(info.state) {
            Some(LinkEnd::UsedUp) if is_in => {}
            Some(end) => return Ok(Err(end)),
            None => {}
        }
        let (operator, target) = (self.accounts.as_operator(), link.scope.path());
        let there = self.core.pool.try_run(move || {
            Ok(match find(&operator, &target) {
                Ok(Resolved::OnDisk(located)) => Some(match &located.node {
                    Node::Folder(..) => (true, 0),
                    Node::File(open) => (false, open.meta.size),
                }),
                _ => None,
            })
        });
        Ok(match there.await? {
            Some((is_folder, size)) => Ok(LinkPreview { info, is_folder, size }),
            None => Err(LinkEnd::Unknown),
        })
    }

    /// Opens a session with a link and counts a use.
    ///
    /// # Errors
    /// `Banned` after too many wrong PINs, from this address or for this link; `Busy`; `Internal`.
    pub async fn open(&self, token: &str, pin: Option<&str>, device: DeviceName, client: Client) -> Result<LinkLogin> {
        let Some((loaded, link)) = self.find(token).await? else { return Ok(LinkLogin::Ended(LinkEnd::Unknown)) };
        let snapshot = self.core.snapshot.load_full();
        if let Some(end) = loaded.info(&link.id, &snapshot).map_or(Some(LinkEnd::Unknown), |info| end_for(info.state)) {
            return Ok(LinkLogin::Ended(end));
        }
        if let Some(hash) = &link.pin {
            let Some(pin) = pin.filter(|pin| !pin.is_empty()) else { return Ok(LinkLogin::PinNeeded) };
            if !self.pin_fits(&loaded, &link, hash, pin, client).await? {
                return Ok(LinkLogin::PinWrong);
            }
        }
        let (counting, counted) = (loaded.clone(), link.clone());
        if !self.core.pool.try_run(move || counting.count_use(&counted)).await? {
            return Ok(LinkLogin::Ended(LinkEnd::UsedUp));
        }
        let left = link.expires.map(|end| end.0.saturating_sub(vfs::clock::now().0).max(0) as u64 / 1000);
        let lives_secs = left.unwrap_or(SESSION_SECS).clamp(1, SESSION_SECS);
        let visitor = link.id.visitor(&letters(8)?);
        Ok(LinkLogin::LoggedIn(self.accounts.open_link_session(visitor, &link, lives_secs, device, client).await?))
    }

    /// Returns the link that the session of `access` was opened with.
    pub fn of(&self, access: &Access) -> Option<LinkInfo> {
        self.registry.if_loaded()?.info(access.link()?, access.snapshot())
    }

    async fn find(&self, token: &str) -> Result<Option<(Arc<LoadedLinks>, Arc<Link>)>> {
        if token.is_empty() || token.len() > TOKEN_MAX {
            return Ok(None);
        }
        let loaded = self.registry.loaded(&self.core.pool).await?;
        Ok(loaded.by_token(token).map(|link| (loaded.clone(), link)))
    }

    /// Checks a PIN. A wrong PIN counts against the address, like a wrong password, and against the link. Attempts are
    /// counted before they are checked, so that concurrent ones cannot exceed the limit.
    async fn pin_fits(&self, loaded: &LoadedLinks, link: &Link, hash: &str, pin: &str, client: Client) -> Result<bool> {
        let name = format!("link {}", link.id);
        let attempt = self.accounts.begin_guess(client, &name, pin).await?;
        loaded.count_guess(link)?;
        let fits = {
            let _turn = loaded.checks.acquire().await.map_err(|_| EngineError::Busy)?;
            let (pin, hash) = (pin.to_owned(), hash.to_owned());
            self.core.pool.run(move || pin.len() <= PASSWORD_MAX && password_fits(&pin, &hash)).await?
        };
        if fits {
            attempt.succeeded();
            loaded.forgive_guess(link);
        } else {
            tracing::warn!(address = %client.address, name, "wrong PIN");
            attempt.failed();
        }
        Ok(fits)
    }
}

fn end_for(state: LinkState) -> Option<LinkEnd> {
    match state {
        LinkState::Works => None,
        LinkState::Expired => Some(LinkEnd::Expired),
        LinkState::UsedUp => Some(LinkEnd::UsedUp),
        LinkState::Dead => Some(LinkEnd::Unknown),
    }
}

impl LoadedLinks {
    /// Counts a use; false if none is left. Blocks.
    fn count_use(&self, link: &Link) -> Result<bool> {
        let stored = {
            let mut by_id = self.lock();
            let Some(record) = by_id.get_mut(&link.id) else { return Ok(false) };
            if record.link.max_uses.is_some_and(|most| record.uses >= most) {
                return Ok(false);
            }
            record.uses += 1;
            self.persist_counts(record)
        };
        stored.wait().map_err(super::registry::storing_failed)?;
        Ok(true)
    }

    fn count_guess(&self, link: &Link) -> Result<()> {
        let mut by_id = self.lock();
        let Some(record) = by_id.get_mut(&link.id) else { return Ok(()) };
        let (now, guesses) = (Instant::now(), &mut record.guesses);
        if now.duration_since(guesses.since) >= WINDOW {
            *guesses = Guesses { since: now, count: 0 };
        }
        if guesses.count >= GUESSES_MAX {
            let left = WINDOW.saturating_sub(now.duration_since(guesses.since));
            return Err(EngineError::TooMany(TooMany::Guesses { retry_secs: left.as_secs().max(1) }));
        }
        guesses.count += 1;
        Ok(())
    }

    fn forgive_guess(&self, link: &Link) {
        if let Some(record) = self.lock().get_mut(&link.id) {
            record.guesses.count = record.guesses.count.saturating_sub(1);
        }
    }
}
