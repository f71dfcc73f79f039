//! THE table of options: what can be chosen, how it is called, what it does.
//!
//! One row makes the command line, `--help`, the keys of configuration files (copyparty's two kinds and our TOML), the
//! flags of volumes, `docs/configuration.md` and the settings form. Rows that act carry a [`Field`]: the field of
//! [`Settings`] or [`VolumeFlags`] that they fill, so that reading and printing cannot drift apart. Options of
//! copyparty that do nothing here are rows too: existing command lines start, and one warning names what has no effect.
//!
//! Names and meanings: spec/config.md 2, 3 and 8.

mod compat;
mod field;
mod general;
mod hooks;
mod index;
mod lan;
mod limits;
mod logging;
mod login;
mod media;
mod network;
mod pages;
mod safety;
mod texts;
mod uploads;
pub mod values;

pub use field::Field;

use crate::settings::Settings;
use crate::volume::VolumeFlags;
use serde::Serialize;

/// What kind of value an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "is", content = "of", rename_all = "snake_case")]
pub enum Kind {
    /// Given or not. `=yes` and `=no` are understood too.
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
    /// Several values, separated by commas; in TOML an array. Given again, the later list counts.
    List,
    /// Given several times, every one counts; in TOML an array.
    Repeat,
    /// One of these.
    Choice(&'static [&'static str]),
    /// A switch that may also have a value.
    Optional,
}

/// Which chapter an option belongs to; also the name of its table in TOML.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Volumes, accounts, files, help.
    General,
    /// Addresses, ports, proxies, TLS.
    Network,
    /// Being found by neighbours, and in which networks.
    Lan,
    /// Who may log in, and how.
    Login,
    /// How uploads are received and stored.
    Uploads,
    /// What is refused at the start of an upload.
    Limits,
    /// Database, scanning, search, tags.
    Index,
    /// Thumbnails and transcoding.
    Media,
    /// What is allowed, what is shown to whom.
    Safety,
    /// Text files and the editor.
    Texts,
    /// How pages look at first.
    Pages,
    /// Outside programs that are started on events.
    Hooks,
    /// Logs and debugging.
    Logging,
    /// Everything else that copyparty knows.
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

    /// The name of the table in TOML.
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

/// What a change of the option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Counts from the next request on.
    Live,
    /// Counts after the program was started again.
    Restart,
}

/// Where an option can stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// For the whole server.
    Global,
    /// As a flag of one volume.
    Volume,
    /// Both: given for the server it is the default of every volume.
    Both,
}

/// Whether the option does anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Yes.
    Acts,
    /// Not yet: accepted, and a warning says so.
    NotYet,
    /// Never: what it tunes does not exist here. Accepted, and a warning says so.
    NotHere,
}

/// One option: a row of the table.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Spec {
    /// Our name: the key in TOML, and with two dashes in front an option of the command line. Unique.
    pub name: &'static str,
    /// Other names on the command line, with dashes: copyparty's, and short forms.
    pub also: &'static [&'static str],
    /// Names as a flag of a volume; the first is the one that we print.
    pub flags: &'static [&'static str],
    /// What kind of value it takes.
    #[serde(flatten)]
    pub kind: Kind,
    /// How help calls the value.
    pub value: &'static str,
    /// The default as text; empty: nothing, off.
    pub default: &'static str,
    /// One line of help.
    pub help: &'static str,
    /// Its chapter.
    pub group: Group,
    /// What a change takes.
    pub change: Change,
    /// Where it can stand.
    pub scope: Scope,
    /// Whether it does anything.
    pub effect: Effect,
    /// It keeps somebody from something. While it does not act, the warning says so in stronger words.
    pub guards: bool,
    /// The field it fills when given for the server. Without one, an option with flags is a default for the volumes.
    #[serde(skip)]
    pub global: Option<Field<Settings>>,
    /// The field it fills as a flag. Without one, the flag is kept in [`VolumeFlags::other`].
    #[serde(skip)]
    pub volume: Option<Field<VolumeFlags>>,
    /// Turns the option's value into the flag's, where they differ (`--df 4` is `df=4g`).
    #[serde(skip)]
    pub as_flag: Option<fn(&str) -> String>,
}

