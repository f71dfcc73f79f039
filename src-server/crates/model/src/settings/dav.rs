//! Settings of WebDAV.

/// Settings of WebDAV. The ports for clients that need one of their own are in [`super::Network`], the login that a volume
/// requires in the flags of volumes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dav {
    /// `--no-dav`
    pub off: bool,
    /// `--p-nodav`: ports on which there is no WebDAV.
    pub off_on_ports: Vec<u16>,
    /// `--ua-nodav`: a regular expression; programs with such a `User-Agent` cannot use WebDAV. Empty: none.
    pub off_for_agents: String,
    /// `--dav-inf`: folders are listed with everything below them, for clients that ask for it.
    pub infinite_depth: bool,
    /// `--dav-mac`: Finder may create its own files (`.DS_Store`, `._*`).
    pub keeps_apple_files: bool,
    /// `--dav-ua1`: a regular expression; programs with such a `User-Agent` are asked for a password as WebDAV clients are,
    /// although they look like browsers. Empty: none.
    pub asked_agents: String,
}

impl Default for Dav {
    fn default() -> Self {
        Self {
            off: false,
            off_on_ports: Vec::new(),
            off_for_agents: String::new(),
            infinite_depth: false,
            keeps_apple_files: false,
            asked_agents: " kioworker/".into(),
        }
    }
}
