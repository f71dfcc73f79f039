//! Changes based on the settings in force, one at a time.

use super::{Control, ControlError, ErrorCode, Origin};
use crate::app::Change;
use crate::blocking::blocking;
use model::Settings;
use std::net::IpAddr;

impl Control {
    /// Applies `edit` to the settings in force and puts the result in force. No other change happens in between. `edit`
    /// may block; passwords appear in the settings as hashes. The change runs to its end even if the caller drops the
    /// future.
    ///
    /// # Errors
    /// Those of `edit` and of [`Control::apply`]; `NotHere` for a change over the network that would leave no
    /// administrator. Nothing has changed then.
    pub(crate) async fn change(
        &self,
        edit: impl FnOnce(&mut Settings) -> Result<(), ControlError> + Send + 'static,
    ) -> Result<(), ControlError> {
        let (app, origin) = (self.app.clone(), self.origin);
        let address = self.caller.as_ref().map(|caller| caller.client().address);
        let change = tokio::spawn(async move {
            let _alone = app.settings_change.lock().await;
            let mut settings = app.engine.settings().await?;
            let had = has_administrator(&settings);
            let settings = blocking(move || edit(&mut settings).map(|()| settings)).await?;
            if origin == Origin::Network && had && !has_administrator(&settings) {
                return Err(last_administrator());
            }
            let (before, now) =
                (&app.engine.snapshot().settings.network.allowed_peers, &settings.network.allowed_peers);
            if let Some(address) = address.filter(|_| now != before)
                && !now.is_empty()
                && !now.contains(address)
            {
                return Err(excludes_caller(address));
            }
            app.apply(Change::Settings(settings)).await
        });
        change.await.map_err(ControlError::not_changed)?
    }
}

/// Returns true if at least one account may change the settings over the network.
fn has_administrator(settings: &Settings) -> bool {
    settings.login.admins.iter().any(|admin| settings.accounts.iter().any(|account| account.name == *admin))
}

fn excludes_caller(address: IpAddr) -> ControlError {
    let address = address.to_string();
    ControlError::said(ErrorCode::NotHere, move |t| t.fault_locks_you_out(&address))
}

fn last_administrator() -> ControlError {
    ControlError::said(ErrorCode::NotHere, |t| t.fault_last_admin().into())
}
