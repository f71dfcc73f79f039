//! Configuration files of copyparty 1.x (docs/configuration.md "New copyparty"): sections in brackets, free
//! indentation.

use super::draft::{Body, Draft, Named, OptionValue, Precedence, VolumeDraft};
use super::environment::ParseEnv;
use super::grants::read_grant;
use super::line::{Line, uncommented};
use super::volume_items::{self, split_list};
use crate::options;
use crate::settings::Fault;
use std::path::Path;

enum Section {
    None,
    Global,
    Accounts,
    Groups,
    /// An unknown section. It is one fault; its lines are not reported.
    Unknown,
    Volume(Part),
}

/// The part of a volume's section that the parser is in.
#[derive(Clone, Copy)]
enum Part {
    Source,
    Body,
    Access,
    Flags,
}

/// Parses all lines of a file.
pub(super) fn read(lines: &[Line], base: &Path, env: &ParseEnv<'_>, draft: &mut Draft) {
    let mut section = Section::None;
    let mut volume: Option<VolumeDraft> = None;
    for line in lines {
        let (at, text) = (line.at(), uncommented(&line.text).trim());
        if text.is_empty() {
            continue;
        }
        let text = with_variables(text, env);
        let Some(text) = draft.ok_or_fault(&at, text) else { continue };
        if let Some(name) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
            finish_section(volume.take(), &section, draft);
            section = begin_section(name.trim(), &at, base, &mut volume, draft);
            continue;
        }
        match &mut section {
            Section::None => draft.add_fault(at, "This line is before the first [section]."),
            Section::Unknown => {}
            Section::Global => global(&text, &at, base, draft),
            Section::Accounts => {
                draft.accounts.extend(named(&text, &at).map_err(|fault| draft.faults.push(fault)).ok())
            }
            Section::Groups => draft.groups.extend(named(&text, &at).map_err(|fault| draft.faults.push(fault)).ok()),
            Section::Volume(part) => {
                let volume = volume.as_mut().expect("a volume's section always has its draft");
                volume_part(&text, &at, part, volume, draft);
            }
        }
    }
    finish_section(volume, &section, draft);
}

fn begin_section(name: &str, at: &str, base: &Path, volume: &mut Option<VolumeDraft>, draft: &mut Draft) -> Section {
    match name {
        "global" => Section::Global,
        "accounts" => Section::Accounts,
        "groups" => Section::Groups,
        path if path.starts_with('/') => {
            *volume = Some(VolumeDraft {
                source: String::new(),
                mount: path.into(),
                body: Body::Parsed { grants: Vec::new(), flags: Vec::new() },
                base: base.into(),
                replaces: false,
                at: at.into(),
            });
            Section::Volume(Part::Source)
        }
        other => {
            draft.add_fault(
                at,
                format!("'[{other}]' is none of [global], [accounts], [groups] or a path such as [/music]."),
            );
            Section::Unknown
        }
    }
}

fn finish_section(volume: Option<VolumeDraft>, section: &Section, draft: &mut Draft) {
    let Some(volume) = volume else { return };
    if let Section::Volume(Part::Source) = section {
        draft.add_fault(&volume.at, format!("The volume [{}] has no folder; write it on the next line.", volume.mount));
    } else {
        draft.volumes.push(volume);
    }
}

fn global(text: &str, at: &str, base: &Path, draft: &mut Draft) {
    for (name, value) in split_list(text, ':') {
        let bare = name.trim_start_matches('-');
        let Some(spec) = options::by_key(bare) else {
            let near = options::suggest_argument(bare).map(|near| near.trim_start_matches('-').to_owned());
            let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or(".".into());
            draft.add_fault(at, format!("Unknown option '{bare}'{near}"));
            continue;
        };
        if value.is_none() && !matches!(spec.kind, options::Kind::Switch | options::Kind::Optional) {
            draft.add_fault(at, format!("'{bare}' needs a value: {bare}: {}", spec.value_name()));
            continue;
        }
        let (value, base) = (value.unwrap_or_default().to_owned(), base.into());
        draft.add_option(OptionValue { spec, value, precedence: Precedence::File, base, at: at.into() });
    }
}

fn named(text: &str, at: &str) -> Result<Named, Fault> {
    match text.split_once(':') {
        Some((name, value)) => Ok(Named { name: name.trim().into(), value: value.trim().into(), at: at.into() }),
        None => Err(Fault::new(at, format!("'{text}' needs a colon after the name."))),
    }
}

fn volume_part(text: &str, at: &str, part: &mut Part, volume: &mut VolumeDraft, draft: &mut Draft) {
    let Body::Parsed { grants, flags } = &mut volume.body else { return };
    match (text, *part) {
        ("accs:" | "flags:", Part::Source) => {
            draft.add_fault(at, format!("The folder of [{}] must come before {text}", volume.mount));
            *part = if text == "accs:" { Part::Access } else { Part::Flags };
        }
        ("accs:", _) => *part = Part::Access,
        ("flags:", _) => *part = Part::Flags,
        (source, Part::Source) => {
            volume.source = source.into();
            *part = Part::Body;
        }
        (_, Part::Body) => draft.add_fault(at, format!("'{text}' belongs below accs: or flags:")),
        (_, Part::Access) => {
            let grant = match text.split_once(':') {
                Some((letters, people)) => read_grant(letters, people),
                None => Err(format!("'{text}' needs a colon: PERMISSIONS: ACCOUNT, ACCOUNT")),
            };
            grants.extend(draft.ok_or_fault(at, grant));
        }
        (_, Part::Flags) => flags.extend(volume_items::read_flag_list(text, ':', at, draft)),
    }
}

/// Replaces `${NAME}` by the environment variable. A variable that is not set is an error: an empty password or a wrong
/// folder would be worse.
fn with_variables(text: &str, env: &ParseEnv<'_>) -> Result<String, String> {
    let mut done = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let after = &rest[start + 2..];
        let Some(end) = after.find('}') else { break };
        let name = &after[..end];
        done.push_str(&rest[..start]);
        let value = (env.var)(name).ok_or_else(|| format!("The environment has no variable '{name}'."))?;
        done.push_str(&value);
        rest = &after[end + 1..];
    }
    done.push_str(rest);
    Ok(done)
}
