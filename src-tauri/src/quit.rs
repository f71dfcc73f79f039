//! Quitting: asks if transfers are running, then stops the server cleanly.

use crate::shell::Shell;
use crate::texts::{counted, text};
use server::control::admin::{Call, Overview};
use std::sync::atomic::Ordering::SeqCst;
use tauri::{AppHandle, Manager};
use tauri_plugin_dialog::{DialogExt, MessageDialogButtons};

/// Ends the program, unless transfers are running and the user wants to keep them.
pub fn request_quit(app: &AppHandle) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        let shell = app.state::<Shell>();
        if shell.quitting.swap(true, SeqCst) {
            return;
        }
        let transfers = shell.request(Call::Overview).await.map_or(0, |overview: Overview| overview.transfers);
        if transfers > 0 && !confirm(&app, transfers).await {
            shell.quitting.store(false, SeqCst);
            return;
        }
        shut_down(&app).await;
    });
}

/// Stops the server and ends the program; acknowledged data is safe.
pub async fn shut_down(app: &AppHandle) {
    let shell = app.state::<Shell>();
    shell.quitting.store(true, SeqCst);
    shell.control.stop().await;
    app.exit(0);
}

async fn confirm(app: &AppHandle, transfers: u32) -> bool {
    let (answer, answered) = tokio::sync::oneshot::channel();
    let buttons = MessageDialogButtons::OkCancelCustom(text("quit.yes"), text("quit.no"));
    app.dialog().message(question(transfers)).title(text("quit.title")).buttons(buttons).show(move |quit| {
        // The receiver is gone if the program is ended by a signal.
        let _receiver_gone = answer.send(quit);
    });
    answered.await.unwrap_or(true)
}

fn question(transfers: u32) -> String {
    counted("quit.question", transfers.into(), &[])
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_question_counts() {
        assert_eq!(super::question(1), "1 transfer will stop and continue later.");
        assert_eq!(super::question(2), "2 transfers will stop and continue later.");
    }
}
