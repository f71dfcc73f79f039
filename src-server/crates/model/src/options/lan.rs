//! Discovery in the local network by mDNS, and trusted networks.
//!
//! The names are copyparty's. Its options that tune its own mDNS code have no effect here.

use super::field::Field;
use super::spec::{Kind, Spec};
use super::values;
use crate::settings::lan::{Adapter, Family};

pub(super) const ROWS: &[Spec] = &[
    Spec::switch("z", &["-z", "-zv"], "announce the server in the local network").sets(Field::Switch(|s| &mut s.lan.announce)),
    Spec::switch("zm", &["--mdns"], "announce by mDNS alone").sets(Field::Switch(|s| &mut s.lan.mdns)),
    Spec::switch("zs", &["--ssdp"], "announce by SSDP alone, for Network in Windows Explorer; needs plain HTTP and IPv4").sets(Field::Switch(|s| &mut s.lan.ssdp)),
    Spec::value("z-on", &["--zm-on", "--zs-on"], Kind::List, "NET,..", "", "announce only in these networks: address ranges, names or numbers of adapters; may include VPNs, bridges and public addresses, which are omitted by default").sets(Field::custom(
        |s, text| adapters(text).map(|all| s.lan.only = all),
        |s| Some(print_adapters(&s.lan.only)),
    )),
    Spec::value("z-off", &["--zm-off", "--zs-off"], Kind::List, "NET,..", "", "never announce in these networks").sets(Field::custom(
        |s, text| adapters(text).map(|all| s.lan.except = all),
        |s| Some(print_adapters(&s.lan.except)),
    )),
    Spec::switch("zm4", &[], "announce IPv4 addresses only").sets(Field::custom(
        |s, text| family(&mut s.lan.family, Family::V4, text),
        |s| (s.lan.family == Family::V4).then(|| "yes".into()),
    )),
    Spec::switch("zm6", &[], "announce IPv6 addresses only").sets(Field::custom(
        |s, text| family(&mut s.lan.family, Family::V6, text),
        |s| (s.lan.family == Family::V6).then(|| "yes".into()),
    )),
    Spec::value("zm-fqdn", &[], Kind::Text, "NAME", "", "announce this name, such as files.local, instead of the machine's own").sets(Field::custom(
        |s, text| host_name(text).map(|name| s.lan.host_name = name),
        |s| s.lan.host_name.as_ref().map(|name| format!("{name}.local")),
    )),
    Spec::value("zms", &[], Kind::Text, "LETTERS", "", "announce only these services: h http, d webdav, f ftp, s sftp; H D F the same with TLS").sets(Field::custom(
        |s, text| services(text).map(|letters| s.lan.services = letters),
        |s| Some(s.lan.services.clone()),
    )),
    Spec::value("zm-http", &[], Kind::Number, "PORT", "-1", "port to announce for http, for use behind a proxy; -1 = the listening port, 0 = none").sets(Field::custom(
        |s, text| port(text).map(|port| s.lan.http_port = port),
        |s| Some(print_port(s.lan.http_port)),
    )),
    Spec::value("zm-https", &[], Kind::Number, "PORT", "-1", "port to announce for https").sets(Field::custom(
        |s, text| port(text).map(|port| s.lan.https_port = port),
        |s| Some(print_port(s.lan.https_port)),
    )),
    Spec::value("zm-lh", &[], Kind::Text, "PATH", "", "announce this folder for http").sets(Field::custom(
        |s, text| path(text).map(|path| s.lan.http_path = path),
        |s| s.lan.http_path.clone(),
    )),
    Spec::value("zm-ld", &[], Kind::Text, "PATH", "", "announce this folder for webdav").sets(Field::custom(
        |s, text| path(text).map(|path| s.lan.dav_path = path),
        |s| s.lan.dav_path.clone(),
    )),
    Spec::value("zm-lf", &[], Kind::Text, "PATH", "", "announce this folder for ftp and sftp").sets(Field::custom(
        |s, text| path(text).map(|path| s.lan.ftp_path = path),
        |s| s.lan.ftp_path.clone(),
    )),
    Spec::value("zm-spam", &[], Kind::Number, "SEC", "0", "announce again by mDNS every so many seconds, for networks that lose announcements; 0 = never")
        .sets(Field::U64(|s| &mut s.lan.repeat_secs)),
    Spec::value("zsl", &[], Kind::Text, "PATH", "", "page that Windows Explorer opens: a path such as /pub/, or a whole URL").sets(Field::custom(
        |s, text| page(text).map(|page| s.lan.ssdp_page = page),
        |s| s.lan.ssdp_page.clone(),
    )),
    Spec::value("zsid", &[], Kind::Text, "UUID", "", "id of the server for SSDP, instead of a random one that stays").sets(Field::custom(
        |s, text| uuid(text).map(|id| s.lan.ssdp_id = id),
        |s| s.lan.ssdp_id.clone(),
    )),
    Spec::value("z-chk", &[], Kind::Number, "SEC", "10", "how often to check whether the network has changed; 0 = never")
        .sets(Field::U64(|s| &mut s.lan.check_secs)),
    Spec::switch("zmv", &["--zmvv", "--zsv"], "log sent and received announcements").sets(Field::Switch(|s| &mut s.lan.verbose)),
    Spec::switch("ask-networks", &[], "in a network that is not trusted yet, accept connections from this machine only").sets(Field::Switch(|s| &mut s.lan.ask_networks)),
    Spec::value("nearby", &[], Kind::Number, "SEC", "", "listen for other servers in the local network, print them and exit"),
    Spec::value("zm-ls", &[], Kind::Text, "PATH", "", "copyparty: announce this folder for smb").not_here(),
    Spec::switch("zm-mnic", &[], "copyparty: adapters in one subnet count as one").not_here(),
    Spec::switch("zm-msub", &[], "copyparty: subnets of one adapter count as one").not_here(),
    Spec::switch("zm-no-pe", &[], "copyparty: do not log broken packets").not_here(),
    Spec::switch("zm-nwa-1", &[], "copyparty: no workaround for a fault in Avahi").not_here(),
    Spec::switch("zm-noneg", &[], "copyparty: no negative answers").not_here(),
];

