//! The tray icon and its menu, redrawn when their content has changed.

mod icons;
mod labels;
mod menu;
pub mod rows;
pub mod state;
mod view;

pub use labels::percent;

use crate::platform;
use menu::Entries;
use parking_lot::Mutex;
use rows::Row;
use server::control::admin::{Activity, Overview};
use state::TrayState;
use tauri::menu::MenuEvent;
use tauri::tray::{MouseButton, MouseButtonState, TrayIcon, TrayIconBuilder, TrayIconEvent};
use tauri::{AppHandle, Manager};
use view::View;

/// Longest tooltip that Windows shows, characters.
const TOOLTIP: usize = 127;

/// The content of the icon, tooltip and menu.
#[derive(Clone, Debug, PartialEq, Eq)]
struct TrayContent {
    state: TrayState,
    tooltip: String,
    rows: Vec<Row>,
}

/// The tray icon and its current content.
pub struct Tray {
    on_click: ClickHandler,
    shown: Mutex<Option<Shown>>,
}

/// Runs the action of the row with this ID.
pub type ClickHandler = fn(&AppHandle, &str);

struct Shown {
    icon: TrayIcon,
    drawing: TrayContent,
    entries: Entries,
}

impl Tray {
    /// Nothing is shown. `on_click` is called for each row that is clicked.
    pub fn new(on_click: ClickHandler) -> Self {
        Self { on_click, shown: Mutex::default() }
    }

    /// Makes the next update recreate the menu, since the desktop may show another state than was set.
    pub fn invalidate_menu(&self) {
        if let Some(shown) = &mut *self.shown.lock() {
            shown.drawing.rows.clear();
        }
    }
}

/// The system clock in the local time zone.
struct SystemClock;

impl view::Clock for SystemClock {
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

/// Updates the tray if its content has changed. `indexing`: see [`View::indexing`]. Callable from any thread.
pub fn show(app: &AppHandle, overview: &Overview, activity: &Activity, indexing: Option<(String, u64)>) {
    let view = View { overview, activity, indexing, window_first: cfg!(target_os = "linux"), clock: &SystemClock };
    let said = overview.problems.first().map_or_else(|| labels::status(&view), |problem| problem.sentence.clone());
    // Panels on Linux show the title above the tooltip.
    let name = if cfg!(target_os = "linux") { "" } else { "Potluck — " };
    let tooltip = format!("{name}{said}").chars().take(TOOLTIP).collect();
    let drawing = TrayContent { state: TrayState::of(overview), tooltip, rows: rows::rows(&view) };
    let tray = app.state::<Tray>();
    let shown = tray.shown.lock();
    if shown.as_ref().is_some_and(|shown| shown.drawing == drawing) {
        return;
    }
    drop(shown);
    let handle = app.clone();
    // All calls in one trip to the main thread, instead of one trip for each call.
    let sent = app.run_on_main_thread(move || {
        if let Err(error) = draw(&handle, drawing) {
            // Without a panel this is tried again with every change.
            tracing::debug!(%error, "the tray cannot be drawn; everything is in the window, too");
        }
    });
    if let Err(error) = sent {
        tracing::warn!(%error, "the tray cannot be drawn");
    }
}

fn draw(app: &AppHandle, drawing: TrayContent) -> tauri::Result<()> {
    let tray = app.state::<Tray>();
    let mut shown = tray.shown.lock();
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
        icon.set_icon_with_as_template(Some(icons::icon_of(drawing.state)?), cfg!(target_os = "macos"))?;
    }
    if before.tooltip != drawing.tooltip {
        icon.set_tooltip(Some(&drawing.tooltip))?;
    }
    *before = drawing;
    Ok(())
}

fn make(app: &AppHandle, drawing: TrayContent) -> tauri::Result<Shown> {
    let (menu, entries) = menu::make(app, &drawing.rows)?;
    let on_click = app.state::<Tray>().on_click;
    let icon = TrayIconBuilder::with_id("potluck")
        .title("Potluck")
        .icon(icons::icon_of(drawing.state)?)
        .icon_as_template(cfg!(target_os = "macos"))
        .tooltip(&drawing.tooltip)
        .menu(&menu)
        // A click opens the menu on macOS, as is usual there, and the window elsewhere.
        .show_menu_on_left_click(cfg!(target_os = "macos"))
        .on_menu_event(move |app, event: MenuEvent| on_click(app, event.id().as_ref()))
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
