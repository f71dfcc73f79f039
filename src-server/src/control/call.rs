//! Dispatch of a [`Call`], used by the window's command and by the administrator's page.

use super::admin::{Call, ControlError, ErrorCode};
use super::handle::{Control, Origin};
use serde_json::Value;

impl Control {
    /// Executes `call`. The JSON answer has the type that `Answers` in TypeScript gives for it.
    ///
    /// # Errors
    /// Those of the called method; `NotHere` for calls that only the window on this computer may make.
    pub async fn call(&self, call: Call, origin: Origin) -> Result<Value, ControlError> {
        let control = Self { origin, ..self.clone() };
        control.answer(call).await
    }

    async fn answer(&self, call: Call) -> Result<Value, ControlError> {
        match call {
            Call::Overview => json(self.overview()),
            Call::Status => json(self.status()),
            Call::SetSharing { .. } | Call::TrustNetwork { .. } if self.origin == Origin::Network => {
                Err(ControlError::said(ErrorCode::NotHere, |t| t.fault_local_only().into()))
            }
            Call::SetSharing { sharing } => json(self.set_sharing(&sharing).await?),
            Call::Welcomed => json(self.welcomed().await?),
            Call::Shares => json(self.shares()),
            Call::SaveShare { was, share } => json(self.save_share(was.as_deref(), &share).await?),
            Call::SwitchShare { mount, on } => json(self.switch_share(&mount, on).await?),
            Call::RemoveShare { mount } => json(self.remove_share(&mount).await?),
            Call::RestoreShare { mount } => json(self.restore_share(&mount).await?),
            Call::PreviewShare { was, share, viewer } => {
                json(self.preview_share(was.as_deref(), &share, &viewer).await?)
            }
            Call::People => json(self.people().await?),
            Call::SavePerson { was, person } => json(self.save_person(was, person).await?),
            Call::RemovePerson { name } => json(self.remove_person(&name).await?),
            Call::RenameDevice { id, name } => json(self.rename_device(&id, &name).await?),
            Call::RevokeDevice { id } => json(self.revoke_device(&id).await?),
            Call::Unban { address } => json(self.unban(&address).await?),
            Call::Invite { mount, may, seconds } => json(self.invite_to(&mount, may, seconds)?),
            Call::Links => json(self.links().await?),
            Call::MakeLink { link } => json(self.make_link(&link).await?),
            Call::StatFiles { paths } => json(self.stat_files(paths).await?),
            Call::ShareFiles { paths, link } => json(self.share_files(paths, &link).await?),
            Call::ChangeLink { id, link } => json(self.change_link(&id, &link).await?),
            Call::RevokeLink { id } => json(self.revoke_link(&id).await?),
            Call::Activity => json(self.activity()),
            Call::ClearActivity => json(self.clear_activity()),
            Call::SetBanner { text, seconds } => json(self.set_banner(text, seconds)?),
            Call::PauseTransfer { id, paused } => json(self.pause_transfer(id, paused)?),
            Call::StopTransfer { id } => json(self.stop_transfer(id)?),
            Call::Jobs => json(self.jobs()),
            Call::PauseJob { id, paused } => json(self.pause_job(id, paused)?),
            Call::CancelJob { id } => json(self.cancel_job(id)?),
            Call::Indexes => json(self.indexes().await?),
            Call::Rescan { mount } => json(self.rescan(&mount).await?),
            Call::PauseIndex { mount, paused } => json(self.pause_index(&mount, paused).await?),
            Call::VerifyContents { mount } => json(self.verify_contents(&mount).await?),
            Call::CancelVerification { mount } => json(self.cancel_verification(&mount).await?),
            Call::SkippedNames { mount } => json(self.skipped_names(&mount)?),
            Call::Findings { mount } => json(self.findings(&mount).await?),
            Call::Kick { whom } => json(self.kick(&whom)?),
            Call::HostPath { path } => json(self.host_path(&path)?),
            Call::Settings => json(self.settings_form().await?),
            Call::ChangeSettings { values } => json(self.change_settings(&values).await?),
            Call::SetSafety { level } => json(self.set_safety(level).await?),
            Call::Lan => json(self.lan()),
            Call::TrustNetwork { id, trusted } => json(self.trust_network(&id, trusted).await?),
            Call::SelfCheck => json(self.self_check().await),
            Call::Qr { text } => json(qr(&text)?),
        }
    }
}

fn json(value: impl serde::Serialize) -> Result<Value, ControlError> {
    serde_json::to_value(value).map_err(ControlError::internal)
}

fn qr(text: &str) -> Result<String, ControlError> {
    announce::qr::svg(text).map_err(|_| ControlError::said(ErrorCode::NotFound, |t| t.fault_qr_long().into()))
}
