//! Accounts, devices and bans in the admin API.

use super::admin::{Ban, Device, GroupInfo, Guest, People, Person, PersonDraft};
use super::shares::presets::preset_of;
use super::status::millis;
use super::{Control, ControlError, ErrorCode, FaultAt};
use crate::connections::Phase;
use crate::own_passwords;
use edge_http::ConnectionProofs;
use edge_http::texts::Texts;
use engine::EngineError;
use engine::accounts::{BanInfo, DeviceInfo, DeviceName, password_fits};
use model::account::{Account, Secret};
use model::volume::Principal;
use model::{AccountName, Settings};
use std::net::IpAddr;
use std::time::SystemTime;

/// Minimum and maximum length of a password that is set here. Guesses are slowed down and banned, so six characters
/// suffice. A password longer than the sign-in form accepts would lock its owner out.
const PASSWORD_CHARS_MIN: usize = 6;
const PASSWORD_BYTES_MAX: usize = 64;

impl Control {
    /// Returns accounts, groups, devices and bans.
    ///
    /// # Errors
    /// `CannotStart` if the sessions cannot be read.
    pub async fn people(&self) -> Result<People, ControlError> {
        let accounts = &self.app.engine.accounts;
        let devices = accounts.devices().await?;
        let caller = self.caller.as_ref();
        let this = match caller {
            Some(caller) => accounts.device_of(caller).await?,
            None => None,
        };
        let snapshot = self.app.engine.snapshot();
        let groups = snapshot.settings.groups.iter().map(|group| GroupInfo {
            name: group.name.0.to_string(),
            members: group.members.iter().map(|name| name.as_str().to_owned()).collect(),
        });
        Ok(People {
            people: snapshot
                .settings
                .accounts
                .iter()
                .map(|one| Person {
                    is_you: caller.is_some_and(|caller| *caller.account() == one.name),
                    ..person(&snapshot.settings, &one.name, &devices)
                })
                .collect(),
            groups: groups.collect(),
            devices: devices
                .into_iter()
                .map(|info| Device { is_this: this.as_ref() == Some(&info.id), ..device(info) })
                .collect(),
            bans: accounts.bans().into_iter().map(ban).collect(),
        })
    }

    /// Creates an account, or changes the one called `was`. A new name or password logs its devices out.
    ///
    /// # Errors
    /// `BadSettings` with faults at `name` and `password`; `NotFound` if there is no account called `was`; those of
    /// [`Control::apply`]. Nothing has changed then.
    pub async fn save_person(&self, was: Option<String>, person: PersonDraft) -> Result<People, ControlError> {
        let ends = was.clone().filter(|was| *was != person.name || person.password.is_some());
        self.change(move |settings| save(settings, was.as_deref(), &person)).await?;
        if let Some(name) = ends {
            self.app.engine.accounts.revoke_account(&name.as_str().into()).await.map_err(not_written)?;
        }
        self.people().await
    }

    /// Changes the password of an account on behalf of the person to whom it belongs, who has proved the present one. Logs all its
    /// devices out.
    ///
    /// # Errors
    /// `NotHere` if people may not; `BadSettings` with a fault at `password`; those of [`Control::apply`]. Nothing has changed then.
    pub(crate) async fn change_own_password(&self, name: &AccountName, password: String) -> Result<(), ControlError> {
        let (account, is_in_file) = (name.clone(), self.app.options.settings_file.is_some());
        let folder = self.app.state_folder.clone();
        let edit = move |settings: &mut Settings| {
            let at = index_of(settings, &account)?;
            if !settings.login.may_change_password(&account) {
                return Err(ControlError::said(ErrorCode::NotHere, |t| t.password_fixed().into()));
            }
            let faults: Vec<_> = own_password_fault(settings, at, &password).into_iter().collect();
            if !faults.is_empty() {
                return Err(ControlError::bad_settings(faults));
            }
            if !is_in_file {
                let path = own_passwords::path(settings, &folder);
                own_passwords::store(&path, &settings.accounts[at], &password)?;
            }
            settings.accounts[at].secret = Secret::Plain(password);
            Ok(())
        };
        self.change(edit).await?;
        self.app.engine.accounts.revoke_account(name).await.map_err(not_written)?;
        Ok(())
    }

