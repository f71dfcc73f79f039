//! Accounts and groups: who somebody is.

use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The name of an account. `*` is the anonymous visitor, `*/ID` one of them that is told from the others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountName(pub Arc<str>);

impl AccountName {
    /// The anonymous visitor, `*`.
    pub fn anonymous() -> Self {
        Self("*".into())
    }
    /// One of the anonymous visitors, as the owner of uploads.
    pub fn visitor(id: &str) -> Self {
        Self(format!("*/{id}").into())
    }
    /// Whether this is an anonymous visitor.
    pub fn is_anonymous(&self) -> bool {
        &*self.0 == "*" || self.0.starts_with("*/")
    }
    /// Whether what belongs to this name belongs to an address: the anonymous visitor who is not told from others.
    pub fn is_owned_by_address(&self) -> bool {
        &*self.0 == "*"
    }
    /// The name without what tells anonymous visitors apart.
    #[must_use]
    pub fn public(&self) -> Self {
        if self.is_anonymous() { Self::anonymous() } else { self.clone() }
    }
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// Whether `text` may be used as the name of an account: 1 to 64 characters, no control characters, blanks, or
    /// characters with a meaning on the command line (`: , * @ /`), not starting with `-`.
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

/// What proves an account.
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

/// Somebody who can log in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Unique among accounts; never `*`.
    pub name: AccountName,
    /// What proves it. Unique among accounts, since a password alone identifies its account.
    pub secret: Secret,
}

/// Accounts under one name, for grants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Unique among groups.
    pub name: GroupName,
    /// Members; every one is a known account.
    pub members: Vec<AccountName>,
}
