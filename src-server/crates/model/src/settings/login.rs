//! Settings of logins, sessions and administrators.

use crate::account::AccountName;

/// `N,W,B`: more than N failures within W minutes ban the client for B minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BanRule {
    /// Failures.
    pub count: u32,
    /// Window, minutes.
    pub window_mins: u64,
    /// Length of the ban, minutes.
    pub ban_mins: u64,
}

/// Logins, sessions and administrators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// `--usernames`: a password alone does not identify an account.
    pub usernames_required: bool,
    /// `--no-bauth`: no basic authentication.
    pub no_basic: bool,
    /// `--logout H`: lifetime of a session in hours.
    pub session_hours: u64,
    /// `--ban-pw`; `None` = off.
    pub ban_passwords: Option<BanRule>,
    /// `--admins`: accounts that may change the settings over the network; each is a known account.
    pub admins: Vec<AccountName>,
}

impl Default for Login {
    fn default() -> Self {
        Self {
            usernames_required: false,
            no_basic: false,
            session_hours: 8086,
            ban_passwords: Some(BanRule { count: 9, window_mins: 60, ban_mins: 1440 }),
            admins: Vec::new(),
        }
    }
}
