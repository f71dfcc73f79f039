//! Commands of programs, with the address and the account filled in. Passwords are asked for by the program, or have the
//! word PASSWORD in their place.

use super::place::Place;
use super::way::{Way, WayLink};
use crate::texts::Texts;

/// Where copyparty's upload program is offered.
const U2C: &str = "https://github.com/9001/copyparty/releases/latest/download/u2c.py";

/// Where commands are typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shell {
    /// PowerShell and the command prompt.
    Windows,
    /// The terminal of macOS.
    MacOs,
    /// A terminal of Linux.
    Linux,
    /// The terminal that is an app for Android.
    Termux,
}

/// Returns the ways to connect by commands.
pub(super) fn ways_by_commands(t: Texts, place: &Place, shell: Shell) -> Vec<Way> {
    let all = [
        place.may_write.then(|| upload(t, place, shell)),
        place.may_write.then(|| upload_many(t, place, shell)),
        (place.may_zip || place.may_read && shell == Shell::Linux).then(|| download(t, place, shell)),
        (place.may_read && shell != Shell::Termux).then(|| mount(t, place, shell)),
    ];
    all.into_iter().flatten().collect()
}

/// Returns curl as it is called, with the account.
fn curl(place: &Place, shell: Shell) -> String {
    // In PowerShell `curl` alone is another program.
    let program = if shell == Shell::Windows { "curl.exe" } else { "curl" };
    match (&place.account, &place.secret) {
        (Some(account), _) => format!("{program} -u {account}"),
        (None, Some(secret)) => format!("{program} -H \"PW: {secret}\""),
        (None, None) => program.to_owned(),
    }
}

/// Returns what a program needs before it can be used, if it does not come with the system.
fn needs(shell: Shell, packages: &'static str) -> Vec<String> {
    if shell == Shell::Termux { vec![format!("pkg install {packages}")] } else { Vec::new() }
}

fn upload(t: Texts, place: &Place, shell: Shell) -> Way {
    let mut commands = needs(shell, "curl");
    commands.push(format!("{} -T photo.jpg \"{}\"", curl(place, shell), place.url));
    Way {
        title: if shell == Shell::Termux { t.connect_curl_termux() } else { t.connect_curl() }.into(),
        about: t.connect_curl_about().into(),
        commands,
        ..Way::default()
    }
}

fn upload_many(t: Texts, place: &Place, shell: Shell) -> Way {
    let python = if shell == Shell::Windows { "python" } else { "python3" };
    let secret = place.secret.as_ref().map(|secret| format!(" -a {secret}")).unwrap_or_default();
    let folder = if shell == Shell::Windows { "C:\\Photos" } else { "photos" };
    let mut commands = needs(shell, "python");
    commands.push(format!("{python} u2c.py{secret} \"{}\" {folder}", place.url));
    Way {
        title: t.connect_u2c().into(),
        about: t.connect_u2c_about().into(),
        commands,
        link: Some(WayLink { href: U2C.to_owned(), label: t.connect_u2c_get(), is_download: false }),
        ..Way::default()
    }
}

fn download(t: Texts, place: &Place, shell: Shell) -> Way {
    let mut commands = Vec::new();
    if place.may_zip {
        commands.push(format!("{} -o {}.zip \"{}?zip\"", curl(place, shell), place.short_name, place.url));
    }
    if shell == Shell::Linux {
        let account = place.account.as_ref().map(|name| format!(" --user={name} --ask-password --auth-no-challenge"));
        let top = place.url.split('/').skip(3).filter(|part| !part.is_empty()).count();
        let cut = if top > 1 { format!(" --cut-dirs={}", top - 1) } else { String::new() };
        if place.secret.is_none() || account.is_some() {
            // The pages of folders lead to the files, and are not kept. What has a question mark is another page.
            let skipped = "-e robots=off -R \"index.html*\" --reject-regex \"[?]\"";
            commands.push(format!("wget -r -np -nH{cut} {skipped}{} \"{}\"", account.unwrap_or_default(), place.url));
        }
    }
    Way {
        title: t.connect_download().into(),
        about: match (place.may_zip, shell) {
            (true, Shell::Linux) => t.connect_download_both().into(),
            (false, _) => t.connect_download_wget().into(),
            (true, _) => t.connect_download_curl().into(),
        },
        commands,
        ..Way::default()
    }
}

/// rclone reads the pages of folders, so that it needs no protocol of its own.
fn mount(t: Texts, place: &Place, shell: Shell) -> Way {
    let (name, url) = (&place.short_name, &place.url);
    let secret = place.secret.as_ref().map(|secret| format!(" \"headers=PW,{secret}\"")).unwrap_or_default();
    let (at, driver) = match shell {
        Shell::Windows => ("X:", "WinFsp"),
        Shell::MacOs => ("~/mnt", "macFUSE"),
        Shell::Linux | Shell::Termux => ("~/mnt", "FUSE"),
    };
    let mut commands = vec![format!("rclone config create {name} http \"url={url}\"{secret}")];
    if shell != Shell::Windows {
        commands.push(format!("mkdir -p {at}"));
    }
    commands.push(format!("rclone mount --read-only {name}: {at}"));
    Way {
        title: t.connect_mount().into(),
        about: t.connect_mount_about(driver, &format!("rclone copy {name}: music")),
        commands,
        ..Way::default()
    }
}
