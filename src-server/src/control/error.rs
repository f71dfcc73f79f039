//! What can go wrong at the admin API: a code for programs, a sentence for people.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// For programs; the screen reacts to this and never to text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The settings contradict themselves or name what is not there; see the faults.
    BadSettings,
    /// An address or port cannot be opened.
    CannotListen,
    /// The state folder, a certificate or a volume cannot be used.
    CannotStart,
    /// The settings cannot be written to their file.
    CannotSave,
    /// Nothing of that number or name is there.
    NotFound,
    /// A folder is not there. The same call with `make_folder` makes it.
    NoFolder,
    /// The call itself makes no sense.
    BadCall,
    /// It cannot be done from where it was asked, such as pausing the server over the network.
    NotHere,
}

/// One thing that is wrong with settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FaultAt {
    /// Which option, volume or line.
    pub at: String,
    /// One plain sentence, with what to do.
    pub sentence: String,
}

/// An answer of the admin API that is no success. Nothing has changed then.
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

impl From<crate::listeners::ListenError> for ControlError {
    fn from(error: crate::listeners::ListenError) -> Self {
        Self::new(ErrorCode::CannotListen, error.sentence)
    }
}

impl From<crate::serve::certificate::CertificateError> for ControlError {
    fn from(error: crate::serve::certificate::CertificateError) -> Self {
        let fault = FaultAt { at: "--cert".into(), sentence: format!("{error}.") };
        Self { code: ErrorCode::BadSettings, sentence: format!("--cert: {error}."), faults: vec![fault] }
    }
}
