//! Prints [`Settings`] as an equivalent command line in copyparty 1.x's form.

use super::grants::print_people;
use super::toml_out::non_default;
use crate::account::Secret;
use crate::options::{self, Kind};
use crate::settings::{Fault, Settings};
use crate::volume::Volume;

/// Returns the arguments that produce these settings, without the name of the program.
///
/// # Errors
/// Values that a command line cannot express: colons separate the parts of a volume, so no part may contain one. A
/// configuration file can express them.
pub fn to_arguments(settings: &Settings) -> Result<Vec<String>, Vec<Fault>> {
    let (mut arguments, mut faults) = (Vec::new(), Vec::new());
    for spec in options::all() {
        let Some(text) = non_default(spec.global, settings) else { continue };
        match spec.kind {
            Kind::Switch if text == "yes" => arguments.push(spec.written()),
            _ if text.is_empty() || text.starts_with('-') => arguments.push(format!("{}={text}", spec.written())),
            _ => arguments.extend([spec.written(), text]),
        }
    }
    for account in &settings.accounts {
        let (Secret::Plain(secret) | Secret::Argon2(secret)) = &account.secret;
        arguments.extend(["-a".into(), format!("{}:{secret}", account.name.as_str())]);
    }
    for group in &settings.groups {
        let members: Vec<&str> = group.members.iter().map(|member| member.as_str()).collect();
        arguments.extend(["--grp".into(), format!("{}:{}", group.name.0, members.join(","))]);
    }
    for volume in &settings.volumes {
        match volume_argument(volume) {
            Ok(text) if text.starts_with('-') => arguments.push(format!("-v={text}")),
            Ok(text) => arguments.extend(["-v".into(), text]),
            Err(sentence) => faults.push(Fault::new(volume.mount.display(), sentence)),
        }
    }
    if faults.is_empty() { Ok(arguments) } else { Err(faults) }
}

fn volume_argument(volume: &Volume) -> Result<String, String> {
    let source = volume.source.to_string_lossy();
    // The colon after a drive letter is allowed.
    let drive = source.len() > 2 && source.as_bytes()[1] == b':' && source.as_bytes()[2] == b'\\';
    let mut parts = vec![source.to_string(), volume.mount.display()];
    parts.extend(rules_of(volume));
    let colon = |(index, part): &(usize, &String)| part[if *index == 0 && drive { 2 } else { 0 }..].contains(':');
    if let Some((_, part)) = parts.iter().enumerate().find(colon) {
        return Err(format!(
            "'{part}' contains a colon, which is not possible on a command line; use a configuration file."
        ));
    }
    if parts.len() == 2 {
        parts.push(String::new());
    }
    Ok(parts.join(":"))
}

/// Returns the rights and flags of a volume, each as one item between the colons of a `-v`.
pub fn rules_of(volume: &Volume) -> Vec<String> {
    // Every permission is followed by accounts, so that the item cannot be parsed as the form of copyparty 0.11.
    let grants = volume.grants.iter().filter(|grant| !grant.to.is_empty());
    let mut parts: Vec<String> =
        grants.map(|grant| format!("{},{}", grant.perms.letters(), print_people(grant, ","))).collect();
    for spec in options::all() {
        let Some(name) = spec.flags.first() else { continue };
        if let Some(text) = non_default(spec.volume, &volume.flags) {
            parts.push(if spec.kind == Kind::Switch { format!("c,{name}") } else { format!("c,{name}={text}") });
        }
        for (_, value) in volume.flags.other.iter().filter(|(other, _)| other == name) {
            parts.push(match value {
                None => format!("c,{name}"),
                Some(text) => format!("c,{name}={text}"),
            });
        }
    }
    parts
}

/// Returns the arguments as one line for a POSIX shell.
pub fn shell_line(arguments: &[String]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,=@%+".contains(c);
    let quote = |argument: &String| match argument {
        argument if !argument.is_empty() && argument.chars().all(plain) => argument.clone(),
        argument => format!("'{}'", argument.replace('\'', "'\\''")),
    };
    arguments.iter().map(quote).collect::<Vec<_>>().join(" ")
}
