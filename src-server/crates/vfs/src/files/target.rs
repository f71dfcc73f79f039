//! What is at the path that a client would create or replace, for protocols whose clients expect the file under exactly the
//! name that they asked for (WebDAV, FTP).

use super::read::Reader;
use super::stat::{FileKind, Stat};
use crate::access::Access;
use crate::error::{EngineError, Result};
use model::{OnConflict, Operation, VPath, Verdict};

/// What is at a path.
#[derive(Debug)]
pub enum Target {
    /// A file or folder.
    There(Stat),
    /// Nothing, in a folder that exists.
    Free,
    /// Nothing, and there is no folder for it.
    NoFolder,
    /// The account may not know.
    Unknown,
}

impl Target {
    /// Returns what happens to a file that has the name. Without the right to replace it, the upload is refused: under
    /// another name the client would not find it. An empty file that the client has just made is the exception
    /// (`--blank-wt`): some clients make one before they send the content.
    ///
    /// # Errors
    /// `Denied` (delete).
    pub fn on_conflict(&self, access: &Access, path: &VPath) -> Result<OnConflict> {
        let may_replace = access.verdict(path, Operation::Overwrite) == Verdict::Allow;
        match self {
            Self::There(Stat { size, .. }) if !may_replace && *size > 0 => Err(EngineError::denied(path, "delete")),
            Self::Free if !may_replace => Ok(OnConflict::Skip),
            _ => Ok(OnConflict::Replace),
        }
    }

    /// Returns whether it is a folder.
    pub fn is_folder(&self) -> bool {
        matches!(self, Self::There(stat) if stat.kind == FileKind::Folder)
    }
}

impl Reader {
    /// Looks at `path`, and at the folder around it if nothing is there.
    ///
    /// # Errors
    /// Those of [`Reader::stat`] except `NotFound` and `Denied`.
    pub async fn target(&self, access: &Access, path: &VPath) -> Result<Target> {
        match self.stat(access, path).await {
            Ok(stat) => return Ok(Target::There(stat)),
            Err(EngineError::NotFound(_)) => {}
            Err(EngineError::Denied(_)) => return Ok(Target::Unknown),
            Err(error) => return Err(error),
        }
        let Some(folder) = path.parent() else { return Ok(Target::Free) };
        match self.stat(access, &folder).await {
            Ok(stat) if stat.kind == FileKind::Folder => Ok(Target::Free),
            // The engine refuses it, and says what is missing.
            Ok(_) | Err(EngineError::NotFound(_)) if access.verdict(path, Operation::Upload) != Verdict::Allow => {
                Ok(Target::Free)
            }
            Ok(_) | Err(EngineError::NotFound(_)) => Ok(Target::NoFolder),
            Err(EngineError::Denied(_)) => Ok(Target::Unknown),
            Err(error) => Err(error),
        }
    }
}
