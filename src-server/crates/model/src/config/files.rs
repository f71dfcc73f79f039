//! Loads configuration files and their includes, and detects their kind.
//!
//! Three kinds: our TOML (by its extension), copyparty 1.x (has a line `[section]` or `% include`), copyparty 0.11
//! (everything else).

use super::draft::Draft;
use super::environment::{FileKind, ParseEnv, expand};
use super::line::{Line, uncommented};
use super::{ambiguous, conf, conf_old, toml_in};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Largest depth of includes; more is probably a mistake.
const MAX_INCLUDE_DEPTH: usize = 16;
/// Largest number of lines of a configuration with its includes. Files that include others several times can grow
/// exponentially.
const MAX_LINES: usize = 200_000;

/// Loads the argument of `-c`: a file, or all `*.conf` of a folder in order of their names.
pub(super) fn load(config: &str, base: &Path, env: &ParseEnv<'_>, draft: &mut Draft) {
    let path = expand(config, base, env);
    let Some(path) = draft.ok_or_fault("-c", path) else { return };
    match (env.kind_of)(&path) {
        // copyparty only warns, but then it does not share the intended folders, and may share others.
        FileKind::Missing => draft.add_fault("-c", format!("There is no configuration file '{}'.", path.display())),
        FileKind::File => load_file(&path, base, env, draft),
        FileKind::Folder => {
            let listed = (env.list_dir)(&path).map_err(|reason| format!("'{}': {reason}.", path.display()));
            let Some(mut inside) = draft.ok_or_fault("-c", listed) else { return };
            draft.files.push(path);
            inside.retain(|file| file.extension().is_some_and(|extension| extension == "conf"));
            inside.sort();
            for file in inside.iter().filter(|file| (env.kind_of)(file) == FileKind::File) {
                load_file(file, base, env, draft);
            }
        }
    }
}

fn load_file(path: &Path, base: &Path, env: &ParseEnv<'_>, draft: &mut Draft) {
    let name = path.display().to_string();
    if path.extension().is_some_and(|extension| extension == "toml") {
        let text = (env.read_file)(path).map_err(|reason| format!("The file cannot be read: {reason}."));
        if let Some(text) = draft.ok_or_fault(&name, text) {
            draft.note_file(path);
            // Relative paths start from the file's folder, unlike in copyparty's files, so that both can be moved
            // together.
            toml_in::read(&text, &name, path.parent().unwrap_or(base), draft);
        }
        return;
    }
    let mut lines = Vec::new();
    read_with_includes(path, &mut Vec::new(), &mut lines, env, draft);
    let is_section = |line: &Line| {
        let text = line.text.trim();
        text.starts_with('[') && uncommented(text).ends_with(']')
    };
    lines.iter().for_each(|line| ambiguous::warn_of_ambiguity(line, draft));
    if lines.iter().any(is_section) {
        conf::read(&lines, base, env, draft);
    } else {
        conf_old::read(&lines, base, draft);
    }
}

/// Reads a file, with its includes inserted in place.
fn read_with_includes(
    path: &Path,
    above: &mut Vec<PathBuf>,
    lines: &mut Vec<Line>,
    env: &ParseEnv<'_>,
    draft: &mut Draft,
) {
    let file: Rc<str> = path.display().to_string().into();
    if above.len() >= MAX_INCLUDE_DEPTH || above.iter().any(|outer| outer == path) {
        draft.add_fault(&*file, "The file includes itself, or too many files include each other.");
        return;
    }
    let text = (env.read_file)(path).map_err(|reason| format!("The file cannot be read: {reason}."));
    let Some(text) = draft.ok_or_fault(&file, text) else { return };
    draft.note_file(path);
    above.push(path.into());
    for (index, text) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = Line { text: text.to_owned(), file: file.clone(), number: index + 1 };
        if lines.len() >= MAX_LINES {
            draft.add_fault(line.at(), "The configuration is too long.");
            break;
        }
        match text.trim().strip_prefix("% ") {
            Some(included) => {
                let folder = path.parent().unwrap_or(path);
                let target = expand(uncommented(included).trim(), folder, env);
                if let Some(target) = draft.ok_or_fault(&line.at(), target) {
                    read_with_includes(&target, above, lines, env, draft);
                }
            }
            None => lines.push(line),
        }
    }
    above.pop();
}
