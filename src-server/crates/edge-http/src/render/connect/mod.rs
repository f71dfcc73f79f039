//! The page that says how other programs upload to this server and read from it (`web/templates/connect.html`), and the
//! configuration of ShareX.
//!
//! [`systems`] is the one place that knows which programs there are for which system. A protocol that the server learns
//! adds its ways of connecting there; what the server does not serve is not mentioned.

mod commands;
mod place;
mod share_x;

pub use place::Place;
pub use share_x::{file_name as share_x_file_name, json as share_x};

use super::escape::visible;
use super::layout::{Layout, to_html};
use crate::request::Request;
use crate::urls;
use askama::Template;
use commands::{Shell, ways_by_commands};
use model::VPath;

/// Where copyparty's upload program is offered.
const U2C: &str = "https://github.com/9001/copyparty/releases/latest/download/u2c.py";

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
pub(super) struct System {
    id: &'static str,
    name: &'static str,
    /// The visitor uses it.
    is_open: bool,
    ways: Vec<Way>,
}

/// A way to connect.
#[derive(Default)]
pub(super) struct Way {
    title: String,
    /// What it is good for, and what it needs.
    about: String,
    /// Commands to type, one for each line.
    commands: Vec<String>,
    /// Steps to take, where there is nothing to type.
    steps: Vec<String>,
    /// A link: URL, label, and the name under which a browser saves it.
    link: Option<WayLink>,
}

/// A link of a way to connect.
pub(super) struct WayLink {
    href: String,
    label: &'static str,
    is_download: bool,
}

/// Renders the page for a folder.
pub fn page(request: &Request, place: Place) -> String {
    let others = request.access.entry_points().into_iter().filter(|(path, _)| *path != place.path);
    let others =
        others.map(|(path, _)| (format!("{}?{}", request.folder_href(&path), urls::CONNECT), folder_name(&path)));
    let layout = Layout::new(request, "Connect a program", "control connect").with_style(request, "control.css");
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

fn folder_name(path: &VPath) -> String {
    if path.is_root() { "Home".to_owned() } else { visible(path.as_bytes()) }
}

/// Returns every system with the ways to connect that work from there.
fn systems(request: &Request, place: &Place) -> Vec<System> {
    let agent = request.head.text(http::header::USER_AGENT).unwrap_or("");
    let used = system_of(agent);
    let by = |shell| ways_by_commands(place, shell);
    let windows = share_x_way(request, place).into_iter().chain(by(Shell::Windows));
    let android = home_screen(place, "Open the menu of the browser").into_iter().chain(by(Shell::Termux));
    let ios = home_screen(place, "Tap the Share button").into_iter().chain(shortcut(place));
    let all: [(&'static str, &'static str, Vec<Way>); 5] = [
        ("windows", "Windows", windows.collect()),
        ("macos", "macOS", by(Shell::MacOs)),
        ("linux", "Linux", by(Shell::Linux)),
        ("android", "Android", android.collect()),
        ("ios", "iPhone and iPad", ios.collect()),
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
    let mut about =
        "Sends screenshots and files, and copies the address of what was sent. Open the file with ShareX.".to_owned();
    if place.secret.is_some() {
        about.push_str(" Then put your password in place of PASSWORD in its custom uploader settings, below Headers.");
    }
    let href = format!("{}?{}=sharex", request.folder_href(&place.path), urls::CONNECT);
    let link = Some(WayLink { href, label: "Download for ShareX", is_download: true });
    Some(Way { title: "Screenshots with ShareX".into(), about, link, ..Way::default() })
}

/// A bookmark that looks like an app. `first`: what leads to the command.
fn home_screen(place: &Place, first: &str) -> Option<Way> {
    let can = match (place.may_write, place.may_read) {
        (true, _) => "photos and files can be uploaded there",
        (false, true) => "files can be opened there",
        (false, false) => return None,
    };
    Some(Way {
        title: "In the browser".into(),
        about: format!("The page is all that is needed: {can}."),
        steps: vec![
            "Scan the code above with the camera, or type the address.".into(),
            format!("{first}, then choose \u{201c}Add to Home Screen\u{201d}."),
        ],
        ..Way::default()
    })
}

/// An entry of the share sheet of an iPhone.
fn shortcut(place: &Place) -> Option<Way> {
    if !place.may_write {
        return None;
    }
    let mut steps = vec![
        "In the app Shortcuts make a new shortcut, and switch on \u{201c}Show in Share Sheet\u{201d} in its details."
            .into(),
        format!("Add the action \u{201c}Get Contents of URL\u{201d} with the address {}", place.url),
        "Method: POST. Request Body: Form, with one field of the kind File, named f, and Shortcut Input as its value."
            .into(),
    ];
    if let Some(secret) = &place.secret {
        steps.push(format!(
            "Headers: PW, with your password as its value{}.",
            if secret.contains(':') { ", as name:password" } else { "" }
        ));
    }
    Some(Way {
        title: "Upload from the share sheet".into(),
        about: "Photos and files are sent from any app, by its Share button.".into(),
        steps,
        ..Way::default()
    })
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
