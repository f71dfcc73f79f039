//! Temporary shares: a share link to chosen files and folders of this computer, whether or not a shared folder contains
//! them.
//!
//! Each such link has a volume of its own, mounted on the deepest folder that contains all chosen files. The volume
//! flag `only` hides the rest of that folder, and only guests of the link have access. The volume ends with its link.
//! Nothing is copied: guests get the current files, and a deleted file is gone for them, too.

use super::admin::{HostFile, Link, LinkDraft, LinkKind, May};
use super::temporary::is_temporary;
use super::{Control, ControlError, ErrorCode, FaultAt};
use crate::blocking::blocking;
use edge_http::texts::Texts;
use model::volume::VolumeFlags;
use model::{Settings, VPath, Volume};
use std::path::{Path, PathBuf};

/// Maximum number of files in one share.
const MAX_FILES: usize = 500;
/// Prefix of the mount points of temporary shares.
const MOUNT_PREFIX: &str = "files-";

impl Control {
    /// Returns the files and folders at paths of this computer.
    ///
    /// # Errors
    /// `BadSettings` at `paths` if one does not exist or cannot be shared.
    pub async fn stat_files(&self, paths: Vec<String>) -> Result<Vec<HostFile>, ControlError> {
        blocking(move || stat_files(&paths)).await
    }

    /// Creates a share link to files and folders of this computer.
    ///
    /// # Errors
    /// `BadSettings` at `paths` or at a field of the link; those of [`Control::apply`]. Nothing is shared then.
    pub async fn share_files(&self, paths: Vec<String>, draft: &LinkDraft) -> Result<Link, ControlError> {
        let (source, only) = blocking(move || common_folder(&stat_files(&paths)?)).await?;
        let mount = self.free_mount();
        let target = match &only[..] {
            [one] => mount.append(one),
            _ => mount.clone(),
        };
        let flags = VolumeFlags { only, no_ledger: true, ..VolumeFlags::default() };
        let volume = Volume { source, mount: mount.clone(), grants: Vec::new(), flags };
        let draft = LinkDraft { kind: LinkKind::Show, may: May::Look, target: target.display(), ..draft.clone() };
        self.change(move |settings| add(settings, volume)).await?;
        match self.app.engine.links.make(None, super::links::engine_draft(&draft)?).await {
            Ok(info) => Ok(self.described(&info)),
            Err(error) => {
                self.remove_files_share(&mount).await?;
                Err(super::links::control_error(error))
            }
        }
    }

    /// Removes the temporary share at `mount`, if it is one and no link leads to it.
    pub(super) async fn remove_files_share(&self, mount: &VPath) -> Result<(), ControlError> {
        let is_files = |volume: &Volume| volume.mount == *mount && is_temporary(volume);
        if !self.app.engine.snapshot().settings.volumes.iter().any(is_files) {
            return Ok(());
        }
        if self.app.engine.links.list().await?.iter().any(|info| info.link.scope.mount == *mount) {
            return Ok(());
        }
        let mount = mount.clone();
        self.change(move |settings| {
            settings.volumes.retain(|volume| volume.mount != mount || !is_temporary(volume));
            Ok(())
        })
        .await
    }

    /// Returns an unused mount point.
    fn free_mount(&self) -> VPath {
        let snapshot = self.app.engine.snapshot();
        let free = |number: &u32| {
            let mount = VPath::parse(format!("{MOUNT_PREFIX}{number}").as_bytes()).expect("a plain name");
            let is_free = snapshot.settings.volumes.iter().all(|other| other.mount != mount);
            is_free.then_some(mount)
        };
        (1..=u32::MAX).find_map(|number| free(&number)).expect("there are fewer volumes than numbers")
    }
}

fn add(settings: &mut Settings, volume: Volume) -> Result<(), ControlError> {
    settings.volumes.push(volume);
    settings.check().map_err(|faults| match faults.into_iter().next() {
        Some(fault) => ControlError::bad_settings(vec![FaultAt { at: "paths".into(), ..fault.into() }]),
        None => paths_fault(|t| t.fault_files_together().into()),
    })
}

