//! The desktop app: a server with a tray icon and a window. A thin shell: it controls the server only by calls of the
//! admin API, and a crash of the window or its webview does not affect the server.
//!
//! ```text
//! tokio runtime (ours; tauri borrows it)      main thread (the desktop's event loop)
//!   the server                                  tray, menus, window
//!   events::follow: notices -> window, tray     second instances, dialogs
//! ```

// A program with windows opens no console.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

mod actions;
mod commands;
mod events;
mod no_webview;
mod notify;
mod options;
mod pane;
mod platform;
mod prefs;
mod progress;
mod quit;
mod shell;
mod sleep_inhibitor;
mod start;
mod taskbar;
mod texts;
mod tray;
mod windows;

use options::{Options, ParsedArgs};
use parking_lot::Mutex;
use shell::Shell;
use start::SettingsFiles;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tauri::{App, AppHandle, Manager, RunEvent};
use tauri_plugin_dialog::{DialogExt, MessageDialogKind};

/// How long a start at login waits for a panel that shows tray icons.
const TRAY_TIMEOUT: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    if let Some(code) = server::run_if_launcher() {
        return code;
    }
    let args: Vec<_> = std::env::args_os().skip(1).collect();
    if let Some(code) = server::run_client(&args) {
        return code;
    }
    let cwd = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/"));
    let options = match options::parse(args, &cwd) {
        ParsedArgs::Run(options) => options,
        ParsedArgs::Print(text) => {
            print!("{text}");
            return ExitCode::SUCCESS;
        }
        ParsedArgs::Invalid(why) => return fail(&why),
    };
    // Checked before any call of the desktop's libraries, since they end the process if there is no display.
    if let Some(sentence) = platform::no_display() {
        return fail(sentence);
    }
    start_log();
    let runtime = tokio::runtime::Builder::new_multi_thread().thread_name("serve").enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("The system can't start threads: {error}.")),
    };
    // One runtime, owned by this program: tasks that a command starts belong to the server and end with it.
    tauri::async_runtime::set(runtime.handle().clone());
    let code = run(options);
    // Work that still runs (on a slow disk) must not delay the end of the program.
    runtime.shutdown_timeout(Duration::from_millis(100));
    code
}

fn fail(sentence: &str) -> ExitCode {
    eprintln!("potluck: {sentence}");
    ExitCode::FAILURE
}

/// Starts the program's log on stderr, filtered by `RUST_LOG`.
fn start_log() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info,zbus=warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).init();
}

