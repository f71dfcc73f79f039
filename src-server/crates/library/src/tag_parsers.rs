//! Runs the programs of the settings that find tags (`mtp`): after the decoders, on one file of each content.

use crate::cancellation::{Cancellation, Ran};
use crate::child_process::{ChildCommand, ChildError, ChildLimits, ChildProcesses, Input, Isolation, Program};
use crate::tags::{MediaKind, extension, number};
use model::VPath;
use model::tag_flags::TagFlags;
use model::tag_parser::{ParsedFiles, TagParser};
use parking_lot::Mutex;
use serde_json::{Map, Value};
use std::collections::HashSet;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;
use store::disk::Folder;
use store::index::{TagValue, ToTag};

/// Most bytes that a parser may print, and of one value that are kept.
const PRINTED_MAX: u64 = 1 << 20;
const VALUE_MAX: usize = 64 << 10;
/// Memory of one parser.
const MEMORY: u64 = 2 << 30;

/// Programs that were found missing, each logged once.
pub(crate) type MissingPrograms = Mutex<HashSet<PathBuf>>;

/// The parsers of one volume.
pub(crate) struct TagParsers<'a> {
    /// Those whose programs exist, in the order in which they run.
    parsers: Vec<(&'a TagParser, ChildCommand)>,
    /// Whether the tags that tell of sound are kept.
    knows_sound: bool,
    root: &'a Folder,
    children: &'a ChildProcesses,
    cancellation: &'a Cancellation,
}

impl<'a> TagParsers<'a> {
    /// Returns the parsers of a volume with this root folder. Blocks.
    pub fn new(
        flags: &'a TagFlags,
        root: &'a Folder,
        children: &'a ChildProcesses,
        cancellation: &'a Cancellation,
        missing: &MissingPrograms,
    ) -> Self {
        let usable = |parser: &'a TagParser| match command(parser) {
            Some(command) => Some((parser, command.folder(root.path_for_programs(&VPath::root())))),
            None => {
                if missing.lock().insert(parser.program.clone()) {
                    tracing::warn!(program = %parser.program.display(), "a program of -mtp is missing or not executable");
                }
                None
            }
        };
        let mut parsers: Vec<_> = flags.parsers.iter().filter_map(usable).collect();
        parsers.sort_by_key(|(parser, _)| parser.priority);
        let knows_sound = ["ac", ".aq"].iter().any(|tag| flags.names.iter().any(|name| name == tag));
        Self { parsers, knows_sound, root, children, cancellation }
    }

    /// Returns the tags that the parsers find in a file; `None` if the work is to end. `tags`: what is known of it. Errors
    /// are logged. Blocks.
    pub fn run(&self, file: &ToTag, mut tags: Vec<(String, TagValue)>) -> Option<Vec<(String, TagValue)>> {
        let has_sound = match self.knows_sound {
            true => tags.iter().any(|(name, _)| name == "ac" || name == ".aq"),
            false => MediaKind::of(&file.name) == Some(MediaKind::Audio),
        };
        let mut all_found: Vec<(String, TagValue)> = Vec::new();
        for (parser, command) in &self.parsers {
            let is_known = |tag: &String| tags.iter().any(|(name, _)| name == tag);
            if !concerns(parser, file, has_sound) || (!parser.replaces && parser.tags.iter().all(is_known)) {
                continue;
            }
            let ran = match self.execute(parser, command, file, &tags) {
                Err(ChildError::Cancelled) => return None,
                Err(error) => {
                    log(parser, file, &error);
                    continue;
                }
                Ok(ran) => ran,
            };
            let is_taken = parser.takes_output && has_ended_by_itself(&ran);
            let found = if is_taken { values(parser, &ran.output.stdout) } else { Vec::new() };
            if let Some(error) = failure(&ran, &found) {
                log(parser, file, error);
            }
            for (name, value) in found {
                if !parser.replaces && tags.iter().any(|(known, _)| *known == name) {
                    continue;
                }
                for list in [&mut tags, &mut all_found] {
                    list.retain(|(known, _)| *known != name);
                    list.push((name.clone(), value.clone()));
                }
            }
        }
        Some(all_found)
    }

    fn execute(
        &self,
        parser: &TagParser,
        command: &ChildCommand,
        file: &ToTag,
        tags: &[(String, TagValue)],
    ) -> Result<Ran, ChildError> {
        let path = self.root.path_for_programs(&file.folder.join(&file.name));
        let input = match parser.priority {
            0 => Input::Nothing,
            _ => Input::Bytes(json_of(tags).to_string().into_bytes()),
        };
        self.cancellation.run(self.children, command.clone().args([path]).input(input))
    }
}

