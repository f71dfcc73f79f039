//! The progress of all transfers together, as taskbars and docks show it.

/// The progress that the button shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// No transfers.
    Idle,
    /// Transfers of unknown size.
    Indeterminate,
    /// Percent of all bytes.
    Percent(u64),
}
