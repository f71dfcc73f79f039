//! The table of options as a form.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SettingsForm {
    /// Every option that acts and can be given for the whole server, in the order of `--help`.
    pub options: Vec<OptionInfo>,
    /// How careful the server is.
    pub safety: SafetyLevel,
    /// The settings as arguments of the headless program, if a command line can say them.
    pub command_line: Option<String>,
    /// The settings as a configuration file; passwords stand in it as hashes.
    pub toml: String,
    /// Where the settings are kept; `null`: nowhere, they end with the program.
    pub file: Option<String>,
}

/// One option.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct OptionInfo {
    /// Its name in configuration files.
    pub name: String,
    /// Its chapter, such as `network`.
    pub group: String,
    /// What kind of value it takes.
    pub kind: OptionKind,
    /// The values to choose from, for `choice`.
    pub choices: Vec<String>,
    /// How help calls the value.
    pub unit: String,
    /// One line of help.
    pub help: String,
    /// The value in force as text; switches have `yes` and `no`.
    pub value: String,
    /// The default as text.
    pub default: String,
    /// A change counts only after the program was started again.
    pub needs_restart: bool,
}

/// What kind of value an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum OptionKind {
    /// Yes or no.
    Switch,
    /// A whole number.
    Number,
    /// Bytes, with an optional suffix.
    Size,
    /// Any text.
    Text,
    /// A file or folder.
    Path,
    /// Several values between commas.
    List,
    /// One of these.
    Choice,
}

/// How careful the server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SafetyLevel {
    /// Friends and family in a network of one's own.
    Home,
    /// A shared flat, an office.
    Careful,
    /// The open internet.
    Public,
    /// None of these.
    Custom,
}
