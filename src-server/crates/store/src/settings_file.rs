//! The settings file: a text that is read and replaced as a whole. It holds password hashes, so only its owner may read
//! it.

use crate::disk::Folder;
use crate::error::StoreError;
use crate::platform;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Returns the text of the file; `None` if it does not exist.
///
/// # Errors
/// File system errors; `Corrupt` if it is not UTF-8.
pub fn read(path: &Path) -> Result<Option<String>, StoreError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::new("read", shown(path), error)),
    }
}

/// Replaces the file atomically: a reader, also after a loss of power, finds the old text or the new one. Missing
/// parent folders are created. If `path` is a symlink, its target is replaced.
///
/// # Errors
/// File system errors; the file then has the old text.
pub fn replace(path: &Path, text: &str) -> Result<(), StoreError> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let failed = |op: &'static str| move |error: io::Error| (op, error);
    let put = |temporary: &Path| {
        let mut file = platform::create_private_file(temporary).map_err(failed("create"))?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed("write"))?;
        drop(file);
        fs::rename(temporary, &path).map_err(failed("replace"))
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        platform::make_private_folder(folder).map_err(|error| StoreError::new("make folder", shown(folder), error))?;
    }
    let temporary = temporary_path(&path);
    // Left behind by a program that was killed.
    let _may_be_missing = fs::remove_file(&temporary);
    put(&temporary).map_err(|(op, error)| {
        let _may_be_missing = fs::remove_file(&temporary);
        StoreError::new(op, shown(&path), error)
    })?;
    // The new text is in effect from here on. If the sync fails, a loss of power may bring the old text back.
    if let Err(error) = Folder::open_root(folder).and_then(|folder| folder.sync()) {
        tracing::warn!(%error, "the new settings may not be on the disk yet");
    }
    Ok(())
}

fn temporary_path(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    path.with_file_name(name)
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_atomically_or_keeps_the_old_text() {
        let tmp = tempfile::tempdir().expect("temp folder");
        let path = tmp.path().join("a/b/settings.toml");
        assert_eq!(read(&path).expect("reads"), None);
        replace(&path, "one").expect("makes the folders");
        fs::write(temporary_path(&path), "left by a killed program").expect("writes");
        replace(&path, "two").expect("replaces");
        assert_eq!(read(&path).expect("reads").as_deref(), Some("two"));
        assert_eq!(
            fs::read_dir(path.parent().expect("folder")).expect("lists").count(),
            1,
            "no temporary file is left"
        );

        // A folder cannot be replaced by a file.
        let folder = tmp.path().join("folder");
        fs::create_dir_all(folder.join("full")).expect("mkdir");
        assert_eq!(replace(&folder, "x").map_err(|error| error.op), Err("replace"));
        assert!(folder.join("full").is_dir() && !temporary_path(&folder).exists());
        fs::write(tmp.path().join("file"), "x").expect("writes");
        assert_eq!(replace(&tmp.path().join("file/settings"), "x").map_err(|error| error.op), Err("make folder"));
        fs::write(&path, b"\xff").expect("writes");
        assert!(read(&path).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_it_and_links_are_followed() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let tmp = tempfile::tempdir().expect("temp folder");
        let (real, link) = (tmp.path().join("real"), tmp.path().join("link"));
        fs::write(&real, "old").expect("writes");
        fs::set_permissions(&real, fs::Permissions::from_mode(0o644)).expect("chmod");
        symlink("real", &link).expect("links");
        replace(&link, "new").expect("replaces");
        assert!(fs::symlink_metadata(&link).expect("is there").is_symlink());
        assert_eq!(fs::read_to_string(&real).expect("reads"), "new");
        assert_eq!(fs::metadata(&real).expect("is there").permissions().mode() & 0o777, 0o600);
    }
}
