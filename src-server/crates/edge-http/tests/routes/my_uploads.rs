//! Uploads are listed for their sender only, and the sender can delete them.

use crate::site::{Answer, BROWSER, Site, site, site_with};
use serde_json::json;

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

async fn unpost(site: &Site, list: &serde_json::Value, query: &str) -> Answer {
    site.send("POST", &format!("/?delete&unpost{query}"), &JSON, list.to_string().as_bytes()).await
}

#[tokio::test]
async fn listed_and_deleted() {
    let site = site(&[("", "rw"), ("seen", "r")]).await;
    for (path, body) in [("/d/a%20b.txt", "abc"), ("/c.txt", "c"), ("/e.txt", "e")] {
        assert_eq!(site.send("PUT", path, &[], body.as_bytes()).await.status, 201);
    }
    let ann = [("pw", "sesame")];
    assert_eq!(site.send("PUT", "/ann.txt", &ann, b"ann").await.status, 201);
    site.put("seen/x.txt", b"x");

    let own = site.get("/?ups").await.json();
    assert_eq!((&own["nu"], &own["nc"]), (&json!(0), &json!(3)), "{own}");
    assert_eq!(site.get("/?ups&filter=A%20B").await.json()["f"][0]["vp"], "/d/a%20b.txt");
    let hers = site.ask("GET", "/?ups", &ann).await.json();
    assert_eq!((&hers["f"][0]["vp"], &hers["f"][0]["sz"], &hers["nc"]), (&json!("/ann.txt"), &json!(3), &json!(1)));

    let ok = unpost(&site, &json!(["/d/a b.txt", "c.txt", "e.txt"]), "&lim=2").await;
    assert_eq!((ok.status, ok.text().as_str()), (200, "deleted 2 files (and 0/0 folders)\r\n"));
    assert_eq!(site.get("/?ups").await.json()["nc"], 1);
    for (path, sentence) in [
        ("/c.txt", "you cannot delete this: file not found"),
        ("/ann.txt", "you cannot delete this: not uploaded by (You)"),
    ] {
        let refused = unpost(&site, &json!([path]), "").await;
        assert_eq!((refused.status, refused.text()), (400, format!("<pre>{sentence}\r\nURL: \r\n")), "{path}");
    }
    assert_eq!(unpost(&site, &json!(["/seen/x.txt"]), "").await.status, 403, "only with the right to write");
    assert_eq!(unpost(&site, &json!({"a": 1}), "").await.status, 422);
    let foreign = [("content-type", "application/json"), ("host", "vm"), ("origin", "http://evil.org")];
    assert_eq!(site.send("POST", "/?delete&unpost", &foreign, b"[\"/e.txt\"]").await.status, 403);
    assert_eq!(site.get("/e.txt").await.status, 200);
    assert_ne!(
        site.ask("POST", "/e.txt?delete", &[]).await.status,
        200,
        "without unpost the right to delete is needed"
    );
    assert_eq!(site.ask("POST", "/e.txt?delete&unpost", &[]).await.status, 200, "the URL itself is the target");
    assert_eq!(site.get("/e.txt").await.status, 404);
}

#[tokio::test]
async fn people_get_pages() {
    let site = site(&[("", "rw")]).await;
    let page = |answer: Answer| (answer.status, answer.text());
    let (_, nothing) = page(site.browse("/?ups").await);
    assert!(nothing.contains("You have not sent anything recently."), "{nothing}");
    site.send("PUT", "/d/%3Cb%3E.txt", &[], b"abc").await;
    let (_, list) = page(site.browse("/?ups").await);
    assert!(list.contains("<b><bdi>/d/&lt;b&gt;.txt</bdi></b> <small data-times>3 B, 20"), "{list}");
    assert!(list.contains(" action=\"/d/%3Cb%3E.txt?delete&amp;unpost\" "), "{list}");
    assert!(
        site.browse("/")
            .await
            .text()
            .contains("<p class=\"page-link\"><a href=\"/?ups\">Your uploads</a></p>\n</section>")
    );
    assert!(site.browse("/?h").await.text().contains("<a href=\"/?ups\">"));

    let (_, question) = page(site.browse("/d/%3Cb%3E.txt?delete&unpost").await);
    assert!(question.contains("action=\"/d/%3Cb%3E.txt?delete&amp;unpost\""), "{question}");
    let browser = [("user-agent", BROWSER), ("accept", "text/html")];
    let (status, gone) = page(site.ask("POST", "/d/%3Cb%3E.txt?delete&unpost", &browser).await);
    assert!(status == 200 && gone.contains("1 file deleted."), "{gone}");
    let (status, twice) = page(site.ask("POST", "/d/%3Cb%3E.txt?delete&unpost", &browser).await);
    assert!(status == 400 && twice.contains("You have not sent this file, or it was deleted already."), "{twice}");
}

