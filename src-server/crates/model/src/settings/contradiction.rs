//! What contradicts itself in settings that were read without a fault.

use crate::account::{AccountName, GroupName};
use crate::vpath::VPath;
use thiserror::Error;

/// A contradiction between the parts of the settings. Its text is the English sentence; pages say the same in their language.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Contradiction {
    /// A group has a member that is no account.
    #[error("The group '{}' names the unknown account '{}'.", group.0, member.as_str())]
    UnknownMember {
        /// The group.
        group: GroupName,
        /// The member.
        member: AccountName,
    },
    /// Rights of an account that does not exist.
    #[error("Unknown account '{name}'; define it with -a {name}:PASSWORD.", name = .0.as_str())]
    UnknownAccount(AccountName),
    /// Rights of a group that does not exist.
    #[error("Unknown group '@{}'; define it with --grp.", .0.0)]
    UnknownGroup(GroupName),
    /// Names of accounts have other characters.
    #[error("'{}' cannot be the name of an account.", .0.as_str())]
    BadAccountName(AccountName),
    /// Two accounts have the name.
    #[error("The account '{}' is defined twice.", .0.as_str())]
    AccountTwice(AccountName),
    /// Two accounts have the same password, where a password alone identifies its account.
    #[error(
        "The accounts '{}' and '{}' have the same password; a password alone must identify its account. Give them different ones.",
        .0.as_str(),
        .1.as_str()
    )]
    SamePassword(AccountName, AccountName),
    /// Two volumes have one mount point.
    #[error("Two volumes have this mount point; give one of them another.")]
    MountTwice,
    /// A flag is no regular expression.
    #[error("The flag {flag} is not a regular expression: {error}")]
    BadPattern {
        /// The flag.
        flag: String,
        /// What the parser says.
        error: String,
    },
    /// Two volumes would keep their state in one place.
    #[error("{} shares the same folder; they would share their state too. Give one of them hist=FOLDER.", other.display())]
    StateShared {
        /// Mount point of the other volume.
        other: VPath,
    },
    /// A parser finds a tag that is not kept, which would be in vain.
    #[error("-mtp finds the tag '{0}', which is not among those of -mte; add it with -mte +{0}.")]
    TagNotKept(String),
}
