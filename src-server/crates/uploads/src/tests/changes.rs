//! Every change of a volume is published once, by whichever operation made it.

use super::sinks::{put, request};
use super::*;
use model::volume::DedupMode;
use std::time::Duration;
use vfs::changes::{Change, Notice, Subscription};
use vfs::files::ops::{FileOps, IfExists};

fn received(subscription: &mut Subscription) -> Vec<String> {
    let line = |notice| match notice {
        Notice::Change(Change::Created { path, kind }) => format!("created {} {kind:?}", path.display()),
        Notice::Change(Change::Replaced { path, kind }) => format!("replaced {} {kind:?}", path.display()),
        Notice::Change(Change::Removed { path, kind }) => format!("removed {} {kind:?}", path.display()),
        Notice::Change(Change::Moved { from, to, kind, .. }) => {
            format!("moved {} to {} {kind:?}", from.display(), to.display())
        }
        Notice::Rescan(folder) => format!("rescan {}", folder.display()),
    };
    std::iter::from_fn(|| subscription.try_next()).map(line).collect()
}

#[tokio::test]
async fn uploads_and_file_operations_are_told_in_order() {
    let site = Site::with(&[("v", "v", "rwmd *"), ("w", "w", "rwmd *")], |settings| {
        settings.volumes[0].flags.lifetime_secs = Some(3600);
    });
    let (ops, ann) = (FileOps::new(site.core.clone()), Person::new(&site, "*"));
    let volumes = ann.access.snapshot().tree.volumes.clone();
    let [mut v, mut w] = [0, 1].map(|at: usize| volumes[at].storage.state.changes.subscribe(64));
    let sent = Sent::noise(1, 3000);
    ann.upload("v", "a", &sent).await.expect("uploads");
    ann.upload("v", "b", &sent).await.expect("is copied");
    put(&ann, request("v/new/deep", "c"), b"text").await.expect("stores");
    assert_eq!(
        received(&mut v),
        [
            "created /a File",
            "created /b File",
            "created /new Folder",
            "created /new/deep Folder",
            "created /new/deep/c File"
        ]
    );
    put(&ann, SinkRequest { on_conflict: OnConflict::Replace, ..request("v", "a") }, b"anew").await.expect("stores");
    ops.make_folder(&ann.access, &vpath("v"), b"made").await.expect("makes");
    ops.new_text(&ann.access, &vpath("v"), b"t.md").await.expect("makes");
    ops.save_text(&ann.access, &vpath("v/t.md"), None, "text".into()).await.expect("saves");
    ops.copy_to(&ann.access, &vpath("v/new"), &vpath("v/copy"), IfExists::Refuse).await.expect("copies");
    ops.move_to(&ann.access, &vpath("v/b"), &vpath("v/made/b"), IfExists::Refuse).await.expect("moves");
    ops.move_to(&ann.access, &vpath("v/a"), &vpath("v/made/b"), IfExists::Replace).await.expect("moves");
    ops.delete(&ann.access, &vpath("v/copy")).await.expect("deletes");
    assert_eq!(
        received(&mut v),
        [
            "replaced /a File",
            "created /made Folder",
            "created /t.md File",
            "replaced /t.md File",
            "created /copy Folder",
            "moved /b to /made/b File",
            "moved /a to /made/b File",
            "removed /copy Folder",
        ]
    );
    ops.move_to(&ann.access, &vpath("v/new"), &vpath("w/new"), IfExists::Refuse).await.expect("moves");
    ops.copy_to(&ann.access, &vpath("v/t.md"), &vpath("w/t.md"), IfExists::Refuse).await.expect("copies");
    assert_eq!(
        (received(&mut v), received(&mut w)),
        (
            vec!["removed /new Folder".to_owned()],
            vec!["created /new Folder".to_owned(), "created /t.md File".to_owned()],
        )
    );
    let later = UnixMillis(vfs::clock::now().0 + 7_200_000);
    sweep_all(&volumes[0].storage, later, Duration::from_secs(1 << 30));
    let mut expired = received(&mut v);
    expired.sort();
    assert_eq!(expired, ["removed /made/b File", "removed /t.md File"]);
    ops.delete(&ann.access, &vpath("w")).await.expect("empties");
    assert_eq!(received(&mut w), ["removed /new Folder", "removed /t.md File"]);
}

#[tokio::test]
async fn links_that_become_files_are_told() {
    let site = Site::with(&[("v", "v", "rwmd *")], |settings| settings.volumes[0].flags.dedup = DedupMode::Symlink);
    let (ops, ann) = (FileOps::new(site.core.clone()), Person::new(&site, "*"));
    let mut v = ann.access.snapshot().tree.volumes[0].storage.state.changes.subscribe(64);
    let sent = Sent::noise(1, 3000);
    ann.upload("v", "original", &sent).await.expect("uploads");
    ann.upload("v", "link", &sent).await.expect("is linked");
    ops.delete(&ann.access, &vpath("v/original")).await.expect("deletes");
    assert_eq!(
        received(&mut v),
        ["created /original File", "created /link Link", "replaced /link File", "removed /original File"]
    );
}

#[tokio::test]
async fn refused_changes_are_not_told() {
    let site = Site::new(&[("v", "v", "rwm *")]);
    let (ops, ann) = (FileOps::new(site.core.clone()), Person::new(&site, "*"));
    for name in ["a", "b"] {
        put(&ann, request("v", name), name.as_bytes()).await.expect("stores");
    }
    let mut v = ann.access.snapshot().tree.volumes[0].storage.state.changes.subscribe(64);
    assert!(ops.delete(&ann.access, &vpath("v/a")).await.is_err());
    assert!(ops.move_to(&ann.access, &vpath("v/a"), &vpath("v/b"), IfExists::Replace).await.is_err());
    assert!(ops.copy_to(&ann.access, &vpath("v/a"), &vpath("v/b"), IfExists::Refuse).await.is_err());
    assert!(ops.make_folder(&ann.access, &vpath("v"), b"a").await.is_err());
    assert_eq!(received(&mut v), [""; 0]);
}
