//! Everything in the store that depends on the operating system.
//!
//! One module per system implements the same small interface: [`Dir`], an open folder below which names are resolved
//! without following symlinks, and a few functions on open files. Only this folder uses `cfg(target_os)`.
//!
//! | system | how a path is kept below its folder |
//! |---|---|
//! | Linux | one `openat2(RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS)`; as other unixes if the kernel lacks it |
//! | other unixes | one `openat(O_NOFOLLOW)` per component, each relative to the handle before it |
//! | Windows | by path, every component checked for reparse points before and after |

#[cfg(target_os = "linux")]
mod linux;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod memory;
#[cfg(not(target_os = "linux"))]
#[path = "no_pipe.rs"]
mod pipe;
#[cfg(target_os = "linux")]
mod pipe;
mod position;
mod private;
#[cfg(unix)]
mod unix;
#[cfg(unix)]
mod walk;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use unix::{
    Dir, allocated, append_at, clone_file, copy_range, file_meta, is_link, populate, read_nowait, relative, send_file,
    set_file_mtime,
};
#[cfg(windows)]
pub(crate) use windows::{
    Dir, allocated, append_at, clone_file, copy_range, file_meta, is_link, populate, read_nowait, relative, send_file,
    set_file_mtime,
};

#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub use memory::{limit_heap_retention, trim_heap};
/// Other allocators have no such thresholds.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn limit_heap_retention() {}
/// Other allocators return memory by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn trim_heap() {}

pub(crate) use pipe::Pipe;
pub(crate) use position::{read_at, read_exact_at, write_all_at};
pub(crate) use private::{close_to_others, create_private_file, create_private_folder, make_private_folder};

use crate::disk::Meta;
use std::fs::File;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// A borrowed socket.
#[cfg(unix)]
pub type SocketRef<'a> = std::os::fd::BorrowedFd<'a>;
/// A borrowed socket.
#[cfg(windows)]
pub type SocketRef<'a> = std::os::windows::io::BorrowedSocket<'a>;

/// A socket handle owned by this crate.
#[cfg(unix)]
pub type OwnedSocket = std::os::fd::OwnedFd;
/// A socket handle owned by this crate.
#[cfg(windows)]
pub type OwnedSocket = std::os::windows::io::OwnedSocket;

/// The result of opening a path.
pub(crate) enum Found {
    File(File, Meta),
    Folder(Dir, Meta),
    /// A pipe, socket or device.
    Special,
}

/// Returns a hidden name for an entry while two names are exchanged in steps. It is unique, because two exchanges in
/// one folder, concurrent or after an interrupted one, must not replace each other's entries.
fn temporary_name() -> model::FileName {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    crate::disk::reserved::partial_name(&format!("x{}x{since}x{number}", std::process::id()))
}

/// The fallback for opening paths, which is never used on a Linux kernel with `openat2`.
#[cfg(all(test, unix))]
pub(crate) fn walk_for_tests(dir: std::os::fd::BorrowedFd<'_>, path: &model::VPath) -> std::io::Result<()> {
    Ok(walk::open(dir, path).map(drop)?)
}
