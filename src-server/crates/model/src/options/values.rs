//! Parsers and printers of option values: ports, addresses, sizes, durations, ban rules.
//!
//! A parser's error is a plain sentence. The output of a printer is valid input of its parser.

use crate::networks::Networks;
use crate::settings::{BanRule, Listen, MessageMode};
use crate::units::Bytes;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Largest number of ports in one option; more is probably a typing error.
const MAX_PORTS: usize = 256;

/// Parses `yes`, `no` and their usual synonyms; empty text means yes.
///
/// # Errors
/// Anything else.
pub fn yes_or_no(text: &str) -> Result<bool, String> {
    match text.trim().to_ascii_lowercase().as_str() {
        "" | "yes" | "y" | "true" | "on" | "1" => Ok(true),
        "no" | "n" | "false" | "off" | "0" => Ok(false),
        _ => Err(format!("'{text}' is neither yes nor no; a switch needs no value.")),
    }
}

/// Splits at commas, trims the items and drops empty ones.
pub fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

/// Parses a size with an optional suffix.
///
/// # Errors
/// Not a size.
pub fn size(text: &str) -> Result<Bytes, String> {
    Bytes::parse(text).ok_or_else(|| format!("'{text}' is not a size; write digits and one of b k m g t, such as 4g."))
}

/// Prints a size for [`size`], with the largest suffix that loses no precision.
pub fn print_size(size: Bytes) -> String {
    let units = [(40, 't'), (30, 'g'), (20, 'm'), (10, 'k')];
    let fits = |shift: &u32| size.0 > 0 && size.0.trailing_zeros() >= *shift;
    match units.iter().find(|(shift, _)| fits(shift)) {
        Some((shift, unit)) => format!("{}{unit}", size.0 >> shift),
        None => format!("{}b", size.0),
    }
}

/// Parses a file mode in octal digits.
///
/// # Errors
/// Not a mode.
pub fn mode(text: &str) -> Result<u32, String> {
    u32::from_str_radix(text.trim(), 8)
        .ok()
        .filter(|mode| *mode <= 0o7777)
        .ok_or_else(|| format!("'{text}' is not a file mode; write octal digits such as 644."))
}

/// Parses a duration in seconds, or with a suffix `s m h d w`.
///
/// # Errors
/// Not a duration.
pub fn seconds(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let (digits, factor) = match text.char_indices().last() {
        Some((at, 's')) => (&text[..at], 1),
        Some((at, 'm')) => (&text[..at], 60),
        Some((at, 'h')) => (&text[..at], 3600),
        Some((at, 'd')) => (&text[..at], 86_400),
        Some((at, 'w')) => (&text[..at], 604_800),
        _ => (text, 1),
    };
    let whole = digits.parse::<u64>().ok().and_then(|digits| digits.checked_mul(factor));
    whole.ok_or_else(|| format!("'{text}' is not a number of seconds."))
}

/// Splits `FIRST,SECOND`.
///
/// # Errors
/// Not two values.
pub fn pair(text: &str) -> Result<(&str, &str), String> {
    let both = text.split_once(',').map(|(first, second)| (first.trim(), second.trim()));
    both.ok_or_else(|| format!("'{text}' needs two values with a comma between them."))
}

/// Parses ports: `80,3923` or `3923-3925`.
///
/// # Errors
/// Not ports, or more than [`MAX_PORTS`].
pub fn ports(text: &str) -> Result<Vec<u16>, String> {
    let bad = || format!("'{text}' is not a list of ports; write 3923 or 80,443 or 3923-3925.");
    let mut ports = Vec::new();
    for item in list(text) {
        let (first, last) = item.split_once('-').unwrap_or((&item, &item));
        let first: u16 = first.trim().parse().map_err(|_| bad())?;
        let last: u16 = last.trim().parse().map_err(|_| bad())?;
        if first > last {
            return Err(bad());
        }
        for port in first..=last {
            if !ports.contains(&port) {
                ports.push(port);
            }
            if ports.len() > MAX_PORTS {
                return Err(format!("'{text}' names more than {MAX_PORTS} ports."));
            }
        }
    }
    if ports.is_empty() { Err(bad()) } else { Ok(ports) }
}

/// Parses ports that need not be; 0, `no` or nothing: none.
///
/// # Errors
/// Not ports.
pub fn optional_ports(text: &str) -> Result<Vec<u16>, String> {
    if matches!(text.trim(), "" | "0" | "no") { Ok(Vec::new()) } else { ports(text) }
}

/// Parses one port that need not be; empty, `0` and `no` mean none.
///
/// # Errors
/// A plain sentence.
pub fn optional_port(text: &str) -> Result<Option<u16>, String> {
    let bad = |_| format!("'{text}' is not a port; write a number up to 65535, or 0 for none.");
    if text.trim() == "no" {
        Ok(None)
    } else {
        optional(text, |text| text.parse().map_err(bad)).map(|port| port.filter(|port| *port > 0))
    }
}

