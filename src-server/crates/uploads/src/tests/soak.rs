//! Many uploads and deletions leave nothing in memory.

use super::sinks::{put, request};
use super::*;
use crate::volume::uploads_of;
use vfs::files::ops::FileOps;

/// Returns the sizes of the collections that grow with uploads: unfinished uploads, reserved names, contents, renames.
fn entries(person: &Person) -> [usize; 4] {
    uploads_of(&person.access.snapshot().tree.volumes[0].storage).registry().sizes()
}

#[tokio::test]
async fn tables_are_empty_after_many_uploads_and_deletes() {
    let site = Site::new(&[("v", "v", "rwmd *")]);
    let ann = Person::new(&site, "*");
    let ops = FileOps::new(site.core.clone());
    let mut largest = 0;
    for round in 0..100u64 {
        let (small, large) = (Sent::noise(round * 2 + 1, 100), Sent::noise(round * 2 + 2, (1 << 20) + 1));
        // Started and canceled; by up2k in one chunk and in several; and as a whole body.
        let given_up = ann.ask("v", Sent::noise(round + 9000, 100).ask("given up")).await.expect("new");
        largest = largest.max(entries(&ann)[0]);
        ann.upload("v", "small", &small).await.expect("uploads");
        if round % 10 == 0 {
            ann.upload("v", "large", &large).await.expect("uploads");
            ops.delete(&ann.access, &vpath("v/large")).await.expect("deletes");
        }
        put(&ann, request("v", "whole"), &small.content[..50]).await.expect("uploads");
        for name in ["small", "whole"] {
            ops.delete(&ann.access, &vpath("v").join(&FileName::new(name.as_bytes()).expect("is a name")))
                .await
                .expect("deletes");
        }
        ann.uploads.abandon(&ann.access, &vpath("v/given up"), Some(&given_up.wark)).await.expect("cancels");
    }
    assert_eq!(largest, 1, "the test sees what it counts");
    assert_eq!(entries(&ann), [0; 4]);
    assert_eq!(ann.uploads.core.upload_state.unfinished_limit.total(), 0);
    assert!(all_in(&site.at("v")).iter().all(|name| name == ".hist"), "{:?}", all_in(&site.at("v")));
}
