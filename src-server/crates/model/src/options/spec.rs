//! `Spec`: one row of the table of options, and the types of its columns.

use super::field::Field;
use crate::settings::Settings;
use crate::volume::VolumeFlags;
use serde::Serialize;

/// The type of an option's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "is", content = "of", rename_all = "snake_case")]
pub enum Kind {
    /// Present or absent. `=yes` and `=no` are accepted.
    Switch,
    /// A whole number.
    Number,
    /// Bytes, with an optional suffix `b k m g t`.
    Size,
    /// Any text.
    Text,
    /// A file or folder; `~` and relative paths are made absolute.
    Path,
    /// A regular expression.
    Regex,
    /// Several values, separated by commas; in TOML an array. A later occurrence replaces the list.
    List,
    /// May occur several times, and each occurrence adds a value; in TOML an array.
    Repeat,
    /// One of these values.
    Choice(&'static [&'static str]),
    /// A switch with an optional value.
    Optional,
}

/// The group of an option in help; also its table in TOML.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Volumes, accounts, files, help.
    General,
    /// Addresses, ports, proxies, TLS.
    Network,
    /// Discovery in the local network.
    Lan,
    /// Logins and bans.
    Login,
    /// How uploads are received and stored.
    Uploads,
    /// Limits that are checked when an upload starts.
    Limits,
    /// Database, scanning, search, tags.
    Index,
    /// Thumbnails and transcoding.
    Media,
    /// Security.
    Safety,
    /// Text files and the editor.
    Texts,
    /// Defaults of pages.
    Pages,
    /// External programs that run on events.
    Hooks,
    /// Logs and debugging.
    Logging,
    /// All other options of copyparty.
    Compat,
}

impl Group {
    /// Every group, in the order of `--help`.
    pub const ALL: [Self; 14] = [
        Self::General,
        Self::Network,
        Self::Lan,
        Self::Login,
        Self::Uploads,
        Self::Limits,
        Self::Index,
        Self::Media,
        Self::Safety,
        Self::Texts,
        Self::Pages,
        Self::Hooks,
        Self::Logging,
        Self::Compat,
    ];

    /// Returns the name of the table in TOML.
    pub const fn key(self) -> &'static str {
        match self {
            Self::General => "general",
            Self::Network => "network",
            Self::Lan => "lan",
            Self::Login => "login",
            Self::Uploads => "uploads",
            Self::Limits => "limits",
            Self::Index => "index",
            Self::Media => "media",
            Self::Safety => "safety",
            Self::Texts => "texts",
            Self::Pages => "pages",
            Self::Hooks => "hooks",
            Self::Logging => "logging",
            Self::Compat => "compat",
        }
    }
}

/// When a change of the option takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// With the next request.
    Live,
    /// After a restart of the program.
    Restart,
}

/// Where an option can be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// For the whole server.
    Global,
    /// As a flag of one volume.
    Volume,
    /// Both; the global value is the default of every volume.
    Both,
}

/// Whether the option has an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Yes.
    Acts,
    /// Not implemented yet: accepted with a warning.
    NotYet,
    /// None, because it tunes a part of copyparty that does not exist here: accepted with a warning.
    NotHere,
}

/// One option: a row of the table.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Spec {
    /// Our name: the key in TOML and, after two dashes, the option on the command line. Unique.
    pub name: &'static str,
    /// Other names on the command line, with dashes: copyparty's, and short forms.
    pub also: &'static [&'static str],
    /// Names as a flag of a volume; the first is the one that is printed.
    pub flags: &'static [&'static str],
    /// The type of its value.
    #[serde(flatten)]
    pub kind: Kind,
    /// The placeholder of the value in help.
    pub value: &'static str,
    /// The default as text; empty: none or off.
    pub default: &'static str,
    /// One line of help.
    pub help: &'static str,
    /// Its group.
    pub group: Group,
    /// When a change takes effect.
    pub change: Change,
    /// Where it can be set.
    pub scope: Scope,
    /// Whether it does anything.
    pub effect: Effect,
    /// Whether the option restricts access. If it has no effect yet, the warning about it is stronger.
    pub guards: bool,
    /// The field that the global option sets. `None` for an option with flags: its value is a default for the volumes.
    #[serde(skip)]
    pub global: Option<Field<Settings>>,
    /// The field that the flag sets. `None`: the flag is stored in [`VolumeFlags::other`].
    #[serde(skip)]
    pub volume: Option<Field<VolumeFlags>>,
    /// Converts the option's value to the flag's, if they differ (`--df 4` is `df=4g`).
    #[serde(skip)]
    pub as_flag: Option<fn(&str) -> String>,
}

