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

mod found;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod memory;
mod mount;
#[cfg(not(target_os = "linux"))]
#[path = "no_pipe.rs"]
mod pipe;
#[cfg(target_os = "linux")]
mod pipe;
mod position;
mod private;
mod socket;
#[cfg(unix)]
mod stat;
#[cfg(unix)]
mod unix;
#[cfg(unix)]
mod walk;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use unix::{
    Dir, allocated, append_at, clone_file, copy_range, file_meta, id_at, is_link, mounts, populate, read_nowait,
    relative, send_file, set_file_mtime, unique_mount,
};
#[cfg(windows)]
pub(crate) use windows::{
    Dir, allocated, append_at, clone_file, copy_range, file_meta, id_at, is_link, mounts, populate, read_nowait,
    relative, send_file, set_file_mtime, unique_mount,
};

#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub use memory::{limit_heap_retention, trim_heap};
/// Other allocators have no such thresholds.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn limit_heap_retention() {}
/// Other allocators return memory by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn trim_heap() {}

/// Lowers the priority of the calling thread, and of threads that it starts, for the rest of their lives.
#[cfg(target_os = "linux")]
pub fn lower_thread_priority() {
    // On Linux this concerns the calling thread alone (nice(2), "C library/kernel differences").
    if let Err(error) = rustix::process::nice(BACKGROUND_NICENESS) {
        tracing::debug!(%error, "the priority of a background thread is not lowered");
    }
}
/// On other systems the priority of a single thread is not lowered: POSIX's `nice` concerns the whole process.
#[cfg(not(target_os = "linux"))]
pub fn lower_thread_priority() {}

/// How much lower the priority of background threads is, in steps of `nice`.
#[cfg(target_os = "linux")]
const BACKGROUND_NICENESS: i32 = 10;

pub(crate) use found::Found;
pub(crate) use pipe::Pipe;
pub(crate) use position::{changed_ns, read_at, read_exact_at, reopen, write_all_at};
pub(crate) use private::{
    close_to_others, create_private_file, create_private_folder, make_private_folder, sync_private_folder,
};
pub use socket::{OwnedSocket, SocketRef};

/// The fallback for opening paths, which is never used on a Linux kernel with `openat2`.
#[cfg(all(test, unix))]
pub(crate) fn walk_for_tests(dir: std::os::fd::BorrowedFd<'_>, path: &model::VPath) -> std::io::Result<()> {
    Ok(walk::open(dir, path).map(drop)?)
}
