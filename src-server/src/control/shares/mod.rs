//! Shared folders: list, changes, and a preview of what a viewer would see.

pub mod presets;
mod warnings;

use super::admin::{May, Preview, PreviewRow, Share, ShareDraft, Viewer};
use super::{Control, ControlError, ErrorCode, FaultAt, Invitation};
use crate::blocking::blocking;
use engine::access::Access;
use engine::error::{Denial, Gone};
use engine::listing::{Entry, ListOptions, SIZES_ONLY};
use engine::{Client, EngineError};
use model::account::AccountName;
use model::config::command_line::{shell_line, to_arguments};
use model::{Perm, PermSet, Settings, VPath, Volume};
use std::net::Ipv4Addr;
use std::path::Path;

/// Maximum number of rows in a preview.
const MAX_ROWS: usize = 60;
/// Maximum number of entries of one folder in a preview.
const MAX_ENTRIES: usize = 12;

impl Control {
    /// Returns every shared folder, ordered by mount point.
    pub fn shares(&self) -> Vec<Share> {
        let snapshot = self.app.engine.snapshot();
        let is_there = |volume: &Volume| {
            let mounted = snapshot.tree.volumes.iter().find(|mounted| mounted.config.mount == volume.mount);
            // The folder of a share that is off is not held open; it is checked when the share is turned on.
            mounted.is_none_or(|mounted| mounted.storage.root().is_some())
        };
        let mut shares: Vec<Share> =
            managed_volumes(&snapshot.settings).map(|volume| presets::share_of(volume, is_there(volume))).collect();
        shares.sort_by(|a, b| a.mount.cmp(&b.mount));
        shares
    }

    /// Creates a share, or changes the one mounted at `was`.
    ///
    /// # Errors
    /// `BadSettings` with a fault for each field; `NoFolder` for a missing folder that the draft does not ask to
    /// create; those of [`Control::apply`]. Nothing has changed then.
    pub async fn save_share(&self, was: Option<&str>, draft: &ShareDraft) -> Result<Vec<Share>, ControlError> {
        let (was, draft) = (was.map(str::to_owned), draft.clone());
        self.change(move |settings| {
            let was = was.as_deref();
            let before = settings.volumes.iter().find(|volume| Some(&*volume.mount.display()) == was);
            let before = before.map(|volume| volume.source.clone());
            let volume = apply_draft(settings, was, &draft)?;
            match before {
                // The disk may be unplugged; the share waits until it comes back.
                Some(before) if before == volume.source => Ok(()),
                _ => check_folder(&volume.source, draft.make_folder),
            }
        })
        .await?;
        Ok(self.shares())
    }

    /// Turns a share on or off.
    ///
    /// # Errors
    /// `NotFound`, and those of [`Control::apply`].
    pub async fn switch_share(&self, mount: &str, on: bool) -> Result<Vec<Share>, ControlError> {
        let mount = mount.to_owned();
        self.change(move |settings| {
            let volume = volume_at(settings, &mount)?;
            volume.flags.off = !on;
            if on && !volume.is_offered(model::UnixMillis(crate::sharing::now_ms())) {
                // The time limit has passed: turning the share on again removes the limit.
                volume.flags.until = None;
            }
            Ok(())
        })
        .await?;
        Ok(self.shares())
    }

    /// Removes a share; its files stay.
    ///
    /// # Errors
    /// `NotFound`, and those of [`Control::apply`].
    pub async fn remove_share(&self, mount: &str) -> Result<Vec<Share>, ControlError> {
        let mount = mount.to_owned();
        let removed = self.app.removed.clone();
        self.change(move |settings| {
            let mount = volume_at(settings, &mount)?.mount.clone();
            let (gone, kept) = std::mem::take(&mut settings.volumes).into_iter().partition(|one| one.mount == mount);
            settings.volumes = kept;
            removed.keep(gone);
            Ok(())
        })
        .await?;
        Ok(self.shares())
    }

