//! Prints [`Settings`] as our TOML. [`super::parse_toml`] parses the text to the same value.
//!
//! Only values that differ from the defaults are written. Global options that were defaults for volumes are written as
//! flags of each volume, since settings store them there.

use super::grants::print_people;
use crate::account::Secret;
use crate::options::{self, Field, Kind, Spec};
use crate::settings::Settings;
use crate::volume::{Volume, VolumeFlags};
use std::fmt::Write;
use toml::Value;

/// Prints `settings`. Names and paths that are not UTF-8 cannot be written in TOML; their invalid bytes become U+FFFD.
pub fn to_toml(settings: &Settings) -> String {
    let mut text = String::new();
    for (group, rows) in options::groups() {
        let lines: Vec<String> = rows.iter().filter_map(|spec| option_line(spec, settings)).collect();
        if !lines.is_empty() {
            let _ = writeln!(text, "[{}]\n{}\n", group.key(), lines.join("\n"));
        }
    }
    if !settings.accounts.is_empty() {
        text.push_str("[accounts]\n");
        for account in &settings.accounts {
            let (Secret::Plain(secret) | Secret::Argon2(secret)) = &account.secret;
            let _ = writeln!(text, "{} = {}", key(account.name.as_str()), string(secret));
        }
        text.push('\n');
    }
    if !settings.groups.is_empty() {
        text.push_str("[groups]\n");
        for group in &settings.groups {
            let members = array(group.members.iter().map(|member| string(member.as_str())));
            let _ = writeln!(text, "{} = {members}", key(&group.name.0));
        }
        text.push('\n');
    }
    for volume in &settings.volumes {
        volume_table(&mut text, volume);
    }
    text
}

/// Returns the value of the field as text, if it differs from the default.
pub(super) fn non_default<T: Clone + Default>(field: Option<Field<T>>, now: &T) -> Option<String> {
    let field = field?;
    let text = field.get(now)?;
    (field.get(&T::default()).as_ref() != Some(&text)).then_some(text)
}

fn option_line(spec: &Spec, settings: &Settings) -> Option<String> {
    let text = non_default(spec.global, settings)?;
    Some(format!("{} = {}", spec.name, value(spec.kind, &text)))
}

/// Formats the value as the natural TOML type for its kind.
fn value(kind: Kind, text: &str) -> String {
    let number = |text: &str| text.parse::<i64>().ok().filter(|number| number.to_string() == text);
    match kind {
        Kind::Switch => (text == "yes").to_string(),
        Kind::Number | Kind::Optional if number(text).is_some() => text.into(),
        Kind::List => array(options::values::list(text).iter().map(|item| match number(item) {
            Some(number) => number.to_string(),
            None => string(item),
        })),
        _ => string(text),
    }
}

fn string(text: &str) -> String {
    Value::String(text.into()).to_string()
}

/// Formats a key. Names of accounts and groups have no control characters, so the quoted form is always one line.
fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if bare { name.into() } else { string(name) }
}

fn array(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(", "))
}

fn volume_table(text: &mut String, volume: &Volume) {
    let grants = volume.grants.iter().filter(|grant| !grant.to.is_empty());
    let access =
        array(grants.map(|grant| string(&format!("{}: {}", grant.perms.letters(), print_people(grant, ", ")))));
    let _ = writeln!(text, "[[volume]]\nsource = {}", string(&volume.source.to_string_lossy()));
    let _ = writeln!(text, "mount = {}\naccess = {access}", string(&volume.mount.display()));
    let flags = flag_lines(&volume.flags);
    if !flags.is_empty() {
        let _ = writeln!(text, "[volume.flags]\n{}", flags.join("\n"));
    }
    text.push('\n');
}

fn flag_lines(flags: &VolumeFlags) -> Vec<String> {
    let mut lines = Vec::new();
    for spec in options::all() {
        let Some(name) = spec.flags.first() else { continue };
        if let Some(text) = non_default(spec.volume, flags) {
            lines.push(format!("{name} = {}", value(spec.kind, &text)));
        }
        let kept: Vec<&Option<String>> =
            flags.other.iter().filter(|(other, _)| other == name).map(|(_, value)| value).collect();
        match kept[..] {
            [] => {}
            [None] => lines.push(format!("{name} = true")),
            [Some(text)] if spec.kind != Kind::Repeat => lines.push(format!("{name} = {}", string(text))),
            _ => lines.push(format!("{name} = {}", array(kept.into_iter().flatten().map(|text| string(text))))),
        }
    }
    lines
}
