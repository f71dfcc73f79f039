//! Accounts, devices, invitations and share links.

use super::shares::May;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Accounts, groups, devices and bans.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct People {
    /// Accounts.
    pub people: Vec<Person>,
    /// Groups of accounts.
    pub groups: Vec<GroupInfo>,
    /// Devices that are logged in, the last seen first.
    pub devices: Vec<Device>,
    /// Addresses that are banned after wrong passwords.
    pub bans: Vec<Ban>,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Person {
    /// Its name.
    pub name: String,
    /// Mount points of shares where it has more rights than everyone.
    pub shares: Vec<String>,
    /// Devices that are logged in.
    pub devices: u32,
    /// May change the settings of this server over the network.
    pub is_admin: bool,
    /// True for the account that made this call.
    pub is_you: bool,
}

/// The values of an account to be saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PersonDraft {
    /// Its name.
    pub name: String,
    /// A new password; `null` keeps the current one.
    pub password: Option<String>,
    /// May change the settings of this server over the network.
    pub is_admin: bool,
}

/// A group of accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct GroupInfo {
    /// Its name, without `@`.
    pub name: String,
    /// Names of its members.
    pub members: Vec<String>,
}

/// A browser or program that is logged in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Device {
    /// Identifies the device; grants nothing.
    pub id: String,
    /// A friendly name, such as "Firefox on Android", until a person renames it.
    pub name: String,
    /// Its account; `null` for a guest.
    pub account: Option<String>,
    /// What the guest may do; `null` for accounts.
    pub guest: Option<Guest>,
    /// Its last address.
    pub address: String,
    /// When it logged in, milliseconds since 1970.
    pub first_seen_ms: i64,
    /// When it last sent a request, milliseconds since 1970; accurate to a minute.
    pub last_seen_ms: i64,
    /// When its login ends, milliseconds since 1970.
    pub expires_ms: i64,
    /// True for the device that made this call.
    pub is_this: bool,
}

/// What an invitation or a share link grants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Guest {
    /// Virtual path of its scope.
    pub path: String,
    /// What the guest may do there.
    pub may: May,
    /// The share link that was used, if any.
    pub link: Option<String>,
}

/// A banned address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Ban {
    /// The address or network.
    pub address: String,
    /// When it ends, milliseconds since 1970.
    pub until_ms: i64,
}

/// Kind of a share link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// Lets guests see a file or folder.
    Show,
    /// Lets guests send files.
    Request,
}

/// Whether a share link still works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    /// It works.
    Works,
    /// Its time limit has passed.
    Expired,
    /// It was used as often as allowed.
    UsedUp,
    /// Its target is not shared any more, or its creator has lost the right to it.
    Dead,
}

/// A share link to a file or folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Link {
    /// Identifies the link; grants nothing.
    pub id: String,
    /// Kind of the link.
    pub kind: LinkKind,
    /// Virtual path of its target.
    pub target: String,
    /// For a link to files outside the shared folders: the chosen paths on this computer. Else empty.
    pub files: Vec<String>,
    /// The URL to open, for each address of the server, the most useful first.
    pub urls: Vec<String>,
    /// Text that guests read first.
    pub note: String,
    /// What guests may do.
    pub may: May,
    /// True if guests need a PIN.
    pub has_pin: bool,
    /// When it was made, milliseconds since 1970.
    pub created_ms: i64,
    /// When it ends, milliseconds since 1970; `null`: never.
    pub expires_ms: Option<i64>,
    /// How often it was used.
    pub uses: u32,
    /// How often it may be used; `null`: no limit.
    pub max_uses: Option<u32>,
    /// Total bytes that guests may upload; `null`: no limit.
    pub max_bytes: Option<u64>,
    /// Bytes that guests have uploaded.
    pub received: u64,
    /// Whether it still works.
    pub state: LinkState,
}

/// A file or folder on this computer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct HostFile {
    /// Absolute path without symbolic links.
    pub path: String,
    /// Its name.
    pub name: String,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// Bytes; 0 for folders.
    pub size: u64,
}

/// The values of a share link to be saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LinkDraft {
    /// Kind of the link.
    pub kind: LinkKind,
    /// Virtual path of its target; a folder if the link is a request.
    pub target: String,
    /// Text that guests read first; may be empty.
    pub note: String,
    /// What guests may do: look, add or change for `show`; drop_off for `request`.
    pub may: May,
    /// The PIN.
    pub pin: Pin,
    /// When it ends, milliseconds since 1970; `null`: never.
    pub expires_ms: Option<i64>,
    /// How often it may be used; `null`: no limit.
    pub max_uses: Option<u32>,
    /// Total bytes that guests may upload; `null`: no limit.
    pub max_bytes: Option<u64>,
}

/// The PIN of a share link.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Pin {
    /// No PIN.
    None,
    /// Keep the current PIN.
    Keep,
    /// A new PIN.
    New {
        /// At least four characters.
        pin: String,
    },
}

impl std::fmt::Debug for Pin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pin(..)")
    }
}
