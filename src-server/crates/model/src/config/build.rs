//! Builds validated [`Settings`] from a [`Draft`]: precedence, defaults of volumes, implied options, checks at the
//! start.

use super::draft::{Body, Draft, FlagValue, Named, OptionValue, VolumeDraft};
use super::environment::{FileKind, ParseEnv, expand};
use super::volume_items;
use crate::account::{Account, AccountName, Group, GroupName, Secret};
use crate::index_flags::IndexMode;
use crate::options::{Effect, Kind, Spec, values};
use crate::perm::Perm;
use crate::settings::{Fault, Settings};
use crate::tag_flags::TagMode;
use crate::tag_parser::TagParser;
use crate::volume::{Grant, Principal, Volume, VolumeFlags};
use crate::vpath::VPath;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

/// The result of [`build`].
pub(super) struct Built {
    pub settings: Settings,
    pub implicit_volume: bool,
    pub warnings: Vec<String>,
    pub notes: Vec<String>,
    pub files: Vec<PathBuf>,
}

/// Builds settings from a draft.
///
/// # Errors
/// Every fault, never an empty list.
pub(super) fn build(mut draft: Draft, base: &Path, env: &ParseEnv<'_>) -> Result<Built, Vec<Fault>> {
    let mut settings = Settings::default();
    add_accounts(&mut settings, &mut draft);
    let defaults = apply_global_options(&mut settings, &mut draft, env);
    let implicit_volume = draft.volumes.is_empty() && draft.files.is_empty() && draft.faults.is_empty();
    if implicit_volume {
        draft.volumes.push(working_directory(base));
    }
    add_volumes(&mut settings, &mut draft, &defaults, env);
    if let Err(faults) = settings.check() {
        draft.faults.extend(faults);
    }
    if !draft.faults.is_empty() {
        return Err(draft.faults);
    }
    let mut notes = Vec::new();
    warn_of_wide_access(&settings, implicit_volume, env, &mut draft.warnings, &mut notes);
    warn_of_ineffective_options(&mut draft);
    Ok(Built { settings, implicit_volume, warnings: draft.warnings, notes, files: draft.files })
}

/// The volume for a command line without options: the working directory, readable by everyone.
fn working_directory(base: &Path) -> VolumeDraft {
    let everyone = Grant { perms: Perm::Read.into(), to: vec![Principal::Everyone], except: Vec::new() };
    VolumeDraft {
        source: ".".into(),
        mount: String::new(),
        body: Body::Parsed { grants: vec![everyone], flags: Vec::new() },
        base: base.into(),
        replaces: false,
        at: "the working directory".into(),
    }
}

/// Adds accounts and groups, sorted by name so that equivalent inputs give equal settings.
fn add_accounts(settings: &mut Settings, draft: &mut Draft) {
    let foreign_hashes = draft.options.iter().any(|given| given.spec.name == "ah-alg" && given.value.trim() != "none");
    for Named { name, value, at } in std::mem::take(&mut draft.accounts) {
        if value.is_empty() {
            draft.add_fault(at, format!("The account '{name}' has no password; write {name}:PASSWORD."));
            continue;
        }
        if foreign_hashes && value.starts_with('+') {
            let sentence = "has a password hash of copyparty, which cannot be used here. Write the password, \
                            or the output of --hash-password for it.";
            draft.add_fault(at, format!("The account '{name}' {sentence}"));
            continue;
        }
        let secret = if value.starts_with("$argon2") { Secret::Argon2(value) } else { Secret::Plain(value) };
        settings.accounts.push(Account { name: name.trim().into(), secret });
    }
    settings.accounts.sort_by(|a, b| a.name.cmp(&b.name));
    let mut groups: BTreeMap<GroupName, Vec<AccountName>> = BTreeMap::new();
    for Named { name, value, at } in std::mem::take(&mut draft.groups) {
        if !AccountName::is_valid(&name) || name == "acct" {
            draft.add_fault(at, format!("'{name}' cannot be the name of a group."));
            continue;
        }
        let members = values::list(&value);
        let group = groups.entry(GroupName(name.as_str().into())).or_default();
        group.extend(members.iter().map(|member| AccountName::from(member.as_str())));
    }
    let sorted = groups.into_iter().map(|(name, mut members)| {
        members.sort();
        members.dedup();
        Group { name, members }
    });
    settings.groups.extend(sorted);
}

