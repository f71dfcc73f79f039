//! The rights and flags of one volume as lines, each as it stands between the colons of a `-v` in copyparty 1.x's form
//! (spec/config.md 4): `r,*`, `rw,@staff,-kim`, `c,nodupe`. For people who write by hand what the editor has no words for.

use super::build::volume_flags;
use super::cli::ParseEnv;
use super::draft::Draft;
use super::volume_line::read_item;
use crate::volume::Volume;

pub use super::command_line::rules_of;

/// The volume with rights and flags from `lines` alone. Empty lines and those that begin with `#` say nothing.
///
/// # Errors
/// A sentence for each line that cannot be read, or that names a flag that does not exist.
pub fn with_rules(volume: &Volume, lines: &[String], env: &ParseEnv<'_>) -> Result<Volume, Vec<String>> {
    let (mut draft, mut grants, mut given) = (Draft::default(), Vec::new(), Vec::new());
    for (number, line) in lines.iter().enumerate() {
        let (at, line) = (format!("Line {}", number + 1), line.trim());
        if !line.is_empty() && !line.starts_with('#') {
            read_item(line, &at, &mut grants, &mut given, &mut draft);
        }
    }
    // An unknown flag is only warned of where files of other programs are read. Here somebody looks on.
    let mut wrong = std::mem::take(&mut draft.warnings);
    let flags = volume_flags(&[], &given, &volume.source, "Line", &mut draft, env);
    wrong.extend(draft.faults.into_iter().map(|fault| match fault.at.as_str() {
        "Line" => fault.sentence,
        at => format!("{at}: {}", fault.sentence),
    }));
    if wrong.is_empty() { Ok(Volume { grants, flags, ..volume.clone() }) } else { Err(wrong) }
}
