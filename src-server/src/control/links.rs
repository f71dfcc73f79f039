//! Share links in the admin API: list, create, change, revoke.

use super::admin::{Link, LinkDraft, LinkKind, LinkState, Pin};
use super::shares::presets::{preset_of, rights_of};
use super::temporary::host_path;
use super::{Control, ControlError, ErrorCode, FaultAt};
use engine::error::Gone;
use engine::links::{self, LinkId, LinkInfo, PinChange};
use model::{PermSet, Settings, UnixMillis, VPath};

impl Control {
    /// Returns every share link, the oldest first.
    ///
    /// # Errors
    /// `CannotStart` if the links cannot be read.
    pub async fn links(&self) -> Result<Vec<Link>, ControlError> {
        let addresses = self.link_addresses();
        let snapshot = self.app.engine.snapshot();
        Ok(self
            .app
            .engine
            .links
            .list()
            .await?
            .iter()
            .map(|info| describe(info, &addresses, &snapshot.settings))
            .collect())
    }

    /// Creates a share link that belongs to no account.
    ///
    /// # Errors
    /// `BadSettings` with every fault at the name of its field.
    pub async fn make_link(&self, draft: &LinkDraft) -> Result<Link, ControlError> {
        let info = self.app.engine.links.make(None, engine_draft(draft)?).await.map_err(control_error)?;
        Ok(self.described(&info))
    }

    pub(super) fn described(&self, info: &LinkInfo) -> Link {
        describe(info, &self.link_addresses(), &self.app.engine.snapshot().settings)
    }

    /// Changes a share link. Its URL and its counters stay the same.
    ///
    /// # Errors
    /// `BadSettings`, as [`Control::make_link`]; `NotFound`.
    pub async fn change_link(&self, id: &str, draft: &LinkDraft) -> Result<Link, ControlError> {
        let info =
            self.app.engine.links.change(&LinkId::from(id), engine_draft(draft)?).await.map_err(control_error)?;
        Ok(self.described(&info))
    }

    /// Revokes a share link; its guests lose access at once. Returns the remaining links.
    ///
    /// # Errors
    /// `NotFound`; `CannotSave`.
    pub async fn revoke_link(&self, id: &str) -> Result<Vec<Link>, ControlError> {
        let id = LinkId::from(id);
        let all = self.app.engine.links.list().await?;
        let mount = all.iter().find(|info| info.link.id == id).map(|info| info.link.scope.mount.clone());
        self.app.engine.links.revoke(&id).await.map_err(control_error)?;
        if let Some(mount) = mount {
            self.remove_files_share(&mount).await?;
        }
        self.links().await
    }

    /// Returns the part of a link's URL before the token, for each address of the server.
    fn link_addresses(&self) -> Vec<String> {
        let base = self.app.engine.snapshot().settings.network.base.clone();
        let below = if base.is_root() { String::new() } else { format!("{}/", base.to_url()) };
        let addresses = self.addresses_for_others().into_iter();
        addresses.map(|address| format!("{}{below}.potluck/l/", address.url)).collect()
    }
}

pub(super) fn control_error(error: engine::EngineError) -> ControlError {
    match error {
        engine::EngineError::Gone(Gone::Link) => ControlError::said(ErrorCode::NotFound, |t| t.fault_no_link().into()),
        engine::EngineError::Internal { sentence, .. } => ControlError::new(ErrorCode::CannotSave, sentence),
        other => other.into(),
    }
}

pub(super) fn engine_draft(draft: &LinkDraft) -> Result<links::LinkDraft, ControlError> {
    let target = VPath::parse(draft.target.as_bytes())
        .map_err(|_| ControlError::bad_settings(vec![FaultAt::said("target", |t| t.fault_link_target().into())]))?;
    Ok(links::LinkDraft {
        kind: match draft.kind {
            LinkKind::Show => links::LinkKind::Show,
            LinkKind::Request => links::LinkKind::Request,
        },
        target,
        note: draft.note.clone(),
        // Rights without a preset become none, and the engine refuses them.
        rights: rights_of(draft.may).unwrap_or(PermSet::NONE),
        pin: match &draft.pin {
            Pin::None => PinChange::None,
            Pin::Keep => PinChange::Keep,
            Pin::New { pin } => PinChange::New(pin.clone()),
        },
        expires: draft.expires_ms.map(UnixMillis),
        max_uses: draft.max_uses,
        max_bytes: draft.max_bytes,
    })
}

fn describe(info: &LinkInfo, addresses: &[String], settings: &Settings) -> Link {
    let link = &info.link;
    let volume = settings.volumes.iter().find(|volume| volume.mount == link.scope.mount);
    let files = volume.map(|volume| volume.flags.only.iter().map(|below| host_path(volume, below)));
    Link {
        id: link.id.as_str().into(),
        kind: match link.kind {
            links::LinkKind::Show => LinkKind::Show,
            links::LinkKind::Request => LinkKind::Request,
        },
        target: link.scope.path().display(),
        files: files.into_iter().flatten().collect(),
        urls: addresses.iter().map(|address| format!("{address}{}", link.token)).collect(),
        note: link.note.clone(),
        may: preset_of(link.scope.rights),
        has_pin: link.has_pin(),
        created_ms: link.created.0,
        expires_ms: link.expires.map(|end| end.0),
        uses: info.uses,
        max_uses: link.max_uses,
        max_bytes: link.max_bytes,
        received: info.received,
        state: match info.state {
            links::LinkState::Works => LinkState::Works,
            links::LinkState::Expired => LinkState::Expired,
            links::LinkState::UsedUp => LinkState::UsedUp,
            links::LinkState::Dead => LinkState::Dead,
        },
    }
}
