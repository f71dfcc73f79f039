//! Whatever prevents a change (a taken port, a file that cannot be read, a folder that takes no file), at the start, in
//! a change of settings or in one by the clock: everything stays as it was, and the same change works later.

use super::*;
use server::ControlError;
use server::control::ErrorCode;
use server::control::admin::{Call, Sharing, SharingRequest};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

/// What is in the way of a change.
enum Obstacle {
    /// Another program listens.
    TakenPort(TcpListener),
    /// A folder at the place of a file or of its new version.
    Folder(PathBuf),
}

impl Obstacle {
    fn taken_port(port: u16) -> Self {
        Self::TakenPort(TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("the port is free"))
    }

    /// The file can neither be read nor replaced.
    fn unreadable(file: &Path) -> Self {
        // It may not exist yet.
        let _missing = std::fs::remove_file(file);
        std::fs::create_dir_all(file.join("full")).expect("a folder");
        Self::Folder(file.to_owned())
    }

    /// The folder of the file takes no new version of it. Permissions do not stop the administrator, who runs tests in
    /// containers; a folder of that name does.
    fn read_only(file: &Path) -> Self {
        let new = PathBuf::from(format!("{}.new", file.display()));
        std::fs::create_dir_all(new.join("full")).expect("a folder");
        Self::Folder(new)
    }

    fn error(&self) -> ErrorCode {
        match self {
            Self::TakenPort(_) => ErrorCode::CannotListen,
            Self::Folder(_) => ErrorCode::CannotSave,
        }
    }

    fn remove(self) {
        match self {
            Self::TakenPort(listener) => drop(listener),
            Self::Folder(path) => std::fs::remove_dir_all(path).expect("a folder"),
        }
    }
}

/// Returns a free port outside the range from which systems choose: none of the tests that run at the same time gets it by
/// chance while it is closed.
fn free_port() -> u16 {
    let first = 20_000 + u16::try_from(std::process::id() % 9_000).expect("is small");
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    (first..first + 3_000).find(is_free).expect("a free port")
}

