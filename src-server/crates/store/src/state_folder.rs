//! The folder for what belongs to the program and not to a volume: secrets, sessions, certificates. Readable by its
//! owner only.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

/// Makes the folder if it is missing, closed to others.
///
/// # Errors
/// Those of the file system.
pub fn make(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    crate::platform::make_private_folder(folder)
}

/// The 32 random bytes in the file `name`; made at the first call and the same ever after.
///
/// # Errors
/// Those of the file system; `InvalidData` if the file does not hold 32 bytes (then it should be deleted by hand: a
/// new secret ends sessions and changes file keys).
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
                // Another start of the program was faster.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => secret(folder, name),
                Err(error) => Err(error),
            }
        }
        Err(error) => Err(error),
    }
}
