//! The settings file owned by the program holds the settings in force; if it cannot be written, nothing changes.

use super::*;
use model::account::{Account, Secret};
use server::control::ErrorCode;
use server::settings_file::load;
use std::net::TcpListener;
use std::path::PathBuf;

/// Starts a server that saves its settings in `config/settings.toml` of its folder.
async fn live_with_settings_file() -> (Live, PathBuf, StartOptions) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config/settings.toml");
    let options = StartOptions { settings_file: Some(file.clone()), ..StartOptions::default() };
    let live = Live::start_in(dir, options.clone(), |settings| {
        settings.accounts.push(Account { name: "ann".into(), secret: Secret::Plain("sesame".into()) });
    })
    .await;
    (live, file, options)
}

/// Signs in with the form. Returns the session's cookie.
fn sign_in(addr: SocketAddr) -> String {
    let body = "--b\r\nContent-Disposition: form-data; name=\"act\"\r\n\r\nlogin\r\n--b\r\nContent-Disposition: \
                form-data; name=\"cppwd\"\r\n\r\nsesame\r\n--b--\r\n";
    let mut stream = TcpStream::connect(addr).unwrap();
    let head = format!(
        "POST / HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\nContent-Type: multipart/form-data; \
         boundary=b\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (_, cookie) = text.split_once("cppwd=").unwrap_or_else(|| panic!("{text}"));
    format!("cppwd={}", cookie.split(';').next().unwrap())
}

fn account_of(addr: SocketAddr, cookie: &str) -> String {
    let mut stream = TcpStream::connect(addr).unwrap();
    let head = format!("GET /?ls HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\nCookie: {cookie}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text.split_once("\"acct\": \"").unwrap_or_else(|| panic!("{text}")).1.split('"').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_from_the_file_gives_the_same_settings() {
    let (live, file, options) = live_with_settings_file().await;
    let first = load(&file).unwrap().expect("is written at the start");
    assert_eq!(first.volumes, live.settings.volumes);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains("sesame") && text.contains("$argon2id$"), "{text}");

    let mut settings = live.settings.clone();
    settings.behaviour.name = "Kitchen".into();
    settings.volumes.push(volume(&live.dir, "more", "more"));
    live.control.apply(settings.clone()).await.unwrap();
    let cookie = sign_in(live.addr());
    assert_eq!(account_of(live.addr(), &cookie), "ann");
    let saved = load(&file).unwrap().unwrap();
    assert_eq!(saved.accounts, first.accounts, "the password is unchanged, and so is its hash");
    live.control.stop().await;

    let again = server::start(saved.clone(), options).await.unwrap();
    let restarted = Live { control: again, dir: live.dir, settings: saved.clone() };
    assert_eq!(restarted.control.status().volumes.len(), 2);
    assert!(get(restarted.addr(), "/.potluck/join/x").1.contains("Kitchen</title>"));
    assert_eq!(account_of(restarted.addr(), &cookie), "ann", "sessions survive the restart");
    assert_eq!(load(&file).unwrap(), Some(saved.clone()));
    let expected = Settings { accounts: saved.accounts.clone(), ..settings };
    assert_eq!(saved, expected);
    restarted.control.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_cannot_be_saved_is_not_made() {
    let (live, file, _) = live_with_settings_file().await;
    let before = (live.addr(), live.control.status().generation);
    std::fs::remove_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file.parent().unwrap(), "in the way").unwrap();

    let mut settings = live.settings.clone();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    settings.network.ports = vec![port];
    settings.volumes = vec![volume(&live.dir, "other", "")];
    std::fs::write(live.dir.path().join("files/a.txt"), "a").unwrap();
    let error = live.control.apply(settings.clone()).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::CannotSave);
    assert!(error.sentence.contains("settings.toml"), "{error}");
    assert_eq!((live.addr(), live.control.status().generation), before);
    assert_eq!(get(live.addr(), "/a.txt").0, 200, "the old volume is still there");
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err(), "the new port is not open");

    // The same change works once it can be saved.
    std::fs::remove_file(file.parent().unwrap()).unwrap();
    live.control.apply(settings).await.unwrap();
    assert_eq!((live.addr().port(), load(&file).unwrap().unwrap().network.ports), (port, vec![port]));
    live.control.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_fails_is_not_saved() {
    let (live, file, options) = live_with_settings_file().await;
    let before = std::fs::read_to_string(&file).unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut settings = live.settings.clone();
    settings.network.ports = vec![taken.local_addr().unwrap().port()];
    assert_eq!(live.control.apply(settings.clone()).await.unwrap_err().code, ErrorCode::CannotListen);
    settings.volumes.push(volume(&live.dir, "files", ""));
    assert_eq!(live.control.apply(settings).await.unwrap_err().code, ErrorCode::BadSettings);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), before);
    live.control.stop().await;

    // A file written by a person is neither overwritten nor used.
    std::fs::write(&file, "# mine\n").unwrap();
    let error = server::start(live.settings.clone(), options).await.map(|_| ()).unwrap_err();
    assert_eq!(error.code, ErrorCode::CannotSave);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "# mine\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_continues_when_its_caller_has_gone() {
    let (live, file, _) = live_with_settings_file().await;
    let mut notices = live.control.subscribe();
    let mut settings = live.settings.clone();
    settings.behaviour.name = "Changed".into();
    let asked = tokio::time::timeout(Duration::from_millis(1), live.control.apply(settings));
    assert!(asked.await.is_err(), "hashing the password alone takes longer");
    while !matches!(notices.next().await.expect("runs"), server::control::Notice::SettingsChanged) {}
    assert_eq!(load(&file).unwrap().unwrap().behaviour.name, "Changed");
    live.control.stop().await;
}
