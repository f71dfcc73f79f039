//! Requests and answers of the admin API: plain, serializable, in the words that people see.
//!
//! [`Call`] holds every call as one value; the window's command and the administrator's page carry that value and
//! nothing else. Shares, accounts and links appear here as people see them; `control/shares` and its sibling modules
//! translate them to volumes and grants. These modules know no other module of the crate.

mod activity;
mod call;
mod error;
mod guests;
mod indexes;
mod jobs;
mod lan;
mod notice;
mod options;
mod overview;
mod shares;
mod status;

pub use activity::{ActiveTransfer, Activity, Outcome, PastTransfer};
pub use call::Call;
pub(crate) use call::answers;
pub use error::{ControlError, ErrorCode, FaultAt};
pub use guests::{
    Ban, Device, GroupInfo, Guest, HostFile, Link, LinkDraft, LinkKind, LinkState, People, Person, PersonDraft, Pin,
};
pub use indexes::{
    Finding, FindingKind, IndexState, ShareIndex, ShareVerification, SkipCount, SkipReason, SkippedName,
};
pub use jobs::{Job, JobState};
pub use lan::{CheckResult, CheckState, CurrentNetwork, Lan, Neighbour, NeighbourKind, Trust};
pub use notice::{Notice, Transfer};
pub use options::{OptionInfo, OptionKind, SafetyLevel, SettingsForm};
pub use overview::{Banner, Overview, Problem, ProblemCode, Sharing, SharingRequest};
pub use shares::{Limits, May, Preview, PreviewRow, Share, ShareDraft, ShareWarning, Viewer, Who};
pub use status::{Address, Applied, Connection, Invitation, Kick, Reach, Status, VolumeStatus};
