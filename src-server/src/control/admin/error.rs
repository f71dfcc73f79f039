//! Errors of the admin API: a code for programs, a sentence for people.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

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
}

impl ControlError {
    pub(crate) fn new(code: ErrorCode, sentence: impl Into<String>) -> Self {
        Self { code, sentence: sentence.into(), faults: Vec::new() }
    }

    /// `BadSettings` with these faults; its sentence is that of the first one.
    pub(crate) fn bad_settings(faults: Vec<FaultAt>) -> Self {
        let sentence = faults.first().map_or_else(String::new, |fault| fault.sentence.clone());
        Self { code: ErrorCode::BadSettings, sentence, faults }
    }
}

impl From<engine::EngineError> for ControlError {
    fn from(error: engine::EngineError) -> Self {
        match error {
            engine::EngineError::BadSettings(faults) => {
                let faults: Vec<_> =
                    faults.into_iter().map(|fault| FaultAt { at: fault.at, sentence: fault.sentence }).collect();
                let sentence =
                    faults.first().map_or_else(String::new, |fault| format!("{}: {}", fault.at, fault.sentence));
                Self { code: ErrorCode::BadSettings, sentence, faults }
            }
            other => Self::new(ErrorCode::CannotStart, other.to_string()),
        }
    }
}
