//! Loads the settings and starts the server with them. A damaged file is renamed; if a port is taken, another one is
//! used.
//!
//! The first start, without settings, shares nothing and accepts connections from this computer only, until the
//! questions in the window are answered: some systems ask the user about a listening program, and the window
//! explains that beforehand.

use crate::prefs::{PortFallback, PrefsStore, replace};
use model::Settings;
use server::control::ErrorCode;
use server::control::admin::{Problem, ProblemCode};
use server::{Control, ControlError, StartOptions, settings_file};
use std::path::{Path, PathBuf};

/// Ports to try if the configured one is taken.
const SPARE_PORTS: std::ops::RangeInclusive<u16> = 3924..=3933;

/// The paths of the settings.
#[derive(Clone, Debug)]
pub struct SettingsFiles {
    /// The settings.
    pub settings: PathBuf,
    /// The app's own preferences.
    pub prefs: PathBuf,
}

impl SettingsFiles {
    /// The named settings file, or the one in the user's settings folder; `None` if the system names no such folder.
    pub fn find(named: Option<&Path>) -> Option<Self> {
        let settings = match named {
            Some(path) => path.to_path_buf(),
            None => directories::BaseDirs::new()?.config_dir().join("potluck/settings.toml"),
        };
        let prefs = settings.with_file_name("desktop.toml");
        Some(Self { settings, prefs })
    }

    fn last_good(&self) -> PathBuf {
        with_suffix(&self.settings, ".last-good")
    }

    /// Saves a copy of working settings. Blocks.
    pub fn save_last_good(&self) {
        let copied = std::fs::read(&self.settings).and_then(|text| replace(&self.last_good(), &text));
        if let Err(error) = copied {
            tracing::warn!(%error, "no copy of the settings could be kept");
        }
    }
}

