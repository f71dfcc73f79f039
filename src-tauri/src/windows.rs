//! The one window: made when somebody wants to see it, gone when it is closed. The server does not notice.

use crate::shell::Shell;
use crate::{no_webview, platform, quit, tray};
use serde::{Deserialize, Serialize};
use server::control::admin::Sharing;
use std::path::PathBuf;
use std::sync::PoisonError;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tauri::webview::PageLoadEvent;
use tauri::{AppHandle, DragDropEvent, Emitter, Manager, WebviewUrl, WebviewWindow, WebviewWindowBuilder, WindowEvent};
use tauri_plugin_notification::NotificationExt;

/// The window's name.
pub const MAIN: &str = "main";

/// The parts of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pane {
    /// How to get in.
    Connect,
    /// What is shared.
    Shares,
    /// Who is known.
    People,
    /// Links and requests.
    Links,
    /// What is going on.
    Activity,
    /// Settings.
    Settings,
    /// Help and the self-test.
    Help,
}

impl Pane {
    /// As the window calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Shares => "shares",
            Self::People => "people",
            Self::Links => "links",
            Self::Activity => "activity",
            Self::Settings => "settings",
            Self::Help => "help",
        }
    }
}

/// What a window is to show as soon as it can.
#[derive(Debug, Default)]
pub struct Waiting {
    pane: Option<Pane>,
    paths: Vec<PathBuf>,
}

/// How often, and how many times, a window is asked to come to the front.
const ASKED_EVERY: Duration = Duration::from_millis(100);
const ASKED_AT_MOST: u32 = 8;
/// How often a window is tried to be made or fetched: one that is on its way out may need seconds on a busy computer.
const TRIES: u32 = 30;

/// Shows the window, and the pane in it. May be called from anywhere.
pub fn open(app: &AppHandle, pane: Option<Pane>) {
    show(app, pane, Vec::new());
}

/// Shows the window and asks in it how these files and folders shall be shared.
pub fn share(app: &AppHandle, paths: Vec<PathBuf>) {
    show(app, None, paths);
}

fn show(app: &AppHandle, pane: Option<Pane>, paths: Vec<PathBuf>) {
    {
        let shell = app.state::<Shell>();
        let mut waiting = shell.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.pane = pane.or(waiting.pane);
        waiting.paths.extend(paths);
    }
    let app = app.clone();
    // Never in the middle of an event: on Windows a window that is made there waits for itself.
    tauri::async_runtime::spawn(async move {
        if !platform::has_webview() {
            return no_webview::tell(&app);
        }
        let shell = app.state::<Shell>();
        // Two that find no window would both make one.
        let _alone = shell.window.lock().await;
        if let Err(error) = bring(&app).await {
            tracing::error!(%error, "the window cannot be shown; sharing goes on");
        }
    });
}

/// Makes a window, or fetches the one that there is. It may be closed at any moment of that, so it is tried again.
async fn bring(app: &AppHandle) -> tauri::Result<()> {
    let mut tries = 0;
    loop {
        let brought = match app.get_webview_window(MAIN) {
            Some(window) => bring_to_front(&window).await.map(|()| deliver(app)),
            None => make(app).map(drop),
        };
        tries += 1;
        match (brought, app.get_webview_window(MAIN)) {
            // One that is on its way out is there and takes every wish, but nobody will ever see it.
            (Ok(()), Some(window)) if tries == TRIES || window.is_visible().unwrap_or(false) => return Ok(()),
            (Err(error), _) if tries == TRIES => return Err(error),
            (Ok(()), None) if tries == TRIES => return Ok(()),
            // What is left of one that was closed while it was made.
            (Err(error), Some(rest)) => {
                tracing::debug!(%error, "the window was closed while it was made");
                // It may be gone already, and only its name not yet forgotten.
                if let Err(error) = rest.destroy() {
                    tracing::debug!(%error, "it is going by itself");
                }
            }
            _ => {}
        }
        tokio::time::sleep(ASKED_EVERY).await;
    }
}

/// Asks until it is so: a window that is on its way down takes no notice of a first wish, nor one that is still down of a
/// wish for the focus.
async fn bring_to_front(window: &WebviewWindow) -> tauri::Result<()> {
    for _ in 0..ASKED_AT_MOST {
        window.unminimize()?;
        window.show()?;
        window.set_focus()?;
        tokio::time::sleep(ASKED_EVERY).await;
        if !window.is_minimized()? && window.is_focused()? {
            break;
        }
    }
    Ok(())
}

