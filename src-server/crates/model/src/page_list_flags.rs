//! What pages show of the entries of a folder, how they show them until a visitor chooses otherwise, and which files are the
//! texts around them.

use regex::bytes::Regex;
use std::fmt;

/// Settings of one volume for listings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageListFlags {
    /// `unlist`: names that listings omit. The files can be opened by name.
    pub unlist: Option<NamePattern>,
    /// `dothidden`: listings omit the names in the folder's file `.hidden`, unless dotfiles are shown.
    pub obeys_dot_hidden: bool,
    /// `grid`: pages begin with the grid.
    pub grid: bool,
    /// `sort`: the order with which pages begin, the most important column first.
    pub sort: Vec<SortRule>,
    /// `dlni`: links download files instead of opening them.
    pub downloads: bool,
    /// `prologues`: names of the HTML above a listing, the best first.
    pub prologues: Vec<String>,
    /// `epilogues`: names of the HTML below a listing.
    pub epilogues: Vec<String>,
    /// `preadmes`: names of the Markdown above a listing, in any case.
    pub preadmes: Vec<String>,
    /// `readmes`: names of the Markdown below a listing, in any case.
    pub readmes: Vec<String>,
    /// `robots`, `norobots`: whether search engines may show what they find here; `None`: as the server's settings say.
    pub search_engines: Option<bool>,
    /// `html_head`: HTML for the head of pages.
    pub head: Option<String>,
}

impl Default for PageListFlags {
    fn default() -> Self {
        Self {
            unlist: None,
            obeys_dot_hidden: false,
            grid: false,
            sort: vec![SortRule { column: SortColumn::Name, descending: false }],
            downloads: false,
            prologues: vec![".prologue.html".into()],
            epilogues: vec![".epilogue.html".into()],
            preadmes: vec!["preadme.md".into()],
            readmes: vec!["readme.md".into()],
            search_engines: None,
            head: None,
        }
    }
}

/// A regular expression for names. Two are equal if they are written alike.
#[derive(Clone)]
pub struct NamePattern(Regex);

impl NamePattern {
    /// Compiles an expression.
    ///
    /// # Errors
    /// It is not one; the sentence gives the parser's reason.
    pub fn new(text: &str) -> Result<Self, String> {
        crate::options::values::regex(text)?;
        Regex::new(text).map(Self).map_err(|error| error.to_string())
    }

    /// Returns true if some part of the name matches.
    pub fn matches(&self, name: &[u8]) -> bool {
        self.0.is_match(name)
    }

    /// Returns the expression as it was written.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl PartialEq for NamePattern {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}
impl Eq for NamePattern {}

impl fmt::Debug for NamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NamePattern({:?})", self.as_str())
    }
}

/// A column of a listing, as `sort` names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SortColumn {
    /// `href`
    Name,
    /// `sz`
    Size,
    /// `ext`
    Extension,
    /// `ts`
    Date,
    /// `tags/artist`: a tag with its name.
    Tag(String),
}

/// One column of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortRule {
    /// The column.
    pub column: SortColumn,
    /// Written with a minus in front: from the largest to the smallest.
    pub descending: bool,
}

impl SortRule {
    /// Parses one column: `href`, `-sz`, `tags/artist`.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (word, descending) = text.strip_prefix('-').map_or((text, false), |word| (word, true));
        let column = match word {
            "href" => SortColumn::Name,
            "sz" => SortColumn::Size,
            "ext" => SortColumn::Extension,
            "ts" => SortColumn::Date,
            _ => match word.strip_prefix("tags/").filter(|tag| !tag.is_empty()) {
                Some(tag) => SortColumn::Tag(tag.into()),
                None => {
                    return Err(format!(
                        "'{text}' is no column; write href, sz, ext, ts or tags/NAME, with a minus in front for the reverse order."
                    ));
                }
            },
        };
        Ok(Self { column, descending })
    }
}

impl fmt::Display for SortRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minus = if self.descending { "-" } else { "" };
        match &self.column {
            SortColumn::Name => write!(f, "{minus}href"),
            SortColumn::Size => write!(f, "{minus}sz"),
            SortColumn::Extension => write!(f, "{minus}ext"),
            SortColumn::Date => write!(f, "{minus}ts"),
            SortColumn::Tag(tag) => write!(f, "{minus}tags/{tag}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_printed_as_they_are_written() {
        for text in ["href", "-sz", "ext", "-ts", "tags/artist", "-tags/.bpm"] {
            assert_eq!(SortRule::parse(text).expect("a column").to_string(), text);
        }
        for text in ["", "-", "name", "tags/", "HREF"] {
            assert!(SortRule::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_pattern_matches_a_part_of_a_name() {
        let pattern = NamePattern::new(r"\.(bak|tmp)$").expect("an expression");
        assert!(pattern.matches(b"a.bak") && pattern.matches(b"\xff.tmp") && !pattern.matches(b"a.bak.txt"));
        assert!(NamePattern::new("a(").is_err());
    }
}
