//! The XML of requests: a tree of bounded depth and size, and XML again.
//!
//! A document type declaration is refused, so there are no entities that grow. Namespaces are resolved; prefixes are lost,
//! as RFC 4918, 17 allows.

use crate::multistatus::{push_escaped, push_escaped_attribute};
use quick_xml::NsReader;
use quick_xml::events::attributes::Attribute as RawAttribute;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::{QName, ResolveResult};
use std::borrow::Cow;

/// Most elements inside each other.
pub const DEPTH_MAX: usize = 32;
/// Most elements of one document.
pub const ELEMENTS_MAX: usize = 4096;

/// Namespace of WebDAV.
pub const DAV: &str = "DAV:";
/// Namespace of `xml:lang`, which needs no declaration.
const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";

/// A name in a namespace.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name {
    /// The namespace; empty without one.
    pub namespace: String,
    /// The name in it.
    pub local: String,
}

impl Name {
    /// Whether it is `local` in WebDAV's namespace.
    pub fn is_dav(&self, local: &str) -> bool {
        self.namespace == DAV && self.local == local
    }

    /// Returns it as one text, `{namespace}local`.
    pub fn to_key(&self) -> String {
        format!("{{{}}}{}", self.namespace, self.local)
    }

    /// Parses what [`Name::to_key`] returns.
    pub fn from_key(key: &str) -> Option<Self> {
        let (namespace, local) = key.strip_prefix('{')?.rsplit_once('}')?;
        Some(Self { namespace: namespace.into(), local: local.into() })
    }

    /// Appends an empty element with this name.
    pub fn push_empty(&self, out: &mut String) {
        out.push('<');
        self.push_opening(out);
        out.push_str("/>");
    }

    fn push_opening(&self, out: &mut String) {
        if self.namespace == DAV {
            out.push_str("D:");
            out.push_str(&self.local);
            return;
        }
        out.push_str(&self.local);
        out.push_str(" xmlns=\"");
        push_escaped_attribute(out, &self.namespace);
        out.push('"');
    }
}

/// An attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its name.
    pub name: Name,
    /// Its value.
    pub value: String,
}

/// What an element contains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// An element.
    Element(Element),
    /// Text.
    Text(String),
}

/// An element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// Its name.
    pub name: Name,
    /// Its attributes, without declarations of namespaces.
    pub attributes: Vec<Attribute>,
    /// What it contains.
    pub children: Vec<Node>,
}

impl Element {
    /// Returns the elements directly in it.
    pub fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// Returns the first element `local` of WebDAV directly in it.
    pub fn child(&self, local: &str) -> Option<&Element> {
        self.elements().find(|element| element.name.is_dav(local))
    }

    /// Returns all text in it.
    pub fn text(&self) -> String {
        let texts = self.children.iter().map(|node| match node {
            Node::Element(element) => element.text(),
            Node::Text(text) => text.clone(),
        });
        texts.collect()
    }

    /// Appends it as XML that needs no declarations around it, apart from `D` for WebDAV.
    pub fn push(&self, out: &mut String) {
        self.push_within(out, None);
    }

    /// Appends what it contains, as [`Element::push`] does.
    pub fn push_children(&self, out: &mut String) {
        self.children.iter().for_each(|node| match node {
            Node::Element(element) => element.push(out),
            Node::Text(text) => push_escaped(out, text),
        });
    }

    /// `around`: the default namespace.
    fn push_within(&self, out: &mut String, around: Option<&str>) {
        let is_dav = self.name.namespace == DAV;
        out.push('<');
        if around == Some(&self.name.namespace) && !is_dav {
            out.push_str(&self.name.local);
        } else {
            self.name.push_opening(out);
        }
        for (number, Attribute { name, value }) in self.attributes.iter().enumerate() {
            push_attribute(out, number, name, value);
        }
        if self.children.is_empty() {
            out.push_str("/>");
            return;
        }
        out.push('>');
        let around = if is_dav { around } else { Some(&*self.name.namespace) };
        for node in &self.children {
            match node {
                Node::Element(element) => element.push_within(out, around),
                Node::Text(text) => push_escaped(out, text),
            }
        }
        out.push_str(if is_dav { "</D:" } else { "</" });
        out.push_str(&self.name.local);
        out.push('>');
    }
}

fn push_attribute(out: &mut String, number: usize, name: &Name, value: &str) {
    match &*name.namespace {
        "" => out.push_str(&format!(" {}=\"", name.local)),
        XML_NAMESPACE => out.push_str(&format!(" xml:{}=\"", name.local)),
        namespace => {
            out.push_str(&format!(" xmlns:a{number}=\""));
            push_escaped_attribute(out, namespace);
            out.push_str(&format!("\" a{number}:{}=\"", name.local));
        }
    }
    push_escaped_attribute(out, value);
    out.push('"');
}

