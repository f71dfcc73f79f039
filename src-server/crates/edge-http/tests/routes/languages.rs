//! The language of pages: what the visitor chose, what the owner set, what the browser asks for. Every language that has a
//! message file is tried.

use crate::site::{Answer, BROWSER, Site, site, site_with};
use edge_http::texts::Texts;
use model::Settings;

/// The languages with a message file.
fn languages() -> Vec<Texts> {
    model::language::tags().filter_map(Texts::of).collect()
}

async fn browse(site: &Site, path: &str, headers: &[(&str, &str)]) -> Answer {
    let browser = [("user-agent", BROWSER), ("accept", "text/html")];
    site.ask("GET", path, &[&browser, headers].concat()).await
}

/// Returns the language that a page says it is in, and its direction.
fn language(page: &str) -> (String, bool) {
    let attribute = page.split("<html lang=\"").nth(1).expect("a page says its language");
    let tag = attribute.split(' ').next().unwrap_or_default();
    (tag.split('"').next().unwrap_or_default().to_owned(), attribute.starts_with(&format!("{tag} dir=\"rtl\"")))
}

#[tokio::test]
async fn pages_are_in_the_language_that_the_browser_asks_for() {
    let site = site(&[("", "rw"), ("none", "")]).await;
    for texts in languages() {
        let tag = texts.tag();
        for path in ["/", "/?b", "/?h", "/none/", "/missing", "/?folders", "/?ups", "/.potluck/join", "/.potluck/l/x"] {
            let answer = browse(&site, path, &[("accept-language", &format!("tlh, {tag};q=0.9, en;q=0.1"))]).await;
            let page = answer.text();
            assert_eq!(language(&page.replace("\">", "\" >")), (tag.to_owned(), tag == "ar"), "{path}");
            assert!(
                answer.header("vary").contains("Accept-Language") && answer.header("vary").contains("Cookie"),
                "{path}"
            );
        }
        let page = browse(&site, "/?h", &[("accept-language", tag)]).await.text();
        assert!(page.contains(texts.login_password()), "{tag}: {page}");
    }
    for headers in
        [&[("accept-language", "tlh")][..], &[("accept-language", "*")], &[("accept-language", "en;;q=x,")], &[]]
    {
        assert_eq!(language(&browse(&site, "/", headers).await.text()), ("en".to_owned(), false), "{headers:?}");
    }
}

#[tokio::test]
async fn what_the_visitor_chose_comes_first_then_what_the_owner_set() {
    for texts in languages() {
        let tag = texts.tag();
        let set = move |settings: &mut Settings| settings.behaviour.language = Some(tag);
        let site = site_with(&[("", "r")], Box::new(set)).await;
        let english = ("accept-language", "en");
        let of = |answer: Answer| language(&answer.text()).0;
        assert_eq!(of(browse(&site, "/", &[english]).await), tag, "the setting comes before the browser");
        for cookie in ["lang=en", "cplng=eng", "cplng=nonsense; lang=en", "lang=xx; cplng=eng"] {
            assert_eq!(of(browse(&site, "/", &[("cookie", cookie)]).await), "en", "{cookie}");
        }
        let chosen = format!("x=y; lang={tag}; cplng=eng");
        assert_eq!(of(browse(&site, "/", &[("cookie", &chosen)]).await), tag, "{chosen}");
    }
    let site = site(&[("", "r")]).await;
    let set = site.get("/?setck=lang=de").await;
    assert!(set.header("set-cookie").starts_with("lang=de; Path=/;"), "{}", set.header("set-cookie"));
}

#[tokio::test]
async fn the_language_is_chosen_without_script() {
    let site = site(&[("", "r")]).await;
    let folder = browse(&site, "/", &[]).await.text();
    assert!(folder.contains("<li class=\"plain\"><a href=\"?h#language\">Language</a></li>"), "{folder}");
    let page = browse(&site, "/?h", &[("cookie", "lang=de")]).await.text();
    assert!(
        page.contains("id=\"language\"") && page.contains("value=\"lang=de\" lang=\"de\" selected>Deutsch<"),
        "{page}"
    );
    assert_eq!(page.matches("<option value=\"lang=").count(), model::language::tags().count() + 1);
    let set = browse(&site, "/?setck=lang%3Dfr", &[]).await;
    assert_eq!((set.status, set.header("location")), (303, "/?h#language"));
    assert!(set.header("set-cookie").starts_with("lang=fr; Path=/;"), "{}", set.header("set-cookie"));
    let reset = browse(&site, "/?setck=lang%3D", &[("cookie", "lang=fr")]).await;
    assert!(reset.status == 303 && reset.header("set-cookie").starts_with("lang=;"), "{}", reset.header("set-cookie"));
}

