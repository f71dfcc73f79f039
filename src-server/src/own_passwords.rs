//! Passwords that people have chosen for their accounts (`--chpw`), where the accounts themselves are given at each start (`-a`,
//! configuration files): a file next to the sessions. A password that the start gives anew replaces the chosen one.

use crate::control::admin::{ControlError, ErrorCode};
use engine::accounts::{hash_password, password_fits};
use model::Settings;
use model::account::{Account, Secret};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Name of the file in the state folder.
const FILE: &str = "chosen-passwords.json";

type Chosen = BTreeMap<String, ChosenPassword>;

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ChosenPassword {
    /// Hash of the password that the start gave when this one was chosen.
    replaces: String,
    /// Hash of the chosen password.
    password: String,
}

/// Returns the path of the file.
pub fn path(settings: &Settings, state_folder: &Path) -> PathBuf {
    settings.login.own_passwords_file.clone().unwrap_or_else(|| state_folder.join(FILE))
}

/// Puts the chosen passwords into settings that the start has given, if people may choose any. Blocks.
///
/// # Errors
/// `CannotStart` if the file cannot be read: without it, old passwords would work again.
pub fn apply(mut settings: Settings, state_folder: &Path) -> Result<Settings, ControlError> {
    if !settings.login.own_passwords {
        return Ok(settings);
    }
    let chosen = load(&path(&settings, state_folder))?;
    let may = settings.login.clone();
    for account in settings.accounts.iter_mut().filter(|account| may.may_change_password(&account.name)) {
        let own = chosen.get(account.name.as_str());
        if let Some(own) = own.filter(|own| is_hash_of(&own.replaces, &account.secret)) {
            account.secret = Secret::Argon2(own.password.clone());
        }
    }
    Ok(settings)
}

/// Stores the password that an account has chosen. `account`: as it was before. Blocks.
///
/// # Errors
/// `CannotSave`; the file is as it was.
pub fn store(path: &Path, account: &Account, password: &str) -> Result<(), ControlError> {
    let unsaved = |error: &dyn std::fmt::Display| cannot_save(path, &error.to_string());
    let mut chosen = load(path)?;
    // A password that was chosen before replaces that of the start.
    let before = chosen.remove(account.name.as_str()).filter(|own| is_hash_of(&own.password, &account.secret));
    let replaces = match (before, &account.secret) {
        (Some(own), _) => own.replaces,
        (None, Secret::Argon2(hash)) => hash.clone(),
        (None, Secret::Plain(given)) => hash_password(given).map_err(|error| unsaved(&error))?,
    };
    let password = hash_password(password).map_err(|error| unsaved(&error))?;
    chosen.insert(account.name.as_str().to_owned(), ChosenPassword { replaces, password });
    let text = serde_json::to_string_pretty(&chosen).expect("texts are always JSON");
    store::settings_file::replace(path, &text).map_err(|error| unsaved(&error))
}

fn is_hash_of(hash: &str, secret: &Secret) -> bool {
    match secret {
        Secret::Plain(password) => password_fits(password, hash),
        Secret::Argon2(own) => own == hash,
    }
}

fn load(path: &Path) -> Result<Chosen, ControlError> {
    let text = store::settings_file::read(path).map_err(|error| unreadable(path, &error))?;
    text.map_or_else(
        || Ok(Chosen::default()),
        |text| serde_json::from_str(&text).map_err(|error| unreadable(path, &error)),
    )
}

fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> ControlError {
    let sentence = format!("The passwords that people have chosen cannot be read from {}: {error}.", path.display());
    ControlError::new(ErrorCode::CannotStart, sentence)
}

fn cannot_save(path: &Path, error: &str) -> ControlError {
    let (path, error) = (path.display().to_string(), error.to_owned());
    ControlError::said(ErrorCode::CannotSave, move |t| t.fault_settings_unsaved(&path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::AccountName;

    fn settings(password: &str) -> Settings {
        let mut settings = Settings::default();
        let secret = Secret::Plain(password.to_owned());
        settings.accounts.push(Account { name: AccountName::from("ann"), secret });
        settings.login.own_passwords = true;
        settings
    }

    fn opens(settings: &Settings, password: &str) -> bool {
        match &settings.accounts[0].secret {
            Secret::Plain(own) => own == password,
            Secret::Argon2(hash) => password_fits(password, hash),
        }
    }

    #[test]
    fn a_chosen_password_lasts_until_another_one_is_given() {
        let folder = tempfile::tempdir().expect("a folder");
        let given = settings("first");
        let path = path(&given, folder.path());
        assert!(opens(&apply(given.clone(), folder.path()).expect("applied"), "first"));
        store(&path, &given.accounts[0], "second").expect("stored");
        let now = apply(given.clone(), folder.path()).expect("applied");
        assert!(opens(&now, "second") && !opens(&now, "first"));
        store(&path, &now.accounts[0], "third").expect("stored");
        assert!(opens(&apply(given.clone(), folder.path()).expect("applied"), "third"));
        assert!(!std::fs::read_to_string(&path).expect("the file").contains("third"));
        // The administrator has given another one, or forbids to choose.
        assert!(opens(&apply(settings("anew"), folder.path()).expect("applied"), "anew"));
        for forbid in [
            |s: &mut Settings| s.login.own_passwords = false,
            |s: &mut Settings| {
                s.login.fixed_passwords.push(AccountName::from("ann"));
            },
        ] {
            let mut forbidden = given.clone();
            forbid(&mut forbidden);
            assert!(opens(&apply(forbidden, folder.path()).expect("applied"), "first"));
        }
        std::fs::write(&path, "{").expect("a damaged file");
        assert_eq!(apply(given, folder.path()).expect_err("unreadable").code, ErrorCode::CannotStart);
    }
}
