//! The sentences of the menu and of the tooltip.

use super::rows::View;
use server::control::admin::{May, Share, Sharing, TransferNow, Who};
use std::collections::BTreeSet;

/// Longest text of a row, characters: menus do not wrap.
const LONGEST: usize = 72;

/// The clock of the wall, where the person is.
pub trait Clock {
    /// Hours and minutes of a moment in milliseconds since 1970, with the day if it is not today.
    fn at(&self, ms: i64) -> String;
    /// When tomorrow begins for people, in words and in seconds since 1970.
    fn tomorrow(&self) -> (String, i64);
}

/// The first line of the menu.
pub fn state(view: &View<'_>) -> String {
    let overview = view.overview;
    if super::is_unasked(overview) {
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
fn under_way(now: &[TransferNow]) -> String {
    let (coming, going): (Vec<_>, Vec<_>) = now.iter().partition(|transfer| transfer.is_upload);
    let whose = |transfers: &[&TransferNow]| {
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

/// `↓ Anna's iPhone → Inbox  64 %`.
pub fn transfer(transfer: &TransferNow) -> String {
    let (folder, name) = crate::notify::split(&transfer.path);
    let said = if transfer.is_upload {
        format!("↓ {} → {}", transfer.who, name_of(folder))
    } else {
        format!("↑ {name} → {}", transfer.who)
    };
    let percent = percent(std::slice::from_ref(transfer)).map(|percent| format!("  {percent} %")).unwrap_or_default();
    let paused = if transfer.is_held { ", paused" } else { "" };
    format!("{}{percent}{paused}", short(&said))
}

/// How much of what is on its way is there; unknown when one size is.
pub fn percent(transfers: &[TransferNow]) -> Option<u64> {
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

/// What people call a share: the last part of its address.
pub fn name_of(mount: &str) -> String {
    match crate::notify::split(mount).1 {
        "" => "Everything".into(),
        name => plain(name),
    }
}

fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// One line that fits into a menu; the middle is left out, for ends tell names apart.
pub fn short(text: &str) -> String {
    let text = plain(text);
    let all: Vec<char> = text.chars().collect();
    if all.len() <= LONGEST {
        return text;
    }
    let end = LONGEST / 3;
    let (head, tail) = (&all[..LONGEST - end - 1], &all[all.len() - end..]);
    head.iter().chain(['…'].iter()).chain(tail).collect()
}

/// Names come from outside: no line breaks, nothing that turns the direction of the text.
fn plain(text: &str) -> String {
    let odd = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if odd(c) { ' ' } else { c }).collect()
}
