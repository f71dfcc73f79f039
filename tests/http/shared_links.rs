//! A share link grants access to its target to everyone who has it, through a page with a button; opening the page
//! changes nothing.

use std::fs;

use server::control::ErrorCode;
use server::control::admin::{Link, LinkDraft, LinkKind, LinkState, May, Pin};
use support::admin::{InProcessServer, draft};
use support::form::{FORM, field, file, form};
use support::http::Response;

const PLAIN: &str = "application/x-www-form-urlencoded";

/// Starts a server with the volumes `v` and `inbox`, which have no grants.
fn server() -> InProcessServer {
    let server = InProcessServer::start(&[("v", ""), ("inbox", "")], |_| {});
    fs::create_dir_all(server.at("v/box/sub")).expect("folders");
    for (path, text) in [("v/box/a.txt", "aaa"), ("v/box/sub/b.txt", "bbb"), ("v/secret.txt", "secret")] {
        fs::write(server.at(path), text).expect("a file");
    }
    server
}

fn make(server: &InProcessServer, draft: &LinkDraft) -> Link {
    server.make(draft).expect("a link")
}

/// Returns the path of a link's URL.
fn path(link: &Link) -> String {
    let url = link.urls.first().expect("an address");
    format!("/{}", url.splitn(4, '/').nth(3).expect("a path"))
}

fn get(server: &InProcessServer, path: &str, cookie: &str) -> Response {
    server.ask("GET", path, cookie, "", b"")
}

fn post(server: &InProcessServer, link: &Link, cookie: &str, body: &str) -> Response {
    server.ask("POST", &path(link), cookie, PLAIN, body.as_bytes())
}

/// Opens a link. Returns the cookie.
fn enter(server: &InProcessServer, link: &Link, body: &str) -> String {
    let reply = post(server, link, "", body);
    assert_eq!(reply.status, 303, "{}", reply.text());
    cookie_of(&reply)
}

fn cookie_of(reply: &Response) -> String {
    reply.header("set-cookie").and_then(|line| line.split(';').next()).unwrap_or_default().to_owned()
}

fn uses(server: &InProcessServer, link: &Link) -> (u32, LinkState) {
    let all = server.wait(server.control.links()).expect("lists");
    let link = all.into_iter().find(|other| other.id == link.id).expect("is listed");
    (link.uses, link.state)
}

fn send(server: &InProcessServer, folder: &str, cookie: &str, files: &[(&str, &[u8])]) -> Response {
    let mut parts = vec![field("act", b"bput")];
    parts.extend(files.iter().map(|(name, data)| file(name.as_bytes(), data)));
    server.ask("POST", folder, cookie, FORM.1, &form(&parts))
}

