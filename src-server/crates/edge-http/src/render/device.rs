//! The description of this server as a device of UPnP (`web/templates/device.xml`; UPnP Device Architecture 1.0, section
//! 2.1).

use super::layout::to_html;
use crate::announced::Device;
use askama::Template;

#[derive(Template)]
#[template(path = "device.xml")]
struct Description<'a> {
    device: &'a Device,
    name: &'a str,
    page: &'a str,
    version: &'a str,
}

/// Returns the description. `name`: of the server; `page`: a whole URL.
pub fn description(device: &Device, name: &str, page: &str) -> String {
    to_html(&Description { device, name, page, version: env!("CARGO_PKG_VERSION") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped() {
        let device = Device { id: "1-2".into(), host: "pc".into(), page: String::new() };
        let text = description(&device, "A<b>&\"c\u{202e}", "http://h/?a&b");
        assert!(text.starts_with("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<root xmlns="), "{text}");
        for line in [
            "<friendlyName>A&#60;b&#62;&#38;&#34;c\\u{202e} (pc)</friendlyName>",
            "<UDN>uuid:1-2</UDN>",
            "<presentationURL>http://h/?a&#38;b</presentationURL>",
        ] {
            let same = |text: &str| {
                let named = [("&#60;", "&lt;"), ("&#62;", "&gt;"), ("&#38;", "&amp;"), ("&#34;", "&quot;")];
                named.iter().fold(text.to_owned(), |text, (number, name)| text.replace(number, name))
            };
            assert!(same(&text).contains(&same(line)), "no {line} in {text}");
        }
    }
}
