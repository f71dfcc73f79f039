//! The texts of the menu and the tooltip.

use super::state::is_setup_pending;
use super::view::View;
use crate::texts::{counted, filled, text};
use server::control::admin::{ActiveTransfer, May, Share, Sharing, Who};
use std::collections::BTreeSet;

/// Longest text of a row, in characters: menus do not wrap.
const MAX_LABEL: usize = 72;

/// Returns the first line of the menu.
pub fn status(view: &View<'_>) -> String {
    let overview = view.overview;
    if is_setup_pending(overview) {
        return text("status.nothing");
    }
    match overview.sharing {
        Sharing::Off => text("status.off"),
        Sharing::Paused { until_ms } => filled("status.paused", &[("time", &view.clock.at(until_ms))]),
        Sharing::Waiting => text("status.waiting"),
        Sharing::On if !view.activity.now.is_empty() => under_way(&view.activity.now),
        Sharing::On => {
            let folders = overview.shares.iter().filter(|share| share.on && share.is_there).count();
            let people = match overview.connected {
                0 => text("status.alone"),
                some => counted("status.connected", some.into(), &[]),
            };
            {
                let folders = counted("status.folders", folders as u64, &[]);
                filled("status.on", &[("folders", &folders), ("people", &people)])
            }
        }
    }
}

/// `Receiving 37 files from Anna's iPhone, 64 %`.
fn under_way(now: &[ActiveTransfer]) -> String {
    let (coming, going): (Vec<_>, Vec<_>) = now.iter().partition(|transfer| transfer.is_upload);
    let whose = |transfers: &[&ActiveTransfer]| {
        let names: BTreeSet<&str> = transfers.iter().map(|transfer| transfer.who.as_str()).collect();
        match Vec::from_iter(names)[..] {
            [one] => plain(one),
            ref many => counted("people", many.len() as u64, &[]),
        }
    };
    let said = match (coming.len(), going.len()) {
        (received, 0) => counted("status.receiving", received as u64, &[("who", &whose(&coming))]),
        (0, sent) => counted("status.sending", sent as u64, &[("who", &whose(&going))]),
        (received, sent) => counted("status.both", received as u64, &[("sent", &sent.to_string())]),
    };
    match percent(now) {
        Some(percent) => short(&filled("status.progress", &[("what", &said), ("percent", &percent.to_string())])),
        None => short(&said),
    }
}

/// `Indexing photos, 12,400 files`.
pub fn indexing(mount: &str, files: u64) -> String {
    short(&counted("status.indexing", files, &[("folder", &name_of(mount))]))
}

/// `↓ Anna's iPhone → Inbox  64 %`.
pub fn transfer(transfer: &ActiveTransfer) -> String {
    let (folder, name) = crate::notify::split(&transfer.path);
    let said = if transfer.is_upload {
        format!("↓ {} → {}", transfer.who, name_of(folder))
    } else {
        format!("↑ {name} → {}", transfer.who)
    };
    let percent = percent(std::slice::from_ref(transfer)).map(|percent| format!("  {percent} %")).unwrap_or_default();
    let line = format!("{}{percent}", short(&said));
    if transfer.is_paused { filled("transfer.paused", &[("what", &line)]) } else { line }
}

/// Returns the progress of all transfers in percent; `None` if one size is unknown.
pub fn percent(transfers: &[ActiveTransfer]) -> Option<u64> {
    let all: u64 = transfers.iter().map(|transfer| transfer.size).sum::<Option<u64>>()?;
    let done: u64 = transfers.iter().map(|transfer| transfer.done).sum();
    done.min(all).saturating_mul(100).checked_div(all)
}

/// `Photos — everyone · view`.
pub fn share(share: &Share) -> String {
    let who = match &share.who {
        Who::OnlyMe => text("share.invited"),
        Who::Everyone => text("share.everyone"),
        Who::People { names } => match &names[..] {
            [one] => one.clone(),
            many => counted("people", many.len() as u64, &[]),
        },
        Who::Custom => text("share.custom"),
    };
    let access = |key| filled(key, &[("who", &who)]);
    let access = match share.may {
        May::Look => access("share.look"),
        May::Add => access("share.add"),
        May::Change => access("share.change"),
        May::DropOff => access("share.dropOff"),
        May::Custom => who,
    };
    short(&format!("{} — {access}", name_of(&share.mount)))
}

/// Returns the display name of a share: the last component of its path.
pub fn name_of(mount: &str) -> String {
    match crate::notify::split(mount).1.trim_matches('/') {
        "" => text("everything"),
        name => plain(name),
    }
}

/// Shortens the text to fit into a menu. Omits the middle, since the ends distinguish names.
pub fn short(text: &str) -> String {
    let text = plain(text);
    let all: Vec<char> = text.chars().collect();
    if all.len() <= MAX_LABEL {
        return text;
    }
    let end = MAX_LABEL / 3;
    let (head, tail) = (&all[..MAX_LABEL - end - 1], &all[all.len() - end..]);
    head.iter().chain(['…'].iter()).chain(tail).collect()
}

/// Replaces control characters and characters that change the text direction: names come from clients.
fn plain(text: &str) -> String {
    let odd = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if odd(c) { ' ' } else { c }).collect()
}