    /// Removes an account. Its devices are logged out and its transfers end.
    ///
    /// # Errors
    /// `NotFound`; those of [`Control::apply`]. Nothing has changed then.
    pub async fn remove_person(&self, name: &str) -> Result<People, ControlError> {
        let gone = AccountName::from(name);
        let account = gone.clone();
        self.change(move |settings| remove(settings, &gone)).await?;
        let revoked = self.app.engine.accounts.revoke_account(&account).await;
        let sessions = revoked.as_deref().unwrap_or_default();
        let is_its = |proofs: &ConnectionProofs| sessions.iter().any(|session| proofs.is_used_by_session(*session));
        self.app
            .conns
            .enter(Phase::Killed, |conn| conn.account().as_deref() == Some(account.as_str()) || is_its(&conn.proofs));
        revoked.map_err(not_written)?;
        self.people().await
    }

    /// Renames a device.
    ///
    /// # Errors
    /// `BadSettings` with a fault at `name`; `NotFound`; `CannotSave`.
    pub async fn rename_device(&self, id: &str, name: &str) -> Result<People, ControlError> {
        let name = DeviceName::parse(name)
            .map_err(|sentence| ControlError::bad_settings(vec![FaultAt::new("name", sentence)]))?;
        match self.app.engine.accounts.rename_device(id, name).await.map_err(not_written)? {
            true => self.people().await,
            false => Err(no_device()),
        }
    }

    /// Logs a device out and ends its transfers at once.
    ///
    /// # Errors
    /// `NotFound`; `CannotSave` (the device is logged out until the program ends, but may be logged in again after a
    /// restart).
    pub async fn revoke_device(&self, id: &str) -> Result<People, ControlError> {
        let session = self.app.engine.accounts.revoke_device(id).await.map_err(not_written)?.ok_or_else(no_device)?;
        self.app.conns.enter(Phase::Killed, |conn| conn.proofs.is_used_by_session(session));
        self.people().await
    }

    /// Ends a ban. `address`: as listed by [`Control::people`], or any address of that network.
    ///
    /// # Errors
    /// `NotFound` if the address is not banned.
    pub async fn unban(&self, address: &str) -> Result<People, ControlError> {
        let address: Option<IpAddr> = address.trim_end_matches("/64").parse().ok();
        match address.is_some_and(|address| self.app.engine.accounts.unban(address)) {
            true => self.people().await,
            false => Err(ControlError::said(ErrorCode::NotFound, |t| t.fault_not_blocked().into())),
        }
    }
}

fn no_device() -> ControlError {
    ControlError::said(ErrorCode::NotFound, |t| t.fault_no_device().into())
}

fn not_written(error: EngineError) -> ControlError {
    ControlError::new(ErrorCode::CannotSave, error.to_string())
}

fn person(settings: &Settings, name: &AccountName, devices: &[DeviceInfo]) -> Person {
    let groups = settings.groups_of(name);
    let reached = settings.volumes.iter().filter(|volume| {
        let everyones = volume.rights(&AccountName::anonymous(), &[]);
        !volume.rights(name, &groups).without(everyones).is_empty()
    });
    let own = devices.iter().filter(|device| device.account.as_ref() == Some(name));
    Person {
        name: name.as_str().into(),
        shares: reached.map(|volume| volume.mount.display()).collect(),
        devices: u32::try_from(own.count()).unwrap_or(u32::MAX),
        is_admin: settings.login.admins.contains(name),
        is_you: false,
    }
}

fn device(info: DeviceInfo) -> Device {
    Device {
        id: info.id.to_string(),
        name: info.name.as_str().into(),
        account: info.account.map(|name| name.as_str().into()),
        guest: info.guest.map(|guest| Guest {
            path: guest.path.display(),
            may: preset_of(guest.rights),
            link: guest.link,
        }),
        address: info.address.map_or_else(String::new, |address| address.to_string()),
        first_seen_ms: info.first_seen_ms,
        last_seen_ms: info.last_seen_ms,
        expires_ms: info.expires_ms,
        is_this: false,
    }
}

fn ban(info: BanInfo) -> Ban {
    let address = match info.address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(network) => format!("{network}/64"),
    };
    Ban { address, until_ms: millis(SystemTime::now() + info.left) }
}

/// Adds the account of `draft`, or changes the one called `was`.
fn save(settings: &mut Settings, was: Option<&str>, draft: &PersonDraft) -> Result<(), ControlError> {
    let was = was.map(AccountName::from);
    let at = was.as_ref().map(|was| index_of(settings, was)).transpose()?;
    let faults: Vec<_> =
        [name_fault(settings, at, &draft.name), password_fault(settings, at, draft)].into_iter().flatten().collect();
    if !faults.is_empty() {
        return Err(ControlError::bad_settings(faults));
    }
    let name = AccountName::from(draft.name.as_str());
    let secret = draft.password.clone().map(Secret::Plain);
    match (at, was) {
        (Some(at), Some(was)) => {
            settings.accounts[at].name = name.clone();
            if let Some(secret) = secret {
                settings.accounts[at].secret = secret;
            }
            rename(settings, &was, &name);
        }
        _ => settings.accounts.extend(secret.map(|secret| Account { name: name.clone(), secret })),
    }
    settings.accounts.sort_by(|a, b| a.name.cmp(&b.name));
    settings.login.admins.retain(|admin| *admin != name);
    if draft.is_admin {
        settings.login.admins.push(name);
        settings.login.admins.sort();
    }
    Ok(())
}

