//! Fixture for unit tests: volumes over folders in a temporary directory, and accesses without a login.

use crate::access::{Access, Client, Rights};
use crate::blocking_pool::BlockingPool;
use crate::core::Core;
use crate::error::{EngineError, Result};
use crate::events::Events;
use crate::files::service::FileService;
use crate::grants::{GrantReservation, Grants};
use crate::paused_transfers::PausedTransfers;
use crate::snapshot::{Derived, Snapshot};
use crate::volumes::extension::VolumeService;
use crate::volumes::mounted::Mounted;
use crate::volumes::open::{VolumeOpener, open_tree};
use crate::volumes::storage::VolumeStorage;
use crate::volumes::tree::Tree;
use model::volume::{Grant, Principal};
use model::{AccountName, PermSet, Settings, VPath, Volume, VolumeFlags};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::disk::{Faults, Folder};

/// The services of one run of the program that the volumes of a [`SiteWith`] are opened with.
pub trait Services: Sized {
    /// Starts them with an empty or used state folder.
    fn start(state_folder: &Path) -> Self;
    /// Services with state for each volume.
    fn of_volumes(&self) -> Vec<Arc<dyn VolumeService>>;
    /// Services that limit new files, or know files that are not complete.
    fn of_files(&self) -> Vec<Arc<dyn FileService>> {
        Vec::new()
    }
    /// The grants.
    fn grants(&self) -> Arc<dyn Grants> {
        Arc::new(NoGrants)
    }
    /// Values of a snapshot.
    fn derived(&self) -> Derived {
        Derived::default()
    }
    /// Makes the state of a volume fail as `faults` say.
    fn set_faults(&self, _storage: &VolumeStorage, _faults: &Arc<Faults>) {}
    /// Cleans up after an earlier run.
    fn clean_up(&self, _storage: &VolumeStorage) {}
}

/// No services.
pub struct NoServices;

impl Services for NoServices {
    fn start(_: &Path) -> Self {
        Self
    }
    fn of_volumes(&self) -> Vec<Arc<dyn VolumeService>> {
        Vec::new()
    }
}

/// No access needs a grant, and uploads are not limited.
pub struct NoGrants;

impl Grants for NoGrants {
    fn still_holds(&self, _: &Access, _: &Snapshot) -> bool {
        true
    }
    fn reserve(&self, _: &Access, _: u64, _: &dyn Fn() -> u64) -> Result<Option<Arc<dyn GrantReservation>>> {
        Ok(None)
    }
    fn bytes_left(&self, _: &Access) -> Option<u64> {
        None
    }
    fn record_received(&self, _: &AccountName, _: u64) {}
}

/// Volumes without services.
pub type Site = SiteWith<NoServices>;

/// Volumes of one run of the program, in a temporary folder.
pub struct SiteWith<S: Services> {
    tmp: tempfile::TempDir,
    /// The core.
    pub core: Arc<Core>,
    /// The services.
    pub services: S,
}

/// Returns the innermost name of an error: `TopFolderOnly` for `RuleBroken(TopFolderOnly)`.
pub fn error_name(error: &EngineError) -> String {
    let text = format!("{error:?}");
    let head = |text: &str| text.split([' ', '(', '{', ')']).next().unwrap_or_default().to_owned();
    match (head(&text).as_str(), text.split_once('(')) {
        (
            "Changed" | "Conflict" | "Denied" | "Gone" | "Interrupted" | "Invalid" | "NoSpace" | "RuleBroken"
            | "TooMany" | "Upload",
            Some((_, inner)),
        ) => head(inner),
        (kind, _) => kind.to_owned(),
    }
}

/// A path in the tree.
pub fn vpath(text: &str) -> VPath {
    VPath::parse(text.as_bytes()).expect("parses")
}

/// CPU seconds used by this process so far. Unlike wall time, comparable when other processes use the machine too.
pub fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = |at: usize| after_name.split_whitespace().nth(at).and_then(|ticks| ticks.parse::<f64>().ok());
    (ticks(11).unwrap_or(0.0) + ticks(12).unwrap_or(0.0)) / 100.0
}

