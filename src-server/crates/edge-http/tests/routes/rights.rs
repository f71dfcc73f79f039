//! The status of reads by right and operation, for a browser and for a program (docs/configuration.md "Permissions").

use crate::site::{BROWSER, Site, site_with};
use model::FileKeys;

const COLUMNS: [(&str, bool); 12] = [
    ("r", false),
    ("w", false),
    ("rw", false),
    ("rm", false),
    ("rd", false),
    ("rwmd", false),
    ("g", false),
    ("G", true),
    ("h", false),
    ("wg", false),
    ("wG", true),
    ("", false),
];

async fn volume(letters: &str, keys: bool) -> Site {
    let change = move |settings: &mut model::Settings| {
        if keys {
            settings.volumes[0].flags.file_keys = FileKeys::Required;
        }
    };
    let site = site_with(&[("v", letters)], Box::new(change)).await;
    site.put("v/a.txt", b"abc");
    site.put("v/.dot", b"abc");
    site.put("v/sub/b.txt", b"abc");
    site
}

#[tokio::test]
async fn table() {
    let rows: [(&str, [u16; 12]); 8] = [
        ("/v/", [200, 200, 200, 200, 200, 200, 403, 403, 403, 200, 200, 403]),
        ("/v/?ls", [200, 200, 200, 200, 200, 200, 403, 403, 403, 200, 200, 403]),
        ("/v/a.txt", [200, 403, 200, 200, 200, 200, 200, 403, 200, 200, 403, 403]),
        ("/v/missing", [404, 403, 404, 404, 404, 404, 403, 403, 403, 403, 403, 403]),
        ("/v/.dot", [200, 403, 200, 200, 200, 200, 200, 403, 200, 200, 403, 403]),
        ("/v/?zip", [200, 403, 200, 200, 200, 200, 403, 403, 403, 403, 403, 403]),
        ("/v/?scan", [403; 12]),
        ("/v/?tree=.", [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 403]),
    ];
    for (column, (letters, keys)) in COLUMNS.into_iter().enumerate() {
        let site = volume(letters, keys).await;
        for (path, want) in &rows {
            let browser = site.ask("GET", path, &[("user-agent", BROWSER)]).await;
            assert_eq!(browser.status, want[column], "{path} with {letters:?}");
            let program = site.get(path).await;
            let denied_status = if want[column] == 403 { 401 } else { want[column] };
            assert_eq!(program.status, denied_status, "{path} with {letters:?} for a program");
            // Every password check costs a slow hash, so one path represents all.
            if *path != "/v/a.txt" {
                continue;
            }
            let lost = site.ask("GET", path, &[("pw", "wrong")]).await;
            assert_eq!(lost.status, want[column], "{path} with {letters:?} and a wrong password");
        }
    }
}

#[tokio::test]
async fn file_keys_give_access_to_files() {
    let site = volume("G", true).await;
    let listed = site.ask("GET", "/v/?ls", &[("pw", "sesame")]).await.json();
    let href = listed["files"][0]["href"].as_str().expect("link").to_owned();
    let (name, key) = href.split_once("?k=").expect("a key");
    assert_eq!(site.get(&format!("/v/{href}")).await.text(), "abc");
    for bad in [&key[1..], &format!("{key}x"), "", "a"] {
        assert_eq!(site.browse(&format!("/v/{name}?k={bad}")).await.status, 403, "{bad}");
    }
}

#[tokio::test]
async fn right_h_serves_index_pages() {
    let site = volume("h", false).await;
    site.put("v/sub/index.html", b"<p>hello");
    let slash = site.browse("/v/sub/").await;
    assert_eq!((slash.status, slash.text().as_str()), (200, "<p>hello"));
    assert!(slash.header("content-security-policy").starts_with("sandbox;"));
    assert_eq!(slash.header("content-disposition"), "");
    let bare = site.browse("/v/sub").await;
    assert_eq!((bare.status, bare.header("location")), (302, "/v/sub/"));
}

#[tokio::test]
async fn visitors_choose_between_a_folder_and_its_own_page() {
    for (set, letters) in [(false, "r"), (true, "r"), (false, "rh"), (true, "rh"), (false, "h"), (true, "h")] {
        let change = move |settings: &mut model::Settings| settings.behaviour.index_html = set;
        let site = site_with(&[("v", letters)], Box::new(change)).await;
        site.put("v/sub/index.html", b"<p>hello");
        // Elsewhere it would be sent as an attachment.
        let may_show = set || letters.contains('h');
        for (cookie, wanted) in [("", set), ("idxh=y", may_show), ("idxh=n", false), ("idxh=?", set)] {
            let shows_page = site.ask("GET", "/v/sub/", &[("cookie", cookie)]).await.text() == "<p>hello";
            // Where files may not be listed there is nothing else to see.
            assert_eq!(shows_page, wanted || letters == "h", "{set} {letters} {cookie}");
        }
    }
}
