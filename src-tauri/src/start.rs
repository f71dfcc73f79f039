//! Finds the settings and starts the server with them: damaged ones are put aside, a port that is taken is given up.
//!
//! The first start, without any settings, shares nothing, and nobody but this computer gets in until the window's questions
//! are answered: some systems ask the person about a program that listens, and the window explains that beforehand.

use crate::prefs::{Detour, Kept, replace};
use model::Settings;
use server::control::ErrorCode;
use server::control::admin::{Problem, ProblemCode};
use server::{Control, ControlError, StartOptions, settings_file};
use std::path::{Path, PathBuf};

/// Ports to try when the wished one is taken.
const SPARE_PORTS: std::ops::RangeInclusive<u16> = 3924..=3933;

/// Where the settings are kept.
#[derive(Clone, Debug)]
pub struct Files {
    /// The settings.
    pub settings: PathBuf,
    /// The app's own preferences.
    pub prefs: PathBuf,
}

impl Files {
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
        beside(&self.settings, ".last-good")
    }

    /// Keeps a copy of settings that are in force. Blocks.
    pub fn keep_good(&self) {
        let copied = std::fs::read(&self.settings).and_then(|text| replace(&self.last_good(), &text));
        if let Err(error) = copied {
            tracing::warn!(%error, "no copy of the settings could be kept");
        }
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Settings to start with.
struct Found {
    settings: Settings,
    problems: Vec<Problem>,
}

/// What a desktop begins with: neighbours are told, but in a new network nobody gets in before a person has said so.
fn first_settings() -> Settings {
    let mut settings = Settings::default();
    settings.lan.announce = true;
    settings.lan.ask_networks = true;
    settings
}

/// Reads the settings; if they are damaged, the last good ones. Blocks.
fn find(files: &Files) -> Found {
    let damage = match settings_file::load(&files.settings) {
        Ok(Some(settings)) => return Found { settings, problems: Vec::new() },
        Ok(None) => return Found { settings: first_settings(), problems: Vec::new() },
        Err(damage) => damage,
    };
    let (old, is_first) = match settings_file::load(&files.last_good()) {
        Ok(Some(settings)) => (settings, false),
        _ => (first_settings(), true),
    };
    let aside = beside(&files.settings, &format!(".damaged-{}", jiff::Zoned::now().strftime("%Y%m%d-%H%M%S")));
    let put = match std::fs::rename(&files.settings, &aside) {
        Ok(()) => format!("The damaged file is kept as {}.", aside.display()),
        Err(error) => format!("The damaged file couldn't be renamed ({error})."),
    };
    let now =
        if is_first { "Nothing is shared until you set it up again" } else { "The last ones that worked are used" };
    let sentence = format!("The settings could not be read: {damage} {now}. {put}");
    tracing::error!("{sentence}");
    Found { settings: old, problems: vec![Problem { code: ProblemCode::SettingsDamaged, sentence }] }
}

/// Starts the server; problems that did not keep it from starting are told at its door.
///
/// # Errors
/// See [`server::start`].
pub async fn start(files: Files, state_folder: Option<PathBuf>, prefs: &Kept) -> Result<Control, ControlError> {
    let looked = files.clone();
    let found = tokio::task::spawn_blocking(move || find(&looked)).await;
    let mut found = found.map_err(|error| ControlError {
        code: ErrorCode::CannotStart,
        sentence: format!("The settings file couldn't be found: {error}."),
        faults: Vec::new(),
    })?;
    if state_folder.is_some() {
        found.settings.state_folder = state_folder;
    }
    let control = on_a_free_port(&files, &mut found, prefs).await?;
    for problem in found.problems {
        control.tell(problem.code, problem.sentence);
    }
    // A failure has been logged; the copy is for another day.
    let _kept = tokio::task::spawn_blocking(move || files.keep_good()).await;
    Ok(control)
}

async fn on_a_free_port(files: &Files, found: &mut Found, prefs: &Kept) -> Result<Control, ControlError> {
    let wishes = ports(&found.settings.network.ports, prefs.get().detour);
    let wished = wishes.first().cloned();
    let mut refused = None;
    for port in wishes {
        let mut settings = found.settings.clone();
        settings.network.ports = port;
        let ports = settings.network.ports.clone();
        let options = StartOptions {
            settings_file: Some(files.settings.clone()),
            track_activity: true,
            asks_first: true,
            ..StartOptions::default()
        };
        match server::start(settings, options).await {
            Ok(control) => {
                let detour = detour(wished.as_deref(), &ports);
                if let Some(detour) = detour {
                    found.problems.push(taken(detour).await);
                }
                prefs.change(|prefs| prefs.detour = detour);
                return Ok(control);
            }
            Err(error) if error.code == ErrorCode::CannotListen => _ = refused.get_or_insert(error),
            Err(error) => return Err(error),
        }
    }
    Err(refused.expect("there is a port to try"))
}

/// The ports to try, best first. Only a single port is given up for another.
fn ports(configured: &[u16], detour: Option<Detour>) -> Vec<Vec<u16>> {
    let [one] = configured else { return vec![configured.to_vec()] };
    let first = match detour {
        // The settings have what was taken instead; the wished one may be free again.
        Some(detour) if detour.instead == *one => detour.wished,
        _ => *one,
    };
    let mut all = vec![first, *one];
    if *one != 0 {
        all.extend(SPARE_PORTS);
    }
    let mut seen = std::collections::HashSet::new();
    all.into_iter().filter(|port| seen.insert(*port)).map(|port| vec![port]).collect()
}

fn detour(wished: Option<&[u16]>, used: &[u16]) -> Option<Detour> {
    match (wished?, used) {
        ([wished], [instead]) if wished != instead => Some(Detour { wished: *wished, instead: *instead }),
        _ => None,
    }
}

async fn taken(detour: Detour) -> Problem {
    let Detour { wished, instead } = detour;
    let holder = tokio::task::spawn_blocking(move || {
        listeners::get_process_by_port(wished, listeners::Protocol::TCP).ok().map(|process| process.name)
    });
    let holder = match holder.await {
        Ok(Some(name)) => format!("the program {name}"),
        _ => "another program".into(),
    };
    let sentence = format!(
        "Port {wished} belongs to {holder}, so Potluck uses {instead} instead. To use {wished} again, quit that \
         program and restart Potluck."
    );
    tracing::warn!("{sentence}");
    Problem { code: ProblemCode::PortTaken, sentence }
}

#[cfg(test)]
mod tests;
