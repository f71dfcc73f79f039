//! Requests of SFTP version 3 (draft-ietf-secsh-filexfer-02, sections 3 to 8), parsed from packets. Integers are big-endian; a
//! string is its length and its bytes.

use crate::attributes::{Changes, parse_changes};
use crate::fields::Fields;
pub use crate::fields::{HandleId, Malformed};
use bytes::Bytes;

/// Most bytes of a packet, without the length before it. Reads and writes of OpenSSH, which has the same limit, fit.
pub const PACKET_MAX: usize = (256 << 10) + 1024;
/// Most bytes that a read returns: with its head, the packet has 256 KiB at most, which OpenSSH insists on.
pub const READ_MAX: u32 = 255 << 10;
/// How a file is opened (section 6.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenFlags {
    /// `SSH_FXF_READ`
    pub read: bool,
    /// `SSH_FXF_WRITE`
    pub write: bool,
    /// `SSH_FXF_APPEND`: writes go to the end, whatever their offsets.
    pub append: bool,
    /// `SSH_FXF_CREAT`
    pub create: bool,
    /// `SSH_FXF_TRUNC`
    pub truncate: bool,
    /// `SSH_FXF_EXCL`: nothing may have the name.
    pub exclusive: bool,
}

impl OpenFlags {
    fn of(bits: u32) -> Self {
        let has = |bit: u32| bits & bit != 0;
        Self {
            read: has(0x01),
            write: has(0x02),
            append: has(0x04),
            create: has(0x08),
            truncate: has(0x10),
            exclusive: has(0x20),
        }
    }
}

/// What a request is about: a path as the client has sent it, or something that it has opened.
pub type Path = Bytes;

/// What a client asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// `SSH_FXP_OPEN`
    Open {
        /// The file.
        path: Path,
        /// How.
        flags: OpenFlags,
        /// Attributes of a new file.
        changes: Changes,
    },
    /// `SSH_FXP_CLOSE`
    Close(HandleId),
    /// `SSH_FXP_READ`
    Read {
        /// The file.
        handle: HandleId,
        /// Offset in bytes.
        offset: u64,
        /// Most bytes.
        length: u32,
    },
    /// `SSH_FXP_WRITE`
    Write {
        /// The file.
        handle: HandleId,
        /// Offset in bytes.
        offset: u64,
        /// The bytes.
        data: Bytes,
    },
    /// `SSH_FXP_STAT` and `SSH_FXP_LSTAT`: no symlink is told from what it leads to.
    Stat(Path),
    /// `SSH_FXP_FSTAT`
    HandleStat(HandleId),
    /// `SSH_FXP_SETSTAT`
    SetStat(Path, Changes),
    /// `SSH_FXP_FSETSTAT`
    HandleSetStat(HandleId, Changes),
    /// `SSH_FXP_OPENDIR`
    OpenFolder(Path),
    /// `SSH_FXP_READDIR`
    ReadFolder(HandleId),
    /// `SSH_FXP_REMOVE`
    Remove(Path),
    /// `SSH_FXP_MKDIR`
    MakeFolder(Path),
    /// `SSH_FXP_RMDIR`
    RemoveFolder(Path),
    /// `SSH_FXP_REALPATH`, `expand-path@openssh.com`
    RealPath(Path),
    /// `SSH_FXP_RENAME`: the new name must be free. With `replaces` (`posix-rename@openssh.com`) a file may have it.
    Rename {
        /// The file or folder.
        from: Path,
        /// Its new path.
        to: Path,
        /// A file may have the new name.
        replaces: bool,
    },
    /// `statvfs@openssh.com`
    Space(Path),
    /// `fstatvfs@openssh.com`
    HandleSpace(HandleId),
    /// `fsync@openssh.com`
    Sync(HandleId),
    /// `limits@openssh.com`
    Limits,
    /// `SSH_FXP_READLINK`, `SSH_FXP_SYMLINK`, `hardlink@openssh.com`, unknown ones.
    Unsupported,
}

/// A packet of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packet {
    /// `SSH_FXP_INIT`, with the newest version that the client speaks.
    Init(u32),
    /// A request, with the number that its answer bears.
    Request(u32, Request),
}

impl Packet {
    /// Parses a packet, without the length before it.
    ///
    /// # Errors
    /// It ends too early, or goes on after its end.
    pub fn parse(bytes: Bytes) -> Result<Self, Malformed> {
        let mut fields = Fields(bytes);
        let kind = fields.byte()?;
        if kind == 1 {
            // Pairs of strings may follow, which say what a client is able to do.
            return fields.number().map(Self::Init);
        }
        let id = fields.number()?;
        Ok(Self::Request(id, request(kind, fields)?))
    }
}

fn request(kind: u8, mut fields: Fields) -> Result<Request, Malformed> {
    let request = match kind {
        3 => Request::Open {
            path: fields.string()?,
            flags: OpenFlags::of(fields.number()?),
            changes: parse_changes(&mut fields)?,
        },
        4 => Request::Close(fields.handle()?),
        5 => Request::Read { handle: fields.handle()?, offset: fields.long()?, length: fields.number()? },
        6 => Request::Write { handle: fields.handle()?, offset: fields.long()?, data: fields.string()? },
        7 | 17 => Request::Stat(fields.string()?),
        8 => Request::HandleStat(fields.handle()?),
        9 => Request::SetStat(fields.string()?, parse_changes(&mut fields)?),
        10 => Request::HandleSetStat(fields.handle()?, parse_changes(&mut fields)?),
        11 => Request::OpenFolder(fields.string()?),
        12 => Request::ReadFolder(fields.handle()?),
        13 => Request::Remove(fields.string()?),
        14 => {
            let path = fields.string()?;
            // Modes of new folders mean nothing here, and some clients send none.
            return Ok(Request::MakeFolder(path));
        }
        15 => Request::RemoveFolder(fields.string()?),
        16 => Request::RealPath(fields.string()?),
        18 => Request::Rename { from: fields.string()?, to: fields.string()?, replaces: false },
        200 => return extension(fields),
        _ => return Ok(Request::Unsupported),
    };
    fields.end()?;
    Ok(request)
}

/// Parses an extension of OpenSSH (its file PROTOCOL, section 4).
fn extension(mut fields: Fields) -> Result<Request, Malformed> {
    let name = fields.string()?;
    let request = match &name[..] {
        b"posix-rename@openssh.com" => Request::Rename { from: fields.string()?, to: fields.string()?, replaces: true },
        b"statvfs@openssh.com" => Request::Space(fields.string()?),
        b"fstatvfs@openssh.com" => Request::HandleSpace(fields.handle()?),
        b"fsync@openssh.com" => Request::Sync(fields.handle()?),
        b"limits@openssh.com" => Request::Limits,
        b"expand-path@openssh.com" => Request::RealPath(expanded(fields.string()?)),
        // As `lsetstat` follows no symlink, it is `setstat` here.
        b"lsetstat@openssh.com" => Request::SetStat(fields.string()?, parse_changes(&mut fields)?),
        _ => return Ok(Request::Unsupported),
    };
    fields.end()?;
    Ok(request)
}

/// Replaces `~`, the home folder, by the folder in which clients begin.
fn expanded(path: Bytes) -> Bytes {
    match path.strip_prefix(b"~") {
        Some(rest) if rest.is_empty() || rest.starts_with(b"/") => path.slice(1..),
        _ => path,
    }
}

#[cfg(test)]
mod tests;
