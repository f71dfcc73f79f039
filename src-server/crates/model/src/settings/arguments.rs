//! Words of the command line -> options with values.

use super::cli::ParseEnv;
use super::draft::{Draft, Given, Rank};
use super::help::Topic;
use crate::options::{self, Kind, Spec};
use std::ffi::OsStr;

/// An option that ends the program early, whatever else was said.
pub(super) enum Early {
    Help(Topic),
    Version,
    HashPassword(Option<String>),
}

/// Reads every word; faults and options go to `draft`.
pub(super) fn scan(args: &[impl AsRef<OsStr>], env: &ParseEnv<'_>, draft: &mut Draft) -> Option<Early> {
    let mut words = args.iter().map(AsRef::as_ref).peekable();
    let mut early = None;
    while let Some(word) = words.next() {
        let Some(word) = readable(word, draft) else { continue };
        let Some((spec, inline)) = recognise(word) else {
            refuse(word, draft);
            // What follows an unknown option is probably its value, and no fault of its own.
            words.next_if(|next| !next.to_string_lossy().starts_with('-'));
            continue;
        };
        let mut next_value = || {
            let may = |next: &&OsStr| match next.to_str() {
                Some(next) if spec.kind == Kind::Optional => !next.starts_with('-'),
                Some(next) => !next.starts_with('-') || recognise(next).is_none(),
                None => true,
            };
            words.next_if(may)
        };
        let value = match inline {
            Some(value) => Some(value.to_owned()),
            None if spec.takes_value() => match next_value() {
                Some(value) => match readable(value, draft) {
                    Some(value) => Some(value.to_owned()),
                    None => continue,
                },
                None => None,
            },
            None => None,
        };
        match spec.name {
            "help" => return Some(Early::Help(Topic::Options)),
            "help-volumes" => return Some(Early::Help(Topic::Volumes)),
            "help-perms" => return Some(Early::Help(Topic::Permissions)),
            "help-flags" => return Some(Early::Help(Topic::Flags)),
            "help-files" => return Some(Early::Help(Topic::Files)),
            "version" => early = early.or(Some(Early::Version)),
            "hash-password" => early = early.or(Some(Early::HashPassword(value.filter(|value| value != "-")))),
            _ if value.is_none() && !matches!(spec.kind, Kind::Switch | Kind::Optional) => {
                draft.fault(word, format!("{word} needs a value: {}.", spec.value_name()));
            }
            _ => {
                let (value, base) = (value.unwrap_or_default(), env.cwd.into());
                draft.give(Given { spec, value, rank: Rank::Argument, base, at: word_of(word, &spec) });
            }
        }
    }
    early
}

fn readable<'w>(word: &'w OsStr, draft: &mut Draft) -> Option<&'w str> {
    let text = word.to_str();
    if text.is_none() {
        let shown = word.to_string_lossy();
        draft.fault(
            &*shown,
            format!("'{shown}' is not valid UTF-8; to share such a folder, start the program inside it, or use --chdir through a link."),
        );
    }
    text
}

/// How a fault names the option: without the value that was glued to it.
fn word_of(word: &str, spec: &Spec) -> String {
    let bare = word.split('=').next().unwrap_or(word);
    if options::by_argument(bare).is_some() { bare.to_owned() } else { spec.written() }
}

/// The option in `word`, and the value if it stands in the same word: `--name=value`, `-p80`.
fn recognise(word: &str) -> Option<(Spec, Option<&str>)> {
    if let Some(spec) = options::by_argument(word) {
        return Some((spec, None));
    }
    if !word.starts_with('-') {
        return None;
    }
    if let Some((name, value)) = word.split_once('=')
        && let Some(spec) = options::by_argument(name)
    {
        return Some((spec, Some(value)));
    }
    let (letter, value) = word.split_at_checked(2)?;
    let spec = options::by_argument(letter).filter(Spec::takes_value)?;
    Some((spec, Some(value)))
}

fn refuse(word: &str, draft: &mut Draft) {
    if !word.starts_with('-') {
        draft.fault(word, format!("'{word}' is not an option; to share a folder write -v {word}::r."));
        return;
    }
    let bare = word.split('=').next().unwrap_or(word);
    let sentence = match options::suggest_argument(bare) {
        Some(near) => format!("Nobody knows {bare}; did you mean {near}?"),
        None => format!("Nobody knows {bare}; --help lists all options."),
    };
    draft.fault(bare, sentence);
}
