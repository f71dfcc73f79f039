//! Volumes with an index, driven step by step.

mod changes_of_settings;
mod faults;
mod follow;
mod parsers;
mod programs;
mod searching;
mod skipping;
mod tagging;
mod verifying;

use crate::volume::{VolumeIndex, index_of};
use crate::{BackgroundWork, Hasher, Indexer, Library, LibraryService, Next, SearchHit, SearchRequest, TagValue};
use model::Settings;
use model::index_flags::IndexMode;
use model::query::parse;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use store::disk::Kind;
use vfs::changes::Change;
use vfs::files::ops::FileOps;
use vfs::testing::{Services, SiteWith, vpath};
use vfs::volumes::extension::VolumeService;

/// The library alone.
struct OnlyLibrary;

impl Services for OnlyLibrary {
    fn start(_: &Path) -> Self {
        Self
    }
    fn of_volumes(&self) -> Vec<Arc<dyn VolumeService>> {
        vec![Arc::new(LibraryService::default())]
    }
}

/// A site with its background work.
struct World {
    site: SiteWith<OnlyLibrary>,
    library: Library,
    indexers: Vec<Indexer>,
    hasher: Hasher,
    ops: FileOps,
}

impl World {
    /// Volumes as for [`SiteWith::new`], all with an index of all files.
    fn new(volumes: &[(&str, &str, &str)]) -> Self {
        Self::with(volumes, |_| {})
    }

    fn with(volumes: &[(&str, &str, &str)], change: impl FnOnce(&mut Settings)) -> Self {
        Self::start(SiteWith::with(volumes, |settings| {
            settings.volumes.iter_mut().for_each(|volume| volume.flags.index.mode = IndexMode::ScanAll);
            change(settings);
        }))
    }

    fn start(site: SiteWith<OnlyLibrary>) -> Self {
        let library = Library::new(site.core.clone());
        let (indexers, hasher) = (library.new_indexers(), library.hasher());
        Self { library, indexers, hasher, ops: FileOps::new(site.core.clone()), site }
    }

    /// The same folders after a restart of the program; `meanwhile` changes them.
    fn restarted_after(self, meanwhile: impl FnOnce(&Path)) -> Self {
        let Self { site, library, indexers, hasher, ops } = self;
        drop((library, indexers, hasher, ops));
        Self::start(site.restarted_after(|site| meanwhile(site.folder())))
    }

    fn path(&self, below: &str) -> PathBuf {
        self.site.folder().join(below)
    }

    /// Makes the indexer of the first volume look at a path.
    fn look_at(&self, below: &str) {
        let change = Change::Replaced { path: vpath(below), kind: Kind::File };
        self.site.core.snapshot.load().tree.volumes[0].storage.state.changes.publish(|| change);
    }

    /// Calls `act` with the index of the first volume.
    fn index<T>(&self, act: impl FnOnce(&VolumeIndex) -> T) -> T {
        act(index_of(&self.site.core.snapshot.load().tree.volumes[0].storage).expect("has one"))
    }

    fn write(&self, below: &str, content: impl AsRef<[u8]>) {
        let path = self.path(below);
        std::fs::create_dir_all(path.parent().expect("has a parent")).expect("makes folders");
        std::fs::write(path, content).expect("writes");
    }

    /// Works until nothing is left to do. Returns the number of steps of indexers.
    async fn settle(&mut self) -> usize {
        let mut steps = 0;
        for indexer in &mut self.indexers {
            while indexer.step().await.expect("works") == Next::Step {
                steps += 1;
            }
        }
        while self.hasher.step(Arc::default()).await.expect("works") == Next::Step {}
        let mut tagger = self.library.tagger();
        while tagger.step(Arc::default()).await.expect("works") == Next::Step {}
        steps
    }

    /// Works until `expression` finds these files, as changes of other programs arrive.
    async fn settle_until(&mut self, expression: &str, want: &[&str]) {
        for _ in 0..600 {
            self.settle().await;
            if self.find("*", expression).await == want {
                return;
            }
            // Real time: the operating system tells of changes.
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("{expression}: {:?} instead of {want:?}", self.find("*", expression).await);
    }

    /// Returns the paths of all results, sorted.
    async fn find(&self, account: &str, expression: &str) -> Vec<String> {
        let query = parse(expression).expect("parses");
        let request = SearchRequest::new(query, 1000);
        let result = self.library.search(&self.site.access(account), request).await.expect("searches");
        assert!(!result.is_truncated);
        let mut paths: Vec<_> = result.hits.iter().map(|hit| hit.path.display().to_string()).collect();
        paths.sort();
        paths
    }

    /// Returns the tags of every file by its path.
    async fn all_tags(&self) -> BTreeMap<String, BTreeMap<String, TagValue>> {
        let request = SearchRequest::new(parse("").expect("parses"), 100);
        let result = self.library.search(&self.site.access("*"), request).await.expect("searches");
        let named = |hit: SearchHit| (hit.path.display().to_string(), hit.tags.into_iter().collect());
        result.hits.into_iter().map(named).collect()
    }
}
