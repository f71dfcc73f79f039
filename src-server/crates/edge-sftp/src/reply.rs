//! Answers (draft-ietf-secsh-filexfer-02, section 7), encoded with the length before them.

use crate::attributes::Attributes;
use crate::packet::{HandleId, PACKET_MAX, READ_MAX};
use bytes::{BufMut, Bytes};
use engine::listing::VolumeSpace;

/// The version that is spoken.
const VERSION: u32 = 3;
/// Extensions that clients may use, with their versions.
const EXTENSIONS: [(&str, &str); 7] = [
    ("posix-rename@openssh.com", "1"),
    ("statvfs@openssh.com", "2"),
    ("fstatvfs@openssh.com", "2"),
    ("fsync@openssh.com", "1"),
    ("lsetstat@openssh.com", "1"),
    ("limits@openssh.com", "1"),
    ("expand-path@openssh.com", "1"),
];

/// Codes of `SSH_FXP_STATUS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    Ok = 0,
    /// The end of a file or folder.
    End = 1,
    NoSuchFile = 2,
    PermissionDenied = 3,
    Failure = 4,
    Unsupported = 8,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Status(Code, &'static str),
    Handle(HandleId),
    Data(Bytes),
    Attributes(Attributes),
    /// Encoded names, and their number.
    Names(u32, Vec<u8>),
    Space(VolumeSpace),
    Limits {
        handles: u64,
    },
}

impl Reply {
    pub const OK: Self = Self::Status(Code::Ok, "");
    pub const END: Self = Self::Status(Code::End, "That is all.");

    /// A single name, as REALPATH is answered.
    pub fn name(name: &[u8]) -> Self {
        let mut names = Vec::with_capacity(2 * name.len() + 12);
        put_string(&mut names, name);
        put_string(&mut names, name);
        names.put_u32(0);
        Self::Names(1, names)
    }

    /// Encodes the answer to the request `id`. Large contents are the second part, which is not copied.
    pub fn encode(self, id: u32) -> (Vec<u8>, Bytes) {
        let mut out = vec![0; 4];
        let mut rest = Bytes::new();
        match self {
            Self::Status(code, text) => {
                head(&mut out, 101, id);
                out.put_u32(code as u32);
                put_string(&mut out, text.as_bytes());
                put_string(&mut out, b"en");
            }
            Self::Handle(HandleId(handle)) => {
                head(&mut out, 102, id);
                put_string(&mut out, &handle.to_be_bytes());
            }
            Self::Data(bytes) => {
                head(&mut out, 103, id);
                out.put_u32(bytes.len() as u32);
                rest = bytes;
            }
            Self::Names(count, names) => {
                head(&mut out, 104, id);
                out.put_u32(count);
                rest = names.into();
            }
            Self::Attributes(attributes) => {
                head(&mut out, 105, id);
                attributes.put(&mut out);
            }
            Self::Space(space) => {
                head(&mut out, 201, id);
                put_space(&mut out, space);
            }
            Self::Limits { handles } => {
                head(&mut out, 201, id);
                for limit in [PACKET_MAX as u64, u64::from(READ_MAX), u64::from(READ_MAX), handles] {
                    out.put_u64(limit);
                }
            }
        }
        finish(&mut out, rest.len());
        (out, rest)
    }
}

/// Encodes the answer to `SSH_FXP_INIT`.
pub(crate) fn version() -> Vec<u8> {
    let mut out = vec![0; 4];
    out.put_u8(2);
    out.put_u32(VERSION);
    for (name, version) in EXTENSIONS {
        put_string(&mut out, name.as_bytes());
        put_string(&mut out, version.as_bytes());
    }
    finish(&mut out, 0);
    out
}

/// Appends a string.
pub(crate) fn put_string(out: &mut Vec<u8>, bytes: &[u8]) {
    out.put_u32(bytes.len() as u32);
    out.extend_from_slice(bytes);
}

fn head(out: &mut Vec<u8>, kind: u8, id: u32) {
    out.put_u8(kind);
    out.put_u32(id);
}

/// Puts the length before a packet, of which `more` bytes follow.
fn finish(out: &mut [u8], more: usize) {
    let length = (out.len() - 4 + more) as u32;
    out[..4].copy_from_slice(&length.to_be_bytes());
}

/// The fields of `statvfs@openssh.com`.
fn put_space(out: &mut Vec<u8>, space: VolumeSpace) {
    const BLOCK: u64 = 4096;
    const NAME_MAX: u64 = 255;
    let (total, free) = (space.total.0 / BLOCK, space.free.0 / BLOCK);
    // Numbers of files are unlimited, as far as clients are concerned.
    let files = u64::from(u32::MAX);
    for field in [BLOCK, BLOCK, total, free, free, files, files, files, 0, 0, NAME_MAX] {
        out.put_u64(field);
    }
}
