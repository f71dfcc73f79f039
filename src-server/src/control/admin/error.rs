//! Errors of the admin API: a code for programs, a sentence for people.

use edge_http::texts::Texts;
use model::settings::{Contradiction, Fault};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use ts_rs::TS;

/// A sentence that is known in every language of pages (`fault.*` in `web/templates/i18n`). What a system or a parser says
/// stands in it as it is.
#[derive(Clone)]
pub struct Saying(Arc<dyn Fn(Texts) -> String + Send + Sync>);

impl Saying {
    fn new(say: impl Fn(Texts) -> String + Send + Sync + 'static) -> Self {
        Self(Arc::new(say))
    }

    fn in_language(&self, texts: Texts) -> String {
        (self.0)(texts)
    }
}

impl fmt::Debug for Saying {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Saying(..)")
    }
}

/// Two are always equal: the English sentence, which is compared, stands beside it.
impl PartialEq for Saying {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
impl Eq for Saying {}

/// Error code for programs. Clients react to this and never to the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The settings are contradictory or name things that do not exist; see the faults.
    BadSettings,
    /// An address or port cannot be opened.
    CannotListen,
    /// The state folder, a certificate or a volume cannot be used.
    CannotStart,
    /// The settings cannot be written to their file.
    CannotSave,
    /// No object has this number or name.
    NotFound,
    /// A folder does not exist. The same call with `make_folder` creates it.
    NoFolder,
    /// The call is malformed.
    BadCall,
    /// Not allowed for this caller, such as pausing the server over the network.
    NotHere,
}

/// One fault in the settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FaultAt {
    /// The option, volume or line at fault.
    pub at: String,
    /// One plain sentence that says what to do.
    pub sentence: String,
    /// The same in every language, where it is known.
    #[serde(skip)]
    #[ts(skip)]
    pub saying: Option<Saying>,
}

impl FaultAt {
    /// A fault with a sentence that is known in English only, such as that of a parser.
    pub(crate) fn new(at: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self { at: at.into(), sentence: sentence.into(), saying: None }
    }

    /// A fault that is said in the language of the caller.
    pub(crate) fn said(at: impl Into<String>, say: impl Fn(Texts) -> String + Send + Sync + 'static) -> Self {
        Self { at: at.into(), sentence: say(Texts::english()), saying: Some(Saying::new(say)) }
    }

    /// Returns what the fault says, after its place.
    fn with_place(&self) -> Option<Saying> {
        let (at, saying) = (self.at.clone(), self.saying.clone()?);
        Some(Saying::new(move |t| format!("{at}: {}", saying.in_language(t))))
    }
}

impl From<Fault> for FaultAt {
    fn from(fault: Fault) -> Self {
        match fault.contradiction {
            Some(why) => Self::said(fault.at, move |t| say(&why, t)),
            None => Self::new(fault.at, fault.sentence),
        }
    }
}

fn say(why: &Contradiction, t: Texts) -> String {
    match why {
        Contradiction::UnknownMember { group, member } => t.fault_unknown_member(&*group.0, member.as_str()),
        Contradiction::UnknownAccount(name) => t.fault_unknown_account(name.as_str()),
        Contradiction::UnknownGroup(name) => t.fault_unknown_group(&*name.0),
        Contradiction::BadAccountName(name) => t.fault_account_name(name.as_str()),
        Contradiction::AccountTwice(name) => t.fault_account_twice(name.as_str()),
        Contradiction::SamePassword(name, other) => t.fault_same_password(name.as_str(), other.as_str()),
        Contradiction::MountTwice => t.fault_mount_twice().into(),
        Contradiction::BadPattern { flag, error } => t.fault_pattern(flag, error),
        Contradiction::StateShared { other } => t.fault_state_shared(&other.display()),
        Contradiction::TagNotKept(tag) => t.fault_tag_unkept(tag),
    }
}

/// Error of the admin API. The call has changed nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, thiserror::Error)]
#[error("{sentence}")]
pub struct ControlError {
    /// For programs.
    pub code: ErrorCode,
    /// For people: what is wrong and what to do.
    pub sentence: String,
    /// With `BadSettings`: every fault.
    pub faults: Vec<FaultAt>,
    /// The sentence in every language, where it is known.
    #[serde(skip)]
    #[ts(skip)]
    pub saying: Option<Saying>,
}

impl ControlError {
    /// An error that is said in the language of the caller.
    pub(crate) fn said(code: ErrorCode, say: impl Fn(Texts) -> String + Send + Sync + 'static) -> Self {
        let sentence = say(Texts::english());
        Self { code, sentence, faults: Vec::new(), saying: Some(Saying::new(say)) }
    }