/// Why a document is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum XmlFault {
    /// It is not well-formed, or not UTF-8.
    Malformed,
    /// It declares a document type.
    HasDocumentType,
    /// It has too many elements, or they are too deep.
    TooLarge,
}

/// Parses a document.
///
/// # Errors
/// See [`XmlFault`].
pub fn parse(document: &[u8]) -> Result<Element, XmlFault> {
    let text = std::str::from_utf8(document).map_err(|_| XmlFault::Malformed)?;
    let mut reader = NsReader::from_str(text.strip_prefix('\u{feff}').unwrap_or(text));
    reader.config_mut().expand_empty_elements = true;
    let mut tree = TreeBuilder::default();
    loop {
        match reader.read_event().map_err(|_| XmlFault::Malformed)? {
            Event::Start(start) => tree.open(element(&reader, &start)?)?,
            Event::End(_) => tree.close()?,
            Event::Text(text) => tree.text(&text.xml10_content())?,
            Event::CData(text) => tree.text(&text.xml10_content())?,
            Event::GeneralRef(reference) => tree.text(character(&reference)?.encode_utf8(&mut [0; 4]))?,
            Event::DocType(_) => return Err(XmlFault::HasDocumentType),
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => return tree.finish(),
        }
    }
}

/// The elements that are open, and the outermost one once it is closed.
#[derive(Default)]
struct TreeBuilder {
    open: Vec<Element>,
    root: Option<Element>,
    count: usize,
}

impl TreeBuilder {
    fn open(&mut self, element: Element) -> Result<(), XmlFault> {
        self.count += 1;
        if self.root.is_some() {
            return Err(XmlFault::Malformed);
        }
        if self.open.len() >= DEPTH_MAX || self.count > ELEMENTS_MAX {
            return Err(XmlFault::TooLarge);
        }
        self.open.push(element);
        Ok(())
    }

    fn close(&mut self) -> Result<(), XmlFault> {
        let element = self.open.pop().ok_or(XmlFault::Malformed)?;
        match self.open.last_mut() {
            Some(around) => around.children.push(Node::Element(element)),
            None => self.root = Some(element),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), XmlFault> {
        let Some(around) = self.open.last_mut() else {
            return if text.trim().is_empty() { Ok(()) } else { Err(XmlFault::Malformed) };
        };
        match around.children.last_mut() {
            Some(Node::Text(before)) => before.push_str(text),
            _ => around.children.push(Node::Text(text.to_owned())),
        }
        Ok(())
    }

    fn finish(self) -> Result<Element, XmlFault> {
        self.root.filter(|_| self.open.is_empty()).ok_or(XmlFault::Malformed)
    }
}

fn element(reader: &NsReader<&[u8]>, start: &BytesStart<'_>) -> Result<Element, XmlFault> {
    let resolver = reader.resolver();
    let name = name(start.name(), resolver.resolve_element(start.name()).0)?;
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|_| XmlFault::Malformed)?;
        if attribute.key.as_namespace_binding().is_some() {
            continue;
        }
        let name = self::name(attribute.key, resolver.resolve_attribute(attribute.key).0)?;
        let value = normalised(attribute)?;
        attributes.push(Attribute { name, value });
    }
    Ok(Element { name, attributes, children: Vec::new() })
}

/// Returns the value that an attribute has once its references are resolved.
fn normalised(attribute: RawAttribute<'_>) -> Result<String, XmlFault> {
    let value = attribute.normalized_value(quick_xml::XmlVersion::Explicit1_0);
    Ok(value.map_err(|_| XmlFault::Malformed)?.into_owned())
}

fn name(written: QName<'_>, resolved: ResolveResult<'_>) -> Result<Name, XmlFault> {
    let namespace = match resolved {
        // The parser gives it as it is written.
        ResolveResult::Bound(namespace) => {
            normalised(RawAttribute { key: written, value: Cow::Borrowed(namespace.0) })?
        }
        ResolveResult::Unbound => String::new(),
        ResolveResult::Unknown(_) => return Err(XmlFault::Malformed),
    };
    let local = written.local_name().as_ref().to_owned();
    // A prefix must not be bound to nothing (Namespaces in XML 1.0, 2.2).
    let is_bound_to_nothing = written.prefix().is_some() && namespace.is_empty();
    if is_bound_to_nothing || !is_name(&local) {
        return Err(XmlFault::Malformed);
    }
    Ok(Name { namespace, local })
}

