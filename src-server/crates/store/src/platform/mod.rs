//! Everything in the store that depends on the operating system.
//!
//! One module per system offers the same small interface: [`Dir`], an open folder below which names are resolved
//! without ever following a link, and a few functions on open files. Nothing outside this folder says `cfg(target_os)`.
//!
//! | system | how a path is held below its folder |
//! |---|---|
//! | Linux | `openat2(RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS)` in one call; where the kernel has none, as below |
//! | other unixes | one `openat(O_NOFOLLOW)` per component, each from the handle before it |
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
/// Other allocators have no such bounds.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn limit_heap_retention() {}
/// Other allocators give memory back by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn trim_heap() {}

pub(crate) use pipe::Pipe;
pub(crate) use position::{read_at, read_exact_at, write_all_at};
pub(crate) use private::{close_to_others, create_private_file, create_private_folder, make_private_folder};

use crate::disk::Meta;
use std::fs::File;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// A socket of somebody else's.
#[cfg(unix)]
pub type SocketRef<'a> = std::os::fd::BorrowedFd<'a>;
/// A socket of somebody else's.
#[cfg(windows)]
pub type SocketRef<'a> = std::os::windows::io::BorrowedSocket<'a>;

/// A socket of our own.
#[cfg(unix)]
pub type OwnedSocket = std::os::fd::OwnedFd;
/// A socket of our own.
#[cfg(windows)]
pub type OwnedSocket = std::os::windows::io::OwnedSocket;

/// What stands at the end of a path.
pub(crate) enum Found {
    File(File, Meta),
    Folder(Dir, Meta),
    /// A pipe, socket or device.
    Special,
}

/// A hidden name for what stands aside while two names are exchanged in steps. Exchanges in one folder, at once or after
/// another one was cut short, never share it: the second would replace what the first has put there.
fn aside_name() -> model::FileName {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    crate::disk::reserved::partial_name(&format!("x{}x{since}x{number}", std::process::id()))
}

/// The second way of opening, which a Linux kernel with `openat2` never takes.
#[cfg(all(test, unix))]
pub(crate) fn walk_for_tests(dir: std::os::fd::BorrowedFd<'_>, path: &model::VPath) -> std::io::Result<()> {
    Ok(walk::open(dir, path).map(drop)?)
}
