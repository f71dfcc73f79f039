//! Targets of symlinks, for reports to the administrator. Opens nothing.

use super::{Folder, RealPath};
use crate::error::{ErrorKind, StoreError};
use crate::platform;
use model::VPath;
use std::fmt;
use std::path::{Component, Path, PathBuf};

/// Target of a symlink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkTarget {
    /// It exists; symlinks in the path are resolved.
    Exists(RealPath),
    /// It does not exist; the path as the symlink states it, with `..` removed.
    Missing(RealPath),
}

impl LinkTarget {
    /// Returns the path of the target.
    pub fn path(&self) -> &RealPath {
        let (Self::Exists(path) | Self::Missing(path)) = self;
        path
    }
}

impl fmt::Display for RealPath {
    /// For administrators; undecodable bytes become U+FFFD.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.display().fmt(f)
    }
}

impl Folder {
    /// Returns the target of the symlink at `path`.
    ///
    /// # Errors
    /// The symlink is gone, is no symlink any more, or cannot be read; `Link` for a cycle of symlinks.
    pub fn link_target(&self, path: &VPath) -> Result<LinkTarget, StoreError> {
        match self.real_target(path) {
            Ok(path) => Ok(LinkTarget::Exists(path)),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotAFolder) => {
                let link = self.root.real.join(platform::relative(&self.below.append(path)));
                let text = std::fs::read_link(&link).map_err(|e| StoreError::new("follow", self.log_path(path), e))?;
                let from = link.parent().unwrap_or(&self.root.real);
                Ok(LinkTarget::Missing(RealPath(without_dots(&from.join(text)))))
            }
            Err(error) => Err(error),
        }
    }
}

/// Removes `.` and `..` from the text of a path, because a missing target cannot be resolved by the system.
fn without_dots(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            part => clean.push(part),
        }
    }
    clean
}
