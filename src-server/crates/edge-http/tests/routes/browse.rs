//! A folder is listed completely in every format, whatever the names in it are.

use crate::site::{BROWSER, Site, site, site_with};
use model::page_list_flags::SortRule;
use serde_json::json;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

async fn with_names() -> Site {
    let site = site(&[("", "r")]).await;
    site.put("top/sub/inner.txt", b"x");
    site.put("top/a.txt", b"abc");
    site.put("top/<script>alert('1')&\".txt", b"abcd");
    site.put("top/no ending", b"");
    let odd = site.folder.path().join("top").join(OsStr::from_bytes(b"caf\xe9.mp3"));
    std::fs::write(odd, b"x").expect("file");
    site
}

#[tokio::test]
async fn json() {
    let site = with_names().await;
    let answer = site.get("/?ls").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    assert!(answer.text().ends_with("}\n"));
    let json = answer.json();
    let hrefs = |key: &str| -> Vec<String> {
        let nodes = json[key].as_array().expect("list");
        nodes.iter().map(|node| node["href"].as_str().expect("text").to_owned()).collect()
    };
    assert_eq!(hrefs("dirs"), ["sub/"]);
    assert_eq!(hrefs("files"), ["%3Cscript%3Ealert%28%271%27%29%26%22.txt", "a.txt", "caf%E9.mp3", "no%20ending"]);
    let file = &json["files"][1];
    assert_eq!((file["sz"].as_u64(), file["ext"].as_str(), file["lead"].as_str()), (Some(3), Some("txt"), Some("-")));
    assert!(file["ts"].as_i64().is_some_and(|secs| secs > 1_600_000_000));
    assert!(file["tags"].is_object());
    assert_eq!(json["files"][3]["ext"], "%");
    assert_eq!(json["dirs"][0]["ext"], "---");
    assert_eq!(json["dirs"][0]["lead"], "<a href=\"sub/?zip\" rel=\"nofollow\">zip</a>");
    assert_eq!(json["perms"], serde_json::json!(["read"]));
    assert_eq!(json["acct"], "*");
    assert_eq!(json["logues"], serde_json::json!(["", ""]));
    assert_eq!(json["readmes"], serde_json::json!(["", ""]));
    for key in ["taglist", "srvinf", "cfg"] {
        assert!(!json[key].is_null(), "{key}");
    }
    let empty = site.get("/sub/?ls&dots&lt&_=1").await.json();
    assert_eq!(empty["dirs"], serde_json::json!([]));
    assert_eq!(site.get("/a.txt?ls").await.text(), "abc");
}

#[tokio::test]
async fn page() {
    let site = with_names().await;
    let answer = site.browse("/").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/html; charset=utf-8"));
    let page = answer.text();
    assert!(page.contains(
        "<a href=\"%3Cscript%3Ealert%28%271%27%29%26%22.txt\">&lt;script&gt;alert(&#39;1&#39;)&amp;&quot;.txt</a>"
    ));
    assert!(!page.contains("<script>"));
    assert!(page.contains("<a href=\"caf%E9.mp3\">caf\u{fffd}.mp3</a>"));
    assert!(page.contains("<p class=\"summary\">1 folder, 4 files, 8 B in files</p>"));
    assert!(page.contains(
        "<td><a href=\"sub/?zip\" rel=\"nofollow\">zip</a></td><td><a href=\"sub/\">sub</a></td><td>-</td>\n<td>-</td>"
    ));
    assert!(!page.contains("act\" value=\"bput"), "no upload form for readers");
    // Without the slash browsers resolve links against the parent folder.
    let page = site.browse("/sub").await.text();
    assert!(page.contains("<a href=\"sub/inner.txt\">inner.txt</a>"));
    let page = site.browse("/sub/").await.text();
    assert!(page.contains("<a href=\"inner.txt\">inner.txt</a>"));
    assert!(page.contains("<a href=\"/\">Home</a> <i>/</i> <b aria-current=\"page\"><bdi>sub</bdi></b>"));
}

