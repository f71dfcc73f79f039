//! What was read, before it is put together: options, accounts, groups and volumes as written, each with its place.
//!
//! Readers (command line, the three kinds of files) only collect. Putting together waits until everything is known,
//! because the meaning of `-v x::aed` depends on whether there is an account `ed`, perhaps in a file.

use super::Fault;
use super::cli::ParseEnv;
use crate::options::{self, Effect, Spec};
use crate::volume::{Grant, Principal};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Who said it: later ones beat earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Precedence {
    /// Implied by `-s`, `-ss`, `-sss`.
    Implied,
    /// A configuration file.
    File,
    /// The command line.
    Argument,
}

/// An option with its value.
#[derive(Clone, Debug)]
pub(super) struct OptionValue {
    pub spec: Spec,
    /// Empty for a switch.
    pub value: String,
    pub precedence: Precedence,
    /// What relative paths start from.
    pub base: PathBuf,
    pub at: String,
}

/// A flag of a volume.
#[derive(Clone, Debug)]
pub(super) struct FlagValue {
    pub spec: Spec,
    pub value: Option<String>,
    /// `-flag`: back to what it is without any option.
    pub unset: bool,
}

/// Rights and flags of a volume.
#[derive(Clone, Debug)]
pub(super) enum Body {
    /// The items of a `-v`; which generation's they are is not known yet.
    Unparsed(Vec<String>),
    /// Read.
    Parsed { grants: Vec<Grant>, flags: Vec<FlagValue> },
}

/// A volume as written.
#[derive(Clone, Debug)]
pub(super) struct VolumeDraft {
    pub source: String,
    pub mount: String,
    pub body: Body,
    /// What relative paths start from.
    pub base: PathBuf,
    /// Takes the place of earlier volumes at the same path (copyparty 0.11's files).
    pub replaces: bool,
    pub at: String,
}

/// A name with what belongs to it: an account and its password, a group and its members.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub name: String,
    pub value: String,
    pub at: String,
}

/// Everything that was read.
#[derive(Default)]
pub(super) struct Draft {
    pub options: Vec<OptionValue>,
    pub accounts: Vec<Named>,
    pub groups: Vec<Named>,
    pub volumes: Vec<VolumeDraft>,
    /// Configuration files to read, as written on the command line.
    pub configs: Vec<String>,
    /// Files that were read, each once if [`Draft::note_file`] enters them.
    pub files: Vec<PathBuf>,
    seen_files: HashSet<PathBuf>,
    pub warnings: Vec<String>,
    pub faults: Vec<Fault>,
    /// Names of options without effect, as people write them.
    pub not_yet: Vec<String>,
    pub not_here: Vec<String>,
    /// Those of `not_yet` that somebody may rely on for safety.
    pub inactive_safeguards: Vec<String>,
}

impl Draft {
    pub fn add_fault(&mut self, at: impl Into<String>, sentence: impl Into<String>) {
        self.faults.push(Fault { at: at.into(), sentence: sentence.into() });
    }

    /// Keeps the answer, or the sentence that says what is wrong.
    pub fn ok_or_fault<T>(&mut self, at: &str, answer: Result<T, String>) -> Option<T> {
        match answer {
            Ok(value) => Some(value),
            Err(sentence) => {
                self.add_fault(at, sentence);
                None
            }
        }
    }

    /// Remembers that a file was read.
    pub fn note_file(&mut self, path: &Path) {
        if self.seen_files.insert(path.into()) {
            self.files.push(path.into());
        }
    }

    /// Remembers that an option does nothing, to say so once.
    pub fn note_effect(&mut self, spec: &Spec, written: String) {
        let list = match spec.effect {
            Effect::Acts => return,
            Effect::NotYet if spec.guards => &mut self.inactive_safeguards,
            Effect::NotYet => &mut self.not_yet,
            Effect::NotHere => &mut self.not_here,
        };
        if !list.contains(&written) {
            list.push(written);
        }
    }

