//! Volumes: a folder of the host with its mount point, its grants and its flags.

use crate::account::{AccountName, GroupName};
use crate::index_flags::{IndexFlags, IndexMode};
use crate::page_list_flags::PageListFlags;
use crate::page_text_flags::PageTextFlags;
use crate::perm::{FileKeys, PermSet};
use crate::tag_flags::{TagFlags, TagMode};
use crate::thumbnail_settings::ThumbnailFlags;
use crate::trash_flags::TrashFlags;
use crate::units::{Bytes, UnixMillis};
use crate::upload::OnConflict;
use crate::vpath::VPath;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The path at which a volume appears.
pub type MountPoint = VPath;

/// To whom a grant applies.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Principal {
    /// `*`: everyone, with or without account.
    Everyone,
    /// `@acct`: every account that is logged in.
    LoggedIn,
    /// One account.
    Account(AccountName),
    /// Every member of a group.
    Group(GroupName),
}

/// Rights in one volume. The rights of several grants add up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The rights.
    pub perms: PermSet,
    /// Who gets the rights.
    pub to: Vec<Principal>,
    /// Exceptions from `to` (`-name`, `-@group`). They do not affect other grants.
    pub except: Vec<Principal>,
}

/// How an uploaded file is stored when the volume already has a file with the same content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DedupMode {
    /// A copy-on-write clone if the file system supports it, else a full copy. Both files are independent.
    #[default]
    Copy,
    /// The same; a variant of its own because copyparty has a flag `reflink` for it.
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
    /// The modification time that the client sends.
    #[default]
    Client,
    /// The time of the upload.
    Arrival,
}

/// Who may make share links to a volume on pages (`shr_who`). Administrators of the server can always make them in the
/// settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShareWho {
    /// No account.
    NoAccount,
    /// Accounts with the right `a`.
    Admins,
    /// All accounts, for what they may do themselves.
    #[default]
    Accounts,
}

/// Date or counter folders that uploads are sorted into.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rotation {
    /// `rotn=N,DEPTH`: folders of at most N entries, DEPTH levels.
    pub by_count: Option<(u32, u32)>,
    /// `rotf=FORMAT`: a strftime pattern of folders (UTC).
    pub by_date: Option<String>,
}

/// Limits that are checked when an upload starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UploadLimits {
    /// Smallest file.
    pub min_size: Option<Bytes>,
    /// Largest file.
    pub max_size: Option<Bytes>,
    /// Keep this much of the disk free.
    pub min_free: Option<Bytes>,
    /// At most N files per client address in this many seconds.
    pub files_per_time: Option<(u64, u64)>,
    /// At most this many bytes per client address in this many seconds.
    pub bytes_per_time: Option<(Bytes, u64)>,
    /// At most this many files in the volume.
    pub max_files: Option<u64>,
    /// At most this many bytes in the volume.
    pub max_bytes: Option<Bytes>,
    /// Only into the top folder of the volume.
    pub top_only: bool,
}

/// Settings of one volume. Each field corresponds to a volume flag of copyparty, or to an option of the same meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeFlags {
    /// `hist=`: where the volume keeps its state; `None`: `.hist` inside it, or below the global state folder.
    pub hist: Option<PathBuf>,
    /// `d2d`: no ledger on disk; unfinished uploads and dedup are kept in memory until the program ends.
    pub no_ledger: bool,
    /// The index.
    pub index: IndexFlags,
    /// Tags in the index.
    pub tags: TagFlags,
    /// Thumbnails.
    pub thumbnails: ThumbnailFlags,
    /// The trash.
    pub trash: TrashFlags,
    /// `dedup`, `hardlink`, `hardlinkonly`, `reflink`.
    pub dedup: DedupMode,
    /// `nodupe`: refuse content that the volume already has.
    pub no_dupe: bool,
    /// `outlinks`: follow symbolic links to targets outside all volumes, for reading only.
    pub follow_links_out: bool,
    /// `noclone`: receive all data again instead of copying an existing file.
    pub no_clone: bool,
    /// `safededup`: from 50 on, the source of a duplicate is hashed again before it is used; below, only its size is
    /// compared.
    pub safe_dedup: u32,
    /// `xlink`: look for duplicates in all volumes that have this flag and that the uploader may read.
    pub cross_volume_dedup: bool,
    /// Limits that are checked when an upload starts.
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
    /// `daw`: PUT overwrites, if the account may delete.
    pub put_overwrites: bool,
    /// `davauth`: WebDAV requires a login even where none is needed.
    pub dav_login: bool,
    /// `nopipe`: a file cannot be downloaded while it arrives.
    pub no_pipe: bool,
    /// `nosparse`: accept chunks in file order only.
    pub no_sparse: bool,
    /// `u2ow`: default of the upload page for taken names; never `Skip`.
    pub page_on_conflict: OnConflict,
    /// `nsort`: listings are in the order of [`crate::natural`]; else in byte order.
    pub natural_order: bool,
    /// `dots`: read permission includes dotfiles.
    pub dots_for_all: bool,
    /// `fk`, `fka`.
    pub file_keys: FileKeys,
    /// Characters in a file key.
    pub file_key_length: u32,
    /// `fka`: keys depend on the path only.
    pub file_key_by_path: bool,
    /// `nohtml`, `noscript`: HTML files are shown as text.
    pub no_html: bool,
    /// The texts of folders.
    pub page_texts: PageTextFlags,
    /// Listings.
    pub page_lists: PageListFlags,
    /// `rw_edit`: extensions of files that accounts with `rw` may edit.
    pub editable: Vec<String>,
    /// `md_nhist`: versions of a text kept by the editor; 0 = all, `None` = keep no history (`md_hist=n`).
    pub text_versions: Option<u32>,
    /// `wo_up_readme`: clients without read permission may upload a readme under that name.
    pub write_only_may_add_readme: bool,
    /// `assert_root`: the program does not start when the folder is missing.
    pub source_must_exist: bool,
    /// `chmod_f`: mode of new files.
    pub file_mode: u32,
    /// `chmod_d`: mode of new folders.
    pub folder_mode: u32,
    /// `invite`: default rights of an invitation to the volume.
    pub invite_perms: Option<PermSet>,
    /// `shr_who`: who may make share links on pages.
    pub share_who: ShareWho,
    /// `only`: the paths below the folder that are offered; empty: all. Other paths appear not to exist, and the volume
    /// is read-only: see [`VolumeFlags::offers`] and [`VolumeFlags::limit`].
    pub only: Vec<VPath>,
    /// `off`: the volume stays in the settings but is not offered.
    pub off: bool,
    /// `until`: the time from which the volume is no longer offered.
    pub until: Option<UnixMillis>,
    /// Flags that this program stores but ignores (`gz`, hooks, `e2ds` ...), with their values. Sorted by name; flags
    /// of one name are in the order given.
    pub other: Vec<(String, Option<String>)>,
}

