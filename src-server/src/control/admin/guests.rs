//! People, their devices, invitations and links.

use super::shares::May;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Everybody who is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct People {
    /// Accounts.
    pub people: Vec<Person>,
    /// Accounts under one name.
    pub groups: Vec<GroupInfo>,
    /// Who is logged in, the last seen first.
    pub devices: Vec<Device>,
    /// Who is turned away because of wrong passwords.
    pub bans: Vec<Ban>,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Person {
    /// Its name.
    pub name: String,
    /// Mount points of the shares that it reaches beyond what everyone does.
    pub shares: Vec<String>,
    /// Devices that are logged in.
    pub devices: u32,
    /// May change the settings of this server over the network.
    pub is_admin: bool,
    /// It is the account that asks.
    pub is_you: bool,
}

/// An account as somebody wishes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PersonDraft {
    /// Its name.
    pub name: String,
    /// A new password; `null`: as it is.
    pub password: Option<String>,
    /// May change the settings of this server over the network.
    pub is_admin: bool,
}

/// Accounts under one name.
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
    /// Identifies it; gives no access.
    pub id: String,
    /// A friendly name, such as "Firefox on Android", until somebody gives it another.
    pub name: String,
    /// Whose; `null`: a guest's.
    pub account: Option<String>,
    /// What a guest may do.
    pub guest: Option<Guest>,
    /// Its last address.
    pub address: String,
    /// When it logged in, milliseconds since 1970.
    pub first_seen_ms: i64,
    /// When it last asked for something, milliseconds since 1970; a minute inexact.
    pub last_seen_ms: i64,
    /// When its login ends, milliseconds since 1970.
    pub expires_ms: i64,
    /// It is the device that asks.
    pub is_this: bool,
}

/// What an invitation or a link gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Guest {
    /// Virtual path that it is for.
    pub path: String,
    /// What it allows there.
    pub may: May,
    /// The link that it came by, if it did.
    pub link: Option<String>,
}

/// Somebody who is turned away for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Ban {
    /// From where.
    pub address: String,
    /// When it ends, milliseconds since 1970.
    pub until_ms: i64,
}

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// Shows a file or folder.
    Show,
    /// Asks for files.
    Request,
}

/// Whether a link still works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    /// Yes.
    Works,
    /// Its time is over.
    Expired,
    /// It was used as often as it may be.
    UsedUp,
    /// Its target is not shared any more, or its maker lost the right.
    Dead,
}

/// A link to a file or folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Link {
    /// Identifies it; gives no access.
    pub id: String,
    /// What it is for.
    pub kind: LinkKind,
    /// Virtual path of its target.
    pub target: String,
    /// What was chosen, for a link to files that are not in a shared folder: paths on this computer. Else empty.
    pub files: Vec<String>,
    /// What to open, for each address of the server, the most useful first.
    pub urls: Vec<String>,
    /// What its visitors read first.
    pub note: String,
    /// What they may do.
    pub may: May,
    /// Whether it asks for a PIN.
    pub has_pin: bool,
    /// When it was made, milliseconds since 1970.
    pub created_ms: i64,
    /// When it ends, milliseconds since 1970; `null`: never.
    pub expires_ms: Option<i64>,
    /// How often it was used.
    pub uses: u32,
    /// How often it may be used; `null`: any number.
    pub max_uses: Option<u32>,
    /// Most bytes that may arrive by it; `null`: any number.
    pub max_bytes: Option<u64>,
    /// Bytes that have arrived by it.
    pub received: u64,
    /// Whether it still works.
    pub state: LinkState,
}

/// A file or folder of this computer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct HostFile {
    /// Where it is, absolute, without symbolic links.
    pub path: String,
    /// Its name.
    pub name: String,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// Bytes; 0 for folders.
    pub size: u64,
}

/// A link as somebody wishes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LinkDraft {
    /// What it is for.
    pub kind: LinkKind,
    /// Virtual path of its target: for a request, a folder.
    pub target: String,
    /// What its visitors read first; may be empty.
    pub note: String,
    /// What they may do: for `show` look, add or change; for `request` drop_off.
    pub may: May,
    /// Whether it asks for a PIN.
    pub pin: Pin,
    /// When it ends, milliseconds since 1970; `null`: never.
    pub expires_ms: Option<i64>,
    /// How often it may be used; `null`: any number.
    pub max_uses: Option<u32>,
    /// Most bytes that may arrive by it; `null`: any number.
    pub max_bytes: Option<u64>,
}

/// The PIN of a link.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Pin {
    /// None.
    None,
    /// The one that it has.
    Keep,
    /// A new one.
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
