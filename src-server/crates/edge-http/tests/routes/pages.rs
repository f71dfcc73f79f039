//! The small pages: errors, signing in, QR codes.

use crate::site::{BROWSER, site, site_with};
use edge_http::{Peer, PeerAddr};
use model::settings::{MessageMode, UploadOrder, UploaderDefaults};
use model::{Bytes, OnConflict, Settings};

#[tokio::test]
async fn error_bodies() {
    let site = site(&[("", "r"), ("none", "")]).await;
    let program = site.get("/x%3Cy/z").await;
    assert_eq!((program.status, program.header("content-type")), (404, "text/html; charset=utf-8"));
    assert_eq!(program.text(), "<pre>404 not found\r\nURL: x&lt;y/z\r\n");
    let curl = site.ask("GET", "/missing", &[("user-agent", "curl/8")]).await;
    assert_eq!((curl.status, curl.text().as_str()), (404, "# acct: *\n404 not found\n"));
    let curl = site.ask("GET", "/none/", &[("user-agent", "curl/8")]).await;
    assert_eq!((curl.status, curl.header("www-authenticate")), (401, "Basic realm=\"a\""));
    assert!(curl.text().ends_with("(you'll have to log in)\n"));
    let page = site.browse("/none/").await;
    assert_eq!((page.status, page.header("www-authenticate")), (403, ""));
    assert!(page.text().contains("<form class=\"card\" id=\"login\" method=\"post\" action=\"/none/\""));
    assert!(!page.text().contains("forbidden"), "the lead says it for people");
    let verb = site.ask("BREW", "/", &[]).await;
    assert_eq!((verb.status, verb.text().as_str()), (400, "<pre>invalid HTTP verb 'BREW'\r\nURL: \r\n"));
    let known = site.ask("GET", "/none/", &[("cookie", "cppwd=nonsense")]).await;
    assert_eq!(known.status, 403);
    assert!(known.header("set-cookie").contains("Max-Age=0"), "an invalid session cookie is deleted");
}

#[tokio::test]
async fn the_upload_page_does_not_list_the_folder() {
    let site = site(&[("", "w")]).await;
    site.put("top/secret.txt", b"x");
    let page = site.browse("/").await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("data-guest") && !page.text().contains("secret"));
    assert!(page.text().contains("name=\"act\" value=\"bput\""));
    assert_eq!(site.get("/?ls").await.json()["files"], serde_json::json!([]));
    assert_eq!(site.browse("/secret.txt").await.status, site.browse("/missing.txt").await.status);
}