#[tokio::test]
async fn what_is_listed_is_narrowed_and_deleted_together() {
    let site = site(&[("", "rw")]).await;
    for number in 0..9 {
        site.send("PUT", &format!("/d/{}{number}.txt", if number < 3 { "red%20" } else { "blue" }), &[], b"x").await;
    }
    let whole = site.browse("/?ups").await.text();
    assert!(whole.contains("action=\"/?delete&amp;unpost&amp;all&amp;lim=500\""), "{whole}");
    let red = site.browse("/?ups=&filter=Red%20").await.text();
    assert_eq!(red.matches("<bdi>/d/").count(), 3, "{red}");
    assert!(red.contains("value=\"Red \"") && red.contains("&amp;filter=Red%20\""), "{red}");
    assert!(site.browse("/?ups=&filter=green").await.text().contains("Nothing was found."));
    let browser =
        [("user-agent", BROWSER), ("accept", "text/html"), ("content-type", "multipart/form-data; boundary=x")];
    let foreign = [&browser[..], &[("host", "vm"), ("origin", "http://evil.org")]].concat();
    assert_eq!(site.send("POST", "/?delete&unpost&all&filter=Red%20", &foreign, b"--x--").await.status, 403);
    let gone = site.send("POST", "/?delete&unpost&all&filter=Red%20", &browser, b"--x--\r\n").await;
    assert!(gone.status == 200 && gone.text().contains("3 files deleted."), "{}", gone.text());
    assert_eq!(site.get("/?ups").await.json()["nc"], 6);
    assert_eq!(site.get("/d/blue4.txt").await.status, 200);
}

#[tokio::test]
async fn pages_do_not_offer_it_when_switched_off() {
    let site = site_with(&[("", "rw")], Box::new(|settings| settings.behaviour.unpost_secs = 0)).await;
    site.send("PUT", "/a.txt", &[], b"abc").await;
    assert!(!site.browse("/").await.text().contains("?ups"));
    assert!(site.browse("/?ups").await.text().contains("On this server uploads cannot be deleted by their senders."));
    assert_eq!(site.get("/?ups").await.json()["nc"], 0);
    let refused = unpost(&site, &json!(["/a.txt"]), "").await;
    assert_eq!(
        (refused.status, refused.text().as_str()),
        (403, "<pre>unpost is disabled in server config\r\nURL: \r\n")
    );
}

#[tokio::test]
async fn the_answer_to_a_list_names_each_refused_item() {
    let site = site(&[("", "w")]).await;
    for path in ["/a.txt", "/b.txt"] {
        assert_eq!(site.send("PUT", path, &[], b"mine").await.status, 201);
    }
    site.put("theirs.txt", b"theirs");
    let answer = unpost(&site, &json!(["/a.txt", "/theirs.txt", "/<i>none.txt", "/b.txt"]), "").await;
    let text = answer.text();
    assert_eq!(answer.status, 400, "{text}");
    assert!(text.contains("deleted 2 files") && text.contains("not deleted: /theirs.txt ("), "{text}");
    assert!(text.contains("none.txt (") && !text.contains("<i>"), "names are escaped: {text}");
    assert_eq!(site.get("/?ups").await.json()["nc"], 0);
}
