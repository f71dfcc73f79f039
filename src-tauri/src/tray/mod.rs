//! The icon in the tray and its menu, drawn anew whenever what they say has changed.

mod act;
mod menu;
mod pictures;
pub mod rows;
mod words;

pub use act::act;
pub use words::percent;

use crate::platform;
use menu::Entries;
use rows::{Row, View};
use server::control::admin::{Activity, Overview, ProblemCode, Sharing};
use std::sync::{Mutex, PoisonError};
use tauri::menu::MenuEvent;
use tauri::tray::{MouseButton, MouseButtonState, TrayIcon, TrayIconBuilder, TrayIconEvent};
use tauri::{AppHandle, Manager};

/// Longest tooltip that Windows shows, characters.
const TOOLTIP: usize = 127;

/// What the icon says, by its shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Sharing, and nothing is going on.
    On,
    /// Files are on their way.
    Transferring,
    /// Not for a while.
    Paused,
    /// Not here: an unknown network, or no shared folder is connected.
    Waiting,
    /// Somebody must look at it.
    Attention,
    /// Off.
    Off,
}

impl State {
    /// The most important thing that the server has to say.
    pub fn of(overview: &Overview) -> Self {
        // A folder that is not there waits for its disk; it is nobody's mistake.
        let urgent = overview.problems.iter().any(|problem| problem.code != ProblemCode::FolderMissing);
        let on = || overview.shares.iter().filter(|share| share.on);
        match overview.sharing {
            _ if urgent => Self::Attention,
            _ if is_unasked(overview) => Self::Off,
            Sharing::Off => Self::Off,
            Sharing::Paused { .. } => Self::Paused,
            Sharing::Waiting => Self::Waiting,
            Sharing::On if overview.transfers > 0 => Self::Transferring,
            Sharing::On if on().count() > 0 && on().all(|share| !share.is_there) => Self::Waiting,
            Sharing::On => Self::On,
        }
    }
}

/// Nobody has begun to share yet.
pub fn is_unasked(overview: &Overview) -> bool {
    overview.is_new && overview.shares.is_empty()
}

/// Everything that is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Drawing {
    state: State,
    tooltip: String,
    rows: Vec<Row>,
}

/// The tray icon, and what it shows now.
#[derive(Default)]
pub struct Tray {
    shown: Mutex<Option<Shown>>,
}

struct Shown {
    icon: TrayIcon,
    drawing: Drawing,
    entries: Entries,
}

impl Tray {
    /// The menu may show something else than it was told to; it is made anew at the next look.
    fn doubt(&self) {
        if let Some(shown) = &mut *self.shown.lock().unwrap_or_else(PoisonError::into_inner) {
            shown.drawing.rows.clear();
        }
    }
}

/// The clock on this computer's wall.
struct Wall;

impl words::Clock for Wall {
    fn at(&self, ms: i64) -> String {
        let Ok(at) = jiff::Timestamp::from_millisecond(ms) else { return "later".into() };
        let (at, today) = (at.to_zoned(jiff::tz::TimeZone::system()), jiff::Zoned::now());
        let form = if at.date() == today.date() { "%-H:%M" } else { "%A, %-H:%M" };
        at.strftime(form).to_string()
    }

    fn tomorrow(&self) -> (String, i64) {
        let now = jiff::Zoned::now();
        let morning =
            now.date().tomorrow().ok().and_then(|day| day.at(8, 0, 0, 0).to_zoned(now.time_zone().clone()).ok());
        ("8:00".into(), morning.unwrap_or(now).timestamp().as_second())
    }
}

/// Draws the tray if it would look another way than it does. From any thread.
pub fn show(app: &AppHandle, overview: &Overview, activity: &Activity) {
    let view = View { overview, activity, window_first: cfg!(target_os = "linux"), clock: &Wall };
    let said = overview.problems.first().map_or_else(|| words::state(&view), |problem| problem.sentence.clone());
    // Panels of Linux put the title above it.
    let name = if cfg!(target_os = "linux") { "" } else { "Potluck — " };
    let tooltip = format!("{name}{said}").chars().take(TOOLTIP).collect();
    let drawing = Drawing { state: State::of(overview), tooltip, rows: rows::rows(&view) };
    let tray = app.state::<Tray>();
    let shown = tray.shown.lock().unwrap_or_else(PoisonError::into_inner);
    if shown.as_ref().is_some_and(|shown| shown.drawing == drawing) {
        return;
    }
    drop(shown);
    let handle = app.clone();
    // All of it on the main thread at once: every single call would go there and back.
    let sent = app.run_on_main_thread(move || {
        if let Err(error) = draw(&handle, drawing) {
            // Without a panel it is tried again with every change, and at every look at the clock.
            tracing::debug!(%error, "the tray cannot be drawn; everything is in the window, too");
        }
    });
    if let Err(error) = sent {
        tracing::warn!(%error, "the tray cannot be drawn");
    }
}

fn draw(app: &AppHandle, drawing: Drawing) -> tauri::Result<()> {
    let tray = app.state::<Tray>();
    let mut shown = tray.shown.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(Shown { icon, drawing: before, entries }) = &mut *shown else {
        *shown = Some(make(app, drawing)?);
        return Ok(());
    };
    if before.rows != drawing.rows
        && !(platform::CLOSES_REPLACED_MENUS && entries.change(app, &before.rows, &drawing.rows)?)
    {
        let (menu, fresh) = menu::make(app, &drawing.rows)?;
        icon.set_menu(Some(menu))?;
        *entries = fresh;
    }
    if before.state != drawing.state {
        icon.set_icon_with_as_template(Some(pictures::of(drawing.state)?), cfg!(target_os = "macos"))?;
    }
    if before.tooltip != drawing.tooltip {
        icon.set_tooltip(Some(&drawing.tooltip))?;
    }
    *before = drawing;
    Ok(())
}

fn make(app: &AppHandle, drawing: Drawing) -> tauri::Result<Shown> {
    let (menu, entries) = menu::make(app, &drawing.rows)?;
    let icon = TrayIconBuilder::with_id("potluck")
        .title("Potluck")
        .icon(pictures::of(drawing.state)?)
        .icon_as_template(cfg!(target_os = "macos"))
        .tooltip(&drawing.tooltip)
        .menu(&menu)
        // A click opens the menu on macOS, where that is the custom, and the window elsewhere.
        .show_menu_on_left_click(cfg!(target_os = "macos"))
        .on_menu_event(|app, event: MenuEvent| act(app, event.id().as_ref()))
        .on_tray_icon_event(|icon, event| {
            let left = matches!(
                event,
                TrayIconEvent::Click { button: MouseButton::Left, button_state: MouseButtonState::Up, .. }
            );
            if left && !cfg!(target_os = "macos") {
                crate::windows::open(icon.app_handle(), None);
            }
        })
        .build(app)?;
    Ok(Shown { icon, drawing, entries })
}
