//! Volumes: a folder of the host, where it appears, who may do what in it, and how it behaves.

use crate::account::{AccountName, GroupName};
use crate::perm::{FileKeys, PermSet};
use crate::units::{Bytes, UnixMillis};
use crate::upload::OnConflict;
use crate::vpath::VPath;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Where a volume appears in the tree of paths.
pub type MountPoint = VPath;

/// To whom a grant speaks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Principal {
    /// `*`: everyone, with or without account.
    Everyone,
    /// `@acct`: everyone who has logged in.
    LoggedIn,
    /// One account.
    Account(AccountName),
    /// Every member of a group.
    Group(GroupName),
}

/// Rights given, or taken away again, in one volume. Grants add up; then what is taken away goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Which rights.
    pub perms: PermSet,
    /// Who gets them.
    pub to: Vec<Principal>,
    /// Who does not get them after all (`-name`, `-@group`).
    pub except: Vec<Principal>,
}

/// What happens on disk when uploaded content is already in the volume (spec/up2k.md 9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DedupMode {
    /// A copy-on-write clone where the file system can, else a full copy. Copies are independent.
    #[default]
    Copy,
    /// A clone, else a full copy; named apart since copyparty's `reflink` flag asks for it.
    Reflink,
    /// A relative symbolic link.
    Symlink,
    /// A hard link, else a symbolic link.
    Hardlink,
    /// A hard link, else a full copy.
    HardlinkOnly,
}

/// Which time an uploaded file gets (`u2ts`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UploadTime {
    /// What the client says.
    #[default]
    Client,
    /// The moment of arrival.
    Arrival,
}

/// Date or counter folders that uploads are sorted into.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rotation {
    /// `rotn=N,DEPTH`: folders of at most N entries, DEPTH levels.
    pub by_count: Option<(u32, u32)>,
    /// `rotf=FORMAT`: a strftime pattern of folders (UTC).
    pub by_date: Option<String>,
}

/// Limits that an upload meets at its start (spec/up2k.md 10).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UploadLimits {
    /// Smallest file.
    pub min_size: Option<Bytes>,
    /// Largest file.
    pub max_size: Option<Bytes>,
    /// Keep this much of the disk free.
    pub min_free: Option<Bytes>,
    /// At most N files per SECONDS and client address.
    pub files_per_time: Option<(u64, u64)>,
    /// At most BYTES per SECONDS and client address.
    pub bytes_per_time: Option<(Bytes, u64)>,
    /// At most this many files in the volume.
    pub max_files: Option<u64>,
    /// At most this many bytes in the volume.
    pub max_bytes: Option<Bytes>,
    /// Only into the top folder.
    pub top_only: bool,
}