fn index_of(settings: &Settings, name: &AccountName) -> Result<usize, ControlError> {
    let at = settings.accounts.iter().position(|account| account.name == *name);
    at.ok_or_else(|| {
        let name = name.as_str().to_owned();
        ControlError::said(ErrorCode::NotFound, move |t| t.fault_no_account(&name))
    })
}

fn others(settings: &Settings, at: Option<usize>) -> impl Iterator<Item = &Account> {
    settings.accounts.iter().enumerate().filter(move |(i, _)| Some(*i) != at).map(|(_, account)| account)
}

fn name_fault(settings: &Settings, at: Option<usize>, name: &str) -> Option<FaultAt> {
    if !AccountName::is_valid(name) {
        return Some(FaultAt::said("name", |t| t.fault_name_chars().into()));
    }
    let is_taken = others(settings, at).any(|account| account.name.as_str() == name);
    let name = name.to_owned();
    is_taken.then(|| FaultAt::said("name", move |t| t.fault_name_taken(&name)))
}

fn password_fault(settings: &Settings, at: Option<usize>, draft: &PersonDraft) -> Option<FaultAt> {
    let Some(password) = &draft.password else {
        return at.is_none().then(|| FaultAt::said("password", |t| t.fault_password_empty().into()));
    };
    if password.chars().count() < PASSWORD_CHARS_MIN {
        return Some(FaultAt::said("password", |t| t.fault_password_short().into()));
    }
    unfit_password(settings, at, password)
}

/// Returns what is wrong with a password that a person has chosen for the account at a position.
fn own_password_fault(settings: &Settings, at: usize, password: &str) -> Option<FaultAt> {
    let least = settings.login.own_password_chars;
    if password.chars().count() < least as usize {
        return Some(FaultAt::said("password", move |t| t.password_short(&least.to_string())));
    }
    unfit_password(settings, Some(at), password)
}

fn unfit_password(settings: &Settings, at: Option<usize>, password: &str) -> Option<FaultAt> {
    let say: fn(Texts) -> &'static str = if password.len() > PASSWORD_BYTES_MAX {
        Texts::fault_password_long
    } else if password.chars().any(char::is_control) {
        Texts::fault_password_control
    } else if !settings.login.usernames_required && others(settings, at).any(|other| fits(password, &other.secret)) {
        Texts::fault_password_shared
    } else {
        return None;
    };
    Some(FaultAt::said("password", move |t| say(t).into()))
}

fn fits(password: &str, secret: &Secret) -> bool {
    match secret {
        Secret::Plain(other) => other == password,
        Secret::Argon2(hash) => password_fits(password, hash),
    }
}

/// Renames an account everywhere in the settings except in the list of accounts.
fn rename(settings: &mut Settings, was: &AccountName, name: &AccountName) {
    let members = settings.groups.iter_mut().flat_map(|group| &mut group.members);
    members.chain(&mut settings.login.admins).filter(|one| *one == was).for_each(|one| *one = name.clone());
    let grants = settings.volumes.iter_mut().flat_map(|volume| &mut volume.grants);
    let principals = grants.flat_map(|grant| grant.to.iter_mut().chain(&mut grant.except));
    let named = principals.filter(|one| matches!(one, Principal::Account(of) if of == was));
    named.for_each(|one| *one = Principal::Account(name.clone()));
    settings.groups.iter_mut().for_each(|group| group.members.sort());
}

/// Removes an account from the settings. A grant for this account alone is removed with it; a grant that excepts it
/// stays.
fn remove(settings: &mut Settings, name: &AccountName) -> Result<(), ControlError> {
    let at = index_of(settings, name)?;
    settings.accounts.remove(at);
    settings.groups.iter_mut().for_each(|group| group.members.retain(|member| member != name));
    settings.login.admins.retain(|admin| admin != name);
    let is_other = |principal: &Principal| !matches!(principal, Principal::Account(of) if of == name);
    for volume in &mut settings.volumes {
        volume.grants.iter_mut().for_each(|grant| {
            grant.to.retain(is_other);
            grant.except.retain(is_other);
        });
        volume.grants.retain(|grant| !grant.to.is_empty());
    }
    Ok(())
}

#[cfg(test)]
#[path = "people_tests.rs"]
mod tests;