    /// Restores a share that was removed since the program started, with all its grants and flags.
    ///
    /// # Errors
    /// `NotFound` if no share was removed at `mount`, or too long ago; `BadSettings` if another share is mounted there
    /// now; those of [`Control::apply`]. Nothing has changed then.
    pub async fn restore_share(&self, mount: &str) -> Result<Vec<Share>, ControlError> {
        let volume = self.app.removed.find(mount).ok_or_else(no_share)?;
        self.change(move |settings| {
            if settings.volumes.iter().any(|other| other.mount == volume.mount) {
                return Err(mount_taken());
            }
            settings.volumes.push(volume);
            Ok(())
        })
        .await?;
        Ok(self.shares())
    }

    /// Returns what `viewer` could list and fetch if the draft were in force.
    ///
    /// # Errors
    /// `NotFound` for an unknown account. Faults of the draft are part of the answer.
    pub async fn preview_share(
        &self,
        was: Option<&str>,
        draft: &ShareDraft,
        viewer: &Viewer,
    ) -> Result<Preview, ControlError> {
        let nothing = |faults| Preview {
            rows: Vec::new(),
            is_cut: false,
            warnings: Vec::new(),
            faults,
            command_line: None,
            rules: Vec::new(),
        };
        let mut settings = self.settings().await?;
        let volume = match apply_draft(&mut settings, was, draft) {
            Ok(volume) => volume,
            Err(error) if error.code == ErrorCode::BadSettings => return Ok(nothing(error.faults)),
            Err(error) => return Err(error),
        };
        if let Viewer::Person { name } = viewer
            && !settings.accounts.iter().any(|account| account.name.as_str() == name)
        {
            return Err(no_account(name));
        }
        let (looked_at, among) = (volume.clone(), settings.clone());
        let warnings = blocking(move || Ok(warnings::find(&looked_at, &among))).await?;
        let command_line = command_line(&volume);
        let prepared = match self.app.engine.prepare(with_ledger_in_memory(settings, &volume)).await {
            Ok(prepared) => prepared,
            Err(error) => return Ok(nothing(ControlError::from(error).faults)),
        };
        let client = Client { address: Ipv4Addr::LOCALHOST.into() };
        let engine = &self.app.engine;
        let access = match viewer {
            Viewer::Guest => engine.preview(&prepared, &AccountName::anonymous(), client),
            Viewer::Person { name } => engine.preview(&prepared, &name.as_str().into(), client),
            Viewer::Invited => {
                let rights = volume.flags.invite_perms.or_else(|| presets::rights_of(draft.may));
                let rights = rights.or_else(|| presets::rights_of(May::Look)).expect("a word");
                engine.preview_guest(&prepared, &volume.mount, rights, client)
            }
        };
        let (mut rows, is_cut) = self.rows(&access, &volume.mount).await?;
        rows.extend(fetch_only_row(&access, &volume.mount));
        let rules = model::config::rules::rules_of(&volume);
        Ok(Preview { rows, is_cut, warnings, faults: Vec::new(), command_line, rules })
    }

    /// Creates a code that logs one device in, once, with rights in one share.
    ///
    /// # Errors
    /// `NotFound` if the share is off or does not exist, `BadSettings` for rights without a preset.
    pub fn invite_to(&self, mount: &str, may: May, seconds: u64) -> Result<Invitation, ControlError> {
        let snapshot = self.app.engine.snapshot();
        let volume = snapshot.tree.volumes.iter().find(|volume| volume.config.mount.display() == mount);
        let off = || ControlError::said(ErrorCode::NotFound, |t| t.fault_share_off().into());
        let mount = &volume.ok_or_else(off)?.config.mount;
        let rights = presets::rights_of(may)
            .ok_or_else(|| ControlError::bad_settings(vec![FaultAt::said("may", |t| t.fault_may_code().into())]))?;
        Ok(self.invite(mount, rights, seconds.clamp(1, 7 * 86_400)))
    }

    /// Creates a code that logs one device in, once, with `rights` in the volume at `mount` beside the rights of
    /// everyone.
    pub fn invite(&self, mount: &VPath, rights: PermSet, seconds: u64) -> Invitation {
        let codes = self.app.engine.accounts.invite(mount, rights, seconds);
        let base = self.app.engine.snapshot().settings.network.base.clone();
        let below = if base.is_root() { String::new() } else { format!("{}/", base.to_url()) };
        let urls = self.addresses_for_others().into_iter();
        let urls = urls.map(|address| format!("{}{below}.potluck/join/{}", address.url, codes.code)).collect();
        Invitation { urls, digits: codes.digits, seconds }
    }

