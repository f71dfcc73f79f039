//! Settings of logins, sessions and administrators.

use crate::account::AccountName;
use std::path::PathBuf;

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
    /// `--chpw`: accounts may change their own passwords.
    pub own_passwords: bool,
    /// `--chpw-no`: except these.
    pub fixed_passwords: Vec<AccountName>,
    /// `--chpw-len`: minimum length of a password that an account chooses, in characters.
    pub own_password_chars: u32,
    /// `--chpw-db`: where passwords are kept that accounts have chosen, if the settings are not in a file of this program. `None`:
    /// in the state folder.
    pub own_passwords_file: Option<PathBuf>,
}

impl Login {
    /// Returns whether an account may change its own password.
    pub fn may_change_password(&self, account: &AccountName) -> bool {
        self.own_passwords && !account.is_anonymous() && !self.fixed_passwords.contains(account)
    }
}

impl Default for Login {
    fn default() -> Self {
        Self {
            usernames_required: false,
            no_basic: false,
            session_hours: 8086,
            ban_passwords: Some(BanRule { count: 9, window_mins: 60, ban_mins: 1440 }),
            admins: Vec::new(),
            own_passwords: false,
            fixed_passwords: Vec::new(),
            own_password_chars: 8,
            own_passwords_file: None,
        }
    }
}
