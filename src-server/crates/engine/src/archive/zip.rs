//! zip, stored (APPNOTE.TXT 6.3.10): a header, the bytes and, if the checksum was not known before, a descriptor for
//! each file; then the table of contents. Sizes stand in the header in any case, so that readers who do not seek know
//! where a stored file ends.

use super::outlet::{Outlet, Poured};
use super::spool::Spool;
use super::{Packer, ZipNames, names};
use std::io::{self, Write};
use std::path::Path;
use store::disk::OpenFile;

const LOCAL: u32 = 0x0403_4b50;
const DESCRIPTOR: u32 = 0x0807_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const END_64: u32 = 0x0606_4b50;
const END_64_LOCATOR: u32 = 0x0706_4b50;
/// What a 32-bit field says when the number stands in the zip64 field.
const ELSEWHERE: u32 = u32::MAX;
/// General purpose flags: sizes and checksum follow the data; names are UTF-8.
const FLAG_DESCRIPTOR: u16 = 0x8;
const FLAG_UTF8: u16 = 0x800;
/// Versions of the format: 1.0, and 4.5 for zip64.
const PLAIN: u16 = 10;
const ZIP64: u16 = 45;
/// Made on Unix, by version 3.0: the upper half of the attributes is a mode.
const MADE_BY: u16 = 0x031e;
/// A regular file, 644.
const ATTRIBUTES: u32 = 0o100_644 << 16;

pub(super) struct Zip {
    out: Counted,
    style: ZipNames,
    contents: Spool,
    count: u64,
}

/// What header, descriptor and table of contents say of one member.
struct Member<'a> {
    path: &'a [u8],
    size: u64,
    mtime_secs: i64,
    flags: u16,
    crc: u32,
    start: u64,
}

impl Zip {
    pub fn new(outlet: Outlet, style: ZipNames, state_folder: &Path) -> Self {
        Self { out: Counted { outlet, written: 0 }, style, contents: Spool::new(state_folder), count: 0 }
    }

    fn member<'a>(&self, path: &'a [u8], size: u64, mtime_secs: i64) -> Member<'a> {
        let flags = match self.style {
            ZipNames::Utf8 => FLAG_UTF8 | FLAG_DESCRIPTOR,
            ZipNames::Dos => FLAG_DESCRIPTOR,
            ZipNames::DosCrcFirst => 0,
        };
        Member { path, size, mtime_secs, flags, crc: 0, start: self.out.written }
    }

    fn end_member(&mut self, member: &Member<'_>) -> io::Result<()> {
        if member.flags & FLAG_DESCRIPTOR != 0 {
            self.out.write_all(&member.descriptor())?;
        }
        self.count += 1;
        self.contents.push(&member.central())
    }

    /// Writes the table of contents.
    pub fn finish(self) -> io::Result<Outlet> {
        let Self { mut out, contents, count, .. } = self;
        let (start, length) = (out.written, contents.length());
        contents.write_to(&mut out)?;
        let end_64 = out.written;
        let mut end = Vec::new();
        if count >= 0xffff || start >= u64::from(ELSEWHERE) || length >= u64::from(ELSEWHERE) {
            put(&mut end, &[&END_64.to_le_bytes(), &44u64.to_le_bytes(), &MADE_BY.to_le_bytes(), &ZIP64.to_le_bytes()]);
            put(&mut end, &[&[0; 8], &count.to_le_bytes(), &count.to_le_bytes()]);
            put(&mut end, &[&length.to_le_bytes(), &start.to_le_bytes()]);
            put(&mut end, &[&END_64_LOCATOR.to_le_bytes(), &[0; 4], &end_64.to_le_bytes(), &1u32.to_le_bytes()]);
        }
        let count = u16::try_from(count).unwrap_or(u16::MAX);
        put(&mut end, &[&END.to_le_bytes(), &[0; 4], &count.to_le_bytes(), &count.to_le_bytes()]);
        put(&mut end, &[&fit(length).to_le_bytes(), &fit(start).to_le_bytes(), &[0; 2]]);
        out.write_all(&end)?;
        Ok(out.outlet)
    }
}

impl Packer for Zip {
    fn safe_name(&self, name: &[u8]) -> Vec<u8> {
        match self.style {
            ZipNames::Utf8 => names::utf8(name),
            ZipNames::Dos | ZipNames::DosCrcFirst => names::cp437(name),
        }
    }

    fn file(&mut self, path: &[u8], file: &OpenFile) -> io::Result<Option<io::Error>> {
        let size = file.meta.size;
        let mut member = self.member(path, size, file.meta.mtime().secs());
        if self.style == ZipNames::DosCrcFirst {
            match checksum_of(file, size) {
                Ok(crc) => member.crc = crc,
                // Nothing is written yet, so nothing is.
                Err(error) => return Ok(Some(error)),
            }
        }
        self.out.write_all(&member.local())?;
        let mut hasher = crc32fast::Hasher::new();
        let poured = self.out.outlet.pour(file, size, |bytes| hasher.update(bytes))?;
        self.out.written += size;
        let crc = hasher.finalize();
        let mut failure = match poured {
            Poured::Whole => None,
            Poured::Padded(error) => Some(error),
        };
        if self.style != ZipNames::DosCrcFirst {
            member.crc = crc;
        } else if member.crc != crc && failure.is_none() {
            failure = Some(io::Error::other("it changed while it was packed"));
        }
        self.end_member(&member)?;
        Ok(failure)
    }

