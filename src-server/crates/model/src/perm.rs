//! Permissions, and the one function that decides whether they allow an operation.
//!
//! Letters and names are copyparty's (docs/configuration.md "Permissions"). Every protocol calls [`decide`]; none
//! decides on its own.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{BitOr, BitOrAssign};

/// One right in one volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u16)]
pub enum Perm {
    /// `r`: list folders, download, search, archive. Includes everything that `g` allows.
    Read = 1,
    /// `w`: upload, make folders and files.
    Write = 2,
    /// `m`: move and rename from here.
    Move = 4,
    /// `d`: delete, overwrite, append.
    Delete = 8,
    /// `g`: download a file whose name is known.
    Get = 16,
    /// `G`: like `g`, and replies to uploads carry file keys.
    Upget = 32,
    /// `h`: like `g`, and folders answer with their `index.html`.
    Html = 64,
    /// `a`: see who uploaded, rescan, manage.
    Admin = 128,
    /// `.`: request dotfiles in listings.
    Dot = 256,
}

/// Every right with its letter and its name, in the order that listings show them.
pub const ALL: [(Perm, char, &str); 9] = [
    (Perm::Read, 'r', "read"),
    (Perm::Write, 'w', "write"),
    (Perm::Move, 'm', "move"),
    (Perm::Delete, 'd', "delete"),
    (Perm::Dot, '.', "dot"),
    (Perm::Get, 'g', "get"),
    (Perm::Upget, 'G', "upget"),
    (Perm::Html, 'h', "html"),
    (Perm::Admin, 'a', "admin"),
];

/// A set of rights.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PermSet(u16);

impl PermSet {
    /// No right at all.
    pub const NONE: Self = Self(0);

    /// Parses letters (`rw`, `rwmd.`, `A` = `rwmda.`).
    ///
    /// # Errors
    /// The first letter that is not a permission.
    pub fn parse(letters: &str) -> Result<Self, char> {
        letters.chars().try_fold(Self::NONE, |set, letter| {
            if letter == 'A' {
                return Ok(set | Self::parse("rwmda.")?);
            }
            ALL.iter().find(|(_, l, _)| *l == letter).map(|(perm, ..)| set | *perm).ok_or(letter)
        })
    }
    /// Returns whether `perm` is in the set.
    pub fn has(self, perm: Perm) -> bool {
        self.0 & perm as u16 != 0
    }
    /// Returns whether the set is empty.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
    /// Returns the rights that are in both sets.
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
    /// Returns the rights of this set that are not in `other`.
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
    /// Returns the letters in the order of [`ALL`].
    pub fn letters(self) -> String {
        ALL.iter().filter(|(perm, ..)| self.has(*perm)).map(|(_, letter, _)| *letter).collect()
    }
    /// Returns the names in the order of [`ALL`], as in `perms` of listings.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        ALL.iter().filter(move |(perm, ..)| self.has(*perm)).map(|(_, _, name)| *name)
    }
}

impl From<Perm> for PermSet {
    fn from(perm: Perm) -> Self {
        Self(perm as u16)
    }
}
impl BitOr<Perm> for PermSet {
    type Output = Self;
    fn bitor(self, perm: Perm) -> Self {
        Self(self.0 | perm as u16)
    }
}
impl BitOr for PermSet {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
impl BitOrAssign for PermSet {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}
impl fmt::Debug for PermSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PermSet({})", self.letters())
    }
}
impl From<PermSet> for String {
    fn from(set: PermSet) -> Self {
        set.letters()
    }
}
impl TryFrom<String> for PermSet {
    type Error = String;
    fn try_from(letters: String) -> Result<Self, String> {
        Self::parse(&letters).map_err(|letter| format!("'{letter}' is not a permission letter"))
    }
}

/// An operation on a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// List a folder, in any format.
    List,
    /// List the folders of the side bar.
    Tree,
    /// Get the bytes of a file, or a thumbnail of it.
    Download,
    /// Download a whole folder, or a selection, as an archive.
    Archive,
    /// Learn that a path does not exist, rather than that access is denied.
    ConfirmMissing,
    /// Find files here.
    Search,
    /// Add a file or folder.
    Upload,
    /// Replace or extend an existing file.
    Overwrite,
    /// Open the text editor.
    OpenEditor,
    /// Save over an existing text.
    SaveText,
    /// Leave a message.
    Message,
    /// Move away from here.
    MoveFrom,
    /// Copy from here.
    CopyFrom,
    /// Delete.
    Delete,
    /// See dotfiles in a listing.
    SeeDotfiles,
    /// See the account and address of uploaders.
    SeeUploaders,
    /// Start a rescan.
    Rescan,
    /// Get the key of a file.
    LearnKey,
}

/// The answer of [`decide`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Yes.
    Allow,
    /// Yes, but existing files stay hidden: an upload page instead of a listing, or an empty list.
    ContentsHidden,
    /// Yes, with the key of the file.
    NeedsKey,
    /// Only the folder's `index.html`, if it has one.
    IndexOnly,
    /// No.
    Deny,
}

/// Whether files of a volume need a key (`fk`, `fka`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum FileKeys {
    /// The name is enough.
    #[default]
    Off,
    /// Without `r`, a download needs the key of the file.
    Required,
}

