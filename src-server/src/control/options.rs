//! The option table as a form: every option that has an effect, with its value.

use super::admin::{OptionInfo, OptionKind, SafetyLevel, SettingsForm};
use super::{Control, ControlError, FaultAt};
use model::Settings;
use model::config::command_line::{shell_line, to_arguments};
use model::config::toml_out::to_toml;
use model::options::{self, Change, Effect, Kind, Spec};
use std::collections::BTreeMap;

/// Options that make up the security levels, each with its value at home, careful and public.
const SAFETY: &[(&str, [&str; 3])] = &[
    ("vague-403", ["no", "yes", "yes"]),
    ("no-robots", ["no", "yes", "yes"]),
    ("hide-disk", ["no", "yes", "yes"]),
    ("usernames", ["no", "no", "yes"]),
    ("logout", ["8086", "168", "12"]),
    ("ban-pw", ["9,60,1440", "5,60,1440", "3,60,10080"]),
];
const LEVELS: [SafetyLevel; 3] = [SafetyLevel::Home, SafetyLevel::Careful, SafetyLevel::Public];

impl Control {
    /// Returns every option with its value.
    ///
    /// # Errors
    /// `CannotStart` if a password could not be hashed.
    pub async fn settings_form(&self) -> Result<SettingsForm, ControlError> {
        let settings = self.settings().await?;
        let shown = without_secrets(settings.clone());
        let command_line = to_arguments(&shown).ok().map(|all| format!("potluck-server {}", shell_line(&all)));
        Ok(SettingsForm {
            options: options::all().filter_map(|spec| info(&spec, &settings)).collect(),
            safety: safety_of(&settings),
            command_line,
            toml: to_toml(&shown),
            file: self.app.settings_file().map(|path| path.display().to_string()),
        })
    }

    /// Changes options, all or none; `None` sets the default.
    ///
    /// # Errors
    /// `BadSettings` with a fault for each option, and those of [`Control::apply`]; nothing has changed then.
    pub async fn change_settings(
        &self,
        values: &BTreeMap<String, Option<String>>,
    ) -> Result<SettingsForm, ControlError> {
        let values = values.clone();
        self.change(move |settings| {
            let defaults = Settings::default();
            let mut faults = Vec::new();
            for (name, value) in values {
                if let Err(fault) = set(settings, &defaults, &name, value.as_deref()) {
                    faults.push(fault);
                }
            }
            if faults.is_empty() { Ok(()) } else { Err(ControlError::bad_settings(faults)) }
        })
        .await?;
        self.settings_form().await
    }

    /// Sets the options of a security level.
    ///
    /// # Errors
    /// Those of [`Control::change_settings`]. The level `custom` changes nothing.
    pub async fn set_safety(&self, level: SafetyLevel) -> Result<SettingsForm, ControlError> {
        let Some(at) = LEVELS.iter().position(|one| *one == level) else { return self.settings_form().await };
        let values = SAFETY.iter().map(|(name, values)| ((*name).to_owned(), Some(values[at].to_owned())));
        self.change_settings(&values.collect()).await
    }
}

fn set(settings: &mut Settings, defaults: &Settings, name: &str, value: Option<&str>) -> Result<(), FaultAt> {
    let unknown = || FaultAt::said(name, |t| t.fault_no_option().into());
    let slot = options::by_key(name).and_then(|spec| spec.global).ok_or_else(unknown)?;
    let set = |settings: &mut Settings, text: &str| slot.set(settings, text).map_err(|told| FaultAt::new(name, told));
    match value {
        Some(text) => set(settings, text),
        None => {
            // Some accessors cannot reset a value; they get their default as text.
            match slot.get(defaults) {
                Some(text) => set(settings, &text),
                None => {
                    slot.reset(settings, defaults);
                    Ok(())
                }
            }
        }
    }
}

fn info(spec: &Spec, settings: &Settings) -> Option<OptionInfo> {
    let slot = spec.global.filter(|_| spec.is_global() && spec.effect == Effect::Acts)?;
    let (kind, choices) = match spec.kind {
        Kind::Switch => (OptionKind::Switch, Vec::new()),
        Kind::Number => (OptionKind::Number, Vec::new()),
        Kind::Size => (OptionKind::Size, Vec::new()),
        Kind::Path => (OptionKind::Path, Vec::new()),
        Kind::List | Kind::Repeat => (OptionKind::List, Vec::new()),
        Kind::Choice(choices) => (OptionKind::Choice, choices.iter().map(|choice| (*choice).to_owned()).collect()),
        Kind::Text | Kind::Regex | Kind::Optional => (OptionKind::Text, Vec::new()),
    };
    Some(OptionInfo {
        name: spec.name.into(),
        group: spec.group.key().into(),
        kind,
        choices,
        unit: spec.value.into(),
        help: spec.help.into(),
        value: slot.get(settings).unwrap_or_default(),
        default: slot.get(&Settings::default()).unwrap_or_default(),
        needs_restart: spec.change == Change::Restart,
    })
}

fn safety_of(settings: &Settings) -> SafetyLevel {
    let value = |name: &str| options::by_key(name).and_then(|spec| spec.global).and_then(|slot| slot.get(settings));
    let fits = |at: usize| SAFETY.iter().all(|(name, values)| value(name).as_deref() == Some(values[at]));
    (0..LEVELS.len()).find(|at| fits(*at)).map_or(SafetyLevel::Custom, |at| LEVELS[at])
}

/// Replaces password hashes by a placeholder, since people copy this text elsewhere: a hash can be cracked offline.
fn without_secrets(mut settings: Settings) -> Settings {
    for account in &mut settings.accounts {
        account.secret = model::account::Secret::Plain("PASSWORD".into());
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_security_level_can_be_set_and_reset() {
        let defaults = Settings::default();
        assert_eq!(safety_of(&defaults), SafetyLevel::Home);
        for (at, level) in LEVELS.iter().enumerate() {
            let mut settings = defaults.clone();
            for (name, values) in SAFETY {
                assert!(options::by_key(name).is_some_and(|spec| spec.effect == Effect::Acts), "{name}");
                set(&mut settings, &defaults, name, Some(values[at])).expect(name);
            }
            assert_eq!(safety_of(&settings), *level);
            for (name, _) in SAFETY {
                set(&mut settings, &defaults, name, None).expect(name);
            }
            assert_eq!(settings, defaults);
        }
    }

    #[test]
    fn every_option_reads_what_it_prints() {
        let settings = Settings::default();
        let form: Vec<OptionInfo> = options::all().filter_map(|spec| info(&spec, &settings)).collect();
        assert!(form.len() > 30, "{}", form.len());
        for option in form {
            assert_eq!(option.value, option.default, "{}", option.name);
            let mut changed = settings.clone();
            set(&mut changed, &settings, &option.name, None).expect("the default");
            assert_eq!(changed, settings, "{}", option.name);
        }
        assert!(set(&mut settings.clone(), &settings, "no-such", None).is_err());
        assert!(set(&mut settings.clone(), &settings, "logout", Some("never")).is_err());
    }
}
