//! The texts of the menu and the tooltip.

use super::state::is_setup_pending;
use super::view::View;
use server::control::admin::{ActiveTransfer, May, Share, Sharing, Who};
use std::collections::BTreeSet;

/// Longest text of a row, in characters: menus do not wrap.
const MAX_LABEL: usize = 72;

/// Returns the first line of the menu.
pub fn status(view: &View<'_>) -> String {
    let overview = view.overview;
    if is_setup_pending(overview) {
        return "Nothing is shared yet".into();
    }
    match overview.sharing {
        Sharing::Off => "Sharing is off".into(),
        Sharing::Paused { until_ms } => format!("Sharing is paused until {}", view.clock.at(until_ms)),
        Sharing::Waiting => "Not sharing on this network".into(),
        Sharing::On if !view.activity.now.is_empty() => under_way(&view.activity.now),
        Sharing::On => {
            let folders = overview.shares.iter().filter(|share| share.on && share.is_there).count();
            let people = match overview.connected {
                0 => "no one connected".into(),
                1 => "1 person connected".into(),
                more => format!("{more} people connected"),
            };
            format!("Sharing: ON — {}, {people}", count(folders, "folder"))
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
            ref many => format!("{} people", many.len()),
        }
    };
    let said = match (coming.len(), going.len()) {
        (coming_count, 0) => format!("Receiving {} from {}", count(coming_count, "file"), whose(&coming)),
        (0, going_count) => format!("Sending {} to {}", count(going_count, "file"), whose(&going)),
        (coming_count, going_count) => format!("Receiving {}, sending {going_count}", count(coming_count, "file")),
    };
    match percent(now) {
        Some(percent) => short(&format!("{said}, {percent} %")),
        None => short(&said),
    }
}

/// `Indexing photos, 12,400 files`.
pub fn indexing(mount: &str, files: u64) -> String {
    let digits = files.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (number, digit) in digits.chars().enumerate() {
        if number > 0 && (digits.len() - number).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    short(&format!("Indexing {}, {grouped} {}", name_of(mount), if files == 1 { "file" } else { "files" }))
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
    let paused = if transfer.is_paused { ", paused" } else { "" };
    format!("{}{percent}{paused}", short(&said))
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
        Who::OnlyMe => "by invitation".into(),
        Who::Everyone => "everyone".into(),
        Who::People { names } => match &names[..] {
            [one] => one.clone(),
            many => format!("{} people", many.len()),
        },
        Who::Custom => "custom access".into(),
    };
    let may = match share.may {
        May::Look => " · view",
        May::Add => " · view and upload",
        May::Change => " · change",
        May::DropOff => " · upload only",
        May::Custom => "",
    };
    short(&format!("{} — {who}{may}", name_of(&share.mount)))
}

/// Returns the display name of a share: the last component of its path.
pub fn name_of(mount: &str) -> String {
    match crate::notify::split(mount).1.trim_matches('/') {
        "" => "Everything".into(),
        name => plain(name),
    }
}

fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
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
