//! The menu as a value: what the server says goes in, rows come out. Nothing here knows a screen.

use super::words;
use crate::windows::Pane;
use serde::{Deserialize, Serialize};
use server::control::admin::{Activity, Outcome, Overview, ProblemCode, Share, Sharing};

/// Shares and transfers that a menu shows; the window has all.
const MOST_SHARES: usize = 15;
const MOST_TRANSFERS: usize = 5;

/// What a row does. Its text form is the row's identity, so that a click on a menu that was just replaced still means
/// what the person read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Shows the window as it was.
    OpenWindow,
    /// Shows a part of the window.
    Open(Pane),
    /// Lets people in.
    TurnOn,
    /// Keeps everybody out.
    TurnOff,
    /// Keeps everybody out for so many seconds.
    Pause(u64),
    /// Keeps everybody out until then, in seconds since 1970.
    PauseUntil(i64),
    /// Puts an address on the clipboard.
    Copy(String),
    /// Shows the text on the clipboard in pages, for a while.
    SendClipboard,
    /// Takes it back.
    TakeBack,
    /// Chooses files, then asks in the window.
    ShareFiles,
    /// Chooses a folder, then asks in the window.
    AddFolder,
    /// Offers a share, or not.
    Switch {
        /// Which.
        mount: String,
        /// Whether.
        on: bool,
    },
    /// Shows a file that arrived in the file manager.
    ShowInFolder(String),
    /// Ends the program.
    Quit,
}

/// A row of the menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// To be read only.
    Text(String),
    /// Does something.
    Item(Action, String),
    /// Does something, and shows whether it is so.
    Check(Action, String, bool),
    /// A line.
    Line,
    /// More rows.
    More(String, Vec<Row>),
}

/// What a menu is made from.
pub struct View<'a> {
    /// The first look.
    pub overview: &'a Overview,
    /// What is going on.
    pub activity: &'a Activity,
    /// Linux has no click on the icon everywhere, so the window is the first row there.
    pub window_first: bool,
    /// The clock of the wall.
    pub clock: &'a dyn words::Clock,
}

/// All rows, in order.
pub fn rows(view: &View<'_>) -> Vec<Row> {
    let window = || item(Action::OpenWindow, "Open window");
    let mut rows = Vec::new();
    if view.window_first {
        rows.extend([window(), Row::Line]);
    }
    rows.extend(state(view));
    rows.push(Row::Line);
    if !super::is_unasked(view.overview) {
        rows.extend(ways_in(view));
        rows.push(Row::Line);
        rows.push(Row::More("Shared folders".into(), shares(&view.overview.shares)));
        rows.push(Row::More("Activity".into(), activity(view.activity)));
        if view.overview.sharing == Sharing::On {
            rows.push(Row::More("Pause".into(), pauses(view.clock)));
        }
        rows.push(Row::Line);
    }
    if !view.window_first {
        rows.push(window());
    }
    rows.push(item(Action::Open(Pane::Settings), "Settings…"));
    rows.push(item(Action::Open(Pane::Help), "Help and connection test…"));
    rows.push(item(Action::Quit, "Quit"));
    rows
}

fn item(action: Action, label: &str) -> Row {
    Row::Item(action, label.into())
}

/// The state in words, and the one thing to do about it.
fn state(view: &View<'_>) -> Vec<Row> {
    let overview = view.overview;
    if super::is_unasked(overview) {
        return vec![Row::Text(words::state(view)), item(Action::Open(Pane::Connect), "Set up sharing…")];
    }
    let said = match overview.problems.first() {
        Some(problem) => Row::Item(Action::Open(mended_in(problem.code)), words::short(&problem.sentence)),
        None => Row::Text(words::state(view)),
    };
    let act = match overview.sharing {
        Sharing::On => item(Action::TurnOff, "Turn sharing off"),
        Sharing::Paused { .. } => item(Action::TurnOn, "Resume sharing"),
        Sharing::Off => item(Action::TurnOn, "Turn sharing on"),
        Sharing::Waiting => item(Action::Open(Pane::Connect), "Share on this network…"),
    };
    vec![said, act]
}

