//! Grants as text, letters of permissions and the accounts that get them: `rw` and `ed,@staff,-kim`.

use crate::account::{AccountName, GroupName};
use crate::perm::PermSet;
use crate::volume::{Grant, Principal};

/// Parses letters, and accounts separated by commas: `ed,@staff,-kim`.
///
/// # Errors
/// An unknown letter, an invalid name, no account at all.
pub(super) fn read_grant(letters: &str, people: &str) -> Result<Grant, String> {
    let letters = letters.trim();
    if letters.is_empty() {
        return Err(format!("',{people}' has no letters of permissions before the names; see --help-perms."));
    }
    let perms = PermSet::parse(letters).map_err(|letter| match letters.strip_prefix(['r', 'w', 'a']) {
        Some(name) if name.len() > 1 && AccountName::is_valid(name) => format!(
            "'{letter}' in '{letters}' is not a permission; see --help-perms. If '{name}' is an account, define it with -a."
        ),
        _ => format!("'{letter}' in '{letters}' is not a permission; see --help-perms."),
    })?;
    let (mut to, mut except) = (Vec::new(), Vec::new());
    for person in people.split(',').map(str::trim).filter(|person| !person.is_empty()) {
        match person.strip_prefix('-') {
            Some(person) => except.push(principal(person)?),
            None => to.push(principal(person)?),
        }
    }
    if to.is_empty() {
        return Err(format!("'{letters}: {people}' applies to no account; name an account, or * for everyone."));
    }
    Ok(Grant { perms, to, except })
}

fn principal(text: &str) -> Result<Principal, String> {
    match (text, text.strip_prefix('@')) {
        ("*", _) => Ok(Principal::Everyone),
        (_, Some("acct")) => Ok(Principal::LoggedIn),
        (_, Some(group)) if AccountName::is_valid(group) => Ok(Principal::Group(GroupName(group.into()))),
        (name, None) if AccountName::is_valid(name) => Ok(Principal::Account(name.into())),
        _ => Err(format!("'{text}' cannot be the name of an account or a group.")),
    }
}

/// Prints to whom a grant applies: `ed,@staff,-kim`.
pub(super) fn print_people(grant: &Grant, between: &str) -> String {
    let one = |principal: &Principal| match principal {
        Principal::Everyone => "*".to_owned(),
        Principal::LoggedIn => "@acct".to_owned(),
        Principal::Account(name) => name.as_str().to_owned(),
        Principal::Group(name) => format!("@{}", name.0),
    };
    let except = grant.except.iter().map(|principal| format!("-{}", one(principal)));
    grant.to.iter().map(one).chain(except).collect::<Vec<_>>().join(between)
}
