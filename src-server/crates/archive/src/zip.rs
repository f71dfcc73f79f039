//! zip (APPNOTE.TXT 6.3.10), not compressed: a header and the bytes of each member, then the central directory.
//!
//! If a checksum is known only after the data, it follows in a data descriptor. A reader that does not seek must then
//! find the end of the data by itself, which is possible in a deflate stream (RFC 1951) only: such files are deflate
//! streams of stored blocks, at a cost of five bytes per 60 KiB. Java's `ZipInputStream`, for example, refuses
//! descriptors after data of method 0. Members with the checksum in front (`?zip=crc`, empty files, folders, texts) use
//! method 0.

use super::output_buffers::OutputBuffers;
use super::packer::{COPIED_BELOW, Packer, Progress, read_or_pad};
use super::request::ZipNames;
use super::spool::Spool;
use bytes::Bytes;
use std::io;
use std::path::Path;
use store::disk::OpenFile;

const LOCAL: u32 = 0x0403_4b50;
const DESCRIPTOR: u32 = 0x0807_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const END_64: u32 = 0x0606_4b50;
const END_64_LOCATOR: u32 = 0x0706_4b50;
/// Value of a 32-bit field if the number is in the zip64 field.
const IN_ZIP64: u32 = u32::MAX;
/// General purpose flags: sizes and checksum follow the data; names are UTF-8.
const FLAG_DESCRIPTOR: u16 = 0x8;
const FLAG_UTF8: u16 = 0x800;
/// Versions needed to extract: 2.0 for folders and deflate, and 4.5 for zip64.
const PLAIN: u16 = 20;
const ZIP64: u16 = 45;
/// Made on Unix, by version 3.0: the upper half of the attributes is a mode.
const MADE_BY: u16 = 0x031e;
/// External attributes: a regular file with mode 644; a folder with mode 755 and the DOS directory bit.
const FILE: u32 = 0o100_644 << 16;
const FOLDER: u32 = 0o040_755 << 16 | 0x10;
/// Compression methods.
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
/// Bytes of one stored block of deflate: at most 65,535, and whole pages, which are copied faster.
const BLOCK: usize = 60 << 10;
/// Bytes before a stored block: see [`block_head`].
const BLOCK_HEAD: usize = 5;
/// Bytes of a file that are read at a time; a multiple of the block size.
const PIECE: usize = 8 * BLOCK;

pub(super) struct Zip {
    out: OutputBuffers,
    /// Bytes of the archive that were taken from `out`; those in it follow. See [`Zip::written`].
    taken: u64,
    style: ZipNames,
    directory: Spool,
    count: u64,
    file: Option<Current>,
    /// Offset of the central directory, once it has been begun.
    directory_start: Option<u64>,
}

/// The file that is being added.
struct Current {
    member: Member,
    file: OpenFile,
    state: MemberState,
    /// Bytes of the file that this pass has read.
    at: u64,
    hasher: crc32fast::Hasher,
    failure: Option<io::Error>,
}

/// The current pass over a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum MemberState {
    /// Reads it for its checksum.
    Checksum,
    /// Reads it into the archive.
    Data,
}

/// The data of one member for its header, descriptor and directory entry.
struct Member {
    path: Vec<u8>,
    /// Bytes of the file.
    size: u64,
    mtime_secs: i64,
    flags: u16,
    method: u16,
    attributes: u32,
    crc: u32,
    start: u64,
}

impl Zip {
    pub fn new(style: ZipNames, state_folder: &Path) -> Self {
        let directory = Spool::new(state_folder);
        Self { out: OutputBuffers::default(), taken: 0, style, directory, count: 0, file: None, directory_start: None }
    }

    /// Bytes of the archive so far.
    fn written(&self) -> u64 {
        self.taken + self.out.len() as u64
    }

    /// Returns a member with the checksum in front.
    fn member(&self, path: Vec<u8>, size: u64, mtime_secs: i64) -> Member {
        let flags = if self.style == ZipNames::Utf8 { FLAG_UTF8 } else { 0 };
        Member { path, size, mtime_secs, flags, method: STORED, attributes: FILE, crc: 0, start: self.written() }
    }

    fn end_member(&mut self, member: &Member) -> io::Result<()> {
        if member.has_descriptor() {
            self.out.write(&member.descriptor());
        }
        self.count += 1;
        self.directory.push(&member.directory_entry())
    }

