//! Who sends an upload.

use model::AccountName;
use vfs::access::Access;

/// Identity of a sender: account and address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sender {
    pub account: AccountName,
    pub address: String,
}

impl Sender {
    /// Returns the account and address that identify the sender of an upload.
    pub fn of(access: &Access) -> Self {
        Self { account: access.owner().clone(), address: access.client().address.to_string() }
    }

    /// Returns whether `account` at `address` is this sender. Visitors without any other identity are distinguished by
    /// address.
    pub fn is(&self, account: &AccountName, address: &str) -> bool {
        self.account == *account && (!account.is_owned_by_address() || self.address == address)
    }
}
