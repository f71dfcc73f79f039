//! tar: GNU format, or POSIX with pax headers. Owner 0, mode 644 for files and 755 for folders.

use super::compressor::Compressor;
use super::packer::{COPIED_BELOW, Packer, Progress, read_or_pad};
use bytes::Bytes;
use std::io::{self, Write};
use store::disk::OpenFile;

const BLOCK: usize = 512;
/// Bytes of a file that are read at a time.
const PIECE: usize = 512 << 10;
/// Longest path that fits a header.
const PATH_MAX: usize = 100;
/// Largest number in eleven octal digits.
const OCTAL_MAX: u64 = 0o777_7777_7777;
/// GNU's name for a member that holds the next one's path.
const LONG_LINK: &[u8] = b"././@LongLink";

/// Types of members.
const FILE: u8 = b'0';
const FOLDER: u8 = b'5';

pub(super) struct Tar {
    out: Compressor,
    pax: bool,
    file: Option<Current>,
}

/// The file that is being added.
struct Current {
    path: Vec<u8>,
    file: OpenFile,
    /// Bytes that were added.
    at: u64,
    failure: Option<io::Error>,
}

impl Tar {
    pub fn new(out: Compressor, pax: bool) -> Self {
        Self { out, pax, file: None }
    }

    fn header(&mut self, kind: u8, path: &[u8], size: u64, mtime_ns: i64) -> io::Result<()> {
        let mtime = mtime_ns.div_euclid(1_000_000_000);
        if self.pax {
            let records = pax_records(path, size, mtime_ns);
            self.member(b"pax_header", b'x', &records)?;
        } else if path.len() > PATH_MAX {
            let mut text = path.to_vec();
            text.push(0);
            self.member(LONG_LINK, b'L', &text)?;
        }
        self.out.write_all(&self.block(path, kind, size, mtime))
    }

    /// Writes a member that describes the next one.
    fn member(&mut self, name: &[u8], kind: u8, text: &[u8]) -> io::Result<()> {
        self.out.write_all(&self.block(name, kind, text.len() as u64, 0))?;
        self.out.write_all(text)?;
        self.pad(text.len() as u64)
    }

    fn block(&self, path: &[u8], kind: u8, size: u64, mtime: i64) -> [u8; BLOCK] {
        let mut block = [0; BLOCK];
        let cut = &path[..path.len().min(PATH_MAX)];
        block[..cut.len()].copy_from_slice(cut);
        octal(&mut block[100..108], if kind == FOLDER { 0o755 } else { 0o644 });
        octal(&mut block[108..116], 0);
        octal(&mut block[116..124], 0);
        self.number(&mut block[124..136], i128::from(size));
        self.number(&mut block[136..148], i128::from(mtime));
        block[156] = kind;
        block[257..265].copy_from_slice(if self.pax { b"ustar\x0000" } else { b"ustar  \0" });
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
        octal(&mut block[148..155], u64::from(sum));
        block
    }

    /// Writes octal digits if the value fits; else GNU's binary form, or zero in pax, where the record before it
    /// counts.
    fn number(&self, field: &mut [u8], value: i128) {
        match u64::try_from(value) {
            Ok(value) if value <= OCTAL_MAX => octal(field, value),
            _ if self.pax => octal(field, 0),
            _ => {
                let bytes = value.to_be_bytes();
                field.copy_from_slice(&bytes[bytes.len() - field.len()..]);
                field[0] |= 0x80;
            }
        }
    }

    fn pad(&mut self, size: u64) -> io::Result<()> {
        let over = (size % BLOCK as u64) as usize;
        if over > 0 { self.out.write_all(&[0; BLOCK][over..]) } else { Ok(()) }
    }
}

impl Packer for Tar {
    fn add_folder(&mut self, path: &[u8], mtime_ns: i64) -> io::Result<()> {
        self.header(FOLDER, path, 0, mtime_ns)
    }

    fn add_text(&mut self, path: &[u8], text: &[u8], mtime_ns: i64) -> io::Result<()> {
        self.header(FILE, path, text.len() as u64, mtime_ns)?;
        self.out.write_all(text)?;
        self.pad(text.len() as u64)
    }

    fn begin_file(&mut self, path: Vec<u8>, file: OpenFile) -> io::Result<()> {
        self.header(FILE, &path, file.meta.size, file.meta.mtime_ns)?;
        self.file = Some(Current { path, file, at: 0, failure: None });
        Ok(())
    }

    fn continue_file(&mut self) -> io::Result<Progress> {
        let mut current = self.file.take().expect("a file was begun");
        let size = current.file.meta.size;
        if current.at == size {
            self.pad(size)?;
            return Ok(Progress::Done { path: current.path, failure: current.failure });
        }
        let most = (size - current.at).min(PIECE as u64) as usize;
        let failure = match &mut self.out {
            Compressor::Plain(pieces) if most < COPIED_BELOW => {
                read_or_pad(&current.file, current.at, most, pieces.buffer(most))
            }
            out => {
                let mut piece = Vec::with_capacity(most);
                let failure = read_or_pad(&current.file, current.at, most, &mut piece);
                match out {
                    Compressor::Plain(pieces) => pieces.push(piece.into()),
                    compressor => compressor.write_all(&piece)?,
                }
                failure
            }
        };
        current.at += most as u64;
        current.failure = current.failure.or(failure);
        self.file = Some(current);
        Ok(Progress::Read(most))
    }

    /// Two empty blocks end a tar.
    fn finish(&mut self) -> io::Result<bool> {
        self.out.write_all(&[0; 2 * BLOCK])?;
        self.out.finish()?;
        Ok(true)
    }

    fn waiting(&self) -> usize {
        self.out.waiting()
    }

    fn take(&mut self) -> Vec<Bytes> {
        self.out.take()
    }
}

/// Writes digits and a NUL that fill the field.
fn octal(field: &mut [u8], mut value: u64) {
    let digits = field.len() - 1;
    for at in (0..digits).rev() {
        field[at] = b'0' + (value & 7) as u8;
        value >>= 3;
    }
    field[digits] = 0;
}

/// `LENGTH key=value\n`, where LENGTH counts itself.
fn pax_records(path: &[u8], size: u64, mtime_ns: i64) -> Vec<u8> {
    let mut records = Vec::new();
    let mut record = |key: &str, value: &[u8]| {
        let rest = key.len() + value.len() + 3;
        let mut length = rest + 1;
        while length != rest + length.to_string().len() {
            length = rest + length.to_string().len();
        }
        records.extend_from_slice(format!("{length} {key}=").as_bytes());
        records.extend_from_slice(value);
        records.push(b'\n');
    };
    if path.len() > PATH_MAX || !path.is_ascii() {
        if std::str::from_utf8(path).is_err() {
            record("hdrcharset", b"BINARY");
        }
        record("path", path);
    }
    if size > OCTAL_MAX {
        record("size", size.to_string().as_bytes());
    }
    let (sign, ns) = if mtime_ns < 0 { ("-", mtime_ns.unsigned_abs()) } else { ("", mtime_ns as u64) };
    record("mtime", format!("{sign}{}.{:09}", ns / 1_000_000_000, ns % 1_000_000_000).as_bytes());
    records
}
