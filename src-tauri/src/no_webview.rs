//! Windows without WebView2, which the window needs: a system dialog, which does not need it, explains the problem
//! and offers the download page. Sharing and the tray work without it.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use tauri::AppHandle;
use tauri_plugin_dialog::{DialogExt, MessageDialogButtons, MessageDialogKind};
use tauri_plugin_opener::OpenerExt;

/// Microsoft's page with its small installer.
const ADDRESS: &str = "https://developer.microsoft.com/microsoft-edge/webview2/consumer/";

/// A dialog is open: a second click on the icon opens no second one.
static IS_ASKING: AtomicBool = AtomicBool::new(false);

/// Shows the dialog, unless it is open.
pub fn show_dialog(app: &AppHandle) {
    if IS_ASKING.swap(true, SeqCst) {
        return;
    }
    tracing::warn!("the window cannot be shown: WebView2 is not installed; get it at {ADDRESS}");
    let asked = app.clone();
    app.dialog()
        .message(sentence())
        .title("Potluck cannot show its window")
        .kind(MessageDialogKind::Warning)
        .buttons(MessageDialogButtons::OkCancelCustom("Open Microsoft's page".into(), "Not now".into()))
        .show(move |wants_it| {
            IS_ASKING.store(false, SeqCst);
            if wants_it && let Err(error) = asked.opener().open_url(ADDRESS, None::<&str>) {
                tracing::warn!(%error, "the browser cannot be opened");
            }
        });
}

fn sentence() -> String {
    format!(
        "The window needs Microsoft's WebView2, which isn't installed. Sharing keeps running, and the tray menu \
         works without it.\n\nInstall WebView2 from Microsoft, then open the window again:\n{ADDRESS}"
    )
}
