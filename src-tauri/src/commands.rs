//! The commands that the window can call: the admin API as one command, and functions of the desktop.

use crate::shell::Shell;
use crate::texts::{self, filled, text};
use crate::{events, platform, quit, windows};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use server::ControlError;
use server::control::admin::Call;
use std::path::Path;
use tauri::{AppHandle, State};
use tauri_plugin_autostart::ManagerExt;
use tauri_plugin_dialog::{DialogExt, FilePath};
use tauri_plugin_opener::OpenerExt;

/// Calls the admin API.
#[tauri::command]
pub async fn control(shell: State<'_, Shell>, call: Call) -> Result<Value, ControlError> {
    shell.call(call).await
}

/// Opens the desktop's dialog for a folder. Returns null if it was cancelled.
#[tauri::command]
pub async fn pick_folder(app: AppHandle, title: String) -> Option<String> {
    let (answer, answered) = tokio::sync::oneshot::channel();
    app.dialog().file().set_title(title).pick_folder(move |folder| drop(answer.send(folder)));
    answered.await.ok().flatten().and_then(path_to_string)
}

/// Opens the desktop's dialog for files.
#[tauri::command]
pub async fn pick_files(app: AppHandle) -> Vec<String> {
    let (answer, answered) = tokio::sync::oneshot::channel();
    app.dialog().file().set_title(text("choose.files")).pick_files(move |files| drop(answer.send(files)));
    answered.await.ok().flatten().unwrap_or_default().into_iter().filter_map(path_to_string).collect()
}

/// Returns a sentence about an error.
fn failed(key: &str, error: &dyn std::fmt::Display) -> String {
    filled(key, &[("error", &error.to_string())])
}

fn path_to_string(path: FilePath) -> Option<String> {
    path.into_path().ok()?.into_os_string().into_string().ok()
}

/// Opens a file or folder with the desktop's default program.
#[tauri::command]
pub async fn open_path(app: AppHandle, path: String) -> Result<(), String> {
    let opened = tokio::task::spawn_blocking(move || {
        platform::open_folder(&app, Path::new(&path)).map_err(|error| format!("{path} cannot be opened: {error}."))
    });
    opened.await.unwrap_or_else(|error| Err(failed("error.manager", &error)))
}

/// Shows a file in the desktop's file manager.
#[tauri::command]
pub async fn show_in_folder(app: AppHandle, path: String) -> Result<(), String> {
    reveal(&app, Path::new(&path)).await
}

/// Shows a file in the desktop's file manager. If no file manager can select a file, its folder is opened. Looking for
/// file managers blocks.
///
/// # Errors
/// A plain sentence with the path of the file, if no program can show it.
pub async fn reveal(app: &AppHandle, path: &Path) -> Result<(), String> {
    let (app, path) = (app.clone(), path.to_path_buf());
    let shown = tokio::task::spawn_blocking(move || {
        if !path.exists() {
            return Err(format!("{} no longer exists.", path.display()));
        }
        let Err(error) = app.opener().reveal_item_in_dir(&path) else { return Ok(()) };
        tracing::info!(%error, "no file manager points at files; the folder is opened");
        let folder = path.parent().unwrap_or(&path);
        platform::open_folder(&app, folder).map_err(|error| {
            let path = path.display().to_string();
            filled("error.manager.none", &[("error", &error.to_string()), ("path", &path)])
        })
    });
    shown.await.unwrap_or_else(|error| Err(failed("error.manager", &error)))
}

/// Opens a web page in the browser.
#[tauri::command]
pub async fn open_url(app: AppHandle, url: String) -> Result<(), String> {
    // Other schemes could start arbitrary programs.
    if !["http://", "https://"].iter().any(|scheme| url.starts_with(scheme)) {
        return Err(text("error.address"));
    }
    app.opener().open_url(&url, None::<&str>).map_err(|error| failed("error.browser", &error))
}

/// Copies a text to the clipboard, which the page itself may not do.
#[tauri::command]
pub async fn copy_text(shell: State<'_, Shell>, text: String) -> Result<(), String> {
    copy(&shell, &text)
}

