//! Changes that start from the settings in force, one after the other.

use super::{Control, ControlError, ErrorCode};
use crate::app::blocking;
use model::Settings;

impl Control {
    /// Puts the settings in force, changed by `edit`, into force. Nobody else's change comes between. `edit` may block;
    /// passwords stand in the settings as hashes. Goes on to its end even if nobody waits for it.
    ///
    /// # Errors
    /// Those of `edit` and those of [`Control::apply`]; nothing has changed then.
    pub(crate) async fn change(
        &self,
        edit: impl FnOnce(&mut Settings) -> Result<(), ControlError> + Send + 'static,
    ) -> Result<(), ControlError> {
        let app = self.app.clone();
        let change = tokio::spawn(async move {
            let _alone = app.changing.lock().await;
            let mut settings = app.engine.settings().await?;
            let settings = blocking(move || edit(&mut settings).map(|()| settings)).await?;
            app.apply(settings).await
        });
        change.await.map_err(|error| {
            ControlError::new(ErrorCode::CannotStart, format!("The change of settings ended early: {error}."))
        })?
    }
}