/// The part of the window where a problem can be mended; the window's own buttons lead to the same
/// (ui/src/panes/problems.ts).
fn mended_in(code: ProblemCode) -> Pane {
    match code {
        ProblemCode::FolderMissing | ProblemCode::DiskFull => Pane::Shares,
        ProblemCode::PortTaken | ProblemCode::SettingsDamaged => Pane::Settings,
        ProblemCode::Other => Pane::Activity,
    }
}

fn ways_in(view: &View<'_>) -> Vec<Row> {
    let overview = view.overview;
    let mut rows = vec![item(Action::Open(Pane::Connect), "Show QR code…")];
    if let Some(address) = overview.addresses.first() {
        let shown = address.url.trim_end_matches('/');
        rows.push(Row::Item(Action::Copy(address.url.clone()), format!("Copy address  {shown}")));
    }
    rows.push(Row::More("Request and send".into(), ask_and_send(view)));
    rows
}

/// What is handed over once, beside the folders.
fn ask_and_send(view: &View<'_>) -> Vec<Row> {
    let clipboard = match &view.overview.shown {
        None => item(Action::SendClipboard, "Send clipboard"),
        Some(shown) => {
            let until = view.clock.at(shown.until_ms);
            Row::Item(Action::TakeBack, format!("Stop showing clipboard (until {until})"))
        }
    };
    vec![item(Action::Open(Pane::Links), "Request files…"), item(Action::ShareFiles, "Share files…"), clipboard]
}

fn shares(shares: &[Share]) -> Vec<Row> {
    let row = |share: &Share| {
        let action = Action::Switch { mount: share.mount.clone(), on: !share.on };
        if share.is_there {
            Row::Check(action, words::share(share), share.on)
        } else {
            Row::Text(format!("✗ {} (not connected)", words::name_of(&share.mount)))
        }
    };
    let mut rows: Vec<Row> = shares.iter().take(MOST_SHARES).map(row).collect();
    if let Some(more) = shares.len().checked_sub(MOST_SHARES).filter(|more| *more > 0) {
        rows.push(Row::Item(Action::Open(Pane::Shares), format!("{more} more…")));
    }
    if !rows.is_empty() {
        rows.push(Row::Line);
    }
    rows.push(item(Action::AddFolder, "Add folder…"));
    rows.push(item(Action::Open(Pane::Shares), "Manage…"));
    rows
}

fn activity(activity: &Activity) -> Vec<Row> {
    let mut rows: Vec<Row> =
        activity.now.iter().take(MOST_TRANSFERS).map(|transfer| Row::Text(words::transfer(transfer))).collect();
    let more = activity.now.len().saturating_sub(MOST_TRANSFERS);
    if more > 0 {
        rows.push(Row::Text(format!("and {more} more")));
    }
    let last = activity.past.iter().find(|past| past.outcome == Outcome::Arrived);
    if let Some(last) = last {
        let name = words::short(crate::notify::split(&last.path).1);
        rows.push(Row::Text(format!("Last: {name}")));
        rows.push(item(Action::ShowInFolder(last.path.clone()), "Show in folder"));
    }
    if rows.is_empty() {
        rows.push(Row::Text("No transfers yet".into()));
    }
    rows.push(Row::Line);
    rows.push(item(Action::Open(Pane::Activity), "Open activity…"));
    rows
}

fn pauses(clock: &dyn words::Clock) -> Vec<Row> {
    let (until, then) = clock.tomorrow();
    vec![
        item(Action::Pause(30 * 60), "For 30 minutes"),
        item(Action::Pause(60 * 60), "For 1 hour"),
        Row::Item(Action::PauseUntil(then), format!("Until tomorrow, {until}")),
    ]
}

#[cfg(test)]
mod tests;
