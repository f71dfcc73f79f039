//! The page that says how other programs upload to this server and read from it (`web/templates/connect.html`), and the
//! configuration of ShareX.
//!
//! [`systems`] is the one place that knows which programs there are for which system. A protocol that the server learns
//! adds its ways of connecting there; what the server does not serve is not mentioned.

mod commands;
mod place;
mod share_x;
mod way;

pub use place::Place;
pub use share_x::{file_name as share_x_file_name, json as share_x};

use super::folder_path;
use super::layout::{Layout, to_html};
use crate::request::Request;
use crate::texts::Texts;
use crate::urls;
use askama::Template;
use commands::{Shell, ways_by_commands};
use way::{Way, WayLink};

#[derive(Template)]
#[template(path = "connect.html")]
struct ConnectPage<'a> {
    layout: Layout<'a>,
    /// URL of the requested folder.
    back: String,
    /// The folder of the address.
    place: Place,
    /// Source of the QR code of the address.
    qr_href: String,
    /// The account has a password, which commands ask for or have a word in its place.
    has_password: bool,
    systems: Vec<System>,
    /// Other folders: URL of their page, and name.
    others: Vec<(String, String)>,
}

/// An operating system.
struct System {
    id: &'static str,
    name: &'static str,
    /// The visitor uses it.
    is_open: bool,
    ways: Vec<Way>,
}

/// Renders the page for a folder.
pub fn page(request: &Request, place: Place) -> String {
    let others = request.access.entry_points().into_iter().filter(|(path, _)| *path != place.path);
    let others = others.map(|(path, _)| {
        (format!("{}?{}", request.folder_href(&path), urls::CONNECT), folder_path(request.texts(), &path))
    });
    let layout =
        Layout::new(request, request.texts().account_connect(), "control connect").with_style(request, "control.css");
    to_html(&ConnectPage {
        layout: layout.with_script(request).with_account(request),
        back: format!("{}?{}", request.self_href(), urls::CONTROL),
        qr_href: format!("{}?qr", request.folder_href(&place.path)),
        has_password: place.account.is_some(),
        systems: systems(request, &place),
        others: others.collect(),
        place,
    })
}

/// Returns every system with the ways to connect that work from there.
fn systems(request: &Request, place: &Place) -> Vec<System> {
    let agent = request.head.text(http::header::USER_AGENT).unwrap_or("");
    let used = system_of(agent);
    let t = request.texts();
    let by = |shell| ways_by_commands(t, place, shell);
    let windows = share_x_way(request, place).into_iter().chain(by(Shell::Windows));
    let android = home_screen(t, place, t.connect_step_menu()).into_iter().chain(by(Shell::Termux));
    let ios = home_screen(t, place, t.connect_step_share()).into_iter().chain(shortcut(t, place));
    let all: [(&'static str, &'static str, Vec<Way>); 5] = [
        ("windows", "Windows", windows.collect()),
        ("macos", "macOS", by(Shell::MacOs)),
        ("linux", "Linux", by(Shell::Linux)),
        ("android", "Android", android.collect()),
        ("ios", "iPhone, iPad", ios.collect()),
    ];
    let system = |(id, name, ways)| System { id, name, is_open: used == Some(id), ways };
    all.into_iter().map(system).collect()
}

/// Returns the id of the system that a browser names in `User-Agent`.
fn system_of(agent: &str) -> Option<&'static str> {
    // Android's browsers name Linux, too, and those of iPhones name Mac OS X.
    let marks = [
        ("Android", "android"),
        ("iPhone", "ios"),
        ("iPad", "ios"),
        ("Windows", "windows"),
        ("Mac OS", "macos"),
        ("Linux", "linux"),
    ];
    marks.into_iter().find(|(mark, _)| agent.contains(mark)).map(|(_, id)| id)
}

fn share_x_way(request: &Request, place: &Place) -> Option<Way> {
    if !place.may_write {
        return None;
    }
    let t = request.texts();
    let about = match place.secret {
        Some(_) => t.followed_by(t.connect_sharex_about(), t.connect_sharex_password()),
        None => t.connect_sharex_about().to_owned(),
    };
    let href = format!("{}?{}=sharex", request.folder_href(&place.path), urls::CONNECT);
    let link = Some(WayLink { href, label: t.connect_sharex_get(), is_download: true });
    Some(Way { title: t.connect_sharex().into(), about, link, ..Way::default() })
}

/// A bookmark that looks like an app. `step`: how it is made.
fn home_screen(t: Texts, place: &Place, step: &str) -> Option<Way> {
    let about = match (place.may_write, place.may_read) {
        (true, _) => t.connect_browser_add(),
        (false, true) => t.connect_browser_read(),
        (false, false) => return None,
    };
    Some(Way {
        title: t.connect_browser().into(),
        about: about.into(),
        steps: vec![t.connect_step_scan().into(), step.into()],
        ..Way::default()
    })
}

/// An entry of the share sheet of an iPhone.
fn shortcut(t: Texts, place: &Place) -> Option<Way> {
    if !place.may_write {
        return None;
    }
    let mut steps =
        vec![t.connect_sheet_new().to_owned(), t.connect_sheet_action(&place.url), t.connect_sheet_form().to_owned()];
    if let Some(secret) = &place.secret {
        let header = if secret.contains(':') { t.connect_sheet_header_name() } else { t.connect_sheet_header() };
        steps.push(header.to_owned());
    }
    Some(Way { title: t.connect_sheet().into(), about: t.connect_sheet_about().into(), steps, ..Way::default() })
}

#[cfg(test)]
mod tests {
    use super::system_of;

    #[test]
    fn systems_are_told_by_the_browser() {
        for (agent, want) in [
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36", Some("windows")),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15", Some("macos")),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101", Some("linux")),
            ("Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36", Some("android")),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)", Some("ios")),
            ("Lynx/2.9", None),
        ] {
            assert_eq!(system_of(agent), want, "{agent}");
        }
    }
}
