//! Which tags of media files the index of a volume holds.

use crate::tag_parser::TagParser;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Tags that are kept and shown if nothing else is set, in this order.
pub const DEFAULT_TAGS: &str =
    "circle,album,.tn,artist,title,tdate,.bpm,key,.dur,.q,.vq,.aq,vc,ac,fmt,res,.fps,camera,taken,.orientation";

/// Tags of these that pages do not show if nothing else is set.
pub const DEFAULT_HIDDEN_TAGS: &str = "tdate,.vq,.aq,vc,ac,fmt,res,.fps,.orientation";

/// The files of which tags are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TagMode {
    /// None.
    #[default]
    Off,
    /// `e2t`: uploads.
    Uploads,
    /// `e2ts`: all files.
    All,
    /// `e2tsr`: all files; those that were read before are read again, once after each start.
    Again,
}

/// A tag and the fields of files that it is read from (`mtm`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagMapping {
    /// The tag.
    pub tag: String,
    /// Names of fields; the first that a file has is taken.
    pub fields: Vec<String>,
}

/// Settings of the tags in a volume's index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagFlags {
    /// `e2t`, `e2ts`, `e2tsr`.
    pub mode: TagMode,
    /// `d2t`: no tags, whatever the mode.
    pub off: bool,
    /// `d2ts`: only tags of uploads, whatever the mode.
    pub no_scan: bool,
    /// `mte`: tags that are kept and shown, in this order.
    pub names: Vec<String>,
    /// `mtm`: added to the usual mappings; replaces those of the same tag.
    pub mappings: Vec<TagMapping>,
    /// `mth`: tags that pages do not show.
    pub hidden: Vec<String>,
    /// `mtp`: programs that find further tags.
    pub parsers: Vec<TagParser>,
}

impl Default for TagFlags {
    fn default() -> Self {
        Self {
            mode: TagMode::Off,
            off: false,
            no_scan: false,
            names: words(DEFAULT_TAGS),
            mappings: Vec::new(),
            hidden: words(DEFAULT_HIDDEN_TAGS),
            parsers: Vec::new(),
        }
    }
}

impl TagFlags {
    /// Returns the files of which tags are read.
    pub fn effective_mode(&self) -> TagMode {
        match self.mode {
            _ if self.off => TagMode::Off,
            mode if self.no_scan => mode.min(TagMode::Uploads),
            mode => mode,
        }
    }

    /// Sets the tags that are kept from a list separated by commas. `+` before it adds to the present ones, `/` or `-`
    /// removes from them; names in such a list can have a sign of their own, which holds for those after it, too.
    pub fn set_names(&mut self, list: &str) {
        change_list(&mut self.names, list);
    }

    /// Sets the tags that pages do not show, as [`TagFlags::set_names`].
    pub fn set_hidden(&mut self, list: &str) {
        change_list(&mut self.hidden, list);
    }

    /// Adds parsers, one a line.
    ///
    /// # Errors
    /// A plain sentence that says what is wrong with `text`.
    pub fn add_parsers(&mut self, text: &str) -> Result<(), String> {
        for line in text.split('\n').filter(|line| !line.trim().is_empty()) {
            self.parsers.push(TagParser::parse(line, |program| Ok(PathBuf::from(program)))?);
        }
        Ok(())
    }

    /// Prints the parsers for [`TagFlags::add_parsers`]; `None`: there are none.
    pub fn print_parsers(&self) -> Option<String> {
        Some(self.parsers.iter().map(TagParser::print).collect::<Vec<_>>().join("\n")).filter(|text| !text.is_empty())
    }

    /// Adds mappings, `TAG=FIELD,FIELD`, separated by `;`. Of several for one tag the first counts, because those of a
    /// volume are added before those of all volumes.
    ///
    /// # Errors
    /// A plain sentence that says what is wrong with `text`.
    pub fn add_mappings(&mut self, text: &str) -> Result<(), String> {
        for one in text.split(';').filter(|one| !one.trim().is_empty()) {
            let wrong = || format!("'{one}' is not of the form TAG=FIELD,FIELD.");
            let (tag, fields) = one.split_once('=').ok_or_else(wrong)?;
            let fields: Vec<_> =
                fields.split(',').map(str::trim).filter(|field| !field.is_empty()).map(str::to_owned).collect();
            let tag = tag.trim().to_owned();
            if tag.is_empty() || fields.is_empty() {
                return Err(wrong());
            }
            if !self.mappings.iter().any(|mapping| mapping.tag == tag) {
                self.mappings.push(TagMapping { tag, fields });
            }
        }
        Ok(())
    }

    /// Prints the mappings for [`TagFlags::add_mappings`]; `None`: there are none.
    pub fn print_mappings(&self) -> Option<String> {
        let print = |mapping: &TagMapping| [&mapping.tag, "=", &mapping.fields.join(",")].concat();
        Some(self.mappings.iter().map(print).collect::<Vec<_>>().join(";")).filter(|text| !text.is_empty())
    }
}

/// The signs that change a list.
const SIGNS: [char; 3] = ['+', '-', '/'];

/// Returns the names in a list. Names do not begin with the signs that change a list.
fn words(list: &str) -> Vec<String> {
    let is_name = |word: &&str| !word.is_empty() && !word.starts_with(SIGNS);
    list.split(',').map(str::trim).filter(is_name).map(str::to_owned).collect()
}

fn change_list(names: &mut Vec<String>, list: &str) {
    if !list.trim_start().starts_with(SIGNS) {
        *names = words(list);
        return;
    }
    let mut sign = '+';
    for word in list.split(',').map(str::trim) {
        let name = word.trim_start_matches(SIGNS).trim_start();
        sign = word.chars().next().filter(|first| SIGNS.contains(first)).unwrap_or(sign);
        match sign {
            _ if name.is_empty() => {}
            '+' if names.iter().any(|known| known == name) => {}
            '+' => names.push(name.to_owned()),
            _ => names.retain(|known| known != name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_tags_replace_add_and_remove() {
        let mut flags = TagFlags::default();
        assert!(flags.names.iter().any(|name| name == ".bpm"));
        flags.set_names("artist, title,");
        assert_eq!(flags.names, ["artist", "title"]);
        flags.set_names("+genre,title");
        assert_eq!(flags.names, ["artist", "title", "genre"]);
        flags.set_names("/artist,x");
        assert_eq!(flags.names, ["title", "genre"]);
        // A sign before each name, as in `-mte +mood,+depth`, and signs of both kinds.
        flags.set_names("+mood, +depth,x,/title,-x");
        assert_eq!(flags.names, ["genre", "mood", "depth"]);
        flags.set_names("/mood,/depth,+title,+");
        assert_eq!(flags.names, ["genre", "title"]);
        flags.set_names(",+x,/y,-z,b");
        assert_eq!(flags.names, ["b"]);
        flags.set_names("");
        assert!(flags.names.is_empty());
    }

    #[test]
    fn of_mappings_of_one_tag_the_first_counts_and_all_are_printed() {
        let mut flags = TagFlags::default();
        assert_eq!(flags.print_mappings(), None);
        flags.add_mappings("a=b,c").expect("is one");
        flags.add_mappings("x=y; a = d").expect("are two");
        assert_eq!(flags.print_mappings().as_deref(), Some("a=b,c;x=y"));
        for wrong in ["a", "=b", "a=", "a=,"] {
            assert!(flags.add_mappings(wrong).is_err(), "{wrong}");
        }
    }
}
