//! Which tags of media files the index of a volume holds.

use serde::{Deserialize, Serialize};

/// Tags that are kept and shown if nothing else is set, in this order.
pub const DEFAULT_TAGS: &str =
    "circle,album,.tn,artist,title,tdate,.bpm,key,.dur,.q,.vq,.aq,vc,ac,fmt,res,.fps,camera,taken,.orientation";

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
}

impl Default for TagFlags {
    fn default() -> Self {
        let names = DEFAULT_TAGS.split(',').map(str::to_owned).collect();
        Self { mode: TagMode::Off, off: false, no_scan: false, names, mappings: Vec::new() }
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
    /// removes from them.
    pub fn set_names(&mut self, list: &str) {
        let words = |list: &str| -> Vec<String> {
            list.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
        };
        match list.trim().split_at_checked(1) {
            Some(("+", added)) => {
                for word in words(added) {
                    if !self.names.contains(&word) {
                        self.names.push(word);
                    }
                }
            }
            Some(("/" | "-", removed)) => {
                let removed = words(removed);
                self.names.retain(|name| !removed.contains(name));
            }
            _ => self.names = words(list),
        }
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
