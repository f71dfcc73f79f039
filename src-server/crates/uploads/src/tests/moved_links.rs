//! Links that move while their target is changed.

use super::sinks::{put, request};
use super::*;
use model::volume::DedupMode;
use vfs::files::ops::{FileOps, IfExists};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_moving_link_keeps_its_content_whatever_happens_to_its_target() {
    let site = Site::with(&[("v", "v", "rwmd *")], |settings| settings.volumes[0].flags.dedup = DedupMode::Symlink);
    let (ops, person) = (FileOps::new(site.core.clone()), Person::new(&site, "*"));
    for round in 0..30u8 {
        let sent = Sent::noise(round.into(), 30_000);
        for name in ["original", "copy"] {
            person.upload("v", name, &sent).await.expect("uploads");
        }
        let (mover, other) = ((ops.clone(), person.access.clone()), (ops.clone(), person.access.clone()));
        let to = vpath(if round % 2 == 0 { "v/moved" } else { "v/f/moved" });
        let moved =
            tokio::spawn(async move { mover.0.move_to(&mover.1, &vpath("v/copy"), &to, IfExists::Refuse).await });
        let changed = tokio::spawn(async move {
            match round % 3 {
                0 => other.0.delete(&other.1, &vpath("v/original")).await.map(drop),
                1 => other.0.move_to(&other.1, &vpath("v/original"), &vpath("v/g/original"), IfExists::Refuse).await,
                _ => {
                    let (from, to) = (vpath("v/other"), vpath("v/original"));
                    other.0.move_to(&other.1, &from, &to, IfExists::Replace).await
                }
            }
        });
        site.file("v/other", "other");
        moved.await.expect("runs").expect("moves");
        let _it_may_find_no_other_file = changed.await.expect("runs");
        let moved = if round % 2 == 0 { "v/moved" } else { "v/f/moved" };
        assert_eq!(std::fs::read(site.at(moved)).expect("it leads somewhere"), sent.content, "round {round}");
        for path in ["v/moved", "v/f/moved", "v/original", "v/g/original", "v/other"] {
            let _may_be_elsewhere = ops.delete(&person.access, &vpath(path)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replacing_by_links_does_not_deadlock() {
    for mode in [DedupMode::Symlink, DedupMode::Hardlink] {
        let site = Site::with(&[("v", "v", "rwmd *")], |settings| settings.volumes[0].flags.dedup = mode);
        let person = Person::new(&site, "*");
        for round in 0..40 {
            let (first, second) = (Sent::noise(2 * round, 3_000), Sent::noise(2 * round + 1, 3_000));
            let [one, two, three] = ["one", "two", "three"].map(|name| format!("{name}{round}"));
            person.upload("v", &one, &first).await.expect("uploads");
            person.upload("v", &two, &second).await.expect("uploads");
            let replace = |name: &str, sent: &Sent| {
                let (person, asked) = (Person::new(&site, "*"), sent.ask(name));
                let asked = Handshake { on_conflict: OnConflict::Replace, ..asked };
                tokio::spawn(async move { person.ask("v", asked).await })
            };
            let append = |name: &str| {
                let person = Person::new(&site, "*");
                let asked = SinkRequest { append: true, on_conflict: OnConflict::Replace, ..request("v", name) };
                tokio::spawn(async move { put(&person, asked, b"more").await })
            };
            let all = async {
                // Each file gets the other's content, while both are appended to.
                let (here, there) = (replace(&one, &second), replace(&two, &first));
                let (more, still_more) = (append(&one), append(&two));
                let third = replace(&three, &first);
                for asked in [here, there, third] {
                    let _busy_or_done = asked.await.expect("runs");
                }
                for added in [more, still_more] {
                    added.await.expect("runs").expect("adds");
                }
            };
            tokio::time::timeout(std::time::Duration::from_secs(20), all).await.unwrap_or_else(|_| panic!("{round}"));
            for name in [one, two, three] {
                let Ok(bytes) = std::fs::read(site.at("v").join(&name)) else { continue };
                let (content, added) = bytes.split_at(bytes.len().min(3_000));
                let is_whole = content == first.content || content == second.content;
                let kind = std::fs::symlink_metadata(site.at("v").join(&name)).map(|meta| meta.file_type());
                assert!(is_whole && matches!(added, b"" | b"more"), "{mode:?} {name}: {is_whole} {added:?} {kind:?}");
            }
        }
    }
}
