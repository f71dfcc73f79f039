//! The texts of SSDP (UPnP Device Architecture 1.0, sections 1.1 and 1.2): searches are parsed, announcements and answers
//! written. Pure functions.

use super::announcement::SsdpAnnouncement;
use std::net::Ipv4Addr;

/// How long other machines may keep an announcement without a new one, in seconds. The architecture asks for 1800 or more.
pub(super) const MAX_AGE_SECS: u64 = 1800;
/// Longest line and longest search that are read, in bytes. Real ones have about 150 in all.
const MAX_SEARCH: usize = 1024;
/// The device type that stands for a device with nothing but a page.
const DEVICE_TYPE: &str = "urn:schemas-upnp-org:device:Basic:1";
/// Every device with its own description.
const ROOT_DEVICE: &str = "upnp:rootdevice";

/// A fact about the device that is announced, and that a search may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// That there is a device with a description.
    RootDevice,
    /// The device by its id.
    Id,
    /// The type of the device.
    DeviceType,
}

impl Target {
    /// All of them: each is announced in a message of its own.
    pub const ALL: [Self; 3] = [Self::RootDevice, Self::Id, Self::DeviceType];

    /// Returns the value of the headers `NT` and `ST`.
    fn name(self, id: &str) -> String {
        match self {
            Self::RootDevice => ROOT_DEVICE.into(),
            Self::Id => format!("uuid:{id}"),
            Self::DeviceType => DEVICE_TYPE.into(),
        }
    }

    /// Returns the value of the header `USN`, which names the device and the target.
    fn unique_name(self, id: &str) -> String {
        match self {
            Self::Id => format!("uuid:{id}"),
            Self::RootDevice | Self::DeviceType => format!("uuid:{id}::{}", self.name(id)),
        }
    }
}

/// A search for devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Search {
    /// What it asks for of our device.
    pub targets: Vec<Target>,
    /// Answers may be spread over this time, so that those of many devices do not come at once. 0 if unknown.
    pub wait_secs: u64,
}

impl Search {
    /// Parses a datagram. `id`: that of our device. Returns `None` for anything but a search that our device answers.
    pub fn parse(datagram: &[u8], id: &str) -> Option<Self> {
        let text = std::str::from_utf8(datagram).ok().filter(|text| text.len() <= MAX_SEARCH)?;
        let mut lines = text.split('\n').map(str::trim_end);
        if lines.next()? != "M-SEARCH * HTTP/1.1" {
            return None;
        }
        let (mut man, mut wanted, mut wait_secs) = ("", "", 0);
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            match name.trim().to_ascii_lowercase().as_str() {
                "man" => man = value.trim(),
                "st" => wanted = value.trim(),
                "mx" => wait_secs = value.trim().parse().unwrap_or(0),
                _ => {}
            }
        }
        if man != "\"ssdp:discover\"" {
            return None;
        }
        let is_wanted = |target: &Target| wanted == "ssdp:all" || wanted.eq_ignore_ascii_case(&target.name(id));
        let targets: Vec<_> = Target::ALL.into_iter().filter(is_wanted).collect();
        (!targets.is_empty()).then_some(Self { targets, wait_secs })
    }
}

/// Returns the answer to a search. `ip`: our address in the network that the search came from.
pub(super) fn answer(wanted: &SsdpAnnouncement, target: Target, ip: Ipv4Addr) -> String {
    let name = target.name(&wanted.id);
    let text = format!("HTTP/1.1 200 OK\r\nEXT:\r\n{}", place(wanted, ip));
    finish(&text, &[("ST", &name), ("USN", &target.unique_name(&wanted.id))])
}

/// Returns the announcement that the device is there. `ip`: our address in the network that it is sent to.
pub(super) fn alive(wanted: &SsdpAnnouncement, target: Target, ip: Ipv4Addr) -> String {
    notify(wanted, target, "ssdp:alive", &place(wanted, ip))
}

/// Returns the announcement that the device leaves.
pub(super) fn bye(wanted: &SsdpAnnouncement, target: Target) -> String {
    notify(wanted, target, "ssdp:byebye", "")
}

fn notify(wanted: &SsdpAnnouncement, target: Target, what: &str, place: &str) -> String {
    let (name, text) = (target.name(&wanted.id), format!("NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n{place}"));
    finish(&text, &[("NT", &name), ("NTS", what), ("USN", &target.unique_name(&wanted.id))])
}