/// Returns the command that runs a parser, without the path of a file; `None`: its program is missing.
fn command(parser: &TagParser) -> Option<ChildCommand> {
    let program = Program::at(&parser.program)?;
    let is_script = parser.program.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("py"));
    let (program, first) = match is_script {
        true if parser.program.is_file() => (Program::find("python3")?, Some(OsString::from(&parser.program))),
        false if program.is_executable() => (program, None),
        _ => return None,
    };
    let time = Duration::from_secs(parser.timeout_secs);
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u32);
    let processor_time = time.saturating_mul(cores);
    let limits = ChildLimits { time, processor_time, memory: MEMORY, output: PRINTED_MAX };
    Some(ChildCommand::new(&program).args(first).limits(limits).isolation(Isolation::Plugin))
}

/// Whether a parser is for such files.
fn concerns(parser: &TagParser, file: &ToTag, has_sound: bool) -> bool {
    let is_wanted = match parser.files {
        ParsedFiles::Audio => has_sound,
        ParsedFiles::NoAudio => !has_sound,
        ParsedFiles::All => true,
    };
    is_wanted
        && (parser.extensions.is_empty() || extension(&file.name).is_some_and(|own| parser.extensions.contains(&own)))
}

/// Its exit status does not matter; what was written by a program that was killed may be half a value.
fn has_ended_by_itself(ran: &Ran) -> bool {
    match &ran.error {
        None => true,
        Some(ChildError::Failed { status, .. }) => status.code().is_some(),
        Some(_) => false,
    }
}

/// Returns why a parser failed. One that printed tags did what it is for, whatever its exit status.
fn failure<'a>(ran: &'a Ran, found: &[(String, TagValue)]) -> Option<&'a ChildError> {
    ran.error.as_ref().filter(|_| found.is_empty())
}

/// Returns the tags in what a parser has printed.
fn values(parser: &TagParser, printed: &[u8]) -> Vec<(String, TagValue)> {
    if let [tag] = &parser.tags[..] {
        let text = String::from_utf8_lossy(printed);
        let text = text.trim();
        let value = if tag.starts_with('.') { number(text) } else { TagValue::Text(cut(text)) };
        return if text.is_empty() { Vec::new() } else { vec![(tag.clone(), value)] };
    }
    let Ok(Value::Object(mut all)) = serde_json::from_slice(printed) else { return Vec::new() };
    let found = |tag: &String| Some((tag.clone(), of_json(all.remove(tag)?)));
    parser.tags.iter().filter_map(found).collect()
}

fn of_json(value: Value) -> TagValue {
    match value {
        Value::Null => TagValue::Null,
        Value::Bool(is_true) => TagValue::Integer(is_true.into()),
        Value::String(text) => TagValue::Text(cut(&text)),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => TagValue::Integer(whole),
            (None, Some(real)) => TagValue::Real(real),
            (None, None) => TagValue::Text(number.to_string()),
        },
        other => TagValue::Text(cut(&other.to_string())),
    }
}

fn json_of(tags: &[(String, TagValue)]) -> Value {
    let json = |value: &TagValue| match value {
        TagValue::Integer(number) => Value::from(*number),
        TagValue::Real(number) => Value::from(*number),
        TagValue::Text(text) => Value::from(text.as_str()),
        TagValue::Null => Value::Null,
    };
    Value::Object(tags.iter().map(|(name, value)| (name.clone(), json(value))).collect::<Map<_, _>>())
}

fn cut(text: &str) -> String {
    text[..text.floor_char_boundary(VALUE_MAX)].to_owned()
}

fn log(parser: &TagParser, file: &ToTag, error: &ChildError) {
    let (folder, name) = (file.folder.display(), file.name.display());
    tracing::info!(%error, program = %parser.program.display(), folder, name, "a parser of tags failed");
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::child_process::ChildOutput;
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    #[test]
    fn a_parser_that_prints_a_tag_and_exits_with_an_error_has_not_failed() {
        let parser = TagParser::parse("mood=/bin/mood", |program| Ok(program.into())).expect("is one");
        let failed = |printed: &str, wait_status| {
            let error = ChildError::Failed { status: ExitStatus::from_raw(wait_status), stderr: String::new() };
            let output = ChildOutput { stdout: printed.into(), stderr: String::new() };
            let ran = Ran { output, error: Some(error) };
            let found = if has_ended_by_itself(&ran) { values(&parser, &ran.output.stdout) } else { Vec::new() };
            failure(&ran, &found).is_some()
        };
        assert!(!failed("calm\n", 3 << 8));
        assert!(failed("", 3 << 8), "nothing was found");
        assert!(failed("calm\n", 9), "killed");
    }
}
