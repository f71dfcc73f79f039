//! How neighbours in the same network find the server, and in which networks it shares at all.

use crate::networks::Cidr;
use std::fmt;
use std::net::IpAddr;

/// Network adapters, chosen by what they are called or by where they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Adapter {
    /// Those with an address in this range.
    Within(Cidr),
    /// The one with this name (`eth0`) or number (`2`).
    Named(String),
}

impl Adapter {
    /// Reads a range of addresses, or else takes the text as a name.
    ///
    /// # Errors
    /// A plain sentence, for what can be neither.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(range) => Ok(Self::Within(range)),
            Err(error) if text.contains('/') || text.is_empty() => Err(error.to_string()),
            Err(_) => Ok(Self::Named(text.into())),
        }
    }

    /// Whether an adapter of this name and number, with this address, is meant.
    pub fn matches(&self, name: &str, number: Option<u32>, address: IpAddr) -> bool {
        match self {
            Self::Within(range) => range.contains(address),
            Self::Named(wanted) => wanted == name || number.is_some_and(|number| number.to_string() == *wanted),
        }
    }
}

impl fmt::Display for Adapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Within(range) => range.fmt(f),
            Self::Named(name) => f.write_str(name),
        }
    }
}

/// Which kind of address is announced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Family {
    /// Both.
    #[default]
    Any,
    /// `--zm4`
    V4,
    /// `--zm6`
    V6,
}

/// How neighbours find the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lan {
    /// `-z`: announce, by every means there is.
    pub announce: bool,
    /// `--zm`: announce by mDNS.
    pub mdns: bool,
    /// Only these adapters, of whatever kind (`--z-on`); empty: all that lead to neighbours.
    pub only: Vec<Adapter>,
    /// Never these (`--z-off`).
    pub except: Vec<Adapter>,
    /// Which kind of address.
    pub family: Family,
    /// The host name without `.local` (`--zm-fqdn`); `None`: that of this machine.
    pub host_name: Option<String>,
    /// Which services, as letters: `h` HTTP, `d` WebDAV, `f` FTP, large for those with TLS (`--zms`). Empty: all that are on.
    pub services: String,
    /// The port that is announced for HTTP (`--zm-http`); `None`: the one that is open. 0: none.
    pub http_port: Option<u16>,
    /// The same for HTTPS (`--zm-https`).
    pub https_port: Option<u16>,
    /// The path that is announced for HTTP and HTTPS (`--zm-lh`).
    pub http_path: Option<String>,
    /// Seconds between two looks at the network (`--z-chk`); 0: none.
    pub check_secs: u64,
    /// `--zmv`: say in the log what is announced and heard.
    pub verbose: bool,
    /// `--ask-networks`: in a network that nobody has trusted yet, nobody outside this machine gets in.
    pub ask_networks: bool,
}

impl Default for Lan {
    fn default() -> Self {
        Self {
            announce: false,
            mdns: false,
            only: Vec::new(),
            except: Vec::new(),
            family: Family::Any,
            host_name: None,
            services: String::new(),
            http_port: None,
            https_port: None,
            http_path: None,
            check_secs: 10,
            verbose: false,
            ask_networks: false,
        }
    }
}

impl Lan {
    /// Whether neighbours are to be told.
    pub fn is_announced(&self) -> bool {
        self.announce || self.mdns
    }

    /// Whether the service with this letter is wanted.
    pub fn wants(&self, letter: char) -> bool {
        self.services.is_empty() || self.services.contains(letter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adapters() {
        for (text, name, number, address, want) in [
            ("eth0", "eth0", 2, "10.0.0.1", true),
            ("eth0", "eth1", 2, "10.0.0.1", false),
            ("2", "eth0", 2, "10.0.0.1", true),
            ("3", "eth0", 2, "10.0.0.1", false),
            ("10.0.0.0/8", "eth0", 2, "10.0.0.1", true),
            ("10.0.0.0/8", "eth0", 2, "11.0.0.1", false),
            ("fd00::/8", "eth0", 2, "fd12::1", true),
        ] {
            let adapter = Adapter::parse(text).expect(text);
            assert_eq!(adapter.matches(name, Some(number), address.parse().expect(address)), want, "{text}");
            assert_eq!(adapter.to_string(), text);
        }
        assert!(Adapter::parse("10.0.0.0/99").is_err() && Adapter::parse("").is_err());
    }
}
