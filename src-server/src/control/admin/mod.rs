//! What a settings window asks and is told: plain, serializable, in the words that people see.
//!
//! [`Call`] is the whole door as one value: the window's one command and the administrator's page both carry it. Shares,
//! people and links are said here as people say them; what they mean in volumes and grants stands in `control/shares.rs`
//! and its neighbours.

mod activity;
mod call;
mod guests;
mod lan;
mod options;
mod overview;
mod shares;

pub use activity::{ActiveTransfer, Activity, Outcome, PastTransfer};
pub use call::Call;
pub(crate) use call::answers;
pub use guests::{
    Ban, Device, GroupInfo, Guest, HostFile, Link, LinkDraft, LinkKind, LinkState, People, Person, PersonDraft, Pin,
};
pub use lan::{CheckResult, CheckState, CurrentNetwork, Lan, Neighbour, NeighbourKind, Trust};
pub use options::{OptionInfo, OptionKind, SafetyLevel, SettingsForm};
pub use overview::{Banner, Overview, Problem, ProblemCode, Sharing, SharingRequest};
pub use shares::{Limits, May, Preview, PreviewRow, Share, ShareDraft, ShareWarning, Viewer, Who};
