//! What browsers without script can do about files: rows lead to what may be changed, as rights allow, and times say their zone.

use crate::site::{BROWSER, Site, site, site_with};
use model::Settings;

async fn with_files(letters: &str) -> Site {
    let site = site(&[("", letters), ("more", "rwmd")]).await;
    site.put("top/a&b.txt", b"abc");
    site.put("top/clip.mp4", b"abc");
    site.put("top/sub/x", b"x");
    site
}

/// Sends what a form of a page sends.
async fn post(site: &Site, path: &str) -> u16 {
    let form =
        [("user-agent", BROWSER), ("accept", "text/html"), ("content-type", "application/x-www-form-urlencoded")];
    site.send("POST", path, &form, b"").await.status
}

#[tokio::test]
async fn rows_lead_to_what_may_be_changed() {
    let link = "<a href=\"a%26b.txt?change\" class=\"change\" aria-label=\"Change a&amp;b.txt\">Change\u{2026}</a>";
    for (letters, is_shown) in [("r", false), ("rw", false), ("rm", true), ("rd", true), ("rwmd", true)] {
        let site = with_files(letters).await;
        let page = site.browse("/").await.text();
        assert_eq!(page.contains(link), is_shown, "{letters}: {page}");
        assert_eq!(page.contains("<a href=\"sub/?change\" class=\"change\""), is_shown, "{letters}");
        assert!(!page.contains("more/?change"), "a volume stays where it is");
        // Programs get the rows that they parse, and the file itself.
        for program in [site.get("/").await.text(), site.browse("/?b").await.text()] {
            assert!(!program.contains("change"), "{program}");
        }
        assert_eq!(site.get("/a%26b.txt?change").await.text(), "abc");
    }
    let off = |settings: &mut Settings| {
        (settings.behaviour.no_move, settings.behaviour.no_delete) = (true, true);
    };
    let site = site_with(&[("", "rwmd")], Box::new(off)).await;
    site.put("top/a", b"a");
    assert!(!site.browse("/").await.text().contains("change"));
}

#[tokio::test]
async fn the_page_of_an_entry_offers_what_the_visitor_may_do() {
    let (edit, delete, rename) = ("href=\"?edit\"", "href=\"?delete\"", "name=\"to\"");
    for (letters, path, offers) in [
        ("r", "/a%26b.txt?change", [false, false, false]),
        ("rw", "/a%26b.txt?change", [false, false, false]),
        ("rm", "/a%26b.txt?change", [false, false, true]),
        ("rd", "/a%26b.txt?change", [false, true, false]),
        ("rwmd", "/a%26b.txt?change", [true, true, true]),
        ("rwmd", "/a%26b.txt?move", [true, true, true]),
        ("rwmd", "/clip.mp4?change", [false, true, true]),
        ("rwmd", "/sub/?change", [false, true, true]),
        ("rwmd", "/more/?change", [false, false, false]),
    ] {
        let site = with_files(letters).await;
        let answer = site.browse(path).await;
        let page = answer.text();
        assert_eq!(answer.status, 200, "{letters} {path}: {page}");
        assert_eq!([edit, delete, rename].map(|part| page.contains(part)), offers, "{letters} {path}: {page}");
        assert_eq!(page.contains("You may change nothing"), offers == [false; 3], "{letters} {path}");
    }
    let site = with_files("rwmd").await;
    assert_eq!(site.browse("/none.txt?change").await.status, 404);
    let page = site.browse("/a%26b.txt?change").await.text();
    assert!(page.contains("value=\"/a&amp;b.txt\""), "{page}");
    // The way to the end: the form asks by GET, the question is confirmed.
    for (typed, target) in [
        ("c.txt", "/c.txt"),
        ("c+d%26.txt", "/c%20d%26.txt"),
        ("/sub/", "/sub/a%26b.txt"),
        ("/sub", "/sub/a%26b.txt"),
        ("sub", "/sub/a%26b.txt"),
        ("%2Fsub%2Fc.txt", "/sub/c.txt"),
        ("/a%26b.txt", "/a%26b.txt"),
    ] {
        let question = site.browse(&format!("/a%26b.txt?change=1&to={typed}")).await.text();
        assert!(question.contains(&format!("action=\"/a%26b.txt?move={target}\"")), "{typed}: {question}");
    }
    let question = site.browse("/a%26b.txt?move=%2Fsub%2Fc.txt").await.text();
    assert!(question.contains("action=\"/a%26b.txt?move=%2Fsub%2Fc.txt\""), "{question}");
    assert_eq!(post(&site, "/a%26b.txt?move=%2Fsub%2Fc.txt").await, 201);
    assert_eq!(site.get("/sub/c.txt").await.text(), "abc");
    assert_eq!(post(&site, "/sub/c.txt?delete").await, 200);
    assert_eq!(site.get("/sub/c.txt").await.status, 404);
}