fn is_open(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// Whether a client at `port` gets an answer. Before a change is saved its sockets are bound: a client may connect in that
/// moment, but its request is not read, and the connection ends when the change is undone.
fn answers(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { return false };
    stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a timeout");
    let sent = stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    sent.is_ok() && stream.read(&mut [0; 1]).is_ok_and(|length| length > 0)
}

fn code(failed: Result<impl Sized, ControlError>) -> ErrorCode {
    failed.map(drop).expect_err("there is an obstacle").code
}

/// Settings with one volume and one port, and options with a settings file in the folder.
fn prepared(dir: &TempDir, port: u16) -> (Settings, StartOptions, PathBuf) {
    let mut settings = support::admin::local_settings(dir.path());
    settings.volumes.push(volume(dir, "files", ""));
    settings.network.ports = vec![port];
    let file = dir.path().join("config/settings.toml");
    let options = StartOptions { settings_file: Some(file.clone()), ..StartOptions::default() };
    (settings, options, file)
}

async fn start_fails_and_leaves_nothing(obstacle: impl FnOnce(u16, &Path) -> Obstacle) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let port = free_port();
    let (settings, options, file) = prepared(&dir, port);
    let obstacle = obstacle(port, &file);
    assert_eq!(code(server::start(settings.clone(), options.clone()).await), obstacle.error());
    assert!(!file.is_file(), "no settings are saved");
    assert!(matches!(obstacle, Obstacle::TakenPort(_)) || !is_open(port));
    obstacle.remove();
    let control = server::start(settings, options).await.expect("it starts once nothing is in the way");
    assert!(file.is_file() && is_open(port));
    control.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_fails_leaves_nothing() {
    start_fails_and_leaves_nothing(|port, _| Obstacle::taken_port(port)).await;
    start_fails_and_leaves_nothing(|_, file| Obstacle::unreadable(file)).await;
    start_fails_and_leaves_nothing(|_, file| Obstacle::read_only(file)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_settings_that_fails_changes_nothing() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let (settings, options, file) = prepared(&dir, free_port());
    let live = Live::start_in(dir, options, |own| *own = settings.clone()).await;
    std::fs::write(live.dir.path().join("files/a.txt"), "a").expect("a file");
    let before = (live.addr(), live.control.status().generation);
    for kind in ["taken port", "unreadable", "read-only"] {
        let port = free_port();
        let saved = std::fs::read_to_string(&file).expect("settings");
        let mut wanted = live.settings.clone();
        wanted.network.ports = vec![port];
        wanted.volumes = vec![volume(&live.dir, "other", "")];
        let obstacle = match kind {
            "taken port" => Obstacle::taken_port(port),
            "unreadable" => Obstacle::unreadable(&file),
            _ => Obstacle::read_only(&file),
        };
        let is_taken = matches!(obstacle, Obstacle::TakenPort(_));
        assert_eq!(code(live.control.apply(wanted).await), obstacle.error(), "{kind}");
        assert_eq!((live.addr(), live.control.status().generation), before, "{kind}");
        assert_eq!(get(live.addr(), "/a.txt").0, 200, "{kind}: the old volume is still there");
        assert!(is_taken || !is_open(port), "{kind}: the new port is not open");
        obstacle.remove();
        match kind {
            "unreadable" => std::fs::write(&file, saved).expect("puts it back"),
            _ => assert_eq!(std::fs::read_to_string(&file).expect("settings"), saved, "{kind}"),
        }
    }
    let mut wanted = live.settings.clone();
    wanted.network.ports = vec![free_port()];
    live.control.apply(wanted.clone()).await.expect("nothing is in the way");
    assert_eq!(live.addr().port(), wanted.network.ports[0]);
    live.control.stop().await;
}

/// Pauses for a second. The end of the pause meets the obstacle, so the pause goes on until it is removed.
async fn pause_goes_on(obstacle: impl FnOnce(u16, &Path) -> Obstacle) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let port = free_port();
    let (settings, options, _) = prepared(&dir, port);
    let live = Live::start_in(dir, options, |own| *own = settings.clone()).await;
    let state = live.settings.state_folder.clone().expect("a state folder").join("sharing.json");
    live.control.set_sharing(&SharingRequest::Pause { seconds: 1 }).await.expect("paused");
    let obstacle = obstacle(port, &state);
    let is_taken = matches!(obstacle, Obstacle::TakenPort(_));
    // Longer than the pause and the interval of the checks together.
    let until = std::time::Instant::now() + Duration::from_millis(4500);
    while std::time::Instant::now() < until {
        assert!(matches!(live.control.overview().sharing, Sharing::Paused { .. }));
        assert!(live.control.addresses().is_empty() && (is_taken || !answers(port)));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    obstacle.remove();
    let deadline = std::time::Instant::now() + Duration::from_secs(30);
    while live.control.overview().sharing != Sharing::On {
        assert!(std::time::Instant::now() < deadline, "sharing resumes");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(answers(port));
    // By hand the same obstacle is reported.
    let again = Obstacle::read_only(&state);
    assert_eq!(code(live.control.call(off(), server::control::Origin::Desktop).await), ErrorCode::CannotSave);
    assert_eq!(live.control.overview().sharing, Sharing::On);
    assert!(answers(port));
    again.remove();
    live.control.stop().await;
}

fn off() -> Call {
    Call::SetSharing { sharing: SharingRequest::Off }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_pause_waits_for_a_taken_port() {
    pause_goes_on(|port, _| Obstacle::taken_port(port)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_pause_waits_for_an_unreadable_file() {
    pause_goes_on(|_, state| Obstacle::unreadable(state)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_pause_waits_for_a_read_only_folder() {
    pause_goes_on(|_, state| Obstacle::read_only(state)).await;
}