/// Makes the value absolute if it is a path, or names a program.
fn absolute_if_path(spec: &Spec, value: &str, base: &Path, env: &ParseEnv<'_>) -> Result<String, String> {
    if spec.name == "mtp" {
        let absolute = |line| TagParser::parse(line, |program| expand(program, base, env)).map(|parser| parser.print());
        return value
            .split('\n')
            .filter(|line| !line.trim().is_empty())
            .map(absolute)
            .collect::<Result<Vec<_>, _>>()
            .map(|lines| lines.join("\n"));
    }
    if spec.kind != Kind::Path || value.is_empty() || value == "-" {
        return Ok(value.to_owned());
    }
    expand(value, base, env).map(|path| path.to_string_lossy().into_owned())
}

/// Sets the server's own fields. Returns the options that are defaults for volumes, in order of precedence.
fn apply_global_options(
    settings: &mut Settings,
    draft: &mut Draft,
    env: &ParseEnv<'_>,
) -> Vec<(OptionValue, FlagValue)> {
    let mut defaults = Vec::new();
    for given in std::mem::take(&mut draft.options) {
        let value = absolute_if_path(&given.spec, &given.value, &given.base, env);
        let Some(value) = draft.ok_or_fault(&given.at, value) else { continue };
        if let Some(field) = given.spec.global {
            let done = field.set(settings, &value);
            draft.ok_or_fault(&given.at, done);
        } else if !given.spec.flags.is_empty() {
            let value = given.spec.as_flag.map_or(value.clone(), |translate| translate(&value));
            let may_be_bare = matches!(given.spec.kind, Kind::Switch | Kind::Optional);
            let value = Some(value).filter(|value| !(may_be_bare && value.is_empty()));
            let flag = FlagValue { spec: given.spec, value, unset: false };
            // Tried once here, so that a wrong value is one fault instead of one for each volume.
            let tried = set_flag(&mut VolumeFlags::default(), &flag, &given.base, env);
            if draft.ok_or_fault(&given.at, tried).is_some() {
                defaults.push((given, flag));
            }
        }
    }
    defaults
}

/// Sets one flag: its field, or an entry in `other`.
fn set_flag(flags: &mut VolumeFlags, given: &FlagValue, base: &Path, env: &ParseEnv<'_>) -> Result<(), String> {
    let FlagValue { spec, value, unset } = given;
    let name = *spec.flags.first().expect("only options with flags come here");
    if let Some(field) = spec.volume {
        if *unset {
            field.reset(flags, &VolumeFlags::default());
            return Ok(());
        }
        let value = absolute_if_path(spec, value.as_deref().unwrap_or_default(), base, env)?;
        return field.set(flags, &value).map_err(|sentence| format!("{name}: {sentence}"));
    }
    if spec.effect == Effect::NotHere {
        return Ok(());
    }
    let off = match (spec.kind, value) {
        (Kind::Switch, Some(text)) => !values::yes_or_no(text).map_err(|sentence| format!("{name}: {sentence}"))?,
        _ => false,
    };
    if *unset || off || spec.kind != Kind::Repeat {
        flags.other.retain(|(other, _)| other != name);
    }
    if !*unset && !off {
        let value = value.as_deref().map(|value| absolute_if_path(spec, value, base, env)).transpose()?;
        flags.other.push((name.into(), value.filter(|_| spec.kind != Kind::Switch)));
    }
    Ok(())
}

fn add_volumes(settings: &mut Settings, draft: &mut Draft, defaults: &[(OptionValue, FlagValue)], env: &ParseEnv<'_>) {
    let accounts: HashSet<String> = settings.accounts.iter().map(|account| account.name.as_str().to_owned()).collect();
    let is_account = |name: &str| accounts.contains(name);
    // The indices of the volumes of each mount point. A volume that was replaced becomes `None`.
    let mut at_mount: HashMap<VPath, Vec<usize>> = HashMap::new();
    let mut volumes: Vec<Option<Volume>> = Vec::new();
    for VolumeDraft { source, mount, body, base, replaces, at } in std::mem::take(&mut draft.volumes) {
        let source = expand(&source, &base, env);
        let source = draft.ok_or_fault(&at, source);
        let mount = VPath::parse(mount.as_bytes()).map_err(|error| format!("'{mount}' is not a path: {error}."));
        let mount = draft.ok_or_fault(&at, mount);
        let (grants, given) = match body {
            Body::Unparsed(items) => volume_items::read_items(&items, &at, &is_account, draft),
            Body::Parsed { grants, flags } => (grants, flags),
        };
        let flags = volume_flags(defaults, &given, &base, &at, draft, env);
        let (Some(source), Some(mount)) = (source, mount) else { continue };
        match (env.kind_of)(&source) {
            FileKind::Folder => {}
            FileKind::File => {
                draft.add_fault(&at, format!("'{}' is a file; only folders can be shared.", source.display()))
            }
            FileKind::Missing if flags.source_must_exist => {
                draft.add_fault(
                    &at,
                    format!("The folder '{}' is missing, and assert_root asks for it.", source.display()),
                );
            }
            FileKind::Missing => draft.warnings.push(format!(
                "The folder '{}' of the volume {} does not exist yet.",
                source.display(),
                mount.display()
            )),
        }
        let earlier = at_mount.entry(mount.clone()).or_default();
        if replaces {
            earlier.drain(..).for_each(|one| volumes[one] = None);
        }
        earlier.push(volumes.len());
        volumes.push(Some(Volume { source, mount, grants, flags }));
    }
    settings.volumes.extend(volumes.into_iter().flatten());
}