/// How a volume behaves. Every field has a volume flag of copyparty's, or an option of the same meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeFlags {
    /// `hist=`: where the volume keeps its state; `None`: `.hist` inside it, or below the global state folder.
    pub hist: Option<PathBuf>,
    /// `d2d`: no ledger on disk at all; unfinished uploads and dedup live in memory until the program ends.
    pub no_ledger: bool,
    /// `dedup`, `hardlink`, `hardlinkonly`, `reflink`.
    pub dedup: DedupMode,
    /// `nodupe`: refuse content that is here already.
    pub no_dupe: bool,
    /// `outlinks`: symbolic links that lead out of every volume are followed, for reading only.
    pub follow_links_out: bool,
    /// `noclone`: take all data again instead of copying what is here.
    pub no_clone: bool,
    /// `safededup`: below this level a duplicate's source is trusted by size; from 50 on it is hashed again first.
    pub safe_dedup: u32,
    /// `xlink`: look for duplicates in all volumes that have this flag (and that the uploader may read).
    pub cross_volume_dedup: bool,
    /// Limits at the start of an upload.
    pub limits: UploadLimits,
    /// `rotn`, `rotf`.
    pub rotation: Rotation,
    /// `rand`: every upload gets a random name.
    pub random_names: bool,
    /// `nrand`: characters in a random name.
    pub random_length: u32,
    /// `lifetime`: uploads are deleted after this many seconds.
    pub lifetime_secs: Option<u64>,
    /// `u2ts`.
    pub upload_time: UploadTime,
    /// `daw`: PUT overwrites where the account may delete.
    pub put_overwrites: bool,
    /// `nopipe`: a file cannot be downloaded while it arrives.
    pub no_pipe: bool,
    /// `nosparse`: chunks in order only.
    pub no_sparse: bool,
    /// `u2ow`: what the page wishes at first when a name is taken; never `Skip`.
    pub page_on_conflict: OnConflict,
    /// `nsort`: lists are in the order of [`crate::natural`]; without it, of bytes.
    pub natural_order: bool,
    /// `dots`: everyone who may read may see dotfiles.
    pub dots_for_all: bool,
    /// `fk`, `fka`.
    pub file_keys: FileKeys,
    /// Characters in a file key.
    pub file_key_length: u32,
    /// `fka`: keys depend on the path alone.
    pub file_key_by_path: bool,
    /// `nohtml`, `noscript`: HTML files are shown as text.
    pub no_html: bool,
    /// `rw_edit`: extensions that everyone with `rw` may edit.
    pub editable: Vec<String>,
    /// `md_nhist`: versions of a text kept by the editor; 0 = all, `None` = keep no history (`md_hist=n`).
    pub text_versions: Option<u32>,
    /// `wo_up_readme`: people who may not read may store a readme under that name.
    pub write_only_may_add_readme: bool,
    /// `assert_root`: the program does not start when the folder is missing.
    pub source_must_exist: bool,
    /// `chmod_f`: mode of new files.
    pub file_mode: u32,
    /// `chmod_d`: mode of new folders.
    pub folder_mode: u32,
    /// `invite`: what an invitation to the volume allows, as long as nobody says otherwise.
    pub invite_perms: Option<PermSet>,
    /// `only`: what of the folder is offered, as paths below it; empty: all of it. The rest does not exist, and nothing
    /// can be changed: see [`VolumeFlags::offers`].
    pub only: Vec<VPath>,
    /// `off`: kept, and not offered.
    pub off: bool,
    /// `until`: from this moment on it is not offered any more.
    pub until: Option<UnixMillis>,
    /// Flags that this program keeps but does not act on (`gz`, hooks, `e2ds` ...), with their values; sorted by name,
    /// those of one name in the order given.
    pub other: Vec<(String, Option<String>)>,
}

impl Default for VolumeFlags {
    fn default() -> Self {
        Self {
            hist: None,
            no_ledger: false,
            dedup: DedupMode::Copy,
            no_dupe: false,
            follow_links_out: false,
            no_clone: false,
            safe_dedup: 50,
            cross_volume_dedup: false,
            limits: UploadLimits::default(),
            rotation: Rotation::default(),
            random_names: false,
            random_length: 9,
            lifetime_secs: None,
            upload_time: UploadTime::Client,
            put_overwrites: false,
            no_pipe: false,
            no_sparse: false,
            page_on_conflict: OnConflict::Rename,
            natural_order: true,
            dots_for_all: false,
            file_keys: FileKeys::Off,
            file_key_length: 8,
            file_key_by_path: false,
            no_html: false,
            editable: vec!["md".into()],
            text_versions: Some(99),
            write_only_may_add_readme: false,
            source_must_exist: false,
            file_mode: 0o644,
            folder_mode: 0o755,
            invite_perms: None,
            only: Vec::new(),
            off: false,
            until: None,
            other: Vec::new(),
        }
    }
}

impl VolumeFlags {
    /// Whether `below` (a path below the mount point, without links) is offered: chosen, in something that is chosen, or
    /// on the way to it.
    pub fn offers(&self, below: &VPath) -> bool {
        self.only.is_empty() || self.only.iter().any(|chosen| below.is_within(chosen) || chosen.is_within(below))
    }

