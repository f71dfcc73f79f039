//! The steps of a change of settings that can fail before anything is in force.

use super::options::StartOptions;
use crate::access_log;
use crate::blocking::blocking;
use crate::control::admin::{ControlError, ErrorCode, FaultAt};
use crate::settings_file;
use model::Settings;
use model::account::Account;
use std::path::PathBuf;

/// Settings that passed every check which needs no running part, with what was made from them.
pub struct PreparedSettings {
    /// The settings as they will be saved and in force.
    pub settings: Settings,
    /// The configuration of the access log.
    pub log: access_log::Config,
}

impl PreparedSettings {
    /// Hashes passwords and checks the log file. `before`: the settings in force, if any.
    ///
    /// # Errors
    /// `BadSettings` with every fault; `CannotStart` if the log file cannot be written.
    pub async fn new(
        options: &StartOptions,
        settings: Settings,
        before: Option<&Settings>,
    ) -> Result<Self, ControlError> {
        let known = before.map_or_else(Vec::new, |before| before.accounts.clone());
        let settings = with_hashes(options, settings, known).await?;
        let log = log_config(&settings, before).await?;
        Ok(Self { settings, log })
    }
}

/// Builds the configuration of the access log and checks that its file can be opened.
///
/// `before`: the settings in force. A log file that they name already is not checked again; otherwise a full disk would
/// prevent every other change of settings.
async fn log_config(settings: &Settings, before: Option<&Settings>) -> Result<access_log::Config, ControlError> {
    let config = access_log::Config::new(&settings.logging).map_err(|error| bad_pattern(&error))?;
    if before.is_some_and(|before| before.logging.file == settings.logging.file) {
        return Ok(config);
    }
    blocking(move || match config.try_file() {
        Ok(()) => Ok(config),
        Err((path, error)) => {
            let (path, error) = (path.display().to_string(), error.to_string());
            Err(ControlError::said(ErrorCode::CannotStart, move |t| t.fault_log_file(&path, &error)))
        }
    })
    .await
}

/// Returns the settings as they will be saved: plain passwords are replaced by hashes if there is a settings file. The
/// same values are put in force, because a restart from the file would otherwise end every session.
async fn with_hashes(
    options: &StartOptions,
    settings: Settings,
    known: Vec<Account>,
) -> Result<Settings, ControlError> {
    match options.settings_file {
        Some(_) => blocking(move || settings_file::hash_passwords(settings, &known)).await,
        None => Ok(settings),
    }
}

/// Writes the settings file, if there is one.
///
/// # Errors
/// `CannotSave`, `BadSettings`; the file is as it was.
pub async fn save_settings(options: &StartOptions, settings: Settings) -> Result<(), ControlError> {
    match options.settings_file.clone() {
        Some(path) => blocking(move || settings_file::save(&path, &settings)).await,
        None => Ok(()),
    }
}

fn bad_pattern(error: &regex::Error) -> ControlError {
    let fault = FaultAt::new("--lf-url", format!("This is no regular expression: {error}"));
    let sentence = format!("{}: {}", fault.at, fault.sentence);
    ControlError { faults: vec![fault], ..ControlError::new(ErrorCode::BadSettings, sentence) }
}

/// Returns the default folder for program state of the current user; `None` if the user has no home folder.
pub fn default_state_folder() -> Option<PathBuf> {
    let dirs = directories::ProjectDirs::from("", "", "potluck")?;
    Some(dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir()).to_owned())
}

/// Returns the state folder of the settings, or else the default folder for program state of the current user.
pub fn state_folder(settings: &Settings) -> Result<PathBuf, ControlError> {
    if let Some(folder) = &settings.state_folder {
        return Ok(folder.clone());
    }
    default_state_folder().ok_or_else(|| {
        ControlError::new(
            ErrorCode::CannotStart,
            "This user has no home folder to keep sessions and certificates in; name one with --state-folder.",
        )
    })
}
