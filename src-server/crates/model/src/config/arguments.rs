//! Parses the words of a command line into options with values.

use super::draft::{Draft, OptionValue, Precedence};
use super::environment::ParseEnv;
use super::help::Topic;
use crate::options::{self, Kind, Spec};
use std::ffi::OsStr;

/// An option that ends the program at once, regardless of other options.
pub(super) enum EarlyExit {
    Help(Topic),
    Version,
    HashPassword(Option<String>),
}

/// Parses all words. Options and faults are added to `draft`.
pub(super) fn scan(args: &[impl AsRef<OsStr>], env: &ParseEnv<'_>, draft: &mut Draft) -> Option<EarlyExit> {
    let mut words = args.iter().map(AsRef::as_ref).peekable();
    let mut early = None;
    while let Some(word) = words.next() {
        let Some(word) = as_utf8(word, draft) else { continue };
        let Some((spec, inline)) = find_option(word) else {
            report_unknown(word, draft);
            // The word after an unknown option is probably its value, so it is not reported as well.
            words.next_if(|next| !next.to_string_lossy().starts_with('-'));
            continue;
        };
        let mut next_value = || {
            let may = |next: &&OsStr| match next.to_str() {
                Some(next) if spec.kind == Kind::Optional => !next.starts_with('-'),
                Some(next) => !next.starts_with('-') || find_option(next).is_none(),
                None => true,
            };
            words.next_if(may)
        };
        let value = match inline {
            Some(value) => Some(value.to_owned()),
            None if spec.takes_value() => match next_value() {
                Some(value) => match as_utf8(value, draft) {
                    Some(value) => Some(value.to_owned()),
                    None => continue,
                },
                None => None,
            },
            None => None,
        };
        match spec.name {
            "help" => return Some(EarlyExit::Help(Topic::Options)),
            "help-volumes" => return Some(EarlyExit::Help(Topic::Volumes)),
            "help-perms" => return Some(EarlyExit::Help(Topic::Permissions)),
            "help-flags" => return Some(EarlyExit::Help(Topic::Flags)),
            "help-files" => return Some(EarlyExit::Help(Topic::Files)),
            "version" => early = early.or(Some(EarlyExit::Version)),
            "hash-password" => early = early.or(Some(EarlyExit::HashPassword(value.filter(|value| value != "-")))),
            _ if value.is_none() && !matches!(spec.kind, Kind::Switch | Kind::Optional) => {
                draft.add_fault(word, format!("{word} needs a value: {}.", spec.value_name()));
            }
            _ => {
                let (value, base) = (value.unwrap_or_default(), env.cwd.into());
                draft.add_option(OptionValue {
                    spec,
                    value,
                    precedence: Precedence::Argument,
                    base,
                    at: name_in_faults(word, &spec),
                });
            }
        }
    }
    early
}

fn as_utf8<'w>(word: &'w OsStr, draft: &mut Draft) -> Option<&'w str> {
    let text = word.to_str();
    if text.is_none() {
        let shown = word.to_string_lossy();
        draft.add_fault(
            &*shown,
            format!("'{shown}' is not valid UTF-8; to share such a folder, start the program inside it, or use --chdir through a link."),
        );
    }
    text
}

/// Returns the name of the option for faults: without a value in the same word.
fn name_in_faults(word: &str, spec: &Spec) -> String {
    let bare = word.split('=').next().unwrap_or(word);
    if options::by_argument(bare).is_some() { bare.to_owned() } else { spec.written() }
}

/// Returns the option in `word`, and its value if that is in the same word: `--name=value`, `-p80`.
fn find_option(word: &str) -> Option<(Spec, Option<&str>)> {
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

fn report_unknown(word: &str, draft: &mut Draft) {
    if !word.starts_with('-') {
        draft.add_fault(word, format!("'{word}' is not an option; to share a folder write -v {word}::r."));
        return;
    }
    let bare = word.split('=').next().unwrap_or(word);
    let sentence = match options::suggest_argument(bare) {
        Some(near) => format!("Unknown option {bare}; did you mean {near}?"),
        None => format!("Unknown option {bare}; --help lists all options."),
    };
    draft.add_fault(bare, sentence);
}