    /// The rights out of `rights` that the volume can give at all: a volume of chosen files is only read.
    pub fn limit(&self, rights: PermSet) -> PermSet {
        use crate::Perm;
        let reads = PermSet::NONE | Perm::Read | Perm::Get | Perm::Html | Perm::Dot;
        if self.only.is_empty() { rights } else { rights.intersection(reads) }
    }
}

/// A folder of the host, offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// The folder on the host, absolute. Only `store` opens it.
    pub source: PathBuf,
    /// Where it appears.
    pub mount: MountPoint,
    /// Who may do what.
    pub grants: Vec<Grant>,
    /// How it behaves.
    pub flags: VolumeFlags,
}

impl Volume {
    /// Whether it is offered at the moment `now`.
    pub fn is_offered(&self, now: UnixMillis) -> bool {
        !self.flags.off && self.flags.until.is_none_or(|until| now < until)
    }

    /// The rights of somebody: `account` (`*` for anonymous), who is in `groups`.
    ///
    /// A grant to everyone also reaches those who have logged in. An exception only undoes the grant that it is
    /// written in (`rw,*,-@guests`).
    pub fn rights(&self, account: &AccountName, groups: &[GroupName]) -> PermSet {
        let speaks_to = |principal: &Principal| match principal {
            Principal::Everyone => true,
            Principal::LoggedIn => !account.is_anonymous(),
            Principal::Account(name) => name == account,
            Principal::Group(name) => groups.contains(name),
        };
        let mut rights = PermSet::NONE;
        for grant in &self.grants {
            if grant.to.iter().any(speaks_to) && !grant.except.iter().any(speaks_to) {
                rights |= grant.perms;
            }
        }
        if self.flags.dots_for_all && rights.has(crate::Perm::Read) {
            rights |= crate::Perm::Dot.into();
        }
        self.flags.limit(rights)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> VPath {
        VPath::parse(text.as_bytes()).expect("a path")
    }

    #[test]
    fn a_volume_of_chosen_files_offers_them_and_the_way_there() {
        let only = vec![path("a.jpg"), path("trip/b"), path("trip/b/c.jpg")];
        let flags = VolumeFlags { only, ..VolumeFlags::default() };
        for (below, want) in [
            ("", true),
            ("a.jpg", true),
            ("trip", true),
            ("trip/b", true),
            ("trip/b/c.jpg", true),
            ("trip/b/d/e.jpg", true),
            ("b.jpg", false),
            ("a.jpg2", false),
            ("A.JPG", false),
            ("trip/c", false),
            ("trip/b2", false),
            ("other/trip/b", false),
        ] {
            assert_eq!(flags.offers(&path(below)), want, "{below}");
            assert!(VolumeFlags::default().offers(&path(below)), "without the flag all is offered");
        }
    }

    #[test]
    fn a_volume_of_chosen_files_gives_rights_to_read_alone() {
        let all = PermSet::parse("rwmdgGha.").expect("letters");
        let grant = Grant { perms: all, to: vec![Principal::Everyone], except: Vec::new() };
        let flags = VolumeFlags { only: vec![path("a.jpg")], ..VolumeFlags::default() };
        let mut volume = Volume { source: "/srv".into(), mount: path("x"), grants: vec![grant], flags };
        let rights = |volume: &Volume| volume.rights(&AccountName::anonymous(), &[]);
        for (letter, want) in
            [("r", true), ("g", true), ("h", true), (".", true), ("w", false), ("m", false), ("d", false)]
        {
            let perm = PermSet::parse(letter).expect("a letter");
            assert_eq!(!rights(&volume).intersection(perm).is_empty(), want, "{letter}");
        }
        volume.flags.only.clear();
        assert_eq!(rights(&volume), all);
    }
}
