//! Volumes are indexed in the background and searched over HTTP; settings, uploads and other programs change them.

use super::admin::put;
use super::people::exchange;
use super::*;
use model::index_flags::IndexMode;
use model::tag_flags::TagMode;
use model::volume::DedupMode;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use support::http::Conn;
use support::up2k::Source;

/// Starts a server whose volume has an index of all files.
pub(super) async fn indexed(dir: TempDir) -> Live {
    let all = |settings: &mut Settings| {
        settings.volumes[0].flags.index.mode = IndexMode::ScanAll;
        settings.volumes[0].grants[0].perms = PermSet::parse("rwmda").expect("letters");
    };
    let live = Live::start_in(dir, StartOptions::default(), all).await;
    live.control.wait_until_indexed().await;
    live
}

/// Posts JSON and returns status and body.
fn post(live: &Live, path: &str, body: &str) -> (u16, String) {
    post_as(live, path, "text/plain", body)
}

fn post_as(live: &Live, path: &str, kind: &str, body: &str) -> (u16, String) {
    let head = format!("POST {path} HTTP/1.1\r\nContent-Type: {kind}");
    let answer = exchange(live.addr(), &head, body);
    let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    (status, answer.split_once("\r\n\r\n").map_or_else(String::new, |(_, body)| body.to_owned()))
}

pub(super) fn find(live: &Live, query: &str) -> BTreeSet<String> {
    let (status, body) = post(live, "/?srch", &json!({ "q": query }).to_string());
    assert_eq!(status, 200, "{body}");
    let reply: Value = serde_json::from_str(&body).expect("is JSON");
    assert_eq!((&reply["trunc"], &reply["tag_order"]), (&json!(false), &json!([])));
    let paths =
        reply["hits"].as_array().expect("a list").iter().map(|hit| hit["rp"].as_str().expect("a path").to_owned());
    paths.collect()
}