    /// Adds the next piece of the file to the archive. Returns its length.
    fn add_piece(&mut self, current: &mut Current) -> usize {
        let rest = current.member.size - current.at;
        let most = rest.min(PIECE as u64) as usize;
        let failure = if most < COPIED_BELOW {
            self.add_copied(current, most, most as u64 == rest)
        } else {
            let mut piece = Vec::with_capacity(most);
            let failure = read_or_pad(&current.file, current.at, most, &mut piece);
            current.hasher.update(&piece);
            match current.member.method {
                DEFLATED => self.push_blocks(piece.into(), most as u64 == rest),
                _ => self.out.push(piece.into()),
            }
            failure
        };
        current.at += most as u64;
        current.failure = current.failure.take().or(failure);
        most
    }

    /// Adds a piece of less than [`BLOCK`] bytes by copying it to the buffer.
    fn add_copied(&mut self, current: &mut Current, most: usize, is_last: bool) -> Option<io::Error> {
        if current.member.method == DEFLATED {
            self.out.write(&block_head(most, is_last));
        }
        let buffer = self.out.buffer(most);
        let start = buffer.len();
        let failure = read_or_pad(&current.file, current.at, most, buffer);
        current.hasher.update(&buffer[start..]);
        failure
    }

    /// Adds data as stored blocks of deflate.
    fn push_blocks(&mut self, data: Bytes, is_last: bool) {
        let count = data.len().div_ceil(BLOCK);
        let lengths = (0..count).map(|at| BLOCK.min(data.len() - at * BLOCK));
        let heads: Vec<u8> =
            lengths.enumerate().flat_map(|(at, length)| block_head(length, is_last && at + 1 == count)).collect();
        let heads = Bytes::from(heads);
        for at in 0..count {
            self.out.push(heads.slice(at * BLOCK_HEAD..(at + 1) * BLOCK_HEAD));
            self.out.push(data.slice(at * BLOCK..data.len().min((at + 1) * BLOCK)));
        }
    }

    /// Writes the end of central directory records. `start`: offset of the central directory, which has just been
    /// written.
    fn push_end(&mut self, start: u64) {
        let (length, count, end_64) = (self.directory.length(), self.count, self.written());
        let mut end = Vec::new();
        if count >= 0xffff || start >= u64::from(IN_ZIP64) || length >= u64::from(IN_ZIP64) {
            push_all(
                &mut end,
                &[&END_64.to_le_bytes(), &44u64.to_le_bytes(), &MADE_BY.to_le_bytes(), &ZIP64.to_le_bytes()],
            );
            push_all(&mut end, &[&[0; 8], &count.to_le_bytes(), &count.to_le_bytes()]);
            push_all(&mut end, &[&length.to_le_bytes(), &start.to_le_bytes()]);
            push_all(&mut end, &[&END_64_LOCATOR.to_le_bytes(), &[0; 4], &end_64.to_le_bytes(), &1u32.to_le_bytes()]);
        }
        let count = u16::try_from(count).unwrap_or(u16::MAX);
        push_all(&mut end, &[&END.to_le_bytes(), &[0; 4], &count.to_le_bytes(), &count.to_le_bytes()]);
        push_all(&mut end, &[&fit_u32(length).to_le_bytes(), &fit_u32(start).to_le_bytes(), &[0; 2]]);
        self.out.write(&end);
    }
}

impl Packer for Zip {
    fn add_folder(&mut self, path: &[u8], mtime_ns: i64) -> io::Result<()> {
        let mut member = self.member(path.to_vec(), 0, secs(mtime_ns));
        member.attributes = FOLDER;
        self.out.write(&member.local_header());
        self.end_member(&member)
    }

    fn add_text(&mut self, path: &[u8], text: &[u8], mtime_ns: i64) -> io::Result<()> {
        let mut member = self.member(path.to_vec(), text.len() as u64, secs(mtime_ns));
        member.crc = crc32fast::hash(text);
        self.out.write(&member.local_header());
        self.out.write(text);
        self.end_member(&member)
    }

    fn begin_file(&mut self, path: Vec<u8>, file: OpenFile) -> io::Result<()> {
        let mut member = self.member(path, file.meta.size, file.meta.mtime().secs());
        let checksum_first = self.style == ZipNames::DosCrcFirst && member.size > 0;
        if self.style != ZipNames::DosCrcFirst && member.size > 0 {
            member.method = DEFLATED;
            member.flags |= FLAG_DESCRIPTOR;
        }
        if !checksum_first {
            self.out.write(&member.local_header());
        }
        let state = if checksum_first { MemberState::Checksum } else { MemberState::Data };
        self.file = Some(Current { member, file, state, at: 0, hasher: crc32fast::Hasher::new(), failure: None });
        Ok(())
    }