fn with_suffix(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Loaded settings, with the problems found while loading.
struct LoadedSettings {
    settings: Settings,
    problems: Vec<Problem>,
}

/// Returns the settings of the first start: announced in the local network, but without access from networks that are
/// not trusted yet. Shares are indexed while the computer has nothing else to do for them, and their state is kept below
/// the state folder `state`: people do not expect hidden folders in their own.
fn first_settings(state: Option<&Path>) -> Settings {
    let mut settings = Settings::default();
    settings.behaviour.hash_when_idle = true;
    settings.behaviour.hist = state.map(|state| state.join("shares"));
    settings.lan.announce = true;
    settings.lan.ask_networks = true;
    settings
}

/// Loads the settings; if they are damaged, the last working ones. Blocks.
fn load_settings(files: &SettingsFiles, state: Option<&Path>) -> LoadedSettings {
    let damage = match settings_file::load(&files.settings) {
        Ok(Some(settings)) => return LoadedSettings { settings, problems: Vec::new() },
        Ok(None) => return LoadedSettings { settings: first_settings(state), problems: Vec::new() },
        Err(damage) => damage,
    };
    let (old, is_first) = match settings_file::load(&files.last_good()) {
        Ok(Some(settings)) => (settings, false),
        _ => (first_settings(state), true),
    };
    let aside = with_suffix(&files.settings, &format!(".damaged-{}", jiff::Zoned::now().strftime("%Y%m%d-%H%M%S")));
    let put = match std::fs::rename(&files.settings, &aside) {
        Ok(()) => format!("The damaged file is kept as {}.", aside.display()),
        Err(error) => format!("The damaged file couldn't be renamed ({error})."),
    };
    let now =
        if is_first { "Nothing is shared until you set it up again" } else { "The last ones that worked are used" };
    let sentence = format!("The settings could not be read: {damage} {now}. {put}");
    tracing::error!("{sentence}");
    LoadedSettings { settings: old, problems: vec![Problem { code: ProblemCode::SettingsDamaged, sentence }] }
}

/// Starts the server; problems that did not prevent the start are reported in its overview.
///
/// # Errors
/// See [`server::start`].
pub async fn start(
    files: SettingsFiles,
    state_folder: Option<PathBuf>,
    prefs: &PrefsStore,
) -> Result<Control, ControlError> {
    let looked = files.clone();
    let state = state_folder.clone().or_else(server::default_state_folder);
    let found = tokio::task::spawn_blocking(move || load_settings(&looked, state.as_deref())).await;
    let mut found = found.map_err(|error| ControlError {
        code: ErrorCode::CannotStart,
        sentence: format!("The settings file couldn't be found: {error}."),
        faults: Vec::new(),
        saying: None,
    })?;
    if state_folder.is_some() {
        found.settings.state_folder = state_folder;
    }
    let control = start_on_free_port(&files, &mut found, prefs).await?;
    for problem in found.problems {
        control.report_problem(problem.code, problem.sentence);
    }
    // `save_last_good` logs its failures; the copy is not needed now.
    let _kept = tokio::task::spawn_blocking(move || files.save_last_good()).await;
    Ok(control)
}

async fn start_on_free_port(
    files: &SettingsFiles,
    found: &mut LoadedSettings,
    prefs: &PrefsStore,
) -> Result<Control, ControlError> {
    let candidates = ports_to_try(&found.settings.network.ports, prefs.get().port_fallback);
    let configured = candidates.first().cloned();
    let mut refused = None;
    for port in candidates {
        let mut settings = found.settings.clone();
        settings.network.ports = port;
        let ports = settings.network.ports.clone();
        let options = StartOptions {
            settings_file: Some(files.settings.clone()),
            track_activity: true,
            wait_for_setup: true,
            ..StartOptions::default()
        };
        match server::start(settings, options).await {
            Ok(control) => {
                let port_fallback = fallback_between(configured.as_deref(), &ports);
                if let Some(port_fallback) = port_fallback {
                    found.problems.push(port_taken_problem(port_fallback).await);
                }
                prefs.change(|prefs| prefs.port_fallback = port_fallback);
                return Ok(control);
            }
            Err(error) if error.code == ErrorCode::CannotListen => _ = refused.get_or_insert(error),
            Err(error) => return Err(error),
        }
    }
    Err(refused.expect("there is a port to try"))
}

/// Returns the ports to try, best first. Only a single configured port is replaced by another.
fn ports_to_try(configured: &[u16], port_fallback: Option<PortFallback>) -> Vec<Vec<u16>> {
    let [one] = configured else { return vec![configured.to_vec()] };
    let first = match port_fallback {
        // The settings have the fallback; the configured port may be free again.
        Some(port_fallback) if port_fallback.instead == *one => port_fallback.configured,
        _ => *one,
    };
    let mut all = vec![first, *one];
    if *one != 0 {
        all.extend(SPARE_PORTS);
    }
    let mut seen = std::collections::HashSet::new();
    all.into_iter().filter(|port| seen.insert(*port)).map(|port| vec![port]).collect()
}

fn fallback_between(configured: Option<&[u16]>, used: &[u16]) -> Option<PortFallback> {
    match (configured?, used) {
        ([configured], [instead]) if configured != instead => {
            Some(PortFallback { configured: *configured, instead: *instead })
        }
        _ => None,
    }
}

async fn port_taken_problem(port_fallback: PortFallback) -> Problem {
    let PortFallback { configured, instead } = port_fallback;
    let holder = tokio::task::spawn_blocking(move || {
        listeners::get_process_by_port(configured, listeners::Protocol::TCP).ok().map(|process| process.name)
    });
    let holder = match holder.await {
        Ok(Some(name)) => format!("the program {name}"),
        _ => "another program".into(),
    };
    let sentence = format!(
        "Port {configured} belongs to {holder}, so Potluck uses {instead} instead. To use {configured} again, quit that \
         program and restart Potluck."
    );
    tracing::warn!("{sentence}");
    Problem { code: ProblemCode::PortTaken, sentence }
}

#[cfg(test)]
mod tests;
