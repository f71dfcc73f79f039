//! What the window may ask: the control door as one command, and what only a program on this computer can do.

use crate::shell::Shell;
use crate::{platform, quit, windows};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use server::ControlError;
use server::control::admin::Call;
use std::path::Path;
use std::sync::PoisonError;
use tauri::{AppHandle, State};
use tauri_plugin_autostart::ManagerExt;
use tauri_plugin_dialog::{DialogExt, FilePath};
use tauri_plugin_opener::OpenerExt;

/// The control door.
#[tauri::command]
pub async fn control(shell: State<'_, Shell>, call: Call) -> Result<Value, ControlError> {
    shell.call(call).await
}

/// The desktop's dialog for a folder; null if the person thought better of it.
#[tauri::command]
pub async fn pick_folder(app: AppHandle, title: String) -> Option<String> {
    let (answer, answered) = tokio::sync::oneshot::channel();
    app.dialog().file().set_title(title).pick_folder(move |folder| drop(answer.send(folder)));
    answered.await.ok().flatten().and_then(shown)
}

/// The desktop's dialog for files.
#[tauri::command]
pub async fn pick_files(app: AppHandle) -> Vec<String> {
    let (answer, answered) = tokio::sync::oneshot::channel();
    app.dialog().file().set_title("Share files").pick_files(move |files| drop(answer.send(files)));
    answered.await.ok().flatten().unwrap_or_default().into_iter().filter_map(shown).collect()
}

fn shown(path: FilePath) -> Option<String> {
    path.into_path().ok()?.into_os_string().into_string().ok()
}

/// Opens a file or folder with the program that the desktop has for it.
#[tauri::command]
pub async fn open_path(app: AppHandle, path: String) -> Result<(), String> {
    let opened = tokio::task::spawn_blocking(move || {
        platform::open_folder(&app, Path::new(&path)).map_err(|error| format!("{path} cannot be opened: {error}."))
    });
    opened.await.unwrap_or_else(|error| Err(format!("The file manager couldn't be started: {error}.")))
}

/// Shows a file in the desktop's file manager.
#[tauri::command]
pub async fn show_in_folder(app: AppHandle, path: String) -> Result<(), String> {
    reveal(&app, Path::new(&path)).await
}

/// See [`show_in_folder`]. Where no file manager can point at a file, its folder is opened. Looking for file managers
/// blocks.
///
/// # Errors
/// A plain sentence with the place of the file, when nothing can show it.
pub async fn reveal(app: &AppHandle, path: &Path) -> Result<(), String> {
    let (app, path) = (app.clone(), path.to_path_buf());
    let shown = tokio::task::spawn_blocking(move || {
        if !path.exists() {
            return Err(format!("{} is not there any more.", path.display()));
        }
        let Err(error) = app.opener().reveal_item_in_dir(&path) else { return Ok(()) };
        tracing::info!(%error, "no file manager points at files; the folder is opened");
        let folder = path.parent().unwrap_or(&path);
        platform::open_folder(&app, folder).map_err(|error| {
            format!("No program could be found that shows folders ({error}). The file is {}.", path.display())
        })
    });
    shown.await.unwrap_or_else(|error| Err(format!("The file manager couldn't be started: {error}.")))
}

/// Opens a web page in the browser.
#[tauri::command]
pub async fn open_url(app: AppHandle, url: String) -> Result<(), String> {
    // Whatever else a desktop starts for an address is no web page.
    if !["http://", "https://"].iter().any(|scheme| url.starts_with(scheme)) {
        return Err("Only web addresses can be opened.".into());
    }
    app.opener().open_url(&url, None::<&str>).map_err(|error| format!("The browser can't be opened: {error}."))
}

/// Copies a text, which a page may not do by itself.
#[tauri::command]
pub async fn copy_text(shell: State<'_, Shell>, text: String) -> Result<(), String> {
    copy(&shell, &text)
}

/// See [`copy_text`].
pub fn copy(shell: &Shell, text: &str) -> Result<(), String> {
    with_clipboard(shell, |open| open.set_text(text)).map_err(|error| format!("The text can't be copied: {error}."))
}

/// The text on the clipboard; nothing if there is none, or something else than text.
pub fn clipboard(shell: &Shell) -> Option<String> {
    with_clipboard(shell, arboard::Clipboard::get_text).ok().filter(|text| !text.trim().is_empty())
}

/// The clipboard stays open: on Linux what was copied is there only while its owner is.
fn with_clipboard<T>(
    shell: &Shell,
    act: impl FnOnce(&mut arboard::Clipboard) -> Result<T, arboard::Error>,
) -> Result<T, arboard::Error> {
    let mut clipboard = shell.clipboard.lock().unwrap_or_else(PoisonError::into_inner);
    let open = match clipboard.take() {
        Some(open) => open,
        None => arboard::Clipboard::new()?,
    };
    act(clipboard.insert(open))
}

/// How the app behaves on this desktop.
#[derive(Clone, Debug, Serialize)]
pub struct Desktop {
    /// It starts when the person logs in.
    start_at_login: bool,
    /// Then without a window.
    start_hidden: bool,
    /// Closing the window leaves it in the tray.
    close_to_tray: bool,
    /// It says when files have arrived.
    notify: bool,
    /// Icons of the tray are shown.
    has_tray: bool,
}

/// Changes of the same; what is absent stays.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub struct DesktopWish {
    start_at_login: Option<bool>,
    start_hidden: Option<bool>,
    close_to_tray: Option<bool>,
    notify: Option<bool>,
}

/// How the app behaves.
#[tauri::command]
pub async fn desktop(app: AppHandle, shell: State<'_, Shell>) -> Result<Desktop, String> {
    let prefs = shell.prefs.get();
    let has_tray = shell.look_for_tray().await;
    Ok(Desktop {
        // A small file, or a value of the registry.
        start_at_login: tokio::task::block_in_place(|| app.autolaunch().is_enabled().unwrap_or(false)),
        start_hidden: prefs.start_hidden,
        close_to_tray: prefs.close_to_tray,
        notify: prefs.notify,
        has_tray,
    })
}

/// Changes how the app behaves.
#[tauri::command]
pub async fn set_desktop(app: AppHandle, shell: State<'_, Shell>, desktop: DesktopWish) -> Result<Desktop, String> {
    tokio::task::block_in_place(|| choose(&app, &shell, desktop))?;
    self::desktop(app, shell).await
}

/// Writes the choices down. Blocks, for small files.
fn choose(app: &AppHandle, shell: &Shell, wish: DesktopWish) -> Result<(), String> {
    shell.prefs.change(|prefs| {
        prefs.start_hidden = wish.start_hidden.unwrap_or(prefs.start_hidden);
        prefs.close_to_tray = wish.close_to_tray.unwrap_or(prefs.close_to_tray);
        prefs.notify = wish.notify.unwrap_or(prefs.notify);
    });
    let login = app.autolaunch();
    let done = match wish.start_at_login {
        Some(true) => login.enable(),
        Some(false) => login.disable(),
        None => Ok(()),
    };
    done.map_err(|error| format!("The desktop doesn't allow changing what starts at login: {error}."))
}

/// The page hears from now on what the menu and a second start of the program have to show.
#[tauri::command]
pub fn ready(app: AppHandle) {
    windows::ready(&app);
}

/// Ends the program; asks first when something would be cut off.
#[tauri::command]
pub fn quit(app: AppHandle) {
    quit::ask(&app);
}
