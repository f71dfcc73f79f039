//! The actions of the menu's rows: each is one call of the admin API, or a function of the desktop.

use crate::pane::Pane;
use crate::shell::Shell;
use crate::texts::text;
use crate::tray::Tray;
use crate::tray::rows::Action;
use crate::{commands, events, quit, windows};
use serde_json::Value;
use server::control::admin::{Call, SharingRequest};
use std::path::Path;
use tauri::{AppHandle, Manager};
use tauri_plugin_dialog::DialogExt;

/// How long a text from the clipboard is shown.
const SHOWN_SECS: u64 = 600;

/// Runs the action of the row with this ID.
pub fn run_action(app: &AppHandle, id: &str) {
    let Ok(action) = serde_json::from_str::<Action>(id) else { return };
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        if let Err(sentence) = execute(&app, action).await {
            tracing::warn!("{sentence}");
            windows::show_notification(&app, &text("notice.wrong"), &sentence);
            // The desktop has toggled the check mark by itself.
            app.state::<Tray>().invalidate_menu();
        }
        events::redraw(&app).await;
    });
}

async fn execute(app: &AppHandle, action: Action) -> Result<(), String> {
    let shell = app.state::<Shell>();
    let call = async |call| shell.call(call).await.map_err(|error| error.sentence);
    match action {
        Action::OpenWindow => windows::open(app, None),
        Action::Open(pane) => windows::open(app, Some(pane)),
        Action::TurnOn => drop(call(Call::SetSharing { sharing: SharingRequest::On }).await?),
        Action::TurnOff => drop(call(Call::SetSharing { sharing: SharingRequest::Off }).await?),
        Action::Pause(seconds) => drop(call(Call::SetSharing { sharing: SharingRequest::Pause { seconds } }).await?),
        Action::PauseUntil(then) => {
            let seconds = then.saturating_sub(jiff::Timestamp::now().as_second()).max(1).unsigned_abs();
            drop(call(Call::SetSharing { sharing: SharingRequest::Pause { seconds } }).await?);
        }
        Action::SetShare { mount, on } => drop(call(Call::SwitchShare { mount, on }).await?),
        Action::Copy(url) => commands::copy(&shell, &url)?,
        Action::ShowInFolder(path) => match call(Call::HostPath { path }).await? {
            Value::String(file) => commands::reveal(app, Path::new(&file)).await?,
            _ => windows::open(app, Some(Pane::Activity)),
        },
        Action::SendClipboard => {
            let text = commands::clipboard(&shell).ok_or_else(|| text("error.clipboard.empty"))?;
            call(Call::SetBanner { text: Some(text), seconds: SHOWN_SECS }).await?;
            events::request_reload(app);
        }
        Action::ClearClipboard => {
            call(Call::SetBanner { text: None, seconds: 0 }).await?;
            events::request_reload(app);
        }
        Action::ShareFiles => {
            let handle = app.clone();
            app.dialog().file().set_title(text("choose.files")).pick_files(move |files| {
                let paths: Vec<_> = files.into_iter().flatten().filter_map(|file| file.into_path().ok()).collect();
                share(&handle, paths);
            });
        }
        Action::AddFolder => {
            let handle = app.clone();
            app.dialog().file().set_title(text("choose.folder")).pick_folder(move |folder| {
                share(&handle, folder.into_iter().filter_map(|folder| folder.into_path().ok()).collect());
            });
        }
        Action::Quit => quit::request_quit(app),
    }
    Ok(())
}

fn share(app: &AppHandle, paths: Vec<std::path::PathBuf>) {
    if !paths.is_empty() {
        windows::share(app, paths);
    }
}
