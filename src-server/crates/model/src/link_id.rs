//! Identifiers of share links.

use crate::AccountName;
use std::fmt;
use std::sync::Arc;

/// Prefix of the account names of link visitors: `guest/ID/WHO`. Real account names contain no `/`.
const GUEST: &str = "guest/";

/// Identifies a share link; gives no access.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkId(Arc<str>);

impl LinkId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// Returns the link of a visitor, from the visitor's account name; `None` for other accounts.
    pub fn of_account(account: &AccountName) -> Option<Self> {
        let (id, _who) = account.as_str().strip_prefix(GUEST)?.split_once('/')?;
        Some(Self::from(id))
    }
    /// Returns the account name of one visitor of the link. `who` distinguishes the visitors.
    pub fn visitor(&self, who: &str) -> AccountName {
        AccountName::from(format!("{GUEST}{}/{who}", self.0).as_str())
    }
}

impl From<&str> for LinkId {
    fn from(id: &str) -> Self {
        Self(id.into())
    }
}

impl fmt::Display for LinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visitors_lead_to_their_link() {
        let id = LinkId::from("abc");
        assert_eq!(LinkId::of_account(&id.visitor("x7")), Some(id));
        assert_eq!(LinkId::of_account(&AccountName::from("guest/abc")), None);
        assert_eq!(LinkId::of_account(&AccountName::from("ed")), None);
    }
}
