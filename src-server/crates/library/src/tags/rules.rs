//! Which tags are kept, and from which fields of files they are read.

use super::fields::Fields;
use super::normalise::{is_numeric, normalise};
use model::tag_flags::TagFlags;
use store::index::TagValue;

/// Tags and their fields, in order of priority: frames of ID3v2, comments of Ogg and FLAC and items of APE, atoms of
/// MP4. A hyphen stands for a blank, for `_`, and for nothing.
const MAPPINGS: &[(&str, &[&str])] = &[
    ("artist", &["tpe1", "artist", "©art", "tcom", "composer", "©wrt", "tpe3", "performer", "tope", "arranger"]),
    ("title", &["tit2", "title", "©nam"]),
    ("album", &["talb", "album", "©alb", "toal", "original-album"]),
    ("circle", &["tpe2", "album-artist", "aart", "conductor", "organization", "band"]),
    (".tn", &["trck", "tracknumber", "track", "trkn"]),
    ("genre", &["tcon", "genre", "©gen", "gnre"]),
    ("date", DATE),
    ("tdate", DATE),
    (".bpm", &["tbpm", "tbp", "bpm", "tmpo"]),
    ("key", &["tkey", "initialkey", "key"]),
    ("comment", &["comm", "comment", "comments", "description", "©cmt"]),
];

const DATE: &[&str] = &[
    "tdrc",
    "tyer",
    "tdor",
    "tory",
    "original-release-date",
    "release-date",
    "date",
    "original-date",
    "original-year",
    "year",
    "©day",
];

/// The rules of one volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagRules {
    kept: Vec<String>,
    /// Tags and their fields, the latter without hyphens.
    mappings: Vec<(String, Vec<String>)>,
}

impl TagRules {
    /// Returns the rules of a volume with these settings.
    pub fn new(flags: &TagFlags) -> Self {
        let own = |tag: &str| flags.mappings.iter().any(|mapping| mapping.tag == tag);
        let given = flags.mappings.iter().map(|mapping| (mapping.tag.clone(), mapping.fields.clone()));
        let defaults = MAPPINGS.iter().filter(|(tag, _)| !own(tag));
        let defaults =
            defaults.map(|(tag, fields)| ((*tag).to_owned(), fields.iter().map(ToString::to_string).collect()));
        let spelled =
            |(tag, fields): (String, Vec<String>)| (tag, fields.iter().flat_map(|one| spellings(one)).collect());
        Self { kept: flags.names.clone(), mappings: given.chain(defaults).map(spelled).collect() }
    }

    /// Whether the tag is stored.
    pub fn keeps(&self, tag: &str) -> bool {
        self.kept.iter().any(|kept| kept == tag)
    }

    /// Returns the tags that are kept, in order of their names, each once.
    pub fn tags(&self, fields: &Fields) -> Vec<(String, TagValue)> {
        let kept = self.mappings.iter().filter(|(tag, _)| self.keeps(tag));
        let mapped = kept.filter_map(|(tag, sources)| {
            // Of a number, nothing is a value, too: 0.
            let has_value = |value: &&str| is_numeric(tag) || !value.trim().is_empty();
            let value = sources.iter().find_map(|source| fields.first(source).filter(has_value))?;
            Some((tag.clone(), normalise(tag, value)))
        });
        let technical = fields.technical.iter().filter(|(tag, _)| self.keeps(tag));
        let mut all: Vec<_> = mapped.chain(technical.map(|(tag, value)| ((*tag).to_owned(), value.clone()))).collect();
        // The sort is stable: what a volume maps to a technical tag comes first.
        all.sort_by(|one, other| one.0.cmp(&other.0));
        all.dedup_by(|one, other| one.0 == other.0);
        all
    }
}

/// Returns the names of fields that a name in the table stands for.
fn spellings(name: &str) -> Vec<String> {
    let name = name.trim().to_lowercase();
    if name.contains('-') { [" ", "_", ""].map(|between| name.replace('-', between)).into() } else { vec![name] }
}
