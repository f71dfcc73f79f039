//! Visitors: what a link says of itself before they come in, and how they do.

use super::Links;
use super::book::{Guesses, Opened};
use super::link::{Link, LinkEnd, LinkInfo, LinkState};
use super::wish::letters;
use crate::access::{Access, Client};
use crate::accounts::{DeviceName, PASSWORD_MAX, Session, password_fits};
use crate::error::{EngineError, Result};
use crate::volumes::resolve::{Resolved, find};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::disk::Node;

/// Wrong PINs that a link takes within [`WINDOW`], from wherever they come: a PIN of four digits lasts for weeks.
const GUESSES_MAX: u32 = 30;
const WINDOW: Duration = Duration::from_secs(3600);
/// Seconds that a visitor's session lives at most: a long day.
const VISIT_SECS: u64 = 16 * 3600;
/// Longest token that is looked at.
const TOKEN_MAX: usize = 64;

/// How coming in went.
#[derive(Debug)]
pub enum Entry {
    /// In. A use was counted.
    In(Session),
    /// The link asks for a PIN, and none was given.
    PinNeeded,
    /// That is not its PIN.
    PinWrong,
    /// It lets nobody in.
    Ended(LinkEnd),
}

/// What a link says of itself.
#[derive(Clone, Debug)]
pub struct Sight {
    /// The link.
    pub info: LinkInfo,
    /// What it leads to.
    pub is_folder: bool,
    /// Bytes, of a file.
    pub size: u64,
}

impl Links {
    /// What is behind a token. Changes nothing. `access`: of whoever asks; who has come by a link sees it also when it is
    /// used up.
    ///
    /// # Errors
    /// `Internal`, if links or the disk cannot be read.
    pub async fn look(&self, token: &str, access: &Access) -> Result<std::result::Result<Sight, LinkEnd>> {
        let (opened, link) = match self.find(token).await? {
            Some(found) => found,
            None => return Ok(Err(LinkEnd::Unknown)),
        };
        let snapshot = self.core.snapshot.load_full();
        let Some(info) = opened.info(&link.id, &snapshot) else { return Ok(Err(LinkEnd::Unknown)) };
        let is_in = access.link() == Some(&link.id);
        match end_of(info.state) {
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
            Some((is_folder, size)) => Ok(Sight { info, is_folder, size }),
            None => Err(LinkEnd::Unknown),
        })
    }

    /// Lets somebody in and counts a use.
    ///
    /// # Errors
    /// `Banned` after too many wrong PINs, from this address or for this link; `Busy`; `Internal`.
    pub async fn open(&self, token: &str, pin: Option<&str>, device: DeviceName, client: Client) -> Result<Entry> {
        let Some((opened, link)) = self.find(token).await? else { return Ok(Entry::Ended(LinkEnd::Unknown)) };
        let snapshot = self.core.snapshot.load_full();
        if let Some(end) = opened.info(&link.id, &snapshot).map_or(Some(LinkEnd::Unknown), |info| end_of(info.state)) {
            return Ok(Entry::Ended(end));
        }
        if let Some(hash) = &link.pin {
            let Some(pin) = pin.filter(|pin| !pin.is_empty()) else { return Ok(Entry::PinNeeded) };
            if !self.pin_fits(&opened, &link, hash, pin, client).await? {
                return Ok(Entry::PinWrong);
            }
        }
        let (counting, counted) = (opened.clone(), link.clone());
        if !self.core.pool.try_run(move || counting.take_use(&counted)).await? {
            return Ok(Entry::Ended(LinkEnd::UsedUp));
        }
        let left = link.expires.map(|end| end.0.saturating_sub(super::link::now().0).max(0) as u64 / 1000);
        let lives_secs = left.unwrap_or(VISIT_SECS).clamp(1, VISIT_SECS);
        let visitor = link.id.visitor(&letters(8)?);
        Ok(Entry::In(self.accounts.open_visit(visitor, &link, lives_secs, device, client).await?))
    }

    /// The link that somebody came by, if they are in by one.
    pub fn of(&self, access: &Access) -> Option<LinkInfo> {
        self.core.links.if_opened()?.info(access.link()?, access.snapshot())
    }

    async fn find(&self, token: &str) -> Result<Option<(Arc<Opened>, Arc<Link>)>> {
        if token.is_empty() || token.len() > TOKEN_MAX {
            return Ok(None);
        }
        let opened = self.core.links.opened(&self.core.pool).await?;
        Ok(opened.by_token(token).map(|link| (opened.clone(), link)))
    }

    /// Wrong PINs count against the address, as wrong passwords do, and against the link, wherever they come from. Each
    /// counts before it is looked at, so that many at once are no way around.
    async fn pin_fits(&self, opened: &Opened, link: &Link, hash: &str, pin: &str, client: Client) -> Result<bool> {
        let name = format!("link {}", link.id);
        let attempt = self.accounts.begin_guess(client, &name, pin).await?;
        opened.count_guess(link)?;
        let fits = {
            let _turn = opened.checks.acquire().await.map_err(|_| EngineError::Busy)?;
            let (pin, hash) = (pin.to_owned(), hash.to_owned());
            self.core.pool.run(move || pin.len() <= PASSWORD_MAX && password_fits(&pin, &hash)).await?
        };
        if fits {
            attempt.right();
            opened.forgive_guess(link);
        } else {
            tracing::warn!(address = %client.address, name, "wrong PIN");
            attempt.wrong();
        }
        Ok(fits)
    }
}

fn end_of(state: LinkState) -> Option<LinkEnd> {
    match state {
        LinkState::Works => None,
        LinkState::Expired => Some(LinkEnd::Expired),
        LinkState::UsedUp => Some(LinkEnd::UsedUp),
        LinkState::Dead => Some(LinkEnd::Unknown),
    }
}

impl Opened {
    /// Counts a use; false: there are no more. Blocks.
    fn take_use(&self, link: &Link) -> Result<bool> {
        let stored = {
            let mut shelf = self.lock();
            let Some(kept) = shelf.get_mut(&link.id) else { return Ok(false) };
            if kept.link.max_uses.is_some_and(|most| kept.uses >= most) {
                return Ok(false);
            }
            kept.uses += 1;
            self.write_down(kept)
        };
        stored.wait().map_err(super::book::storing_failed)?;
        Ok(true)
    }

    fn count_guess(&self, link: &Link) -> Result<()> {
        let mut shelf = self.lock();
        let Some(kept) = shelf.get_mut(&link.id) else { return Ok(()) };
        let (now, guesses) = (Instant::now(), &mut kept.guesses);
        if now.duration_since(guesses.since) >= WINDOW {
            *guesses = Guesses { since: now, count: 0 };
        }
        if guesses.count >= GUESSES_MAX {
            let left = WINDOW.saturating_sub(now.duration_since(guesses.since));
            return Err(EngineError::Banned { retry_secs: left.as_secs().max(1) });
        }
        guesses.count += 1;
        Ok(())
    }

    fn forgive_guess(&self, link: &Link) {
        if let Some(kept) = self.lock().get_mut(&link.id) {
            kept.guesses.count = kept.guesses.count.saturating_sub(1);
        }
    }
}