/// Decides whether `rights` allow `operation` in a volume with this setting of file keys.
pub fn decide(rights: PermSet, operation: Operation, keys: FileKeys) -> Verdict {
    use Operation as Op;
    let has = |perm| rights.has(perm);
    let getter = has(Perm::Get) || has(Perm::Upget) || has(Perm::Html);
    let allow_if = |yes: bool| if yes { Verdict::Allow } else { Verdict::Deny };
    match operation {
        Op::List if has(Perm::Read) => Verdict::Allow,
        Op::List if has(Perm::Write) => Verdict::ContentsHidden,
        Op::List if has(Perm::Html) => Verdict::IndexOnly,
        Op::List => Verdict::Deny,
        Op::Tree if has(Perm::Read) => Verdict::Allow,
        Op::Tree if has(Perm::Write) || getter => Verdict::ContentsHidden,
        Op::Tree => Verdict::Deny,
        Op::Download if has(Perm::Read) => Verdict::Allow,
        Op::Download if getter && keys == FileKeys::Required => Verdict::NeedsKey,
        Op::Download => allow_if(getter),
        Op::Archive | Op::ConfirmMissing | Op::Search | Op::CopyFrom => allow_if(has(Perm::Read)),
        Op::Upload => allow_if(has(Perm::Write)),
        Op::Overwrite => allow_if(has(Perm::Write) && has(Perm::Delete)),
        Op::OpenEditor if !has(Perm::Write) => Verdict::Deny,
        Op::OpenEditor => decide(rights, Op::Download, keys),
        Op::SaveText => allow_if(has(Perm::Read) && has(Perm::Write)),
        Op::Message => allow_if(has(Perm::Read) || has(Perm::Write)),
        Op::MoveFrom => allow_if(has(Perm::Move)),
        Op::Delete => allow_if(has(Perm::Delete)),
        Op::SeeDotfiles => allow_if(has(Perm::Dot)),
        Op::SeeUploaders => allow_if(has(Perm::Admin)),
        Op::Rescan => allow_if(has(Perm::Admin) && has(Perm::Write)),
        Op::LearnKey => allow_if(has(Perm::Read) || has(Perm::Upget)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Operation as Op;
    use Verdict::{Allow as Y, ContentsHidden as B, Deny as N, IndexOnly as I, NeedsKey as K};

    /// Columns: r w rw rm rd rwmd g G+fk h wg wG+fk none.
    const COLUMNS: [(&str, FileKeys); 12] = [
        ("r", FileKeys::Off),
        ("w", FileKeys::Off),
        ("rw", FileKeys::Off),
        ("rm", FileKeys::Off),
        ("rd", FileKeys::Off),
        ("rwmd", FileKeys::Off),
        ("g", FileKeys::Off),
        ("G", FileKeys::Required),
        ("h", FileKeys::Off),
        ("wg", FileKeys::Off),
        ("wG", FileKeys::Required),
        ("", FileKeys::Off),
    ];

    #[test]
    fn table() {
        let rows: &[(Operation, [Verdict; 12])] = &[
            (Op::List, [Y, B, Y, Y, Y, Y, N, N, I, B, B, N]),
            (Op::Tree, [Y, B, Y, Y, Y, Y, B, B, B, B, B, N]),
            (Op::Download, [Y, N, Y, Y, Y, Y, Y, K, Y, Y, K, N]),
            (Op::ConfirmMissing, [Y, N, Y, Y, Y, Y, N, N, N, N, N, N]),
            (Op::Archive, [Y, N, Y, Y, Y, Y, N, N, N, N, N, N]),
            (Op::OpenEditor, [N, N, Y, N, N, Y, N, N, N, Y, K, N]),
            (Op::Upload, [N, Y, Y, N, N, Y, N, N, N, Y, Y, N]),
            (Op::SaveText, [N, N, Y, N, N, Y, N, N, N, N, N, N]),
            (Op::Message, [Y, Y, Y, Y, Y, Y, N, N, N, Y, Y, N]),
            (Op::CopyFrom, [Y, N, Y, Y, Y, Y, N, N, N, N, N, N]),
            (Op::MoveFrom, [N, N, N, Y, N, Y, N, N, N, N, N, N]),
            (Op::Delete, [N, N, N, N, Y, Y, N, N, N, N, N, N]),
            (Op::Overwrite, [N, N, N, N, N, Y, N, N, N, N, N, N]),
            (Op::Search, [Y, N, Y, Y, Y, Y, N, N, N, N, N, N]),
            (Op::Rescan, [N; 12]),
            (Op::SeeDotfiles, [N; 12]),
            (Op::SeeUploaders, [N; 12]),
            (Op::LearnKey, [Y, N, Y, Y, Y, Y, N, Y, N, N, Y, N]),
        ];
        for (operation, want) in rows {
            for ((letters, keys), want) in COLUMNS.iter().zip(want) {
                let rights = PermSet::parse(letters).expect("letters");
                assert_eq!(decide(rights, *operation, *keys), *want, "{operation:?} with {letters:?}");
            }
        }
        let admin = PermSet::parse("A").expect("letters");
        for operation in [Op::Rescan, Op::SeeDotfiles, Op::SeeUploaders, Op::Overwrite] {
            assert_eq!(decide(admin, operation, FileKeys::Off), Y);
        }
        assert_eq!(decide(PermSet::parse("a").expect("letters"), Op::Rescan, FileKeys::Off), N);
    }

    #[test]
    fn letters_round_trip() {
        assert_eq!(PermSet::parse("A").map(PermSet::letters), Ok("rwmd.a".into()));
        assert_eq!(PermSet::parse("rq"), Err('q'));
        assert_eq!(PermSet::parse("hGg").map(|set| set.names().collect::<Vec<_>>()), Ok(vec!["get", "upget", "html"]));
    }
}
