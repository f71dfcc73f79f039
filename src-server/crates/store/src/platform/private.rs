//! Files and folders that only their owner may open.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::path::Path;

/// Makes a folder, and those above it, closed to others (on Windows: as the user's profile is).
///
/// # Errors
/// Those of the file system.
pub fn make_private_folder(folder: &Path) -> io::Result<()> {
    private(true).create(folder)
}

/// Makes one folder, closed to others; fails if it exists or if there is none above it.
///
/// # Errors
/// Those of the file system; `AlreadyExists`.
pub fn create_private_folder(folder: &Path) -> io::Result<()> {
    private(false).create(folder)
}

fn private(recursive: bool) -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.recursive(recursive);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// Takes away what others may do with a folder. What is no folder, or a link, stays as it is; so does everything on Windows.
///
/// # Errors
/// Those of the file system, such as a folder of another user.
pub fn close_to_others(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use rustix::fs::{Mode, OFlags};
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let folder = rustix::fs::open(folder, flags, Mode::empty())?;
        let mode = Mode::from_raw_mode(rustix::fs::fstat(&folder)?.st_mode);
        if mode.intersects(Mode::RWXG | Mode::RWXO) {
            rustix::fs::fchmod(&folder, mode.difference(Mode::RWXG | Mode::RWXO))?;
        }
    }
    #[cfg(not(unix))]
    let _as_it_is = folder;
    Ok(())
}

/// Makes a new file for its owner's eyes; fails if it exists.
///
/// # Errors
/// Those of the file system; `AlreadyExists`.
pub fn create_private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