impl<S: Services> SiteWith<S> {
    /// Volumes given as (folder below the temporary one, mount point, grants such as `rw *, d ed`).
    pub fn new(volumes: &[(&str, &str, &str)]) -> Self {
        Self::with(volumes, |_| {})
    }

    /// [`Site::new`] with settings changed before they take effect.
    pub fn with(volumes: &[(&str, &str, &str)], change: impl FnOnce(&mut Settings)) -> Self {
        Self::in_folder(tempfile::tempdir().expect("temp folder"), volumes, change)
    }

    /// [`Site::with`] in a given folder, which may have contents.
    pub fn in_folder(
        tmp: tempfile::TempDir,
        volumes: &[(&str, &str, &str)],
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        let volume = |(source, mount, grants): &(&str, &str, &str)| {
            let source = tmp.path().join(source);
            std::fs::create_dir_all(&source).expect("mkdir");
            let grants = grants.split(',').filter(|grant| !grant.is_empty()).map(grant).collect();
            Volume { source, mount: vpath(mount), grants, flags: VolumeFlags::default() }
        };
        let mut settings = Settings { volumes: volumes.iter().map(volume).collect(), ..Settings::default() };
        change(&mut settings);
        Self::start(settings, tmp)
    }

    fn start(settings: Settings, tmp: tempfile::TempDir) -> Self {
        let state_folder = tmp.path().join("state");
        let services = S::start(&state_folder);
        let volume_services = services.of_volumes();
        let opener =
            VolumeOpener { services: &volume_services, mounted: &Default::default(), state_folder: &state_folder };
        let tree = open_tree(&settings, None, &opener);
        let snapshot = Snapshot { settings, tree, derived: services.derived(), generation: 1 };
        let core = Arc::new(Core {
            snapshot: arc_swap::ArcSwap::from_pointee(snapshot),
            pool: BlockingPool::for_paused_clock(),
            events: Events::default(),
            running: Default::default(),
            paused_transfers: PausedTransfers::default(),
            grants: services.grants(),
            volume_services,
            file_services: services.of_files(),
            state_folder,
            secret: [7; 32],
            listings: crate::listing::rows_budget(),
            undo_log: Default::default(),
        });
        Self { tmp, core, services }
    }

    /// A new engine over the same folders and settings.
    pub fn restarted(self) -> Self {
        self.restarted_after(|_| {})
    }

    /// [`Site::restarted`], after `meanwhile` has changed the folders while no engine runs.
    pub fn restarted_after(self, meanwhile: impl FnOnce(&Self)) -> Self {
        let Self { core, tmp, services } = self;
        let settings = core.snapshot.load().settings.clone();
        drop((core, services));
        let site = Self::start(Settings::default(), tmp);
        meanwhile(&site);
        Self::start(settings, site.tmp)
    }

    /// The temporary folder, in which the folders of the volumes are.
    pub fn folder(&self) -> &Path {
        self.tmp.path()
    }

    /// Returns the access of an account; `*` for a visitor.
    pub fn access(&self, name: &str) -> Access {
        let snapshot = self.core.snapshot.load_full();
        let account = AccountName::from(name);
        let by_volume = snapshot.tree.volumes.iter().map(|volume| volume.config.rights(&account, &[])).collect();
        let rights = Rights {
            account,
            by_volume,
            snapshot,
            partial_scope: None,
            link: None,
            session: None,
            is_guest: false,
            secret_tag: None,
        };
        let client = Client { address: std::net::Ipv4Addr::LOCALHOST.into() };
        Access::new(Arc::new(rights), client)
    }

    /// Makes the disk and ledger of every volume fail as the returned faults say, from now on. Fault points are counted
    /// over all volumes.
    pub fn with_faults(&self) -> Arc<Faults> {
        let faults = Arc::new(Faults::default());
        self.set_faults(Some(&faults));
        faults
    }

    /// [`Site::with_faults`] with given faults (ledgers keep their first ones); `None`: disks that never fail.
    pub fn set_faults(&self, faults: Option<&Arc<Faults>>) {
        for volume in &self.core.snapshot.load().tree.volumes {
            let folder = Folder::open_root(&volume.config.source).expect("opens");
            match faults {
                Some(faults) => {
                    volume.storage.set_root(folder.with_faults(faults.clone()));
                    self.services.set_faults(&volume.storage, faults);
                }
                None => volume.storage.set_root(folder),
            }
        }
    }