    /// An error inside the server.
    pub(crate) fn internal(error: impl fmt::Display) -> Self {
        let error = error.to_string();
        Self::said(ErrorCode::CannotStart, move |t| t.fault_internal(&error))
    }

    /// The settings stay as they were, because of an error inside the server.
    pub(crate) fn not_changed(error: impl fmt::Display) -> Self {
        let error = error.to_string();
        Self::said(ErrorCode::CannotStart, move |t| t.fault_not_changed(&error))
    }

    /// Returns the error with the sentences of the language with this tag, where they are known.
    pub fn in_language(mut self, tag: &str) -> Self {
        let texts = Texts::of(tag).unwrap_or_else(Texts::english);
        if let Some(saying) = &self.saying {
            self.sentence = saying.in_language(texts);
        }
        for fault in &mut self.faults {
            if let Some(saying) = &fault.saying {
                fault.sentence = saying.in_language(texts);
            }
        }
        self
    }

    pub(crate) fn new(code: ErrorCode, sentence: impl Into<String>) -> Self {
        Self { code, sentence: sentence.into(), faults: Vec::new(), saying: None }
    }

    /// `BadSettings` with these faults; its sentence is that of the first one.
    pub(crate) fn bad_settings(faults: Vec<FaultAt>) -> Self {
        let (sentence, saying) = match faults.first() {
            Some(fault) => (fault.sentence.clone(), fault.saying.clone()),
            None => (String::new(), None),
        };
        Self { code: ErrorCode::BadSettings, sentence, faults, saying }
    }
}

impl From<engine::EngineError> for ControlError {
    fn from(error: engine::EngineError) -> Self {
        match error {
            engine::EngineError::BadSettings(faults) => {
                let faults: Vec<FaultAt> = faults.into_iter().map(FaultAt::from).collect();
                let sentence =
                    faults.first().map_or_else(String::new, |fault| format!("{}: {}", fault.at, fault.sentence));
                let saying = faults.first().and_then(FaultAt::with_place);
                Self { code: ErrorCode::BadSettings, sentence, faults, saying }
            }
            other => Self::new(ErrorCode::CannotStart, other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::VPath;
    use model::account::{AccountName, GroupName};

    #[test]
    fn errors_are_said_in_the_language_of_the_caller() {
        let error = ControlError::bad_settings(vec![
            FaultAt::said("name", |t| t.fault_name_taken("ann")),
            FaultAt::new("rules", "Line 1: no."),
        ]);
        assert_eq!(error.sentence, "The name 'ann' is taken. Choose another one.");
        let german = error.clone().in_language("de");
        assert_eq!(german.sentence, "Der Name „ann“ ist vergeben. Wählen Sie einen anderen.");
        assert_eq!((&*german.faults[0].sentence, &*german.faults[1].sentence), (&*german.sentence, "Line 1: no."));
        assert_eq!(error.clone().in_language("xx"), error);
        let json = serde_json::to_value(&german).expect("plain values");
        assert_eq!(json.as_object().map(serde_json::Map::len), Some(3), "{json}");
    }

    #[test]
    fn contradictions_in_the_settings_are_said_in_every_language() {
        let account = |name: &str| AccountName(name.into());
        let group = GroupName("staff".into());
        let all = [
            Contradiction::UnknownMember { group: group.clone(), member: account("ann") },
            Contradiction::UnknownAccount(account("ann")),
            Contradiction::UnknownGroup(group),
            Contradiction::BadAccountName(account("ann")),
            Contradiction::AccountTwice(account("ann")),
            Contradiction::SamePassword(account("ann"), account("ben")),
            Contradiction::MountTwice,
            Contradiction::BadPattern { flag: "nohash".into(), error: "unclosed".into() },
            Contradiction::StateShared { other: VPath::parse(b"other").expect("a path") },
            Contradiction::TagNotKept("mood".into()),
        ];
        for why in all {
            let error =
                ControlError::from(engine::EngineError::BadSettings(vec![Fault::contradiction("-a", why.clone())]));
            assert_eq!(error.faults[0].sentence, why.to_string());
            assert_eq!(error.sentence, format!("-a: {why}"));
            for tag in ["de", "ja", "ar"] {
                let said = error.clone().in_language(tag);
                assert_ne!(said.faults[0].sentence, why.to_string(), "{tag}");
                assert_eq!(said.sentence, format!("-a: {}", said.faults[0].sentence));
            }
        }
    }
}
