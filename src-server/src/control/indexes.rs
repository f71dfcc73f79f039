//! Indexes of shared folders in the admin API.

use super::admin::{
    Finding, FindingKind, IndexState, ShareIndex, ShareVerification, SkipCount, SkipReason, SkippedName,
};
use super::status::millis;
use super::{Control, ControlError, ErrorCode};
use engine::library;
use model::VPath;

impl Control {
    /// Returns the index of every shared folder, ordered by mount point.
    ///
    /// # Errors
    /// `CannotStart` if the server is stopping.
    pub async fn indexes(&self) -> Result<Vec<ShareIndex>, ControlError> {
        let mut all = self.app.engine.library.statuses().await?;
        let snapshot = self.app.engine.snapshot();
        let is_shown = |status: &library::IndexStatus| {
            let volume = snapshot.settings.volumes.iter().find(|volume| volume.mount == status.mount);
            volume.is_some_and(|volume| !super::temporary::is_temporary(volume))
        };
        all.retain(is_shown);
        all.sort_by_key(|status| status.mount.display());
        Ok(all.into_iter().map(share_index).collect())
    }

    /// Compares the index of a shared folder with the disk.
    ///
    /// # Errors
    /// `NotFound` if it has no index.
    pub async fn rescan(&self, mount: &str) -> Result<Vec<ShareIndex>, ControlError> {
        self.app.engine.library.rescan(&path_of(mount)?).map_err(no_index)?;
        self.indexes().await
    }

    /// Pauses or resumes the work on the index of a shared folder.
    ///
    /// # Errors
    /// `NotFound` if it has no index.
    pub async fn pause_index(&self, mount: &str, is_paused: bool) -> Result<Vec<ShareIndex>, ControlError> {
        self.app.engine.library.pause(&path_of(mount)?, is_paused).map_err(no_index)?;
        self.indexes().await
    }

    /// Reads all contents of a shared folder again and compares them with its index.
    ///
    /// # Errors
    /// `NotFound` if it has no index.
    pub async fn verify_contents(&self, mount: &str) -> Result<Vec<ShareIndex>, ControlError> {
        self.app.engine.library.verify(&path_of(mount)?).map_err(no_index)?;
        self.indexes().await
    }

    /// Ends the verification of a shared folder.
    ///
    /// # Errors
    /// `NotFound` if it has no index.
    pub async fn cancel_verification(&self, mount: &str) -> Result<Vec<ShareIndex>, ControlError> {
        self.app.engine.library.cancel_verification(&path_of(mount)?).map_err(no_index)?;
        self.indexes().await
    }

    /// Returns names of a shared folder that are not in its index, or without their content, the newest first.
    ///
    /// # Errors
    /// `NotFound` if it has no index.
    pub fn skipped_names(&self, mount: &str) -> Result<Vec<SkippedName>, ControlError> {
        let skipped = self.app.engine.library.skipped(&path_of(mount)?).map_err(no_index)?;
        let name = |one: library::Skipped| SkippedName {
            path: one.path,
            reason: reason(one.reason),
            error: one.error,
            at_ms: millis(one.at),
        };
        Ok(skipped.into_iter().map(name).collect())
    }

    /// Returns what the last verification of a shared folder found, the newest first.
    ///
    /// # Errors
    /// `NotFound` if it has no index; `CannotStart` if the index cannot be read.
    pub async fn findings(&self, mount: &str) -> Result<Vec<Finding>, ControlError> {
        let found = self.app.engine.library.findings(&path_of(mount)?).await.map_err(no_index)?;
        let finding = |one: library::Finding| Finding {
            path: one.folder.join(&one.name).display(),
            kind: match one.kind {
                library::FindingKind::Differs => FindingKind::Differs,
                library::FindingKind::Updated => FindingKind::Updated,
                library::FindingKind::Unreadable => FindingKind::Unreadable,
            },
            size: one.size,
            modified_ms: one.mtime_ns.div_euclid(1_000_000),
            found_ms: one.found_at.saturating_mul(1000),
        };
        Ok(found.into_iter().map(finding).collect())
    }

    /// Waits until a verification asks for the end of the program (`e2vp`). Returns why, a sentence for people.
    pub async fn end_wanted(&self) -> String {
        self.app.engine.library.end_wanted().await
    }
}

fn path_of(mount: &str) -> Result<VPath, ControlError> {
    let absent = |_| ControlError::said(ErrorCode::NotFound, |t| t.fault_no_share().into());
    VPath::parse(mount.trim_start_matches('/').as_bytes()).map_err(absent)
}

fn no_index(error: engine::EngineError) -> ControlError {
    match error {
        engine::EngineError::NotFound(_) => ControlError::said(ErrorCode::NotFound, |t| t.fault_no_index().into()),
        other => other.into(),
    }
}

fn share_index(status: library::IndexStatus) -> ShareIndex {
    let library::IndexStatus { mount, state, progress, stats, skipped, verification, is_verifying } = status;
    let count = |(why, count)| SkipCount { reason: reason(why), count };
    ShareIndex {
        mount: mount.display(),
        state: match state {
            library::IndexState::Off => IndexState::Off,
            library::IndexState::Paused => IndexState::Paused,
            library::IndexState::WaitingForDisk => IndexState::WaitingForDisk,
            library::IndexState::Failed(sentence) => IndexState::Failed { sentence },
            library::IndexState::Scanning => IndexState::Scanning,
            library::IndexState::Hashing => IndexState::Hashing,
            library::IndexState::UpToDate => IndexState::UpToDate,
        },
        files: stats.totals.files,
        folders: stats.folders,
        bytes: stats.totals.bytes,
        to_hash: stats.to_hash,
        unreadable: stats.unreadable,
        database_bytes: stats.database_bytes,
        scanned: progress.files,
        scanned_total: Some(progress.files_expected).filter(|total| *total > 0),
        hashed: progress.bytes,
        hashed_total: progress.bytes_total,
        skipped: skipped.into_iter().map(count).collect(),
        verification: share_verification(verification, is_verifying),
    }
}

fn share_verification(last: Option<library::Verification>, is_running: bool) -> Option<ShareVerification> {
    let ms = |secs: i64| secs.saturating_mul(1000);
    match last {
        Some(last) if !is_running || last.ended_at.is_none() => Some(ShareVerification {
            is_running,
            started_ms: Some(ms(last.started_at)),
            ended_ms: last.ended_at.map(ms),
            is_cancelled: last.is_cancelled,
            files: last.files,
            bytes: last.bytes,
            bytes_total: last.total_bytes.max(last.bytes),
            differing: last.differing,
            unreadable: last.unreadable,
        }),
        _ => is_running.then_some(ShareVerification {
            is_running,
            started_ms: None,
            ended_ms: None,
            is_cancelled: false,
            files: 0,
            bytes: 0,
            bytes_total: 0,
            differing: 0,
            unreadable: 0,
        }),
    }
}

fn reason(reason: library::SkipReason) -> SkipReason {
    match reason {
        library::SkipReason::Unreadable => SkipReason::Unreadable,
        library::SkipReason::Changing => SkipReason::Changing,
        library::SkipReason::Special => SkipReason::Special,
        library::SkipReason::Link => SkipReason::Link,
        library::SkipReason::Excluded => SkipReason::Excluded,
        library::SkipReason::OtherFileSystem => SkipReason::OtherFileSystem,
        library::SkipReason::TooDeep => SkipReason::TooDeep,
        library::SkipReason::BadName => SkipReason::BadName,
    }
}
