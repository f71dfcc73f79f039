//! Commands that concern names: folders, renaming, deleting, attributes.

use super::Session;
use super::failure::Failure;
use crate::listing::Row;
use crate::reply::{Reply, quoted};
use crate::time;
use engine::EngineError;
use engine::error::Conflict;
use engine::files::ops::IfExists;
use engine::files::stat::{FileKind, Place, Stat};
use engine::files::target::Target;
use model::{UnixMillis, VPath};

/// What RNTO will rename.
pub(super) struct RenameSource {
    path: VPath,
    is_file: bool,
}

impl Session {
    pub(super) async fn change_folder(&mut self, name: &[u8]) -> Result<Reply, Failure> {
        let (access, path) = (self.access()?, self.path(name)?);
        if self.engine.reader.stat(&access, &path).await?.kind != FileKind::Folder {
            return Err(Failure::reply(550, "That is a file."));
        }
        self.folder = path;
        Ok(Reply::new(250, "Fine."))
    }

    pub(super) fn current_folder(&self) -> Reply {
        Reply::new(257, [&quoted(&absolute(&self.folder))[..], b" is the current folder."].concat())
    }

    pub(super) async fn make_folder(&self, name: &[u8]) -> Result<Reply, Failure> {
        let (access, path) = (self.access()?, self.path(name)?);
        let exists = || Failure::reply(550, "Something has that name already.");
        match self.engine.reader.target(&access, &path).await? {
            Target::There(_) => return Err(exists()),
            Target::NoFolder => return Err(Failure::reply(550, "No such folder.")),
            Target::Free | Target::Unknown => {}
        }
        let Some((folder, name)) = path.split_last() else { return Err(exists()) };
        match self.engine.ops.make_folder(&access, &folder, name.as_bytes()).await {
            // Another client was faster: the same answer as above, which clients take for "it is there".
            Err(EngineError::Conflict(Conflict::Exists(_))) => return Err(exists()),
            made => made?,
        };
        Ok(Reply::new(257, [&quoted(&absolute(&path))[..], b" was made."].concat()))
    }

    /// Removes a folder that is empty. Clients remove the contents of others one by one, as people confirm it there.
    pub(super) async fn remove_folder(&self, name: &[u8]) -> Result<Reply, Failure> {
        let (access, path) = (self.access()?, self.path(name)?);
        match self.engine.reader.stat(&access, &path).await {
            Ok(Stat { kind: FileKind::File, .. }) => return Err(Failure::reply(550, "That is a file; use DELE.")),
            Ok(Stat { place: Place::VolumeTop | Place::Virtual, .. }) => {
                return Err(Failure::reply(550, "This folder stays: it is shared by the settings."));
            }
            Ok(_) if !self.engine.listings.read_dir(&access, &path).await?.entries.is_empty() => {
                return Err(Failure::reply(550, "The folder is not empty."));
            }
            // The engine decides, and says no more than it must.
            Ok(_) | Err(_) => {}
        }
        self.engine.ops.delete(&access, &path).await?;
        Ok(Reply::new(250, "Removed."))
    }

    /// Deletes a file; it goes into the trash.
    pub(super) async fn delete(&self, name: &[u8]) -> Result<Reply, Failure> {
        let (access, path) = (self.access()?, self.path(name)?);
        // What the client may learn of a name that it may not see is the engine's to say.
        if let Ok(Stat { kind: FileKind::Folder, .. }) = self.engine.reader.stat(&access, &path).await {
            return Err(Failure::reply(550, "That is a folder; use RMD."));
        }
        self.engine.ops.delete(&access, &path).await?;
        Ok(Reply::new(250, "Deleted."))
    }

    pub(super) async fn rename_from(&mut self, name: &[u8]) -> Result<Reply, Failure> {
        let (access, path) = (self.access()?, self.path(name)?);
        let is_file = match self.engine.reader.stat(&access, &path).await {
            Ok(stat) => stat.kind == FileKind::File,
            // The engine decides when the new name is known.
            Err(EngineError::Denied(_)) => false,
            Err(error) => return Err(error.into()),
        };
        self.rename = Some(RenameSource { path, is_file });
        Ok(Reply::new(350, "Now the new name."))
    }

    /// Renames. As on most systems, a file takes the place of another one, if the client may replace it; a folder does not.
    pub(super) async fn rename_to(&mut self, name: &[u8]) -> Result<Reply, Failure> {
        let Some(RenameSource { path: from, is_file }) = self.rename.take() else {
            return Err(Failure::reply(503, "Send RNFR first."));
        };
        let (access, to) = (self.access()?, self.path(name)?);
        let if_exists = match self.engine.reader.target(&access, &to).await? {
            Target::NoFolder => return Err(Failure::reply(553, "No such folder.")),
            Target::There(stat) if stat.kind == FileKind::File && is_file && !self.config.keeps_existing => {
                IfExists::Replace
            }
            Target::There(_) if to != from => return Err(EngineError::Conflict(Conflict::Exists(to)).into()),
            Target::There(_) | Target::Free | Target::Unknown => IfExists::Refuse,
        };
        if to != from {
            self.engine.ops.move_to(&access, &from, &to, if_exists).await?;
        }
        Ok(Reply::new(250, "Renamed."))
    }

    pub(super) async fn size(&self, name: &[u8]) -> Result<Reply, Failure> {
        let stat = self.stat(name).await?;
        match stat.kind {
            FileKind::File => Ok(Reply::new(213, stat.size.to_string())),
            FileKind::Folder => Err(Failure::reply(550, "That is a folder.")),
        }
    }

    pub(super) async fn modification_time(&self, name: &[u8]) -> Result<Reply, Failure> {
        match self.stat(name).await?.modified {
            Some(modified) => Ok(Reply::new(213, time::format(modified))),
            None => Err(Failure::reply(550, "That has no time.")),
        }
    }

    pub(super) async fn set_modification_time(&self, time: UnixMillis, name: &[u8]) -> Result<Reply, Failure> {
        let (access, path) = (self.access()?, self.path(name)?);
        self.engine.ops.set_mtime(&access, &path, time).await?;
        Ok(Reply::new(213, [format!("Modify={}; ", time::format(time)).as_bytes(), name].concat()))
    }

    pub(super) async fn facts_of(&self, name: Option<Vec<u8>>) -> Result<Reply, Failure> {
        let name = name.unwrap_or_default();
        let stat = self.stat(&name).await?;
        let facts = Row::of_stat(&stat).facts(self.facts);
        let line = [facts.as_bytes(), &absolute(&self.path(&name)?)].concat();
        Ok(Reply::lines(250, "Facts:", vec![line], "End"))
    }

    async fn stat(&self, name: &[u8]) -> Result<Stat, Failure> {
        let (access, path) = (self.access()?, self.path(name)?);
        Ok(self.engine.reader.stat(&access, &path).await?)
    }
}

/// Returns a path with the slash at its beginning.
fn absolute(path: &VPath) -> Vec<u8> {
    [b"/", path.as_bytes()].concat()
}
