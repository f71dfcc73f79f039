//! Parses our own configuration file: TOML with one table per group of options, `[accounts]`, `[groups]`, `[[volume]]`.

use super::draft::{Body, Draft, FlagValue, Named, OptionValue, Precedence, VolumeDraft};
use super::grants::read_grant;
use super::volume_items;
use crate::options::{self, Group, Kind, Spec};
use std::path::Path;
use toml::{Table, Value};

/// Parses the text of the file `file`; relative paths in it start from `base`.
pub(super) fn read(text: &str, file: &str, base: &Path, draft: &mut Draft) {
    let table = match text.parse::<Table>() {
        Ok(table) => table,
        Err(error) => {
            let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            draft.add_fault(format!("{file}:{line}"), format!("This is not TOML: {}.", error.message()));
            return;
        }
    };
    for (name, value) in &table {
        let at = format!("{file} [{name}]");
        match (name.as_str(), value) {
            ("accounts", Value::Table(all)) => accounts(all, &at, draft),
            ("groups", Value::Table(all)) => groups(all, &at, draft),
            ("volume", Value::Array(all)) => {
                for (index, one) in all.iter().enumerate() {
                    volume(one, &format!("{file} volume {}", index + 1), base, draft);
                }
            }
            ("volume", _) => draft.add_fault(at, "Write a volume as [[volume]], with two brackets."),
            (_, Value::Table(options)) => match Group::ALL.into_iter().find(|group| group.key() == name) {
                Some(group) => options_of(group, options, &at, base, draft),
                None => draft.add_fault(at, no_table(name)),
            },
            _ => draft.add_fault(at, no_table(name)),
        }
    }
}

fn no_table(name: &str) -> String {
    let tables: Vec<&str> = Group::ALL.into_iter().map(Group::key).collect();
    match options::by_key(name) {
        Some(spec) => format!("'{name}' belongs in the table [{}].", spec.group.key()),
        None => format!(
            "There is no table [{name}]; there are [accounts], [groups], [[volume]], [{}].",
            tables.join("], [")
        ),
    }
}

fn accounts(all: &Table, at: &str, draft: &mut Draft) {
    for (name, value) in all {
        match value {
            Value::String(password) => {
                draft.accounts.push(Named { name: name.clone(), value: password.clone(), at: at.into() });
            }
            _ => draft.add_fault(at, format!("The password of '{name}' must be text in quotes.")),
        }
    }
}

fn groups(all: &Table, at: &str, draft: &mut Draft) {
    for (name, value) in all {
        match text_of(value) {
            Ok(members) => draft.groups.push(Named { name: name.clone(), value: members, at: at.into() }),
            Err(sentence) => draft.add_fault(at, format!("{name}: {sentence}")),
        }
    }
}

fn options_of(group: Group, table: &Table, at: &str, base: &Path, draft: &mut Draft) {
    for (key, value) in table {
        let Some(spec) = options::by_key(key) else {
            let near = options::suggest_argument(key).map(|near| near.trim_start_matches('-').to_owned());
            let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or(".".into());
            draft.add_fault(at, format!("Unknown option '{key}'{near}"));
            continue;
        };
        if spec.group != group {
            draft.add_fault(at, format!("'{key}' belongs in the table [{}].", spec.group.key()));
            continue;
        }
        for value in each(&spec, value) {
            match text_of(value) {
                Ok(value) => {
                    let at = format!("{at} {key}");
                    draft.add_option(OptionValue { spec, value, precedence: Precedence::File, base: base.into(), at });
                }
                Err(sentence) => draft.add_fault(at, format!("{key}: {sentence}")),
            }
        }
    }
}

/// Returns the values of an option; those of a repeatable option are in an array.
fn each<'v>(spec: &Spec, value: &'v Value) -> Vec<&'v Value> {
    match value {
        Value::Array(all) if spec.kind == Kind::Repeat => all.iter().collect(),
        one => vec![one],
    }
}

/// Converts a value to the text of an option; items of arrays are joined by commas.
fn text_of(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Integer(number) => Ok(number.to_string()),
        Value::Float(number) => Ok(number.to_string()),
        Value::Boolean(yes) => Ok(if *yes { "yes" } else { "no" }.into()),
        Value::Datetime(time) => Ok(time.to_string()),
        Value::Array(all) => all.iter().map(text_of).collect::<Result<Vec<_>, _>>().map(|all| all.join(",")),
        Value::Table(_) => Err("A table is not allowed here.".into()),
    }
}

fn volume(value: &Value, at: &str, base: &Path, draft: &mut Draft) {
    let Value::Table(table) = value else {
        draft.add_fault(at, "Write a volume as [[volume]], with two brackets.");
        return;
    };
    let (mut source, mut mount) = (None, None);
    let (mut grants, mut flags) = (Vec::new(), Vec::new());
    for (key, value) in table {
        match (key.as_str(), value) {
            ("source", Value::String(text)) => source = Some(text.clone()),
            ("mount", Value::String(text)) => mount = Some(text.clone()),
            ("access", Value::Array(lines)) => {
                for line in lines {
                    let grant = match line.as_str().and_then(|line| line.split_once(':')) {
                        Some((letters, people)) => read_grant(letters, people),
                        None => Err(format!("{line} is not written as \"PERMISSIONS: ACCOUNT, ACCOUNT\".")),
                    };
                    grants.extend(draft.ok_or_fault(at, grant));
                }
            }
            ("flags", Value::Table(table)) => {
                for (name, value) in table {
                    flags.extend(flag(name, value, at, draft));
                }
            }
            _ => draft.add_fault(
                at,
                format!("'{key}' is none of source = \"..\", mount = \"..\", access = [..], flags = {{..}}."),
            ),
        }
    }
    match (source, mount) {
        (Some(source), Some(mount)) => draft.volumes.push(VolumeDraft {
            source,
            mount,
            body: Body::Parsed { grants, flags },
            base: base.into(),
            replaces: false,
            at: at.into(),
        }),
        _ => draft.add_fault(at, "A volume needs source = \"FOLDER\" and mount = \"/PATH\"."),
    }
}

fn flag(name: &str, value: &Value, at: &str, draft: &mut Draft) -> Vec<FlagValue> {
    let unset = format!("-{name}");
    let (name, values) = match (value, options::by_flag(name)) {
        (Value::Boolean(true), _) => return volume_items::read_flag(name, None, at, draft).into_iter().collect(),
        (Value::Boolean(false), _) => (unset.as_str(), Vec::new()),
        (value, Some(spec)) => (name, each(&spec, value)),
        (value, None) => (name, vec![value]),
    };
    if values.is_empty() {
        return volume_items::read_flag(name, None, at, draft).into_iter().collect();
    }
    let mut flags = Vec::new();
    for value in values {
        let text = text_of(value).map_err(|sentence| format!("{name}: {sentence}"));
        if let Some(text) = draft.ok_or_fault(at, text) {
            flags.extend(volume_items::read_flag(name, Some(&text), at, draft));
        }
    }
    flags
}