/// Parses a value that need not be: empty text means none.
///
/// # Errors
/// Those of `parse`.
pub fn optional<T>(text: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Result<Option<T>, String> {
    let text = text.trim();
    if text.is_empty() { Ok(None) } else { parse(text).map(Some) }
}

/// Parses IP addresses; `localhost` means both of its addresses.
///
/// # Errors
/// A plain sentence.
pub fn ip_addresses(text: &str) -> Result<Vec<IpAddr>, String> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let address = |listen| match listen {
        Listen::Ip(ip) => Ok(ip),
        Listen::Unix { path, .. } => Err(format!("'{}' is a unix socket; write IP addresses here.", path.display())),
    };
    listen(text)?.into_iter().map(address).collect()
}

/// Prints ports that need not be.
pub fn print_ports(ports: &[u16]) -> Option<String> {
    (!ports.is_empty()).then(|| ports.iter().map(u16::to_string).collect::<Vec<_>>().join(","))
}

/// Parses addresses to listen on: `127.0.0.1,::1,unix:770:/run/potluck.sock`; `localhost` means both of its addresses.
///
/// # Errors
/// Not addresses.
pub fn listen(text: &str) -> Result<Vec<Listen>, String> {
    let mut all = Vec::new();
    for item in list(text) {
        if let Some(socket) = item.strip_prefix("unix:") {
            all.push(unix_socket(socket)?);
        } else if item == "localhost" {
            all.push(Listen::Ip(Ipv4Addr::LOCALHOST.into()));
            all.push(Listen::Ip(Ipv6Addr::LOCALHOST.into()));
        } else {
            let bare = item.trim_start_matches('[').trim_end_matches(']');
            let ip: IpAddr = bare.parse().map_err(|_| {
                format!("'{item}' is not an address to listen on; write 0.0.0.0, ::, 127.0.0.1 or unix:/path.")
            })?;
            all.push(Listen::Ip(ip));
        }
    }
    if all.is_empty() { Err("There is no address to listen on.".into()) } else { Ok(all) }
}

/// Parses `[MODE:[GROUP:]]/path`.
fn unix_socket(text: &str) -> Result<Listen, String> {
    // Mode and group are before the first slash; the path may contain colons.
    let Some(slash) = text.find('/') else {
        return Err(format!("'unix:{text}' needs an absolute path, such as unix:770:/run/potluck.sock."));
    };
    let (before, path) = text.split_at(slash);
    let mut parts = before.split(':');
    let mode_text = parts.next().filter(|part| !part.is_empty());
    let group = parts.next().filter(|part| !part.is_empty()).map(str::to_owned);
    let well_formed = before.is_empty() || before.ends_with(':');
    if !well_formed || parts.any(|rest| !rest.is_empty()) {
        return Err(format!("'unix:{text}' is not understood; write unix:MODE:GROUP:/path."));
    }
    Ok(Listen::Unix { path: path.into(), mode: mode_text.map(mode).transpose()?, group })
}

/// Prints addresses for [`listen`].
pub fn print_listen(all: &[Listen]) -> String {
    let one = |listen: &Listen| match listen {
        Listen::Ip(ip) => ip.to_string(),
        Listen::Unix { path, mode, group } => {
            let group = group.as_ref().map(|group| format!("{group}:")).unwrap_or_default();
            // A group needs a mode before it; 660 is the default mode of a socket.
            let mode = mode.or((!group.is_empty()).then_some(0o660)).map(|mode| format!("{mode:o}:"));
            format!("unix:{}{group}{}", mode.unwrap_or_default(), path.to_string_lossy())
        }
    };
    all.iter().map(one).collect::<Vec<_>>().join(",")
}

/// Parses `COUNT,WINDOW,BAN`, the last two in minutes; `no` = off.
///
/// # Errors
/// Not a rule.
pub fn ban_rule(text: &str) -> Result<Option<BanRule>, String> {
    if matches!(text.trim(), "no" | "off" | "0") {
        return Ok(None);
    }
    let numbers: Option<Vec<u64>> = text.split(',').map(|number| number.trim().parse().ok()).collect();
    match numbers.as_deref() {
        Some(&[count, window_mins, ban_mins]) => {
            Ok(Some(BanRule { count: u32::try_from(count).unwrap_or(u32::MAX), window_mins, ban_mins }))
        }
        _ => Err(format!("'{text}' is not a rule; write FAILURES,MINUTES,BAN-MINUTES such as 9,60,1440, or no.")),
    }
}

/// Prints a rule for [`ban_rule`].
pub fn print_ban_rule(rule: Option<BanRule>) -> String {
    match rule {
        Some(rule) => format!("{},{},{}", rule.count, rule.window_mins, rule.ban_mins),
        None => "no".into(),
    }
}