/// Applies the options of the server, then the volume's own flags. For repeatable flags the volume's values come first.
pub(super) fn volume_flags(
    defaults: &[(OptionValue, FlagValue)],
    own: &[FlagValue],
    base: &Path,
    at: &str,
    draft: &mut Draft,
    env: &ParseEnv<'_>,
) -> VolumeFlags {
    let mut flags = VolumeFlags::default();
    let repeated = |given: &FlagValue| given.spec.kind == Kind::Repeat;
    let set = |flags: &mut VolumeFlags, given: &FlagValue, base: &Path, draft: &mut Draft| {
        let done = set_flag(flags, given, base, env);
        draft.ok_or_fault(at, done);
    };
    for (option, given) in defaults.iter().filter(|(_, given)| !repeated(given)) {
        set(&mut flags, given, &option.base, draft);
    }
    for given in own {
        set(&mut flags, given, base, draft);
    }
    for (option, given) in defaults.iter().filter(|(_, given)| repeated(given)) {
        if !own.iter().any(|own| own.unset && own.spec.name == given.spec.name) {
            set(&mut flags, given, &option.base, draft);
        }
    }
    flags.other.sort_by(|a, b| a.0.cmp(&b.0));
    flags
}

/// Warns of volumes that share too much, and notes what anonymous visitors can do.
fn warn_of_wide_access(
    settings: &Settings,
    implicit: bool,
    env: &ParseEnv<'_>,
    warnings: &mut Vec<String>,
    notes: &mut Vec<String>,
) {
    for volume in &settings.volumes {
        let (source, mount) = (volume.source.display(), volume.mount.display());
        let whole_disk = volume.source.parent().is_none();
        let holds_home = env.home.is_some_and(|home| home.starts_with(&volume.source));
        let is_home = env.home.is_some_and(|home| home == volume.source);
        if whole_disk {
            warnings.push(format!("The volume {mount} shares a whole disk ({source}); share a folder of it instead."));
        } else if is_home {
            warnings.push(format!(
                "The volume {mount} shares your home folder ({source}), with keys, mail and settings of programs; \
                 share a folder inside it instead."
            ));
        } else if holds_home {
            warnings.push(format!("The volume {mount} ({source}) contains your home folder."));
        }
        if volume.flags.follow_links_out {
            warnings.push(format!(
                "The volume {mount} follows links that lead out of it (outlinks): a link in it can give its \
                 readers access to every file that the server itself can read."
            ));
        }
        // `d2d` says that an index is not wanted.
        if !volume.flags.no_ledger
            && volume.flags.index_mode() == IndexMode::Off
            && volume.flags.tags.effective_mode() != TagMode::Off
        {
            warnings.push(format!(
                "The volume {mount} has no index, so no tags are read there (e2t, e2ts, e2tsr); add e2dsa (all files), e2ds \
                 or e2d."
            ));
        }
        if volume.grants.is_empty() {
            warnings
                .push(format!("No account has access to the volume {mount}; add permissions after the second colon."));
        }
        let anonymous = volume.rights(&AccountName::anonymous(), &[]);
        if anonymous.has(Perm::Write) && !implicit {
            let more = if anonymous.has(Perm::Delete) { "add, overwrite and delete" } else { "add" };
            notes.push(format!("Everyone who reaches the server can {more} files in {mount}, without a login."));
        }
    }
    if settings.volumes.is_empty() {
        warnings.push("There is no volume, so nothing is shared; share a folder with -v.".into());
    }
}

fn warn_of_ineffective_options(draft: &mut Draft) {
    if !draft.inactive_safeguards.is_empty() {
        draft.warnings.push(format!(
            "Take care: these options restrict access in copyparty, but do nothing here yet: {}.",
            draft.inactive_safeguards.join(", ")
        ));
    }
    if !draft.not_yet.is_empty() {
        draft.warnings.push(format!("These options are accepted but do nothing yet: {}.", draft.not_yet.join(", ")));
    }
    if !draft.not_here.is_empty() {
        draft.warnings.push(format!(
            "These options are accepted for compatibility with copyparty and have no effect here: {}.",
            draft.not_here.join(", ")
        ));
    }
}