/// Asks until the answer is the one that is wanted: changes are followed in the background.
pub(super) async fn finds(live: &Live, query: &str, want: &[&str]) {
    let want: BTreeSet<String> = want.iter().map(|&path| path.to_owned()).collect();
    for _ in 0..600 {
        if find(live, query) == want {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(find(live, query), want, "{query}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_is_json_whatever_its_type_is_called() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    std::fs::create_dir(dir.path().join("files")).expect("makes a folder");
    std::fs::write(dir.path().join("files/a.txt"), "a").expect("writes");
    let live = indexed(dir).await;
    for kind in ["application/json", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded"] {
        let (status, body) = post_as(&live, "/?srch", kind, r#"{"q": "name like a*"}"#);
        assert_eq!(status, 200, "{kind}: {body}");
        assert!(body.contains("a.txt"), "{kind}: {body}");
        assert_eq!(post_as(&live, "/?srch", kind, "q=a").0, 422, "{kind}");
    }
    live.control.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_found_as_they_come_move_and_go() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let top = dir.path().join("files");
    std::fs::create_dir_all(top.join("old/Übung")).expect("makes folders");
    std::fs::write(top.join("old/Übung/a b.mp3"), "song").expect("writes");
    let live = indexed(dir).await;
    let song = ["old/%C3%9Cbung/a%20b.mp3"];
    finds(&live, "name like *.mp3 and path like *ubung", &song).await;
    finds(&live, "size > 1", &[]).await;
    // An upload, a change by another program, a move and a removal.
    assert!(exchange(live.addr(), "PUT /sent.mp3 HTTP/1.1", "sent").starts_with("HTTP/1.1 201"));
    std::fs::write(top.join("placed.mp3"), "placed").expect("writes");
    finds(&live, "name like *.mp3", &["placed.mp3", "sent.mp3", song[0]]).await;
    finds(&live, "up_at > 2020", &["sent.mp3"]).await;
    assert_eq!(post(&live, "/old?move=/new", "").0, 201);
    std::fs::remove_file(top.join("placed.mp3")).expect("removes");
    finds(&live, "name like *.mp3", &["new/%C3%9Cbung/a%20b.mp3", "sent.mp3"]).await;
    let listed = get(live.addr(), "/?ls").1;
    assert!(listed.contains(r#""href": "new/", "sz": 4,"#) && listed.contains(r#""tags": {".files": 1}"#), "{listed}");
    let page = get(live.addr(), "/").1;
    assert!(page.contains("4 B</td>"), "{page}");
    // After a restart everything is known at once.
    live.control.stop().await;
    let live = indexed(live.dir).await;
    finds(&live, "name like *.mp3", &["new/%C3%9Cbung/a%20b.mp3", "sent.mp3"]).await;
    live.control.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_of_every_form_and_their_errors() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    std::fs::create_dir_all(dir.path().join("files/d")).expect("makes folders");
    (0..9).for_each(|n| std::fs::write(dir.path().join(format!("files/d/{n}.txt")), n.to_string()).expect("writes"));
    let live = indexed(dir).await;
    let hits = |body: &str| {
        let (status, reply) = post(&live, "/anywhere?srch", body);
        assert_eq!(status, 200, "{body}: {reply}");
        let reply: Value = serde_json::from_str(&reply).expect("is JSON");
        (reply["hits"].as_array().expect("a list").len(), reply["trunc"].as_bool().expect("a flag"))
    };
    for (body, want) in [
        (r#"{"q": ""}"#, (9, false)),
        (r#"{"q": "name like *.txt", "n": 4}"#, (4, true)),
        (r#"{"q": "name like *.txt", "n": "9"}"#, (9, false)),
        (r#"{"q": "name like *.txt", "n": 0}"#, (0, true)),
        (r#"{"name": "-7 txt$", "path": "^d"}"#, (8, false)),
        (r#"{"szl": "1"}"#, (0, false)),
        (r#"{"szl": 4, "szu": 5}"#, (0, false)),
        (r#"{"szl": 0, "name": 7}"#, (1, false)),
        (r#"{"adv": "size > 4"}"#, (0, false)),
        (r#"{"adv": "name = 7.txt", "name": "txt"}"#, (1, false)),
        (r#"{"q": "name like 7*.t*t"}"#, (1, false)),
    ] {
        assert_eq!(hits(body), want, "{body}");
    }
    for (body, status, part) in [
        ("no json", 422, "invalid json"),
        ("[]", 422, "invalid json"),
        (r#"{"q": "size >> 5"}"#, 400, "'&gt;&gt;'"),
        (r#"{"q": "w = abc"}"#, 400, "w/filehash must be 16+ chars"),
        (r#"{"q": "';drop = 1"}"#, 400, "invalid key"),
        (r#"{"srch": 1, "size": 3}"#, 400, "hash"),
        (r#"{}"#, 400, "'q' is missing"),
        (r#"{"n": 5}"#, 400, "'q' is missing"),
        (r#"{"foo": "x"}"#, 400, "'foo'"),
        (r#"{"q": "", "foo": "x"}"#, 400, "'foo'"),
        (r#"{"q": "", "name": "x"}"#, 400, "'q'"),
        (r#"{"q": 5}"#, 400, "'q'"),
        (r#"{"q": ["a"]}"#, 400, "'q'"),
        (r#"{"name": ["a"]}"#, 400, "'name'"),
        (r#"{"q": "", "n": "x"}"#, 400, "'n'"),
        (r#"{"q": "", "n": -1}"#, 400, "'n'"),
        (r#"{"q": "date > soon"}"#, 400, "'soon' is not a date"),
    ] {
        let (got, reply) = post(&live, "/?srch", body);
        assert!(got == status && reply.contains(part), "{body}: {got} {reply}");
    }
    assert_eq!(post(&live, "/?scan", ""), (200, "1 volume is compared with its index\n".into()));
    live.control.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_start_and_end_an_index() {
    let live = Live::start().await;
    std::fs::write(live.dir.path().join("files/a.txt"), "a").expect("writes");
    assert_eq!(find(&live, ""), BTreeSet::new());
    let mut settings = live.settings.clone();
    settings.volumes[0].flags.index.mode = IndexMode::ScanAll;
    live.control.apply(settings.clone()).await.expect("applies");
    finds(&live, "name = a.txt", &["a.txt"]).await;
    assert!(live.control.jobs().iter().any(|job| job.name == "Index of /"));
    settings.volumes[0].flags.index.mode = IndexMode::Off;
    live.control.apply(settings).await.expect("applies");
    assert_eq!(find(&live, ""), BTreeSet::new());
    live.control.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_are_searched_and_shown() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let top = dir.path().join("files");
    std::fs::create_dir_all(&top).expect("makes a folder");
    let song = include_bytes!("../../src-server/crates/library/tests/data/a.flac");
    std::fs::write(top.join("old.flac"), song).expect("writes");
    let live = indexed(dir).await;
    assert_eq!(find(&live, "artist like art and .bpm > 171"), BTreeSet::new(), "tags are off");
    let mut settings = live.settings.clone();
    settings.volumes[0].flags.index.mode = IndexMode::ScanAll;
    settings.volumes[0].flags.tags.mode = TagMode::All;
    settings.volumes[0].flags.tags.set_names("key,artist,.bpm,res");
    live.control.apply(settings.clone()).await.expect("applies");
    let query = json!({ "q": "artist like art and .bpm > 171" }).to_string();
    let mut reply = Value::Null;
    for _ in 0..600 {
        reply = serde_json::from_str(&post(&live, "/?srch", &query).1).expect("is JSON");
        if reply["hits"] != json!([]) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(reply["hits"][0]["tags"], json!({ "key": "8A", "artist": "Art", ".bpm": 172 }), "{reply}");
    assert_eq!((&reply["hits"][0]["rp"], &reply["trunc"]), (&json!("old.flac"), &json!(false)));
    assert_eq!(reply["tag_order"], json!(["key", "artist", ".bpm"]));
    assert!(live.control.jobs().iter().any(|job| job.name == "Read the tags of files"));
    // Listings have them: columns of the page except those of `-mth`, the JSON of copyparty, the page API.
    settings.volumes[0].flags.tags.set_hidden("artist");
    live.control.apply(settings.clone()).await.expect("applies");
    let get = |path: &str| exchange(live.addr(), &format!("GET {path} HTTP/1.1"), "");
    let listing = get("/?ls");
    assert!(listing.contains(r#""tags": {"key": "8A", "artist": "Art", ".bpm": 172}"#), "{listing}");
    assert!(
        listing.contains(r#""taglist": ["key", "artist", ".bpm"]"#) && listing.contains(r#""itag": true"#),
        "{listing}"
    );
    let page = get("/");
    assert!(page.contains("<th class=\"tag\" scope=\"col\">Key</th>") && page.contains(">BPM</th>"), "{page}");
    assert!(page.contains("<td>8A</td><td>172</td>\n<td>flac</td>") && !page.contains(">Artist<"), "{page}");
    assert!(
        get("/?b").contains("</td>\n<td>flac</td>") && !get("/?b").contains("8A"),
        "programs parse the simple view"
    );
    let lines = get("/.potluck/api/v1/folder?path=/");
    assert!(lines.contains(r#""tags":{"key":"8A","artist":"Art",".bpm":172}"#), "{lines}");
    assert!(lines.contains(r#"{"name":"artist","label":"Artist","hidden":true}"#), "{lines}");
    // More tags are there after all have been read again, as `e2tsr` does.
    settings.volumes[0].flags.tags.mode = TagMode::Again;
    settings.volumes[0].flags.tags.set_names("+title");
    live.control.apply(settings).await.expect("applies");
    for _ in 0..600 {
        let (_, body) = post(&live, "/?srch", r#"{"q": "title = Ttl"}"#);
        reply = serde_json::from_str(&body).expect("is JSON");
        if reply["hits"] != json!([]) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(reply["tag_order"], json!(["key", "artist", ".bpm", "title"]), "{reply}");
    live.control.stop().await;
}

/// Files that no client uploaded are known by their contents: an upload of the same content transfers nothing, and links
/// where the volume keeps one copy.
#[tokio::test(flavor = "multi_thread")]
async fn uploads_find_the_content_of_files_that_other_programs_wrote() {
    for dedup in [DedupMode::Copy, DedupMode::Symlink, DedupMode::Hardlink] {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let top = dir.path().join("files");
        std::fs::create_dir_all(top.join("old")).expect("makes folders");
        let content: Vec<u8> = (0..3_000_000_u32).map(|n| (n / 7) as u8).collect();
        std::fs::write(top.join("old/there"), &content).expect("writes");
        std::fs::write(top.join("old/small"), b"small").expect("writes");
        let live = Live::start_in(dir, StartOptions::default(), |settings: &mut Settings| {
            settings.volumes[0].flags.index.mode = IndexMode::ScanAll;
            settings.volumes[0].flags.dedup = dedup;
            settings.volumes[0].grants[0].perms = PermSet::parse("rwmda").expect("letters");
        })
        .await;
        live.control.wait_until_indexed().await;
        let mut conn = Conn::open(live.addr()).expect("connects");
        let mut missing = |name: &str, data: &[u8]| {
            let answer = Source::new(name, data.to_vec()).handshake(&mut conn, "/new/").expect("is answered");
            answer.expect("is accepted").missing.len()
        };
        assert_eq!(missing("sent", &content), 0, "{dedup:?}: nothing has to be sent");
        let sent = top.join("new/sent");
        assert!(std::fs::read(&sent).expect("reads") == content, "{dedup:?}");
        assert_eq!(sent.is_symlink(), dedup == DedupMode::Symlink);
        assert!(exchange(live.addr(), "PUT /new/put HTTP/1.1", "small").starts_with("HTTP/1.1 201"));
        assert_eq!(top.join("new/put").is_symlink(), dedup == DedupMode::Symlink);
        // What the links lead to goes away.
        for gone in ["/old/there", "/old/small"] {
            assert_eq!(post(&live, &format!("{gone}?delete"), "").0, 200);
        }
        assert!(std::fs::read(&sent).expect("reads") == content, "{dedup:?}");
        assert_eq!(std::fs::read(top.join("new/put")).expect("reads"), b"small");
        // A changed file is no source, even while the index does not know of the change.
        std::fs::write(top.join("new/changed"), &content[1..]).expect("writes");
        live.control.wait_until_indexed().await;
        std::fs::write(top.join("new/changed"), vec![1; content.len() - 1]).expect("writes");
        assert!(missing("shorter", &content[1..]) > 0, "{dedup:?}");
        live.control.stop().await;
    }
}

/// `--no-rescan` and `nodirsz`.
#[tokio::test(flavor = "multi_thread")]
async fn scans_and_sizes_of_folders_can_be_switched_off() {
    for off in [false, true] {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let folder = dir.path().join("files/d");
        std::fs::create_dir_all(&folder).expect("makes a folder");
        std::fs::write(folder.join("x"), "12345").expect("writes");
        let live = Live::start_in(dir, StartOptions::default(), |settings: &mut Settings| {
            settings.volumes[0].flags.index.mode = IndexMode::ScanAll;
            settings.volumes[0].flags.index.hide_folder_sizes = off;
            settings.volumes[0].grants[0].perms = PermSet::parse("rwmda").expect("letters");
            settings.behaviour.no_rescan = off;
        })
        .await;
        live.control.wait_until_indexed().await;
        let listed = get(live.addr(), "/?ls").1;
        assert_eq!(listed.contains(r#""sz": 5,"#), !off, "{listed}");
        let (status, text) = post(&live, "/?scan", "");
        assert_eq!(status, if off { 403 } else { 200 }, "{text}");
        live.control.stop().await;
    }
}

/// Whether this process has anything open in `folder`.
#[cfg(target_os = "linux")]
fn is_held(folder: &std::path::Path) -> bool {
    let mut open = std::fs::read_dir("/proc/self/fd").expect("lists").flatten();
    open.any(|entry| std::fs::read_link(entry.path()).is_ok_and(|target| target.starts_with(folder)))
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_replaced_is_served_and_indexed_anew() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let (top, backup) = (dir.path().join("files"), dir.path().join("files.bak"));
    std::fs::create_dir(&top).expect("makes a folder");
    std::fs::write(top.join("old.txt"), "old").expect("writes");
    let live = indexed(dir).await;
    finds(&live, "name like *.txt", &["old.txt"]).await;
    std::fs::rename(&top, &backup).expect("moves");
    std::fs::create_dir(&top).expect("makes a folder");
    std::fs::write(top.join("new.txt"), "new").expect("writes");
    // No request asks for a missing file meanwhile.
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        if get(live.addr(), "/?ls").1.contains("new.txt") {
            break;
        }
    }
    let listing = get(live.addr(), "/?ls").1;
    assert!(listing.contains("new.txt") && !listing.contains("old.txt"), "{listing}");
    finds(&live, "name like *.txt", &["new.txt"]).await;
    assert_eq!(put(live.addr(), "/sent.txt", "sent"), 201);
    assert!(top.join("sent.txt").exists() && !backup.join("sent.txt").exists());
    finds(&live, "name like *.txt", &["new.txt", "sent.txt"]).await;
    assert_eq!(get(live.addr(), "/old.txt").0, 404);
    for _ in 0..100 {
        if !is_held(&backup) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(!is_held(&backup), "the folder before is closed");
    live.control.stop().await;
}