/// The spellings of the modes of the message form. Of several spellings of a mode, the first is printed.
const MESSAGE_MODES: [(&str, MessageMode); 9] = [
    ("print,get", MessageMode::PrintGet),
    ("print,xm", MessageMode::PrintGet),
    ("xm", MessageMode::PrintGet),
    ("save,get", MessageMode::SaveGet),
    ("save,xm", MessageMode::SaveGet),
    ("stash", MessageMode::Stash),
    ("get", MessageMode::Get),
    ("print", MessageMode::Print),
    ("save", MessageMode::Save),
];

/// Parses the value of `--urlform`.
///
/// # Errors
/// Not a mode.
pub fn message_mode(text: &str) -> Result<MessageMode, String> {
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let known = MESSAGE_MODES.iter().find(|(spelling, _)| *spelling == compact);
    known.map(|(_, mode)| *mode).ok_or_else(|| {
        format!("'{text}' is not a mode of the message form; write one of print,get save,get stash get print save.")
    })
}

/// Prints a mode for [`message_mode`].
pub fn print_message_mode(mode: MessageMode) -> &'static str {
    MESSAGE_MODES.iter().find(|(_, other)| *other == mode).map_or("print,get", |(spelling, _)| spelling)
}

/// Parses address ranges and words of [`Networks::parse`], separated by commas.
///
/// # Errors
/// The first item that is not a range.
pub fn networks(text: &str) -> Result<Networks, String> {
    Networks::parse(list(text)).map_err(|error| error.to_string())
}

/// Checks that `text` is a regular expression.
///
/// # Errors
/// It is not; the sentence gives the parser's reason.
pub fn regex(text: &str) -> Result<(), String> {
    regex::Regex::new(text).map(|_| ()).map_err(|error| {
        let last = error.to_string().lines().last().unwrap_or_default().trim().to_owned();
        format!("'{text}' is not a regular expression: {last}.")
    })
}

/// Checks a regular expression that need not be; `no` or nothing: none.
///
/// # Errors
/// Not a regular expression.
pub fn optional_regex(text: &str) -> Result<String, String> {
    if text == "no" { Ok(String::new()) } else { regex(text).map(|()| text.to_owned()) }
}

/// Parses a public address: `https://files.example.com`, or a host name, which means `https`. A path is dropped;
/// `--rp-loc` sets it. Empty: `None`.
pub fn site(text: &str) -> Result<Option<String>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let (scheme, rest) = text.split_once("://").unwrap_or(("https", text));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    if !matches!(scheme, "http" | "https") || authority.is_empty() || !authority.chars().all(is_plain) {
        return Err(format!("'{text}' is not a public address; write it like https://files.example.com"));
    }
    Ok(Some(format!("{scheme}://{authority}")))
}

/// Returns the host of `https://host:port/path`; other text is returned unchanged.
pub fn host_of_url(text: &str) -> String {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if let Some(end) = authority.find(']') {
        return authority[..=end].to_owned();
    }
    authority.split(':').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_read() {
        assert_eq!(ports("80,3923"), Ok(vec![80, 3923]));
        assert_eq!(ports("3923-3925, 80"), Ok(vec![3923, 3924, 3925, 80]));
        assert_eq!(ports("0"), Ok(vec![0]));
        for bad in ["", "x", "70000", "9-8", "1-65535", "-1"] {
            assert!(ports(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn listeners_round_trip() {
        let text = "127.0.0.1,::1,unix:770:www:/run/a:b.sock,unix:/run/c.sock,unix:600:/d";
        assert_eq!(print_listen(&listen(text).expect("addresses")), text);
        assert_eq!(listen("[::1]"), listen("::1"));
        assert_eq!(listen("localhost").map(|all| all.len()), Ok(2));
        for bad in ["", "eth0", "unix:run.sock", "unix:9:/x", "unix:770/x"] {
            assert!(listen(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn small_values() {
        assert_eq!(ban_rule("9,60,1440").map(print_ban_rule), Ok("9,60,1440".into()));
        assert_eq!(ban_rule("no"), Ok(None));
        assert!(ban_rule("9,60").is_err());
        assert_eq!(print_size(Bytes(3 << 30)), "3g");
        assert_eq!(print_size(Bytes(1500)), "1500b");
        assert_eq!(seconds("2h"), Ok(7200));
        assert!(seconds("2y").is_err() && seconds("99999999999999999w").is_err());
        assert_eq!(mode("755"), Ok(0o755));
        assert!(mode("999").is_err() && mode("77777").is_err());
        assert_eq!(host_of_url("https://files.example:8443/x"), "files.example");
        assert_eq!(host_of_url("http://[::1]:80/"), "[::1]");
        assert_eq!(networks("10.0.0.0/8, ::1").map(|all| all.to_string()), Ok("10.0.0.0/8,::1".into()));
        assert!(networks("::1,10.0.0.0/33").is_err());
        assert!(regex("a(").is_err());
        assert_eq!(message_mode("print, xm").map(print_message_mode), Ok("print,get"));
    }
}