#[test]
fn opening_the_page_is_free_and_its_button_counts() {
    let server = server();
    let link =
        make(&server, &LinkDraft { note: "Our <holiday>\nIn the sun".into(), ..draft(LinkKind::Show, "/v/box") });
    for method in ["GET", "HEAD", "GET"] {
        let page = server.ask(method, &path(&link), "", "", b"");
        assert_eq!((page.status, page.header("set-cookie")), (200, None));
    }
    let page = get(&server, &path(&link), "").text();
    for text in ["<h1>Our &lt;holiday&gt;</h1>", "In the sun", "<b>box</b>", ">Open</button>", ">Download all</button>"]
    {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert!(!page.contains("a.txt"), "the page of a link lists no files");
    assert_eq!(uses(&server, &link), (0, LinkState::Works));

    let entered = post(&server, &link, "", "then=open");
    assert_eq!((entered.status, entered.header("location")), (303, Some("/v/box/")));
    let line = entered.header("set-cookie").expect("a session");
    assert!(line.contains("HttpOnly") && line.contains("SameSite=Lax"), "{line}");
    let cookie = cookie_of(&entered);
    assert_eq!(uses(&server, &link), (1, LinkState::Works));
    let again = post(&server, &link, &cookie, "then=zip");
    assert_eq!((again.status, again.header("location")), (303, Some("/v/box/?zip")));
    assert_eq!(uses(&server, &link), (1, LinkState::Works), "a guest with a session is not counted again");

    let inside = get(&server, &path(&link), &cookie).text();
    assert!(inside.contains("href=\"/v/box/\">Open</a>") && !inside.contains("<form"), "{inside}");
    let list = get(&server, "/v/box/", &cookie).text();
    assert!(list.contains("a.txt") && list.contains(">Guest</b>") && !list.contains("id=\"upload\""), "{list}");
    assert_eq!(get(&server, "/v/box/sub/b.txt", &cookie).text(), "bbb");
    assert_eq!(get(&server, "/v/box/?zip", &cookie).status, 200);
    for beside in ["/v/secret.txt", "/v/?zip", "/inbox/", "/v/box/../secret.txt"] {
        let reply = get(&server, beside, &cookie);
        assert!(matches!(reply.status, 403 | 404) && !reply.text().contains("secret\n"), "{beside}: {}", reply.status);
    }
    assert_eq!(get(&server, "/v/box/", "").status, 403, "other visitors have no access");
    assert_eq!(send(&server, "/v/box/", &cookie, &[("x", b"x")]).status, 403);
}

#[test]
fn a_file_is_opened_or_downloaded() {
    let server = server();
    let link = make(&server, &draft(LinkKind::Show, "/v/box/a.txt"));
    let page = get(&server, &path(&link), "").text();
    assert!(page.contains("<b>a.txt</b>, 3 B") && page.contains(">Download</button>"), "{page}");
    let entered = post(&server, &link, "", "then=download");
    assert_eq!(entered.header("location"), Some("/v/box/a.txt?dl"));
    let cookie = cookie_of(&entered);
    let saved = get(&server, "/v/box/a.txt?dl", &cookie);
    assert!(saved.header("content-disposition").is_some_and(|how| how.starts_with("attachment")));
    assert_eq!((saved.text().as_str(), get(&server, "/v/box/a.txt", &cookie).text().as_str()), ("aaa", "aaa"));
    assert_eq!(get(&server, "/v/box/sub/b.txt", &cookie).status, 403);
    assert!(!get(&server, "/v/box/", &cookie).text().contains("sub/"), "files beside it are not listed");
    fs::remove_file(server.at("v/box/a.txt")).expect("removes");
    assert_eq!(get(&server, &path(&link), "").status, 404);
}

#[test]
fn a_request_receives_files_and_lists_none() {
    let server = server();
    fs::write(server.at("inbox/photo.jpg"), "theirs").expect("a file");
    let request =
        LinkDraft { note: "Wedding photos".into(), max_bytes: Some(1000), ..draft(LinkKind::Request, "/inbox") };
    let link = make(&server, &request);
    let entry_page = get(&server, &path(&link), "").text();
    assert!(
        entry_page.contains("<h1>Wedding photos</h1>") && entry_page.contains(">Add files</button>"),
        "{entry_page}"
    );
    let entered = post(&server, &link, "", "then=open");
    assert_eq!(entered.header("location"), Some(path(&link).as_str()));
    let cookie = cookie_of(&entered);

    let page = get(&server, &path(&link), &cookie).text();
    for text in [
        "data-enhance=\"uploader\" data-guest data-url=\"/inbox/\" data-perms=\"write\"",
        "Choose files",
        "You can add 1000 B more.",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert!(!page.contains("photo.jpg") && !page.contains("arrived"), "{page}");
    // The page of the folder redirects here.
    for (path_in, want) in [("/inbox/", 303), ("/inbox/photo.jpg", 403), ("/inbox/?ls", 200), ("/inbox/?zip", 403)] {
        let reply = get(&server, path_in, &cookie);
        assert_eq!(reply.status, want, "{path_in}");
        let text = reply.text().replace(path_in, "");
        assert!(!text.contains("photo") && !text.contains("theirs"), "{path_in}: {text}");
    }
    let thanks = send(&server, "/inbox/", &cookie, &[("photo.jpg", b"mine"), ("two.jpg", b"2")]);
    assert_eq!(thanks.status, 201, "{}", thanks.text());
    assert!(thanks.text().contains("<h1>Thank you. 2 files received.</h1>"), "{}", thanks.text());
    assert!(thanks.text().contains(&format!("href=\"{}\">Add more</a>", path(&link))), "{}", thanks.text());
    assert_eq!(fs::read_to_string(server.at("inbox/photo.jpg")).expect("there"), "theirs", "never overwritten");
    assert_eq!(fs::read_dir(server.at("inbox")).expect("lists").filter(is_file).count(), 3);

    let other = enter(&server, &link, "");
    let seen = |cookie: &str| get(&server, &path(&link), cookie).text();
    assert!(seen(&cookie).contains("2 files received") && seen(&cookie).contains("<b><bdi>two.jpg</bdi></b>"));
    assert!(!seen(&other).contains("two.jpg"), "guests see only their own files");
    let take = server.ask("POST", "/inbox/two.jpg?delete&unpost", &other, "", b"");
    assert_eq!(take.status, 400, "{}", take.text());
    let take = server.ask("POST", "/inbox/two.jpg?delete&unpost", &cookie, "", b"");
    assert_eq!(take.status, 200, "{}", take.text());
    assert!(take.text().contains("Add more files") && !server.at("inbox/two.jpg").exists(), "{}", take.text());

    let full = send(&server, "/inbox/", &cookie, &[("big", &[1; 2000])]);
    assert!(full.text().contains("This link takes only 995 B more"), "{}", full.text());
    assert!(!server.at("inbox/big").exists());
    let all = server.wait(server.control.links()).expect("lists");
    assert_eq!((all[0].received, all[0].uses), (5, 2));
}

fn is_file(entry: &std::io::Result<fs::DirEntry>) -> bool {
    entry.as_ref().is_ok_and(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
}

#[test]
fn a_pin_is_required_and_shown_on_no_page() {
    let server = server();
    let pin = Pin::New { pin: "47 11+é".into() };
    let link = make(&server, &LinkDraft { pin, ..draft(LinkKind::Request, "/inbox") });
    assert!(link.has_pin);
    assert!(get(&server, &path(&link), "").text().contains("name=\"pin\""));
    for (body, said) in [("", "Type the PIN."), ("pin=", "Type the PIN."), ("pin=0000", "Wrong PIN.")] {
        let reply = post(&server, &link, "", body);
        assert_eq!((reply.status, reply.header("set-cookie")), (403, None), "{body}");
        assert!(reply.text().contains(said), "{body}: {}", reply.text());
    }
    assert_eq!(uses(&server, &link).0, 0);
    assert!(!enter(&server, &link, "pin=47+11%2B%C3%A9").is_empty());
}

#[test]
fn guessing_a_pin_leads_to_a_page_with_the_waiting_time() {
    let rule = model::settings::BanRule { count: 3, window_mins: 60, ban_mins: 5 };
    let server = InProcessServer::start(&[("v", "")], |settings| settings.login.ban_passwords = Some(rule));
    let pin = Pin::New { pin: "4711".into() };
    let link = make(&server, &LinkDraft { pin, ..draft(LinkKind::Show, "/v") });
    let last = (0..5).map(|n| post(&server, &link, "", &format!("pin=000{n}"))).last().expect("an answer");
    assert_eq!(last.status, 429);
    assert!(last.text().contains("Too many wrong PINs. Try again in 5 minutes."), "{}", last.text());
    assert!(last.header("retry-after").is_some());
}

#[test]
fn unknown_and_revoked_links_look_the_same() {
    let server = server();
    let gone = make(&server, &draft(LinkKind::Show, "/v/box"));
    let cookie = enter(&server, &gone, "");
    assert_eq!(get(&server, "/v/box/", &cookie).status, 200);
    let left = server.wait(server.control.revoke_link(&gone.id)).expect("revokes");
    assert_eq!(left, []);
    assert_eq!(get(&server, "/v/box/", &cookie).status, 403, "access ends at once");

    let dead = make(&server, &draft(LinkKind::Show, "/v/box"));
    fs::rename(server.at("v/box"), server.at("v/elsewhere")).expect("renames");
    let never = "/.potluck/l/abcdefghjkmnpqrstuvwxyz2";
    let odd = ["/.potluck/l/", "/.potluck/l/a%20b", "/.potluck/l/a/b", &format!("/.potluck/l/{}", "a".repeat(200))];
    let pages: Vec<_> = [path(&gone), path(&dead), never.to_owned()]
        .into_iter()
        .chain(odd.map(str::to_owned))
        .flat_map(|path| ["GET", "POST"].map(|method| (path.clone(), server.ask(method, &path, "", PLAIN, b""))))
        .collect();
    for (path, page) in &pages {
        assert_eq!((page.status, page.text()), (404, pages[0].1.text()), "{path}");
    }
    assert!(pages[0].1.text().contains("Ask the person who sent it to you for a new one."));
}

#[test]
fn links_expire_by_time_and_by_use_and_can_be_renewed() {
    let server = server();
    let in_ms = |ms: i64| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
        now.as_millis() as i64 + ms
    };
    let once = make(&server, &LinkDraft { max_uses: Some(1), ..draft(LinkKind::Show, "/v/box") });
    let cookie = enter(&server, &once, "");
    let page = get(&server, &path(&once), "");
    assert_eq!((page.status, uses(&server, &once).1), (410, LinkState::UsedUp));
    assert!(page.text().contains("used up"), "{}", page.text());
    assert_eq!(get(&server, &path(&once), &cookie).status, 200, "its guest still has access");

    let soon = LinkDraft { expires_ms: Some(in_ms(400)), ..draft(LinkKind::Show, "/v/box") };
    let link = make(&server, &soon);
    let cookie = enter(&server, &link, "");
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert_eq!((get(&server, &path(&link), "").status, get(&server, "/v/box/", &cookie).status), (410, 403));
    assert_eq!(uses(&server, &link), (1, LinkState::Expired));
    let later = LinkDraft { expires_ms: Some(in_ms(60_000)), ..soon };
    let renewed = server.wait(server.control.change_link(&link.id, &later)).expect("renews");
    assert_eq!((renewed.urls, renewed.state), (link.urls.clone(), LinkState::Works));
    assert!(get(&server, &path(&link), "").text().contains("until 20"), "shows the time limit");
}

#[test]
fn a_link_ends_with_its_share() {
    let server = server();
    let link = make(&server, &LinkDraft { may: May::Change, ..draft(LinkKind::Show, "/v/box") });
    let cookie = enter(&server, &link, "");
    assert_eq!(send(&server, "/v/box/", &cookie, &[("x", b"x")]).status, 201);
    server.apply(|settings| settings.volumes.retain(|volume| volume.mount.as_bytes() != b"v"));
    assert_eq!((get(&server, &path(&link), "").status, uses(&server, &link).1), (404, LinkState::Dead));
    server.apply(|_| {});
    assert_eq!((get(&server, "/v/box/", &cookie).status, uses(&server, &link).1), (200, LinkState::Works));
}

#[test]
fn faults_are_reported_at_their_fields() {
    let server = server();
    let show = draft(LinkKind::Show, "/v/box");
    for (draft, want) in [
        (LinkDraft { target: "/none".into(), ..show.clone() }, "target"),
        (LinkDraft { target: "/v/../../etc\0".into(), ..show.clone() }, "target"),
        (LinkDraft { may: May::Custom, ..show.clone() }, "may"),
        (LinkDraft { may: May::DropOff, ..show.clone() }, "may"),
        (LinkDraft { pin: Pin::New { pin: "1".into() }, ..show.clone() }, "pin"),
        (LinkDraft { expires_ms: Some(1), ..show.clone() }, "expires_ms"),
        (LinkDraft { max_uses: Some(0), ..show.clone() }, "max_uses"),
        (LinkDraft { kind: LinkKind::Request, max_bytes: Some(0), may: May::DropOff, ..show.clone() }, "max_bytes"),
    ] {
        let error = server.make(&draft).expect_err("is refused");
        assert_eq!((error.code, error.faults[0].at.as_str()), (ErrorCode::BadSettings, want), "{draft:?}");
        assert!(error.faults[0].sentence.ends_with('.'), "{error:?}");
    }
    let unknown = server.wait(server.control.change_link("none", &show)).expect_err("is unknown");
    assert_eq!(unknown.code, ErrorCode::NotFound);
    assert_eq!(server.wait(server.control.links()).expect("lists"), []);
}

/// A page of another site must not use a link up, nor put a visitor into another session.
#[test]
fn other_sites_cannot_press_the_button() {
    let server = server();
    let link = make(&server, &draft(LinkKind::Show, "/v/box"));
    let mut conn = support::http::Conn::open(server.addr()).expect("connects");
    let headers = [("Origin", "http://evil.example"), ("Content-Type", PLAIN)];
    let reply = conn.send("POST", &path(&link), &headers, b"then=open").expect("a reply");
    assert_eq!((reply.status, reply.header("set-cookie"), uses(&server, &link).0), (403, None, 0));
}