    fn continue_file(&mut self) -> io::Result<Progress> {
        let mut current = self.file.take().expect("a file was begun");
        let size = current.member.size;
        if current.at < size {
            let read = match current.state {
                MemberState::Checksum => match current.read_for_checksum()? {
                    Ok(read) => read,
                    // Nothing of the file is in the archive yet, so it is left out.
                    Err(error) => return Ok(Progress::Done { path: current.member.path, failure: Some(error) }),
                },
                MemberState::Data => self.add_piece(&mut current),
            };
            self.file = Some(current);
            return Ok(Progress::Read(read));
        }
        let crc = std::mem::take(&mut current.hasher).finalize();
        if current.state == MemberState::Checksum {
            current.member.crc = crc;
            self.out.write(&current.member.local_header());
            (current.state, current.at) = (MemberState::Data, 0);
            self.file = Some(current);
            return Ok(Progress::Read(0));
        }
        if current.member.has_descriptor() {
            current.member.crc = crc;
        } else if current.member.crc != crc && current.failure.is_none() {
            current.failure = Some(io::Error::other("it changed while it was packed"));
        }
        self.end_member(&current.member)?;
        Ok(Progress::Done { path: current.member.path, failure: current.failure })
    }

    fn finish(&mut self) -> io::Result<bool> {
        let written = self.written();
        let start = *self.directory_start.get_or_insert(written);
        let mut bytes = Vec::new();
        let is_complete = self.directory.take(&mut bytes, PIECE)?;
        self.out.push(bytes.into());
        if !is_complete {
            return Ok(false);
        }
        self.push_end(start);
        Ok(true)
    }

    fn take(&mut self) -> Vec<Bytes> {
        self.taken += self.out.len() as u64;
        self.out.take()
    }

    fn waiting(&self) -> usize {
        self.out.len()
    }
}

impl Current {
    /// Reads a piece for the checksum. The outer error ends the archive, the inner one is the file's.
    fn read_for_checksum(&mut self) -> io::Result<Result<usize, io::Error>> {
        let mut piece = Vec::new();
        let most = (self.member.size - self.at).min(PIECE as u64) as usize;
        let failure = read_or_pad(&self.file, self.at, most, &mut piece);
        self.hasher.update(&piece);
        self.at += most as u64;
        Ok(failure.map_or(Ok(most), Err))
    }
}

impl Member {
    fn has_descriptor(&self) -> bool {
        self.flags & FLAG_DESCRIPTOR != 0
    }

    /// Bytes of the data in the archive.
    fn packed_size(&self) -> u64 {
        match self.method {
            DEFLATED => self.size + self.size.div_ceil(BLOCK as u64) * BLOCK_HEAD as u64,
            _ => self.size,
        }
    }

    fn is_big(&self) -> bool {
        self.packed_size() >= u64::from(IN_ZIP64)
    }

    /// Returns the local header. With a descriptor, the sizes are 0 (APPNOTE 4.4.4); for a big member they are 0 in the
    /// zip64 field, whose presence tells readers that the descriptor has 64-bit sizes.
    fn local_header(&self) -> Vec<u8> {
        let (crc, size, packed) = match self.has_descriptor() {
            true => (0, 0, 0),
            false => (self.crc, self.size, self.packed_size()),
        };
        let mut extra = self.time_field();
        let (mut size_32, mut packed_32) = (fit_u32(size), fit_u32(packed));
        if self.is_big() {
            (size_32, packed_32) = (IN_ZIP64, IN_ZIP64);
            push_all(
                &mut extra,
                &[&1u16.to_le_bytes(), &16u16.to_le_bytes(), &size.to_le_bytes(), &packed.to_le_bytes()],
            );
        }
        let mut header = Vec::with_capacity(30 + self.path.len() + extra.len());
        let version = if self.is_big() { ZIP64 } else { PLAIN };
        push_all(&mut header, &[&LOCAL.to_le_bytes(), &version.to_le_bytes()]);
        self.push_common_fields(&mut header, crc, (packed_32, size_32), extra.len());
        push_all(&mut header, &[&self.path, &extra]);
        header
    }

