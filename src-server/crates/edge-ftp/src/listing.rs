//! Lines of listings: as `ls -l` prints them, names alone, and facts (RFC 3659, 7).

use crate::command::ListingKind;
use crate::reply::without_line_end;
use crate::time;
use engine::files::read::Download;
use engine::files::stat::{FileKind, Place, Stat};
use engine::listing::PlainEntry;
use model::{Perm, PermSet, UnixMillis};

/// The facts that exist, in the order in which they are sent.
const FACTS: [&str; 4] = ["type", "size", "modify", "perm"];

/// Which facts a client wants (RFC 3659, 7.9), in the order of [`FACTS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WantedFacts([bool; 4]);

impl WantedFacts {
    /// All of them.
    pub const ALL: Self = Self([true; 4]);

    /// Parses `Type;Size;`; unknown facts are ignored.
    pub fn parse(text: &[u8]) -> Self {
        let wanted: Vec<&[u8]> = text.split(|&byte| byte == b';').collect();
        Self(FACTS.map(|fact| wanted.iter().any(|name| name.eq_ignore_ascii_case(fact.as_bytes()))))
    }

    /// Formats them as OPTS MLST is answered.
    pub fn names(self) -> String {
        self.wanted().map(|fact| format!("{fact};")).collect()
    }

    /// Formats all of them as FEAT tells them: those that are wanted have an asterisk.
    pub fn feature(self) -> String {
        let mark = |(fact, wanted): (&str, bool)| format!("{fact}{};", if wanted { "*" } else { "" });
        format!("MLST {}", FACTS.into_iter().zip(self.0).map(mark).collect::<String>())
    }

    fn wanted(self) -> impl Iterator<Item = &'static str> {
        FACTS.into_iter().zip(self.0).filter(|(_, wanted)| *wanted).map(|(fact, _)| fact)
    }
}

/// What a line tells of a file or folder.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub is_folder: bool,
    pub size: u64,
    /// `None` for a virtual folder.
    pub modified: Option<UnixMillis>,
    /// It can be renamed and removed as far as the rights allow.
    pub is_movable: bool,
    /// The account's rights there.
    pub rights: PermSet,
}

impl Row {
    /// `rights`: those at the entry's path.
    pub fn of_entry(entry: &PlainEntry, rights: PermSet) -> Self {
        Self {
            is_folder: entry.kind() == FileKind::Folder,
            size: entry.size(),
            modified: entry.modified(),
            is_movable: entry.place == Place::Inside,
            rights,
        }
    }

    pub fn of_file(file: &Download) -> Self {
        let (size, modified, rights) = (file.size, Some(file.modified), file.rights);
        Self { is_folder: false, size, modified, is_movable: true, rights }
    }

    pub fn of_stat(stat: &Stat) -> Self {
        Self {
            is_folder: stat.kind == FileKind::Folder,
            size: stat.size,
            modified: stat.modified,
            is_movable: stat.place == Place::Inside,
            rights: stat.rights,
        }
    }

    /// Returns the facts with the blank that follows them.
    pub fn facts(&self, wanted: WantedFacts) -> String {
        let mut facts = String::new();
        for fact in wanted.wanted() {
            match fact {
                "type" => facts += if self.is_folder { "type=dir;" } else { "type=file;" },
                "size" if !self.is_folder => facts += &format!("size={};", self.size),
                "modify" => {
                    if let Some(modified) = self.modified {
                        facts += &format!("modify={};", time::format(modified));
                    }
                }
                "perm" => facts += &format!("perm={};", self.letters()),
                _ => {}
            }
        }
        facts.push(' ');
        facts
    }

    /// Returns what the account may do, in the letters of RFC 3659, 7.5.5.
    fn letters(&self) -> String {
        let has = |perm: Perm| self.rights.has(perm);
        let may_replace = has(Perm::Write) && has(Perm::Delete);
        let possible = match self.is_folder {
            true => [
                ("c", has(Perm::Write)),
                ("d", has(Perm::Delete) && self.is_movable),
                ("e", true),
                ("f", has(Perm::Move) && self.is_movable),
                ("l", has(Perm::Read)),
                ("m", has(Perm::Write)),
                ("p", has(Perm::Delete)),
            ],
            false => [
                ("a", may_replace),
                ("d", has(Perm::Delete)),
                ("f", has(Perm::Move)),
                ("r", has(Perm::Read)),
                ("w", may_replace),
                ("", false),
                ("", false),
            ],
        };
        possible.into_iter().filter(|(_, may)| *may).map(|(letter, _)| letter).collect()
    }