    /// Takes an option, wherever it stood. What makes accounts, groups and volumes goes to their lists.
    pub fn add_option(&mut self, given: OptionValue) {
        let OptionValue { spec, value, base, at, precedence } = &given;
        match spec.name {
            "account" => {
                let parts = value.split_once(':').map(|(name, password)| (name.to_owned(), password.to_owned()));
                match parts {
                    Some((name, value)) => self.accounts.push(Named { name, value, at: at.clone() }),
                    // What was written may be a password, so it is not repeated.
                    None => self.add_fault(at, "An account is written as NAME:PASSWORD."),
                }
            }
            "group" => match value.split_once(':') {
                Some((name, members)) => {
                    self.groups.push(Named { name: name.trim().into(), value: members.into(), at: at.clone() });
                }
                None => self.add_fault(at, format!("'{value}' is not a group; write NAME:MEMBER,MEMBER.")),
            },
            "volume" => match super::volume_line::split(value) {
                Ok((source, mount, items)) => self.volumes.push(VolumeDraft {
                    source,
                    mount,
                    body: Body::Unparsed(items),
                    base: base.clone(),
                    replaces: false,
                    at: at.clone(),
                }),
                Err(sentence) => self.add_fault(at, sentence),
            },
            "config" if *precedence == Precedence::Argument => self.configs.push(value.clone()),
            "config" | "help" | "version" | "hash-password" | "help-volumes" | "help-perms" | "help-flags"
            | "help-files" => self.add_fault(at, format!("{} belongs on the command line.", spec.written())),
            "s" | "ss" | "sss" => self.imply(&given),
            _ => {
                self.note_effect(spec, spec.written());
                self.options.push(given);
            }
        }
    }

    fn imply(&mut self, given: &OptionValue) {
        const S: [(&str, &str); 3] = [("no-thumb", ""), ("no-mtag-ff", ""), ("no-robots", "")];
        const SS: [(&str, &str); 6] =
            [("unpost", "0"), ("no-del", ""), ("no-mv", ""), ("dav-auth", ""), ("vague-403", ""), ("hide-host", "")];
        const SSS: [(&str, &str); 5] = [
            ("no-dav", ""),
            ("no-logues", ""),
            ("no-readme", ""),
            ("log-file", "potluck-%Y-%m%d-%H%M%S.log"),
            ("ls", "**,*,ln,p,r"),
        ];
        let level = given.spec.name.len();
        let implied = S.iter().chain(SS.iter().filter(|_| level > 1)).chain(SSS.iter().filter(|_| level > 2));
        for (name, value) in implied {
            let spec = options::by_key(name).expect("a row of the table, checked by a test");
            self.add_option(OptionValue {
                spec,
                value: (*value).into(),
                precedence: Precedence::Implied,
                ..given.clone()
            });
        }
    }
}

/// Makes a path as written absolute: `~` is the home folder, relative ones start from `base`.
pub(super) fn expand(text: &str, base: &Path, env: &ParseEnv<'_>) -> Result<PathBuf, String> {
    if text.is_empty() {
        return Err("A path is missing.".into());
    }
    if text.contains('\0') {
        return Err("A path cannot contain a NUL byte.".into());
    }
    let below_home = match text.strip_prefix('~') {
        Some("") => Some(""),
        Some(rest) if rest.starts_with(['/', '\\']) => Some(&rest[1..]),
        _ => None,
    };
    let path = match (below_home, env.home) {
        (Some(below), Some(home)) => home.join(below),
        (Some(_), None) => return Err(format!("'{text}' starts from the home folder, which is not known here.")),
        (None, _) => base.join(text),
    };
    // Collecting the components drops `.`, double slashes and a slash at the end; `..` stays, since what is above a
    // link is for the file system to say.
    Ok(path.components().collect())
}

/// To whom a grant speaks, as it is written: `ed,@staff,-kim`.
pub(super) fn print_people(grant: &Grant, between: &str) -> String {
    let one = |principal: &Principal| match principal {
        Principal::Everyone => "*".to_owned(),
        Principal::LoggedIn => "@acct".to_owned(),
        Principal::Account(name) => name.as_str().to_owned(),
        Principal::Group(name) => format!("@{}", name.0),
    };
    let except = grant.except.iter().map(|principal| format!("-{}", one(principal)));
    grant.to.iter().map(one).chain(except).collect::<Vec<_>>().join(between)
}
