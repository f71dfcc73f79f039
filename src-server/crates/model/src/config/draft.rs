//! The parsed but unresolved configuration: options, accounts, groups and volumes as written, each with its location.
//!
//! The parsers (command line, three kinds of files) only collect. [`super::build`] resolves the draft when all of it is
//! known, because the meaning of `-v x::aed` depends on whether there is an account `ed`, perhaps in a file.

use super::volume_argument;
use crate::options::{self, Effect, Spec};
use crate::settings::Fault;
use crate::volume::Grant;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Where an option was set. Later variants override earlier ones.
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
    /// Base folder of relative paths.
    pub base: PathBuf,
    pub at: String,
}

/// A flag of a volume with its value.
#[derive(Clone, Debug)]
pub(super) struct FlagValue {
    pub spec: Spec,
    pub value: Option<String>,
    /// `-flag`: reset to the built-in default, also if an option sets it.
    pub unset: bool,
}

/// Rights and flags of a volume.
#[derive(Clone, Debug)]
pub(super) enum Body {
    /// The items of a `-v`, in the grammar of copyparty 0.11 or 1.x; which one is not known yet.
    Unparsed(Vec<String>),
    /// Parsed rights and flags.
    Parsed { grants: Vec<Grant>, flags: Vec<FlagValue> },
}

/// A volume as written.
#[derive(Clone, Debug)]
pub(super) struct VolumeDraft {
    pub source: String,
    pub mount: String,
    pub body: Body,
    /// Base folder of relative paths.
    pub base: PathBuf,
    /// Replaces earlier volumes at the same path (in copyparty 0.11's files).
    pub replaces: bool,
    pub at: String,
}

/// A name with its value: an account with its password, or a group with its members.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub name: String,
    pub value: String,
    pub at: String,
}

/// Everything that was parsed.
#[derive(Default)]
pub(super) struct Draft {
    pub options: Vec<OptionValue>,
    pub accounts: Vec<Named>,
    pub groups: Vec<Named>,
    pub volumes: Vec<VolumeDraft>,
    /// Configuration files to read, as written on the command line.
    pub configs: Vec<String>,
    /// Files that were read. [`Draft::note_file`] adds each file once.
    pub files: Vec<PathBuf>,
    seen_files: HashSet<PathBuf>,
    pub warnings: Vec<String>,
    pub faults: Vec<Fault>,
    /// Options without effect, in their usual spelling.
    pub not_yet: Vec<String>,
    pub not_here: Vec<String>,
    /// Options that are not implemented yet and restrict access in copyparty.
    pub inactive_safeguards: Vec<String>,
}

impl Draft {
    pub fn add_fault(&mut self, at: impl Into<String>, sentence: impl Into<String>) {
        self.faults.push(Fault::new(at, sentence));
    }

    /// Returns the value; records the sentence of an error as a fault at `at`.
    pub fn ok_or_fault<T>(&mut self, at: &str, answer: Result<T, String>) -> Option<T> {
        match answer {
            Ok(value) => Some(value),
            Err(sentence) => {
                self.add_fault(at, sentence);
                None
            }
        }
    }

    /// Records that a file was read.
    pub fn note_file(&mut self, path: &Path) {
        if self.seen_files.insert(path.into()) {
            self.files.push(path.into());
        }
    }

    /// Records an option without effect, so that one warning can list them all.
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

    /// Adds an option from any source. Options that define accounts, groups and volumes go to their lists.
    pub fn add_option(&mut self, given: OptionValue) {
        let OptionValue { spec, value, base, at, precedence } = &given;
        match spec.name {
            "account" => {
                let parts = value.split_once(':').map(|(name, password)| (name.to_owned(), password.to_owned()));
                match parts {
                    Some((name, value)) => self.accounts.push(Named { name, value, at: at.clone() }),
                    // The value may be a password, so the fault does not repeat it.
                    None => self.add_fault(at, "Write an account as NAME:PASSWORD."),
                }
            }
            "group" => match value.split_once(':') {
                Some((name, members)) => {
                    self.groups.push(Named { name: name.trim().into(), value: members.into(), at: at.clone() });
                }
                None => self.add_fault(at, format!("'{value}' is not a group; write NAME:MEMBER,MEMBER.")),
            },
            "volume" => match volume_argument::split(value) {
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