fn run(options: Options) -> ExitCode {
    let built = std::panic::catch_unwind(|| {
        tauri::Builder::default()
            // The first plugin: a second instance must end before it changes anything.
            .plugin(tauri_plugin_single_instance::init(second_instance))
            .plugin(tauri_plugin_autostart::Builder::new().app_name("Potluck").arg("--at-login").build())
            .plugin(tauri_plugin_dialog::init())
            .plugin(tauri_plugin_notification::init())
            .plugin(tauri_plugin_opener::Builder::new().open_js_links_on_click(false).build())
            .plugin(tauri_plugin_window_state::Builder::new().with_state_flags(saved_window_state()).build())
            .manage(tray::Tray::new(actions::run_action))
            .invoke_handler(tauri::generate_handler![
                commands::control,
                commands::pick_folder,
                commands::pick_files,
                commands::open_path,
                commands::show_in_folder,
                commands::open_url,
                commands::copy_text,
                commands::desktop,
                commands::set_desktop,
                commands::quit,
                commands::ready,
            ])
            .on_window_event(|window, event| windows::on_event(window.app_handle(), event))
            .setup(move |app| {
                start_app(app, &options);
                Ok(())
            })
            .build(tauri::generate_context!())
    });
    let app = match built {
        Ok(Ok(app)) => app,
        Ok(Err(error)) => return fail(&error.to_string()),
        // A display is named but does not exist.
        Err(_) => return fail(platform::NO_DISPLAY),
    };
    let code = app.run_return(|app, event| match event {
        // The last window was closed, but the program continues. An exit with a code is intended.
        RunEvent::ExitRequested { api, code: None, .. } => api.prevent_exit(),
        #[cfg(target_os = "macos")]
        RunEvent::Reopen { .. } if app.try_state::<Shell>().is_some() => windows::open(app, None),
        _ => _ = app,
    });
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

/// Returns the properties of the window that are restored.
fn saved_window_state() -> tauri_plugin_window_state::StateFlags {
    use tauri_plugin_window_state::StateFlags;
    StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED
}

/// Starts the server, the tray and the window; shows a dialog and ends if the server cannot be started.
fn start_app(app: &mut App, options: &Options) {
    #[cfg(target_os = "macos")]
    app.set_activation_policy(tauri::ActivationPolicy::Accessory);
    let handle = app.handle().clone();
    let shell = match tauri::async_runtime::block_on(start(options)) {
        Ok(shell) => shell,
        Err(sentence) => {
            tracing::error!("{sentence}");
            let dialog = app.dialog().message(sentence).title("Potluck cannot start").kind(MessageDialogKind::Error);
            return dialog.show(move |_| handle.exit(1));
        }
    };
    let is_hidden = options.hidden || (options.at_login && shell.prefs.get().start_hidden);
    app.manage(shell);
    tauri::async_runtime::spawn(events::follow(handle.clone()));
    tauri::async_runtime::spawn(quit_on_signal(handle.clone()));
    tauri::async_runtime::spawn(quit_when_contents_differ(handle.clone()));
    if !options.paths.is_empty() {
        windows::share(&handle, options.paths.clone());
    } else if !is_hidden {
        windows::open(&handle, None);
    }
    tauri::async_runtime::spawn(detect_tray(handle, is_hidden));
}

async fn start(options: &Options) -> Result<Shell, String> {
    let files = SettingsFiles::find(options.settings.as_deref())
        .ok_or("The system has no folder for settings; choose a file with --settings.")?;
    let prefs = prefs::PrefsStore::load(files.prefs.clone());
    texts::set_language(&prefs.get().language);
    let control = start::start(files.clone(), options.state_folder.clone(), &prefs).await;
    let control = control.map_err(|error| error.sentence)?;
    Ok(Shell {
        control,
        files,
        prefs,
        pending: Mutex::default(),
        indexing: Mutex::default(),
        window_lock: tokio::sync::Mutex::default(),
        page_ready: AtomicBool::new(false),
        has_tray: AtomicBool::new(false),
        quitting: AtomicBool::new(false),
        clipboard: Mutex::default(),
    })
}

/// Opens the window if the desktop shows no tray icons. At login the panel may start later than the app.
async fn detect_tray(app: AppHandle, is_hidden: bool) {
    let shell = app.state::<Shell>();
    let began = std::time::Instant::now();
    loop {
        if shell.detect_tray().await {
            // The panel may have started after the icon was first drawn.
            events::redraw(&app).await;
            return;
        }
        if !is_hidden || began.elapsed() >= TRAY_TIMEOUT {
            break;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    windows::open(&app, None);
    windows::notify_no_tray(&app);
}

/// Handles a second start of the program: shares its files, or shows the window.
fn second_instance(app: &AppHandle, args: Vec<String>, cwd: String) {
    // The first instance is still showing why it cannot start.
    if app.try_state::<Shell>().is_none() {
        return;
    }
    let args = args.into_iter().skip(1).map(OsString::from);
    match options::parse(args, Path::new(&cwd)) {
        ParsedArgs::Run(options) if !options.paths.is_empty() => windows::share(app, options.paths),
        _ => windows::open(app, None),
    }
}

/// Ends the program on SIGTERM and SIGINT.
#[cfg(unix)]
async fn quit_on_signal(app: AppHandle) {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    let (Ok(mut terminate), Ok(mut interrupt)) = signals else {
        tracing::warn!("signals cannot be received; end the program by its menu");
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    quit::shut_down(&app).await;
}

/// Ends the program when a verification asks for that (`e2vp`); the log says why.
async fn quit_when_contents_differ(app: AppHandle) {
    let reason = app.state::<Shell>().control.end_wanted().await;
    tracing::error!("{reason} The program ends because of -e2vp.");
    quit::shut_down(&app).await;
}

#[cfg(not(unix))]
async fn quit_on_signal(app: AppHandle) {
    if tokio::signal::ctrl_c().await.is_ok() {
        quit::shut_down(&app).await;
    }
}
