//! The menu as a value: a pure function from the server's status to rows.

use super::labels;
use super::state::is_setup_pending;
use super::view::{Clock, View};
use crate::pane::Pane;
use crate::texts::{filled, text};
use serde::{Deserialize, Serialize};
use server::control::admin::{Activity, Outcome, ProblemCode, Share, Sharing};

/// Largest number of shares and transfers in the menu; the window shows all.
const MAX_SHARES: usize = 15;
const MAX_TRANSFERS: usize = 5;

/// The action of a row. Its JSON is the row's ID, so that a click on a menu that was just replaced still runs
/// the action that the user read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Shows the window in its last state.
    OpenWindow,
    /// Shows a pane of the window.
    Open(Pane),
    /// Turns sharing on.
    TurnOn,
    /// Turns sharing off.
    TurnOff,
    /// Pauses sharing for this many seconds.
    Pause(u64),
    /// Pauses sharing until this time, in seconds since 1970.
    PauseUntil(i64),
    /// Copies an address to the clipboard.
    Copy(String),
    /// Shows the text on the clipboard in pages, for a limited time.
    SendClipboard,
    /// Removes that text from pages.
    ClearClipboard,
    /// Selects files, then opens the window to share them.
    ShareFiles,
    /// Selects a folder, then opens the window to share it.
    AddFolder,
    /// Turns a share on or off.
    SetShare {
        /// Its mount point.
        mount: String,
        /// The new state.
        on: bool,
    },
    /// Shows a received file in the file manager.
    ShowInFolder(String),
    /// Ends the program.
    Quit,
}

/// A row of the menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// A text without action.
    Text(String),
    /// A row with an action.
    Item(Action, String),
    /// A row with an action and a check mark.
    Check(Action, String, bool),
    /// A separator.
    Separator,
    /// A submenu.
    Submenu(String, Vec<Row>),
}

/// Returns all rows, in order.
pub fn rows(view: &View<'_>) -> Vec<Row> {
    let window = || item(Action::OpenWindow, &text("menu.window"));
    let mut rows = Vec::new();
    if view.window_first {
        rows.extend([window(), Row::Separator]);
    }
    rows.extend(state(view));
    rows.push(Row::Separator);
    if !is_setup_pending(view.overview) {
        rows.extend(address_rows(view));
        rows.push(Row::Separator);
        rows.push(Row::Submenu(text("menu.shares"), shares(&view.overview.shares)));
        rows.push(Row::Submenu(text("menu.activity"), activity(view.activity)));
        if view.overview.sharing == Sharing::On {
            rows.push(Row::Submenu(text("menu.pause"), pauses(view.clock)));
        }
        rows.push(Row::Separator);
    }
    if !view.window_first {
        rows.push(window());
    }
    rows.push(item(Action::Open(Pane::Settings), &text("menu.settings")));
    rows.push(item(Action::Open(Pane::Help), &text("menu.help")));
    rows.push(item(Action::Quit, &text("menu.quit")));
    rows
}

fn item(action: Action, label: &str) -> Row {
    Row::Item(action, label.into())
}

/// Returns the state as text, and the main action for it.
fn state(view: &View<'_>) -> Vec<Row> {
    let overview = view.overview;
    if is_setup_pending(overview) {
        return vec![Row::Text(labels::status(view)), item(Action::Open(Pane::Connect), &text("menu.setUp"))];
    }
    let said = match overview.problems.first() {
        Some(problem) => Row::Item(Action::Open(pane_for(problem.code)), labels::short(&problem.sentence)),
        None => Row::Text(labels::status(view)),
    };
    let act = match overview.sharing {
        Sharing::On => item(Action::TurnOff, &text("menu.turnOff")),
        Sharing::Paused { .. } => item(Action::TurnOn, &text("menu.resume")),
        Sharing::Off => item(Action::TurnOn, &text("menu.turnOn")),
        Sharing::Waiting => item(Action::Open(Pane::Connect), &text("menu.shareHere")),
    };
    let indexing = view.indexing.as_ref().map(|(mount, files)| Row::Text(labels::indexing(mount, *files)));
    std::iter::once(said).chain(indexing).chain([act]).collect()
}

