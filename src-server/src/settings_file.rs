//! The settings file that this program owns (the desktop app names it when it starts the server).
//!
//! Its first line marks it as owned by the program, and only such a file is ever overwritten: a file written by a
//! person, with comments and an order of its own, is left alone. The format is TOML ([`model::config::toml_out`]);
//! passwords appear as hashes.

use crate::control::{ControlError, ErrorCode};
use crate::environment;
use engine::accounts::{hash_password, password_fits};
use model::Settings;
use model::account::{Account, Secret};

use model::config::toml_out::to_toml;
use model::config::{Action, FileKind, ParseEnv, parse_toml};
use model::settings::{Contradiction, Fault};
use std::path::Path;

/// First line of a file owned by the program.
const OURS: &str = "# Potluck keeps its settings here and writes this file anew with every change.\n";

/// Reads the saved settings; `None` if the file does not exist. Relative paths are based on its folder. Blocks.
///
/// # Errors
/// `BadSettings` with every fault; `CannotStart` if the file cannot be read.
pub fn load(path: &Path) -> Result<Option<Settings>, ControlError> {
    let text = store::settings_file::read(path).map_err(|error| {
        let sentence = format!("The settings cannot be read from their file ({error}).");
        ControlError::new(ErrorCode::CannotStart, sentence)
    })?;
    let Some(text) = text else { return Ok(None) };
    let folder = path.parent().unwrap_or(Path::new("/"));
    environment::with_cwd(folder, |env| parse(&text, &path.display().to_string(), env)).map(Some)
}

fn parse(text: &str, name: &str, env: &ParseEnv<'_>) -> Result<Settings, ControlError> {
    match parse_toml(text, name, env).map(|parsed| parsed.action) {
        Ok(Action::Serve(serve)) => Ok(serve.settings),
        Ok(_) => Ok(Settings::default()),
        Err(faults) => Err(bad(faults)),
    }
}

fn bad(faults: Vec<Fault>) -> ControlError {
    engine::EngineError::BadSettings(faults).into()
}

/// Replaces plain passwords by hashes. Where `known` has a hash of the same password, that hash is kept, so that
/// sessions stay valid. Takes some tens of milliseconds for each password and hash. Blocks.
///
/// # Errors
/// `BadSettings`: faults of passwords are found here, because hashes would hide them. `CannotStart` if the system
/// provides no random bytes or no memory.
pub(crate) fn hash_passwords(mut settings: Settings, known: &[Account]) -> Result<Settings, ControlError> {
    settings.check().map_err(bad)?;
    if !settings.login.usernames_required {
        check_unique(&settings.accounts)?;
    }
    for account in &mut settings.accounts {
        let Secret::Plain(password) = &account.secret else { continue };
        let before = known.iter().filter(|other| other.name == account.name).find_map(|other| match &other.secret {
            Secret::Argon2(hash) if password_fits(password, hash) => Some(hash.clone()),
            _ => None,
        });
        account.secret = Secret::Argon2(before.map_or_else(|| hash_password(password), Ok)?);
    }
    Ok(settings)
}

/// Checks that no plain password matches the hash of another account, since a password alone identifies its account.
fn check_unique(accounts: &[Account]) -> Result<(), ControlError> {
    for account in accounts {
        let Secret::Plain(password) = &account.secret else { continue };
        let fits = |other: &&Account| matches!(&other.secret, Secret::Argon2(hash) if password_fits(password, hash));
        if let Some(other) = accounts.iter().find(fits) {
            let why = Contradiction::SamePassword(other.name.clone(), account.name.clone());
            return Err(bad(vec![Fault::contradiction("-a", why)]));
        }
    }
    Ok(())
}

/// Writes `settings`, unless the file has this content already. Blocks.
///
/// # Errors
/// `CannotSave`, also if the file is not owned by the program; `BadSettings` if a value would not be read back
/// unchanged. The file is unchanged then.
pub(crate) fn save(path: &Path, settings: &Settings) -> Result<(), ControlError> {
    let there = store::settings_file::read(path).map_err(|error| unsaved(path, &error))?;
    let settings = sorted(settings.clone());
    let text = format!("{OURS}\n{}", to_toml(&settings));
    check(&text, &settings)?;
    match there {
        Some(there) if there == text => return Ok(()),
        Some(there) if !there.starts_with(OURS) => {
            let sentence = format!(
                "The file {} was not written by this program, so it is left alone. Choose another one, or move it away.",
                path.display()
            );
            return Err(ControlError::new(ErrorCode::CannotSave, sentence));
        }
        _ => {}
    }
    store::settings_file::replace(path, &text).map_err(|error| unsaved(path, &error))
}

fn unsaved(path: &Path, error: &dyn std::fmt::Display) -> ControlError {
    let (path, error) = (path.display().to_string(), error.to_string());
    ControlError::said(ErrorCode::CannotSave, move |t| t.fault_settings_unsaved(&path, &error))
}

/// Checks that `text` is read back as `settings` (sorted) on any machine; names that are not UTF-8, for example, are
/// not.
fn check(text: &str, settings: &Settings) -> Result<(), ControlError> {
    let nowhere = ParseEnv {
        cwd: Path::new("/"),
        home: None,
        kind_of: &|_| FileKind::Folder,
        read_file: &|_| Err("nothing is read".into()),
        list_dir: &|_| Err("nothing is read".into()),
        var: &|_| None,
    };
    let again = parse(text, "settings", &nowhere)?;
    let parts = [
        ("-v", again.volumes == settings.volumes),
        ("-a", again.accounts == settings.accounts),
        ("--grp", again.groups == settings.groups),
        ("network", again.network == settings.network),
        ("login", again.login == settings.login),
        ("logging", again.logging == settings.logging),
        ("other settings", again.behaviour == settings.behaviour && again.state_folder == settings.state_folder),
    ];
    let faults: Vec<Fault> = parts.iter().filter(|(_, same)| !same).map(|(at, _)| lossy(at)).collect();
    if faults.is_empty() { Ok(()) } else { Err(bad(faults)) }
}