fn paths_fault(say: impl Fn(Texts) -> String + Send + Sync + 'static) -> ControlError {
    ControlError::bad_settings(vec![FaultAt::said("paths", say)])
}

/// Stats each path. Blocks.
fn stat_files(paths: &[String]) -> Result<Vec<HostFile>, ControlError> {
    if paths.len() > MAX_FILES {
        return Err(paths_fault(|t| t.fault_files_many(MAX_FILES as u64)));
    }
    let one = |path: &String| {
        let missing = |error: std::io::Error| {
            let (path, error) = (path.clone(), error.to_string());
            paths_fault(move |t| t.fault_file_error(&path, &error))
        };
        let real = std::fs::canonicalize(path).map_err(missing)?;
        let meta = std::fs::metadata(&real).map_err(missing)?;
        if !meta.is_dir() && !meta.is_file() {
            let path = path.clone();
            return Err(paths_fault(move |t| t.fault_file_kind(&path)));
        }
        Ok(HostFile {
            name: real.file_name().map_or_else(|| path.clone(), |name| name.to_string_lossy().into_owned()),
            path: real
                .to_str()
                .ok_or_else(|| {
                    let path = path.clone();
                    paths_fault(move |t| t.fault_file_name(&path))
                })?
                .to_owned(),
            is_folder: meta.is_dir(),
            size: if meta.is_dir() { 0 } else { meta.len() },
        })
    };
    paths.iter().map(one).collect()
}

/// Returns the deepest folder that contains all of `files`, and their paths inside it.
fn common_folder(files: &[HostFile]) -> Result<(PathBuf, Vec<VPath>), ControlError> {
    let apart = || paths_fault(|t| t.fault_files_apart().into());
    let mut folders = files.iter().map(|file| Path::new(&file.path).parent());
    let first = folders.next().ok_or_else(|| paths_fault(|t| t.fault_files_none().into()))?;
    let whole = || paths_fault(|t| t.fault_files_drive().into());
    let mut source = first.ok_or_else(whole)?.to_owned();
    for folder in folders {
        let folder = folder.ok_or_else(whole)?;
        while !folder.starts_with(&source) {
            source = source.parent().ok_or_else(apart)?.to_owned();
        }
    }
    let mut only = Vec::new();
    for file in files {
        let below = Path::new(&file.path).strip_prefix(&source).map_err(|_| apart())?;
        let names: Vec<_> = below.components().map(|name| name.as_os_str().as_encoded_bytes()).collect();
        only.push(VPath::parse(&names.join(&b'/')).map_err(|_| {
            let path = file.path.clone();
            ControlError::said(ErrorCode::BadSettings, move |t| t.fault_file_long(&path))
        })?);
    }
    only.sort_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
    only.dedup();
    Ok((source, only))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str) -> HostFile {
        HostFile { path: path.into(), name: String::new(), is_folder: false, size: 0 }
    }

    #[cfg(unix)]
    #[test]
    fn the_deepest_common_folder_is_found() {
        let check = |paths: &[&str], source: &str, want: &[&str]| {
            let files: Vec<_> = paths.iter().map(|path| file(path)).collect();
            let (found, only) = common_folder(&files).expect("a folder");
            let only: Vec<_> = only.iter().map(VPath::display).collect();
            assert_eq!((found.to_str(), only), (Some(source), want.iter().map(|below| (*below).to_owned()).collect()));
        };
        check(&["/a/b/c.jpg"], "/a/b", &["/c.jpg"]);
        check(&["/a/b/c.jpg", "/a/b/d.jpg", "/a/b/c.jpg"], "/a/b", &["/c.jpg", "/d.jpg"]);
        check(&["/a/b/c.jpg", "/a/x/y/z.jpg"], "/a", &["/b/c.jpg", "/x/y/z.jpg"]);
        check(&["/a/b/c.jpg", "/a/b"], "/a", &["/b", "/b/c.jpg"]);
        check(&["/home/a.jpg", "/mnt/b.jpg"], "/", &["/home/a.jpg", "/mnt/b.jpg"]);
        assert!(common_folder(&[]).is_err() && common_folder(&[file("/")]).is_err());
    }
}
