//! The admin API: everything that the tray app, the headless binary and the administrator's page can ask of the server.
//!
//! ```text
//! let control = start(settings, StartOptions::default()).await?;
//! control.apply(new_settings).await?;      // all or nothing
//! control.stop().await;                    // drains, with a deadline
//! ```

mod activity;
pub mod admin;
mod call;
mod change;
mod files;
mod handle;
mod http;
mod indexes;
mod jobs;
mod lan;
mod links;
mod options;
mod overview;
mod people;
mod shares;
mod status;
mod subscription;
mod temporary;
mod typescript;

pub use crate::app::StartOptions;
pub use admin::{
    Address, Applied, Connection, ControlError, ErrorCode, FaultAt, Invitation, Kick, Notice, Reach, Status, Transfer,
    VolumeStatus,
};
pub use handle::{Control, Origin};
pub use subscription::Subscription;
pub use typescript::typescript;

use crate::app::App;
use http::HttpAdminApi;
use model::Settings;
use std::sync::Arc;

/// Starts the server. Must be called inside a tokio runtime with time and net enabled.
///
/// # Errors
/// `BadSettings` with every fault, `CannotListen`, `CannotStart`, `CannotSave`; nothing is left running then.
pub async fn start(settings: Settings, options: StartOptions) -> Result<Control, ControlError> {
    let admin_api = Arc::new(HttpAdminApi::default());
    let app = Arc::new(App::start(settings, options, admin_api.clone()).await?);
    app.start_scheduler();
    app.watch_folders();
    app.watch_proofs();
    let control = Control::of(app);
    admin_api.open(&control);
    Ok(control)
}