fn adapters(text: &str) -> Result<Vec<Adapter>, String> {
    values::list(text).iter().map(|item| Adapter::parse(item)).collect()
}

fn print_adapters(all: &[Adapter]) -> String {
    all.iter().map(Adapter::to_string).collect::<Vec<_>>().join(",")
}

/// Applies `--zm4` or `--zm6`. Both switches together mean both address families.
fn family(field: &mut Family, wanted: Family, text: &str) -> Result<(), String> {
    if !values::yes_or_no(text)? {
        if *field == wanted {
            *field = Family::Any;
        }
    } else if *field == Family::Any {
        *field = wanted;
    } else if *field != wanted {
        *field = Family::Any;
    }
    Ok(())
}

/// Parses one label of a host name, with or without `.local`.
fn host_name(text: &str) -> Result<Option<String>, String> {
    let text = text.trim().trim_end_matches('.');
    // copyparty writes its default this way.
    if text.is_empty() || text == "--name.local" {
        return Ok(None);
    }
    let label = text.strip_suffix(".local").unwrap_or(text);
    let well_formed = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    let has_edges = label.starts_with('-') || label.ends_with('-');
    if label.is_empty() || label.len() > 63 || has_edges || !label.bytes().all(well_formed) {
        return Err(format!(
            "'{text}' cannot be announced; write one word of letters, digits and dashes, such as files.local."
        ));
    }
    Ok(Some(label.into()))
}

fn services(text: &str) -> Result<String, String> {
    let letters: String = text.trim().into();
    match letters.chars().find(|letter| !"hHdDfFsS".contains(*letter)) {
        Some(letter) => {
            Err(format!("'{letter}' is not a service; choose among h, d, f and s, or H, D and F for those with TLS."))
        }
        None => Ok(letters),
    }
}

fn port(text: &str) -> Result<Option<u16>, String> {
    match text.trim() {
        "-1" | "" => Ok(None),
        digits => digits.parse().map(Some).map_err(|_| format!("'{text}' is not a port; write 0 to 65535, or -1.")),
    }
}

