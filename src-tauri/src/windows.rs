//! The window: created when it is opened, destroyed when it is closed. The server is not affected.

use crate::pane::Pane;
use crate::shell::Shell;
use crate::texts::text;
use crate::tray::state::is_setup_pending;
use crate::{no_webview, platform, quit};
use server::control::admin::Sharing;
use std::path::PathBuf;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tauri::webview::PageLoadEvent;
use tauri::{AppHandle, DragDropEvent, Emitter, Manager, WebviewUrl, WebviewWindow, WebviewWindowBuilder, WindowEvent};
use tauri_plugin_notification::NotificationExt;

/// The window's name.
pub const MAIN: &str = "main";

/// Interval and number of attempts to bring a window to the front.
const RETRY_INTERVAL: Duration = Duration::from_millis(100);
const MAX_FRONT_ATTEMPTS: u32 = 8;
/// Attempts to create or show a window: one that is closing may need seconds on a busy computer.
const MAX_TRIES: u32 = 30;

/// Shows the window with this pane. Callable from any thread.
pub fn open(app: &AppHandle, pane: Option<Pane>) {
    show(app, pane, Vec::new());
}

/// Shows the window with the dialog for sharing these files and folders.
pub fn share(app: &AppHandle, paths: Vec<PathBuf>) {
    show(app, None, paths);
}

fn show(app: &AppHandle, pane: Option<Pane>, paths: Vec<PathBuf>) {
    {
        let shell = app.state::<Shell>();
        let mut pending = shell.pending.lock();
        pending.pane = pane.or(pending.pane);
        pending.paths.extend(paths);
    }
    let app = app.clone();
    // Never inside an event handler: on Windows, creating a window there deadlocks.
    tauri::async_runtime::spawn(async move {
        if !platform::has_webview() {
            return no_webview::show_dialog(&app);
        }
        let shell = app.state::<Shell>();
        // Two concurrent calls that find no window would both create one.
        let _alone = shell.window_lock.lock().await;
        if let Err(error) = show_or_create(&app).await {
            tracing::error!(%error, "the window cannot be shown; sharing goes on");
        }
    });
}

/// Shows the existing window or creates one. It can be closed at any moment meanwhile, so this is tried repeatedly.
async fn show_or_create(app: &AppHandle) -> tauri::Result<()> {
    let mut tries = 0;
    loop {
        let result = match app.get_webview_window(MAIN) {
            Some(window) => bring_to_front(&window).await.map(|()| deliver_pending(app)),
            None => create(app).map(drop),
        };
        tries += 1;
        match (result, app.get_webview_window(MAIN)) {
            // A window that is closing exists and accepts all calls, but never becomes visible.
            (Ok(()), Some(window)) if tries == MAX_TRIES || window.is_visible().unwrap_or(false) => return Ok(()),
            (Err(error), _) if tries == MAX_TRIES => return Err(error),
            (Ok(()), None) if tries == MAX_TRIES => return Ok(()),
            // The remains of a window that was closed while it was created.
            (Err(error), Some(rest)) => {
                tracing::debug!(%error, "the window was closed while it was made");
                // It may be destroyed already, with only its name still registered.
                if let Err(error) = rest.destroy() {
                    tracing::debug!(%error, "it is going by itself");
                }
            }
            _ => {}
        }
        tokio::time::sleep(RETRY_INTERVAL).await;
    }
}

/// Repeats the calls until they succeed: a window that is being minimised ignores the first call, and a minimised one
/// ignores the call for the focus.
async fn bring_to_front(window: &WebviewWindow) -> tauri::Result<()> {
    for _ in 0..MAX_FRONT_ATTEMPTS {
        window.unminimize()?;
        window.show()?;
        window.set_focus()?;
        tokio::time::sleep(RETRY_INTERVAL).await;
        if !window.is_minimized()? && window.is_focused()? {
            break;
        }
    }
    Ok(())
}

