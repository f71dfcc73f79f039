//! Accounts, groups, and the secrets that authenticate accounts.

use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The name of an account. `*` is the anonymous visitor, `*/ID` an anonymous visitor identified by a cookie.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountName(pub Arc<str>);

impl AccountName {
    /// Returns the anonymous visitor, `*`.
    pub fn anonymous() -> Self {
        Self("*".into())
    }
    /// Returns the name `*/ID` of an identified anonymous visitor, as the owner of uploads.
    pub fn visitor(id: &str) -> Self {
        Self(format!("*/{id}").into())
    }
    /// Returns true for anonymous visitors, identified or not.
    pub fn is_anonymous(&self) -> bool {
        &*self.0 == "*" || self.0.starts_with("*/")
    }
    /// Returns true for `*`: uploads of this name belong to the client's address, since the name does not tell visitors
    /// apart.
    pub fn is_owned_by_address(&self) -> bool {
        &*self.0 == "*"
    }
    /// Returns the name to show to others: `*` for every anonymous visitor, without the ID.
    #[must_use]
    pub fn public(&self) -> Self {
        if self.is_anonymous() { Self::anonymous() } else { self.clone() }
    }
    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// Returns whether `text` may be the name of an account: 1 to 64 characters, no control characters, no blanks, none
    /// of the characters with a meaning on the command line (`: , * @ /`), not starting with `-`.
    pub fn is_valid(text: &str) -> bool {
        let chars = text.chars().count();
        (1..=64).contains(&chars)
            && !text.starts_with('-')
            && !text.chars().any(|c| c.is_control() || c.is_whitespace() || ":,*@/".contains(c))
    }
}

impl From<&str> for AccountName {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

/// The name of a group of accounts, without the `@`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GroupName(pub Arc<str>);

/// The secret that authenticates an account.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Secret {
    /// A password in clear, from an old-style command line or file; it is hashed in memory before it is used.
    Plain(String),
    /// An Argon2id hash in PHC string form, `$argon2id$v=19$...`.
    Argon2(String),
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// A person or program that can log in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Unique among accounts; never `*`.
    pub name: AccountName,
    /// The password or its hash. Unique among accounts, since a password alone identifies its account.
    pub secret: Secret,
}

/// A named set of accounts, for grants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Unique among groups.
    pub name: GroupName,
    /// Members; each is a known account.
    pub members: Vec<AccountName>,
}
