//! An unfinished upload can be deleted by its sender only, and leaves nothing on disk.

use crate::site::{Answer, Site, site, site_with};
use edge_http::{Peer, PeerAddr};

/// Chunk hashes of 1 MiB + 1 zero bytes (tests/vectors/warks.json).
const HASHES: [&str; 2] =
    ["1ikmhbOA4zjgJbNBWpD-j505pG5726jLeMUKM4zvynQf", "uCRNAomB1pOve0Vq-O-kytY9KC4Z_xSULCRuUNk1HSJw"];
const WARK: &str = "UBN2V-R5aVYH2ANF_zLfHNJwubb-5k8ZfUmFnA3j99lb";
const JSON: (&str, &str) = ("content-type", "application/json");

/// Starts an upload of that content to `/v/a b.bin` and sends its first chunk.
async fn begin(site: &Site) {
    let hello =
        format!(r#"{{"name": "a b.bin", "size": 1048577, "lmod": 1, "hash": ["{}", "{}"]}}"#, HASHES[0], HASHES[1]);
    let length = hello.len().to_string();
    let answer = site.send("POST", "/v/", &[JSON, ("content-length", &length)], hello.as_bytes()).await;
    assert_eq!((answer.status, answer.json()["wark"].as_str()), (200, Some(WARK)), "{}", answer.text());
    let chunk = vec![0; 1 << 20];
    let headers = [
        ("content-type", "application/octet-stream"),
        ("content-length", "1048576"),
        ("x-up2k-wark", WARK),
        ("x-up2k-hash", HASHES[0]),
    ];
    let answer = site.send("POST", "/v/", &headers, &chunk).await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "thank"));
    assert_eq!(on_disk(site), 1);
}

/// Counts the files in the volume's folder, including hidden ones, without the ledger's folder.
fn on_disk(site: &Site) -> usize {
    let entries = std::fs::read_dir(site.folder.path().join("v")).expect("lists");
    entries.filter(|entry| entry.as_ref().expect("entry").file_name() != ".hist").count()
}

async fn unpost(site: &Site, list: &str) -> Answer {
    site.send("POST", "/?delete&unpost", &[JSON], list.as_bytes()).await
}

#[tokio::test]
async fn by_path_as_in_copyparty() {
    let site = site(&[("v", "rw")]).await;
    begin(&site).await;
    let answer = unpost(&site, r#"["/v/a b.bin"]"#).await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "deleted 1 files (and 0/0 folders)\r\n"));
    assert_eq!(on_disk(&site), 0);
    let again = unpost(&site, r#"["/v/a b.bin"]"#).await;
    assert_eq!(again.status, 400);
    assert!(again.text().starts_with("<pre>you cannot delete this: file not found"), "{}", again.text());
}

#[tokio::test]
async fn by_wark_without_the_right_to_delete() {
    for change in [|_: &mut model::Settings| {}, |settings: &mut model::Settings| settings.behaviour.no_delete = true] {
        let site = site_with(&[("v", "w")], Box::new(change)).await;
        begin(&site).await;
        let list = |wark: &str| format!(r#"[{{"path": "v/a b.bin", "wark": "{wark}"}}]"#);
        assert_eq!(unpost(&site, &list(&WARK.replace('U', "V"))).await.status, 400);
        assert_eq!(unpost(&site, &list("short")).await.status, 400);
        assert_eq!(on_disk(&site), 1);
        // The deletable item is deleted even if others on the list are refused.
        let mixed = format!(r#"["v/other", {}, "nowhere/x"]"#, list(WARK).trim_matches(['[', ']']));
        assert!(unpost(&site, &mixed).await.status >= 400);
        assert_eq!(on_disk(&site), 0);
    }
}

#[tokio::test]
async fn only_by_its_sender() {
    let site = site(&[("v", "rw")]).await;
    begin(&site).await;
    let addr = PeerAddr::Ip("192.0.2.8:4000".parse().expect("address"));
    let other_client = Peer { addr, local: None, tls: false };
    let list = br#"["/v/a b.bin"]"#;
    let answer = site.send_from(other_client, "POST", "/?delete&unpost", &[JSON], list).await;
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("you cannot delete this: not uploaded by (You)"), "{}", answer.text());
    for headers in [vec![JSON, ("pw", "sesame")], vec![JSON, ("origin", "http://evil.org")]] {
        assert!(site.send("POST", "/?delete&unpost", &headers, list).await.status >= 400, "{headers:?}");
    }
    assert_eq!(unpost(&site, "").await.status, 403, "without a list the URL itself is the target");
    for body in ["{}", "[1]", "/v/a b.bin"] {
        assert_eq!(unpost(&site, body).await.status, 422, "{body}");
    }
    assert_eq!(site.get("/v/?delete&unpost").await.status, 200, "a read changes nothing");
    assert_eq!(on_disk(&site), 1);
}
