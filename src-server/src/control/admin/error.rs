//! Errors of the admin API: a code for programs, a sentence for people.

use edge_http::texts::Texts;
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
    /// A fault with a sentence that is known in English only: of a parser, or of the settings' own checks.
    pub(crate) fn new(at: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self { at: at.into(), sentence: sentence.into(), saying: None }
    }

    /// A fault that is said in the language of the caller.
    pub(crate) fn said(at: impl Into<String>, say: impl Fn(Texts) -> String + Send + Sync + 'static) -> Self {
        Self { at: at.into(), sentence: say(Texts::english()), saying: Some(Saying::new(say)) }
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
                let faults: Vec<_> = faults.into_iter().map(|fault| FaultAt::new(fault.at, fault.sentence)).collect();
                let sentence =
                    faults.first().map_or_else(String::new, |fault| format!("{}: {}", fault.at, fault.sentence));
                Self { code: ErrorCode::BadSettings, sentence, faults, saying: None }
            }
            other => Self::new(ErrorCode::CannotStart, other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
