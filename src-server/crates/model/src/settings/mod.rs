//! `Settings`: the whole configuration as one value, which is validated and replaced as a whole.

mod ambiguous;
mod arguments;
mod build;
pub mod cli;
pub mod command_line;
mod conf;
mod conf_old;
mod draft;
mod files;
mod help;
pub mod lan;
pub mod rules;
mod toml_in;
pub mod toml_out;
mod volume_line;

pub use cli::{Action, ExitAfter, FileKind, ListRequest, ParseEnv, Parsed, Serve, parse_args};
pub use lan::Lan;

use crate::account::{Account, AccountName, Group, GroupName, Secret};
use crate::networks::Networks;
use crate::volume::{Principal, Volume};
use crate::vpath::VPath;
use std::collections::{BTreeMap, BTreeSet};
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

/// `N,W,B`: more than N failures within W minutes ban the client for B minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BanRule {
    /// Failures.
    pub count: u32,
    /// Window, minutes.
    pub window_mins: u64,
    /// Length of the ban, minutes.
    pub ban_mins: u64,
}

/// Logins, sessions and administrators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// `--usernames`: a password alone does not identify an account.
    pub usernames_required: bool,
    /// `--no-bauth`: no basic authentication.
    pub no_basic: bool,
    /// `--logout H`: lifetime of a session in hours.
    pub session_hours: u64,
    /// `--ban-pw`; `None` = off.
    pub ban_passwords: Option<BanRule>,
    /// `--admins`: accounts that may change the settings over the network; each is a known account.
    pub admins: Vec<AccountName>,
}

impl Default for Login {
    fn default() -> Self {
        Self {
            usernames_required: false,
            no_basic: false,
            session_hours: 8086,
            ban_passwords: Some(BanRule { count: 9, window_mins: 60, ban_mins: 1440 }),
            admins: Vec::new(),
        }
    }
}

/// What the server does with messages from the message form (`--urlform`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MessageMode {
    /// Log it, answer with the folder's page (`print,get`, `print,xm`).
    #[default]
    PrintGet,
    /// Store it, answer with the page (`save,get`).
    SaveGet,
    /// Store it, answer as PUT does.
    Stash,
    /// Ignore it, answer with the page.
    Get,
    /// Log it, answer 405.
    Print,
    /// Store it, answer 405.
    Save,
}

/// Logs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Logging {
    /// `-q`
    pub quiet: bool,
    /// `-lo PATH`, strftime codes allowed.
    pub file: Option<String>,
    /// `--log-json`
    pub json: bool,
    /// `--lf-url RE`: do not log requests whose URL matches.
    pub skip_urls: Option<String>,
}

/// Defaults of the upload page; visitors can change some of them. `None`: the page decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UploaderDefaults {
    /// `--u2j`: number of parallel requests.
    pub parallel: Option<u32>,
    /// `--u2sz`: largest body of a request, in MiB.
    pub request_mib: Option<u32>,
    /// `--u2sort`
    pub order: Option<UploadOrder>,
}

/// The order in which the upload page sends the selected files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadOrder {
    /// Small files first, so that most files are complete early.
    SmallestFirst,
    /// By path, in natural order.
    ByName,
}

/// Settings of the server's behaviour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behaviour {
    /// `--salt`, `--warksalt`
    pub wark_salt: String,
    /// `--hist PATH`: one folder for the state of all volumes.
    pub hist: Option<PathBuf>,
    /// `-nw`: write nothing to disk; uploads are received, verified and discarded.
    pub write_nothing: bool,
    /// `-nid`: no disk usage in pages.
    pub hide_disk: bool,
    /// `--no-zip`
    pub no_archives: bool,
    /// `--no-del`
    pub no_delete: bool,
    /// `--no-mv`
    pub no_move: bool,
    /// `--no-cp`
    pub no_copy: bool,
    /// `--urlform`
    pub messages: MessageMode,
    /// `--ih`: folders with an `index.html` show it.
    pub index_html: bool,
    /// `--snap-drop MIN`: minutes after which an idle unfinished upload is dropped.
    pub drop_unfinished_mins: u64,
    /// `--blank-wt`: seconds during which an empty file may be overwritten by PUT.
    pub blank_overwrite_secs: u64,
    /// `--plain-ip`: uploads that are renamed get the client's address in their name.
    pub plain_ip: bool,
    /// `--unpost`: seconds during which users may delete their own uploads.
    pub unpost_secs: u64,
    /// `--name`: name of the server in pages.
    pub name: String,
    /// `--vague-403`: forbidden paths look as if they did not exist.
    pub vague_denial: bool,
    /// `--getmod`: carry out changes by GET without asking for confirmation on a page.
    pub change_by_get: bool,
    /// `--allow-csrf`: skip the origin check.
    pub allow_foreign_origin: bool,
    /// `--css-browser URL`
    pub extra_css: Option<String>,
    /// `--zip-root`: archives have the files at their root, as in copyparty 0.11, instead of in one folder.
    pub archive_contents_at_root: bool,
    /// `--no-robots`
    pub no_robots: bool,
    /// Defaults of the upload page.
    pub uploader: UploaderDefaults,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            wark_salt: "hunter2".into(),
            hist: None,
            write_nothing: false,
            hide_disk: false,
            no_archives: false,
            no_delete: false,
            no_move: false,
            no_copy: false,
            messages: MessageMode::PrintGet,
            index_html: false,
            drop_unfinished_mins: 1440,
            blank_overwrite_secs: 300,
            plain_ip: false,
            unpost_secs: 43_200,
            name: "Potluck".into(),
            vague_denial: false,
            change_by_get: false,
            allow_foreign_origin: false,
            extra_css: None,
            archive_contents_at_root: false,
            no_robots: false,
            uploader: UploaderDefaults::default(),
        }
    }
}

