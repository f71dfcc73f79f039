//! Searches, completions and folders with everything below, through the page API: what is found, by whom, and how much.

use crate::site::{Answer, Site, grant, site, site_with};
use model::index_flags::IndexMode;
use model::tag_flags::TagMode;
use model::{Principal, Settings};
use serde_json::{Value, json};
use std::time::Duration;

const ANN: (&str, &str) = ("pw", "sesame");
const JSON: (&str, &str) = ("content-type", "application/json");

fn url(target: &str) -> String {
    format!("/.potluck/api/v1/{target}")
}

async fn search_as(site: &Site, headers: &[(&str, &str)], body: &Value) -> Answer {
    site.send("POST", &url("search"), &[headers, &[JSON]].concat(), body.to_string().as_bytes()).await
}

async fn search(site: &Site, body: Value) -> Answer {
    search_as(site, &[], &body).await
}

fn lines(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    answer.text().lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

/// Returns folders and files as `folder/name`, with a slash behind folders.
fn paths(answer: &Answer) -> String {
    let path = |line: &Value| {
        let text = |field: &str| line[field].as_str().unwrap_or_default().trim_end_matches('/').to_owned();
        let folder = model::vpath::percent_decode_lossy(&text("folder"));
        format!("{folder}/{}{}", text("name"), if line["kind"] == "folder" { "/" } else { "" })
    };
    let rows = lines(answer).into_iter().filter(|line| line["kind"] == "folder" || line["kind"] == "file");
    rows.map(|line| path(&line)).collect::<Vec<_>>().join(" ")
}

/// An indexed site: files in `top` for everyone, `top/ann` for ann alone, and tags of one sound.
pub async fn indexed(change: impl FnOnce(&mut Settings) + 'static) -> Site {
    let prepare = |settings: &mut Settings| {
        for volume in &mut settings.volumes {
            volume.flags.index.mode = IndexMode::ScanAll;
            volume.flags.tags.mode = TagMode::All;
        }
        change(settings);
    };
    let site = site_with(&[("", "rwmd"), ("ann", ""), ("box", "w")], Box::new(prepare)).await;
    site.put("top/Photos/Sömmer 2026/beach.jpg", b"0123456789");
    site.put("top/Photos/Sömmer 2026/.hidden.jpg", b"0");
    site.put("top/Photos/winter.png", &[0; 2048]);
    site.put("top/notes.txt", b"abc");
    site.put("top/song.wav", &sound("Björk", "Jóga"));
    site.put("ann/secret sommer.txt", b"abc");
    site.put("ann/other.wav", &sound("Bjork Secret", "x"));
    site.put("box/blind sommer.txt", b"abc");
    site.engine.start_background_work();
    let complete = site.engine.library.wait_until_complete();
    tokio::time::timeout(Duration::from_secs(120), complete).await.expect("is indexed in time");
    site
}

/// A short WAV file with tags.
fn sound(artist: &str, title: &str) -> Vec<u8> {
    let chunk = |id: &[u8; 4], data: &[u8]| {
        let mut data = data.to_vec();
        data.resize(data.len().next_multiple_of(2), 0);
        [id.as_slice(), &(data.len() as u32).to_le_bytes(), &data].concat()
    };
    let format: Vec<u8> = [1u16, 1]
        .iter()
        .flat_map(|n| n.to_le_bytes())
        .chain(8000u32.to_le_bytes())
        .chain(8000u32.to_le_bytes())
        .chain([1, 0, 8, 0])
        .collect();
    let text = |text: &str| [text.as_bytes(), &[0]].concat();
    let list = [b"INFO".as_slice(), &chunk(b"IART", &text(artist)), &chunk(b"INAM", &text(title))].concat();
    let body =
        [b"WAVE".as_slice(), &chunk(b"fmt ", &format), &chunk(b"data", &[128; 800]), &chunk(b"LIST", &list)].concat();
    [b"RIFF".as_slice(), &(body.len() as u32).to_le_bytes(), &body].concat()
}

#[tokio::test]
async fn what_a_person_types_is_found() {
    let site = indexed(|_| {}).await;
    for (text, want) in [
        ("sommer", "/Photos/Sömmer 2026/ /Photos/Sömmer 2026/beach.jpg"),
        ("SÖMMER beach", "/Photos/Sömmer 2026/beach.jpg"),
        ("photos -sommer", "/Photos/ /Photos/winter.png"),
        ("size>1k size<=2k", "/Photos/winter.png"),
        ("type:jpg,txt", "/notes.txt /Photos/Sömmer 2026/beach.jpg"),
        ("date:1999", ""),
        ("artist:bjork", "/song.wav"),
        ("\"mer 2026\" beach", "/Photos/Sömmer 2026/beach.jpg"),
        ("nothing", ""),
    ] {
        assert_eq!(paths(&search(&site, json!({"text": text})).await), want, "{text}");
    }
    let both = search(&site, json!({"query": "name like *.png or size < 0.000004"})).await;
    assert_eq!(paths(&both), "/notes.txt /Photos/winter.png");
    let form = search(&site, json!({"fields": {"name": "win"}})).await;
    assert_eq!(paths(&form), "/Photos/winter.png");
    let sound = lines(&search(&site, json!({"text": "song"})).await);
    assert_eq!(sound[0]["kind"], "results");
    assert!(
        sound[0]["tags"].as_array().is_some_and(|tags| tags.iter().any(|tag| tag["name"] == "artist")),
        "{sound:?}"
    );
    assert_eq!(
        (&sound[1]["kind"], &sound[1]["may"]["delete"], &sound[2]["place"]),
        (&json!("place"), &json!(true), &json!(0))
    );
    assert_eq!((&sound[2]["tags"]["artist"], &sound[2]["folder"]), (&json!("Björk"), &json!("/")));
    assert_eq!(sound[3], json!({"kind": "end", "rows": 1, "truncated": false, "unsearched": []}));
}

#[tokio::test]
async fn a_search_stays_where_it_is_asked_for() {
    let site = indexed(|_| {}).await;
    let find = async |path: &str, everywhere: bool| {
        paths(&search(&site, json!({"text": "type:jpg,png,txt", "path": path, "everywhere": everywhere})).await)
    };
    assert_eq!(find("/Photos/S%C3%B6mmer%202026", false).await, "/Photos/Sömmer 2026/beach.jpg");
    assert_eq!(find("/Photos", false).await, "/Photos/Sömmer 2026/beach.jpg /Photos/winter.png");
    assert_eq!(find("/Photos", true).await, "/notes.txt /Photos/Sömmer 2026/beach.jpg /Photos/winter.png");
    assert_eq!(find("/none", false).await, "");
    let one = search(&site, json!({"text": "type:jpg,png,txt", "limit": 1})).await;
    let all = lines(&one);
    assert_eq!(
        (all.last().expect("an end")["truncated"].clone(), paths(&one).split(' ').count() > 0),
        (json!(true), true)
    );
    assert_eq!(all[0]["files"], 1);
}

#[tokio::test]
async fn each_account_finds_what_it_may_read() {
    let site = indexed(|settings| {
        settings.volumes[1].grants = vec![grant("r.", Principal::Account("ann".into()))];
    })
    .await;
    let everyone = search(&site, json!({"text": "sommer"})).await;
    assert!(!everyone.text().contains("secret") && !everyone.text().contains("blind"), "{}", everyone.text());
    let ann = search_as(&site, &[ANN], &json!({"text": "sommer"})).await;
    assert!(paths(&ann).contains("/ann/secret sommer.txt"), "{}", paths(&ann));
    let dots = search_as(&site, &[ANN], &json!({"text": "type:jpg"})).await;
    assert_eq!(paths(&dots), "/Photos/Sömmer 2026/.hidden.jpg /Photos/Sömmer 2026/beach.jpg");
    let places = lines(&ann).iter().filter(|line| line["kind"] == "place").count();
    assert_eq!(places, 2, "one for each set of rights");
    for path in ["/ann", "/ann/none", "/box"] {
        let denied = search(&site, json!({"text": "sommer", "path": path})).await;
        let folder = site.get(&url(&format!("folder?path={path}"))).await;
        assert!(denied.status >= 400 && !denied.text().contains("sommer"), "{path}: {}", denied.text());
        if folder.status >= 400 {
            assert_eq!(
                (denied.status, denied.json()["code"].clone()),
                (folder.status, folder.json()["code"].clone()),
                "{path}"
            );
        }
    }
}

#[tokio::test]
async fn a_search_that_is_wrong_is_refused_with_the_word() {
    let site = indexed(|_| {}).await;
    for (body, status, code, part) in [
        (json!({"text": "size>big"}), 400, "bad_query", "'big'"),
        (json!({"text": "a \"b"}), 400, "bad_query", "quote"),
        (json!({"query": "colour of"}), 400, "bad_query", "'of'"),
        (json!({"fields": {"name": "x", "colour": "red"}}), 400, "bad_request", ""),
        (json!({"text": " "}), 400, "bad_request", ""),
        (json!({"text": "a", "query": "b"}), 400, "bad_request", ""),
        (json!({}), 400, "bad_request", ""),
        (json!({"text": "a", "colour": 1}), 400, "bad_request", ""),
        (json!({"text": "a", "path": "/%00"}), 400, "bad_path", ""),
        (json!({"text": "a ".repeat(200)}), 400, "bad_query", "too many"),
        (json!({"text": "<script>\"' or 1=1 --"}), 400, "bad_query", "quote"),
    ] {
        let answer = search(&site, body.clone()).await;
        let error = answer.json();
        assert_eq!((answer.status, error["code"].as_str()), (status, Some(code)), "{body}");
        assert!(error["message"].as_str().is_some_and(|text| text.contains(part)), "{error}");
    }
    let odd = search(&site, json!({"text": "' or 1=1 -- %_ \u{0}x"})).await;
    assert_eq!(paths(&odd), "");
    assert_eq!(site.get(&url("search")).await.status, 405);
}

#[tokio::test]
async fn without_an_index_there_is_a_code() {
    let site = site(&[("", "r"), ("deep/in", "")]).await;
    let answer = search(&site, json!({"text": "x"})).await;
    assert_eq!((answer.status, answer.json()["code"].clone()), (409, json!("no_index")));
    assert_eq!(search(&site, json!({"text": "x", "path": "/deep/in"})).await.json()["code"], "denied");
    assert_eq!(search(&site, json!({"text": "x", "path": "/none"})).await.json()["code"], "not_found");
}

async fn suggested(site: &Site, headers: &[(&str, &str)], query: &str) -> Vec<String> {
    let answer = site.ask("GET", &url(&format!("suggest?{query}")), headers).await.json();
    let all = answer["suggestions"].as_array().expect("a list").clone();
    all.iter().map(|one| one["text"].as_str().expect("text").to_owned()).collect()
}

#[tokio::test]
async fn keys_and_values_are_completed_for_those_who_may_know_them() {
    let site = indexed(|_| {}).await;
    assert_eq!(suggested(&site, &[], "text=a%20-si").await, ["a -size>", "a -size<"]);
    assert_eq!(suggested(&site, &[], "text=art").await, ["artist:"]);
    assert_eq!(suggested(&site, &[], "text=x%20artist:bj").await, ["x artist:Björk "]);
    assert_eq!(suggested(&site, &[], "text=artist:").await, ["artist:Björk "]);
    assert_eq!(suggested(&site, &[ANN], "text=artist:BJ").await, ["artist:Björk ", "artist:\"Bjork Secret\" "]);
    assert_eq!(suggested(&site, &[ANN], "text=artist:BJ&path=/Photos").await, [""; 0]);
    assert_eq!(suggested(&site, &[ANN], "text=artist:BJ&path=/ann").await, ["artist:\"Bjork Secret\" "]);
    assert_eq!(suggested(&site, &[], "text=artist:BJ&path=/ann").await, [""; 0]);
    assert_eq!(suggested(&site, &[], "text=size:1").await, [""; 0]);
    assert_eq!(suggested(&site, &[], "text=").await.len(), 8);
    let long = "x".repeat(2001);
    assert_eq!(site.get(&url(&format!("suggest?text={long}"))).await.status, 400);
}

#[tokio::test]
async fn everything_below_a_folder_is_one_list() {
    let site = site(&[("", "rwmd"), ("v/w", "r"), ("v/none", ""), ("v/box", "w")]).await;
    for file in ["top/v/b.txt", "top/v/a/1.txt", "top/v/a/.dot", "v/w/deep/2.txt", "v/none/secret", "v/box/secret"] {
        site.put(file, b"x");
    }
    let answer = site.get(&url("folder?path=/v&below")).await;
    assert_eq!(paths(&answer), "/v/b.txt /v/a/1.txt /v/w/deep/2.txt");
    let all = lines(&answer);
    assert_eq!((&all[0]["kind"], &all[0]["path"], &all[0]["limit"]), (&json!("below"), &json!("/v"), &json!(100_000)));
    let place = |line: &Value| line["place"].as_u64().expect("a number") as usize;
    let places: Vec<_> = all.iter().filter(|line| line["kind"] == "place").collect();
    let last = all.iter().rfind(|line| line["kind"] == "file").expect("a file");
    assert_eq!(places[place(last)]["rights"], json!(["read"]));
    assert_eq!(all.last().expect("an end"), &json!({"kind": "end", "rows": 3, "folders": 5, "truncated": false}));
    let dots = site.ask("GET", &url("folder?path=/v&below&dots"), &[ANN]).await;
    assert!(paths(&dots).contains("/v/a/.dot"), "{}", paths(&dots));
    let gzipped = site.ask("GET", &url("folder?path=/v&below"), &[("accept-encoding", "gzip")]).await;
    assert_eq!(gzipped.header("content-encoding"), "gzip");
    for path in ["/v/none", "/missing", "/v/b.txt"] {
        let below = site.get(&url(&format!("folder?path={path}&below"))).await;
        let folder = site.get(&url(&format!("folder?path={path}"))).await;
        assert_eq!((below.status, below.json()), (folder.status, folder.json()), "{path}");
    }
    let some = site.get(&url("folder?path=/v&below&limit=2")).await;
    assert_eq!(paths(&some), "/v/b.txt /v/a/1.txt");
    let (head, end) = (lines(&some)[0].clone(), lines(&some).last().expect("an end").clone());
    assert_eq!((&head["limit"], &end["rows"], &end["truncated"]), (&json!(2), &json!(2), &json!(true)));
    assert_eq!(site.get(&url("folder?path=/v&below&limit=x")).await.status, 400);
    assert_eq!(site.ask("HEAD", &url("folder?path=/v&below"), &[]).await.text(), "");
}
