//! Markdown pages, the texts around listings, and both in the page API.

use crate::site::{Site, grant, site, site_with};
use model::{FileKeys, Principal, VPath};
use serde_json::json;

const ANN: (&str, &str) = ("pw", "sesame");
const JSON: (&str, &str) = ("content-type", "application/json");

async fn reading() -> Site {
    site(&[("", "r")]).await
}

#[tokio::test]
async fn a_file_is_a_page() {
    let site = reading().await;
    site.put("top/d/a.md", b"# Title\n\n## One\n## Two\n## Three\n\n[x](b.md) <script>alert(1)</script>\n");
    let page = site.browse("/d/a.md?v").await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(page.header("content-security-policy").contains("script-src 'self'"));
    let text = page.text();
    for part in [
        "<h1 id=\"md-title\">Title</h1>",
        "<li class=\"toc-1\"><a href=\"#md-two\">Two</a></li>",
        "<a href=\"/d/b.md?v\" rel=\"nofollow noopener\">x</a>",
        "<a href=\"/d/\"><bdi>d</bdi></a>",
        "href=\"?raw\"",
        "href=\"?v=source\"",
        "href=\"/d/\">Back to the folder</a>",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("<script>") && !text.contains("?edit"), "{text}");
    assert_eq!(text.matches("<h1").count(), 1);
    let source = site.browse("/d/a.md?v=source").await.text();
    assert!(source.contains("## One") && source.contains("&lt;script&gt;alert(1)") && source.contains("Formatted"));
    let editable = site.ask("GET", "/d/a.md?v", &[ANN]).await.text();
    assert!(editable.contains("href=\"?edit\""));
    site.put("top/d/b.md", b"no heading");
    assert!(site.browse("/d/b.md?v").await.text().contains("<h1><bdi>b.md</bdi></h1>"));
    assert_eq!(site.get("/d/a.md?raw").await.header("content-type"), "text/plain; charset=utf-8");
}

#[tokio::test]
async fn long_files_are_shown_as_they_are() {
    let site = reading().await;
    site.put("top/long.md", &b"a *b*\n".repeat(100_000));
    let page = site.browse("/long.md?v").await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("too long to be formatted") && page.text().contains("\na *b*\n"));
    site.put("top/longer.md", &b"a *b*\n".repeat(200_000));
    assert_eq!(site.browse("/longer.md?v").await.status, 400);
}

#[tokio::test]
async fn readmes_are_part_of_the_folder() {
    let site = reading().await;
    site.put("top/sub/README.md", b"# Hi\n![p](p.png) [q](../q.txt)\n<style>*{}</style>\n");
    site.put("top/sub/PREADME.md", b"# Hi");
    let page = site.browse("/sub/").await.text();
    for part in [
        "<section class=\"doc\" id=\"readme\"><h2><bdi>README.md</bdi></h2><div class=\"md\" dir=\"auto\"><h3 id=\"md-hi\">Hi</h3>",
        "<section class=\"doc\" id=\"preadme\"><h2><bdi>PREADME.md</bdi></h2><div class=\"md\" dir=\"auto\"><h3 id=\"mdp-hi\">Hi</h3>",
        "<img src=\"/sub/p.png\" alt=\"p\">",
        "<a href=\"/q.txt\"",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("*{}") && page.find("id=\"preadme\"") < page.find("id=\"files\""));
    let listing = site.get("/sub/?ls").await.json();
    assert!(
        listing["readmes"][0] == "# Hi" && listing["readmes"][1].as_str().is_some_and(|text| text.contains("<style>"))
    );
    let head = folder_head(&site, "/sub").await;
    assert!(page.contains(head["readme_html"].as_str().expect("a readme")), "{head}");
    assert!(page.contains(head["preadme_html"].as_str().expect("a preadme")), "{head}");
    site.put("top/sub/.epilogue.html", b"<p>x</p>");
    let page = site.browse("/sub/").await.text();
    assert!(!page.contains("id=\"readme\"") && page.contains("id=\"preadme\"") && page.contains("id=\"epilogue\""));
}