fn make(app: &AppHandle) -> tauri::Result<WebviewWindow> {
    let handle = app.clone();
    let pane = app.state::<Shell>().waiting.lock().unwrap_or_else(PoisonError::into_inner).pane;
    // The page may read the pane from its address before anybody can tell it.
    app.state::<Shell>().listens.store(false, Relaxed);
    let page = pane.map_or("index.html".to_owned(), |pane| format!("index.html#{}", pane.name()));
    let window = WebviewWindowBuilder::new(app, MAIN, WebviewUrl::App(page.into()))
        .title("Potluck")
        .inner_size(760.0, 560.0)
        .min_inner_size(420.0, 320.0)
        // Whoever closes a window before it is registered leaves a name behind that no other window can have: nobody
        // shall see it before.
        .visible(false)
        // Nothing but the app's own pages: links open in the browser.
        .on_navigation(|url| url.scheme() == "tauri" || url.host_str() == Some("tauri.localhost"))
        .on_page_load(move |_, load| {
            if load.event() == PageLoadEvent::Started {
                handle.state::<Shell>().listens.store(false, Relaxed);
            }
        })
        .build()?;
    platform::reload_after_crash(&window)?;
    window.show()?;
    Ok(window)
}

/// The page in the window listens from now on.
pub fn ready(app: &AppHandle) {
    app.state::<Shell>().listens.store(true, Relaxed);
    deliver(app);
}

/// Tells the window what waits for it, once its page listens: what is told before is heard by nobody.
fn deliver(app: &AppHandle) {
    let shell = app.state::<Shell>();
    if !shell.listens.load(Relaxed) {
        return;
    }
    let waiting = std::mem::take(&mut *shell.waiting.lock().unwrap_or_else(PoisonError::into_inner));
    let told = waiting.pane.map_or(Ok(()), |pane| app.emit_to(MAIN, "show", pane.name())).and_then(|()| {
        let paths: Vec<_> = waiting.paths.iter().map(|path| path.display().to_string()).collect();
        if paths.is_empty() { Ok(()) } else { app.emit_to(MAIN, "share-paths", paths) }
    });
    if let Err(error) = told {
        tracing::warn!(%error, "the window could not be told what to show");
    }
}

/// Closing, and what was dropped on it.
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
                quit::ask(app);
            } else if !shell.has_tray.load(Relaxed) {
                // Without an icon nobody would find it again.
                api.prevent_close();
                if let Some(Err(error)) = app.get_webview_window(MAIN).map(|window| window.minimize()) {
                    tracing::warn!(%error, "the window cannot be minimised");
                }
            } else {
                tell_closing(app, &shell);
            }
        }
        _ => {}
    }
}

/// The window goes, the program stays: said once. Before anything is shared it is said every time, for what the person
/// began is not done.
fn tell_closing(app: &AppHandle, shell: &Shell) {
    let overview = shell.control.overview();
    if tray::is_unasked(&overview) {
        return tell(app, NOTHING_SHARED.0, NOTHING_SHARED.1);
    }
    if !shell.prefs.get().told_closing {
        shell.prefs.change(|prefs| prefs.told_closing = true);
        tell(app, "Potluck keeps running", closing(&overview.sharing));
    }
}

/// What to say when the window is closed before the questions of the first start are answered.
const NOTHING_SHARED: (&str, &str) = (
    "Nothing is shared yet",
    "The setup isn't finished, so no one can connect. To continue or quit, use Potluck's tray icon.",
);

/// What goes on without the window.
fn closing(sharing: &Sharing) -> &'static str {
    match sharing {
        Sharing::On => "It keeps sharing in the background. To quit, use its tray icon.",
        Sharing::Paused { .. } => "Sharing is paused and resumes automatically. To quit, use Potluck's tray icon.",
        Sharing::Off => "Sharing is off, so no one can connect. To turn it on or quit, use Potluck's tray icon.",
        Sharing::Waiting => "Nothing is shared on this network. To share here or quit, use Potluck's tray icon.",
    }
}

/// A desktop without icons in its tray: said once.
pub fn tell_no_tray(app: &AppHandle) {
    let shell = app.state::<Shell>();
    if !shell.prefs.get().told_no_tray {
        shell.prefs.change(|prefs| prefs.told_no_tray = true);
        tell(
            app,
            "This desktop has no tray icons",
            "Closing the window minimizes it. To bring it back, start Potluck again.",
        );
    }
}

/// A message of the desktop's own kind.
pub fn tell(app: &AppHandle, title: &str, body: &str) {
    if let Err(error) = app.notification().builder().title(title).body(body).show() {
        tracing::info!(%error, "the desktop takes no notifications: {title}. {body}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_never_says_that_it_shares_when_it_does_not() {
        assert!(closing(&Sharing::On).contains("keeps sharing"));
        for sharing in [Sharing::Off, Sharing::Paused { until_ms: 0 }, Sharing::Waiting] {
            assert!(!closing(&sharing).contains("keeps sharing"), "{sharing:?}");
        }
        assert!(NOTHING_SHARED.0.starts_with("Nothing is shared"));
    }
}