/// Returns the pane in which a problem can be solved; the window's own buttons lead to the same
/// (ui/src/panes/problems.ts).
fn pane_for(code: ProblemCode) -> Pane {
    match code {
        ProblemCode::FolderMissing | ProblemCode::DiskFull => Pane::Shares,
        ProblemCode::PortTaken | ProblemCode::SettingsDamaged => Pane::Settings,
        ProblemCode::Other => Pane::Activity,
    }
}

fn address_rows(view: &View<'_>) -> Vec<Row> {
    let overview = view.overview;
    let mut rows = vec![item(Action::Open(Pane::Connect), &text("menu.qr"))];
    if let Some(address) = overview.addresses.first() {
        let shown = address.url.trim_end_matches('/');
        rows.push(Row::Item(Action::Copy(address.url.clone()), filled("menu.copyAddress", &[("address", shown)])));
    }
    rows.push(Row::Submenu(text("menu.requestAndSend"), ask_and_send(view)));
    rows
}

/// Returns the rows for one-time transfers.
fn ask_and_send(view: &View<'_>) -> Vec<Row> {
    let clipboard = match &view.overview.banner {
        None => item(Action::SendClipboard, &text("menu.sendClipboard")),
        Some(shown) => {
            let until = view.clock.at(shown.until_ms);
            Row::Item(Action::ClearClipboard, filled("menu.clearClipboard", &[("time", &until)]))
        }
    };
    vec![
        item(Action::Open(Pane::Links), &text("menu.requestFiles")),
        item(Action::ShareFiles, &text("menu.shareFiles")),
        clipboard,
    ]
}

fn shares(shares: &[Share]) -> Vec<Row> {
    let row = |share: &Share| {
        let action = Action::SetShare { mount: share.mount.clone(), on: !share.on };
        if share.is_there {
            Row::Check(action, labels::share(share), share.on)
        } else {
            Row::Text(format!("✗ {}", filled("share.missing", &[("folder", &labels::name_of(&share.mount))])))
        }
    };
    let mut rows: Vec<Row> = shares.iter().take(MAX_SHARES).map(row).collect();
    if let Some(more) = shares.len().checked_sub(MAX_SHARES).filter(|more| *more > 0) {
        rows.push(Row::Item(Action::Open(Pane::Shares), filled("menu.more", &[("n", &more.to_string())])));
    }
    if !rows.is_empty() {
        rows.push(Row::Separator);
    }
    rows.push(item(Action::AddFolder, &text("menu.addFolder")));
    rows.push(item(Action::Open(Pane::Shares), &text("menu.manage")));
    rows
}

fn activity(activity: &Activity) -> Vec<Row> {
    let mut rows: Vec<Row> =
        activity.now.iter().take(MAX_TRANSFERS).map(|transfer| Row::Text(labels::transfer(transfer))).collect();
    let more = activity.now.len().saturating_sub(MAX_TRANSFERS);
    if more > 0 {
        rows.push(Row::Text(filled("menu.andMore", &[("n", &more.to_string())])));
    }
    let last = activity.past.iter().find(|past| past.outcome == Outcome::Arrived);
    if let Some(last) = last {
        let name = labels::short(crate::notify::split(&last.path).1);
        rows.push(Row::Text(filled("menu.last", &[("name", &name)])));
        rows.push(item(Action::ShowInFolder(last.path.clone()), &text("menu.showInFolder")));
    }
    if rows.is_empty() {
        rows.push(Row::Text(text("menu.noTransfers")));
    }
    rows.push(Row::Separator);
    rows.push(item(Action::Open(Pane::Activity), &text("menu.openActivity")));
    rows
}

fn pauses(clock: &dyn Clock) -> Vec<Row> {
    let (until, then) = clock.tomorrow();
    vec![
        item(Action::Pause(30 * 60), &text("menu.pause30")),
        item(Action::Pause(60 * 60), &text("menu.pause60")),
        Row::Item(Action::PauseUntil(then), filled("menu.pauseTomorrow", &[("time", &until)])),
    ]
}

#[cfg(test)]
mod tests;