#[tokio::test]
async fn small_things() {
    let site = site(&[("", "r")]).await;
    let set = site.get("/?setck=dots=y").await;
    assert_eq!(set.text(), "o7\n");
    assert!(set.header("set-cookie").starts_with("dots=y; Path=/;"));
    assert_eq!(site.get("/?setck=cppwd=x").await.header("set-cookie"), "");
    let picture = site.get("/sub/?qr&pw=secret").await;
    assert_eq!(picture.header("content-type"), "image/svg+xml");
    assert_eq!(site.get("/robots.txt").await.status, 200);
    for path in
        ["/.cpr/w/../../etc/passwd", "/.cpr/w/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "/.cpr/%2Fetc%2Fpasswd", "/.cpr/w/x"]
    {
        assert_eq!(site.get(path).await.status, 404, "{path}");
    }
    let options = site.ask("OPTIONS", "/anything", &[]).await;
    assert_eq!(options.status, 200);
    assert!(options.header("allow").contains("PUT"));
}

#[tokio::test]
async fn without_accounts_no_page_offers_to_sign_in() {
    let no_accounts = |settings: &mut Settings| {
        settings.accounts.clear();
        settings.volumes.iter_mut().for_each(|volume| volume.grants.truncate(1));
    };
    let site = site_with(&[("", "r"), ("none", "")], Box::new(no_accounts)).await;
    let browser = [("user-agent", BROWSER), ("accept", "text/html")];
    let put = site.ask("PUT", "/a.txt", &browser).await;
    for page in [site.browse("/?h").await, site.browse("/").await, site.browse("/none/").await, put] {
        let (status, page) = (page.status, page.text());
        assert!(!page.contains("Sign in") && !page.contains("password"), "{status}: {page}");
    }
    let control = site.browse("/?h").await.text();
    assert!(control.contains("<p class=\"lead\">Welcome.</p>") && !control.contains("id=\"login\""), "{control}");
    assert!(control.contains("Folders you can open"), "{control}");
}

#[tokio::test]
async fn texts_are_shown_and_edited_without_script() {
    let site = site(&[("", "rw"), ("read", "r")]).await;
    site.put("top/a.md", b"\n# </textarea><script>x</script>\n");
    site.put("read/a.md", b"x");
    site.put("top/a.txt", b"x");
    site.put("top/bad.md", b"\xff\xfe");
    let shown = site.browse("/a.md?v=source").await.text();
    assert!(shown.contains("<pre dir=\"auto\">\n# &lt;/textarea&gt;&lt;script&gt;"));
    let form = site.browse("/a.md?edit").await.text();
    assert!(form.contains("dir=\"auto\">\n\n# &lt;/textarea&gt;"), "{form}");
    assert!(form.contains("name=\"act\" value=\"tput\""));
    assert_eq!(site.browse("/read/a.md?edit").await.status, 403);
    assert_eq!(site.browse("/a.txt?edit").await.status, 403, "other texts need the right to delete");
    assert_eq!(site.browse("/bad.md?edit").await.status, 400);
    for path in ["/a.md", "/a.md?raw", "/a.md?v&raw"] {
        assert_eq!(site.browse(path).await.header("content-type"), "text/plain; charset=utf-8");
    }
    let script = site.ask("GET", "/a.txt", &[("sec-fetch-dest", "script"), ("user-agent", BROWSER)]).await;
    assert_eq!(script.status, 403);
}

/// Returns the value of a hidden field.
fn hidden<'a>(page: &'a str, name: &str) -> &'a str {
    let start = format!("name=\"{name}\" value=\"");
    let (_, rest) = page.split_once(&start).unwrap_or_else(|| panic!("{name}: {page}"));
    rest.split('"').next().expect("a value")
}