    /// Returns the settings in force, as the basis of a change.
    ///
    /// # Errors
    /// `CannotStart` if a password could not be hashed.
    pub(crate) async fn settings(&self) -> Result<Settings, ControlError> {
        Ok(self.app.engine.settings().await?)
    }

    /// Returns the top of the tree, and the contents of the share at `mount`, as `access` sees them.
    async fn rows(&self, access: &Access, mount: &VPath) -> Result<(Vec<PreviewRow>, bool), ControlError> {
        let mut rows = Vec::new();
        let mut is_cut = false;
        let listings = &self.app.engine.listings;
        let mut path = VPath::root();
        let mut way: Vec<model::FileName> =
            mount.components().filter_map(|name| model::FileName::new(name).ok()).collect();
        way.reverse();
        // Lists each folder from the root down to the share, then the share itself.
        let mut depth = 0;
        loop {
            let listing = match listings
                .list(access, &path, ListOptions { dotfiles: true, unlisted: true, ..SIZES_ONLY })
                .await
            {
                Ok(listing) => listing,
                // The viewer sees nothing there, or the folder does not exist yet or is unplugged. Other errors, such
                // as a folder that cannot be read, are returned.
                Err(
                    EngineError::NotFound(_)
                    | EngineError::Denied(Denial::Right { .. } | Denial::System(_) | Denial::KeyNeeded(_))
                    | EngineError::Gone(Gone::Folder(_)),
                ) => break,
                Err(error) => return Err(error.into()),
            };
            let next = way.pop();
            let mut here: Vec<PreviewRow> = Vec::new();
            for (entry, is_folder) in listing
                .folders
                .iter()
                .map(|entry| (entry, true))
                .chain(listing.files.iter().map(|entry| (entry, false)))
            {
                if next.is_some() && !is_folder {
                    continue;
                }
                here.push(row(access, &path, entry, is_folder, depth, mount));
            }
            if here.len() > MAX_ENTRIES {
                is_cut = true;
                here.truncate(MAX_ENTRIES);
            }
            let at = next.as_ref().and_then(|name| {
                let name = name.clone();
                here.iter().position(|row| row.name.as_bytes() == name.as_bytes())
            });
            splice_below(&mut rows, here, depth);
            match (next, at) {
                (Some(name), Some(_)) => path = path.join(&name),
                _ => break,
            }
            depth += 1;
        }
        is_cut |= rows.len() > MAX_ROWS;
        rows.truncate(MAX_ROWS);
        Ok((rows, is_cut))
    }
}

/// Returns the volumes that people manage as shared folders: all except temporary shares, which belong to their links.
fn managed_volumes(settings: &Settings) -> impl Iterator<Item = &Volume> {
    settings.volumes.iter().filter(|volume| !super::temporary::is_temporary(volume))
}

/// Puts the draft of a share into `settings`. Returns its volume.
fn apply_draft(settings: &mut Settings, was: Option<&str>, draft: &ShareDraft) -> Result<Volume, ControlError> {
    let at = was.map(|mount| volume_at(settings, mount).map(|volume| volume.mount.clone())).transpose()?;
    let before = at.as_ref().and_then(|at| settings.volumes.iter().find(|volume| volume.mount == *at)).cloned();
    let volume = presets::volume_of(draft, before.as_ref()).map_err(ControlError::bad_settings)?;
    settings.volumes.retain(|volume| at.as_ref() != Some(&volume.mount));
    if settings.volumes.iter().any(|other| other.mount == volume.mount) {
        return Err(mount_taken());
    }
    settings.volumes.push(volume.clone());
    settings.check().map_err(|faults| {
        ControlError::bad_settings(
            faults
                .into_iter()
                .map(|fault| FaultAt { at: field_of(&fault.at, &volume), ..FaultAt::from(fault) })
                .collect(),
        )
    })?;
    Ok(volume)
}

