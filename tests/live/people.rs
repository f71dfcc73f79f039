//! Accounts and devices: the lists are correct, changes take effect at once and survive a restart.

use super::*;
use model::account::{Account, Secret};
use server::control::admin::{May, PersonDraft};
use server::control::{ErrorCode, Notice};

/// Starts a server with the account `ann`. `keeps`: it saves its settings in a file.
async fn with_ann(keeps: bool) -> Live {
    let dir = tempfile::tempdir().unwrap();
    let settings_file = keeps.then(|| dir.path().join("config/settings.toml"));
    let options = StartOptions { settings_file, ..StartOptions::default() };
    Live::start_in(dir, options, |settings| {
        settings.accounts.push(Account { name: "ann".into(), secret: Secret::Plain("sesame".into()) });
        settings.volumes[0].grants[0].to = vec![Principal::Account("ann".into())];
    })
    .await
}

pub(super) fn exchange(addr: SocketAddr, head: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let length = body.len();
    let text = format!("{head}\r\nHost: {addr}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}");
    stream.write_all(text.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

pub(super) fn cookie_of(answer: &str) -> String {
    let (_, cookie) = answer.split_once("cppwd=").unwrap_or_else(|| panic!("{answer}"));
    format!("cppwd={}", cookie.split(';').next().unwrap())
}

/// Signs in with the form. Returns the session's cookie, or the refusal.
fn sign_in(addr: SocketAddr, password: &str) -> Result<String, String> {
    let body = format!(
        "--b\r\nContent-Disposition: form-data; name=\"act\"\r\n\r\nlogin\r\n--b\r\nContent-Disposition: form-data; \
         name=\"cppwd\"\r\n\r\n{password}\r\n--b--\r\n"
    );
    let head = "POST / HTTP/1.1\r\nUser-Agent: curl/8\r\nContent-Type: multipart/form-data; boundary=b";
    let answer = exchange(addr, head, &body);
    if answer.contains("cppwd=pls1-") { Ok(cookie_of(&answer)) } else { Err(answer) }
}

fn account_of(addr: SocketAddr, cookie: &str) -> String {
    let text = exchange(addr, &format!("GET /?ls HTTP/1.1\r\nCookie: {cookie}"), "");
    text.split_once("\"acct\": \"").map_or("*", |(_, rest)| rest.split('"').next().unwrap()).to_owned()
}

fn draft(name: &str, password: Option<&str>, is_admin: bool) -> PersonDraft {
    PersonDraft { name: name.into(), password: password.map(str::to_owned), is_admin }
}

/// With a settings file and without one, where passwords exist only in memory, as hashes.
#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_added_changed_and_removed() {
    for keeps in [true, false] {
        let live = with_ann(keeps).await;
        let addr = live.addr();
        let ann = sign_in(addr, "sesame").unwrap();
        let people = live.control.save_person(None, draft("kim", Some("open kim"), true)).await.unwrap();
        let shown: Vec<_> = people.people.iter().map(|one| (one.name.as_str(), one.devices, one.is_admin)).collect();
        assert_eq!(shown, [("ann", 1, false), ("kim", 0, true)]);
        assert_eq!((&people.people[0].shares, &people.people[1].shares), (&vec!["/".to_owned()], &vec![]));
        assert_eq!(account_of(addr, &ann), "ann", "a change of another account logs no device out");
        sign_in(addr, "open kim").unwrap();

        let error = live.control.save_person(None, draft("bob", Some("sesame"), false)).await.unwrap_err();
        assert_eq!((error.code, error.faults[0].at.as_str()), (ErrorCode::BadSettings, "password"));
        let error = live.control.save_person(Some("unknown".into()), draft("x", None, false)).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::NotFound);

        live.control.save_person(Some("ann".into()), draft("zoe", None, false)).await.unwrap();
        assert_eq!(account_of(addr, &ann), "*", "a new name logs out");
        let zoe = sign_in(addr, "sesame").unwrap();
        assert_eq!(account_of(addr, &zoe), "zoe", "password and rights are unchanged");
        live.control.save_person(Some("zoe".into()), draft("zoe", Some("sesame 2"), false)).await.unwrap();
        assert_eq!(account_of(addr, &zoe), "*", "a new password logs out");
        assert!(sign_in(addr, "sesame").is_err() && sign_in(addr, "sesame 2").is_ok());

        let people = live.control.remove_person("kim").await.unwrap();
        assert!(people.people.len() == 1 && people.devices.len() == 1, "{people:?}");
        assert!(sign_in(addr, "open kim").is_err());
        assert_eq!(live.control.remove_person("kim").await.unwrap_err().code, ErrorCode::NotFound);
        live.control.remove_person("zoe").await.unwrap();
        assert_eq!(get(addr, "/").0, 401, "the last account is removed, and visitors have no rights");
        live.control.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_changes_are_all_applied() {
    let live = with_ann(false).await;
    let save = |n: u32| live.control.save_person(None, draft(&format!("p{n}"), Some(&format!("secret {n}")), false));
    let (a, b, c) = tokio::join!(save(1), save(2), save(3));
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    assert_eq!(live.control.people().await.unwrap().people.len(), 4);
    live.control.stop().await;
}

/// Joins with the digits of an invitation. Returns the session's cookie.
pub(super) fn join(addr: SocketAddr, digits: &str, name: &str) -> String {
    let head = "POST /.potluck/join HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded";
    let answer = exchange(addr, head, &format!("code={digits}&device={name}"));
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    cookie_of(&answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_is_a_device_that_can_be_logged_out() {
    let live = with_ann(false).await;
    let addr = live.addr();
    std::fs::write(live.dir.path().join("files/big"), vec![7; 64 << 20]).unwrap();
    let mut notices = live.control.subscribe();
    let invitation = live.control.invite(&VPath::root(), PermSet::parse("rw").unwrap(), 300);
    assert!(invitation.digits.len() == 6 && invitation.urls[0].contains("/.potluck/join/"), "{invitation:?}");
    let cookie = join(addr, &invitation.digits, "phone");
    let joined = loop {
        if let Some(Notice::DeviceJoined { id, name }) = notices.next().await {
            break (id, name);
        }
    };
    let people = live.control.people().await.unwrap();
    let [device] = people.devices.as_slice() else { panic!("{people:?}") };
    assert_eq!((device.id.clone(), device.name.clone()), joined);
    let guest = device.guest.as_ref().unwrap();
    assert_eq!((guest.path.as_str(), guest.may, &guest.link, &device.account), ("/", May::Add, &None, &None));
    assert_eq!(device.address, "127.0.0.1");

    let error = live.control.rename_device(&device.id, "\u{7}").await.unwrap_err();
    assert_eq!((error.code, error.faults[0].at.as_str()), (ErrorCode::BadSettings, "name"));
    let renamed = live.control.rename_device(&device.id, " Kim's phone ").await.unwrap();
    assert_eq!(renamed.devices[0].name, "Kim's phone");

    // Two running requests: a download, and an upload that is the first request of its connection.
    let mut download = TcpStream::connect(addr).unwrap();
    download.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let head = format!("GET /big HTTP/1.1\r\nHost: {addr}\r\nCookie: {cookie}\r\n\r\n");
    download.write_all(head.as_bytes()).unwrap();
    let mut some = [0; 4096];
    download.read_exact(&mut some).unwrap();
    let mut upload = TcpStream::connect(addr).unwrap();
    upload.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let head = format!("PUT /new HTTP/1.1\r\nHost: {addr}\r\nCookie: {cookie}\r\nContent-Length: 1000000\r\n\r\nbegin");
    upload.write_all(head.as_bytes()).unwrap();
    // The connection of another account stays open.
    let ann = sign_in(addr, "sesame").unwrap();
    let mut other = TcpStream::connect(addr).unwrap();
    let ask = format!("GET /?ls HTTP/1.1\r\nHost: {addr}\r\nCookie: {ann}\r\n\r\n");
    other.write_all(ask.as_bytes()).unwrap();
    assert_ne!(other.read(&mut some).unwrap(), 0);
    while live.control.status().connections.iter().filter(|conn| conn.requests == 1 && conn.received > 50).count() < 3 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }

    let left = live.control.revoke_device(&device.id).await.unwrap();
    assert_eq!(left.devices.len(), 1, "ann's");
    for stream in [&mut download, &mut upload] {
        let mut rest = Vec::new();
        // A reset counts as an end; a timeout does not.
        let end = stream.read_to_end(&mut rest).map_err(|error| error.kind());
        assert!(end.is_ok() || end == Err(std::io::ErrorKind::ConnectionReset), "{end:?}");
        assert!(rest.len() < 64 << 20);
    }
    other.write_all(ask.as_bytes()).unwrap();
    assert_ne!(other.read(&mut some).unwrap(), 0);
    assert_eq!(account_of(addr, &cookie), "*");
    assert!(exchange(addr, &format!("GET /big HTTP/1.1\r\nCookie: {cookie}"), "").starts_with("HTTP/1.1 403"));
    assert_eq!(live.control.revoke_device(&device.id).await.unwrap_err().code, ErrorCode::NotFound);
    live.control.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_survive_a_restart() {
    let live = with_ann(true).await;
    let invitation = live.control.invite(&VPath::root(), PermSet::parse("r").unwrap(), 300);
    let cookie = join(live.addr(), &invitation.digits, "phone");
    assert_eq!(account_of(live.addr(), &cookie), "guest");
    let before = live.control.people().await.unwrap().devices;
    live.control.stop().await;
    let again = server::start(live.settings.clone(), StartOptions::default()).await.unwrap();
    let restarted = Live { control: again, dir: live.dir, settings: live.settings };
    assert_eq!(restarted.control.people().await.unwrap().devices, before);
    assert_eq!(account_of(restarted.addr(), &cookie), "guest");
    restarted.control.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_banned_address_is_listed_and_can_be_unbanned() {
    let live = with_ann(false).await;
    let addr = live.addr();
    let mut settings = live.settings.clone();
    settings.login.ban_passwords = Some(model::settings::BanRule { count: 1, window_mins: 5, ban_mins: 5 });
    live.control.apply(settings).await.unwrap();
    assert!(sign_in(addr, "wrong 1").is_err() && sign_in(addr, "wrong 2").is_err());
    assert!(sign_in(addr, "sesame").unwrap_err().starts_with("HTTP/1.1 429"));
    let bans = live.control.people().await.unwrap().bans;
    assert!(bans.len() == 1 && bans[0].address == "127.0.0.1" && bans[0].until_ms > 0, "{bans:?}");
    assert_eq!(live.control.unban("192.0.2.1").await.unwrap_err().code, ErrorCode::NotFound);
    assert_eq!(live.control.unban("nonsense").await.unwrap_err().code, ErrorCode::NotFound);
    assert!(live.control.unban(&bans[0].address).await.unwrap().bans.is_empty());
    assert!(sign_in(addr, "sesame").is_ok());
    live.control.stop().await;
}

/// Sends one call of an administrator over HTTP.
fn ask(addr: SocketAddr, cookie: &str, call: &serde_json::Value) -> (u16, serde_json::Value) {
    let head = format!(
        "POST /.potluck/admin/call HTTP/1.1\r\nCookie: {cookie}\r\nContent-Type: application/json\r\nX-Potluck: 1"
    );
    let answer = exchange(addr, &head, &call.to_string());
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
    (status, serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}")))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_administrator_cannot_be_removed_over_the_network() {
    use serde_json::json;
    let live = with_ann(false).await;
    let addr = live.addr();
    live.control.save_person(Some("ann".into()), draft("ann", None, true)).await.unwrap();
    let cookie = sign_in(addr, "sesame").unwrap();
    let other = sign_in(addr, "sesame").unwrap();
    let save = |was: &str, name: &str, is_admin: bool| json!({ "call": "save_person", "was": was, "person": { "name": name, "password": null, "is_admin": is_admin } });
    let last = [
        save("ann", "ann", false),
        json!({ "call": "remove_person", "name": "ann" }),
        json!({ "call": "change_settings", "values": { "admins": "" } }),
        json!({ "call": "change_settings", "values": { "admins": "unknown" } }),
    ];
    for call in &last {
        let (status, refusal) = ask(addr, &cookie, call);
        // An option that the form does not have is refused for that reason.
        assert_eq!(status, 422, "{call} {refusal}");
        assert!(refusal["sentence"].as_str().unwrap().len() > 20, "{refusal}");
    }
    let (status, people) = ask(addr, &cookie, &json!({ "call": "people" }));
    assert_eq!(
        (status, &people["people"][0]["is_you"], &people["people"][0]["is_admin"]),
        (200, &json!(true), &json!(true))
    );
    let marks: Vec<_> = people["devices"].as_array().unwrap().iter().map(|one| one["is_this"] == json!(true)).collect();
    assert_eq!(marks.iter().filter(|is_this| **is_this).count(), 1, "{people}");
    let (_, theirs) = ask(addr, &other, &json!({ "call": "people" }));
    let this = |people: &serde_json::Value| {
        people["devices"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["is_this"] == json!(true))
            .map(|one| one["id"].clone())
    };
    assert_ne!(this(&people), this(&theirs), "each caller sees its own device marked");

    // With a second administrator, or from the computer itself, the change is made.
    live.control.save_person(None, draft("kim", Some("open kim"), true)).await.unwrap();
    let (status, _) = ask(addr, &cookie, &save("ann", "ann", false));
    assert_eq!(status, 200);
    assert_eq!(ask(addr, &cookie, &json!({ "call": "people" })).0, 403);
    let kim = sign_in(addr, "open kim").unwrap();
    assert_eq!(ask(addr, &kim, &json!({ "call": "remove_person", "name": "kim" })).0, 422);
    let people = live.control.remove_person("kim").await.unwrap();
    assert!(people.people.iter().all(|one| !one.is_admin && !one.is_you), "{people:?}");
    live.control.stop().await;
}

/// Sends a part of an upload with this credential, and keeps the connection open.
fn begin_upload(addr: SocketAddr, name: &str, proof: &str) -> TcpStream {
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let head = format!("PUT /{name} HTTP/1.1\r\nHost: {addr}\r\n{proof}\r\nContent-Length: 1000000\r\n\r\nbegun");
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

/// Starts a download that is larger than all buffers in between.
fn begin_download(addr: SocketAddr, proof: &str) -> TcpStream {
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(format!("GET /long.bin HTTP/1.1\r\nHost: {addr}\r\n{proof}\r\n\r\n").as_bytes()).unwrap();
    let mut some = [0; 64];
    stream.read_exact(&mut some).unwrap();
    assert!(some.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&some));
    stream
}

/// Reads until the connection is closed. Returns the number of bytes.
fn read_to_the_end(mut stream: TcpStream) -> u64 {
    let (mut all, mut some) = (0, vec![0; 1 << 20]);
    loop {
        match stream.read(&mut some) {
            Ok(0) => return all,
            Ok(count) => all += count as u64,
            Err(error) => {
                let timed_out = matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut);
                assert!(!timed_out, "the connection is still open");
                return all;
            }
        }
    }
}

/// Signing out, a new password, a removed account: requests that rely on them end, and requests of others continue.
#[tokio::test(flavor = "multi_thread")]
async fn requests_end_with_their_credential() {
    const LONG: u64 = 256 << 20;
    for way in ["sign out", "password", "removal"] {
        let live = with_ann(false).await;
        let addr = live.addr();
        let file = std::fs::File::create(live.dir.path().join("files/long.bin")).unwrap();
        file.set_len(LONG).unwrap();
        live.control.save_person(None, draft("bob", Some("bobs secret"), false)).await.unwrap();
        let cookie = format!("Cookie: {}", sign_in(addr, "sesame").unwrap());
        let by_password = way != "sign out";
        let proof = if by_password { "PW: sesame" } else { &cookie };
        let running = [begin_upload(addr, "one.bin", proof), begin_download(addr, proof)];
        let idle = TcpStream::connect(addr).unwrap();
        (&idle).write_all(format!("GET /?ls HTTP/1.1\r\nHost: {addr}\r\nPW: bobs secret\r\n\r\n").as_bytes()).unwrap();
        match way {
            "sign out" => {
                let body = "--b\r\nContent-Disposition: form-data; name=\"act\"\r\n\r\nlogout\r\n--b--\r\n";
                let head = format!("POST / HTTP/1.1\r\n{cookie}\r\nContent-Type: multipart/form-data; boundary=b");
                exchange(addr, &head, body);
            }
            "password" => {
                live.control.save_person(Some("ann".into()), draft("ann", Some("other word"), false)).await.unwrap();
            }
            _ => drop(live.control.remove_person("ann").await.unwrap()),
        }
        let [upload, download] = running;
        // The download is not read before its end, so it cannot have completed.
        assert!(!String::from_utf8_lossy(&read_answer(upload)).contains("201"), "{way}");
        assert!(read_to_the_end(download) < LONG, "{way}");
        let names: Vec<_> =
            std::fs::read_dir(live.dir.path().join("files")).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert!(!names.iter().any(|name| name == "one.bin"), "{way}: {names:?}");
        assert!(live.control.status().connections.iter().any(|one| one.account.as_deref() == Some("bob")), "{way}");
        live.control.stop().await;
    }
}

fn read_answer(mut stream: TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    if let Err(error) = stream.read_to_end(&mut all) {
        let timed_out = matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut);
        assert!(!timed_out, "the connection is still open");
    }
    all
}

/// Links, invitations and the overview use the public address, although the server listens only on this computer.
#[tokio::test(flavor = "multi_thread")]
async fn the_public_address_is_given_to_others() {
    for site in [Some("https://files.example.com"), None] {
        let live = Live::start_with(|settings| settings.network.site = site.map(str::to_owned)).await;
        let here = format!("http://{}/", live.addr());
        let want = site.map_or(here, |site| format!("{site}/"));
        let invitation = live.control.invite(&VPath::root(), PermSet::parse("r").unwrap(), 60);
        assert!(invitation.urls[0].starts_with(&format!("{want}.potluck/join/")), "{:?}", invitation.urls);
        assert_eq!(live.control.overview().addresses[0].url, want);
        assert_eq!(live.control.best_address().unwrap().url, want);
        assert!(live.control.addresses()[0].url.starts_with("http://127.0.0.1:"), "the listen address is unchanged");
        live.control.stop().await;
    }
}