/// Copies a text to the clipboard.
pub fn copy(shell: &Shell, text: &str) -> Result<(), String> {
    with_clipboard(shell, |open| open.set_text(text)).map_err(|error| failed("error.clipboard", &error))
}

/// Returns the text on the clipboard; `None` if it is empty or not text.
pub fn clipboard(shell: &Shell) -> Option<String> {
    with_clipboard(shell, arboard::Clipboard::get_text).ok().filter(|text| !text.trim().is_empty())
}

/// Runs `act` with the clipboard, which stays open: on Linux a copied text exists only as long as its owner.
fn with_clipboard<T>(
    shell: &Shell,
    act: impl FnOnce(&mut arboard::Clipboard) -> Result<T, arboard::Error>,
) -> Result<T, arboard::Error> {
    let mut clipboard = shell.clipboard.lock();
    let open = match clipboard.take() {
        Some(open) => open,
        None => arboard::Clipboard::new()?,
    };
    act(clipboard.insert(open))
}

/// The app's settings on this desktop.
#[derive(Clone, Debug, Serialize)]
pub struct Desktop {
    /// The app starts at login.
    start_at_login: bool,
    /// A start at login opens no window.
    start_hidden: bool,
    /// Closing the window leaves the app in the tray.
    close_to_tray: bool,
    /// Show a notification when files were received.
    notify: bool,
    /// Language of tray and notifications, a BCP 47 tag; empty: that of the system.
    language: String,
    /// The desktop shows tray icons.
    has_tray: bool,
}

/// Changes of these settings; `None` keeps the value.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct DesktopChange {
    start_at_login: Option<bool>,
    start_hidden: Option<bool>,
    close_to_tray: Option<bool>,
    notify: Option<bool>,
    language: Option<String>,
}

/// Returns the app's settings on this desktop.
#[tauri::command]
pub async fn desktop(app: AppHandle, shell: State<'_, Shell>) -> Result<Desktop, String> {
    let prefs = shell.prefs.get();
    let has_tray = shell.detect_tray().await;
    Ok(Desktop {
        // A small file, or a value of the registry.
        start_at_login: tokio::task::block_in_place(|| app.autolaunch().is_enabled().unwrap_or(false)),
        start_hidden: prefs.start_hidden,
        close_to_tray: prefs.close_to_tray,
        notify: prefs.notify,
        language: prefs.language,
        has_tray,
    })
}

/// Changes the app's settings on this desktop.
#[tauri::command]
pub async fn set_desktop(app: AppHandle, shell: State<'_, Shell>, desktop: DesktopChange) -> Result<Desktop, String> {
    tokio::task::block_in_place(|| apply_desktop_change(&app, &shell, desktop))?;
    events::redraw(&app).await;
    self::desktop(app, shell).await
}

/// Saves the changes. Blocks, for small files.
fn apply_desktop_change(app: &AppHandle, shell: &Shell, change: DesktopChange) -> Result<(), String> {
    shell.prefs.change(|prefs| {
        prefs.start_hidden = change.start_hidden.unwrap_or(prefs.start_hidden);
        prefs.close_to_tray = change.close_to_tray.unwrap_or(prefs.close_to_tray);
        prefs.notify = change.notify.unwrap_or(prefs.notify);
        if let Some(language) = change.language {
            prefs.language = language;
        }
    });
    texts::set_language(&shell.prefs.get().language);
    let login = app.autolaunch();
    let done = match change.start_at_login {
        Some(true) => login.enable(),
        Some(false) => login.disable(),
        None => Ok(()),
    };
    done.map_err(|error| failed("error.login", &error))
}

/// Called by the page when it listens to the events of the menu and of a second start of the program.
#[tauri::command]
pub fn ready(app: AppHandle) {
    windows::ready(&app);
}

/// Ends the program; asks first if transfers are running.
#[tauri::command]
pub fn quit(app: AppHandle) {
    quit::request_quit(&app);
}
