//! The table of options: their names, values, defaults and effects.
//!
//! Each row ([`Spec`]) defines an option of the command line, its `--help`, its key in configuration files (copyparty's
//! two kinds and our TOML), its volume flags, its entry in `docs/configuration.md` and in the settings form. Options
//! with an effect have a [`Field`]: the field of [`Settings`](crate::settings::Settings) or
//! [`VolumeFlags`](crate::volume::VolumeFlags) that they set, so that parsing and printing always match. Options of
//! copyparty without effect here have rows too, so that existing command lines work; one warning lists them.
//!
//! One module for each group of rows; `spec` says what a row is, `field` and `values` how its value is read and printed.
//!
//! Reference: docs/configuration.md.

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
mod spec;
mod texts;
mod uploads;
pub mod values;

pub use field::Field;
pub use spec::{Change, Effect, Group, Kind, Scope, Spec};

/// Returns every group with its rows, in the order of `--help`.
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

/// Returns all options, with their group filled in.
pub fn all() -> impl Iterator<Item = Spec> {
    groups().flat_map(|(group, rows)| rows.iter().map(move |row| Spec { group, ..*row }))
}

/// Returns the option that `word`, with its dashes, means on a command line.
pub fn by_argument(word: &str) -> Option<Spec> {
    all().filter(Spec::is_global).find(|spec| {
        spec.also.contains(&word) || word.strip_prefix("--").is_some_and(|name| spec.name == name.replace('_', "-"))
    })
}

/// Returns the option that `key`, without dashes, means in a configuration file.
pub fn by_key(key: &str) -> Option<Spec> {
    let wanted = key.replace('_', "-");
    let undashed = |word: &&str| word.trim_start_matches('-') == wanted;
    all().filter(Spec::is_global).find(|spec| spec.name == wanted || spec.also.iter().any(undashed))
}

/// Returns the option that `flag` means in a volume.
pub fn by_flag(flag: &str) -> Option<Spec> {
    let wanted = flag.replace('-', "_");
    all().find(|spec| spec.flags.iter().any(|name| *name == wanted || *name == flag))
}

/// Returns the known word that is most similar to `word`, if it is similar enough.
fn nearest(word: &str, known: impl Iterator<Item = String>) -> Option<String> {
    let bare = word.trim_start_matches('-');
    known
        .map(|name| (strsim::jaro_winkler(bare, name.trim_start_matches('-')), name))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

/// Returns the argument most similar to `word`.
pub fn suggest_argument(word: &str) -> Option<String> {
    let words = all().filter(Spec::is_global).flat_map(|spec| {
        let own = std::iter::once(format!("--{}", spec.name));
        own.chain(spec.also.iter().map(|word| word.to_string())).collect::<Vec<_>>()
    });
    nearest(word, words)
}

/// Returns the flag most similar to `flag`.
pub fn suggest_flag(flag: &str) -> Option<String> {
    nearest(flag, all().flat_map(|spec| spec.flags.iter().map(|name| name.to_string())))
}

#[cfg(test)]
mod tests;
