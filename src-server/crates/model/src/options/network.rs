//! Addresses, ports, encryption, proxies, time limits of connections.

use super::field::Field;
use super::spec::{Kind, Spec};
use super::values;
use crate::settings::{Encryption, SftpKey, Tftp};
use crate::vpath::VPath;

pub(super) const ROWS: &[Spec] = &[
    Spec::value("listen", &["-i"], Kind::List, "ADDR,..", "::", "addresses to listen on; also unix:[MODE:[GROUP:]]/path").sets(Field::custom(
        |s, text| values::listen(text).map(|all| s.network.listen = all),
        |s| Some(values::print_listen(&s.network.listen)),
    )),
    Spec::value("ports", &["-p", "--port"], Kind::List, "PORT,..", "3923", "ports: 80,3923 or 3923-3925").sets(Field::custom(
        |s, text| values::ports(text).map(|all| s.network.ports = all),
        |s| Some(s.network.ports.iter().map(u16::to_string).collect::<Vec<_>>().join(",")),
    )),
    Spec::switch("http-only", &[], "no encryption; by default each port accepts both").sets(Field::custom(
        |s, text| encryption(&mut s.network.encryption, Encryption::PlainOnly, text),
        |s| (s.network.encryption == Encryption::PlainOnly).then(|| "yes".into()),
    )),
    Spec::switch("https-only", &[], "only encrypted connections").sets(Field::custom(
        |s, text| encryption(&mut s.network.encryption, Encryption::TlsOnly, text),
        |s| (s.network.encryption == Encryption::TlsOnly).then(|| "yes".into()),
    )),
    Spec::value("cert", &[], Kind::Path, "FILE", "", "PEM file with key and certificate chain; without it the server makes its own")
        .sets(Field::MaybePath(|s| &mut s.network.cert)),
    Spec::value("max-connections", &["-nc"], Kind::Number, "N", "4096", "largest number of simultaneous connections")
        .sets(Field::Usize(|s| &mut s.network.max_connections)),
    Spec::value("rproxy", &[], Kind::Number, "DEPTH", "-1", "which address in the proxy's header is the client: 0 = the connection's own, 1 = first, 2 = second .., -1 = last")
        .sets(Field::I32(|s| &mut s.network.forwarded_depth)),
    Spec::value("xff-hdr", &[], Kind::Text, "HEADER", "x-forwarded-for", "header in which a proxy sends the client's address").sets(Field::custom(
        |s, text| header_name(text).map(|name| s.network.forwarded_header = name),
        |s| Some(s.network.forwarded_header.clone()),
    )),
    Spec::value("xff-src", &[], Kind::List, "CIDR,..", "127.0.0.0/8,::1", "trusted proxies, whose headers are used; `lan` = private networks").sets(Field::custom(
        |s, text| values::networks(text).map(|all| s.network.trusted_proxies = all),
        |s| Some(if s.network.trusted_proxies.is_empty() { "no".into() } else { s.network.trusted_proxies.to_string() }),
    )),
    Spec::value("ipa", &["--allow"], Kind::List, "CIDR,..", "", "only these addresses may connect; `lan` = private networks").sets(Field::custom(
        |s, text| values::networks(text).map(|all| s.network.allowed_peers = all),
        |s| Some(s.network.allowed_peers.to_string()),
    )),
    Spec::value("ipar", &[], Kind::List, "CIDR,..", "", "only these client addresses, as sent by the proxy").not_yet_guarding(),
    Spec::value("rp-loc", &["--base"], Kind::Text, "/PATH", "", "path below which a proxy serves the site").sets(Field::custom(
        |s, text| {
            let base = VPath::parse(text.as_bytes()).map_err(|error| format!("'{text}' is not a path: {error}."))?;
            s.network.base = base;
            Ok(())
        },
        |s| (!s.network.base.is_root()).then(|| s.network.base.display()),
    )),
    Spec::value("host", &[], Kind::List, "NAME,..", "", "host names that requests may use besides the server's own; * = any").sets(Field::custom(
        |s, text| {
            values::list(text).iter().try_for_each(|host| add_host(&mut s.network.hosts, host))
        },
        |s| Some(s.network.hosts.join(",")),
    )),
    Spec::value("site", &[], Kind::Text, "URL", "", "public address for links and QR codes; its host name is added to --host").sets(Field::custom(
        |s, text| {
            s.network.site = values::site(text)?;
            s.network.site.iter().try_for_each(|site| add_host(&mut s.network.hosts, &values::host_of_url(site)))
        },
        |s| s.network.site.clone(),
    )),
    Spec::value("s-thead", &[], Kind::Number, "SEC", "30", "timeout for the head of a request")
        .sets(Field::U64(|s| &mut s.network.head_timeout_secs)),
    Spec::value("s-tbody", &[], Kind::Number, "SEC", "128", "timeout for a request body without progress; 16 times as long for a response that the client does not read")
        .sets(Field::U64(|s| &mut s.network.body_timeout_secs)),
    Spec::value("idle-timeout", &[], Kind::Number, "SEC", "120", "timeout of idle connections")
        .sets(Field::U64(|s| &mut s.network.idle_timeout_secs)),
    Spec::value("ftp", &[], Kind::Number, "PORT", "", "port for FTP, with and without encryption (AUTH TLS); 0 = off").sets(Field::custom(
        |s, text| values::optional_port(text).map(|port| s.network.ftp.port = port),
        |s| s.network.ftp.port.map(|port| port.to_string()),
    )),
    Spec::value("ftps", &[], Kind::Number, "PORT", "", "port for encrypted FTP only, from the first byte (implicit) or by AUTH TLS; 0 = off").sets(Field::custom(
        |s, text| values::optional_port(text).map(|port| s.network.ftp.tls_port = port),
        |s| s.network.ftp.tls_port.map(|port| port.to_string()),
    )),
    Spec::value("ftp-i", &[], Kind::List, "IP,..", "", "addresses for FTP, of those of -i; empty: all of them").sets(Field::custom(
        |s, text| values::ip_addresses(text).map(|all| s.network.ftp.listen = all),
        |s| Some(s.network.ftp.listen.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")),
    )),
    Spec::switch("ftp4", &[], "FTP on IPv4 only").sets(Field::Switch(|s| &mut s.network.ftp.only_v4)),
    Spec::value("ftp-ipa", &[], Kind::List, "CIDR,..", "", "only these addresses may use FTP, of those that --ipa allows; `lan` = private networks").sets(Field::custom(
        |s, text| values::networks(text).map(|all| s.network.ftp.allowed_peers = all),
        |s| Some(s.network.ftp.allowed_peers.to_string()),
    )),
    Spec::value("ftp-pr", &[], Kind::Text, "P-P", "", "ports for passive data connections of FTP, such as 12000-12099; empty: the system chooses").sets(Field::custom(
        |s, text| values::optional(text, str::parse).map(|range| s.network.ftp.passive_ports = range),
        |s| s.network.ftp.passive_ports.map(|range| range.to_string()),
    )),
    Spec::value("ftp-nat", &[], Kind::Text, "ADDR", "", "IPv4 address that FTP clients are told for passive data connections, behind a router").sets(Field::custom(
        |s, text| {
            let parse = |text: &str| text.parse().map_err(|_| format!("'{text}' is not an IPv4 address."));
            values::optional(text, parse).map(|address| s.network.ftp.external_address = address)
        },
        |s| s.network.ftp.external_address.map(|address| address.to_string()),
    )),
    Spec::switch("ftp-no-ow", &[], "FTP replaces no file and appends to none").sets(Field::Switch(|s| &mut s.network.ftp.keeps_existing)),
    Spec::value("ftp-banner", &[], Kind::Text, "TEXT", "", "the first words of the FTP server").sets(Field::custom(
        |s, text| {
            s.network.ftp.banner = text.split(|c: char| c.is_control()).collect::<Vec<_>>().join(" ").trim().into();
            Ok(())
        },
        |s| Some(s.network.ftp.banner.clone()),
    )),
    Spec::switch("ftpv", &[], "log the commands of FTP clients").sets(Field::Switch(|s| &mut s.network.ftp.verbose)),
    Spec::value("ftp-wt", &[], Kind::Number, "SEC", "", "copyparty: for so long others may go on with an interrupted upload; here it leaves no file").not_here(),
    Spec::value("sftp", &[], Kind::Number, "PORT", "", "port for SFTP (OpenSSH's sftp and scp, sshfs), always encrypted; 0 = off").sets(Field::custom(
        |s, text| values::optional_port(text).map(|port| s.network.sftp.port = port),
        |s| s.network.sftp.port.map(|port| port.to_string()),
    )),
    Spec::value("sftp-i", &[], Kind::List, "IP,..", "", "addresses for SFTP, of those of -i; empty: all of them").sets(Field::custom(
        |s, text| values::ip_addresses(text).map(|all| s.network.sftp.listen = all),
        |s| Some(s.network.sftp.listen.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")),
    )),
    Spec::switch("sftp4", &[], "SFTP on IPv4 only").sets(Field::Switch(|s| &mut s.network.sftp.only_v4)),
    Spec::value("sftp-ipa", &[], Kind::List, "CIDR,..", "", "only these addresses may use SFTP, of those that --ipa allows; `lan` = private networks").sets(Field::custom(
        |s, text| values::networks(text).map(|all| s.network.sftp.allowed_peers = all),
        |s| Some(s.network.sftp.allowed_peers.to_string()),
    )),
    Spec::value("sftp-key", &[], Kind::Repeat, "USER KEY", "", "USER may log in by SFTP with this public key, as it is in the file id_ed25519.pub: 'ed ssh-ed25519 AAAA..'").sets(Field::custom(
        |s, text| add_keys(&mut s.network.sftp.keys, text),
        |s| Some(s.network.sftp.keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")),
    )),
    Spec::switch("sftp-pw", &[], "SFTP accepts passwords, too, not only keys").sets(Field::Switch(|s| &mut s.network.sftp.passwords)),
    Spec::value("sftp-anon", &[], Kind::Text, "NAME", "", "the user name with which SFTP needs neither key nor password and gives what everyone may").sets(Field::MaybeText(|s| &mut s.network.sftp.anonymous_name)),
    Spec::value("sftp-hostk", &[], Kind::Path, "PATH", "", "folder of the key by which SFTP clients know the server, ssh_host_ed25519_key; made if it is missing; empty: the state folder").sets(Field::MaybePath(|s| &mut s.network.sftp.host_key_folder)),
    Spec::value("sftp-banner", &[], Kind::Text, "TEXT", "", "text for SFTP clients before they log in").sets(Field::custom(
        |s, text| {
            s.network.sftp.banner = text.split(|c: char| c.is_control()).collect::<Vec<_>>().join(" ").trim().into();
            Ok(())
        },
        |s| Some(s.network.sftp.banner.clone()),
    )),
    Spec::value("sftp-hs-t", &[], Kind::Number, "SEC", "15", "time until the connection of an SFTP client must be encrypted").sets(Field::U64(|s| &mut s.network.sftp.handshake_timeout_secs)),
    Spec::switch("sftpv", &[], "log the requests of SFTP clients").sets(Field::Switch(|s| &mut s.network.sftp.verbose)),
    Spec::switch("sftpvv", &[], "log reads and writes of SFTP clients, too").sets(Field::Switch(|s| &mut s.network.sftp.very_verbose)),
    Spec::value("sftp-hs-n", &[], Kind::Number, "N", "", "copyparty: connections that are not encrypted yet; here --max-connections counts them").not_here(),
    Spec::value("sftp-chattr", &[], Kind::Text, "LETTERS", "", "copyparty: attributes that may be changed; here times only").not_here(),
    Spec::switch("sftp-fastldr", &[], "copyparty: reads keys without checking them").not_here(),
    Spec::value("tftp", &[], Kind::Number, "PORT", "", "UDP port for TFTP, which knows no passwords: clients may do what everyone may; 0 = off").sets(Field::custom(
        |s, text| values::optional_port(text).map(|port| s.network.tftp.port = port),
        |s| s.network.tftp.port.map(|port| port.to_string()),
    )),
    Spec::value("tftp-i", &[], Kind::List, "IP,..", "", "addresses for TFTP, of those of -i; empty: all of them").sets(Field::custom(
        |s, text| values::ip_addresses(text).map(|all| s.network.tftp.listen = all),
        |s| Some(s.network.tftp.listen.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")),
    )),
    Spec::switch("tftp4", &[], "TFTP on IPv4 only").sets(Field::Switch(|s| &mut s.network.tftp.only_v4)),
    Spec::value("tftp-ipa", &[], Kind::List, "CIDR,..", "", "only these addresses may use TFTP, of those that --ipa allows; empty: private ones and the networks of this computer; any = all").sets(Field::custom(
        |s, text| values::networks(text).map(|all| s.network.tftp.allowed_peers = all),
        |s| Some(s.network.tftp.allowed_peers.to_string()),
    )),
    Spec::value("tftp-pr", &[], Kind::Text, "P-P", "", "UDP ports of transfers by TFTP, such as 12000-12099; empty: the system chooses").sets(Field::custom(
        |s, text| values::optional(text, str::parse).map(|range| s.network.tftp.data_ports = range),
        |s| s.network.tftp.data_ports.map(|range| range.to_string()),
    )),
    Spec::value("tftp-lsf", &[], Kind::Text, "PTN", Tftp::LISTING_NAMES, "TFTP sends the listing of a folder for a file of such a name, if it does not exist (regular expression); no = never").sets(Field::custom(
        |s, text| values::optional_regex(text).map(|names| s.network.tftp.listing_names = names),
        |s| Some(if s.network.tftp.listing_names.is_empty() { "no".into() } else { s.network.tftp.listing_names.clone() }),
    )),
    Spec::switch("tftp-nols", &[], "TFTP refuses a request for a folder instead of sending its listing").sets(Field::Switch(|s| &mut s.network.tftp.hides_folders)),
    Spec::switch("tftpv", &[], "log the requests of TFTP clients").sets(Field::Switch(|s| &mut s.network.tftp.verbose)),
    Spec::switch("tftpvv", &[], "log retransmissions of TFTP, too").sets(Field::Switch(|s| &mut s.network.tftp.very_verbose)),
    Spec::switch("tftp-no-fast", &[], "copyparty: debugging").not_here(),
    Spec::value("ssl-ver", &[], Kind::Text, "LIST", "", "copyparty: TLS versions; here 1.2 and 1.3").not_here(),
    Spec::value("ciphers", &[], Kind::Text, "LIST", "", "copyparty: TLS ciphers").not_here(),
    Spec::switch("ssl-dbg", &[], "copyparty: print details of TLS").not_here(),
    Spec::value("ssl-log", &[], Kind::Path, "FILE", "", "copyparty: log TLS keys").not_here(),
    Spec::switch("no-crt", &[], "copyparty: make no certificate").not_here(),
    Spec::value("crt-dir", &[], Kind::Path, "PATH", "", "copyparty: where certificates are kept").not_here(),
    Spec::value("xf-host", &[], Kind::Text, "HEADER", "x-forwarded-host", "header in which a proxy sends the host").not_yet(),
    Spec::value("xf-proto", &[], Kind::Text, "HEADER", "x-forwarded-proto", "header in which a proxy sends http or https").not_yet(),
    Spec::value("xf-proto-fb", &[], Kind::Text, "PROTO", "", "copyparty: what to assume without that header").not_yet(),
    Spec::value("s-wr-sz", &[], Kind::Number, "BYTES", "", "copyparty: size of socket writes").not_here(),
    Spec::value("s-wr-slp", &[], Kind::Number, "SEC", "", "copyparty: pause between socket writes").not_here(),
    Spec::value("s-rd-sz", &[], Kind::Number, "BYTES", "", "copyparty: size of socket reads").not_here(),
    Spec::value("iobuf", &[], Kind::Number, "BYTES", "", "copyparty: size of file reads").not_here(),
    Spec::switch("no-sendfile", &[], "copyparty: debugging").not_here(),
    Spec::switch("no-htp", &[], "copyparty: debugging").not_here(),
    Spec::value("acao", &[], Kind::List, "ORIGIN,..", "", "origins whose pages may read public files (CORS); * = any").sets(Field::custom(
        |s, text| {
            s.network.cors_origins = values::list(text);
            Ok(())
        },
        |s| Some(s.network.cors_origins.join(",")),
    )),
    Spec::value("acam", &[], Kind::List, "METHOD,..", "", "which methods other sites may use (CORS)").not_yet(),
    Spec::switch("qr", &["--qrs"], "show a QR code of the address").not_yet(),
    Spec::value("qrl", &[], Kind::Text, "PATH", "", "path in that QR code").not_yet(),
];

fn encryption(field: &mut Encryption, wanted: Encryption, text: &str) -> Result<(), String> {
    if values::yes_or_no(text)? {
        *field = wanted;
    } else if *field == wanted {
        *field = Encryption::Both;
    }
    Ok(())
}

fn header_name(text: &str) -> Result<String, String> {
    let well_formed = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if text.is_empty() || !text.bytes().all(well_formed) {
        return Err(format!("'{text}' is not the name of a header."));
    }
    Ok(text.to_ascii_lowercase())
}

fn add_host(hosts: &mut Vec<String>, host: &str) -> Result<(), String> {
    let host = host.to_ascii_lowercase();
    let well_formed = |b: u8| b.is_ascii_alphanumeric() || b"-._*[]:".contains(&b);
    if host.is_empty() || !host.bytes().all(well_formed) {
        return Err(format!("'{host}' is not the name of a host, such as files.example.org."));
    }
    if !hosts.contains(&host) {
        hosts.push(host);
    }
    Ok(())
}

fn add_keys(keys: &mut Vec<SftpKey>, text: &str) -> Result<(), String> {
    for line in text.split([',', '\n']).filter(|line| !line.trim().is_empty()) {
        let key = line.parse()?;
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    Ok(())
}