#[tokio::test]
async fn rows_of_readable_volumes_link_to_an_archive() {
    let site = site(&[("music", "r"), ("inbox", "w"), ("a/b", "r")]).await;
    site.put("music/track.mp3", b"x");
    let link = |name: &str| format!("<a href=\"{name}/?zip\" rel=\"nofollow\">zip</a>");
    for page in [site.browse("/").await.text(), site.browse("/?b").await.text()] {
        for name in ["music", "a"] {
            assert!(page.contains(&format!("<tr><td>{}</td><td><a href=\"{name}/", link(name))), "{name}: {page}");
        }
        assert!(page.contains("<tr><td>-</td><td><a href=\"inbox/"), "{page}");
    }
    let json = site.get("/?ls").await.json();
    let leads: Vec<_> = json["dirs"].as_array().expect("list").iter().map(|row| row["lead"].clone()).collect();
    assert_eq!(leads, [link("a"), "-".to_owned(), link("music")]);
    // The links work, and HEAD agrees with GET.
    for (path, status) in [("/music/?zip", 200), ("/a/?zip", 200), ("/?zip", 200), ("/inbox/?zip", 403)] {
        assert_eq!(site.browse(path).await.status, status, "{path}");
        let head = site.ask("HEAD", path, &[("user-agent", BROWSER), ("accept", "text/html")]).await;
        assert_eq!(head.status, status, "HEAD {path}");
    }
    let table = |page: String| page.split("<tbody>").nth(1).unwrap_or_default().to_owned();
    let rows = table(site.browse("/").await.text());
    assert!(rows.contains("<a href=\"a/\">a</a></td><td>-</td>\n<td>-</td><td>-</td></tr>"), "no date: {rows}");
    let none = site_with(&[("music", "r")], Box::new(|settings| settings.behaviour.no_archives = true)).await;
    assert!(!none.browse("/").await.text().contains("?zip"));
    assert_eq!(none.get("/?ls").await.json()["dirs"][0]["lead"], "-");
}

#[tokio::test]
async fn an_empty_folder_offers_nothing_to_download() {
    let site = site(&[("", "rw")]).await;
    let empty = site.browse("/").await.text();
    assert!(empty.contains("This folder is empty.") && !empty.contains("Download zip"), "{empty}");
    assert!(!empty.contains("<table"));
    site.put("top/a.txt", b"a");
    assert!(site.browse("/").await.text().contains("Download zip"));
}

#[tokio::test]
async fn order() {
    let site = with_names().await;
    let place = |page: &str, name: &str| page.find(&format!("\">{name}</a></td>")).unwrap_or_else(|| panic!("{name}"));
    let page = site.browse("/?sort=-size").await.text();
    assert!(place(&page, "a.txt") < place(&page, "no ending"));
    assert!(page.contains("<th scope=\"col\" aria-sort=\"descending\"><a href=\"?sort=size\">Size</a></th>"));
    let page = site.browse("/?sort=size&dots").await.text();
    assert!(place(&page, "a.txt") > place(&page, "no ending"));
    assert!(page.contains("<a href=\"?dots&amp;sort=-size\">Size</a>"));
}

#[tokio::test]
async fn text_formats() {
    let site = with_names().await;
    let text = site.get("/?ls=t").await.text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(&lines[..2], ["# acct: *", "# perms: read"]);
    assert!(lines[2].starts_with("# srvinf: "));
    assert!(lines[3].ends_with("-  sub/"), "{}", lines[3]);
    assert!(lines.iter().any(|line| line.ends_with(" 3  a.txt")));
    let curl = site.ask("GET", "/", &[("user-agent", "curl/8")]).await;
    assert!(curl.text().contains("\u{1b}[36msub/"));
    assert_eq!(site.ask("GET", "/?ls", &[("user-agent", "curl/8")]).await.header("content-type"), "application/json");
}

