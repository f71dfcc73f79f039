//! The door as one value.

use super::super::{Invitation, Kick, Status};
use super::activity::Activity;
use super::guests::{HostFile, Link, LinkDraft, People, PersonDraft};
use super::lan::{CheckResult, Lan};
use super::options::{SafetyLevel, SettingsForm};
use super::overview::{Overview, SharingRequest};
use super::shares::{May, Preview, Share, ShareDraft, Viewer};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use ts_rs::{Config, TS};

/// Makes the calls, and for TypeScript which answer belongs to which.
macro_rules! calls {
    ($(
        #[doc = $doc:literal]
        $variant:ident $({ $( #[doc = $field_doc:literal] $field:ident: $kind:ty ),+ $(,)? })? => $answer:ty;
    )+) => {
        /// A call of the admin API.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
        #[serde(tag = "call", rename_all = "snake_case")]
        pub enum Call {
            $( #[doc = $doc] $variant $({ $( #[doc = $field_doc] $field: $kind ),+ })? ),+
        }

        /// The answers by call, as a TypeScript interface.
        pub(crate) fn answers(config: &Config) -> String {
            let mut out = String::from("interface Answers {\n");
            $( out.push_str(&format!("  {}: {};\n", snake(stringify!($variant)), <$answer as TS>::name(config))); )+
            out.push('}');
            out
        }
    };
}

calls! {
    /// The first look.
    Overview => Overview;
    /// What runs just now, in detail.
    Status => Status;
    /// Lets people in, or keeps them out.
    SetSharing { /** What to do. */ sharing: SharingRequest } => Overview;
    /// The questions of the first start were answered, or skipped.
    Welcomed => Overview;
    /// Every shared folder.
    Shares => Vec<Share>;
    /// Makes a share, or changes the one that was at `was`.
    SaveShare { /** Its mount point until now; `null`: a new one. */ was: Option<String>, /** The wish. */ share: ShareDraft } => Vec<Share>;
    /// Offers a share, or does not.
    SwitchShare { /** Which. */ mount: String, /** Whether it is offered. */ on: bool } => Vec<Share>;
    /// Forgets a share; its files stay.
    RemoveShare { /** Which. */ mount: String } => Vec<Share>;
    /// Puts back a share that was removed since the program started, exactly as it was.
    RestoreShare { /** Where it was. */ mount: String } => Vec<Share>;
    /// What somebody would see if a share were as wished.
    PreviewShare {
        /** Its mount point until now; `null`: a new one. */
        was: Option<String>,
        /** The wish. */
        share: ShareDraft,
        /** Through whose eyes. */
        viewer: Viewer,
    } => Preview;
    /// Everybody who is known.
    People => People;
    /// Makes an account, or changes the one called `was`.
    SavePerson { /** Its name until now; `null`: a new one. */ was: Option<String>, /** The wish. */ person: PersonDraft } => People;
    /// Forgets an account; its devices are logged out.
    RemovePerson { /** Whose. */ name: String } => People;
    /// Gives a device a name.
    RenameDevice { /** Which. */ id: String, /** The name. */ name: String } => People;
    /// Logs a device out, at once.
    RevokeDevice { /** Which. */ id: String } => People;
    /// Ends a ban.
    Unban { /** From where. */ address: String } => People;
    /// Makes a code that logs one device in, once.
    Invite { /** The share. */ mount: String, /** What the device may do there. */ may: May, /** How long the code works. */ seconds: u64 } => Invitation;
    /// Every link.
    Links => Vec<Link>;
    /// Makes a link.
    MakeLink { /** The wish. */ link: LinkDraft } => Link;
    /// What is at these paths of this computer, in the same order.
    StatFiles { /** Absolute. */ paths: Vec<String> } => Vec<HostFile>;
    /// Makes a link to files and folders that need not be in a shared folder. What is shared of them ends with it.
    ShareFiles { /** Which, absolute. */ paths: Vec<String>, /** The wish; its target does not count. */ link: LinkDraft } => Link;
    /// Changes a link; it stays the same address.
    ChangeLink { /** Which. */ id: String, /** The wish. */ link: LinkDraft } => Link;
    /// Ends a link; whoever came by it is out at once.
    RevokeLink { /** Which. */ id: String } => Vec<Link>;
    /// What is going on, and what was.
    Activity => Activity;
    /// Forgets what was.
    ClearActivity => Activity;
    /// Shows a text to everyone who may look at a folder, for so many seconds; `null`: takes it back.
    SetBanner { /** The text. */ text: Option<String>, /** How long. */ seconds: u64 } => Overview;
    /// Pauses a transfer, or lets it go on.
    PauseTransfer { /** Which. */ id: u64, /** Pause it. */ paused: bool } => Activity;
    /// Ends a transfer.
    StopTransfer { /** Which. */ id: u64 } => Activity;
    /// Ends connections at once; how many.
    Kick { /** Whose. */ whom: Kick } => u64;
    /// Where a virtual path is on this computer.
    HostPath { /** Virtual path. */ path: String } => String;
    /// Every option with its value.
    Settings => SettingsForm;
    /// Changes options, all or none; `null`: the default.
    ChangeSettings { /** Values by name. */ values: BTreeMap<String, Option<String>> } => SettingsForm;
    /// Sets the options that make up a level of safety.
    SetSafety { /** Which. */ level: SafetyLevel } => SettingsForm;
    /// The neighbourhood.
    Lan => Lan;
    /// Whether to share in the network that this computer is in now.
    TrustNetwork { /** Which. */ id: String, /** Whether. */ trusted: bool } => Lan;
    /// Tries what others need to reach us.
    SelfCheck => Vec<CheckResult>;
    /// A QR code of a text, as an SVG picture.
    Qr { /** What it carries. */ text: String } => String;
}

fn snake(name: &str) -> String {
    let mut out = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}
