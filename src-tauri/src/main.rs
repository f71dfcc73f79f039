//! The desktop app: a server with a tray icon and a window. Thin: whatever it does to the server is a call of the control
//! door, and neither a window nor its webview can take the server with it.
//!
//! ```text
//! tokio runtime (ours; tauri borrows it)      main thread (the desktop's event loop)
//!   the server                                  tray, menus, window
//!   events::follow: notices -> window, tray     second instances, dialogs
//! ```

// A program of windows opens no console of its own.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

mod awake;
mod commands;
mod events;
mod no_webview;
mod notify;
mod options;
mod platform;
mod prefs;
mod quit;
mod shell;
mod start;
mod taskbar;
mod tray;
mod windows;

use options::{Asked, Options};
use shell::Shell;
use start::Files;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tauri::{App, AppHandle, Manager, RunEvent};
use tauri_plugin_dialog::{DialogExt, MessageDialogKind};

/// How long a start at login waits for the panel that shows the icon.
const PANEL: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    let cwd = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/"));
    let options = match options::parse(std::env::args_os().skip(1), &cwd) {
        Asked::Run(options) => options,
        Asked::Say(text) => {
            print!("{text}");
            return ExitCode::SUCCESS;
        }
        Asked::Wrong(why) => return fail(&why),
    };
    // Before anything of the desktop's libraries: they end the process when there is no display.
    if let Some(sentence) = platform::no_display() {
        return fail(sentence);
    }
    start_log();
    let runtime = tokio::runtime::Builder::new_multi_thread().thread_name("serve").enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("The system can't start threads: {error}.")),
    };
    // One runtime, and it is ours: what a command starts belongs to the server, and ends with it.
    tauri::async_runtime::set(runtime.handle().clone());
    let code = run(options);
    // Work that is still going on (a slow disk) must not keep the program from ending.
    runtime.shutdown_timeout(Duration::from_millis(100));
    code
}

fn fail(sentence: &str) -> ExitCode {
    eprintln!("potluck: {sentence}");
    ExitCode::FAILURE
}

/// The program's own log goes to stderr; `RUST_LOG` chooses what.
fn start_log() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info,zbus=warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).init();
}

fn run(options: Options) -> ExitCode {
    let built = std::panic::catch_unwind(|| {
        tauri::Builder::default()
            // First of all: a second instance must end before it touches anything.
            .plugin(tauri_plugin_single_instance::init(second_instance))
            .plugin(tauri_plugin_autostart::Builder::new().app_name("Potluck").arg("--at-login").build())
            .plugin(tauri_plugin_dialog::init())
            .plugin(tauri_plugin_notification::init())
            .plugin(tauri_plugin_opener::Builder::new().open_js_links_on_click(false).build())
            .plugin(tauri_plugin_window_state::Builder::new().with_state_flags(remembered()).build())
            .manage(tray::Tray::default())
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
                set_up(app, &options);
                Ok(())
            })
            .build(tauri::generate_context!())
    });
    let app = match built {
        Ok(Ok(app)) => app,
        Ok(Err(error)) => return fail(&error.to_string()),
        // There is a name of a display, but nothing behind it.
        Err(_) => return fail(platform::NO_DISPLAY),
    };
    let code = app.run_return(|app, event| match event {
        // The last window was closed; the program goes on. With a code, somebody meant it.
        RunEvent::ExitRequested { api, code: None, .. } => api.prevent_exit(),
        #[cfg(target_os = "macos")]
        RunEvent::Reopen { .. } if app.try_state::<Shell>().is_some() => windows::open(app, None),
        _ => _ = app,
    });
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

/// What of the window is as it was.
fn remembered() -> tauri_plugin_window_state::StateFlags {
    use tauri_plugin_window_state::StateFlags;
    StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED
}

/// Starts the server, then everything that follows it; or says why it cannot be started, and ends.
fn set_up(app: &mut App, options: &Options) {
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
    tauri::async_runtime::spawn(end_by_signal(handle.clone()));
    if !options.paths.is_empty() {
        windows::share(&handle, options.paths.clone());
    } else if !is_hidden {
        windows::open(&handle, None);
    }
    tauri::async_runtime::spawn(look_for_tray(handle, is_hidden));
}

async fn start(options: &Options) -> Result<Shell, String> {
    let files = Files::find(options.settings.as_deref())
        .ok_or("The system has no folder for settings; choose a file with --settings.")?;
    let prefs = prefs::Kept::load(files.prefs.clone());
    let control = start::start(files.clone(), options.state_folder.clone(), &prefs).await;
    let control = control.map_err(|error| error.sentence)?;
    Ok(Shell {
        control,
        files,
        prefs,
        waiting: Mutex::default(),
        window: tokio::sync::Mutex::default(),
        listens: AtomicBool::new(false),
        has_tray: AtomicBool::new(false),
        quitting: AtomicBool::new(false),
        clipboard: Mutex::default(),
    })
}

/// Where nobody shows icons, the window is the only way in. At login the panel may come later than we do.
async fn look_for_tray(app: AppHandle, is_hidden: bool) {
    let shell = app.state::<Shell>();
    let began = std::time::Instant::now();
    loop {
        if shell.look_for_tray().await {
            // It may have come after the icon was first drawn, for nobody.
            events::redraw(&app).await;
            return;
        }
        if !is_hidden || began.elapsed() >= PANEL {
            break;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    windows::open(&app, None);
    windows::tell_no_tray(&app);
}

/// A second start: its files are shared, else the window is shown.
fn second_instance(app: &AppHandle, args: Vec<String>, cwd: String) {
    // The first one is still saying why it cannot start.
    if app.try_state::<Shell>().is_none() {
        return;
    }
    let args = args.into_iter().skip(1).map(OsString::from);
    match options::parse(args, Path::new(&cwd)) {
        Asked::Run(options) if !options.paths.is_empty() => windows::share(app, options.paths),
        _ => windows::open(app, None),
    }
}

/// The end of a session, or of a service.
#[cfg(unix)]
async fn end_by_signal(app: AppHandle) {
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
    quit::end(&app).await;
}

#[cfg(not(unix))]
async fn end_by_signal(app: AppHandle) {
    if tokio::signal::ctrl_c().await.is_ok() {
        quit::end(&app).await;
    }
}
