//! Lists of networks, as in `--ipa 192.168.0.0/16,fd00::/8`.

use std::net::IpAddr;

/// A set of networks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks {
    /// Address and length of the prefix in bits; IPv4 as itself, never mapped.
    all: Vec<(IpAddr, u8)>,
}

/// `0` is no network.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("'{0}' is not a network; write it like 192.168.0.0/16 or fd00::/8")]
pub struct NotANetwork(String);

impl Networks {
    /// Parses items of `a.b.c.d/n`, `x::/n` or plain addresses; `lan` and `any` as copyparty has them.
    ///
    /// # Errors
    /// The first item that is none.
    pub fn parse<S: AsRef<str>>(items: impl IntoIterator<Item = S>) -> Result<Self, NotANetwork> {
        let mut all = Vec::new();
        for item in items {
            let item = item.as_ref().trim();
            match item {
                "" => {}
                "any" => all.extend([(IpAddr::from([0; 4]), 0), (IpAddr::from([0u16; 8]), 0)]),
                "lan" => {
                    for private in [
                        "127.0.0.0/8",
                        "10.0.0.0/8",
                        "172.16.0.0/12",
                        "192.168.0.0/16",
                        "169.254.0.0/16",
                        "::1/128",
                        "fc00::/7",
                        "fe80::/10",
                    ] {
                        all.extend(parse_one(private));
                    }
                }
                _ => all.push(parse_one(item).ok_or_else(|| NotANetwork(item.to_owned()))?),
            }
        }
        Ok(Self { all })
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whether `ip` is in one of them.
    pub fn contains(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.all.iter().any(|&(network, bits)| match (network, ip) {
            (IpAddr::V4(network), IpAddr::V4(ip)) => {
                let shift = 32 - u32::from(bits.min(32));
                u32::from(network).checked_shr(shift) == u32::from(ip).checked_shr(shift)
            }
            (IpAddr::V6(network), IpAddr::V6(ip)) => {
                let shift = 128 - u32::from(bits.min(128));
                u128::from(network).checked_shr(shift) == u128::from(ip).checked_shr(shift)
            }
            _ => false,
        })
    }
}

fn parse_one(item: &str) -> Option<(IpAddr, u8)> {
    let (address, bits) = match item.split_once('/') {
        Some((address, bits)) => (address, Some(bits.parse::<u8>().ok()?)),
        None => (item, None),
    };
    // copyparty also takes the beginning of an address, `192.168.` for 192.168.0.0/16.
    if bits.is_none() && address.ends_with('.') {
        let parts: Vec<u8> =
            address.trim_end_matches('.').split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
        let mut octets = [0; 4];
        octets.get_mut(..parts.len())?.copy_from_slice(&parts);
        return Some((IpAddr::from(octets), 8 * parts.len() as u8));
    }
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.unwrap_or(most);
    (bits <= most).then_some((address, bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn membership() {
        for (items, ip, want) in [
            (&["10.0.0.0/8"][..], "10.255.1.2", true),
            (&["10.0.0.0/8"], "11.0.0.1", false),
            (&["10.0.0.0/8"], "::ffff:10.1.1.1", true),
            (&["0.0.0.0/0"], "1.2.3.4", true),
            (&["0.0.0.0/0"], "::1", false),
            (&["any"], "2001:db8::1", true),
            (&["::1/128", "fd00::/8"], "fd12::1", true),
            (&["192.168.1.7"], "192.168.1.7", true),
            (&["192.168.1.7"], "192.168.1.8", false),
            (&["192.168."], "192.168.200.8", true),
            (&["lan"], "172.31.0.1", true),
            (&["lan"], "172.32.0.1", false),
            (&[], "127.0.0.1", false),
        ] {
            assert_eq!(Networks::parse(items).unwrap().contains(ip.parse().unwrap()), want, "{items:?} {ip}");
        }
        for bad in ["10.0.0.0/33", "x", "10.0.0/8", "1.2.3.4.5.", "::/129", "10.0.0.0/-1"] {
            assert_eq!(Networks::parse([bad]), Err(NotANetwork(bad.into())));
        }
    }
}