#[tokio::test]
async fn a_text_that_others_changed_is_not_overwritten_by_the_form() {
    let site = site(&[("", "rwmd")]).await;
    let file = site.folder.path().join("top/a.md");
    site.put("top/a.md", b"one\r\ntwo\r\n");
    let opened = site.browse("/a.md?edit").await.text();
    let save = async |page: &str, text: &str| {
        let fields = [("lastmod", hidden(page, "lastmod")), ("line_ends", hidden(page, "line_ends")), ("body", text)];
        send_fields(&site, "/a.md", &[&[("act", "tput")], &fields[..]].concat()).await
    };
    let saved = save(&opened, "one\r\nmine\r\n").await;
    assert_eq!(saved.status, 200, "{}", saved.text());
    assert_eq!(std::fs::read(&file).expect("read"), b"one\r\nmine\r\n", "lines end as before");

    let opened = site.browse("/a.md?edit").await.text();
    site.put("top/a.md", b"theirs </textarea>\n");
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(9);
    std::fs::File::options().write(true).open(&file).and_then(|file| file.set_modified(later)).expect("dated");
    let refused = save(&opened, "my words").await;
    let page = refused.text();
    assert_eq!(refused.status, 409, "{page}");
    for part in [
        "Others have changed this file since you opened it",
        ">\nmy words</textarea>",
        "readonly>\ntheirs &lt;/textarea&gt;",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert_eq!(std::fs::read(&file).expect("read"), b"theirs </textarea>\n");
    // The second save replaces the version that the page has shown.
    assert_eq!(save(&page, "both").await.status, 200);
    assert_eq!(std::fs::read(&file).expect("read"), b"both");
}

#[tokio::test]
async fn a_text_that_cannot_be_saved_comes_back_with_the_form() {
    let site = site(&[("", "rwmd"), ("none", "")]).await;
    let file = site.folder.path().join("top/sub/a.md");
    site.put("top/sub/a.md", b"one\n");
    let opened = site.browse("/sub/a.md?edit").await.text();
    let crumbs = "<a href=\"/sub/\"><bdi>sub</bdi></a> <i>/</i> <b aria-current=\"page\"><bdi>a.md</bdi></b>";
    assert!(opened.contains(crumbs), "{opened}");
    let fields = |page: &str| {
        [("lastmod", hidden(page, "lastmod").to_owned()), ("line_ends", hidden(page, "line_ends").to_owned())]
    };
    let save = async |path: &str, page: &str, text: &str| {
        let [one, two] = fields(page);
        let fields = [("act", "tput"), (one.0, &one.1), (two.0, &two.1), ("body", text)];
        send_fields(&site, path, &fields).await
    };
    // Deleted meanwhile: saving again makes it.
    std::fs::remove_file(&file).expect("deleted");
    let gone = save("/sub/a.md", &opened, "my words").await;
    let page = gone.text();
    assert_eq!(gone.status, 404, "{page}");
    assert!(page.contains("This file was deleted or renamed") && page.contains(">\nmy words</textarea>"), "{page}");
    assert!(!file.exists());
    assert_eq!(save("/sub/a.md", &page, "my words").await.status, 200);
    assert_eq!(std::fs::read(&file).expect("made again"), b"my words");
    // Not allowed, as after a session that has ended: the reason, and the text.
    let refused = save("/none/x/a.md", &opened, "my <words>").await;
    let page = refused.text();
    assert!(page.contains("Your text is not saved yet.") && page.contains(">\nmy &lt;words&gt;</textarea>"), "{page}");
    assert!([403, 404].contains(&refused.status), "{}", refused.status);
}

#[tokio::test]
async fn ends_of_unchanged_lines_stay_as_they_are() {
    let site = site(&[("", "rwmd")]).await;
    site.put("top/a.md", b"one\r\ntwo\nthree\r\nfour\r\n");
    let opened = site.browse("/a.md?edit").await.text();
    let fields = [
        ("act", "tput"),
        ("lastmod", hidden(&opened, "lastmod")),
        ("line_ends", hidden(&opened, "line_ends")),
        ("body", "one\r\ntwo\r\n3\r\nfour\r\nfive\r\n"),
    ];
    assert_eq!(send_fields(&site, "/a.md", &fields).await.status, 200);
    let saved = std::fs::read(site.folder.path().join("top/a.md")).expect("read");
    assert_eq!(saved, b"one\r\ntwo\n3\r\nfour\r\nfive\r\n");
}

#[tokio::test]
async fn thumbnails_are_images_or_icons() {
    let site = site(&[("", "r"), ("none", "")]).await;
    site.put("top/a.avif", b"avif");
    site.put("top/a.png", b"damaged");
    site.put("top/a.txt", b"text");
    site.put("none/a.png", b"png");
    assert_eq!(site.get("/a.avif?th=w").await.text(), "avif");
    for path in [
        "/a.png?th=w",
        "/a.txt?th=j",
        "/?th",
        "/missing.png?th=w",
        "/none/a.png?th=w",
        "/none/x.%3Cb?th=w",
        "/.cpr/ico/%3Cx%3E",
    ] {
        let answer = site.get(path).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "image/svg+xml"), "{path}");
        assert!(!answer.text().contains("<x") && !answer.text().contains("<b"), "{path}");
    }
    assert_eq!(site.get("/missing.mp3?th=opus").await.status, 404);
    assert_eq!(site.get("/a.txt?th=opus").await.status, 415);
}

#[tokio::test]
async fn the_uploader_gets_the_owners_defaults() {
    let plain = site(&[("", "rw")]).await.browse("/").await.text();
    let start = "<section class=\"card\" id=\"upload\" aria-label=\"Upload\" data-enhance=\"uploader\" data-url=\"/\" data-perms=\"read write\"";
    assert!(plain.contains(&format!("{start}>")), "{plain}");

    let options = |settings: &mut Settings| {
        settings.behaviour.uploader =
            UploaderDefaults { parallel: Some(3), request_mib: Some(32), order: Some(UploadOrder::SmallestFirst) };
        settings.volumes[1].flags.page_on_conflict = OnConflict::ReplaceOlder;
    };
    let site = site_with(&[("", "rw"), ("blind", "w")], Box::new(options)).await;
    let attributes = " data-max-request=\"33554432\" data-parallel=\"3\" data-order=\"size\"";
    let page = site.browse("/").await.text();
    assert!(page.contains(&format!("{start}{attributes}>")), "{page}");
    let page = site.browse("/blind/").await.text();
    assert!(page.contains(&format!(" data-perms=\"write\"{attributes} data-taken=\"older\">")), "{page}");
}

