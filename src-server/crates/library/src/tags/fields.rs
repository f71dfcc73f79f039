//! The fields of a file, as its format names them.

use store::index::TagValue;

/// Most fields of one file, and most bytes of one value: more is cut off.
const FIELDS_MAX: usize = 4096;
const VALUE_MAX: usize = 4096;

/// What was found in a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields {
    /// Names in lower case, with values; those of the preferred kind of tag first.
    named: Vec<(String, String)>,
    /// Tags that follow from the data instead of fields.
    pub technical: Vec<(&'static str, TagValue)>,
}

impl Fields {
    /// Adds a field. Of several values in one, separated by NUL, the first counts.
    pub fn push(&mut self, name: &str, value: &str) {
        if self.named.len() >= FIELDS_MAX {
            return;
        }
        let value = value.split('\0').next().unwrap_or("");
        let end = value.floor_char_boundary(VALUE_MAX);
        self.named.push((name.to_lowercase(), value[..end].to_owned()));
    }

    /// Adds a technical tag, if it is known.
    pub fn push_technical(&mut self, tag: &'static str, value: Option<impl Into<TagValue>>) {
        self.technical.extend(value.map(|value| (tag, value.into())));
    }

    /// Returns the number of fields and technical tags.
    pub fn len(&self) -> usize {
        self.named.len() + self.technical.len()
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.named.is_empty() && self.technical.is_empty()
    }

    /// Returns the first value of a field.
    pub fn first(&self, name: &str) -> Option<&str> {
        self.named.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}
