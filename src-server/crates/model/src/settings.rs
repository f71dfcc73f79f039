//! `Settings`: the whole configuration as one value, which is validated and replaced as a whole.
//!
//! How settings are read from command lines and files, and printed, is the business of [`crate::config`]; which option
//! sets which field stands in [`crate::options`].

mod behaviour;
mod contradiction;
mod dav;
mod ftp;
pub mod lan;
mod logging;
mod login;
mod network;
mod sftp;
mod tftp;

pub use behaviour::{Behaviour, MessageMode, UploadOrder, UploaderDefaults};
pub use contradiction::Contradiction;
pub use dav::Dav;
pub use ftp::{Ftp, PortRange};
pub use lan::Lan;
pub use logging::Logging;
pub use login::{BanRule, Login};
pub use network::{Encryption, Listen, Network};
pub use sftp::{Sftp, SftpKey};
pub use tftp::Tftp;

use crate::account::{Account, AccountName, Group, GroupName, Secret};
use crate::volume::{Principal, Volume};
use crate::vpath::VPath;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

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
    /// WebDAV.
    pub dav: Dav,
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
    /// The contradiction that the sentence describes, for pages in other languages; `None`: anything else, such as what a parser
    /// has found.
    pub contradiction: Option<Contradiction>,
}

impl Fault {
    /// A fault that is described in English only.
    pub fn new(at: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self { at: at.into(), sentence: sentence.into(), contradiction: None }
    }

    /// A contradiction in the settings.
    pub fn contradiction(at: impl Into<String>, why: Contradiction) -> Self {
        Self { at: at.into(), sentence: why.to_string(), contradiction: Some(why) }
    }
}

impl Settings {
    /// Checks for contradictions between the parts: unknown accounts in grants, two volumes at one mount point, two
    /// accounts with one name or one password, groups and administrators that are no known accounts.
    ///
    /// # Errors
    /// Every fault, never an empty list.
    pub fn check(&self) -> Result<(), Vec<Fault>> {
        let mut faults = Vec::new();
        let mut fault = |at: String, why: Contradiction| faults.push(Fault::contradiction(at, why));
        self.check_accounts(&mut fault);
        let accounts: BTreeSet<&AccountName> = self.accounts.iter().map(|account| &account.name).collect();
        let groups: BTreeSet<&GroupName> = self.groups.iter().map(|group| &group.name).collect();
        for group in &self.groups {
            for member in group.members.iter().filter(|member| !accounts.contains(member)) {
                fault(
                    "--grp".into(),
                    Contradiction::UnknownMember { group: group.name.clone(), member: member.clone() },
                );
            }
        }
        // A name without account would give the rights to an account that is created with that name later.
        for admin in self.login.admins.iter().filter(|admin| !accounts.contains(admin)) {
            fault("--admins".into(), Contradiction::UnknownAccount(admin.clone()));
        }
        self.check_volumes(&mut fault);
        for volume in &self.volumes {
            for principal in volume.grants.iter().flat_map(|grant| grant.to.iter().chain(&grant.except)) {
                check_principal(principal, &accounts, &groups, &volume.mount, &mut fault);
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    fn check_accounts(&self, fault: &mut dyn FnMut(String, Contradiction)) {
        let (mut names, mut passwords) = (BTreeSet::new(), BTreeMap::new());
        for account in &self.accounts {
            if !AccountName::is_valid(account.name.as_str()) {
                fault("-a".into(), Contradiction::BadAccountName(account.name.clone()));
            }
            if !names.insert(&account.name) {
                fault("-a".into(), Contradiction::AccountTwice(account.name.clone()));
            }
            let password = match &account.secret {
                Secret::Plain(text) => (false, text.as_str()),
                Secret::Argon2(text) => (true, text.as_str()),
            };
            let other: &Account = passwords.entry(password).or_insert(account);
            if other.name != account.name && !self.login.usernames_required {
                fault("-a".into(), Contradiction::SamePassword(other.name.clone(), account.name.clone()));
            }
        }
    }

    fn check_volumes(&self, fault: &mut dyn FnMut(String, Contradiction)) {
        let (mut mounts, mut states) = (BTreeSet::new(), BTreeMap::<_, Vec<&VPath>>::new());
        for volume in &self.volumes {
            let at = volume.mount.display();
            if !mounts.insert(volume.mount.as_bytes()) {
                fault(at.clone(), Contradiction::MountTwice);
            }
            for (flag, pattern) in volume.flags.index.patterns() {
                if let Err(error) = regex::bytes::Regex::new(pattern) {
                    fault(at.clone(), Contradiction::BadPattern { flag: flag.to_owned(), error: error.to_string() });
                }
            }
            check_parsers(volume, fault);
            if volume.flags.no_ledger {
                continue;
            }
            // Two mount points per state suffice: at least one of them is not this volume's.
            let there = states.entry((&volume.source, &volume.flags.hist)).or_default();
            if let Some(other) = there.iter().find(|other| ***other != volume.mount) {
                fault(at, Contradiction::StateShared { other: (**other).clone() });
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

/// A tag that is not kept would be found in vain.
fn check_parsers(volume: &Volume, fault: &mut dyn FnMut(String, Contradiction)) {
    let tags = &volume.flags.tags;
    for tag in tags.parsers.iter().flat_map(|parser| &parser.tags).filter(|tag| !tags.names.contains(tag)) {
        fault(volume.mount.display(), Contradiction::TagNotKept(tag.clone()));
    }
}

fn check_principal(
    principal: &Principal,
    accounts: &BTreeSet<&AccountName>,
    groups: &BTreeSet<&GroupName>,
    mount: &VPath,
    fault: &mut dyn FnMut(String, Contradiction),
) {
    match principal {
        Principal::Account(name) if !accounts.contains(name) => {
            fault(mount.display(), Contradiction::UnknownAccount(name.clone()));
        }
        Principal::Group(name) if !groups.contains(name) => {
            fault(mount.display(), Contradiction::UnknownGroup(name.clone()));
        }
        _ => {}
    }
}
