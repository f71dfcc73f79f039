//! Summary of the server, and the sharing switch.

use super::admin::{Address, Banner, Notice, Overview, Problem, ProblemCode, SharingRequest};
use super::{Control, ControlError, ErrorCode};
use crate::app::Change;
use crate::sharing::{Decision, SharingState, now_ms};
use edge_http::texts::Texts;
use engine::volumes::shortage;
use std::collections::HashSet;
use std::sync::LazyLock;

/// Looked up once, because it is read from a configuration file of the desktop.
static INBOX: LazyLock<String> = LazyLock::new(|| {
    let dirs = directories::UserDirs::new();
    let inbox = dirs.map(|dirs| match dirs.download_dir() {
        Some(downloads) => downloads.join("Inbox"),
        None => dirs.home_dir().join("Inbox"),
    });
    inbox.map(|inbox| inbox.to_string_lossy().into_owned()).unwrap_or_default()
});

impl Control {
    /// Returns whether sharing is on, what is shared, and which problems there are.
    pub fn overview(&self) -> Overview {
        let snapshot = self.app.engine.snapshot();
        let sharing_state = self.app.sharing_state();
        let shares = self.shares();
        let missing = shares.iter().filter(|share| share.on && !share.is_there).map(|share| Problem {
            code: ProblemCode::FolderMissing,
            sentence: format!(
                "The folder of {} was not found ({}). Connect its disk, or choose another folder.",
                share.mount, share.folder
            ),
        });
        let full = snapshot.tree.volumes.iter().filter(|volume| volume.storage.shortage.is_active());
        let full =
            full.map(|volume| Problem { code: ProblemCode::DiskFull, sentence: shortage::sentence(&volume.config) });
        let problems = missing.chain(full).chain(self.app.problems.list()).collect();
        Overview {
            version: env!("CARGO_PKG_VERSION").into(),
            name: snapshot.settings.behaviour.name.clone(),
            generation: snapshot.generation,
            sharing: sharing_state.decision.to_sharing(self.app.is_network_allowed()),
            addresses: self.addresses_for_others(),
            shares,
            connected: self.connected(),
            transfers: self.app.activity.count(),
            problems,
            banner: self.banner(),
            suggested_inbox: INBOX.clone(),
            sftp_fingerprint: self.app.sftp.fingerprint(),
            is_new: !sharing_state.welcomed && self.app.began_empty,
        }
    }

    fn banner(&self) -> Option<Banner> {
        let shown = self.app.engine.banner().current()?;
        Some(Banner { text: shown.text, until_ms: shown.until_ms })
    }

    /// Shows a text on the pages of everyone who can see a folder, or removes it.
    ///
    /// # Errors
    /// `BadSettings` if the text is empty or too long.
    pub fn set_banner(&self, text: Option<String>, seconds: u64) -> Result<Overview, ControlError> {
        let wrong = |say: fn(Texts) -> String| Err(ControlError::said(ErrorCode::BadSettings, say));
        let until_ms = now_ms().saturating_add(i64::try_from(seconds.clamp(10, 86_400)).unwrap_or(86_400) * 1000);
        let shown = match text {
            None => None,
            Some(text) if text.trim().is_empty() => return wrong(|t| t.fault_banner_empty().into()),
            Some(text) if text.len() > engine::banner::MAX_BYTES => {
                return wrong(|t| t.fault_banner_long().into());
            }
            Some(text) => Some(engine::banner::BannerText { text, until_ms }),
        };
        self.app.engine.banner().set(shown);
        Ok(self.overview())
    }

    /// Counts connected accounts, and addresses without an account. Connections from this computer do not count.
    fn connected(&self) -> u32 {
        let mut others = HashSet::new();
        for conn in self.app.conns.list() {
            let Some(ip) = conn.remote.ip().filter(|ip| !ip.is_loopback()) else { continue };
            let account = conn.account().filter(|account| &**account != "*");
            others.insert(account.map_or_else(|| ip.to_string(), |account| account.to_string()));
        }
        u32::try_from(others.len()).unwrap_or(u32::MAX)
    }

    /// Turns sharing on or off, or pauses it. Turning it off ends all connections at once.
    ///
    /// # Errors
    /// `CannotListen`, `CannotSave`; nothing has changed then.
    pub async fn set_sharing(&self, request: &SharingRequest) -> Result<Overview, ControlError> {
        let decision = Decision::of(request, now_ms());
        self.change_sharing(SharingState { decision, ..self.app.sharing_state() }).await?;
        Ok(self.overview())
    }

    /// Marks the first-run questions as answered or skipped, and removes problems reported at the start.
    ///
    /// # Errors
    /// `CannotSave`.
    pub async fn welcomed(&self) -> Result<Overview, ControlError> {
        self.change_sharing(SharingState { welcomed: true, ..self.app.sharing_state() }).await?;
        self.app.problems.clear();
        Ok(self.overview())
    }

    async fn change_sharing(&self, sharing_state: SharingState) -> Result<(), ControlError> {
        self.app.apply_detached(Change::Sharing(sharing_state)).await
    }

    /// Reports a problem of the program that runs the server, for the people who see its window.
    pub fn report_problem(&self, code: ProblemCode, sentence: impl Into<String>) {
        let problem = Problem { code, sentence: sentence.into() };
        let notice = Notice::Problem { sentence: problem.sentence.clone() };
        self.app.problems.add(problem);
        self.app.publish(notice);
    }

    /// Returns the address that a phone in the same network should use.
    pub fn best_address(&self) -> Option<Address> {
        self.addresses_for_others().into_iter().next()
    }
}
