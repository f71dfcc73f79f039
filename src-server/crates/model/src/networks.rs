//! Ranges of addresses and lists of them, as in `--ipa 192.168.0.0/16,fd00::/8`.

use ipnet::IpNet;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// Returns the address that identifies a client in limits per address: an IPv4 address (also for its IPv6 form), or the
/// /64 prefix of an IPv6 address, since one subscriber has a whole /64.
pub fn client_key(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        address => address,
    }
}

/// A range of addresses: `10.0.0.0/8`, or one address. IPv4 ranges are never kept in their IPv6 form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr(IpNet);

/// Error: the text (`0`) is not a range of addresses. Displays as a sentence that shows the syntax.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not an address or a block of them such as 192.168.0.0/16 or fd00::/8.")]
pub struct NotANetwork(pub String);

impl Cidr {
    /// Returns whether `address` lies in the range. An IPv4 address in its IPv6 form counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }

    /// Reads the beginning of an IPv4 address, as copyparty does: `192.168.` is 192.168.0.0/16.
    fn parse_beginning(text: &str) -> Option<IpNet> {
        let parts: Vec<u8> = text.strip_suffix('.')?.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
        let mut octets = [0; 4];
        octets.get_mut(..parts.len())?.copy_from_slice(&parts);
        IpNet::new(IpAddr::from(octets), u8::try_from(8 * parts.len()).ok()?).ok()
    }

    fn parse(text: &str) -> Option<IpNet> {
        let Some((address, bits)) = text.split_once('/') else {
            let one = text.parse::<IpAddr>().ok().map(|address| IpNet::from(address.to_canonical()));
            return one.or_else(|| Self::parse_beginning(text));
        };
        let (address, bits): (IpAddr, u8) = (address.parse().ok()?, bits.parse().ok()?);
        match address.to_canonical() {
            // ::ffff:10.0.0.0/104 is 10.0.0.0/8; a shorter prefix holds more than IPv4.
            v4 @ IpAddr::V4(_) if address.is_ipv6() && bits >= 96 => IpNet::new(v4, bits - 96).ok(),
            _ => IpNet::new(address, bits).ok(),
        }
    }
}

impl FromStr for Cidr {
    type Err = NotANetwork;
    /// Reads `a.b.c.d/n`, `x::/n`, an address, or the beginning of an IPv4 address that ends with a dot.
    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        Self::parse(text.trim()).map(Self).ok_or_else(|| NotANetwork(text.trim().to_owned()))
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.prefix_len() == self.0.max_prefix_len() {
            return write!(f, "{}", self.0.addr());
        }
        write!(f, "{}", self.0)
    }
}

/// The ranges of copyparty's word `lan`.
const LAN: [&str; 8] =
    ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8", "::1", "fe80::/10", "fc00::/7"];

/// A set of addresses: every range of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Vec<Cidr>);

impl Networks {
    /// Returns the loopback ranges: this machine only.
    pub fn loopback() -> Self {
        Self::parse(["127.0.0.0/8", "::1"]).unwrap_or_default()
    }

    /// Parses items as [`Cidr`] does; the words `lan`, `any` and `no` become their ranges.
    ///
    /// # Errors
    /// The first item that is not a range.
    pub fn parse<S: AsRef<str>>(items: impl IntoIterator<Item = S>) -> Result<Self, NotANetwork> {
        let mut all = Vec::new();
        for item in items {
            let words: &[&str] = match item.as_ref().trim() {
                "" | "no" => &[],
                "any" => &["0.0.0.0/0", "::/0"],
                "lan" => &LAN,
                one => &[one],
            };
            for word in words {
                all.push(word.parse()?);
            }
        }
        Ok(Self(all))
    }

    /// Returns whether the set has no ranges.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns whether `address` is in one of the ranges.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|range| range.contains(address))
    }
}

impl fmt::Display for Networks {
    /// Writes the ranges separated by commas; [`Networks::parse`] reads them back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, range) in self.0.iter().enumerate() {
            write!(f, "{}{range}", if i > 0 { "," } else { "" })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_a_prefix() {
        for (one, other, is_one) in [
            ("10.0.0.1", "::ffff:10.0.0.1", true),
            ("10.0.0.1", "10.0.0.2", false),
            ("fd00::1", "fd00::ffff:0:0:2", true),
            ("fd00::1", "fd00:0:0:1::1", false),
        ] {
            let client = |text: &str| client_key(text.parse().expect("address"));
            assert_eq!(client(one) == client(other), is_one, "{one} {other}");
        }
    }

    #[test]
    fn membership() {
        for (items, ip, want) in [
            (&["10.0.0.0/8"][..], "10.255.1.2", true),
            (&["10.0.0.0/8"], "11.0.0.1", false),
            (&["10.0.0.0/8"], "::ffff:10.1.1.1", true),
            (&["::ffff:10.0.0.0/104"], "10.1.1.1", true),
            (&["::ffff:10.0.0.0/104"], "11.1.1.1", false),
            (&["::ffff:10.0.0.1"], "10.0.0.1", true),
            (&["0.0.0.0/0"], "1.2.3.4", true),
            (&["0.0.0.0/0"], "::1", false),
            (&["any"], "2001:db8::1", true),
            (&["any"], "9.9.9.9", true),
            (&["::1/128", "fd00::/8"], "fd12::1", true),
            (&["192.168.1.7"], "192.168.1.7", true),
            (&["192.168.1.7"], "192.168.1.8", false),
            (&["192.168."], "192.168.200.8", true),
            (&["192.168."], "192.169.0.1", false),
            (&["lan"], "172.31.0.1", true),
            (&["lan"], "172.32.0.1", false),
            (&["lan"], "fe80::1", true),
            (&["no"], "127.0.0.1", false),
            (&[], "127.0.0.1", false),
        ] {
            assert_eq!(Networks::parse(items).unwrap().contains(ip.parse().unwrap()), want, "{items:?} {ip}");
        }
    }

    #[test]
    fn invalid_networks() {
        let bad =
            ["10.0.0.0/33", "x", "10.0.0/8", "1.2.3.4.5.", "::/129", "10.0.0.0/-1", "10.0.0.0/", "/8", "300.", "."];
        for bad in bad {
            assert_eq!(Networks::parse(["127.0.0.1", bad]), Err(NotANetwork(bad.into())));
        }
        assert!("".parse::<Cidr>().is_err());
    }

    #[test]
    fn printing_reads_back() {
        for (items, want) in [
            (&["127.0.0.0/8", "::1/128"][..], "127.0.0.0/8,::1"),
            (&["192.168.", "10.1.2.3"], "192.168.0.0/16,10.1.2.3"),
            (&["any"], "0.0.0.0/0,::/0"),
            (&["no"], ""),
        ] {
            let networks = Networks::parse(items).unwrap();
            assert_eq!(networks.to_string(), want);
            assert_eq!(Networks::parse(want.split(',')), Ok(networks));
        }
        assert_eq!(Networks::loopback().to_string(), "127.0.0.0/8,::1");
    }
}
