//! The admin API: shares take effect, are previewed without a trace and end on time; sharing can be paused; transfers
//! are listed.

use super::*;
use serde_json::{Value, json};
use server::control::admin::{Call, Sharing};
use server::control::{ControlError, ErrorCode, Origin};
use std::path::Path;

pub(super) async fn call(live: &Live, call: Value) -> Result<Value, ControlError> {
    let call: Call = serde_json::from_value(call).expect("a call");
    live.control.call(call, Origin::Desktop).await
}

pub(super) async fn admin_server(change: impl FnOnce(&mut Settings)) -> Live {
    let options = StartOptions { track_activity: true, ..StartOptions::default() };
    Live::start_in(tempfile::tempdir().expect("a temporary folder"), options, change).await
}

pub(super) fn draft(folder: &Path, who: &str, may: &str) -> Value {
    json!({
        "mount": "/inbox", "folder": folder.to_str().expect("UTF-8"), "on": true,
        "who": { "is": who }, "may": may, "until_ms": null, "show_hidden": false, "by_month": false,
        "limits": { "max_file": null, "max_total": null, "min_free": null, "keep_days": null }, "make_folder": true,
    })
}

pub(super) fn put(addr: SocketAddr, path: &str, body: &str) -> u16 {
    let mut stream = TcpStream::connect(addr).expect("connects");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time limit");
    let head =
        format!("PUT {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all((head + body).as_bytes()).expect("sends");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("answers");
    text.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_share_is_in_force_at_once() {
    let live = admin_server(|settings| settings.volumes.clear()).await;
    let folder = live.dir.path().join("Inbox");
    assert_eq!(put(live.addr(), "/inbox/a.txt", "x"), 401);
    let shares =
        call(&live, json!({ "call": "save_share", "was": null, "share": draft(&folder, "everyone", "drop_off") }));
    let shares = shares.await.expect("saved");
    assert_eq!(
        (&shares[0]["mount"], &shares[0]["may"], &shares[0]["rights"]),
        (&json!("/inbox"), &json!("drop_off"), &json!("w *"))
    );
    assert!(folder.is_dir(), "the folder of a new share is created");
    assert_eq!(put(live.addr(), "/inbox/a.txt", "hello"), 201);
    assert_eq!(get(live.addr(), "/inbox/a.txt").0, 401, "nothing is shown");

    for (on, want) in [(false, 401), (true, 201)] {
        let switched =
            call(&live, json!({ "call": "switch_share", "mount": "/inbox", "on": on })).await.expect("switched");
        assert_eq!(switched[0]["on"], json!(on));
        assert_eq!(put(live.addr(), "/inbox/b.txt", "x"), want);
    }
    let same_name =
        call(&live, json!({ "call": "save_share", "was": null, "share": draft(&folder, "everyone", "look") }));
    let error = same_name.await.expect_err("the mount point is taken");
    assert_eq!((error.code, error.faults[0].at.as_str()), (ErrorCode::BadSettings, "mount"));
    let gone = call(&live, json!({ "call": "remove_share", "mount": "/inbox" })).await.expect("removed");
    assert_eq!(gone, json!([]));
    assert!(folder.join("a.txt").is_file(), "files stay");
    live.control.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_shows_what_the_account_would_get_and_leaves_no_trace() {
    let live = admin_server(|_| {}).await;
    let folder = live.dir.path().join("photos");
    std::fs::create_dir_all(folder.join("2026")).expect("made");
    std::fs::write(folder.join("cat.jpg"), "x").expect("written");
    let ask = |who: &str, may: &str| json!({ "call": "preview_share", "was": null, "share": draft(&folder, who, may), "viewer": { "is": "guest" } });
    let names = |preview: &Value| -> Vec<String> {
        let rows = preview["rows"].as_array().expect("rows").iter();
        rows.map(|row| format!("{}{} {}", row["depth"], row["name"].as_str().unwrap(), row["rights"].as_str().unwrap()))
            .collect()
    };
    let look = call(&live, ask("everyone", "look")).await.expect("previewed");
    assert_eq!(names(&look), ["0inbox r", "12026 r", "1cat.jpg r"]);
    assert_eq!(look["command_line"].as_str().map(|line| line.ends_with(":/inbox:r,*'")), Some(true), "{look}");
    let drop_off = call(&live, ask("everyone", "drop_off")).await.expect("previewed");
    assert_eq!(names(&drop_off), ["0inbox w"]);
    let only_me = call(&live, ask("only_me", "look")).await.expect("previewed");
    assert_eq!(names(&only_me), [""; 0]);
    assert!(serde_json::from_value::<Call>(ask("people", "look")).is_err(), "people need names");
    let left: Vec<_> = std::fs::read_dir(&folder).expect("there").map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
    assert_eq!(get(live.addr(), "/inbox/").0, 404, "nothing is in force");
    live.control.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sharing_that_is_off_opens_no_socket_and_stays_off_after_a_restart() {
    let live = admin_server(|_| {}).await;
    let addr = live.addr();
    let mut held = TcpStream::connect(addr).expect("connects");
    held.write_all(format!("GET /?ls HTTP/1.1\r\nHost: {addr}\r\n\r\n").as_bytes()).expect("sends");
    held.set_read_timeout(Some(Duration::from_secs(30))).expect("a time limit");
    let mut some = [0; 64];
    assert_ne!(held.read(&mut some).expect("an answer"), 0);
    call(&live, json!({ "call": "set_sharing", "sharing": { "is": "off" } })).await.expect("off");
    let mut rest = Vec::new();
    // The connection is closed, by an end or a reset.
    let _ = held.read_to_end(&mut rest);
    assert!(TcpStream::connect(addr).is_err());
    live.control.stop().await;

    let options = StartOptions { track_activity: true, ..StartOptions::default() };
    let again = server::start(live.settings.clone(), options).await.expect("starts");
    assert_eq!(again.overview().sharing, Sharing::Off);
    assert!(again.addresses().is_empty());
    let on: Call = serde_json::from_value(json!({ "call": "set_sharing", "sharing": { "is": "on" } })).expect("a call");
    let refused = again.call(on.clone(), Origin::Network).await.expect_err("not over the network");
    assert_eq!(refused.code, ErrorCode::NotHere);
    again.call(on, Origin::Desktop).await.expect("on");
    assert_eq!(again.overview().sharing, Sharing::On);
    assert!(!again.addresses().is_empty());
    again.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_setup_is_finished_only_this_computer_can_connect() {
    let options = StartOptions { track_activity: true, wait_for_setup: true, ..StartOptions::default() };
    let live = Live::start_in(tempfile::tempdir().expect("a temporary folder"), options, |settings| {
        settings.volumes.clear();
        settings.network.listen = vec![Listen::Ip(Ipv4Addr::UNSPECIFIED.into())];
    })
    .await;
    let urls = || -> Vec<String> { live.control.addresses().into_iter().map(|address| address.url).collect() };
    assert!(live.control.overview().is_new);
    assert!(urls().iter().all(|url| url.starts_with("http://127.0.0.1:")), "{:?}", urls());
    // This test opens no socket to the network: sharing is turned off before the setup is finished.
    call(&live, json!({ "call": "set_sharing", "sharing": { "is": "off" } })).await.expect("off");
    let welcomed = call(&live, json!({ "call": "welcomed" })).await.expect("answered");
    assert_eq!((&welcomed["is_new"], &welcomed["sharing"]["is"]), (&json!(false), &json!("off")));
    live.control.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pauses_and_timed_shares_end_by_the_clock() {
    let live = admin_server(|_| {}).await;
    let in_a_moment =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("now").as_millis() + 1500;
    let mut share = draft(&live.dir.path().join("files"), "everyone", "look");
    share["until_ms"] = json!(in_a_moment as u64);
    share["mount"] = json!("/");
    call(&live, json!({ "call": "save_share", "was": "/", "share": share })).await.expect("saved");
    call(&live, json!({ "call": "set_sharing", "sharing": { "is": "pause", "seconds": 1 } })).await.expect("paused");
    assert!(live.control.addresses().is_empty());
    let deadline = std::time::Instant::now() + Duration::from_secs(30);
    loop {
        let overview = live.control.overview();
        if overview.sharing == Sharing::On && !overview.shares[0].on {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "{overview:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // The status shows the end at once; the share is removed at the next check.
    while get(live.addr(), "/?ls").0 == 200 {
        assert!(std::time::Instant::now() < deadline, "it is still served");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let on = call(&live, json!({ "call": "switch_share", "mount": "/", "on": true })).await.expect("on again");
    assert_eq!(on[0]["until_ms"], Value::Null);
    live.control.stop().await;
}

/// Requests the activity until it has a value at `pointer`.
async fn activity_with(live: &Live, pointer: &str) -> Value {
    loop {
        let activity = call(live, json!({ "call": "activity" })).await.expect("told");
        if let Some(found) = activity.pointer(pointer) {
            return found.clone();
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_received_file_is_listed_with_its_path() {
    let live = admin_server(|_| {}).await;
    assert_eq!(put(live.addr(), "/a.txt", "hello"), 201);
    let past = activity_with(&live, "/past/0").await;
    assert_eq!((&past["path"], &past["size"], &past["address"]), (&json!("/a.txt"), &json!(5), &json!("127.0.0.1")));
    let path = call(&live, json!({ "call": "host_path", "path": past["path"] })).await.expect("there");
    assert_eq!(path, json!(live.dir.path().join("files/a.txt").to_str()));
    assert_eq!(
        call(&live, json!({ "call": "stop_transfer", "id": 99 })).await.expect_err("ended").code,
        ErrorCode::NotFound
    );
    live.control.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_upload_is_listed_while_it_runs_and_when_it_breaks_off() {
    let live = admin_server(|_| {}).await;
    let mut sender = TcpStream::connect(live.addr()).expect("connects");
    let head = format!("PUT /half.bin HTTP/1.1\r\nHost: {}\r\nContent-Length: 600000\r\n\r\n", live.addr());
    sender.write_all(head.as_bytes()).expect("sends");
    sender.write_all(&[7; 300_000]).expect("sends");
    let now = activity_with(&live, "/now/0").await;
    assert_eq!((&now["path"], &now["size"], &now["is_upload"]), (&json!("/half.bin"), &json!(600_000), &json!(true)));
    assert_eq!(live.control.overview().transfers, 1, "quitting asks first while a transfer runs");
    drop(sender);
    let past = activity_with(&live, "/past/0").await;
    assert_eq!((&past["path"], &past["outcome"]["is"]), (&json!("/half.bin"), &json!("failed")));
    assert_eq!(live.control.overview().transfers, 0);
    live.control.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn shares_with_rules_are_saved_and_previewed() {
    let live = admin_server(|settings| settings.volumes.clear()).await;
    let folder = live.dir.path().join("Inbox");
    let mut share = draft(&folder, "everyone", "drop_off");
    let preview = json!({ "call": "preview_share", "was": null, "share": share, "viewer": { "is": "guest" } });
    assert_eq!(call(&live, preview).await.expect("previewed")["rules"], json!(["w,*"]));
    share["rules"] = json!(["r,*", "w,*", "c,nodupez"]);
    let save = json!({ "call": "save_share", "was": null, "share": share });
    let error = call(&live, save).await.expect_err("no such flag");
    assert_eq!((error.faults.len(), error.faults[0].at.as_str()), (1, "rules"), "{error:?}");
    share["rules"] = json!(["r,*", "w,*"]);
    let save = json!({ "call": "save_share", "was": null, "share": share });
    let shares = call(&live, save).await.expect("saved");
    assert_eq!((&shares[0]["who"]["is"], &shares[0]["rights"]), (&json!("custom"), &json!("r *, w *")));
    assert_eq!(put(live.addr(), "/inbox/a.txt", "hello"), 201);
    assert_eq!(get(live.addr(), "/inbox/a.txt").0, 200);
    live.control.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_banner_is_shown_to_readers_and_removed() {
    let live = admin_server(|_| {}).await;
    let show = |text: Value| json!({ "call": "set_banner", "text": text, "seconds": 600 });
    let page = || get(live.addr(), "/").1;
    let overview = call(&live, show(json!("the key is <b>42</b>"))).await.expect("shown");
    assert_eq!(overview["banner"]["text"], json!("the key is <b>42</b>"));
    assert!(page().contains("the key is &lt;b&gt;42&lt;/b&gt;"), "{}", page());
    assert_eq!(call(&live, show(json!(" "))).await.expect_err("nothing").code, ErrorCode::BadSettings);
    assert_eq!(call(&live, show(json!("x".repeat(70_000)))).await.expect_err("too long").code, ErrorCode::BadSettings);
    assert!(page().contains("the key is"), "a refused change has no effect");
    call(&live, show(Value::Null)).await.expect("taken back");
    assert!(!page().contains("the key is"));
    call(&live, show(json!("the key is 43"))).await.expect("shown");
    let mut share = call(&live, json!({ "call": "shares" })).await.expect("shares")[0].clone();
    share["may"] = json!("drop_off");
    share["mount"] = json!("/");
    call(&live, json!({ "call": "save_share", "was": "/", "share": share })).await.expect("saved");
    assert!(!page().contains("the key is"), "a client that may only add sees nothing");
    live.control.stop().await;
}

/// Starts a server that disconnects a client after a second without a byte.
async fn live_with_short_timeouts() -> Live {
    admin_server(|settings| settings.network.body_timeout_secs = 1).await
}

async fn hold(live: &Live, id: &Value, hold: bool) -> Value {
    call(live, json!({ "call": "pause_transfer", "id": id, "paused": hold })).await.expect("is going on")
}

/// Longer than such a server waits for a client.
const PAUSE: Duration = Duration::from_millis(2_500);

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_upload_waits_and_then_completes() {
    const SIZE: usize = 48 << 20;
    let live = live_with_short_timeouts().await;
    let addr = live.addr();
    let mut sender = TcpStream::connect(addr).expect("connects");
    let head = format!("PUT /big.bin HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\nContent-Length: {SIZE}\r\n\r\n");
    sender.write_all(head.as_bytes()).expect("sends");
    sender.write_all(&[7; 300_000]).expect("sends");
    let id = activity_with(&live, "/now/0/id").await;
    assert_eq!(hold(&live, &id, true).await["now"][0]["is_paused"], json!(true));
    let sent = tokio::task::spawn_blocking(move || {
        sender.write_all(&vec![7; SIZE - 300_000]).expect("sends the rest");
        let mut answer = String::new();
        sender.read_to_string(&mut answer).expect("is answered");
        answer
    });
    tokio::time::sleep(PAUSE).await;
    assert!(!sent.is_finished(), "its sender has to wait");
    let now = activity_with(&live, "/now/0").await;
    assert!(now["done"].as_u64().expect("a number") < SIZE as u64, "{now}");
    hold(&live, &id, false).await;
    let answer = sent.await.expect("sent");
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert_eq!(std::fs::metadata(live.dir.path().join("files/big.bin")).expect("is there").len(), SIZE as u64);
    assert_eq!(activity_with(&live, "/past/0/outcome/is").await, json!("arrived"));
    let ended =
        call(&live, json!({ "call": "pause_transfer", "id": id, "paused": true })).await.expect_err("has ended");
    assert_eq!(ended.code, ErrorCode::NotFound);
    live.control.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_download_waits_shows_its_progress_and_can_be_stopped() {
    const SIZE: usize = 64 << 20;
    let live = live_with_short_timeouts().await;
    let addr = live.addr();
    std::fs::write(live.dir.path().join("files/big.bin"), vec![7; SIZE]).expect("writes");
    for stops in [false, true] {
        let mut receiver = TcpStream::connect(addr).expect("connects");
        let head = format!("GET /big.bin HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n");
        receiver.write_all(head.as_bytes()).expect("asks");
        let id = activity_with(&live, "/now/0/id").await;
        hold(&live, &id, true).await;
        let received = tokio::task::spawn_blocking(move || {
            let mut all = Vec::new();
            let _cut = receiver.read_to_end(&mut all);
            all.len()
        });
        tokio::time::sleep(PAUSE).await;
        assert!(!received.is_finished(), "the rest is not sent");
        if stops {
            call(&live, json!({ "call": "stop_transfer", "id": id })).await.expect("stopped");
            assert!(received.await.expect("ends") < SIZE);
        } else {
            hold(&live, &id, false).await;
            assert!(received.await.expect("ends") > SIZE);
            let done = activity_with(&live, "/past/0").await;
            assert_eq!((&done["outcome"]["is"], &done["size"]), (&json!("sent"), &json!(SIZE)));
        }
    }
    live.control.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn options_change_together_or_not_at_all_and_passwords_stay() {
    let account = |name: &str, word: &str| model::account::Account {
        name: name.into(),
        secret: model::account::Secret::Plain(word.into()),
    };
    let live = admin_server(|settings| settings.accounts = vec![account("ann", "one"), account("bob", "two")]).await;
    let bad = call(&live, json!({ "call": "change_settings", "values": { "name": "Kitchen", "logout": "never" } }));
    let error = bad.await.expect_err("refused");
    assert_eq!(error.faults[0].at, "logout");
    assert_eq!(live.control.overview().name, "Potluck");
    let form =
        call(&live, json!({ "call": "change_settings", "values": { "name": "Kitchen" } })).await.expect("changed");
    assert_eq!(live.control.overview().name, "Kitchen");
    assert!(!form.to_string().contains("argon2") && !form["toml"].to_string().contains("one"), "{form}");
    let who = get(live.addr(), "/?ls&pw=one").1;
    assert!(who.contains("\"acct\": \"ann\"") || who.contains("\"acct\":\"ann\""), "{who}");
    let form = call(&live, json!({ "call": "set_safety", "level": "public" })).await.expect("changed");
    assert_eq!(form["safety"], json!("public"));
    live.control.stop().await;
}

/// Sends one POST. Returns the status and the complete answer.
fn post(addr: SocketAddr, headers: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(addr).expect("connects");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time limit");
    let head = format!(
        "POST /.potluck/admin/call HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         {headers}Content-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + body).as_bytes()).expect("sends");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("answers");
    (text.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status"), text)
}

#[tokio::test(flavor = "multi_thread")]
async fn only_administrators_can_use_the_admin_api() {
    let account = |name: &str, word: &str| model::account::Account {
        name: name.into(),
        secret: model::account::Secret::Plain(word.into()),
    };
    let without_admins = admin_server(|settings| settings.accounts = vec![account("ann", "one")]).await;
    assert_eq!(get(without_admins.addr(), "/.potluck/admin/").0, 404, "without administrators there is no admin API");
    without_admins.control.stop().await;

    let live = admin_server(|settings| {
        settings.accounts = vec![account("ann", "one"), account("bob", "two")];
        settings.login.admins = vec!["ann".into()];
    })
    .await;
    let addr = live.addr();
    let overview = "{\"call\":\"overview\"}";
    let (code, page) = get(addr, "/.potluck/admin/");
    assert!(code == 403 && page.contains("Sign in as an administrator"), "{code} {page}");
    assert_eq!(post(addr, "X-Potluck: 1\r\n", overview).0, 403);
    assert_eq!(post(addr, "X-Potluck: 1\r\nPW: two\r\n", overview).0, 403, "bob is not an administrator");
    assert_eq!(post(addr, "PW: one\r\n", overview).0, 403, "a form on another site could send this");
    let foreign = post(addr, "X-Potluck: 1\r\nCookie: cppwd=one\r\nOrigin: http://evil.example\r\n", overview);
    assert_eq!(foreign.0, 403, "a page of another site");
    let (code, answer) = post(addr, "X-Potluck: 1\r\nPW: one\r\n", overview);
    assert!(code == 200 && answer.contains("\"sharing\":{\"is\":\"on\"}"), "{answer}");
    let (code, answer) =
        post(addr, "X-Potluck: 1\r\nPW: one\r\n", "{\"call\":\"set_sharing\",\"sharing\":{\"is\":\"off\"}}");
    assert!(code == 422 && answer.contains("not_here"), "{answer}");
    let (code, answer) = post(addr, "X-Potluck: 1\r\nPW: one\r\n", "{\"call\":\"no_such\"}");
    assert!(code == 422 && answer.contains("bad_call"), "{answer}");
    assert_eq!(post(addr, "X-Potluck: 1\r\nPW: one\r\n", &"x".repeat(2 << 20)).0, 413);

    // Notices are sent as they happen; the stream ends with the server.
    let mut events = TcpStream::connect(addr).expect("connects");
    events.set_read_timeout(Some(Duration::from_secs(30))).expect("a time limit");
    let ask = format!("GET /.potluck/admin/events HTTP/1.1\r\nHost: {addr}\r\nPW: one\r\n\r\n");
    events.write_all(ask.as_bytes()).expect("sends");
    let mut seen = String::new();
    let mut some = [0; 4096];
    while !seen.contains(": hello") {
        let read = events.read(&mut some).expect("more");
        seen.push_str(&String::from_utf8_lossy(&some[..read]));
    }
    assert_eq!(put(addr, "/a.txt", "hello"), 201);
    while !seen.contains("upload_finished") {
        let read = events.read(&mut some).expect("more");
        assert_ne!(read, 0, "{seen}");
        seen.push_str(&String::from_utf8_lossy(&some[..read]));
    }
    let begun = std::time::Instant::now();
    live.control.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(2), "an open event stream does not delay the stop");
}

#[tokio::test(flavor = "multi_thread")]
async fn background_jobs_are_listed_paused_and_cancelled() {
    let live = admin_server(|_| {}).await;
    let jobs = call(&live, json!({ "call": "jobs" })).await.expect("jobs");
    let names: Vec<_> = jobs.as_array().expect("a list").iter().map(|job| job["name"].as_str()).collect();
    let all = ["Delete expired files", "Remove abandoned uploads", "Clean up the trash", "Remove old thumbnails"];
    assert_eq!(names, all.map(Some));
    let id = &jobs[0]["id"];
    let paused = call(&live, json!({ "call": "pause_job", "id": id, "paused": true })).await.expect("is paused");
    assert_eq!(paused[0]["state"], json!({ "is": "paused" }));
    let resumed = call(&live, json!({ "call": "pause_job", "id": id, "paused": false })).await.expect("is resumed");
    assert_ne!(resumed[0]["state"], json!({ "is": "paused" }));
    assert_eq!(jobs[0]["can_cancel"], json!(false));
    let needed = call(&live, json!({ "call": "cancel_job", "id": id })).await.expect_err("files must expire");
    assert_eq!(needed.code, ErrorCode::NotHere);

    let mut settings = live.settings.clone();
    settings.volumes[0].flags.index.mode = model::index_flags::IndexMode::ScanAll;
    live.control.apply(settings).await.expect("applies");
    let jobs = call(&live, json!({ "call": "jobs" })).await.expect("jobs");
    let index = jobs.as_array().expect("a list").iter().find(|job| job["can_cancel"] == json!(true)).expect("a job");
    let cancelled = call(&live, json!({ "call": "cancel_job", "id": index["id"] })).await.expect("is cancelled");
    let index = cancelled.as_array().expect("a list").iter().find(|job| job["id"] == index["id"]).expect("is listed");
    assert_eq!(index["state"], json!({ "is": "cancelled" }));
    let again = call(&live, json!({ "call": "cancel_job", "id": index["id"] })).await.expect_err("has ended");
    assert_eq!(again.code, ErrorCode::NotFound);
}
