//! Settings for discovery in the local network, and for trusted networks.

use crate::networks::Cidr;
use std::fmt;
use std::net::IpAddr;

/// A selection of network adapters, by name or by address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Adapter {
    /// The adapters with an address in this range.
    Within(Cidr),
    /// The adapter with this name (`eth0`) or index (`2`).
    Named(String),
}

impl Adapter {
    /// Parses an address range; other text is a name.
    ///
    /// # Errors
    /// A plain sentence if the text is neither.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(range) => Ok(Self::Within(range)),
            Err(error) if text.contains('/') || text.is_empty() => Err(error.to_string()),
            Err(_) => Ok(Self::Named(text.into())),
        }
    }

    /// Returns whether the selection includes the adapter with this name, index and address.
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

/// The address family to announce.
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

/// Discovery in the local network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lan {
    /// `-z`: announce by all supported protocols.
    pub announce: bool,
    /// `--zm`: announce by mDNS.
    pub mdns: bool,
    /// `--zs`: announce by SSDP.
    pub ssdp: bool,
    /// Only these adapters, of any type (`--z-on`); empty: all adapters of local networks.
    pub only: Vec<Adapter>,
    /// Never these adapters (`--z-off`).
    pub except: Vec<Adapter>,
    /// The address family.
    pub family: Family,
    /// The host name without `.local` (`--zm-fqdn`); `None`: that of this machine.
    pub host_name: Option<String>,
    /// The services to announce, as letters: `h` HTTP, `d` WebDAV, `f` FTP, `s` SFTP, capitals for TLS (`--zms`).
    /// Empty: all active services.
    pub services: String,
    /// The port to announce for HTTP (`--zm-http`); `None`: the listening port; 0: do not announce.
    pub http_port: Option<u16>,
    /// The same for HTTPS (`--zm-https`).
    pub https_port: Option<u16>,
    /// The path to announce for HTTP and HTTPS (`--zm-lh`).
    pub http_path: Option<String>,
    /// The path to announce for WebDAV (`--zm-ld`).
    pub dav_path: Option<String>,
    /// The path to announce for FTP and SFTP (`--zm-lf`).
    pub ftp_path: Option<String>,
    /// Seconds between repeated announcements by mDNS (`--zm-spam`); 0: only what the protocol asks for.
    pub repeat_secs: u64,
    /// The page that SSDP leads to (`--zsl`): a path or a URL; `None`: the start page.
    pub ssdp_page: Option<String>,
    /// The id for SSDP, a UUID in lower case (`--zsid`); `None`: one of this server's own.
    pub ssdp_id: Option<String>,
    /// Seconds between two checks of the network (`--z-chk`); 0: no checks.
    pub check_secs: u64,
    /// `--zmv`: log sent and received announcements.
    pub verbose: bool,
    /// `--ask-networks`: in a network that is not trusted yet, accept connections from this machine only.
    pub ask_networks: bool,
}

impl Default for Lan {
    fn default() -> Self {
        Self {
            announce: false,
            mdns: false,
            ssdp: false,
            only: Vec::new(),
            except: Vec::new(),
            family: Family::Any,
            host_name: None,
            services: String::new(),
            http_port: None,
            https_port: None,
            http_path: None,
            dav_path: None,
            ftp_path: None,
            repeat_secs: 0,
            ssdp_page: None,
            ssdp_id: None,
            check_secs: 10,
            verbose: false,
            ask_networks: false,
        }
    }
}

impl Lan {
    /// Returns whether the server announces itself.
    pub fn is_announced(&self) -> bool {
        self.has_mdns() || self.has_ssdp()
    }

    /// Returns whether to announce by mDNS.
    pub fn has_mdns(&self) -> bool {
        self.announce || self.mdns
    }

    /// Returns whether to announce by SSDP.
    pub fn has_ssdp(&self) -> bool {
        self.announce || self.ssdp
    }

    /// Returns whether to announce the service with this letter.
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
