//! Configuration files of copyparty 0.11 (docs/configuration.md "Old copyparty"): accounts, and volumes as blocks of
//! lines.

use super::draft::{Body, Draft, FlagValue, Named, VolumeDraft};
use super::grants::read_grant;
use super::line::Line;
use super::volume_items;
use crate::volume::Grant;
use std::path::Path;

/// Parses all lines of a file.
pub(super) fn read(lines: &[Line], base: &Path, draft: &mut Draft) {
    // A volume starts with its folder, then its mount point, and ends with an empty line.
    let mut source: Option<(&str, String)> = None;
    let mut volume: Option<VolumeDraft> = None;
    for line in lines {
        let (text, at) = (line.text.trim(), line.at());
        if text.starts_with('#') {
            continue;
        }
        if text.is_empty() {
            draft.volumes.extend(volume.take());
            if let Some((source, at)) = source.take() {
                draft.add_fault(at, no_path(source));
            }
        } else if let Some(volume) = &mut volume {
            setting(text, &at, volume, draft);
        } else if let Some((source, source_at)) = source.take() {
            if !text.starts_with('/') {
                draft.add_fault(source_at, no_path(source));
                continue;
            }
            volume = Some(VolumeDraft {
                source: source.into(),
                mount: text.into(),
                body: Body::Parsed { grants: Vec::new(), flags: Vec::new() },
                base: base.into(),
                replaces: true,
                at,
            });
        } else if let Some(account) = text.strip_prefix("u ") {
            match account.trim().split_once(':') {
                Some((name, value)) => draft.accounts.push(Named { name: name.into(), value: value.into(), at }),
                None => draft.add_fault(at, "Write an account as: u NAME:PASSWORD"),
            }
        } else {
            source = Some((text, at));
        }
    }
    draft.volumes.extend(volume);
    if let Some((source, at)) = source {
        draft.add_fault(at, no_path(source));
    }
}

fn no_path(source: &str) -> String {
    format!("'{source}' is read as a folder to share, so the next line must be its path and start with a slash.")
}

/// `r`, `w NAME`, `c FLAG=VALUE`: one letter, then at most one word.
fn setting(text: &str, at: &str, volume: &mut VolumeDraft, draft: &mut Draft) {
    let (letter, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let rest = rest.trim();
    let Body::Parsed { grants, flags } = &mut volume.body else { return };
    match letter {
        "c" if !rest.is_empty() => flags.extend(flag(rest, at, draft)),
        "r" | "w" | "a" => {
            let made = grant(letter, rest);
            grants.extend(draft.ok_or_fault(at, made));
        }
        _ => draft
            .add_fault(at, format!("'{text}' is not a setting; write r, w or a with at most one account, or c FLAG.")),
    }
}

fn flag(text: &str, at: &str, draft: &mut Draft) -> Option<FlagValue> {
    let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
    volume_items::read_flag(name.trim(), value, at, draft)
}

fn grant(letter: &str, person: &str) -> Result<Grant, String> {
    if person.contains(char::is_whitespace) || person.contains(',') {
        return Err(format!("'{person}': write one account on a line; repeat the line for others."));
    }
    let letters = if letter == "a" { "rwa" } else { letter };
    read_grant(letters, if person.is_empty() { "*" } else { person })
}
