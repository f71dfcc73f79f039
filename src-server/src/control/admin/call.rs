//! Every call of the admin API as a variant of one enum.

use super::activity::Activity;
use super::guests::{HostFile, Link, LinkDraft, People, PersonDraft};
use super::indexes::{Finding, ShareIndex, SkippedName};
use super::jobs::Job;
use super::lan::{CheckResult, Lan};
use super::options::{SafetyLevel, SettingsForm};
use super::overview::{Overview, SharingRequest};
use super::shares::{May, Preview, Share, ShareDraft, Viewer};
use super::status::{Invitation, Kick, Status};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use ts_rs::{Config, TS};

/// Declares [`Call`], and for TypeScript the type of each answer.
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

        /// Returns a TypeScript interface that maps each call to the type of its answer.
        pub(crate) fn answers(config: &Config) -> String {
            let mut out = String::from("interface Answers {\n");
            $( out.push_str(&format!("  {}: {};\n", snake(stringify!($variant)), <$answer as TS>::name(config))); )+
            out.push('}');
            out
        }
    };
}

calls! {
    /// Returns what the tray menu and the first pane show.
    Overview => Overview;
    /// Returns the running state in detail.
    Status => Status;
    /// Turns sharing on or off, or pauses it.
    SetSharing { /** The new state. */ sharing: SharingRequest } => Overview;
    /// Marks the first-run questions as answered or skipped.
    Welcomed => Overview;
    /// Returns every shared folder.
    Shares => Vec<Share>;
    /// Creates a share, or changes the one mounted at `was`.
    SaveShare { /** Its current mount point; `null`: a new share. */ was: Option<String>, /** The new values. */ share: ShareDraft } => Vec<Share>;
    /// Turns a share on or off.
    SwitchShare { /** Its mount point. */ mount: String, /** Whether it is on. */ on: bool } => Vec<Share>;
    /// Removes a share; its files stay.
    RemoveShare { /** Its mount point. */ mount: String } => Vec<Share>;
    /// Restores a share that was removed since the program started, exactly as it was.
    RestoreShare { /** Its former mount point. */ mount: String } => Vec<Share>;
    /// Returns what `viewer` would see if the draft were in force.
    PreviewShare {
        /** Its current mount point; `null`: a new share. */
        was: Option<String>,
        /** The new values. */
        share: ShareDraft,
        /** The viewer. */
        viewer: Viewer,
    } => Preview;
    /// Returns accounts, groups, devices and bans.
    People => People;
    /// Creates an account, or changes the one called `was`.
    SavePerson { /** Its current name; `null`: a new account. */ was: Option<String>, /** The new values. */ person: PersonDraft } => People;
    /// Removes an account; its devices are logged out.
    RemovePerson { /** Its name. */ name: String } => People;
    /// Renames a device.
    RenameDevice { /** The device. */ id: String, /** Its new name. */ name: String } => People;
    /// Logs a device out at once.
    RevokeDevice { /** The device. */ id: String } => People;
    /// Ends a ban.
    Unban { /** The banned address. */ address: String } => People;
    /// Creates a code that logs one device in, once.
    Invite { /** Mount point of the share. */ mount: String, /** What the device may do there. */ may: May, /** How long the code works. */ seconds: u64 } => Invitation;
    /// Returns every share link.
    Links => Vec<Link>;
    /// Creates a share link.
    MakeLink { /** Its values. */ link: LinkDraft } => Link;
    /// Returns the files and folders at these paths of this computer, in the same order.
    StatFiles { /** Absolute paths. */ paths: Vec<String> } => Vec<HostFile>;
    /// Creates a link to files and folders that need not be in a shared folder. Their share ends with the link.
    ShareFiles { /** Absolute paths. */ paths: Vec<String>, /** The values of the link; its target is ignored. */ link: LinkDraft } => Link;
    /// Changes a share link; its URL stays the same.
    ChangeLink { /** The link. */ id: String, /** The new values. */ link: LinkDraft } => Link;
    /// Revokes a share link; its guests lose access at once.
    RevokeLink { /** The link. */ id: String } => Vec<Link>;
    /// Returns running and past transfers.
    Activity => Activity;
    /// Deletes the list of past transfers.
    ClearActivity => Activity;
    /// Shows a text to everyone who can see a folder, for a number of seconds; `null` removes it.
    SetBanner { /** The text. */ text: Option<String>, /** How long it is shown. */ seconds: u64 } => Overview;
    /// Pauses or resumes a transfer.
    PauseTransfer { /** The transfer. */ id: u64, /** True: pause; false: resume. */ paused: bool } => Activity;
    /// Ends a transfer.
    StopTransfer { /** The transfer. */ id: u64 } => Activity;
    /// Returns the background jobs.
    Jobs => Vec<Job>;
    /// Pauses or resumes a background job.
    PauseJob { /** The job. */ id: u64, /** True: pause; false: resume. */ paused: bool } => Vec<Job>;
    /// Ends a background job.
    CancelJob { /** The job. */ id: u64 } => Vec<Job>;
    /// Returns the index of every shared folder.
    Indexes => Vec<ShareIndex>;
    /// Compares the index of a shared folder with the disk.
    Rescan { /** Mount point of the share. */ mount: String } => Vec<ShareIndex>;
    /// Pauses or resumes the work on the index of a shared folder, until the program ends.
    PauseIndex { /** Mount point of the share. */ mount: String, /** True: pause; false: resume. */ paused: bool } => Vec<ShareIndex>;
    /// Reads all contents of a shared folder again and compares them with its index.
    VerifyContents { /** Mount point of the share. */ mount: String } => Vec<ShareIndex>;
    /// Ends the verification of a shared folder.
    CancelVerification { /** Mount point of the share. */ mount: String } => Vec<ShareIndex>;
    /// Returns names of a shared folder that are not in its index, or without their content, the newest first.
    SkippedNames { /** Mount point of the share. */ mount: String } => Vec<SkippedName>;
    /// Returns what the last verification of a shared folder found, the newest first.
    Findings { /** Mount point of the share. */ mount: String } => Vec<Finding>;
    /// Ends connections at once; returns how many.
    Kick { /** Which connections. */ whom: Kick } => u64;
    /// Returns the path on this computer of a virtual path.
    HostPath { /** Virtual path. */ path: String } => String;
    /// Returns every option with its value.
    Settings => SettingsForm;
    /// Changes options, all or none; `null` sets the default.
    ChangeSettings { /** Values by option name. */ values: BTreeMap<String, Option<String>> } => SettingsForm;
    /// Sets the options of a security level.
    SetSafety { /** The level. */ level: SafetyLevel } => SettingsForm;
    /// Returns the state of the LAN.
    Lan => Lan;
    /// Saves whether to share in a network.
    TrustNetwork { /** The network. */ id: String, /** Whether to share in it. */ trusted: bool } => Lan;
    /// Checks what other devices need to reach this server.
    SelfCheck => Vec<CheckResult>;
    /// Returns a QR code of a text as an SVG image.
    Qr { /** The text. */ text: String } => String;
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
