//! From arguments, and the configuration files that they name, to [`Settings`].
//!
//! Pure: what the files hold, which folders exist and what the environment says is asked through [`ParseEnv`]. Every
//! fault is reported, not only the first. The grammar is copyparty's, of both generations (spec/config.md).

use super::arguments::{self, EarlyExit};
use super::draft::{Draft, OptionValue, expand};
use super::{Fault, Settings, build, files, help};
use crate::vpath::VPath;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// What a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A folder.
    Folder,
    /// Anything else that is there.
    File,
    /// Nothing, or nothing that may be seen.
    Missing,
}

/// The surroundings, as far as reading settings needs them.
pub struct ParseEnv<'a> {
    /// The working directory, absolute.
    pub cwd: &'a Path,
    /// The user's home folder, if known.
    pub home: Option<&'a Path>,
    /// What a path is; links are followed.
    pub kind_of: &'a dyn Fn(&Path) -> FileKind,
    /// The text of a file, or why there is none.
    pub read_file: &'a dyn Fn(&Path) -> Result<String, String>,
    /// What is in a folder, as full paths in any order, or why that cannot be said.
    pub list_dir: &'a dyn Fn(&Path) -> Result<Vec<PathBuf>, String>,
    /// An environment variable.
    pub var: &'a dyn Fn(&str) -> Option<String>,
}

/// When to end instead of serving (`--exit`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitAfter {
    /// As soon as the configuration was read.
    Config,
    /// When everything was started: volumes and ledgers opened, addresses bound.
    Index,
}

/// What `--ls` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListRequest {
    /// Whose view: an account, `*` for anonymous, `**` for everyone in turn.
    pub account: String,
    /// Which volume; `None`: all.
    pub volume: Option<VPath>,
    /// `v`: with sizes and dates.
    pub verbose: bool,
    /// `ln`: only links that leave their volume.
    pub leaving_links: bool,
    /// `p`: fail if there are such links.
    pub fail_on_links: bool,
    /// `r`: serve afterwards.
    pub then_serve: bool,
}

/// What to serve, and how to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Serve {
    /// Checked settings.
    pub settings: Settings,
    /// Nothing was asked for: the working directory is offered at the root, readable by everyone and nothing else.
    pub implicit_volume: bool,
    /// `--exit`
    pub exit_after: Option<ExitAfter>,
    /// `--ls`
    pub list: Option<ListRequest>,
    /// `--nearby`: listen for other servers instead of serving, for so many seconds.
    pub nearby_secs: Option<u64>,
}

/// What the arguments ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Start the server.
    Serve(Box<Serve>),
    /// Print this text and end.
    Help(String),
    /// Print the version and end.
    Version,
    /// Print the Argon2 hash of this password, or of one that is asked for, and end.
    HashPassword(Option<String>),
}

/// The outcome of reading arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// What to do.
    pub action: Action,
    /// What somebody should look at: sentences.
    pub warnings: Vec<String>,
    /// What is worth knowing, but as asked for: sentences.
    pub notes: Vec<String>,
    /// Configuration files that were read, includes too: a change of one is a reason to read again.
    pub config_files: Vec<PathBuf>,
}

impl Parsed {
    fn only(action: Action) -> Self {
        Self { action, warnings: Vec::new(), notes: Vec::new(), config_files: Vec::new() }
    }
}

/// Reads arguments, without the name of the program.
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

/// Reads the text of one TOML file, for the settings of the desktop app and for [`super::toml_out`]'s round trip.
/// Relative paths start from `env.cwd`; `name` is what faults call the file.
///
/// # Errors
/// Every fault, never an empty list.
pub fn parse_toml(text: &str, name: &str, env: &ParseEnv<'_>) -> Result<Parsed, Vec<Fault>> {
    let mut draft = Draft::default();
    super::toml_in::read(text, name, env.cwd, &mut draft);
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
        let seconds = crate::options::values::seconds(&given.value);
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

/// `--chdir`, or the working directory. Files cannot set it: it decides where they are looked for.
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
    let account = parts.next().filter(|name| !name.is_empty()).ok_or("Whose view? Write an account, * or **.")?;
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