fn print_port(port: Option<u16>) -> String {
    port.map_or_else(|| "-1".into(), |port| port.to_string())
}

/// Whether a part of a URL needs no encoding and is short.
fn is_plain(text: &str) -> bool {
    text.len() <= 200 && text.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b))
}

/// Parses the path for the mDNS record. Other programs put it into URLs as it is, so it must not need encoding. A
/// record has at most 255 bytes.
fn path(text: &str) -> Result<Option<String>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    if !is_plain(text) {
        return Err(format!("'{text}' is not the path of a folder as an address shows it, such as /pub/."));
    }
    Ok(Some(format!("/{}", text.trim_start_matches('/'))))
}

/// Parses the page to open: a path, or a URL of HTTP as it is.
fn page(text: &str) -> Result<Option<String>, String> {
    let is_url = text.starts_with("http://") || text.starts_with("https://");
    if is_url && is_plain(text) {
        return Ok(Some(text.into()));
    }
    path(text)
}

/// Parses a UUID, with or without `uuid:`.
fn uuid(text: &str) -> Result<Option<String>, String> {
    let id = text.trim();
    let id = id.strip_prefix("uuid:").unwrap_or(id).to_ascii_lowercase();
    if id.is_empty() {
        return Ok(None);
    }
    let lengths: Vec<_> = id.split('-').map(str::len).collect();
    if lengths != [8, 4, 4, 4, 12] || !id.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit()) {
        return Err(format!("'{text}' is not a UUID; write one such as b0180058-c72a-4d1b-9d2c-8fd7b841afc8."));
    }
    Ok(Some(id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Lan;
    use crate::settings::Settings;

    #[test]
    fn values() {
        for (text, want) in [
            ("files", Ok(Some("files".to_owned()))),
            ("Files.local.", Ok(Some("Files".into()))),
            ("--name.local", Ok(None)),
            ("", Ok(None)),
            ("a.example.org", Err(())),
            ("-a", Err(())),
            ("ä", Err(())),
        ] {
            assert_eq!(host_name(text).map_err(drop), want, "{text}");
        }
        assert_eq!(services("hD"), Ok("hD".into()));
        assert!(services("hx").is_err());
        assert_eq!((port("-1"), port("0"), port("80")), (Ok(None), Ok(Some(0)), Ok(Some(80))));
        assert!(port("65536").is_err());
        assert_eq!(path("pub/x"), Ok(Some("/pub/x".into())));
        assert!(path("a b").is_err());
        assert_eq!(page("?h"), Ok(Some("/?h".into())));
        assert_eq!(page("https://a.example/x"), Ok(Some("https://a.example/x".into())));
        assert!(page("http://a\"b").is_err());
        let id = "b0180058-c72a-4d1b-9d2c-8fd7b841afc8";
        assert_eq!(uuid(&format!("uuid:{}", id.to_uppercase())), Ok(Some(id.into())));
        assert_eq!(uuid(""), Ok(None));
        assert!(uuid("b0180058").is_err() && uuid(&id.replace('f', "g")).is_err());
    }

    #[test]
    fn both_families_are_any() {
        let mut lan = Lan::default();
        for (wanted, text, want) in [
            (Family::V4, "yes", Family::V4),
            (Family::V4, "yes", Family::V4),
            (Family::V6, "yes", Family::Any),
            (Family::V6, "yes", Family::V6),
            (Family::V4, "no", Family::V6),
            (Family::V6, "no", Family::Any),
        ] {
            family(&mut lan.family, wanted, text).expect(text);
            assert_eq!(lan.family, want);
        }
    }

    #[test]
    fn services_are_announced() {
        let mut settings = Settings::default();
        assert!(!settings.lan.is_announced() && settings.lan.wants('h'));
        settings.lan.ssdp = true;
        assert!(settings.lan.has_ssdp() && !settings.lan.has_mdns());
        settings.lan.mdns = true;
        settings.lan.services = "d".into();
        assert!(
            settings.lan.is_announced()
                && settings.lan.has_mdns()
                && !settings.lan.wants('h')
                && settings.lan.wants('d')
        );
    }
}