fn create(app: &AppHandle) -> tauri::Result<WebviewWindow> {
    let handle = app.clone();
    let pane = app.state::<Shell>().pending.lock().pane;
    // The page reads its first pane from its URL, before it listens to events.
    app.state::<Shell>().page_ready.store(false, Relaxed);
    let page = pane.map_or("index.html".to_owned(), |pane| format!("index.html#{}", pane.name()));
    let window = WebviewWindowBuilder::new(app, MAIN, WebviewUrl::App(page.into()))
        .title("Potluck")
        .inner_size(760.0, 560.0)
        .min_inner_size(420.0, 320.0)
        // Closing a window before it is registered would leave its name in use for ever, so it is invisible until
        // then.
        .visible(false)
        // Only the app's own pages: links open in the browser.
        .on_navigation(|url| url.scheme() == "tauri" || url.host_str() == Some("tauri.localhost"))
        .on_page_load(move |_, load| {
            if load.event() == PageLoadEvent::Started {
                handle.state::<Shell>().page_ready.store(false, Relaxed);
            }
        })
        .build()?;
    platform::reload_after_crash(&window)?;
    window.show()?;
    Ok(window)
}

/// Called when the page in the window listens to events.
pub fn ready(app: &AppHandle) {
    app.state::<Shell>().page_ready.store(true, Relaxed);
    deliver_pending(app);
}

/// Sends the pending view to the window if its page is ready; earlier events would be lost.
fn deliver_pending(app: &AppHandle) {
    let shell = app.state::<Shell>();
    if !shell.page_ready.load(Relaxed) {
        return;
    }
    let pending = std::mem::take(&mut *shell.pending.lock());
    let sent = pending.pane.map_or(Ok(()), |pane| app.emit_to(MAIN, "show", pane.name())).and_then(|()| {
        let paths: Vec<_> = pending.paths.iter().map(|path| path.display().to_string()).collect();
        if paths.is_empty() { Ok(()) } else { app.emit_to(MAIN, "share-paths", paths) }
    });
    if let Err(error) = sent {
        tracing::warn!(%error, "the window could not be told what to show");
    }
}

/// Handles closing of the window and files dropped on it.
pub fn on_event(app: &AppHandle, event: &WindowEvent) {
    match event {
        WindowEvent::DragDrop(DragDropEvent::Drop { paths, .. }) => share(app, paths.clone()),
        WindowEvent::CloseRequested { api, .. } => {
            let shell = app.state::<Shell>();
            if shell.quitting.load(Relaxed) {
                return;
            }
            if !shell.prefs.get().close_to_tray {
                api.prevent_close();
                quit::request_quit(app);
            } else if !shell.has_tray.load(Relaxed) {
                // Without a tray icon the user could not find it again.
                api.prevent_close();
                if let Some(Err(error)) = app.get_webview_window(MAIN).map(|window| window.minimize()) {
                    tracing::warn!(%error, "the window cannot be minimised");
                }
            } else {
                notify_closing(app, &shell);
            }
        }
        _ => {}
    }
}

/// The window goes, the program stays: said once. Before anything is shared it is said every time, for what the person
/// began is not done.
fn notify_closing(app: &AppHandle, shell: &Shell) {
    let overview = shell.control.overview();
    if is_setup_pending(&overview) {
        return show_notification(app, &text("status.nothing"), &text("notice.running.nothing"));
    }
    if !shell.prefs.get().told_closing {
        shell.prefs.change(|prefs| prefs.told_closing = true);
        show_notification(app, &text("notice.running"), &text(closing_text(&overview.sharing)));
    }
}

/// Returns the key of the text of the notification about closing the window.
fn closing_text(sharing: &Sharing) -> &'static str {
    match sharing {
        Sharing::On => "notice.running.on",
        Sharing::Paused { .. } => "notice.running.paused",
        Sharing::Off => "notice.running.off",
        Sharing::Waiting => "notice.running.waiting",
    }
}

/// Tells the user once that this desktop shows no tray icons.
pub fn notify_no_tray(app: &AppHandle) {
    let shell = app.state::<Shell>();
    if !shell.prefs.get().told_no_tray {
        shell.prefs.change(|prefs| prefs.told_no_tray = true);
        show_notification(app, &text("notice.noTray"), &text("notice.noTray.text"));
    }
}

/// Shows a desktop notification.
pub fn show_notification(app: &AppHandle, title: &str, body: &str) {
    if let Err(error) = app.notification().builder().title(title).body(body).show() {
        tracing::info!(%error, "the desktop takes no notifications: {title}. {body}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_notification_matches_the_sharing_state() {
        assert!(text(closing_text(&Sharing::On)).contains("keeps sharing"));
        for sharing in [Sharing::Off, Sharing::Paused { until_ms: 0 }, Sharing::Waiting] {
            assert!(!text(closing_text(&sharing)).contains("keeps sharing"), "{sharing:?}");
        }
    }
}