#[tokio::test]
async fn readmes_cannot_move_the_rows() {
    let site = reading().await;
    site.put(
        "top/PREADME.md",
        b"<p title=\"<!-- rows -->\">a</p> `<!-- rows -->` <!-- rows --> [b](c \"<!-- rows -->\")",
    );
    let page = site.browse("/").await.text();
    assert_eq!((page.matches("<!--").count(), page.matches("PREADME.md</a></td>").count()), (0, 1), "{page}");
    let rows = page.find("<tr><td>-</td>").expect("a row");
    assert!(page.find("<table class=\"list\"").expect("the list") < rows);
}

async fn folder_head(site: &Site, path: &str) -> serde_json::Value {
    let lines = site.get(&format!("/.potluck/api/v1/folder?path={path}")).await.text();
    serde_json::from_str(lines.lines().next().expect("a line")).expect("JSON")
}

#[tokio::test]
async fn logues_are_in_frames() {
    let site = reading().await;
    site.put("top/sub/.prologue.html", b"<b>hello</b><script>x</script>");
    let page = site.browse("/sub/").await.text();
    assert!(!page.contains("<b>hello") && !page.contains("<script>x"), "{page}");
    let frame = "sandbox=\"allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation\" loading=\"lazy\" \
                 src=\"/sub/?prologue\" height=\"56\"></iframe>";
    assert!(page.contains(frame), "{page}");
    let head = folder_head(&site, "/sub").await;
    assert_eq!(head["prologue"], json!({"kind": "frame", "href": "/sub/?prologue", "height": 56}));
    let framed = site.get("/sub/?prologue").await;
    assert!(framed.text().contains("<b>hello</b><script>x</script>"));
    let policy = framed.header("content-security-policy");
    assert!(
        policy.starts_with("sandbox ")
            && policy.contains("default-src 'none'")
            && policy.contains("form-action 'none'")
    );
    assert!(
        !policy.contains("allow-scripts") && !policy.contains("allow-same-origin") && !policy.contains("script-src")
    );
    assert_eq!(site.get("/sub/?epilogue").await.status, 404);
    assert_eq!(site.get("/.prologue.html?prologue").await.status, 404);
}

#[tokio::test]
async fn frames_need_the_right_to_list() {
    let site = site(&[("inbox", "w"), ("get", "g"), ("read", "r")]).await;
    for folder in ["inbox", "get", "read"] {
        site.put(&format!("{folder}/.prologue.html"), b"secret words");
    }
    assert!(site.get("/read/?prologue").await.text().contains("secret words"));
    for folder in ["inbox", "get"] {
        let answer = site.get(&format!("/{folder}/?prologue")).await;
        assert!(answer.status >= 400 && !answer.text().contains("secret words"), "{folder}: {}", answer.status);
    }
}

#[tokio::test]
async fn volumes_choose_how_texts_are_shown() {
    let change = |settings: &mut model::Settings| {
        let flags = &mut settings.volumes[0].flags.page_texts;
        (flags.plain_readme, flags.plain_logues, flags.joins_lines) = (true, true, true);
        let flags = &mut settings.volumes[1].flags.page_texts;
        (flags.no_readme, flags.no_logues) = (true, true);
    };
    let site = site_with(&[("", "r"), ("bare", "r")], Box::new(change)).await;
    for folder in ["top", "bare"] {
        site.put(&format!("{folder}/README.md"), b"*a*");
        site.put(&format!("{folder}/.prologue.html"), b"<b>c</b>");
        site.put(&format!("{folder}/a.md"), b"one\ntwo");
    }
    let page = site.browse("/").await.text();
    assert!(
        page.contains("*a*</pre>") && page.contains("&lt;b&gt;c&lt;/b&gt;</pre>") && !page.contains("<iframe"),
        "{page}"
    );
    assert_eq!(site.get("/?prologue").await.status, 404);
    let bare = site.browse("/bare/").await.text();
    assert!(!bare.contains("*a*") && !bare.contains("<iframe") && !bare.contains("id=\"readme\""), "{bare}");
    assert_eq!(site.get("/bare/?prologue").await.status, 404);
    assert!(site.browse("/a.md?v").await.text().contains("<p>one\ntwo</p>"));
    assert!(site.browse("/bare/a.md?v").await.text().contains("<p>one<br>\ntwo</p>"));
}

