//! Addresses of data connections in commands and replies (RFC 959, 4.1.2; RFC 2428).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4};

/// Parses the argument of PORT: `h1,h2,h3,h4,p1,p2`.
pub(crate) fn parse_port(text: &str) -> Option<SocketAddrV4> {
    let mut bytes = [0; 6];
    let mut parts = text.split(',');
    for byte in &mut bytes {
        *byte = parts.next()?.trim().parse().ok()?;
    }
    let [a, b, c, d, high, low] = bytes;
    parts.next().is_none().then(|| SocketAddrV4::new(Ipv4Addr::new(a, b, c, d), u16::from_be_bytes([high, low])))
}

/// Parses the argument of EPRT: `|1|132.235.1.2|6275|` or `|2|::1|6275|`, with any delimiter.
pub(crate) fn parse_eprt(text: &str) -> Option<SocketAddr> {
    let delimiter = text.chars().next().filter(|letter| matches!(letter, '\u{21}'..='\u{7e}'))?;
    let mut parts = text.split(delimiter).skip(1);
    let (family, ip, port, end) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let ip: IpAddr = match family {
        "1" => ip.parse::<Ipv4Addr>().ok()?.into(),
        "2" => ip.parse::<Ipv6Addr>().ok()?.into(),
        _ => return None,
    };
    (end.is_empty() && parts.next().is_none()).then_some(SocketAddr::new(ip, port.parse().ok()?))
}

/// Formats the reply to PASV.
pub(crate) fn passive_reply(ip: Ipv4Addr, port: u16) -> String {
    let ([a, b, c, d], [high, low]) = (ip.octets(), port.to_be_bytes());
    format!("Entering passive mode ({a},{b},{c},{d},{high},{low}).")
}

/// Formats the reply to EPSV.
pub(crate) fn extended_passive_reply(port: u16) -> String {
    format!("Entering extended passive mode (|||{port}|).")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_port() {
        assert_eq!(parse_port("127,0,0,1,19,136").map(|address| address.to_string()), Some("127.0.0.1:5000".into()));
        for text in ["", "1,2,3,4,5", "1,2,3,4,5,6,7", "256,0,0,1,1,1", "1,2,3,4,5,-6", "a,2,3,4,5,6"] {
            assert_eq!(parse_port(text), None, "{text}");
        }
    }

    #[test]
    fn addresses_of_eprt() {
        for (text, expected) in [
            ("|1|132.235.1.2|6275|", Some("132.235.1.2:6275")),
            ("!2!1080::8:800:200C:417A!5282!", Some("[1080::8:800:200c:417a]:5282")),
            ("|1|::1|6275|", None),
            ("|2|127.0.0.1|6275|", None),
            ("|3|127.0.0.1|6275|", None),
            ("|1|127.0.0.1|6275", None),
            ("|1|127.0.0.1|65536|", None),
            ("|1|127.0.0.1|1|2|", None),
            ("", None),
        ] {
            assert_eq!(parse_eprt(text).map(|address| address.to_string()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn replies_are_understood() {
        assert_eq!(passive_reply([10, 0, 0, 1].into(), 5000), "Entering passive mode (10,0,0,1,19,136).");
        assert_eq!(extended_passive_reply(5000), "Entering extended passive mode (|||5000|).");
    }
}
