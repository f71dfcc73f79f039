//! What a PROPFIND asks for, and the row about one resource.

use crate::failure::{BAD_REQUEST, Failure};
use crate::live::{ALLPROP, LiveProperty, Resource};
use crate::multistatus::{push_propstat, push_propstat_end, push_response_end, push_response_start};
use crate::xml::{Element, Name, XmlFault, parse};
use engine::properties::Property;
use http::StatusCode;

/// What a PROPFIND asks for (RFC 4918, 9.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Properties that the server computes.
    live: Vec<LiveProperty>,
    /// Properties that clients have attached.
    dead: WantedDead,
    /// Names only, no values.
    only_names: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum WantedDead {
    /// All that there are.
    All,
    /// Those with these keys ([`Name::to_key`]); the others are reported as missing.
    Named(Vec<(Name, String)>),
}

impl Wanted {
    /// Parses the body of a PROPFIND; an empty one asks for everything.
    ///
    /// # Errors
    /// 400 if it cannot be read.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Failure> {
        if body.trim_ascii().is_empty() {
            return Ok(Self { live: ALLPROP.to_vec(), dead: WantedDead::All, only_names: false });
        }
        let root = parse(body).map_err(xml_failure)?;
        if !root.name.is_dav("propfind") {
            return Err(BAD_REQUEST);
        }
        if let Some(prop) = root.child("prop") {
            return Ok(Self::named(prop));
        }
        let only_names = root.child("propname").is_some();
        if !only_names && root.child("allprop").is_none() {
            return Err(BAD_REQUEST);
        }
        let mut live = ALLPROP.to_vec();
        for element in root.child("include").into_iter().flat_map(Element::elements) {
            live.extend(LiveProperty::find(&element.name).filter(|property| !ALLPROP.contains(property)));
        }
        Ok(Self { live, dead: WantedDead::All, only_names })
    }

    fn named(prop: &Element) -> Self {
        let (mut live, mut dead) = (Vec::new(), Vec::new());
        for element in prop.elements() {
            match LiveProperty::find(&element.name) {
                Some(property) if !live.contains(&property) => live.push(property),
                Some(_) => {}
                None => dead.push((element.name.clone(), element.name.to_key())),
            }
        }
        Self { live, dead: WantedDead::Named(dead), only_names: false }
    }

    /// Whether the locks of resources are asked for.
    pub(crate) fn includes_locks(&self) -> bool {
        self.live.contains(&LiveProperty::LockDiscovery) && !self.only_names
    }

    /// Whether the space of the volume is asked for.
    pub(crate) fn includes_space(&self) -> bool {
        self.live.contains(&LiveProperty::QuotaAvailable) || self.live.contains(&LiveProperty::QuotaUsed)
    }

    /// Whether properties that clients have attached are asked for.
    pub(crate) fn includes_dead(&self) -> bool {
        !matches!(&self.dead, WantedDead::Named(names) if names.is_empty())
    }

    /// Appends the row about `resource`. `dead`: the properties that clients have attached to it.
    pub(crate) fn push_row(&self, out: &mut String, resource: &Resource<'_>, dead: &[Property]) {
        push_response_start(out, resource.href);
        out.push_str("<D:propstat><D:prop>");
        let (start, mut missing) = (out.len(), String::new());
        for property in &self.live {
            if self.only_names {
                property.push_name(out);
            } else if !property.push(out, resource) && matches!(self.dead, WantedDead::Named(_)) {
                property.push_name(&mut missing);
            }
        }
        match &self.dead {
            WantedDead::All if self.only_names => {
                dead.iter().filter_map(|property| Name::from_key(&property.name)).for_each(|name| name.push_empty(out));
            }
            WantedDead::All => dead.iter().for_each(|property| out.push_str(&property.value)),
            WantedDead::Named(names) => {
                for (name, key) in names {
                    match dead.iter().find(|property| property.name == *key) {
                        Some(property) => out.push_str(&property.value),
                        None => name.push_empty(&mut missing),
                    }
                }
            }
        }
        if out.len() == start && !missing.is_empty() {
            out.truncate(start - "<D:propstat><D:prop>".len());
        } else {
            push_propstat_end(out, "200 OK");
        }
        push_propstat(out, "404 Not Found", &missing);
        push_response_end(out);
    }
}

/// Returns the failure of a request whose XML is refused.
pub(crate) fn xml_failure(fault: XmlFault) -> Failure {
    match fault {
        XmlFault::Malformed => BAD_REQUEST,
        XmlFault::HasDocumentType => Failure::Condition(StatusCode::FORBIDDEN, "no-external-entities"),
        XmlFault::TooLarge => Failure::Status(StatusCode::PAYLOAD_TOO_LARGE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::PermSet;

    fn resource() -> Resource<'static> {
        Resource {
            href: "/a%20b",
            name: "a b",
            is_folder: false,
            size: 5,
            modified: None,
            etag: Some("tag"),
            media_type: None,
            locks: &[],
            space: None,
            rights: PermSet::NONE,
        }
    }

    fn row(body: &str) -> String {
        let value = "<x xmlns=\"u\">1</x>".to_owned();
        let dead = [Property { name: "{u}x".into(), value }];
        let mut out = String::new();
        Wanted::parse(body.as_bytes()).expect("parses").push_row(&mut out, &resource(), &dead);
        out.replace("<D:response><D:href>/a%20b</D:href>", "").replace("</D:response>\n", "")
    }

    #[test]
    fn rows_have_what_was_asked_for() {
        let propfind = |inner: &str| row(&format!("<propfind xmlns='DAV:'>{inner}</propfind>"));
        let ok = "</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>";
        let missing = "</D:prop><D:status>HTTP/1.1 404 Not Found</D:status></D:propstat>";
        assert_eq!(
            propfind("<prop><getetag/><x xmlns='u'/></prop>"),
            format!("<D:propstat><D:prop><D:getetag>\"tag\"</D:getetag><x xmlns=\"u\">1</x>{ok}")
        );
        assert_eq!(
            propfind("<prop><getcontentlength/><getlastmodified/><y xmlns='u'/></prop>"),
            format!(
                "<D:propstat><D:prop><D:getcontentlength>5</D:getcontentlength>{ok}<D:propstat><D:prop>\
                 <D:getlastmodified/><y xmlns=\"u\"/>{missing}"
            )
        );
        assert_eq!(propfind("<prop><y/></prop>"), format!("<D:propstat><D:prop><D:y/>{missing}"));
        assert_eq!(propfind("<prop/>"), format!("<D:propstat><D:prop>{ok}"));
        let all = propfind("<allprop/>");
        assert!(all.contains("<x xmlns=\"u\">1</x>") && !all.contains("404") && !all.contains("quota"), "{all}");
        let names = propfind("<propname/>");
        assert!(names.contains("<D:getetag/>") && names.contains("<x xmlns=\"u\"/>"), "{names}");
        assert_eq!(row(""), all);
    }

    #[test]
    fn what_is_no_propfind_is_refused() {
        for body in ["<", "<prop xmlns='DAV:'/>", "<propfind/>", "<propfind xmlns='DAV:'/>"] {
            assert!(matches!(Wanted::parse(body.as_bytes()), Err(Failure::Status(StatusCode::BAD_REQUEST))), "{body}");
        }
    }
}