    /// Returns a line of `ls -l` up to the name. Owner and group mean nothing here.
    fn long(&self, now: UnixMillis) -> String {
        let (kind, links, run) = if self.is_folder { ('d', 2, 'x') } else { ('-', 1, '-') };
        let write = if self.rights.has(Perm::Write) { 'w' } else { '-' };
        let date = time::listed(self.modified.unwrap_or(UnixMillis(0)), now);
        format!("{kind}r{write}{run}r{write}{run}r-{run} {links:3} ftp      ftp      {:>12} {date} ", self.size)
    }
}

/// Appends one line. Line ends in names become `?`.
pub(crate) fn push_line(
    out: &mut Vec<u8>,
    kind: ListingKind,
    row: &Row,
    name: &[u8],
    (wanted, now): (WantedFacts, UnixMillis),
) {
    match kind {
        ListingKind::Long => out.extend_from_slice(row.long(now).as_bytes()),
        ListingKind::Names => {}
        ListingKind::Facts => out.extend_from_slice(row.facts(wanted).as_bytes()),
    }
    out.extend(name.iter().copied().map(without_line_end));
    out.extend_from_slice(b"\r\n");
}

/// Returns whether `name` matches a pattern with `*` and `?`. Linear in both for each star.
pub(crate) fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    // Where the last star stands, and where its text ends so far.
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(&byte) if byte == b'?' || byte == name[n] => (p, n) = (p + 1, n + 1),
            _ => match &mut star {
                Some((at, end)) => {
                    *end += 1;
                    (p, n) = (*at + 1, *end);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> Row {
        Row {
            is_folder: false,
            size: 5,
            modified: Some(UnixMillis(1_700_000_000_000)),
            is_movable: true,
            rights: PermSet::parse("rwmd").expect("letters"),
        }
    }

    fn line(kind: ListingKind, row: &Row, name: &[u8]) -> String {
        let mut out = Vec::new();
        push_line(&mut out, kind, row, name, (WantedFacts::ALL, UnixMillis(1_700_000_100_000)));
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn lines() {
        let folder = Row { is_folder: true, rights: PermSet::parse("r").expect("letters"), ..file() };
        for (kind, row, expected) in [
            (ListingKind::Long, file(), "-rw-rw-r--   1 ftp      ftp                 5 Nov 14 22:13 a b\r\n"),
            (ListingKind::Long, folder, "dr-xr-xr-x   2 ftp      ftp                 5 Nov 14 22:13 a b\r\n"),
            (ListingKind::Names, file(), "a b\r\n"),
            (ListingKind::Facts, file(), "type=file;size=5;modify=20231114221320;perm=adfrw; a b\r\n"),
            (ListingKind::Facts, folder, "type=dir;modify=20231114221320;perm=el; a b\r\n"),
        ] {
            assert_eq!(line(kind, &row, b"a b"), expected);
        }
        assert_eq!(line(ListingKind::Names, &file(), b"a\r\n226 b"), "a??226 b\r\n");
    }

    #[test]
    fn facts_are_chosen() {
        let wanted = WantedFacts::parse(b"SIZE;UNIX.mode;Type;");
        assert_eq!(wanted.names(), "type;size;");
        assert_eq!(wanted.feature(), "MLST type*;size*;modify;perm;");
        assert_eq!(file().facts(wanted), "type=file;size=5; ");
        assert_eq!(file().facts(WantedFacts::parse(b"")), " ");
    }

    #[test]
    fn patterns() {
        for (pattern, name, expected) in [
            ("*", "", true),
            ("*.jpg", "a.b.jpg", true),
            ("*.jpg", "a.jpg.b", false),
            ("a?c*", "abcd", true),
            ("a?c", "ac", false),
            ("**a**", "bab", true),
            ("abc", "abc", true),
            ("", "a", false),
        ] {
            assert_eq!(matches(pattern.as_bytes(), name.as_bytes()), expected, "{pattern} {name}");
        }
    }
}