#[tokio::test]
async fn links_work_below_a_base_path_and_with_keys() {
    let change = |settings: &mut model::Settings| {
        settings.network.base = VPath::parse(b"files").expect("a path");
        settings.volumes[0].flags.file_keys = FileKeys::Required;
        settings.volumes[0].grants.push(grant("G", Principal::Everyone));
    };
    let site = site_with(&[("", "r")], Box::new(change)).await;
    site.put("top/README.md", b"[x](a.txt) [no](none.txt)");
    site.put("top/a.txt", b"content");
    let page = site.browse("/files/").await.text();
    let href = page.split("href=\"/files/a.txt?k=").nth(1).and_then(|rest| rest.split('"').next()).expect("a key");
    assert_eq!(site.get(&format!("/files/a.txt?k={href}")).await.text(), "content");
    assert!(page.contains("<a href=\"/files/none.txt\""), "{page}");
}

#[tokio::test]
async fn keys_of_a_page_stay_in_its_links() {
    let change = |settings: &mut model::Settings| {
        settings.volumes[0].flags.file_keys = FileKeys::Required;
    };
    let site = site_with(&[("", "G")], Box::new(change)).await;
    site.put("top/a.md", b"# x");
    let listing = site.ask("GET", "/?ls", &[ANN]).await.json();
    let href = listing["files"][0]["href"].as_str().expect("a link").to_owned();
    let key = href.split("?k=").nth(1).expect("a key");
    let page = site.get(&format!("/a.md?v&k={key}")).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains(&format!("?raw&amp;k={key}")), "{}", page.text());
    assert_ne!(site.get("/a.md?v").await.status, 200);
    let api = site.get(&format!("/.potluck/api/v1/markdown?path=/a.md&k={key}")).await.json();
    assert_eq!(api["may_edit"], false);
}

#[tokio::test]
async fn the_api_renders_files_and_texts() {
    let site = reading().await;
    site.put("top/d/a.md", b"# A\n[x](b)");
    site.put("top/d/a.txt", b"# A");
    let file = site.ask("GET", "/.potluck/api/v1/markdown?path=/d/a.md", &[ANN]).await;
    assert_eq!(file.status, 200);
    let told = file.json();
    assert_eq!(told["toc"], json!([{"level": 1, "id": "md-a", "text": "A"}]));
    assert!(told["html"].as_str().is_some_and(|html| html.contains("<a href=\"/d/b\"")));
    assert!(told["may_edit"] == true && told["modified_ms"].as_i64() > Some(0) && told["etag"].is_string());
    for (path, status) in [("/d/a.txt", 400), ("/d", 409), ("/none.md", 404)] {
        let answer = site.ask("GET", &format!("/.potluck/api/v1/markdown?path={path}"), &[ANN]).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
    }
    let ask = |headers: &'static [(&'static str, &'static str)], body: String| {
        let site = &site;
        async move { site.send("POST", "/.potluck/api/v1/markdown", headers, body.as_bytes()).await }
    };
    let body = json!({"path": "/d/new.md", "text": "*a*\n<script>x</script>"}).to_string();
    let preview = ask(&[ANN, JSON], body.clone()).await;
    assert_eq!((preview.status, preview.json()), (200, json!({"html": "<p><em>a</em></p>\n", "toc": []})));
    assert_eq!(ask(&[JSON], body.clone()).await.json()["code"], "denied");
    assert_eq!(ask(&[ANN], body).await.status, 415);
    let long = json!({"path": "/d/new.md", "text": "x".repeat(1 << 20)}).to_string();
    assert_eq!(ask(&[ANN, JSON], long).await.json()["code"], "too_long");
    let put = site.ask("PUT", "/.potluck/api/v1/markdown", &[ANN]).await;
    assert_eq!((put.status, put.header("allow")), (405, "GET, HEAD, OPTIONS, POST"));
}