/// Whether it can be written as a name again. The parser accepts more than XML does.
fn is_name(local: &str) -> bool {
    let is_start = |c: char| c.is_alphabetic() || c == '_' || !c.is_ascii() && !c.is_whitespace() && !c.is_control();
    let is_inside = |c: char| is_start(c) || c.is_ascii_digit() || c == '-' || c == '.';
    local.chars().next().is_some_and(is_start) && local.chars().all(is_inside)
}

/// Returns the character that a reference means. There are no entities besides those of XML itself.
fn character(reference: &BytesRef<'_>) -> Result<char, XmlFault> {
    if let Some(c) = reference.resolve_char_ref().map_err(|_| XmlFault::Malformed)? {
        return Ok(c);
    }
    match &**reference {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => Err(XmlFault::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again(document: &str) -> String {
        let mut out = String::new();
        parse(document.as_bytes()).expect("parses").push(&mut out);
        out
    }

    #[test]
    fn what_was_read_is_written_with_the_same_meaning() {
        for (document, expected) in [
            ("<a/>", "<a xmlns=\"\"/>"),
            ("<D:p xmlns:D='DAV:'><D:q/></D:p>", "<D:p><D:q/></D:p>"),
            ("<p xmlns='DAV:'>x<q xmlns='u'>&lt;&#65;&amp;</q></p>", "<D:p>x<q xmlns=\"u\">&lt;A&amp;</q></D:p>"),
            (
                "<x:a xmlns:x='u' x:b='1' c='\"' xml:lang='de'><x:d/></x:a>",
                "<a xmlns=\"u\" xmlns:a0=\"u\" a0:b=\"1\" c=\"&quot;\" xml:lang=\"de\"><d/></a>",
            ),
            ("<a xmlns='u'><b xmlns=''/></a>", "<a xmlns=\"u\"><b xmlns=\"\"/></a>"),
            ("<a xmlns='u'><D:b xmlns:D='DAV:'><c/></D:b></a>", "<a xmlns=\"u\"><D:b><c/></D:b></a>"),
            ("<a xmlns='u&amp;&#10;v'><b/></a>", "<a xmlns=\"u&amp;&#10;v\"><b/></a>"),
            ("<a xmlns='u'><![CDATA[<&>]]></a>", "<a xmlns=\"u\">&lt;&amp;&gt;</a>"),
        ] {
            if !expected.is_empty() {
                assert_eq!(again(document), expected, "{document}");
                let inside = format!("<D:x xmlns:D=\"DAV:\">{expected}</D:x>");
                let back = parse(inside.as_bytes()).expect("parses");
                assert_eq!(back.elements().next(), Some(&parse(document.as_bytes()).expect("parses")), "{document}");
            }
        }
    }

    #[test]
    fn what_is_no_document_is_refused() {
        let deep = "<a>".repeat(DEPTH_MAX + 1) + &"</a>".repeat(DEPTH_MAX + 1);
        let many = format!("<a>{}</a>", "<b/>".repeat(ELEMENTS_MAX));
        for (document, fault) in [
            ("", XmlFault::Malformed),
            ("text", XmlFault::Malformed),
            ("<a>", XmlFault::Malformed),
            ("<a></b>", XmlFault::Malformed),
            ("<a/><b/>", XmlFault::Malformed),
            ("<x:a/>", XmlFault::Malformed),
            ("<D:propfind xmlns:D='DAV:'><bar:foo xmlns:bar=''/></D:propfind>", XmlFault::Malformed),
            ("<a>&unknown;</a>", XmlFault::Malformed),
            ("<a b='1' b='2'/>", XmlFault::Malformed),
            ("<!DOCTYPE a [<!ENTITY b 'cc'>]><a>&b;</a>", XmlFault::HasDocumentType),
            (&deep, XmlFault::TooLarge),
            (&many, XmlFault::TooLarge),
        ] {
            assert_eq!(parse(document.as_bytes()), Err(fault), "{document:.60}");
        }
        assert_eq!(parse(b"<a>\xff</a>"), Err(XmlFault::Malformed));
    }

    #[test]
    fn names_are_kept_as_one_text() {
        for (namespace, local) in [("", "a"), (DAV, "b"), ("u}{", "c")] {
            let name = Name { namespace: namespace.into(), local: local.into() };
            assert_eq!(Name::from_key(&name.to_key()), Some(name));
        }
        assert_eq!(Name::from_key("a"), None);
    }
}
