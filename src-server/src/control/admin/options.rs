//! The option table as a form.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Form with every option.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SettingsForm {
    /// Every option that has an effect and can be given for the whole server, in the order of `--help`.
    pub options: Vec<OptionInfo>,
    /// Security level that the options amount to.
    pub safety: SafetyLevel,
    /// The settings as arguments of the headless program; `null` if a command line cannot express them.
    pub command_line: Option<String>,
    /// The settings as a configuration file; passwords appear as hashes.
    pub toml: String,
    /// Path of the settings file; `null`: the settings are not saved and end with the program.
    pub file: Option<String>,
}

/// One option.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct OptionInfo {
    /// Its name in configuration files.
    pub name: String,
    /// Its group, such as `network`.
    pub group: String,
    /// What kind of value it takes.
    pub kind: OptionKind,
    /// The values to choose from, for `choice`.
    pub choices: Vec<String>,
    /// Placeholder for the value in the help.
    pub unit: String,
    /// One line of help.
    pub help: String,
    /// The value in force as text; `yes` or `no` for switches.
    pub value: String,
    /// The default as text.
    pub default: String,
    /// True if a change takes effect only after a restart of the program.
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
    /// One of `choices`.
    Choice,
}

/// Security level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SafetyLevel {
    /// Friends and family in a network of one's own.
    Home,
    /// A shared flat, an office.
    Careful,
    /// The open internet.
    Public,
    /// None of these levels.
    Custom,
}