fn lossy(at: &str) -> Fault {
    let sentence = "A value cannot be saved unchanged, such as a path that is not UTF-8; choose another.";
    Fault::new(at, sentence)
}

/// Sorts as reading does; the order has no meaning.
fn sorted(mut settings: Settings) -> Settings {
    settings.accounts.sort_by(|a, b| a.name.cmp(&b.name));
    settings.groups.sort_by(|a, b| a.name.cmp(&b.name));
    for group in &mut settings.groups {
        group.members.sort();
        group.members.dedup();
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::VPath;
    use model::account::{Group, GroupName};
    use model::volume::{Grant, Principal, Volume, VolumeFlags};

    fn settings() -> Settings {
        let mut settings = Settings::default();
        for (name, password) in [("kim", "secret 1"), ("ann", "secret 2")] {
            settings.accounts.push(Account { name: name.into(), secret: Secret::Plain(password.into()) });
        }
        let members = vec!["kim".into(), "ann".into(), "kim".into()];
        settings.groups.push(Group { name: GroupName("staff".into()), members });
        settings.network.ports = vec![4000, 4001];
        settings.behaviour.name = "Kim's \"files\"".into();
        settings.volumes.push(Volume {
            source: "/srv/a b".into(),
            mount: VPath::parse(b"music").unwrap(),
            grants: vec![Grant {
                perms: model::PermSet::parse("rw").unwrap(),
                to: vec![Principal::Group(GroupName("staff".into())), Principal::Everyone],
                except: vec![Principal::Account("ann".into())],
            }],
            flags: VolumeFlags { lifetime_secs: Some(60), ..VolumeFlags::default() },
        });
        settings
    }

    #[test]
    fn what_is_saved_is_loaded() {
        let tmp = tempfile::tempdir().unwrap();
        let path = tmp.path().join("config/settings.toml");
        assert_eq!(load(&path).unwrap(), None);
        let hashed = hash_passwords(settings(), &[]).unwrap();
        save(&path, &hashed).unwrap();
        let loaded = load(&path).unwrap().unwrap();
        assert_eq!(loaded, sorted(hashed));
        assert_eq!(loaded.network.ports, [4000, 4001]);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with(OURS) && !text.contains("secret 1"), "{text}");

        // Saving the same settings does not touch the file.
        let before = std::fs::metadata(&path).unwrap().modified().unwrap();
        save(&path, &loaded).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().modified().unwrap(), before);
    }

    #[test]
    fn known_hashes_stay() {
        let first = hash_passwords(settings(), &[]).unwrap();
        let mut changed = settings();
        changed.accounts[1].secret = Secret::Plain("another".into());
        let second = hash_passwords(changed, &first.accounts).unwrap();
        assert_eq!(second.accounts[0], first.accounts[0]);
        assert_ne!(second.accounts[1], first.accounts[1]);
        let Secret::Argon2(hash) = &second.accounts[1].secret else { panic!("hashed") };
        assert!(password_fits("another", hash) && !password_fits("secret 2", hash));
    }

    #[test]
    fn equal_passwords_of_two_accounts_are_refused() {
        let refused = |settings: Settings| {
            let error = hash_passwords(settings, &[]).unwrap_err();
            assert!(error.code == ErrorCode::BadSettings && error.sentence.contains("same password"), "{error}");
        };
        let mut same = settings();
        same.accounts[1].secret = same.accounts[0].secret.clone();
        refused(same.clone());
        same.accounts[1].secret = Secret::Argon2(hash_password("secret 1").unwrap());
        refused(same.clone());
        same.login.usernames_required = true;
        assert!(hash_passwords(same, &[]).is_ok());
    }

    #[test]
    fn a_file_written_by_a_person_is_left_alone() {
        let tmp = tempfile::tempdir().unwrap();
        let path = tmp.path().join("mine.toml");
        let text = "# my own\n[general]\nname = 'x'\n";
        std::fs::write(&path, text).unwrap();
        assert_eq!(load(&path).unwrap().unwrap().behaviour.name, "x", "it may be read");
        let error = save(&path, &Settings::default()).unwrap_err();
        assert!(error.code == ErrorCode::CannotSave && error.sentence.contains("left alone"), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }

    #[test]
    fn faults_are_returned() {
        let tmp = tempfile::tempdir().unwrap();
        let path = tmp.path().join("s.toml");
        std::fs::write(&path, "[network]\nports = 'x'\n[nothing]\n").unwrap();
        let error = load(&path).unwrap_err();
        assert_eq!((error.code, error.faults.len()), (ErrorCode::BadSettings, 2), "{error}");
        std::fs::write(&path, b"\xff").unwrap();
        assert_eq!(load(&path).unwrap_err().code, ErrorCode::CannotStart);
        assert_eq!(save(&path.join("below"), &settings()).unwrap_err().code, ErrorCode::CannotSave);
    }

    #[cfg(unix)]
    #[test]
    fn values_that_would_not_be_read_back_are_refused() {
        use std::os::unix::ffi::OsStringExt;
        let tmp = tempfile::tempdir().unwrap();
        let path = tmp.path().join("s.toml");
        let mut odd = settings();
        odd.volumes[0].source = std::ffi::OsString::from_vec(b"/srv/\xff".to_vec()).into();
        let error = save(&path, &odd).unwrap_err();
        assert_eq!((error.code, error.faults[0].at.as_str()), (ErrorCode::BadSettings, "-v"), "{error}");
        assert!(!path.exists());
    }
}