#[tokio::test]
async fn plugins_are_code_unless_the_volume_runs_them() {
    let change = |settings: &mut model::Settings| settings.volumes[0].flags.page_texts.runs_plugins = true;
    let site = site_with(&[("", "r"), ("off", "r")], Box::new(change)).await;
    let text = "a \"quoted\" <b>\n```copyparty_post\nrender(dom) {}\n```\n";
    for folder in ["top", "off"] {
        site.put(&format!("{folder}/README.md"), text.as_bytes());
        site.put(&format!("{folder}/plain.md"), b"no plugin");
    }
    let page = site.browse("/README.md?v").await.text();
    let escaped = text.replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;");
    assert!(page.contains(&format!("data-enhance=\"plugins\" data-text=\"{escaped}\" data-breaks>")), "{page}");
    assert!(page.contains("render(dom) {}") && page.contains("app.js"), "code without script");
    let given = json!({"text": text, "breaks": true});
    assert_eq!(folder_head(&site, "/").await["readme_plugins"], given);
    let file = site.get("/.potluck/api/v1/markdown?path=/README.md").await.json();
    assert_eq!(file["plugins"], given);
    for path in ["/off/README.md", "/plain.md"] {
        let page = site.browse(&format!("{path}?v")).await.text();
        assert!(!page.contains("data-enhance=\"plugins\""), "{path}");
        let file = site.get(&format!("/.potluck/api/v1/markdown?path={path}")).await.json();
        assert!(file.get("plugins").is_none(), "{path}: {file}");
    }
    assert!(folder_head(&site, "/off").await.get("readme_plugins").is_none());
}

#[tokio::test]
async fn the_frame_of_plugins_has_no_origin_and_no_connections() {
    let site = reading().await;
    let frame = site.get("/.cpr/w/plugin-frame.html").await;
    if frame.status == 404 {
        eprintln!("skipped: the program was built without web/dist");
        return;
    }
    let policy = frame.header("content-security-policy");
    let sandbox = policy.split(';').find(|part| part.starts_with("sandbox")).expect("a sandbox");
    assert_eq!(sandbox, "sandbox allow-scripts");
    for part in ["default-src 'none'", "form-action 'none'", "base-uri 'none'", "frame-ancestors 'self'"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("connect-src") && !policy.contains("frame-src"), "{policy}");
    assert!(site.get("/.cpr/w/style.css").await.header("content-security-policy").is_empty());
}

#[tokio::test]
async fn a_volume_names_its_texts() {
    let change = |settings: &mut model::Settings| {
        let flags = &mut settings.volumes[0].flags.page_lists;
        (flags.prologues, flags.readmes) = (vec!["top.html".into(), ".prologue.html".into()], vec!["about.md".into()]);
    };
    let site = site_with(&[("", "r")], Box::new(change)).await;
    for (name, text) in [("sub/.prologue.html", "<b>old</b>"), ("sub/README.md", "read"), ("sub/About.md", "about us")]
    {
        site.put(&format!("top/{name}"), text.as_bytes());
    }
    let page = site.browse("/sub/").await.text();
    assert!(page.contains("about us") && !page.contains("<p>read</p>"), "{page}");
    assert!(site.get("/sub/?prologue").await.text().contains("<b>old</b>"));
    site.put("top/sub/top.html", b"<b>new</b>");
    assert!(site.get("/sub/?prologue").await.text().contains("<b>new</b>"));
    assert!(site.browse("/sub/").await.text().contains("src=\"/sub/?prologue\""));
}