#[tokio::test]
async fn a_rename_is_called_so_and_a_folder_that_is_missing_is_named() {
    let site = self::site(&[("docs", "rwmd")]).await;
    site.put("docs/a.txt", b"abc");
    let ask = |to: &str| format!("/docs/a.txt?change=1&to={to}");
    let page = site.browse(&ask("b.txt")).await.text();
    assert!(page.contains("<h1>Rename /docs/a.txt to b.txt?</h1>") && page.contains(">Rename</button>"), "{page}");
    let page = site.browse(&ask("sub/")).await.text();
    assert!(
        page.contains("<h1>Move /docs/a.txt to /docs/sub/a.txt?</h1>") && page.contains(">Move</button>"),
        "{page}"
    );
    let answer = site.browse(&ask("/none/b.txt")).await;
    assert_eq!(answer.status, 404);
    assert!(
        answer.text().contains("\u{201c}none\u{201d} was not found") && !answer.text().contains("Sign in with"),
        "{}",
        answer.text()
    );
    let form =
        [("user-agent", BROWSER), ("accept", "text/html"), ("content-type", "application/x-www-form-urlencoded")];
    for (query, heading) in
        [("/docs/a.txt?move=/docs/b.txt", "Renamed."), ("/docs/b.txt?move=/docs/sub/b.txt", "Moved.")]
    {
        let page = site.send("POST", query, &form, b"").await.text();
        assert!(page.contains(&format!("<h1>{heading}</h1>")), "{page}");
    }
    // The old name is taken again: there is no other name to choose.
    let moved = site.send("POST", "/docs/sub/b.txt?move=/docs/sub/c.txt", &form, b"").await;
    site.put("docs/sub/b.txt", b"another");
    let undone = site.send("POST", &format!("/docs/?undo={}", moved.header("x-undo")), &form, b"").await.text();
    assert!(undone.contains("already something called \u{201c}b.txt\u{201d}"), "{undone}");
    assert!(undone.contains("Rename or delete that one first") && !undone.contains("Choose another"), "{undone}");
}

#[cfg(unix)]
#[tokio::test]
async fn line_breaks_of_names_are_spelled_out_and_kept() {
    let site = with_files("rwmd").await;
    site.put("top/two\nlines.txt", b"abc");
    let page = site.browse("/two%0Alines.txt?change").await.text();
    assert!(page.contains("<h1><bdi>two\\u{a}lines.txt</bdi></h1>"), "{page}");
    assert!(page.contains("value=\"/two\\u{a}lines.txt\"") && !page.contains("two\nlines"), "{page}");
    for (typed, target) in
        [("/two%5Cu%7Ba%7Dlines.txt", "/two%0Alines.txt"), ("/sub/two%5Cu%7Ba%7Dlines.txt", "/sub/two%0Alines.txt")]
    {
        let question = site.browse(&format!("/two%0Alines.txt?change=1&to={typed}")).await.text();
        assert!(question.contains(&format!("?move={target}\"")), "{typed}: {question}");
        assert!(
            !question.contains("two\nlines") && !question.contains("//two") && !question.contains("//sub"),
            "{question}"
        );
    }
    for query in ["delete", "move=%2Fa%0Ab", "copy=a%0Ab"] {
        let question = site.browse(&format!("/two%0Alines.txt?{query}")).await.text();
        assert!(question.contains("two\\u{a}lines.txt") && !question.contains("two\nlines"), "{query}: {question}");
        assert!(!question.contains("a\nb"), "{query}: {question}");
    }
}

#[tokio::test]
async fn pages_of_texts_lead_there_too() {
    let site = site(&[("", "rwmd")]).await;
    site.put("top/a.md", b"# A");
    for path in ["/a.md?v", "/a.md?v=source"] {
        assert!(
            site.browse(path).await.text().contains("<a class=\"btn\" href=\"?change\">Change\u{2026}</a>"),
            "{path}"
        );
    }
    let read = self::site(&[("", "r")]).await;
    read.put("top/a.md", b"# A");
    assert!(!read.browse("/a.md?v").await.text().contains("?change"));
}

#[tokio::test]
async fn times_say_their_zone() {
    let site = with_files("r").await;
    site.put("top/a.md", b"# A");
    for (path, part) in [("/", ">Changed (UTC)<"), ("/?b", "<th>Date (UTC)</th>"), ("/a.md?v", " UTC</p>")] {
        let page = site.browse(path).await.text();
        assert!(page.contains(part), "{path}: {page}");
    }
}

#[tokio::test]
async fn readmes_have_their_own_names() {
    let site = site(&[("", "r")]).await;
    site.put("top/readme.md", b"below");
    site.put("top/Preadme.MD", b"above");
    let page = site.browse("/").await.text();
    assert!(
        page.contains("<h2><bdi>readme.md</bdi></h2>") && page.contains("<h2><bdi>Preadme.MD</bdi></h2>"),
        "{page}"
    );
    let lines = site.get("/.potluck/api/v1/folder?path=/").await.text();
    assert!(lines.contains("\"readme_name\":\"readme.md\"") && lines.contains("\"preadme_name\":\"Preadme.MD\""));
}