/// Sends a form with one field, as a browser does.
async fn send_form(site: &crate::site::Site, path: &str, act: &str, name: &str) -> crate::site::Answer {
    send_fields(site, path, &[("act", act), ("name", name)]).await
}

async fn send_fields(site: &crate::site::Site, path: &str, fields: &[(&str, &str)]) -> crate::site::Answer {
    let field = |(key, value): &(&str, &str)| {
        format!("--B\r\nContent-Disposition: form-data; name=\"{key}\"\r\n\r\n{value}\r\n")
    };
    let body = format!("{}--B--\r\n", fields.iter().map(field).collect::<String>());
    let headers =
        [("content-type", "multipart/form-data; boundary=B"), ("user-agent", BROWSER), ("accept", "text/html")];
    site.send("POST", path, &headers, body.as_bytes()).await
}

#[tokio::test]
async fn refusals_have_specific_messages() {
    let site = site(&[("", "rwmd"), ("read", "r")]).await;
    site.put("top/there/x.txt", b"x");
    site.put("top/a<b>.md", b"x");
    let long = "n".repeat(300);
    for (path, act, name, status, heading) in [
        ("/", "mkdir", "there", 405, "There is already a folder called “there”."),
        ("/", "mkdir", "a<b>.md", 405, "There is already a file called “a&lt;b&gt;.md”."),
        ("/", "new_md", "a<b>.md", 405, "There is already a file called “a&lt;b&gt;.md”."),
        ("/", "mkdir", &*long, 400, "That name cannot be used."),
        ("/read/", "mkdir", "x", 403, "You may not add files or folders here."),
        ("/", "nonsense", "x", 422, "The server did not understand that."),
    ] {
        let answer = send_form(&site, path, act, name).await;
        let page = answer.text();
        assert_eq!(answer.status, status, "{page}");
        assert!(page.contains(&format!("<h1>{heading}</h1>")), "{page}");
        // The typed name is still in the field.
        let kept = name.replace('<', "&lt;").replace('>', "&gt;");
        assert_eq!(page.contains(&format!("value=\"{kept}\"")), act != "nonsense", "{page}");
    }
    let browser = [("user-agent", BROWSER), ("accept", "text/html")];
    for (path, heading) in [
        ("/there/x.txt?move=/a%3Cb%3E.md", "There is already something called “a&lt;b&gt;.md”."),
        ("/there/?move=/there/below/", "A folder cannot be moved or copied into itself."),
        ("/missing.txt?move=/b.txt", "“missing.txt” was not found."),
        ("/read/x.txt?delete", "You may not delete or replace this."),
        ("/there/x.txt?copy=/read/x.txt", "You may not add files or folders here."),
    ] {
        let page = site.ask("POST", path, &browser).await.text();
        assert!(page.contains(&format!("<h1>{heading}</h1>")), "{path}: {page}");
        assert!(!page.contains("did not understand"), "{path}: {page}");
    }
    // Programs get the protocol's text.
    let form = "--B\r\nContent-Disposition: form-data; name=\"act\"\r\n\r\nmkdir\r\n--B\r\nContent-Disposition: form-data; \
                name=\"name\"\r\n\r\nthere\r\n--B--\r\n";
    let program = site.send("POST", "/", &[("content-type", "multipart/form-data; boundary=B")], form.as_bytes()).await;
    assert_eq!(program.text(), "<pre>folder \"/there\" already exists\r\nURL: \r\n");
}

#[tokio::test]
async fn pages_confirm_messages() {
    let kind = ("content-type", "application/x-www-form-urlencoded");
    for (mode, sent) in [
        (MessageMode::PrintGet, true),
        (MessageMode::Print, true),
        (MessageMode::SaveGet, true),
        (MessageMode::Save, true),
        (MessageMode::Stash, true),
        (MessageMode::Get, false),
    ] {
        let site = site_with(&[("", "rw")], Box::new(move |settings| settings.behaviour.messages = mode)).await;
        let person = [kind, ("user-agent", BROWSER), ("accept", "text/html")];
        let answer = site.send("POST", "/", &person, b"msg=a+%3Cb%3E").await;
        let page = answer.text();
        assert_eq!(page.contains("<h1>Note sent.</h1>"), sent, "{mode:?}: {page}");
        assert_eq!(page.contains("value=\"a &lt;b&gt;\""), !sent, "{mode:?}: the text stays in the field");
        let empty = site.send("POST", "/", &person, b"msg=+").await;
        assert!(empty.status == 400 && empty.text().contains("The note is empty."), "{mode:?}");
        let program = site.send("POST", "/", &[kind], b"msg=x").await;
        assert!(!program.text().contains("Note sent."), "{mode:?}");
    }
}

