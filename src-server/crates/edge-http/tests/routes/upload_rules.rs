//! The limits of uploads are told before files are chosen: by the page API, and by pages with an upload form.

use crate::site::{Answer, Site, site_with};
use model::settings::{UploadOrder, UploaderDefaults};
use model::{Bytes, OnConflict, Settings};
use serde_json::{Value, json};

const ANN: (&str, &str) = ("pw", "sesame");

async fn head(site: &Site, headers: &[(&str, &str)], path: &str) -> Value {
    let answer = site.ask("GET", &format!("/.potluck/api/v1/folder?path={path}"), headers).await;
    serde_json::from_str(answer.text().lines().next().expect("a line")).expect("JSON")
}

/// A volume with limits, one with a quota, one without, and one that cannot be changed.
async fn with_limits() -> Site {
    let change = |settings: &mut Settings| {
        settings.volumes[0].flags.limits.max_size = Some(Bytes(3 << 20));
        settings.volumes[0].flags.limits.min_size = Some(Bytes(2048));
        settings.volumes[0].flags.lifetime_secs = Some(86_400);
        settings.volumes[0].flags.page_on_conflict = OnConflict::Replace;
        settings.volumes[1].flags.limits.max_bytes = Some(Bytes(5 << 20));
        settings.behaviour.uploader =
            UploaderDefaults { parallel: Some(3), order: Some(UploadOrder::ByName), request_mib: Some(90) };
    };
    site_with(&[("small", "rw"), ("quota", "w"), ("free", "rw"), ("seen", "r")], Box::new(change)).await
}

#[tokio::test]
async fn a_listing_has_the_rules() {
    let site = with_limits().await;
    let rest = json!({"max_request": 90 << 20, "parallel": 3, "order": "name"});
    let with = |more: Value| {
        let (mut all, more) = (rest.clone(), more.as_object().cloned().expect("an object"));
        all.as_object_mut().expect("an object").extend(more);
        all
    };
    let small =
        with(json!({"max_file_bytes": 3 << 20, "min_file_bytes": 2048, "lifetime_secs": 86_400, "taken": "replace"}));
    assert_eq!(head(&site, &[], "/small").await["uploads"], small);
    assert_eq!(head(&site, &[], "/quota").await["uploads"], with(json!({"max_file_bytes": 5 << 20})));
    assert_eq!(head(&site, &[], "/free").await["uploads"], rest);
    assert!(head(&site, &[], "/seen").await.get("uploads").is_none(), "nothing can be uploaded there");
    assert_eq!(head(&site, &[ANN], "/seen").await["uploads"], rest);
}

#[tokio::test]
async fn pages_say_the_size_and_carry_it() {
    let site = with_limits().await;
    let page = site.browse("/small/").await.text();
    assert!(page.contains("data-max-file=\"3145728\" data-min-file=\"2048\""), "{page}");
    assert!(page.contains("data-lifetime=\"86400\""), "{page}");
    assert!(
        page.contains(
            "A file may have up to 3.0 MiB. A file must have at least 2.0 KiB. Files are deleted after 1 day."
        ),
        "{page}"
    );
    let guest = site.browse("/quota/").await.text();
    assert!(guest.contains("data-max-file=\"5242880\"") && guest.contains("A file may have up to 5.0 MiB."), "{guest}");
    let free = site.browse("/free/").await.text();
    assert!(!free.contains("data-max-file") && !free.contains("A file may have"), "{free}");
    // What is told is what holds.
    let put = async |size: usize| site.send("PUT", "/small/a.bin", &[], &vec![0; size]).await.status;
    assert_eq!((put((3 << 20) + 1).await, put(2047).await, put(3 << 20).await), (400, 400, 201));
}

async fn open_link(site: &Site, url: &str) -> String {
    let path = url.strip_prefix("http://").and_then(|rest| rest.split_once('/')).map_or("", |(_, path)| path);
    let kind = [("content-type", "application/x-www-form-urlencoded")];
    let answer: Answer = site.send("POST", &format!("/{path}"), &kind, b"then=open").await;
    answer.header("set-cookie").split(';').next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_link_limits_files_by_what_it_has_left() {
    let site = with_limits().await;
    let draft = engine::links::LinkDraft {
        kind: engine::links::LinkKind::Request,
        target: model::VPath::parse(b"small").expect("a path"),
        note: String::new(),
        rights: model::Perm::Write.into(),
        pin: engine::links::PinChange::None,
        expires: None,
        max_uses: None,
        max_bytes: Some(2 << 20),
    };
    let info = site.engine.links.make(None, draft).await.expect("a link");
    let url = format!("http://vm/.potluck/l/{}", info.link.token);
    let cookie = open_link(&site, &url).await;
    let visitor = [("cookie", cookie.as_str())];
    assert_eq!(head(&site, &visitor, "/small").await["uploads"]["max_file_bytes"], 2 << 20);
    let path = url.trim_start_matches("http://vm");
    let page = async || {
        let headers = [("cookie", cookie.as_str()), ("user-agent", crate::site::BROWSER), ("accept", "text/html")];
        site.ask("GET", path, &headers).await.text()
    };
    let first = page().await;
    assert!(first.contains("data-max-file=\"2097152\"") && first.contains("You can add 2.0 MiB more."), "{first}");
    assert!(!first.contains("A file may have"), "it is said once: {first}");
    assert_eq!(site.send("PUT", "/small/a.bin", &visitor, &vec![0; 1 << 20]).await.status, 201);
    assert_eq!(head(&site, &visitor, "/small").await["uploads"]["max_file_bytes"], 1 << 20);
    // The link does not limit others.
    assert_eq!(head(&site, &[], "/small").await["uploads"]["max_file_bytes"], 3 << 20);
}
