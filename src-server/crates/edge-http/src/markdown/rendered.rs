//! What rendering returns.

use crate::texts::Texts;
use model::VPath;

/// A rendered text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    /// HTML that can be put into a page as it is.
    pub html: String,
    /// The headings, in order, at most 500.
    pub headings: Vec<Heading>,
    /// Files of this site that the text links to, at most 64.
    pub files: Vec<VPath>,
    /// Whether the colours of code are missing because their time was over: the next try may have more luck, since grammars
    /// are compiled once.
    pub is_hasty: bool,
    /// Why the text is not rendered but shown as it is.
    pub refusal: Option<Refusal>,
}

/// A heading of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// Its level in the text, 1 to 6.
    pub level: u8,
    /// `id` of its element.
    pub id: String,
    /// Its words.
    pub text: String,
}

/// Why a text is shown as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is longer than [`TEXT_MAX`](super::TEXT_MAX).
    TooLong,
    /// Rendering it would take too much time or memory.
    TooComplex,
}

impl Refusal {
    /// Says what happened, in one sentence.
    pub fn sentence(self, t: Texts) -> &'static str {
        match self {
            Self::TooLong => t.text_too_long(),
            Self::TooComplex => t.text_too_complex(),
        }
    }
}
