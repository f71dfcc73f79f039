//! Parses arguments, and the configuration files that they name, into [`Settings`].
//!
//! Pure: contents of files, existence of folders and environment variables come from [`ParseEnv`]. Every
//! fault is reported, not only the first.

use super::arguments::{self, EarlyExit};
use super::draft::{Draft, OptionValue};
use super::environment::{FileKind, ParseEnv, expand};
use super::{build, files, help, toml_in};
use crate::options::values;
use crate::settings::{Fault, Settings};
use crate::vpath::VPath;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// When to exit instead of serving (`--exit`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitAfter {
    /// After reading the configuration.
    Config,
    /// After the start: volumes and ledgers opened, addresses bound.
    Index,
}

/// The request of `--ls`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListRequest {
    /// The account whose view is listed; `*` for anonymous, `**` for all accounts in turn.
    pub account: String,
    /// The volume; `None`: all.
    pub volume: Option<VPath>,
    /// `v`: with sizes and dates.
    pub verbose: bool,
    /// `ln`: only links that leave their volume.
    pub leaving_links: bool,
    /// `p`: fail if there are such links.
    pub fail_on_links: bool,
    /// `r`: start the server afterwards.
    pub then_serve: bool,
}

/// The settings of a server, and options for its start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Serve {
    /// Validated settings.
    pub settings: Settings,
    /// There were no options: the working directory is shared at the root, read-only for everyone.
    pub implicit_volume: bool,
    /// `--exit`
    pub exit_after: Option<ExitAfter>,
    /// `--ls`
    pub list: Option<ListRequest>,
    /// `--nearby`: listen for other servers for this many seconds, instead of serving.
    pub nearby_secs: Option<u64>,
}

/// The action that the arguments request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Start the server.
    Serve(Box<Serve>),
    /// Print this text and exit.
    Help(String),
    /// Print the version and exit.
    Version,
    /// Print the Argon2 hash of this password and exit; `None`: ask for the password.
    HashPassword(Option<String>),
}

/// The result of parsing arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// The requested action.
    pub action: Action,
    /// Sentences about probable mistakes.
    pub warnings: Vec<String>,
    /// Sentences about effects of the settings that are intended but worth knowing.
    pub notes: Vec<String>,
    /// Configuration files that were read, with includes. If one changes, the configuration should be read again.
    pub config_files: Vec<PathBuf>,
}

impl Parsed {
    fn only(action: Action) -> Self {
        Self { action, warnings: Vec::new(), notes: Vec::new(), config_files: Vec::new() }
    }
}

/// Parses arguments, without the name of the program.
///
/// # Errors
/// Every fault, never an empty list.
pub fn parse_args(args: &[impl AsRef<OsStr>], env: &ParseEnv<'_>) -> Result<Parsed, Vec<Fault>> {
    let mut draft = Draft::default();
    match arguments::scan(args, env, &mut draft) {
        Some(EarlyExit::Help(topic)) => return Ok(Parsed::only(Action::Help(help::text(topic)))),
        Some(EarlyExit::Version) => return Ok(Parsed::only(Action::Version)),
        Some(EarlyExit::HashPassword(password)) => return Ok(Parsed::only(Action::HashPassword(password))),
        None => {}
    }
    let base = base_folder(&mut draft, env);
    for config in std::mem::take(&mut draft.configs) {
        files::load(&config, &base, env, &mut draft);
    }
    finish(draft, &base, env)
}

/// Parses the text of one TOML file, for the settings of the desktop app and for the round trip with
/// [`super::toml_out`]. Relative paths start from `env.cwd`; faults refer to the file as `name`.
///
/// # Errors
/// Every fault, never an empty list.
pub fn parse_toml(text: &str, name: &str, env: &ParseEnv<'_>) -> Result<Parsed, Vec<Fault>> {
    let mut draft = Draft::default();
    toml_in::read(text, name, env.cwd, &mut draft);
    draft.files.push(name.into());
    let mut parsed = finish(draft, env.cwd, env)?;
    parsed.config_files.clear();
    Ok(parsed)
}

fn finish(mut draft: Draft, base: &Path, env: &ParseEnv<'_>) -> Result<Parsed, Vec<Fault>> {
    draft.options.sort_by_key(|given| given.precedence);
    let exit_after = last_value(&draft, "exit").cloned().and_then(|given| {
        let wanted = match given.value.trim() {
            "cfg" => Ok(ExitAfter::Config),
            "idx" => Ok(ExitAfter::Index),
            other => Err(format!("'{other}' is neither cfg nor idx.")),
        };
        draft.ok_or_fault(&given.at, wanted)
    });
    let list = last_value(&draft, "ls").cloned().and_then(|given| {
        let request = list_request(&given.value);
        draft.ok_or_fault(&given.at, request)
    });
    let nearby_secs = last_value(&draft, "nearby").cloned().and_then(|given| {
        let seconds = values::seconds(&given.value);
        draft.ok_or_fault(&given.at, seconds)
    });
    let built = build::build(draft, base, env)?;
    let (settings, implicit_volume) = (built.settings, built.implicit_volume);
    let serve = Serve { settings, implicit_volume, exit_after, list, nearby_secs };
    Ok(Parsed {
        action: Action::Serve(Box::new(serve)),
        warnings: built.warnings,
        notes: built.notes,
        config_files: built.files,
    })
}

fn last_value<'d>(draft: &'d Draft, name: &str) -> Option<&'d OptionValue> {
    draft.options.iter().rfind(|given| given.spec.name == name)
}

/// Returns the folder of `--chdir`, or the working directory. Configuration files cannot set it, since it decides where
/// they are read from.
fn base_folder(draft: &mut Draft, env: &ParseEnv<'_>) -> PathBuf {
    let Some(given) = last_value(draft, "chdir").cloned() else {
        return env.cwd.into();
    };
    let folder = expand(&given.value, env.cwd, env);
    let folder = draft.ok_or_fault(&given.at, folder).unwrap_or_else(|| env.cwd.into());
    if (env.kind_of)(&folder) != FileKind::Folder {
        draft.add_fault(&given.at, format!("'{}' is not a folder.", folder.display()));
    }
    for given in &mut draft.options {
        given.base.clone_from(&folder);
    }
    for volume in &mut draft.volumes {
        volume.base.clone_from(&folder);
    }
    folder
}

fn list_request(text: &str) -> Result<ListRequest, String> {
    let mut parts = text.split(',').map(str::trim);
    let account =
        parts.next().filter(|name| !name.is_empty()).ok_or("An account is missing; write an account, * or **.")?;
    let volume = match parts.next() {
        None | Some("" | "*" | "**") => None,
        Some(path) => Some(VPath::parse(path.as_bytes()).map_err(|error| format!("'{path}': {error}."))?),
    };
    let flags: Vec<&str> = parts.filter(|flag| !flag.is_empty()).collect();
    if let Some(unknown) = flags.iter().find(|flag| !["v", "ln", "p", "r"].contains(flag)) {
        return Err(format!("'{unknown}' is not one of v, ln, p, r."));
    }
    let has = |flag| flags.contains(&flag);
    Ok(ListRequest {
        account: account.into(),
        volume,
        verbose: has("v"),
        leaving_links: has("ln"),
        fail_on_links: has("p"),
        then_serve: has("r"),
    })
}