/// Inserts the rows of a deeper folder below the row of that folder, which is the last one that leads to the share.
fn splice_below(rows: &mut Vec<PreviewRow>, here: Vec<PreviewRow>, depth: u32) {
    let at = rows.iter().rposition(|row| row.depth + 1 == depth && row.is_here).map_or(rows.len(), |at| at + 1);
    rows.splice(at..at, here);
}

/// Returns a row for a share that the viewer cannot list, but from which files can be fetched by name (`g`, `G`).
fn fetch_only_row(access: &Access, mount: &VPath) -> Option<PreviewRow> {
    let rights = access.rights_at(mount);
    let gets = [Perm::Get, Perm::Upget].into_iter().any(|perm| rights.has(perm));
    (gets && !rights.has(Perm::Read)).then(|| PreviewRow {
        name: mount.display(),
        depth: 0,
        is_folder: true,
        is_here: true,
        is_hidden: true,
        rights: rights.letters(),
        words: presets::right_names(rights),
    })
}

fn row(access: &Access, folder: &VPath, entry: &Entry, is_folder: bool, depth: u32, mount: &VPath) -> PreviewRow {
    let path = folder.join(&entry.name);
    let rights = access.rights_at(&path);
    PreviewRow {
        name: entry.name.display(),
        depth,
        is_folder,
        is_here: path.is_within(mount) || mount.is_within(&path),
        is_hidden: entry.name.is_dotfile() && !rights.has(Perm::Dot),
        rights: rights.letters(),
        words: presets::right_names(rights),
    }
}

/// Returns the form field of a fault; faults of a volume carry its mount point.
fn field_of(at: &str, volume: &Volume) -> String {
    if at == volume.mount.display() { "folder".into() } else { at.into() }
}

fn volume_at<'a>(settings: &'a mut Settings, mount: &str) -> Result<&'a mut Volume, ControlError> {
    let found = settings.volumes.iter_mut().find(|volume| volume.mount.display() == mount);
    found.ok_or_else(no_share)
}

fn no_account(name: &str) -> ControlError {
    let name = name.to_owned();
    ControlError::said(ErrorCode::NotFound, move |t| t.fault_no_account(&name))
}

fn no_share() -> ControlError {
    ControlError::said(ErrorCode::NotFound, |t| t.fault_no_share().into())
}

fn mount_taken() -> ControlError {
    ControlError::bad_settings(vec![FaultAt::said("mount", |t| t.fault_mount_taken().into())])
}

/// Makes the volume keep its ledger in memory: a preview must leave no trace in the folder.
fn with_ledger_in_memory(mut settings: Settings, volume: &Volume) -> Settings {
    for one in settings.volumes.iter_mut().filter(|one| one.mount == volume.mount) {
        one.flags.no_ledger = true;
        one.flags.off = false;
    }
    settings
}

fn command_line(volume: &Volume) -> Option<String> {
    let settings = Settings { volumes: vec![volume.clone()], ..Settings::default() };
    let arguments = to_arguments(&settings).ok()?;
    Some(format!("potluck-server {}", shell_line(&arguments)))
}

/// Checks that the folder of a share exists. Creates it if it is missing, its parent exists, and `makes` is set.
/// Blocks.
fn check_folder(folder: &Path, makes: bool) -> Result<(), ControlError> {
    let wrong = |fault: FaultAt| ControlError::bad_settings(vec![fault]);
    match std::fs::metadata(folder) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(wrong(FaultAt::said("folder", |t| t.fault_folder_is_file().into()))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && makes => {
            std::fs::create_dir(folder).map_err(|error| {
                let error = error.to_string();
                wrong(FaultAt::said("folder", move |t| t.fault_folder_unmade(&error)))
            })
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let path = folder.display().to_string();
            let fault = FaultAt::said("folder", move |t| t.fault_folder_missing(&path));
            Err(ControlError { code: ErrorCode::NoFolder, ..wrong(fault) })
        }
        Err(error) => {
            let error = error.to_string();
            Err(wrong(FaultAt::said("folder", move |t| t.fault_folder_closed(&error))))
        }
    }
}
