//! Attributes of files (draft-ietf-secsh-filexfer-02, section 5), and lines as `ls -l` prints them.

use crate::fields::{Fields, Malformed};
use bytes::BufMut;
use engine::files::stat::{FileKind, Place, Stat};
use engine::listing::PlainEntry;
use model::calendar::DateTime;
use model::{PermSet, UnixMillis};

const HAS_SIZE: u32 = 0x1;
const HAS_OWNER: u32 = 0x2;
const HAS_MODE: u32 = 0x4;
const HAS_TIMES: u32 = 0x8;
const HAS_MORE: u32 = 0x8000_0000;

/// Attributes that a client wants to change. Owners and modes mean nothing here and are left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Bytes.
    pub size: Option<u64>,
    /// Modification time.
    pub modified: Option<UnixMillis>,
}

/// Takes attributes from a packet.
pub(crate) fn parse_changes(fields: &mut Fields) -> Result<Changes, Malformed> {
    let flags = fields.number()?;
    let mut changes = Changes::default();
    if flags & HAS_SIZE != 0 {
        changes.size = Some(fields.long()?);
    }
    if flags & HAS_OWNER != 0 {
        fields.long()?;
    }
    if flags & HAS_MODE != 0 {
        fields.number()?;
    }
    if flags & HAS_TIMES != 0 {
        let _accessed = fields.number()?;
        changes.modified = Some(UnixMillis(i64::from(fields.number()?) * 1000));
    }
    if flags & HAS_MORE != 0 {
        for _ in 0..fields.number()? {
            // Each takes bytes of the packet, so there are not many.
            fields.string()?;
            fields.string()?;
        }
    }
    Ok(changes)
}

/// What a client learns of a file or folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attributes {
    pub is_folder: bool,
    /// Bytes; 0 for folders.
    pub size: u64,
    /// `None`: unknown.
    pub modified: Option<UnixMillis>,
    /// May be renamed and removed.
    pub is_movable: bool,
    /// The account's rights there.
    pub rights: PermSet,
}

impl Attributes {
    pub fn of_stat(stat: &Stat) -> Self {
        Self {
            is_folder: stat.kind == FileKind::Folder,
            size: stat.size,
            modified: stat.modified,
            is_movable: stat.place == Place::Inside,
            rights: stat.rights,
        }
    }

    pub fn of_entry(entry: &PlainEntry, rights: PermSet) -> Self {
        Self {
            is_folder: entry.kind() == FileKind::Folder,
            size: entry.size(),
            modified: entry.modified(),
            is_movable: entry.place == Place::Inside,
            rights,
        }
    }

    /// A file that this client is uploading.
    pub fn of_upload(size: u64, modified: Option<UnixMillis>, rights: PermSet) -> Self {
        Self { is_folder: false, size, modified, is_movable: true, rights }
    }

    /// Returns the type and mode (`st_mode`) that say what the account may do. Programs look at them before they try.
    fn mode(&self) -> u32 {
        const FOLDER: u32 = 0o040_000;
        const FILE: u32 = 0o100_000;
        use model::Perm;
        let may_change = match self.is_folder {
            true => self.rights.has(Perm::Write),
            false => self.rights.has(Perm::Write) && self.rights.has(Perm::Delete),
        };
        let write = if may_change { 0o220 } else { 0 };
        match self.is_folder {
            true => FOLDER | 0o555 | write,
            false => FILE | 0o444 | write,
        }
    }

    /// Appends them to a packet.
    pub fn put(&self, out: &mut Vec<u8>) {
        let times = if self.modified.is_some() { HAS_TIMES } else { 0 };
        out.put_u32(HAS_SIZE | HAS_MODE | times);
        out.put_u64(self.size);
        out.put_u32(self.mode());
        if let Some(modified) = self.modified {
            // Version 3 has 32 bits, without a sign.
            let secs = u32::try_from(modified.secs().max(0)).unwrap_or(u32::MAX);
            out.put_u32(secs);
            out.put_u32(secs);
        }
    }

    /// Appends a line of `ls -l`, which some programs show or parse (section 7).
    pub fn put_long_name(&self, out: &mut Vec<u8>, name: &[u8], now: UnixMillis) {
        let mode = self.mode();
        let letters: String = [(0o400, 'r'), (0o200, 'w'), (0o100, 'x'), (0o040, 'r'), (0o020, 'w'), (0o010, 'x')]
            .into_iter()
            .chain([(0o004, 'r'), (0o002, 'w'), (0o001, 'x')])
            .map(|(bit, letter)| if mode & bit != 0 { letter } else { '-' })
            .collect();
        let kind = if self.is_folder { 'd' } else { '-' };
        let date = date(self.modified.unwrap_or(UnixMillis(0)), now);
        let head = format!("{kind}{letters}    1 potluck  potluck  {:>12} {date} ", self.size);
        out.put_u32((head.len() + name.len()) as u32);
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(name);
    }
}

/// Formats a time as `Nov 14 22:13`, or as `Nov 14  2023` if it is not of the last half year.
fn date(time: UnixMillis, now: UnixMillis) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    const RECENT_SECS: i64 = 180 * 86_400;
    let DateTime { year, month, day, hour, minute, .. } = DateTime::of(time);
    let month = MONTHS[(month - 1).clamp(0, 11) as usize];
    match (0..RECENT_SECS).contains(&(now.secs() - time.secs())) {
        true => format!("{month} {day:2} {hour:02}:{minute:02}"),
        false => format!("{month} {day:2} {year:5}"),
    }
}