impl Spec {
    const fn row(name: &'static str, also: &'static [&'static str], kind: Kind, help: &'static str) -> Self {
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
    const fn switch(name: &'static str, also: &'static [&'static str], help: &'static str) -> Self {
        Self::row(name, also, Kind::Switch, help)
    }
    /// `value` is how help calls it, `default` the default as text.
    const fn value(
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
    const fn flag(mut self, flags: &'static [&'static str]) -> Self {
        self.flags = flags;
        self.scope = Scope::Both;
        self
    }
    /// Only a flag of volumes.
    const fn flag_only(mut self, flags: &'static [&'static str]) -> Self {
        self.flags = flags;
        self.scope = Scope::Volume;
        self
    }
    const fn sets(mut self, field: Field<Settings>) -> Self {
        self.global = Some(field);
        self
    }
    const fn sets_flag(mut self, field: Field<VolumeFlags>) -> Self {
        self.volume = Some(field);
        self
    }
    const fn as_flag(mut self, translate: fn(&str) -> String) -> Self {
        self.as_flag = Some(translate);
        self
    }
    const fn restart(mut self) -> Self {
        self.change = Change::Restart;
        self
    }
    const fn not_yet(mut self) -> Self {
        self.effect = Effect::NotYet;
        self
    }
    /// Not yet, though somebody may rely on it for safety.
    const fn not_yet_guarding(mut self) -> Self {
        self.effect = Effect::NotYet;
        self.guards = true;
        self
    }
    const fn not_here(mut self) -> Self {
        self.effect = Effect::NotHere;
        self
    }

    /// The option as people write it: its short form if it has one, else `--name`; a flag alone as it is.
    pub fn written(&self) -> String {
        let short = self.also.iter().find(|word| !word.starts_with("--"));
        match (self.scope, short) {
            (Scope::Volume, _) => self.flags.first().unwrap_or(&self.name).to_string(),
            (_, Some(word)) => (*word).into(),
            (_, None) => format!("--{}", self.name),
        }
    }
    /// How help calls the value: the choices, where there are some.
    pub fn value_name(&self) -> String {
        match self.kind {
            Kind::Choice(choices) => choices.join("|"),
            _ => self.value.into(),
        }
    }
    /// Whether a value can follow.
    pub fn takes_value(&self) -> bool {
        self.kind != Kind::Switch
    }
    /// Whether it can be given for the whole server.
    pub fn is_global(&self) -> bool {
        self.scope != Scope::Volume
    }
}

/// Every group with its rows, in the order of `--help`.
pub fn groups() -> impl Iterator<Item = (Group, &'static [Spec])> {
    Group::ALL.into_iter().map(|group| {
        let rows = match group {
            Group::General => general::ROWS,
            Group::Network => network::ROWS,
            Group::Lan => lan::ROWS,
            Group::Login => login::ROWS,
            Group::Uploads => uploads::ROWS,
            Group::Limits => limits::ROWS,
            Group::Index => index::ROWS,
            Group::Media => media::ROWS,
            Group::Safety => safety::ROWS,
            Group::Texts => texts::ROWS,
            Group::Pages => pages::ROWS,
            Group::Hooks => hooks::ROWS,
            Group::Logging => logging::ROWS,
            Group::Compat => compat::ROWS,
        };
        (group, rows)
    })
}

/// Every option with its group filled in.
pub fn all() -> impl Iterator<Item = Spec> {
    groups().flat_map(|(group, rows)| rows.iter().map(move |row| Spec { group, ..*row }))
}

/// The option that `word`, with its dashes, means on a command line.
pub fn by_argument(word: &str) -> Option<Spec> {
    all().filter(Spec::is_global).find(|spec| {
        spec.also.contains(&word) || word.strip_prefix("--").is_some_and(|name| spec.name == name.replace('_', "-"))
    })
}

/// The option that `key`, without dashes, means in a configuration file.
pub fn by_key(key: &str) -> Option<Spec> {
    let wanted = key.replace('_', "-");
    let undashed = |word: &&str| word.trim_start_matches('-') == wanted;
    all().filter(Spec::is_global).find(|spec| spec.name == wanted || spec.also.iter().any(undashed))
}

/// The option that `flag` means in a volume.
pub fn by_flag(flag: &str) -> Option<Spec> {
    let wanted = flag.replace('-', "_");
    all().find(|spec| spec.flags.iter().any(|name| *name == wanted || *name == flag))
}

/// What the writer of the unknown `word` may have meant, if anything is near enough.
fn nearest(word: &str, known: impl Iterator<Item = String>) -> Option<String> {
    let bare = word.trim_start_matches('-');
    known
        .map(|name| (strsim::jaro_winkler(bare, name.trim_start_matches('-')), name))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

/// The argument nearest to `word`.
pub fn suggest_argument(word: &str) -> Option<String> {
    let words = all().filter(Spec::is_global).flat_map(|spec| {
        let own = std::iter::once(format!("--{}", spec.name));
        own.chain(spec.also.iter().map(|word| word.to_string())).collect::<Vec<_>>()
    });
    nearest(word, words)
}

/// The flag nearest to `flag`.
pub fn suggest_flag(flag: &str) -> Option<String> {
    nearest(flag, all().flat_map(|spec| spec.flags.iter().map(|name| name.to_string())))
}

#[cfg(test)]
mod tests;
