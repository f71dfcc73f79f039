//! Differences between desktops: display, tray icons, file manager, webview.

/// Returns the error text if there is no display; `None`: there is one.
pub fn no_display() -> Option<&'static str> {
    let named = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    (cfg!(target_os = "linux") && !named("DISPLAY") && !named("WAYLAND_DISPLAY")).then_some(NO_DISPLAY)
}

/// The error text if there is no display.
pub const NO_DISPLAY: &str = "There is no display here that a window or a tray icon could be shown on. Run `potluck-server` instead: it is the \
     same server without them.";

/// Returns whether the desktop shows tray icons: on Linux, whether a panel registered for that on the session bus.
/// Blocks, for a second at most.
#[cfg(target_os = "linux")]
pub fn has_tray() -> bool {
    // A separate thread, since a stuck bus can block it.
    let (answer, answered) = std::sync::mpsc::channel();
    let asking = std::thread::Builder::new().name("tray-host".into()).spawn(move || {
        let host = query_tray_host().unwrap_or(false);
        let _receiver_gone = answer.send(host);
    });
    asking.is_ok() && answered.recv_timeout(std::time::Duration::from_secs(1)).unwrap_or(false)
}

#[cfg(target_os = "linux")]
fn query_tray_host() -> zbus::Result<bool> {
    let bus = zbus::blocking::Connection::session()?;
    let watcher = "org.kde.StatusNotifierWatcher";
    let watcher = zbus::blocking::Proxy::new(&bus, watcher, "/StatusNotifierWatcher", watcher)?;
    watcher.get_property("IsStatusNotifierHostRegistered")
}

/// Returns whether the desktop shows tray icons.
#[cfg(not(target_os = "linux"))]
pub fn has_tray() -> bool {
    true
}

/// Opens a folder, or a file, with the desktop's default program. Blocks, for 3 seconds at most.
///
/// # Errors
/// Why it cannot be opened, as the end of a sentence.
#[cfg(target_os = "linux")]
pub fn open_folder(_: &tauri::AppHandle, path: &std::path::Path) -> Result<(), String> {
    use std::process::{Command, Stdio};
    /// `xdg-open` ends at once when nothing can open the path; with some desktops it stays as long as the program.
    const FAILS_WITHIN: std::time::Duration = std::time::Duration::from_secs(3);
    let (input, output) = (Stdio::null(), Stdio::null());
    let started = Command::new("xdg-open").arg(path).stdin(input).stdout(output).stderr(Stdio::null()).spawn();
    let mut opener = started.map_err(|_| "xdg-open is not installed".to_owned())?;
    // A separate thread waits for the end of the program.
    let (answer, answered) = std::sync::mpsc::channel();
    let waiting = std::thread::Builder::new().name("xdg-open".into()).spawn(move || {
        let _receiver_gone = answer.send(opener.wait());
    });
    waiting.map_err(|error| error.to_string())?;
    match answered.recv_timeout(FAILS_WITHIN) {
        Ok(Ok(status)) if !status.success() => Err("this desktop has no program for it".into()),
        Ok(Err(error)) => Err(error.to_string()),
        Ok(Ok(_)) | Err(_) => Ok(()),
    }
}

/// Opens a folder, or a file, with the desktop's default program.
///
/// # Errors
/// Why it cannot be opened.
#[cfg(not(target_os = "linux"))]
pub fn open_folder(app: &tauri::AppHandle, path: &std::path::Path) -> Result<(), String> {
    use tauri_plugin_opener::OpenerExt;
    app.opener().open_path(path.to_string_lossy(), None::<&str>).map_err(|error| error.to_string())
}

/// Whether replacing a menu closes it while it is open, so that a click on it is lost. Panels on Linux
/// keep showing the old menu.
pub const CLOSES_REPLACED_MENUS: bool = cfg!(not(target_os = "linux"));

/// Returns whether the webview is installed. On other systems than Windows the program would not have started without
/// it.
pub fn has_webview() -> bool {
    !cfg!(windows) || tauri::webview_version().is_ok()
}

/// Returns whether the taskbar is dark. The theme of windows is a different setting.
#[cfg(windows)]
pub fn is_taskbar_dark() -> bool {
    let place = r"Software\Microsoft\Windows\CurrentVersion\Themes\Personalize";
    let theme = winreg::RegKey::predef(winreg::enums::HKEY_CURRENT_USER).open_subkey(place);
    let light = theme.and_then(|theme| theme.get_value::<u32, _>("SystemUsesLightTheme"));
    // Older versions have no such setting and a dark taskbar.
    light.map_or(true, |light| light == 0)
}

/// Reloads the page when its web process has crashed. The program and its server are not affected.
#[cfg(target_os = "linux")]
pub fn reload_after_crash(window: &tauri::WebviewWindow) -> tauri::Result<()> {
    use std::cell::Cell;
    use webkit2gtk::WebViewExt;
    /// After this many crashes the page is not reloaded until its window is closed and opened again.
    const MAX_RELOADS: u32 = 3;
    window.with_webview(|webview| {
        let crashes = Cell::new(0);
        webview.inner().connect_web_process_terminated(move |page, why| {
            crashes.set(crashes.get() + 1);
            tracing::error!(?why, "the process that shows the window has ended; sharing goes on");
            if crashes.get() <= MAX_RELOADS {
                page.reload();
            }
        });
    })
}

/// On other systems the webview reloads by itself.
#[cfg(not(target_os = "linux"))]
pub fn reload_after_crash(_: &tauri::WebviewWindow) -> tauri::Result<()> {
    Ok(())
}
