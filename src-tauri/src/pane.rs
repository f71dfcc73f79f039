//! What the window shows: its panes by name, and the view that waits for its page.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The panes of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pane {
    /// Addresses and QR codes.
    Connect,
    /// Shared folders.
    Shares,
    /// Accounts and devices.
    People,
    /// Share links and file requests.
    Links,
    /// Transfers.
    Activity,
    /// Settings.
    Settings,
    /// Help and the self-test.
    Help,
}

impl Pane {
    /// Returns its name in the window.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Shares => "shares",
            Self::People => "people",
            Self::Links => "links",
            Self::Activity => "activity",
            Self::Settings => "settings",
            Self::Help => "help",
        }
    }
}

/// The view that a window shows when its page is ready.
#[derive(Debug, Default)]
pub struct PendingView {
    /// The pane; `None`: as it was.
    pub pane: Option<Pane>,
    /// Files and folders to share.
    pub paths: Vec<PathBuf>,
}
