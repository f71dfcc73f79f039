//! The rights and flags of one volume as lines, each one item of a `-v` in copyparty 1.x's form:
//! `r,*`, `rw,@staff,-kim`, `c,nodupe`. For rules that the editor of the settings window does not support.

use super::build::volume_flags;
use super::draft::Draft;
use super::environment::ParseEnv;
use super::volume_items::read_item;
use crate::volume::Volume;

pub use super::command_line::rules_of;

/// Returns the volume with its rights and flags replaced by those in `lines`. Empty lines and lines that start with `#`
/// are ignored.
///
/// # Errors
/// A sentence for each line that cannot be parsed or has an unknown flag.
pub fn with_rules(volume: &Volume, lines: &[String], env: &ParseEnv<'_>) -> Result<Volume, Vec<String>> {
    let (mut draft, mut grants, mut given) = (Draft::default(), Vec::new(), Vec::new());
    for (number, line) in lines.iter().enumerate() {
        let (at, line) = (format!("Line {}", number + 1), line.trim());
        if !line.is_empty() && !line.starts_with('#') {
            read_item(line, &at, &mut grants, &mut given, &mut draft);
        }
    }
    // In configuration files of other programs an unknown flag is only a warning. Here the author sees the error at
    // once.
    let mut wrong = std::mem::take(&mut draft.warnings);
    let flags = volume_flags(&[], &given, &volume.source, "Line", &mut draft, env);
    wrong.extend(draft.faults.into_iter().map(|fault| match fault.at.as_str() {
        "Line" => fault.sentence,
        at => format!("{at}: {}", fault.sentence),
    }));
    if wrong.is_empty() { Ok(Volume { grants, flags, ..volume.clone() }) } else { Err(wrong) }
}
