//! The XML of WebDAV requests: the parser neither panics nor goes deep, and what it has read means the same when it is
//! written and read again.
#![no_main]

use edge_dav::xml::{Element, Node, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|document: &[u8]| {
    let Ok(tree) = parse(document) else { return };
    let mut written = String::from("<D:around xmlns:D=\"DAV:\">");
    tree.push(&mut written);
    written.push_str("</D:around>");
    let again = parse(written.as_bytes()).unwrap_or_else(|fault| panic!("{fault:?}: {written}"));
    let again = again.elements().next().unwrap_or_else(|| panic!("nothing in {written}"));
    assert_eq!(plain(again), plain(&tree), "{written}");
});

/// The element without what XML does not distinguish: characters that it cannot express.
fn plain(element: &Element) -> Element {
    let text = |text: &str| {
        let known = |c: char| {
            if (c as u32) < 0x20 && !matches!(c, '\t' | '\n' | '\r') || matches!(c, '\u{fffe}' | '\u{ffff}') {
                '\u{fffd}'
            } else {
                c
            }
        };
        text.chars().map(known).collect::<String>()
    };
    let mut element = element.clone();
    element.name.namespace = text(&element.name.namespace);
    for attribute in &mut element.attributes {
        attribute.value = text(&attribute.value);
        attribute.name.namespace = text(&attribute.name.namespace);
    }
    for node in &mut element.children {
        match node {
            Node::Element(inner) => *inner = plain(inner),
            Node::Text(inner) => *inner = text(inner),
        }
    }
    element
}