#[tokio::test]
async fn the_simple_view_keeps_the_format_that_programs_parse() {
    let site = with_names().await;
    let answer = site.browse("/sub/?b").await;
    assert_eq!(answer.header("x-robots-tag"), "noindex, nofollow");
    let page = answer.text();
    assert!(page.contains("<a href=\"/?b\">parent folder</a>"));
    assert!(page.contains("<tr><td>-</td><td><a href=\"inner.txt\">inner.txt</a></td><td>1</td>\n<td>txt</td><td>2"));
    let top = site.browse("/?b=u").await.text();
    assert!(top.contains("<a href=\"sub/?b=u\">sub/</a>"));
    assert!(!top.contains("bput"));
}

#[tokio::test]
async fn tree() {
    let site = with_names().await;
    site.put("top/other/x", b"");
    site.put("top/sub/deep/x", b"");
    assert_eq!(site.get("/?tree").await.text(), r#"{"a": ["other", "sub"]}"#);
    assert_eq!(site.get("/sub/?tree=").await.text(), r#"{"ksub": {"a": ["deep"]}, "a": ["other"]}"#);
    assert_eq!(site.get("/sub/?tree=.").await.text(), r#"{"a": ["deep"]}"#);
    assert_eq!(site.get("/sub/?tree=other").await.status, 422);
    let page = site.browse("/sub/?folders").await.text();
    assert!(
        page.contains("<li><a href=\"/sub/\" aria-current=\"page\"><bdi>sub</bdi></a>\n<ul>\n<li><a href=\"/sub/deep/\"><bdi>deep</bdi></a>")
    );
    assert!(page.contains("<a class=\"open\" href=\"/other/?folders\">open</a>"));
}

#[tokio::test]
async fn browsers_get_long_folders_in_pieces() {
    let site = site_with(&[("", "r")], Box::new(|settings| settings.behaviour.hide_disk = true)).await;
    site.put("top/folder/x.txt", b"");
    for number in 0..1000 {
        site.put(&format!("top/file {number:04}.txt"), b"");
    }
    let names = |text: &str| -> Vec<String> {
        let cells = text.split("<td><a href=\"file%20").skip(1);
        cells.filter_map(|cell| cell.split('.').next()).map(str::to_owned).collect()
    };
    let mut all = Vec::new();
    for (number, rows) in [(1, 499), (2, 500), (3, 1)] {
        let page = site.browse(&format!("/?page={number}&sort=name")).await.text();
        assert!(page.contains(&format!("Page {number} of 3")), "{page}");
        assert!(page.contains("1 folder, 1,000 files"), "the summary counts all");
        assert_eq!(page.contains(r#"rel="prev""#), number > 1);
        assert_eq!(page.contains(r#"rel="next""#), number < 3);
        assert_eq!(page.contains(r#"href="folder/""#), number == 1);
        let found = names(&page);
        assert_eq!(found.len(), rows, "page {number}");
        all.extend(found);
    }
    all.dedup();
    assert_eq!(all.len(), 1000);
    assert!(all.is_sorted());
    // The order goes on through the pieces.
    let last = site.browse("/?sort=-name&page=2").await.text();
    assert!(
        last.contains(r#"href="?sort=-name&amp;page=3""#) || last.contains(r#"href="?sort=-name&page=3""#),
        "{last}"
    );
    for odd in ["0", "99", "-1", "x", "18446744073709551616"] {
        assert!(site.browse(&format!("/?page={odd}")).await.text().contains(" of 3"), "{odd}");
    }
    assert!(!site.browse("/folder/?page=2").await.text().contains("Page "));
}

#[tokio::test]
async fn many_rows_arrive_complete() {
    // Free space is hidden because it changes between responses.
    let site = site_with(&[("", "r")], Box::new(|settings| settings.behaviour.hide_disk = true)).await;
    for number in 0..5000 {
        site.put(&format!("top/file {number}.txt"), b"");
    }
    // Programs get all rows, browsers a part of them.
    let page = site.get("/").await;
    assert_eq!(page.text().matches("<tr><td>-</td>").count(), 5000);
    assert!(page.text().ends_with("</html>\n"));
    assert!(!page.text().contains("Page 1 of"));
    assert_eq!(site.get("/?ls").await.json()["files"].as_array().map(Vec::len), Some(5000));
    let zipped = site.ask("GET", "/?ls", &[("accept-encoding", "br, gzip")]).await;
    assert_eq!((zipped.header("content-encoding"), zipped.header("content-length")), ("gzip", ""));
    assert!(zipped.header("vary").contains("Accept-Encoding"));
    let mut text = String::new();
    let mut decoder = flate2::read::GzDecoder::new(&zipped.response.body()[..]);
    std::io::Read::read_to_string(&mut decoder, &mut text).expect("gzip");
    assert!(text == site.get("/?ls").await.text());
    for none in ["identity", "br", "gzip;q=0", ""] {
        let plain = site.ask("GET", "/?ls", &[("accept-encoding", none)]).await;
        assert_eq!(plain.header("content-encoding"), "", "{none}");
    }
}

#[tokio::test]
async fn a_volume_says_how_its_pages_begin() {
    let rule = |text| SortRule::parse(text).expect("a column");
    let change = move |settings: &mut model::Settings| {
        let flags = &mut settings.volumes[0].flags.page_lists;
        (flags.grid, flags.downloads) = (true, true);
        flags.sort = vec![rule("-sz"), rule("tags/artist")];
        flags.head = Some("<meta name=\"owner\" content=\"Ann & co\">".into());
    };
    let site = site_with(&[("", "r"), ("plain", "r")], Box::new(change)).await;
    for folder in ["top", "plain"] {
        site.put(&format!("{folder}/a.txt"), b"1");
        site.put(&format!("{folder}/b.txt"), b"22");
    }
    let at = |page: &str, name: &str| page.find(name).unwrap_or_else(|| panic!("{name}: {page}"));
    let page = site.browse("/").await.text();
    assert!(at(&page, "href=\"b.txt?dl\"") < at(&page, "href=\"a.txt?dl\""), "{page}");
    assert!(page.contains("<meta name=\"owner\" content=\"Ann & co\">\n</head>"));
    let by_name = site.browse("/?sort=name").await.text();
    assert!(at(&by_name, "a.txt?dl") < at(&by_name, "b.txt?dl"));
    let plain = site.browse("/plain/").await.text();
    assert!(at(&plain, "href=\"a.txt\"") < at(&plain, "href=\"b.txt\"") && !plain.contains("owner"));
    let head =
        |text: String| serde_json::from_str::<serde_json::Value>(text.lines().next().expect("a line")).expect("JSON");
    let view = head(site.get("/.potluck/api/v1/folder?path=/").await.text())["view"].clone();
    let sort = json!([{"column": "size", "descending": true}, {"column": "tag:artist", "descending": false}]);
    assert_eq!(view, json!({"grid": true, "sort": sort, "downloads": true}));
    assert!(head(site.get("/.potluck/api/v1/folder?path=/plain").await.text()).get("view").is_none());
}

#[tokio::test]
async fn search_engines_stay_away_where_the_volume_or_the_server_says_so() {
    for (no_robots, [top, away, welcome]) in [(false, [false, true, false]), (true, [true, true, false])] {
        let change = move |settings: &mut model::Settings| {
            settings.behaviour.no_robots = no_robots;
            settings.volumes[1].flags.page_lists.search_engines = Some(false);
            settings.volumes[2].flags.page_lists.search_engines = Some(true);
        };
        let site = site_with(&[("", "r"), ("away", "r"), ("welcome", "r")], Box::new(change)).await;
        for (folder, url, keeps) in [("top", "/", top), ("away", "/away/", away), ("welcome", "/welcome/", welcome)] {
            site.put(&format!("{folder}/a.pdf"), b"1");
            let page = site.browse(url).await;
            let file = site.get(&format!("{url}a.pdf")).await;
            for answer in [&page, &file] {
                assert_eq!(answer.header("x-robots-tag") == "noindex, nofollow", keeps, "{no_robots} {url}");
            }
            assert_eq!(page.text().contains("<meta name=\"robots\" content=\"noindex, nofollow\">"), keeps, "{url}");
        }
    }
}
