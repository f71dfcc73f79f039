//! The folder for data of the program as a whole: secrets, sessions, certificates. Readable by its owner only.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

/// Creates the folder if it is missing, readable by its owner only.
///
/// # Errors
/// File system errors.
pub fn make(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    crate::platform::make_private_folder(folder)
}

/// Returns the content of the file `name`, which `make` makes at the first call. It appears as a whole, survives a loss of
/// power, and is readable by its owner only; of several processes that make it at once, all get the same.
///
/// # Errors
/// File system errors; those of `make`.
pub fn read_or_make(folder: &Path, name: &str, make: impl FnOnce() -> io::Result<Vec<u8>>) -> io::Result<Vec<u8>> {
    let path = folder.join(name);
    match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        read => return read,
    }
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let unfinished = folder.join(format!("{name}.{:016x}.new", u64::from_le_bytes(random)));
    let mut file = crate::platform::create_private_file(&unfinished)?;
    let placed = make().and_then(|content| {
        file.write_all(&content)?;
        file.sync_all()?;
        // A link replaces nothing, unlike a rename.
        match fs::hard_link(&unfinished, &path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => fs::read(&path),
            Err(_) if !path.exists() => fs::rename(&unfinished, &path).map(|()| content),
            Err(error) => Err(error),
            Ok(()) => Ok(content),
        }
    });
    let _moved = fs::remove_file(&unfinished);
    crate::platform::sync_private_folder(folder)?;
    placed
}

/// Returns the 32 random bytes in the file `name`, created at the first call.
///
/// # Errors
/// File system errors; `InvalidData` if the file does not hold 32 bytes. It must then be deleted by hand, because a new
/// secret ends sessions and changes file keys.
pub fn secret(folder: &Path, name: &str) -> io::Result<[u8; 32]> {
    let path = folder.join(name);
    match fs::read(&path) {
        Ok(bytes) => bytes.try_into().map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "the secret is damaged")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let mut fresh = [0; 32];
            getrandom::fill(&mut fresh).map_err(io::Error::other)?;
            match crate::platform::create_private_file(&path) {
                Ok(mut file) => {
                    file.write_all(&fresh)?;
                    file.sync_all()?;
                    Ok(fresh)
                }
                // Another process has created it meanwhile.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => secret(folder, name),
                Err(error) => Err(error),
            }
        }
        Err(error) => Err(error),
    }
}
