//! Running and past transfers in the admin API.

use super::admin::{Activity, ControlError, ErrorCode, Kick};
use super::handle::Control;

impl Control {
    /// Returns running and past transfers. Empty unless [`crate::StartOptions::track_activity`] is set.
    pub fn activity(&self) -> Activity {
        let (now, past) = self.app.activity.list();
        Activity { now, past, connections: self.status().connections }
    }

    /// Deletes the list of past transfers.
    pub fn clear_activity(&self) -> Activity {
        self.app.activity.clear();
        self.activity()
    }

    /// Pauses or resumes a transfer. Data already in flight still arrives: a few megabytes.
    ///
    /// # Errors
    /// `NotFound` if the transfer has ended.
    pub fn pause_transfer(&self, id: u64, paused: bool) -> Result<Activity, ControlError> {
        let engine = &self.app.engine;
        let is_running = self.app.activity.set_paused(id, paused, || match paused {
            true => engine.pause_transfer(id),
            false => engine.resume_transfer(id),
        });
        if is_running { Ok(self.activity()) } else { Err(transfer_ended()) }
    }

    /// Ends a transfer by closing the connections of its client. What has been received of an upload is kept, so that
    /// the client can resume it.
    ///
    /// # Errors
    /// `NotFound` if the transfer has ended.
    pub fn stop_transfer(&self, id: u64) -> Result<Activity, ControlError> {
        let address = self.app.activity.remove(id);
        self.app.engine.resume_transfer(id);
        // Between two chunks the client may have no connection; then there is nothing to close.
        let _cut = self.kick(&Kick::Peer { address: address.ok_or_else(transfer_ended)? });
        Ok(self.activity())
    }

    /// Returns the path on this computer of a virtual path, computed from the settings. Opens nothing.
    ///
    /// # Errors
    /// `NotFound` if no share contains it.
    pub fn host_path(&self, path: &str) -> Result<String, ControlError> {
        let not_shared = || ControlError::said(ErrorCode::NotFound, |t| t.fault_not_shared().into());
        let path = model::VPath::parse(path.trim_start_matches('/').as_bytes()).map_err(|_| not_shared())?;
        let volume_path = self.app.engine.snapshot().tree.volume_path(&path).ok_or_else(not_shared)?;
        let mut place = volume_path.volume.config.source.clone();
        volume_path.below.components().for_each(|name| place.push(&*String::from_utf8_lossy(name)));
        Ok(place.to_string_lossy().into_owned())
    }
}

fn transfer_ended() -> ControlError {
    ControlError::said(ErrorCode::NotFound, |t| t.fault_transfer_ended().into())
}