impl Default for VolumeFlags {
    fn default() -> Self {
        Self {
            hist: None,
            no_ledger: false,
            index: IndexFlags::default(),
            tags: TagFlags::default(),
            thumbnails: ThumbnailFlags::default(),
            trash: TrashFlags::default(),
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
            dav_login: false,
            no_pipe: false,
            no_sparse: false,
            page_on_conflict: OnConflict::Rename,
            natural_order: true,
            dots_for_all: false,
            file_keys: FileKeys::Off,
            file_key_length: 8,
            file_key_by_path: false,
            no_html: false,
            page_texts: PageTextFlags::default(),
            page_lists: PageListFlags::default(),
            editable: vec!["md".into()],
            text_versions: Some(99),
            write_only_may_add_readme: false,
            source_must_exist: false,
            file_mode: 0o644,
            folder_mode: 0o755,
            invite_perms: None,
            share_who: ShareWho::Accounts,
            only: Vec::new(),
            off: false,
            until: None,
            other: Vec::new(),
        }
    }
}

impl VolumeFlags {
    /// Returns which files the index holds.
    pub fn index_mode(&self) -> IndexMode {
        match self.index.mode {
            _ if self.no_ledger => IndexMode::Off,
            IndexMode::Off if self.index.verifies_at_start() => IndexMode::Changes,
            mode if self.index.no_scan => mode.min(IndexMode::Changes),
            mode => mode,
        }
    }

    /// Returns the files of which the index has tags.
    pub fn tag_mode(&self) -> TagMode {
        if self.index_mode() == IndexMode::Off { TagMode::Off } else { self.tags.effective_mode() }
    }

    /// Returns whether `below` (a path relative to the mount point, without symbolic links) is offered: it is in
    /// `only`, or below a path in `only`, or a parent of one.
    pub fn offers(&self, below: &VPath) -> bool {
        self.only.is_empty() || self.only.iter().any(|chosen| below.is_within(chosen) || chosen.is_within(below))
    }

    /// Returns the part of `rights` that the volume can grant: a volume with `only` grants no rights to change files.
    pub fn limit(&self, rights: PermSet) -> PermSet {
        use crate::Perm;
        let reads = PermSet::NONE | Perm::Read | Perm::Get | Perm::Html | Perm::Dot;
        if self.only.is_empty() { rights } else { rights.intersection(reads) }
    }
}

/// A shared folder of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// The folder on the host, absolute. Only `store` opens it.
    pub source: PathBuf,
    /// The path at which it appears.
    pub mount: MountPoint,
    /// The rights of accounts and groups.
    pub grants: Vec<Grant>,
    /// Its flags.
    pub flags: VolumeFlags,
}

impl Volume {
    /// Returns whether the volume is offered at the time `now`.
    pub fn is_offered(&self, now: UnixMillis) -> bool {
        !self.flags.off && self.flags.until.is_none_or(|until| now < until)
    }

    /// Returns the rights of `account` (`*` for anonymous), a member of `groups`.
    ///
    /// A grant to everyone also applies to logged-in accounts. An exception affects only the grant that it is part of
    /// (`rw,*,-@guests`).
    pub fn rights(&self, account: &AccountName, groups: &[GroupName]) -> PermSet {
        let applies_to = |principal: &Principal| match principal {
            Principal::Everyone => true,
            Principal::LoggedIn => !account.is_anonymous(),
            Principal::Account(name) => name == account,
            Principal::Group(name) => groups.contains(name),
        };
        let mut rights = PermSet::NONE;
        for grant in &self.grants {
            if grant.to.iter().any(applies_to) && !grant.except.iter().any(applies_to) {
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
    fn only_offers_the_chosen_files_and_their_parents() {
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
    fn only_limits_rights_to_reading() {
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
