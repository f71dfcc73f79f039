//! Changes that start from the settings in force, one after the other.

use super::{Control, ControlError, ErrorCode, Origin};
use crate::app::blocking;
use model::Settings;
use std::net::IpAddr;

impl Control {
    /// Puts the settings in force, changed by `edit`, into force. Nobody else's change comes between. `edit` may block;
    /// passwords stand in the settings as hashes. Goes on to its end even if nobody waits for it.
    ///
    /// # Errors
    /// Those of `edit` and those of [`Control::apply`]; `NotHere` for a change over the network that leaves nobody who
    /// could make another one there. Nothing has changed then.
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
                return Err(shuts_out(address));
            }
            app.apply(settings).await
        });
        change.await.map_err(|error| {
            ControlError::new(ErrorCode::CannotStart, format!("The settings couldn't be changed: {error}."))
        })?
    }
}

/// Whether an account is left that may change the settings over the network.
fn has_administrator(settings: &Settings) -> bool {
    settings.login.admins.iter().any(|admin| settings.accounts.iter().any(|account| account.name == *admin))
}

fn shuts_out(address: IpAddr) -> ControlError {
    ControlError::new(
        ErrorCode::NotHere,
        format!(
            "You are connected from {address}, and nobody from there could connect any more. Add this address, or make the \
             change on the computer that shares."
        ),
    )
}

fn last_administrator() -> ControlError {
    ControlError::new(
        ErrorCode::NotHere,
        "This is the only administrator: nobody could change the settings over the network any more. Let somebody else \
         change them first.",
    )
}