    fn text(&mut self, path: &[u8], text: &[u8]) -> io::Result<()> {
        let mut member = self.member(path, text.len() as u64, 0);
        member.crc = crc32fast::hash(text);
        self.out.write_all(&member.local())?;
        self.out.write_all(text)?;
        self.end_member(&member)
    }
}

impl Member<'_> {
    fn is_big(&self) -> bool {
        self.size >= u64::from(ELSEWHERE)
    }

    fn local(&self) -> Vec<u8> {
        let known = self.flags & FLAG_DESCRIPTOR == 0;
        let crc = if known { self.crc } else { 0 };
        let mut extra = self.time_field();
        if self.is_big() {
            put(&mut extra, &[&1u16.to_le_bytes(), &16u16.to_le_bytes()]);
            put(&mut extra, &[&self.size.to_le_bytes(), &self.size.to_le_bytes()]);
        }
        let mut header = Vec::with_capacity(30 + self.path.len() + extra.len());
        let version = if self.is_big() { ZIP64 } else { PLAIN };
        put(&mut header, &[&LOCAL.to_le_bytes(), &version.to_le_bytes()]);
        self.common(&mut header, crc, extra.len());
        put(&mut header, &[self.path, &extra]);
        header
    }

    /// What header and table of contents share, from the flags to the length of the extra fields.
    fn common(&self, into: &mut Vec<u8>, crc: u32, extra: usize) {
        let (date, time) = dos_time(self.mtime_secs);
        put(into, &[&self.flags.to_le_bytes(), &[0; 2], &time.to_le_bytes(), &date.to_le_bytes(), &crc.to_le_bytes()]);
        put(into, &[&fit(self.size).to_le_bytes(), &fit(self.size).to_le_bytes()]);
        put(into, &[&(self.path.len() as u16).to_le_bytes(), &(extra as u16).to_le_bytes()]);
    }

    fn descriptor(&self) -> Vec<u8> {
        let mut descriptor = Vec::with_capacity(24);
        put(&mut descriptor, &[&DESCRIPTOR.to_le_bytes(), &self.crc.to_le_bytes()]);
        if self.is_big() {
            put(&mut descriptor, &[&self.size.to_le_bytes(), &self.size.to_le_bytes()]);
        } else {
            put(&mut descriptor, &[&fit(self.size).to_le_bytes(), &fit(self.size).to_le_bytes()]);
        }
        descriptor
    }

    fn central(&self) -> Vec<u8> {
        let is_far = self.start >= u64::from(ELSEWHERE);
        let mut big = Vec::new();
        if self.is_big() {
            put(&mut big, &[&self.size.to_le_bytes(), &self.size.to_le_bytes()]);
        }
        if is_far {
            put(&mut big, &[&self.start.to_le_bytes()]);
        }
        let mut extra = self.time_field();
        if !big.is_empty() {
            put(&mut extra, &[&1u16.to_le_bytes(), &(big.len() as u16).to_le_bytes(), &big]);
        }
        let version = if big.is_empty() { PLAIN } else { ZIP64 };
        let mut entry = Vec::with_capacity(46 + self.path.len() + extra.len());
        put(&mut entry, &[&CENTRAL.to_le_bytes(), &MADE_BY.to_le_bytes(), &version.to_le_bytes()]);
        self.common(&mut entry, self.crc, extra.len());
        // No comment, first disk, no internal attributes.
        put(&mut entry, &[&[0; 6], &ATTRIBUTES.to_le_bytes(), &fit(self.start).to_le_bytes(), self.path, &extra]);
        entry
    }

    /// The time to the second, in UTC ("UT"); the header's own has two seconds and no zone.
    fn time_field(&self) -> Vec<u8> {
        let mut field = Vec::new();
        if let Ok(secs) = i32::try_from(self.mtime_secs) {
            put(&mut field, &[b"UT", &5u16.to_le_bytes(), &[1], &secs.to_le_bytes()]);
        }
        field
    }
}

fn put(into: &mut Vec<u8>, parts: &[&[u8]]) {
    parts.iter().for_each(|part| into.extend_from_slice(part));
}

fn fit(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(ELSEWHERE)
}

/// Date and time as DOS has them, in UTC; from 1980 to 2107.
fn dos_time(secs: i64) -> (u16, u16) {
    const FIRST: i64 = 315_532_800;
    const LAST: i64 = 4_354_819_198;
    let Ok(time) = jiff::Timestamp::from_second(secs.clamp(FIRST, LAST)) else { return (0x21, 0) };
    let time = time.to_zoned(jiff::tz::TimeZone::UTC);
    let date = (time.year() - 1980) as u16 * 512 + time.month() as u16 * 32 + time.day() as u16;
    let clock = time.hour() as u16 * 2048 + time.minute() as u16 * 32 + time.second() as u16 / 2;
    (date, clock)
}

/// The checksum of a file's first `size` bytes.
fn checksum_of(file: &OpenFile, size: u64) -> io::Result<u32> {
    let mut hasher = crc32fast::Hasher::new();
    let mut buffer = Vec::new();
    let mut at = 0;
    while at < size {
        buffer.clear();
        match file.read_at(at, (size - at).min(256 << 10) as usize, &mut buffer)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => at += read as u64,
        }
        hasher.update(&buffer);
    }
    Ok(hasher.finalize())
}

struct Counted {
    outlet: Outlet,
    written: u64,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.outlet.write(bytes)?;
        self.written += written as u64;
        Ok(written)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