#[tokio::test]
async fn every_page_of_a_visitor_offers_to_sign_in() {
    let site = site(&[("", "r"), ("drop", "w")]).await;
    for path in ["/", "/drop/", "/?h", "/nothing.txt", "/?b", "/?folders"] {
        let page = site.browse(path).await.text();
        assert!(page.contains("<a href=\"/.potluck/join\">I have a code</a>"), "{path}: {page}");
    }
    assert!(site.browse("/").await.text().contains("href=\"?login#li-u\">Sign in</a>"));
    assert!(site.browse("/").await.text().contains("<details class=\"card\" id=\"login\">"));
    assert!(site.browse("/?login").await.text().contains("<details class=\"card\" id=\"login\" open>"));
}

#[tokio::test]
async fn the_upload_form_reports_its_results() {
    let limit = |settings: &mut Settings| settings.volumes[0].flags.limits.max_size = Some(Bytes(4));
    let site = site_with(&[("", "rw")], Box::new(limit)).await;
    let person =
        [("content-type", "multipart/form-data; boundary=B"), ("user-agent", BROWSER), ("accept", "text/html")];
    let part = |name: &str, text: &str| {
        format!("--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"{name}\"\r\n\r\n{text}\r\n")
    };
    for (parts, status, heading, problem) in [
        (vec![part("", "")], 400, "Choose a file first.", ""),
        (vec![part("a", "ab")], 201, "1 file uploaded.", ""),
        (vec![part("b", "ab"), part("c", "cd")], 201, "2 files uploaded.", ""),
        (
            vec![part("d", "too long")],
            400,
            "Nothing was stored.",
            "The file is too large for this folder. A file may have up to 4 B. Send less",
        ),
        (
            vec![part("e", "ab"), part("g", "too long")],
            400,
            "1 file uploaded.",
            "<bdi>g</bdi></b>: The file is too large",
        ),
    ] {
        let answer = site.send("POST", "/", &person, (parts.concat() + "--B--\r\n").as_bytes()).await;
        let page = answer.text();
        assert_eq!(answer.status, status, "{page}");
        assert!(page.contains(&format!("<h1>{heading}</h1>")) && page.contains(problem), "{page}");
        assert_eq!(page.contains("class=\"note bad\""), !problem.is_empty(), "{page}");
    }
}

/// Over https the page can be installed. The manifest is the same for everyone, with the path that the server is hosted under.
#[tokio::test]
async fn the_page_can_be_installed_over_https() {
    let site =
        site_with(&[("", "rw")], Box::new(|settings: &mut Settings| settings.behaviour.name = "Anna's files".into()))
            .await;
    let link = "<link rel=\"manifest\" href=\"/.potluck/app.webmanifest\">";
    assert!(!site.browse("/").await.text().contains(link), "plain http allows no installation");
    let peer = Peer { addr: PeerAddr::Ip("127.0.0.1:9".parse().expect("address")), local: None, tls: true };
    let page = site.send_from(peer, "GET", "/", &[("user-agent", BROWSER)], b"").await.text();
    assert!(page.contains(link), "{page}");
    let answer = site.get("/.potluck/app.webmanifest").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/manifest+json"));
    let manifest = answer.json();
    assert_eq!(manifest["name"], "Anna's files");
    assert_eq!((&manifest["start_url"], &manifest["scope"]), (&"/".into(), &"/".into()));
    assert_eq!(manifest["share_target"]["action"], "/.potluck/share");
    for icon in manifest["icons"].as_array().expect("a list") {
        assert_eq!(site.get(icon["src"].as_str().unwrap_or("")).await.header("content-type"), icon["type"], "{icon}");
    }
    let worker = site.get("/.cpr/w/service-worker.js").await;
    assert_eq!(worker.header("service-worker-allowed"), "/");
    assert_eq!(site.get("/.cpr/w/app.js").await.header("service-worker-allowed"), "");
}
