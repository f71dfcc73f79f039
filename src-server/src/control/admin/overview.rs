//! The first look: is it on, who can reach what, does anything need a person.

use super::super::Address;
use super::shares::Share;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// All that a tray menu and the first pane of a window show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Overview {
    /// Of the program.
    pub version: String,
    /// What the server calls itself in pages.
    pub name: String,
    /// Counts the settings that were in force, from 1.
    pub generation: u64,
    /// Whether anybody gets in.
    pub sharing: Sharing,
    /// How the server is reached, the most useful first.
    pub addresses: Vec<Address>,
    /// Every shared folder, also those that are off.
    pub shares: Vec<Share>,
    /// How many others are connected: accounts, and addresses without one.
    pub connected: u32,
    /// Files on their way.
    pub transfers: u32,
    /// What needs a person.
    pub problems: Vec<Problem>,
    /// A text that pages show for a while.
    pub banner: Option<Banner>,
    /// Nobody has answered the questions of the first start yet.
    pub is_new: bool,
    /// Where received files could go: `Inbox` in the downloads folder of this person; empty if there is none.
    pub suggested_inbox: String,
}

/// A text that is shown to everyone who may look at a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Banner {
    /// The text.
    pub text: String,
    /// Until then, milliseconds since 1970.
    pub until_ms: i64,
}

/// Whether anybody gets in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Sharing {
    /// Yes.
    On,
    /// Not for now.
    Paused {
        /// When it goes on by itself, milliseconds since 1970.
        until_ms: i64,
    },
    /// No, until somebody turns it on.
    Off,
    /// Not on this network, until somebody says that it is trusted.
    Waiting,
}

/// What to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum SharingRequest {
    /// Let people in.
    On,
    /// Nobody, for a while.
    Pause {
        /// How long.
        seconds: u64,
    },
    /// Nobody.
    Off,
}

/// Something that needs a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Problem {
    /// For programs.
    pub code: ProblemCode,
    /// One plain sentence with what to do next.
    pub sentence: String,
}

/// What kind of problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ProblemCode {
    /// A shared folder is not there.
    FolderMissing,
    /// A disk has no room for what is sent to it.
    DiskFull,
    /// The wished port belongs to another program.
    PortTaken,
    /// The settings file could not be read; an older one is in force.
    SettingsDamaged,
    /// Something else that was announced.
    Other,
}