    /// Writes the fields that local header and directory entry share, from the flags to the length of the extra fields.
    fn push_common_fields(&self, into: &mut Vec<u8>, crc: u32, (packed, size): (u32, u32), extra: usize) {
        let (date, time) = dos_time(self.mtime_secs);
        push_all(into, &[&self.flags.to_le_bytes(), &self.method.to_le_bytes()]);
        push_all(into, &[&time.to_le_bytes(), &date.to_le_bytes(), &crc.to_le_bytes()]);
        push_all(into, &[&packed.to_le_bytes(), &size.to_le_bytes()]);
        push_all(into, &[&(self.path.len() as u16).to_le_bytes(), &(extra as u16).to_le_bytes()]);
    }

    fn descriptor(&self) -> Vec<u8> {
        let mut descriptor = Vec::with_capacity(24);
        push_all(&mut descriptor, &[&DESCRIPTOR.to_le_bytes(), &self.crc.to_le_bytes()]);
        if self.is_big() {
            push_all(&mut descriptor, &[&self.packed_size().to_le_bytes(), &self.size.to_le_bytes()]);
        } else {
            push_all(&mut descriptor, &[&fit_u32(self.packed_size()).to_le_bytes(), &fit_u32(self.size).to_le_bytes()]);
        }
        descriptor
    }

    fn directory_entry(&self) -> Vec<u8> {
        let is_far = self.start >= u64::from(IN_ZIP64);
        let mut big = Vec::new();
        let (mut size_32, mut packed_32) = (fit_u32(self.size), fit_u32(self.packed_size()));
        if self.is_big() {
            (size_32, packed_32) = (IN_ZIP64, IN_ZIP64);
            push_all(&mut big, &[&self.size.to_le_bytes(), &self.packed_size().to_le_bytes()]);
        }
        if is_far {
            push_all(&mut big, &[&self.start.to_le_bytes()]);
        }
        let mut extra = self.time_field();
        if !big.is_empty() {
            push_all(&mut extra, &[&1u16.to_le_bytes(), &(big.len() as u16).to_le_bytes(), &big]);
        }
        let version = if big.is_empty() { PLAIN } else { ZIP64 };
        let mut entry = Vec::with_capacity(46 + self.path.len() + extra.len());
        push_all(&mut entry, &[&CENTRAL.to_le_bytes(), &MADE_BY.to_le_bytes(), &version.to_le_bytes()]);
        self.push_common_fields(&mut entry, self.crc, (packed_32, size_32), extra.len());
        // No comment, first disk, no internal attributes.
        push_all(&mut entry, &[&[0; 6], &self.attributes.to_le_bytes(), &fit_u32(self.start).to_le_bytes()]);
        push_all(&mut entry, &[&self.path, &extra]);
        entry
    }

    /// Returns the extended timestamp field ("UT"): seconds in UTC. The header's own time has a resolution of two
    /// seconds and no zone.
    fn time_field(&self) -> Vec<u8> {
        let mut field = Vec::new();
        if let Ok(secs) = i32::try_from(self.mtime_secs) {
            push_all(&mut field, &[b"UT", &5u16.to_le_bytes(), &[1], &secs.to_le_bytes()]);
        }
        field
    }
}

/// Returns the header of a stored block (RFC 1951 section 3.2.4): the type (1: the last one), length, and inverted
/// length.
fn block_head(length: usize, is_last: bool) -> [u8; BLOCK_HEAD] {
    let [low, high] = (length as u16).to_le_bytes();
    [u8::from(is_last), low, high, !low, !high]
}

fn push_all(into: &mut Vec<u8>, parts: &[&[u8]]) {
    parts.iter().for_each(|part| into.extend_from_slice(part));
}

fn fit_u32(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(IN_ZIP64)
}

/// Returns DOS date and time in UTC, clamped to 1980 to 2107.
fn dos_time(secs: i64) -> (u16, u16) {
    const FIRST: i64 = 315_532_800;
    const LAST: i64 = 4_354_819_198;
    let Ok(time) = jiff::Timestamp::from_second(secs.clamp(FIRST, LAST)) else { return (0x21, 0) };
    let time = time.to_zoned(jiff::tz::TimeZone::UTC);
    let date = (time.year() - 1980) as u16 * 512 + time.month() as u16 * 32 + time.day() as u16;
    let clock = time.hour() as u16 * 2048 + time.minute() as u16 * 32 + time.second() as u16 / 2;
    (date, clock)
}

fn secs(ns: i64) -> i64 {
    ns.div_euclid(1_000_000_000)
}
