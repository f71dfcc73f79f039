//! Conversion between shares, as people see them, and volumes with grants and flags.
//!
//! Presets ([`Who`], [`May`]) cover the usual cases. Grants that no preset can express (`custom`) are shown in letters
//! and kept as they are.

use crate::control::FaultAt;
use crate::control::admin::{Limits, May, Share, ShareDraft, Who};
use model::account::AccountName;
use model::index_flags::IndexMode;
use model::volume::{Grant, Principal, Rotation, UploadLimits, VolumeFlags};
use model::{Bytes, PermSet, UnixMillis, VPath, Volume};
use std::path::PathBuf;

/// Folder pattern that `by_month` sets.
const BY_MONTH: &str = "%Y-%m";
const DAY_SECS: u64 = 86_400;

/// The presets with their rights.
const PRESETS: [(May, &str); 4] = [(May::Look, "r"), (May::Add, "rw"), (May::Change, "rwmd"), (May::DropOff, "w")];

/// Returns the rights of a preset; `None` for `Custom`.
pub fn rights_of(may: May) -> Option<PermSet> {
    let letters = PRESETS.iter().find(|(word, _)| *word == may)?.1;
    Some(PermSet::parse(letters).expect("letters of permissions"))
}

/// Returns the preset with exactly these rights, else `Custom`.
pub fn preset_of(rights: PermSet) -> May {
    PRESETS.iter().find(|(word, _)| rights_of(*word) == Some(rights)).map_or(May::Custom, |(word, _)| *word)
}

/// Returns rights as words for a preview.
pub fn right_names(rights: PermSet) -> Vec<String> {
    use model::Perm;
    let table = [
        (Perm::Read, "look"),
        (Perm::Write, "add"),
        (Perm::Move, "change"),
        (Perm::Delete, "delete"),
        (Perm::Get, "get"),
        (Perm::Upget, "get"),
    ];
    let mut words: Vec<String> =
        table.iter().filter(|(perm, _)| rights.has(*perm)).map(|(_, word)| (*word).to_owned()).collect();
    words.dedup();
    // The right to read includes fetching by name, so the word is left out.
    words.retain(|word| word != "get" || !rights.has(Perm::Read));
    words
}

/// Returns the presets that describe `grants`.
fn who_and_may(grants: &[Grant]) -> (Who, May) {
    let Some(first) = grants.first() else { return (Who::OnlyMe, May::Look) };
    let plain = grants.iter().all(|grant| grant.perms == first.perms && grant.except.is_empty());
    let to: Vec<&Principal> = grants.iter().flat_map(|grant| &grant.to).collect();
    let may = if plain { preset_of(first.perms) } else { May::Custom };
    let names: Option<Vec<String>> = to
        .iter()
        .map(|principal| match principal {
            Principal::Account(name) => Some(name.as_str().to_owned()),
            _ => None,
        })
        .collect();
    let who = match (&to[..], names) {
        _ if !plain => Who::Custom,
        ([Principal::Everyone], _) => Who::Everyone,
        (_, Some(names)) if !names.is_empty() => Who::People { names },
        _ => Who::Custom,
    };
    (who, may)
}