/// A name between words of another direction keeps its own, and so do the words.
#[tokio::test]
async fn names_in_sentences_keep_their_direction() {
    let site = site(&[("", "rw")]).await;
    site.put("top/a (1).txt", b"x");
    site.put("top/sub (1)/x", b"x");
    let arabic = [("accept-language", "ar")];
    let missing = browse(&site, "/sub%20(1)/b%20(2)", &arabic).await.text();
    assert!(missing.contains("dir=\"rtl\"") && missing.contains("\u{2068}/sub (1)/\u{2069}"), "{missing}");
    let inside = browse(&site, "/sub%20(1)/?folders", &arabic).await.text();
    assert!(inside.contains("\u{2068}sub (1)\u{2069}") && inside.contains("<bdi>sub (1)</bdi>"), "{inside}");
    let listing = browse(&site, "/sub%20(1)/", &arabic).await.text();
    assert!(listing.contains("<b aria-current=\"page\"><bdi>sub (1)</bdi></b>"), "{listing}");
    // Names cannot bring in what ends that.
    site.put("top/x\u{2069}y/z", b"x");
    let odd = browse(&site, "/x%E2%81%A9y/?folders", &arabic).await.text();
    assert!(odd.contains("\u{2068}x\\u{2069}y\u{2069}"), "{odd}");
}

#[tokio::test]
async fn values_in_texts_are_escaped() {
    let site = site(&[("", "r"), ("<b>x", "")]).await;
    for texts in languages() {
        let tag = texts.tag();
        let page = browse(&site, "/%3Cb%3Ex/%22%3Ci%3E%E2%80%AE", &[("accept-language", tag)]).await.text();
        let page = page.replace(['\u{2068}', '\u{2069}'], "");
        let path = "<b>/&lt;b&gt;x/&quot;&lt;i&gt;\\u{202e}</b>";
        assert!(page.contains(path) && !page.contains("<b>x") && !page.contains("<i>"), "{tag}: {page}");
    }
}

#[tokio::test]
async fn what_programs_read_is_in_no_language() {
    let set = |settings: &mut Settings| settings.behaviour.language = languages().last().map(|texts| texts.tag());
    let site = site_with(&[("", "rw"), ("none", "")], Box::new(set)).await;
    let missing = site.ask("GET", "/x", &[("accept-language", "de")]).await;
    assert_eq!(missing.text(), "<pre>404 not found\r\nURL: x\r\n");
    let refused = site.ask("DELETE", "/x", &[]).await.text();
    assert_eq!(refused, "<pre>'delete' not allowed for user *\r\nURL: x\r\n");
    let form = "--b\r\ncontent-disposition: form-data; name=\"act\"\r\n\r\nlogin\r\n--b\r\ncontent-disposition: form-data; \
                name=\"cppwd\"\r\n\r\nwrong\r\n--b--\r\n";
    let kind = ("content-type", "multipart/form-data; boundary=b");
    assert!(site.send("POST", "/", &[kind], form.as_bytes()).await.text().contains("naw dude"));
    assert!(site.get("/?ls=t").await.text().starts_with("# acct: *\n# perms: read,write\n# srvinf: "));
}

/// The page API says errors in the language of the page.
#[tokio::test]
async fn errors_of_the_page_api_are_in_the_language_of_the_page() {
    let site = site(&[("", "r")]).await;
    for texts in languages() {
        let headers = [("accept-language", texts.tag())];
        let answer = site.ask("GET", "/.potluck/api/v1/entry?path=/a", &headers).await.json();
        assert_eq!(answer["message"], texts.refused_missing("a"), "{answer}");
        assert_eq!(answer["advice"], texts.refused_missing_lead());
    }
}
