//! `Query`: a condition on a file, as a tree of values.

use super::pattern::Pattern;
use std::cmp::Ordering;

/// A condition on a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Query {
    /// Holds for every file.
    Everything,
    /// All of them hold; an empty list holds.
    And(Vec<Query>),
    /// One of them holds.
    Or(Vec<Query>),
    /// It does not hold.
    Not(Box<Query>),
    /// The size in bytes.
    Size(Relation, u64),
    /// The modification time, whole seconds since 1970.
    Modified(Relation, i64),
    /// The time of the upload, whole seconds since 1970. Files that were not uploaded have none.
    Uploaded(Relation, i64),
    /// The file name.
    Name(Text),
    /// The path of the folder, with the mount point of the volume, without outer slashes.
    Path(Text),
    /// The file has a tag of which the value passes.
    AnyTag(Text),
    /// The file has a tag of which the value is a text, not a number, and passes.
    TagText(Text),
    /// The file has a tag of this name of which the value passes.
    Tag(String, TagTest),
    /// The wark starts so; at least [`WARK_PREFIX_MIN`] characters.
    Content(String),
}

impl Query {
    /// Returns the number of conditions on single values.
    pub fn conditions(&self) -> usize {
        match self {
            Self::And(all) | Self::Or(all) => all.iter().map(Self::conditions).sum(),
            Self::Not(inner) => inner.conditions(),
            _ => 1,
        }
    }

    /// Returns the patterns that names of results may match; those with the best match come first.
    pub fn name_patterns(&self) -> Vec<&Pattern> {
        match self {
            Self::And(all) | Self::Or(all) => all.iter().flat_map(Self::name_patterns).collect(),
            Self::Name(Text::Like(pattern)) => vec![pattern],
            _ => Vec::new(),
        }
    }

    /// Returns the patterns that the names of all results match.
    pub fn required_names(&self) -> Vec<&Pattern> {
        match self {
            Self::And(all) => all.iter().flat_map(Self::required_names).collect(),
            Self::Name(Text::Like(pattern)) => vec![pattern],
            _ => Vec::new(),
        }
    }
}

/// Least number of characters of a wark that identify content.
pub const WARK_PREFIX_MIN: usize = 16;

/// How values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// Equal.
    Equal,
    /// Not equal.
    Unequal,
    /// Less.
    Less,
    /// Less or equal.
    AtMost,
    /// Greater.
    Greater,
    /// Greater or equal.
    AtLeast,
}

impl Relation {
    /// Whether it tells which value comes first.
    pub fn is_order(self) -> bool {
        !matches!(self, Self::Equal | Self::Unequal)
    }

    /// Whether it holds for a value that is in this order to the one it is compared with.
    pub fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::Unequal => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::AtMost => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::AtLeast => order.is_ge(),
        }
    }
}

/// A test of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    /// Compared with this text, bytewise.
    Compared(Relation, String),
    /// Matches the pattern; case and accents are ignored.
    Like(Pattern),
    /// Does not match the pattern. For tags: another value than one that matches.
    Unlike(Pattern),
}

impl Text {
    /// Whether it holds for a text. `matches`: whether a pattern matches the folded text.
    pub fn holds(&self, text: &[u8], matches: impl Fn(&Pattern) -> bool) -> bool {
        match self {
            Self::Like(pattern) => matches(pattern),
            Self::Unlike(pattern) => !matches(pattern),
            Self::Compared(relation, other) => relation.holds(text.cmp(other.as_bytes())),
        }
    }
}

/// A test of the value of a tag.
#[derive(Clone, Debug, PartialEq)]
pub enum TagTest {
    /// The value as a text; equality ignores case.
    Text(Text),
    /// Compared as a number. Text that is stored in a numeric tag is greater than every number.
    Number(Relation, f64),
}

/// Most conditions of a query; bounds the depth of recursion, too.
pub const CONDITIONS_MAX: usize = 200;