/// Returns the headers that say where the device is.
fn place(wanted: &SsdpAnnouncement, ip: Ipv4Addr) -> String {
    let SsdpAnnouncement { port, path, version, .. } = wanted;
    format!(
        "CACHE-CONTROL: max-age={MAX_AGE_SECS}\r\nLOCATION: http://{ip}:{port}{path}\r\n\
         SERVER: OS/1.0 UPnP/1.0 Potluck/{version}\r\n"
    )
}

fn finish(text: &str, headers: &[(&str, &str)]) -> String {
    let headers: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("{text}{}\r\n", headers.concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::AdapterFilter;

    const ID: &str = "12345678-1234-8234-9234-123456789abc";

    fn search(st: &str) -> String {
        format!(
            "M-SEARCH * HTTP/1.1\r\nHost: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 2\r\nST: {st}\r\n\r\n"
        )
    }

    #[test]
    fn searches_for_our_device_are_answered() {
        let check = |st: &str, want: &[Target]| {
            let found = Search::parse(search(st).as_bytes(), ID);
            let want = (!want.is_empty()).then(|| Search { targets: want.to_vec(), wait_secs: 2 });
            assert_eq!(found, want, "{st}");
        };
        check("ssdp:all", &Target::ALL);
        check("upnp:rootdevice", &[Target::RootDevice]);
        check(DEVICE_TYPE, &[Target::DeviceType]);
        check(&format!("uuid:{}", ID.to_uppercase()), &[Target::Id]);
        check("uuid:87654321-1234-8234-9234-123456789abc", &[]);
        check("urn:schemas-upnp-org:device:MediaServer:1", &[]);
        check("", &[]);
    }

    #[test]
    fn anything_else_is_not() {
        let good = search("ssdp:all");
        let long = good.replace("\r\n\r\n", &format!("\r\nX: {}\r\n\r\n", "x".repeat(MAX_SEARCH)));
        for text in [
            "",
            "\r\n",
            "NOTIFY * HTTP/1.1\r\nMAN: \"ssdp:discover\"\r\nST: ssdp:all\r\n\r\n",
            "M-SEARCH * HTTP/1.1\r\nST: ssdp:all\r\n\r\n",
            "M-SEARCH * HTTP/1.1\r\nMAN: ssdp:discover\r\nST: ssdp:all\r\n\r\n",
            "HTTP/1.1 200 OK\r\nST: ssdp:all\r\n\r\n",
            &long,
        ] {
            assert_eq!(Search::parse(text.as_bytes(), ID), None, "{text}");
        }
        assert_eq!(Search::parse(b"M-SEARCH * HTTP/1.1\r\n\xff", ID), None);
        // Searches of small devices end lines with a line feed alone, and omit MX in a search of one device.
        let plain = good.replace('\r', "").replace("MX: 2\n", "").replace("ST", "st");
        let found = Search::parse(plain.as_bytes(), ID).expect("a search");
        assert_eq!((found.targets.len(), found.wait_secs), (3, 0));
    }

    #[test]
    fn messages_name_device_and_place() {
        let wanted = SsdpAnnouncement {
            id: ID.into(),
            port: 3923,
            path: "/.potluck/device.xml".into(),
            version: "1.2".into(),
            adapters: AdapterFilter::default(),
        };
        let ip = Ipv4Addr::new(10, 77, 0, 1);
        let answer = answer(&wanted, Target::RootDevice, ip);
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\nEXT:\r\nCACHE-CONTROL: max-age=1800\r\n"), "{answer}");
        assert!(answer.contains("\r\nLOCATION: http://10.77.0.1:3923/.potluck/device.xml\r\n"), "{answer}");
        assert!(answer.ends_with(&format!("\r\nST: upnp:rootdevice\r\nUSN: uuid:{ID}::upnp:rootdevice\r\n\r\n")));
        let alive = alive(&wanted, Target::Id, ip);
        assert!(alive.starts_with("NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n"), "{alive}");
        assert!(alive.ends_with(&format!("\r\nNT: uuid:{ID}\r\nNTS: ssdp:alive\r\nUSN: uuid:{ID}\r\n\r\n")), "{alive}");
        let bye = bye(&wanted, Target::DeviceType);
        assert!(!bye.contains("LOCATION") && bye.contains("\r\nNTS: ssdp:byebye\r\n"), "{bye}");
    }
}