/// The whole configuration. Built by the parsers of the command line and of configuration files, which report
/// every fault and not only the first; a value of this type has passed [`Settings::check`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Shared folders.
    pub volumes: Vec<Volume>,
    /// Accounts.
    pub accounts: Vec<Account>,
    /// Groups of accounts.
    pub groups: Vec<Group>,
    /// Listening, proxies and timeouts.
    pub network: Network,
    /// Discovery in the local network.
    pub lan: Lan,
    /// Logins.
    pub login: Login,
    /// Logs.
    pub logging: Logging,
    /// Everything else.
    pub behaviour: Behaviour,
    /// Folder of sessions, certificates and secrets; `None`: a folder of the user's account on this machine.
    pub state_folder: Option<PathBuf>,
}

/// An error in the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The option, volume or line.
    pub at: String,
    /// One plain sentence that says what to do.
    pub sentence: String,
}

impl Settings {
    /// Checks for contradictions between the parts: unknown accounts in grants, two volumes at one mount point, two
    /// accounts with one name or one password, groups and administrators that are no known accounts.
    ///
    /// # Errors
    /// Every fault, never an empty list.
    pub fn check(&self) -> Result<(), Vec<Fault>> {
        let mut faults = Vec::new();
        self.check_accounts(&mut |at, sentence| faults.push(Fault { at, sentence }));
        let accounts: BTreeSet<&AccountName> = self.accounts.iter().map(|account| &account.name).collect();
        let groups: BTreeSet<&GroupName> = self.groups.iter().map(|group| &group.name).collect();
        let mut fault = |at: String, sentence: String| faults.push(Fault { at, sentence });
        for group in &self.groups {
            for member in group.members.iter().filter(|member| !accounts.contains(member)) {
                fault(
                    "--grp".into(),
                    format!("The group '{}' names the unknown account '{}'.", group.name.0, member.as_str()),
                );
            }
        }
        // A name without account would give the rights to an account that is created with that name later.
        for admin in self.login.admins.iter().filter(|admin| !accounts.contains(admin)) {
            fault("--admins".into(), format!("Unknown account '{0}'; define it with -a {0}:PASSWORD.", admin.as_str()));
        }
        self.check_volumes(&mut fault);
        for volume in &self.volumes {
            for principal in volume.grants.iter().flat_map(|grant| grant.to.iter().chain(&grant.except)) {
                check_principal(principal, &accounts, &groups, &volume.mount, &mut fault);
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    fn check_accounts(&self, fault: &mut dyn FnMut(String, String)) {
        let (mut names, mut passwords) = (BTreeSet::new(), BTreeMap::new());
        for account in &self.accounts {
            if !AccountName::is_valid(account.name.as_str()) {
                fault("-a".into(), format!("'{}' cannot be the name of an account.", account.name.as_str()));
            }
            if !names.insert(&account.name) {
                fault("-a".into(), format!("The account '{}' is defined twice.", account.name.as_str()));
            }
            let password = match &account.secret {
                Secret::Plain(text) => (false, text.as_str()),
                Secret::Argon2(text) => (true, text.as_str()),
            };
            let other: &Account = passwords.entry(password).or_insert(account);
            if other.name != account.name && !self.login.usernames_required {
                fault(
                    "-a".into(),
                    format!(
                        "The accounts '{}' and '{}' have the same password; a password alone must identify its \
                         account. Give them different ones.",
                        other.name.as_str(),
                        account.name.as_str()
                    ),
                );
            }
        }
    }

    fn check_volumes(&self, fault: &mut dyn FnMut(String, String)) {
        let (mut mounts, mut states) = (BTreeSet::new(), BTreeMap::<_, Vec<&VPath>>::new());
        for volume in &self.volumes {
            let at = volume.mount.display();
            if !mounts.insert(volume.mount.as_bytes()) {
                fault(at.clone(), "Two volumes have this mount point; give one of them another.".into());
            }
            if volume.flags.no_ledger {
                continue;
            }
            // Two mount points per state suffice: at least one of them is not this volume's.
            let there = states.entry((&volume.source, &volume.flags.hist)).or_default();
            if let Some(other) = there.iter().find(|other| ***other != volume.mount) {
                fault(
                    at,
                    format!(
                        "{} shares the same folder; they would share their state too. Give one of them hist=FOLDER.",
                        other.display()
                    ),
                );
            }
            if there.len() < 2 && !there.contains(&&volume.mount) {
                there.push(&volume.mount);
            }
        }
    }

    /// Returns the groups of an account.
    pub fn groups_of(&self, account: &AccountName) -> Vec<GroupName> {
        let within = self.groups.iter().filter(|group| group.members.contains(account));
        within.map(|group| group.name.clone()).collect()
    }
}

fn check_principal(
    principal: &Principal,
    accounts: &BTreeSet<&AccountName>,
    groups: &BTreeSet<&GroupName>,
    mount: &VPath,
    fault: &mut dyn FnMut(String, String),
) {
    match principal {
        Principal::Account(name) if !accounts.contains(name) => {
            fault(mount.display(), format!("Unknown account '{0}'; define it with -a {0}:PASSWORD.", name.as_str()));
        }
        Principal::Group(name) if !groups.contains(name) => {
            fault(mount.display(), format!("Unknown group '@{}'; define it with --grp.", name.0));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