    /// A new engine over the same folders, cleaned up after its start, as if this one had been killed: its cleanup at the
    /// end is undone.
    pub fn killed(self) -> Self {
        self.killed_without_cleanup().cleaned_up()
    }

    /// [`Site::killed`] without that clean-up.
    pub fn killed_without_cleanup(self) -> Self {
        let time_of = |marker: PathBuf| Some((marker.metadata().ok()?.modified().ok()?, marker));
        let markers: Vec<_> = self.markers().into_iter().filter_map(time_of).collect();
        self.started_after(|_| markers.iter().for_each(|(time, marker)| write_marker(marker, "", *time)))
    }

    /// A new engine over the same folders after this one has ended in good order.
    pub fn ended(self) -> Self {
        self.started_after(|_| {}).cleaned_up()
    }

    fn started_after(self, meanwhile: impl FnOnce(&Self)) -> Self {
        let markers = self.markers();
        let snapshot = self.core.snapshot.load_full();
        let in_use: Vec<_> =
            snapshot.tree.volumes.iter().map(|volume| volume.storage.state.run_marker.alive()).collect();
        drop(snapshot);
        self.restarted_after(|site| {
            // Pool threads that have just replied may still hold a reference.
            while in_use.iter().any(|one| one.strong_count() > 0) {
                std::thread::yield_now();
            }
            meanwhile(site);
            // All runs of a test share one process, and their files a part of its run token.
            let left = markers.iter().filter(|marker| marker.exists());
            left.for_each(|marker| {
                let time = marker.metadata().and_then(|meta| meta.modified()).expect("has a time");
                write_marker(marker, &crate::volumes::hidden_names::run_token()[..6], time);
            });
        })
    }

    fn cleaned_up(self) -> Self {
        for volume in &self.core.snapshot.load().tree.volumes {
            self.services.clean_up(&volume.storage);
        }
        self
    }

    /// Paths of the markers with which volumes note that partial files may be left.
    fn markers(&self) -> Vec<PathBuf> {
        let snapshot = self.core.snapshot.load();
        snapshot.tree.volumes.iter().map(|volume| volume.config.source.join(".hist/running")).collect()
    }

    /// Opens the volumes of `settings`.
    pub fn open_tree(&self, settings: &Settings, before: Option<&Tree>, mounted: &Mounted) -> Tree {
        let (services, state_folder) = (&self.core.volume_services, &self.core.state_folder);
        open_tree(settings, before, &VolumeOpener { services, mounted, state_folder })
    }

    /// Applies other settings.
    pub fn change(&self, change: impl FnOnce(&mut Settings)) {
        let before = self.core.snapshot.load_full();
        let mut settings = before.settings.clone();
        change(&mut settings);
        let tree = self.open_tree(&settings, Some(&before.tree), &Default::default());
        let derived = self.services.derived();
        let generation = before.generation + 1;
        self.core.snapshot.store(Arc::new(Snapshot { settings, tree, derived, generation }));
    }

    /// Returns a host path below the temporary folder.
    pub fn at(&self, path: &str) -> PathBuf {
        self.tmp.path().join(path)
    }

    /// Writes a file and creates the folders above it.
    pub fn file(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.at(path);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).expect("mkdir");
        std::fs::write(path, content).expect("write");
    }

    /// Creates a symbolic link.
    #[cfg(unix)]
    pub fn link(&self, target: impl AsRef<Path>, path: &str) {
        std::os::unix::fs::symlink(target, self.at(path)).expect("link");
    }
}

fn grant(text: &str) -> Grant {
    let (perms, who) = text.trim().split_once(' ').expect("perms and who");
    let to = match who {
        "*" => Principal::Everyone,
        name => Principal::Account(name.into()),
    };
    Grant { perms: PermSet::parse(perms).expect("letters"), to: vec![to], except: vec![] }
}

/// Writes a marker that partial files may be left, with the given modification time.
fn write_marker(marker: &std::path::Path, text: &str, time: std::time::SystemTime) {
    std::fs::write(marker, text).expect("writes");
    std::fs::File::options().write(true).open(marker).and_then(|file| file.set_modified(time)).expect("sets its time");
}
