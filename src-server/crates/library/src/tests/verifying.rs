//! A verification finds contents that differ though size and time are unchanged, and goes on after a restart.

use super::World;
use crate::{BackgroundWork, Cancellation, FindingKind, Next, Verification, Verifier};
use model::Settings;
use std::sync::Arc;
use vfs::testing::vpath;

/// Changes the content of a file, and neither its size nor its time.
fn rot(world: &World, path: &str) {
    let path = world.path(path);
    let time = path.metadata().and_then(|meta| meta.modified()).expect("has a time");
    let mut content = std::fs::read(&path).expect("reads");
    content[0] ^= 1;
    std::fs::write(&path, content).expect("writes");
    std::fs::File::options().write(true).open(&path).and_then(|file| file.set_modified(time)).expect("sets its time");
}

async fn verify(verifier: &mut Verifier) {
    while verifier.step(Arc::default()).await.expect("works") == Next::Step {}
}

async fn found(world: &World) -> Vec<(String, FindingKind)> {
    let findings = world.library.findings(&vpath("v")).await.expect("has an index");
    let mut all: Vec<_> = findings.iter().map(|one| (one.folder.join(&one.name).display(), one.kind)).collect();
    all.sort_by(|one, other| one.0.cmp(&other.0));
    all
}

async fn last(world: &World) -> Option<Verification> {
    world.library.statuses().await.expect("is known")[0].verification
}

async fn world(change: impl FnOnce(&mut Settings)) -> World {
    with_files(&[("large", 5 << 20), ("empty", 0)], change).await
}

async fn with_files(more: &[(&str, usize)], change: impl FnOnce(&mut Settings)) -> World {
    let mut world = World::with(&[("v", "v", "r. *")], change);
    (0..1200).for_each(|number| world.write(&format!("v/{}/{number}", number % 7), format!("content {number}")));
    more.iter().for_each(|(name, size)| world.write(&format!("v/{name}"), vec![7; *size]));
    world.settle().await;
    world
}

#[tokio::test]
async fn what_differs_is_reported() {
    let world = world(|_| {}).await;
    let mut verifier = world.library.verifier();
    verify(&mut verifier).await;
    assert_eq!(last(&world).await, None, "none was wanted");
    world.library.verify(&vpath("v")).expect("has an index");
    verify(&mut verifier).await;
    let done = last(&world).await.expect("there was one");
    assert_eq!((done.files, done.differing, done.unreadable, done.is_cancelled), (1201, 0, 0, false));
    assert_eq!((done.bytes, done.ended_at.is_some()), (done.total_bytes, true));
    rot(&world, "v/3/10");
    rot(&world, "v/large");
    let differs = [("/3/10".to_owned(), FindingKind::Differs), ("/large".to_owned(), FindingKind::Differs)];
    // It is found as often as it is looked for.
    for _ in 0..2 {
        world.library.verify(&vpath("v")).expect("has an index");
        verify(&mut verifier).await;
        assert_eq!(found(&world).await, differs);
        assert_eq!(last(&world).await.expect("there was one").differing, 2);
    }
    assert!(world.library.verify(&vpath("other")).is_err());
}

#[tokio::test]
async fn the_settings_say_what_is_done() {
    let world = world(|settings| settings.volumes[0].flags.index.verify_updates = true).await;
    rot(&world, "v/2/16");
    let mut verifier = world.library.verifier();
    verify(&mut verifier).await;
    assert_eq!(found(&world).await, [("/2/16".to_owned(), FindingKind::Updated)], "at the start, by itself");
    world.library.verify(&vpath("v")).expect("has an index");
    verify(&mut verifier).await;
    assert_eq!(found(&world).await, []);
    world.site.change(|settings| settings.volumes[0].flags.index.verify_stops = true);
    rot(&world, "v/2/16");
    world.library.verify(&vpath("v")).expect("has an index");
    verify(&mut verifier).await;
    assert!(world.library.end_wanted().await.contains("/v/2/16"));
    // A restart does not go on behind the file.
    assert!(last(&world).await.is_some_and(|one| one.is_cancelled && one.ended_at.is_some()));
}

#[tokio::test]
async fn a_verification_goes_on_after_a_restart_and_can_be_cancelled() {
    // A large file would not be read by a step that is to end at once.
    let world = with_files(&[], |settings| settings.volumes[0].flags.index.verify = true).await;
    rot(&world, "v/0/0");
    let hurry = || {
        let cancellation = Arc::<Cancellation>::default();
        cancellation.cancel();
        cancellation
    };
    let mut verifier = world.library.verifier();
    assert_eq!(verifier.step(hurry()).await.expect("works"), Next::Step);
    let before = last(&world).await.expect("is under way");
    assert!(before.ended_at.is_none() && before.after > 0 && before.files < 1200, "{before:?}");
    drop(verifier);
    let mut world = world.restarted_after(|_| {});
    world.settle().await;
    let mut verifier = world.library.verifier();
    verify(&mut verifier).await;
    let done = last(&world).await.expect("there was one");
    assert_eq!((done.started_at, done.files, done.differing), (before.started_at, 1200, 1), "each was read once");
    assert!(done.ended_at.is_some());
    world.library.verify(&vpath("v")).expect("has an index");
    assert_eq!(verifier.step(hurry()).await.expect("works"), Next::Step);
    world.library.cancel_verification(&vpath("v")).expect("has an index");
    assert!(world.library.statuses().await.expect("is known")[0].is_verifying);
    verify(&mut verifier).await;
    let status = world.library.statuses().await.expect("is known").remove(0);
    assert!(!status.is_verifying && status.verification.is_some_and(|one| one.is_cancelled && one.ended_at.is_some()));
}
