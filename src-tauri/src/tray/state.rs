//! The state that the icon shows.

use server::control::admin::{Overview, ProblemCode, Sharing};

/// The state that the shape of the icon shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrayState {
    /// Sharing, without transfers.
    On,
    /// Transfers are running.
    Transferring,
    /// Sharing is paused.
    Paused,
    /// Not sharing here: the network is not trusted, or no shared folder is connected.
    Waiting,
    /// A problem needs the user's attention.
    Attention,
    /// Off.
    Off,
}

impl TrayState {
    /// Returns the most important state.
    pub fn of(overview: &Overview) -> Self {
        // A missing folder usually waits for its disk, which is not a mistake.
        let urgent = overview.problems.iter().any(|problem| problem.code != ProblemCode::FolderMissing);
        let on = || overview.shares.iter().filter(|share| share.on);
        match overview.sharing {
            _ if urgent => Self::Attention,
            _ if is_setup_pending(overview) => Self::Off,
            Sharing::Off => Self::Off,
            Sharing::Paused { .. } => Self::Paused,
            Sharing::Waiting => Self::Waiting,
            Sharing::On if overview.transfers > 0 => Self::Transferring,
            Sharing::On if on().count() > 0 && on().all(|share| !share.is_there) => Self::Waiting,
            Sharing::On => Self::On,
        }
    }
}

/// Returns whether the setup is not finished and nothing is shared yet.
pub fn is_setup_pending(overview: &Overview) -> bool {
    overview.is_new && overview.shares.is_empty()
}
