//! Settings of FTP and FTPS.

use crate::networks::Networks;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

/// TCP ports from the first to the last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortRange {
    first: u16,
    last: u16,
}

impl PortRange {
    /// Returns the ports, beginning with the one at `start` (modulo their number) and going around.
    pub fn from(self, start: usize) -> impl Iterator<Item = u16> {
        let count = usize::from(self.last - self.first) + 1;
        (0..count).map(move |step| self.first + ((start % count + step) % count) as u16)
    }
}

impl FromStr for PortRange {
    type Err = String;

    /// Parses `12000-12099` or one port.
    fn from_str(text: &str) -> Result<Self, String> {
        let (first, last) = text.trim().split_once('-').unwrap_or((text.trim(), text.trim()));
        let port = |text: &str| text.trim().parse().ok().filter(|port| *port > 0);
        match (port(first), port(last)) {
            (Some(first), Some(last)) if first <= last => Ok(Self { first, last }),
            _ => Err(format!("'{text}' is not a range of ports; write two ports of 1 to 65535, such as 12000-12099.")),
        }
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

/// Settings of FTP and FTPS. Both are off unless they have a port.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ftp {
    /// The port on which a client decides whether to encrypt (`--ftp`).
    pub port: Option<u16>,
    /// The port on which every client must encrypt (`--ftps`).
    pub tls_port: Option<u16>,
    /// Addresses to listen on (`--ftp-i`), of those that the server listens on; empty: all of them.
    pub listen: Vec<IpAddr>,
    /// Listen on no IPv6 address (`--ftp4`).
    pub only_v4: bool,
    /// Only these clients (`--ftp-ipa`), of those that may connect at all; empty: all of them.
    pub allowed_peers: Networks,
    /// Ports for data connections that clients open (`--ftp-pr`); `None`: the system chooses.
    pub passive_ports: Option<PortRange>,
    /// The address that clients are told for data connections (`--ftp-nat`); `None`: the one that they are connected to.
    pub external_address: Option<Ipv4Addr>,
    /// Files are never replaced or appended to (`--ftp-no-ow`).
    pub keeps_existing: bool,
    /// First words to clients (`--ftp-banner`); empty: a default.
    pub banner: String,
    /// Commands are logged (`--ftpv`).
    pub verbose: bool,
}

impl Ftp {
    /// Returns whether FTP or FTPS is on.
    pub fn is_on(&self) -> bool {
        self.port.is_some() || self.tls_port.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_ports() {
        for (text, printed) in [("12000-12099", "12000-12099"), (" 7 ", "7-7"), ("1-65535", "1-65535")] {
            assert_eq!(text.parse::<PortRange>().expect(text).to_string(), printed);
        }
        for text in ["", "0-5", "9-8", "1-65536", "a-b", "1-2-3"] {
            assert!(text.parse::<PortRange>().is_err(), "{text}");
        }
        let range: PortRange = "5-8".parse().expect("a range");
        assert_eq!(range.from(2).collect::<Vec<_>>(), [7, 8, 5, 6]);
        assert_eq!(range.from(7).collect::<Vec<_>>(), [8, 5, 6, 7]);
    }
}
