//! Options of a start that are not settings.

use crate::sharing::SharingState;
use model::Settings;
use std::path::PathBuf;
use std::time::Duration;

/// Options of [`crate::start`] that are not settings.
#[derive(Clone, Debug)]
pub struct StartOptions {
    /// How long [`crate::Control::stop`] waits for requests under way.
    pub drain: Duration,
    /// Settings file that this program owns: it always holds the settings in force. `None`: the caller keeps the
    /// settings itself.
    pub settings_file: Option<PathBuf>,
    /// Record transfers ([`crate::Control::activity`]) and watch for folders that appear and disappear, for clients of the
    /// admin API. Costs a little for each file.
    pub track_activity: bool,
    /// The program asks questions at its first start. Until they are answered ([`crate::Control::welcomed`]) or something is
    /// shared, only this computer can connect, and no firewall has a reason to ask.
    pub wait_for_setup: bool,
}

impl Default for StartOptions {
    fn default() -> Self {
        // The program promises to end within five seconds; the steps after the connections need a part of that.
        Self { drain: Duration::from_millis(3500), settings_file: None, track_activity: false, wait_for_setup: false }
    }
}

impl StartOptions {
    /// Returns true unless the first-run questions are still unanswered and nothing is shared. Until then only this
    /// computer may connect.
    pub(super) fn is_past_setup(&self, sharing_state: SharingState, settings: &Settings) -> bool {
        !self.wait_for_setup || sharing_state.welcomed || !settings.volumes.is_empty()
    }
}