impl Spec {
    pub(super) const fn row(name: &'static str, also: &'static [&'static str], kind: Kind, help: &'static str) -> Self {
        Self {
            name,
            also,
            flags: &[],
            kind,
            value: "",
            default: "",
            help,
            group: Group::General,
            change: Change::Live,
            scope: Scope::Global,
            effect: Effect::Acts,
            guards: false,
            global: None,
            volume: None,
            as_flag: None,
        }
    }
    pub(super) const fn switch(name: &'static str, also: &'static [&'static str], help: &'static str) -> Self {
        Self::row(name, also, Kind::Switch, help)
    }
    /// `value` is the placeholder in help, `default` the default as text.
    pub(super) const fn value(
        name: &'static str,
        also: &'static [&'static str],
        kind: Kind,
        value: &'static str,
        default: &'static str,
        help: &'static str,
    ) -> Self {
        let mut row = Self::row(name, also, kind, help);
        row.value = value;
        row.default = default;
        row
    }
    /// Also a flag of volumes.
    pub(super) const fn flag(mut self, flags: &'static [&'static str]) -> Self {
        self.flags = flags;
        self.scope = Scope::Both;
        self
    }
    /// Only a flag of volumes.
    pub(super) const fn flag_only(mut self, flags: &'static [&'static str]) -> Self {
        self.flags = flags;
        self.scope = Scope::Volume;
        self
    }
    pub(super) const fn sets(mut self, field: Field<Settings>) -> Self {
        self.global = Some(field);
        self
    }
    pub(super) const fn sets_flag(mut self, field: Field<VolumeFlags>) -> Self {
        self.volume = Some(field);
        self
    }
    pub(super) const fn as_flag(mut self, translate: fn(&str) -> String) -> Self {
        self.as_flag = Some(translate);
        self
    }
    pub(super) const fn restart(mut self) -> Self {
        self.change = Change::Restart;
        self
    }
    pub(super) const fn not_yet(mut self) -> Self {
        self.effect = Effect::NotYet;
        self
    }
    /// Not implemented yet, though it restricts access in copyparty.
    pub(super) const fn not_yet_guarding(mut self) -> Self {
        self.effect = Effect::NotYet;
        self.guards = true;
        self
    }
    pub(super) const fn not_here(mut self) -> Self {
        self.effect = Effect::NotHere;
        self
    }

    /// Returns the option in its usual spelling: the short form if there is one, else `--name`; for a flag its name.
    pub fn written(&self) -> String {
        let short = self.also.iter().find(|word| !word.starts_with("--"));
        match (self.scope, short) {
            (Scope::Volume, _) => self.flags.first().unwrap_or(&self.name).to_string(),
            (_, Some(word)) => (*word).into(),
            (_, None) => format!("--{}", self.name),
        }
    }
    /// Returns the placeholder of the value in help; for a choice, the choices.
    pub fn value_name(&self) -> String {
        match self.kind {
            Kind::Choice(choices) => choices.join("|"),
            _ => self.value.into(),
        }
    }
    /// Returns whether the option can have a value.
    pub fn takes_value(&self) -> bool {
        self.kind != Kind::Switch
    }
    /// Returns whether the option can be set for the whole server.
    pub fn is_global(&self) -> bool {
        self.scope != Scope::Volume
    }
}
