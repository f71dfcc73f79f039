//! Where links lead, for reports. Nothing is opened by these answers.

use super::{Folder, RealPath};
use crate::error::{ErrorKind, StoreError};
use crate::platform;
use model::VPath;
use std::fmt;
use std::path::{Component, Path, PathBuf};

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkTarget {
    /// To something, without links in its path.
    Exists(RealPath),
    /// To a place where nothing is: as the link says it, with `..` taken away.
    Missing(RealPath),
}

impl LinkTarget {
    /// The place.
    pub fn path(&self) -> &RealPath {
        let (Self::Exists(path) | Self::Missing(path)) = self;
        path
    }
}

impl fmt::Display for RealPath {
    /// For people who run the server; undecodable bytes become U+FFFD.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.display().fmt(f)
    }
}

impl Folder {
    /// Where the link at `path` leads.
    ///
    /// # Errors
    /// It is gone, is no link any more, or cannot be read; `Link` for links in a circle.
    pub fn link_target(&self, path: &VPath) -> Result<LinkTarget, StoreError> {
        match self.real_target(path) {
            Ok(place) => Ok(LinkTarget::Exists(place)),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotAFolder) => {
                let link = self.root.real.join(platform::relative(&self.below.append(path)));
                let said = std::fs::read_link(&link).map_err(|e| StoreError::new("follow", self.log_path(path), e))?;
                let from = link.parent().unwrap_or(&self.root.real);
                Ok(LinkTarget::Missing(RealPath(without_dots(&from.join(said)))))
            }
            Err(error) => Err(error),
        }
    }
}

/// Resolves `.` and `..` by letters alone: where nothing is, there is nothing to ask.
fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}
