//! Links that move while what they lead to is changed.

use super::*;
use crate::files::ops::{FileOps, IfExists};
use model::volume::DedupMode;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_that_moves_keeps_its_content_whatever_happens_to_its_original() {
    let site = Site::with(&[("v", "v", "rwmd *")], |settings| settings.volumes[0].flags.dedup = DedupMode::Symlink);
    let (ops, person) = (FileOps { core: site.core.clone() }, Person::new(&site, "*"));
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