/// Returns grants in the letters of the command line: `r *, rw ann`.
fn letters(grants: &[Grant]) -> String {
    let name = |principal: &Principal| match principal {
        Principal::Everyone => "*".to_owned(),
        Principal::LoggedIn => "@acct".to_owned(),
        Principal::Account(name) => name.as_str().to_owned(),
        Principal::Group(name) => format!("@{}", name.0),
    };
    let one = |grant: &Grant| {
        let to = grant.to.iter().map(name);
        let except = grant.except.iter().map(|principal| format!("-{}", name(principal)));
        format!("{} {}", grant.perms.letters(), to.chain(except).collect::<Vec<_>>().join(" "))
    };
    grants.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Describes a volume as a share.
pub fn share_of(volume: &Volume, is_there: bool) -> Share {
    let flags = &volume.flags;
    let (who, may) = match (who_and_may(&volume.grants), flags.invite_perms) {
        ((Who::OnlyMe, _), Some(invited)) => (Who::OnlyMe, preset_of(invited)),
        (spoken, _) => spoken,
    };
    Share {
        mount: volume.mount.display(),
        folder: volume.source.to_string_lossy().into_owned(),
        on: volume.is_offered(UnixMillis(crate::sharing::now_ms())),
        is_there,
        who,
        may,
        rights: letters(&volume.grants),
        until_ms: flags.until.map(|until| until.0),
        limits: Limits {
            max_file: flags.limits.max_size.map(|size| size.0),
            max_total: flags.limits.max_bytes.map(|size| size.0),
            min_free: flags.limits.min_free.map(|size| size.0),
            keep_days: flags.lifetime_secs.map(|secs| secs.div_ceil(DAY_SECS)),
        },
        show_hidden: flags.dots_for_all,
        by_month: flags.rotation.by_date.as_deref() == Some(BY_MONTH),
        index: flags.index_mode() > IndexMode::Off,
    }
}

/// Returns the grants of a draft; those of `before` where the draft says `Custom`.
fn grants_of(draft: &ShareDraft, before: Option<&Volume>, faults: &mut Vec<FaultAt>) -> Vec<Grant> {
    let kept = before.map_or(&[][..], |volume| &volume.grants);
    if draft.who == Who::Custom {
        return kept.to_vec();
    }
    let perms = match rights_of(draft.may) {
        Some(rights) => rights,
        None => kept.first().map_or_else(|| rights_of(May::Look).expect("a word"), |grant| grant.perms),
    };
    let to = match &draft.who {
        Who::OnlyMe | Who::Custom => return Vec::new(),
        Who::Everyone => vec![Principal::Everyone],
        Who::People { names } if names.is_empty() => {
            faults.push(FaultAt::said("who", |t| t.fault_who_empty().into()));
            return Vec::new();
        }
        Who::People { names } => {
            names.iter().map(|name| Principal::Account(AccountName::from(name.as_str()))).collect()
        }
    };
    vec![Grant { perms, to, except: Vec::new() }]
}

/// Builds the volume of a draft, on top of its current volume. Does not access the disk.
///
/// # Errors
/// Every fault, with the name of its field as `at`.
pub fn volume_of(draft: &ShareDraft, before: Option<&Volume>) -> Result<Volume, Vec<FaultAt>> {
    let mut faults = Vec::new();
    let mount = mount_of(&draft.mount, &mut faults);
    let source = PathBuf::from(draft.folder.trim());
    if !source.is_absolute() {
        faults.push(FaultAt::said("folder", |t| t.fault_folder_path().into()));
    }
    if let Some(rules) = &draft.rules {
        return from_rules(
            draft,
            rules,
            Volume { source, mount, grants: Vec::new(), flags: VolumeFlags::default() },
            faults,
        );
    }
    let grants = grants_of(draft, before, &mut faults);
    let mut flags = before.map(|volume| volume.flags.clone()).unwrap_or_default();
    flags.off = !draft.on;
    // A share without grants: the preset says what invited devices may do.
    flags.invite_perms = match draft.who {
        Who::OnlyMe => rights_of(draft.may).or(flags.invite_perms),
        _ => None,
    };
    flags.until = draft.until_ms.map(|ms| UnixMillis(ms - ms.rem_euclid(1000)));
    if draft.on && draft.until_ms.is_some_and(|until| until <= crate::sharing::now_ms()) {
        faults.push(FaultAt::said("until_ms", |t| t.fault_until_passed().into()));
    }
    let size = |bytes: Option<u64>| bytes.filter(|bytes| *bytes > 0).map(Bytes);
    flags.limits = UploadLimits {
        max_size: size(draft.limits.max_file),
        max_bytes: size(draft.limits.max_total),
        min_free: size(draft.limits.min_free),
        ..flags.limits
    };
    let days_before = flags.lifetime_secs.map(|secs| secs.div_ceil(DAY_SECS));
    if days_before != draft.limits.keep_days {
        flags.lifetime_secs = draft.limits.keep_days.filter(|days| *days > 0).map(|days| days.saturating_mul(DAY_SECS));
    }
    flags.dots_for_all = draft.show_hidden;
    let was_by_month = flags.rotation.by_date.as_deref() == Some(BY_MONTH);
    match (draft.by_month, was_by_month) {
        (true, _) => flags.rotation = Rotation { by_date: Some(BY_MONTH.into()), ..Rotation::default() },
        (false, true) => flags.rotation.by_date = None,
        (false, false) => {}
    }
    match draft.index {
        // An index that exists keeps its settings.
        Some(true) if flags.index_mode() == IndexMode::Off => {
            flags.index.mode = IndexMode::ScanAll;
            flags.index.no_scan = false;
        }
        Some(false) => flags.index.mode = IndexMode::Off,
        _ => {}
    }
    if faults.is_empty() { Ok(Volume { source, mount, grants, flags }) } else { Err(faults) }
}

/// Builds a volume whose grants and flags are given as lines.
fn from_rules(
    draft: &ShareDraft,
    rules: &[String],
    volume: Volume,
    mut faults: Vec<FaultAt>,
) -> Result<Volume, Vec<FaultAt>> {
    match crate::environment::with(|env| model::config::rules::with_rules(&volume, rules, env)) {
        Err(wrong) => faults.extend(wrong.iter().map(|sentence| FaultAt::new("rules", sentence))),
        Ok(mut volume) if faults.is_empty() => {
            volume.flags.off = !draft.on;
            return Ok(volume);
        }
        Ok(_) => {}
    }
    Err(faults)
}

fn mount_of(text: &str, faults: &mut Vec<FaultAt>) -> VPath {
    let trimmed = text.trim();
    let parsed = VPath::parse(trimmed.trim_start_matches('/').as_bytes());
    match parsed {
        Ok(path) if path.components().next().is_some_and(|first| first == b".potluck" || first == b".cpr") => {
            faults.push(FaultAt::said("mount", |t| t.fault_mount_own().into()));
            VPath::root()
        }
        Ok(path) if !trimmed.is_empty() => path,
        _ => {
            faults.push(FaultAt::said("mount", |t| t.fault_mount_empty().into()));
            VPath::root()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(who: Who, may: May) -> ShareDraft {
        ShareDraft {
            mount: "/photos".into(),
            folder: "/srv/photos".into(),
            on: true,
            who,
            may,
            ..ShareDraft::default()
        }
    }

    #[test]
    fn rules_are_read_back_as_written_and_every_fault_is_reported() {
        let rules = |lines: &[&str]| {
            let rules = Some(lines.iter().map(|line| (*line).to_owned()).collect());
            volume_of(&ShareDraft { rules, ..draft(Who::Everyone, May::Change) }, None)
        };
        let lines = ["r,*", "rw,@staff,-kim", "c,nodupe", "c,sz=1k-3m"];
        let volume = rules(&[&lines[..], &["", "# a remark"]].concat()).expect("a volume");
        assert_eq!(model::config::rules::rules_of(&volume).len(), lines.len());
        let again = model::config::rules::rules_of(&volume);
        let again: Vec<&str> = again.iter().map(String::as_str).collect();
        assert_eq!(rules(&again).expect("a volume"), volume);
        assert_eq!(share_of(&volume, true).who, Who::Custom);
        let wrong = rules(&["r,*", "rx,ann", "c,nodupes", "c,sz"]).expect_err("three mistakes");
        assert_eq!(wrong.len(), 3, "{wrong:?}");
        assert!(wrong.iter().all(|fault| fault.at == "rules" && fault.sentence.contains("Line")), "{wrong:?}");
    }

    #[test]
    fn presets_are_read_back_as_written() {
        let people = Who::People { names: vec!["ann".into(), "bob".into()] };
        for who in [Who::OnlyMe, Who::Everyone, people] {
            for (may, _) in PRESETS {
                let volume = volume_of(&draft(who.clone(), may), None).expect("a volume");
                let share = share_of(&volume, true);
                assert_eq!((share.who, share.may), (who.clone(), may));
            }
        }
    }

    #[test]
    fn the_index_is_turned_on_and_off_and_keeps_its_settings() {
        let with = |index, before: Option<&Volume>| {
            let draft = ShareDraft { index, ..draft(Who::Everyone, May::Look) };
            volume_of(&draft, before).expect("a volume")
        };
        assert!(!share_of(&with(None, None), true).index);
        let mut volume = with(Some(true), None);
        assert!(share_of(&volume, true).index && volume.flags.index.mode == IndexMode::ScanAll);
        volume.flags.index.mode = IndexMode::Changes;
        assert_eq!(with(Some(true), Some(&volume)), volume);
        assert_eq!(with(None, Some(&volume)), volume);
        assert!(!share_of(&with(Some(false), Some(&volume)), true).index);
    }

    #[test]
    fn grants_without_a_preset_are_kept() {
        let mut volume = volume_of(&draft(Who::Everyone, May::Look), None).expect("a volume");
        let more = Grant {
            perms: PermSet::parse("rwmda").expect("letters"),
            to: vec![Principal::Group(model::account::GroupName("family".into()))],
            except: vec![Principal::Account("eve".into())],
        };
        volume.grants.push(more);
        let share = share_of(&volume, true);
        assert_eq!((share.who.clone(), share.may), (Who::Custom, May::Custom));
        assert_eq!(share.rights, "r *, rwmda @family -eve");
        let again = volume_of(&draft(Who::Custom, May::Custom), Some(&volume)).expect("a volume");
        assert_eq!(again.grants, volume.grants);
    }

    #[test]
    fn faults_name_their_fields() {
        let at = |draft: &ShareDraft| -> Vec<String> {
            volume_of(draft, None).expect_err("faults").into_iter().map(|fault| fault.at).collect()
        };
        let no_people = Who::People { names: Vec::new() };
        let bad =
            ShareDraft { mount: " ".into(), folder: "photos".into(), until_ms: Some(1), ..draft(no_people, May::Look) };
        assert_eq!(at(&bad), ["mount", "folder", "who", "until_ms"]);
        for mount in ["", ".potluck/x", ".cpr", "/"] {
            let bad = ShareDraft { mount: mount.into(), ..draft(Who::Everyone, May::Look) };
            let answer = volume_of(&bad, None);
            assert_eq!(answer.is_ok(), mount == "/", "{mount}");
        }
    }
}
