//! Settings of listening, proxies and timeouts.

use super::ftp::Ftp;
use super::sftp::Sftp;
use super::tftp::Tftp;
use crate::networks::Networks;
use crate::vpath::VPath;
use std::path::PathBuf;

/// An address to listen on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Listen {
    /// An IP address; the ports are in [`Network::ports`].
    Ip(std::net::IpAddr),
    /// A unix socket, with its mode (`unix:770:/run/x.sock`).
    Unix {
        /// Path of the socket file.
        path: PathBuf,
        /// Access mode, e.g. `0o770`.
        mode: Option<u32>,
        /// Name or number of the group that owns it.
        group: Option<String>,
    },
}

/// Whether a port accepts plain HTTP, TLS, or both; with both, the first byte of a connection decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encryption {
    /// Plain and TLS on the same port.
    #[default]
    Both,
    /// `--http-only`
    PlainOnly,
    /// `--https-only`
    TlsOnly,
}

/// Listening, proxies and timeouts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// Addresses (`-i`).
    pub listen: Vec<Listen>,
    /// Ports for every IP address (`-p`); 0 = any free port.
    pub ports: Vec<u16>,
    /// `--dav-port`: more ports, on which every client counts as one of WebDAV.
    pub dav_ports: Vec<u16>,
    /// FTP and FTPS, which have ports of their own.
    pub ftp: Ftp,
    /// SFTP, which has a port of its own.
    pub sftp: Sftp,
    /// TFTP, which has a port of its own.
    pub tftp: Tftp,
    /// Plain, TLS or both.
    pub encryption: Encryption,
    /// PEM file with key and chain (`--cert`); `None`: the server makes its own certificate.
    pub cert: Option<PathBuf>,
    /// Largest number of simultaneous connections (`-nc`).
    pub max_connections: usize,
    /// Peers whose `X-Forwarded-*` headers are trusted (`--xff-src`).
    pub trusted_proxies: Networks,
    /// The header with the client's address (`--xff-hdr`).
    pub forwarded_header: String,
    /// Which address of that header is the client (`--rproxy`): 0 = the TCP peer, 1 = first, -1 = last (closest proxy).
    pub forwarded_depth: i32,
    /// Origins whose pages may read files that everyone may read (`--acao`); `*` = any. Empty: only our own pages.
    pub cors_origins: Vec<String>,
    /// Only these peers may connect (`--ipa`); empty = all.
    pub allowed_peers: Networks,
    /// Path below which a proxy serves the site (`--rp-loc`).
    pub base: VPath,
    /// Host names that requests may use besides our own addresses and names (`--site`, `--host`); `*` = any.
    pub hosts: Vec<String>,
    /// The public address (`--site`), with scheme and without trailing slash.
    pub site: Option<String>,
    /// Timeout for the head of a request, in seconds.
    pub head_timeout_secs: u64,
    /// Timeout for a body without progress, in seconds (`--s-tbody`).
    pub body_timeout_secs: u64,
    /// Timeout of idle connections, in seconds.
    pub idle_timeout_secs: u64,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            listen: vec![Listen::Ip(std::net::Ipv6Addr::UNSPECIFIED.into())],
            ports: vec![3923],
            dav_ports: Vec::new(),
            ftp: Ftp::default(),
            sftp: Sftp::default(),
            tftp: Tftp::default(),
            encryption: Encryption::Both,
            cert: None,
            max_connections: 4096,
            trusted_proxies: Networks::loopback(),
            forwarded_header: "x-forwarded-for".into(),
            forwarded_depth: -1,
            cors_origins: Vec::new(),
            allowed_peers: Networks::default(),
            base: VPath::root(),
            hosts: Vec::new(),
            site: None,
            head_timeout_secs: 30,
            body_timeout_secs: 128,
            idle_timeout_secs: 120,
        }
    }
}
