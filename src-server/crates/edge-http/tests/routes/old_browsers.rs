//! The simple view is markup that browsers of any age understand: HTML 4 without scripts and styles, forms with buttons that
//! such browsers send, and nothing that is left open.

use crate::site::{BROWSER, Site, site_with};
use model::Settings;
use model::index_flags::IndexMode;
use std::collections::BTreeSet;

/// Elements of HTML 4, and `main`, which old browsers skip.
const ELEMENTS: &[&str] = &[
    "a", "body", "form", "h1", "head", "html", "input", "label", "main", "meta", "p", "table", "td", "th", "title",
    "tr",
];
/// Elements without an end.
const EMPTY: &[&str] = &["input", "meta"];
/// Attributes of HTML 4, and those that only scripts of newer browsers read.
const ATTRIBUTES: &[&str] = &[
    "action",
    "border",
    "cellpadding",
    "charset",
    "class",
    "data-enhance",
    "dir",
    "enctype",
    "for",
    "href",
    "id",
    "lang",
    "maxlength",
    "method",
    "multiple",
    "name",
    "rel",
    "type",
    "value",
];

/// Returns what an old browser would not understand.
fn faults(page: &str) -> Vec<String> {
    let (mut faults, mut ids) = (Vec::new(), BTreeSet::new());
    // Each with whether a button was in it.
    let mut open: Vec<(&str, bool)> = Vec::new();
    let mut rest = page.strip_prefix("<!doctype html>").unwrap_or_default();
    if rest.is_empty() {
        faults.push("the page does not begin with the doctype".to_owned());
    }
    if !page.get(..1024).unwrap_or(page).contains("<meta charset=\"utf-8\">") {
        faults.push("the encoding is not said within the first 1024 bytes".to_owned());
    }
    while let Some((_, after)) = rest.split_once('<') {
        let (tag, behind) = after.split_once('>').unwrap_or((after, ""));
        rest = behind;
        if let Some(name) = tag.strip_prefix('/') {
            match open.pop() {
                Some((opened, has_button)) if opened == name => {
                    if name == "form" && !has_button {
                        faults.push("a form has no button that old browsers send".to_owned());
                    }
                }
                other => faults.push(format!("</{name}> ends {other:?}")),
            }
            continue;
        }
        let (name, attributes) = tag.split_once(|c: char| c.is_whitespace()).unwrap_or((tag, ""));
        if !ELEMENTS.contains(&name) {
            faults.push(format!("<{name}> is not an element of HTML 4"));
        }
        for (attribute, value) in attributes_of(attributes) {
            if !ATTRIBUTES.contains(&attribute) {
                faults.push(format!("{attribute} of <{name}> is not an attribute of HTML 4"));
            }
            if attribute == "id" && !ids.insert(value.to_owned()) {
                faults.push(format!("two elements have the id {value}"));
            }
            if attribute == "href" && value.contains("javascript:") {
                faults.push(format!("a link runs a script: {value}"));
            }
        }
        if name == "input" && attributes.contains("type=\"submit\"") {
            open.iter_mut().for_each(|(_, has_button)| *has_button = true);
        }
        if !EMPTY.contains(&name) {
            open.push((name, false));
        }
    }
    if let Some((name, _)) = open.pop() {
        faults.push(format!("<{name}> is not closed"));
    }
    faults
}

/// Returns names and values; a value without quotes is a name of its own.
fn attributes_of(text: &str) -> Vec<(&str, &str)> {
    let (mut all, mut rest) = (Vec::new(), text.trim());
    while !rest.is_empty() {
        let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let quoted = after.strip_prefix("=\"").and_then(|value| value.split_once('"'));
        let (value, behind) = quoted.unwrap_or(("", after.trim_start_matches('=')));
        all.push((name, value));
        rest = behind.trim_start();
    }
    all
}

async fn simple(site: &Site, path: &str) -> String {
    let answer = site.ask("GET", path, &[("user-agent", BROWSER), ("accept", "text/html")]).await;
    assert_eq!(answer.status, 200, "{path}");
    answer.text()
}

#[tokio::test]
async fn the_simple_view_is_html_4() {
    let index = |settings: &mut Settings| settings.volumes[0].flags.index.mode = IndexMode::ScanAll;
    let site = site_with(&[("", "rw")], Box::new(index)).await;
    site.put("top/a \"quoted\" <b>.txt", b"x");
    site.put("top/folder/x.txt", b"x");
    for path in ["/?b", "/?b=u", "/folder/?b", "/folder/?b=u"] {
        let page = simple(&site, path).await;
        assert_eq!(faults(&page), Vec::<String>::new(), "{path}: {page}");
        assert!(page.contains("name=\"q\""), "{path} has a search form: {page}");
        assert_eq!(page.contains("value=\"bput\""), path.ends_with("=u"), "{path}");
    }
}

#[test]
fn what_old_browsers_do_not_understand_is_found() {
    let page = |body: &str| {
        format!("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"></head><body>{body}</body></html>")
    };
    assert_eq!(faults(&page("<p>x</p><input type=\"file\" multiple>")), Vec::<String>::new());
    for body in [
        "<section></section>",
        "<p>",
        "<p></b></p>",
        "<p style=\"x\"></p>",
        "<p onclick=x></p>",
        "<p id=\"a\"></p><p id=\"a\"></p>",
        "<a href=\"javascript:x\">x</a>",
        "<form><input type=\"text\"></form>",
        "<script></script>",
    ] {
        assert!(!faults(&page(body)).is_empty(), "{body}");
    }
    assert!(!faults("<html></html>").is_empty());
}
