//! Files and folders that only their owner may open.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::path::Path;

/// Creates a folder and its missing parents without access for other users (on Windows: as in the user's profile).
///
/// # Errors
/// File system errors.
pub fn make_private_folder(folder: &Path) -> io::Result<()> {
    private(true).create(folder)
}

/// Creates one folder without access for other users. Fails if it exists or if its parent is missing.
///
/// # Errors
/// File system errors; `AlreadyExists`.
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

/// Removes the permissions of other users from a folder. Does nothing on Windows.
///
/// # Errors
/// File system errors, such as a folder of another user, a symlink, or a path that is not a folder.
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
    let _unused = folder;
    Ok(())
}

/// Makes the names in a folder survive a loss of power. Does nothing on Windows, where that is not possible.
///
/// # Errors
/// File system errors.
pub fn sync_private_folder(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _unused = folder;
    Ok(())
}

/// Creates a new file that only its owner can access. Fails if it exists.
///
/// # Errors
/// File system errors; `AlreadyExists`.
pub fn create_private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
