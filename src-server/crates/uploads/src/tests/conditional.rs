//! Preconditions are checked where the change takes effect: of concurrent changes that name the same version, exactly
//! one succeeds.

use super::sinks::{put, request};
use super::*;
use vfs::error::Changed;
use vfs::files::condition::{Condition, Versions};
use vfs::files::ops::FileOps;
use vfs::files::read::{Found, Reader};

async fn tag(person: &Person, path: &str) -> String {
    let reader = Reader::new(person.uploads.core.vfs.clone());
    match reader.open(&person.access, &vpath(path), None).await {
        Ok(Found::File(file)) => file.etag,
        _ => panic!("no file at {path}"),
    }
}

fn exactly(tag: &str) -> Condition {
    Condition { if_match: Some(Versions::Tagged(vec![tag.to_owned()])), ..Condition::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_several_changes_to_the_same_version_succeeds() {
    let site = Site::new(&[("v", "v", "rwmd *")]);
    let ann = std::sync::Arc::new(Person::new(&site, "*"));
    for round in 0..8 {
        site.file("v/a.txt", format!("round {round}"));
        let condition = exactly(&tag(&ann, "v/a.txt").await);
        let changes = (0..12usize).map(|change| {
            let (ann, condition) = (ann.clone(), condition.clone());
            let ops = FileOps::new(ann.uploads.core.vfs.clone());
            tokio::spawn(async move {
                let request = SinkRequest { condition: condition.clone(), ..request("v", "a.txt") };
                match change % 4 {
                    0 => put(&ann, request, b"replaced").await.map(drop),
                    1 => put(&ann, SinkRequest { append: true, ..request }, b"added").await.map(drop),
                    2 => ops.delete_if(&ann.access, &vpath("v/a.txt"), &condition).await.map(drop),
                    _ => {
                        let (from, to) = (vpath("v/a.txt"), vpath(&format!("v/moved {round} {change}")));
                        let if_exists = vfs::files::ops::IfExists::Refuse;
                        let relocation = vfs::files::ops::Relocation { from, to, if_exists, condition };
                        ops.move_if(&ann.access, relocation).await
                    }
                }
            })
        });
        let mut made = 0;
        for change in changes.collect::<Vec<_>>() {
            match change.await.expect("runs") {
                Ok(()) => made += 1,
                Err(EngineError::Changed(Changed::Condition(_)) | EngineError::NotFound(_)) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
        assert_eq!(made, 1, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_conditional_creations_succeeds() {
    let site = Site::new(&[("v", "v", "rwd *")]);
    let ann = std::sync::Arc::new(Person::new(&site, "*"));
    let only_new = Condition { if_none_match: Some(Versions::Any), ..Condition::default() };
    let puts = (0..12u64).map(|sender| {
        let (ann, condition) = (ann.clone(), only_new.clone());
        tokio::spawn(async move {
            let body = noise(sender + 1, if sender % 2 == 0 { 100 } else { 100_000 });
            put(&ann, SinkRequest { condition, ..request("v", "a.bin") }, &body).await.map(|stored| stored.size)
        })
    });
    let mut made = Vec::new();
    for one in puts.collect::<Vec<_>>() {
        match one.await.expect("runs") {
            Ok(size) => made.push(size),
            Err(error) => assert!(matches!(error, EngineError::Changed(Changed::Condition(_))), "{error:?}"),
        }
    }
    assert_eq!(made.len(), 1);
    assert_eq!(std::fs::metadata(site.at("v/a.bin")).expect("is there").len(), made[0]);
    assert_eq!(names_in(&site.at("v")), ["a.bin"]);
}

#[tokio::test]
async fn a_change_during_the_body_is_noticed() {
    let site = Site::new(&[("v", "v", "rwd *")]);
    let ann = Person::new(&site, "*");
    for append in [false, true] {
        site.file("v/a.bin", "old");
        let condition = exactly(&tag(&ann, "v/a.bin").await);
        let slow = SinkRequest { size: Some(200_000), condition, append, ..request("v", "a.bin") };
        let mut sink = ann.uploads.sink(&ann.access, slow).await.expect("holds so far");
        sink.push(Bytes::from(noise(1, 200_000))).await.expect("comes");
        let quick = SinkRequest { on_conflict: OnConflict::Replace, ..request("v", "a.bin") };
        put(&ann, quick, b"another").await.expect("replaces");
        assert_eq!(kind(sink.finish().await), "Condition", "{append}");
        assert_eq!(std::fs::read(site.at("v/a.bin")).expect("reads"), b"another");
    }
    // The name was free: a file that appeared meanwhile is not replaced.
    let since = Condition { if_unmodified_since_secs: Some(1), ..Condition::default() };
    let slow = SinkRequest { size: Some(200_000), condition: since, ..request("v", "b.bin") };
    let mut sink = ann.uploads.sink(&ann.access, slow).await.expect("holds so far");
    sink.push(Bytes::from(noise(1, 200_000))).await.expect("comes");
    put(&ann, request("v", "b.bin"), b"another").await.expect("is new");
    assert_eq!(kind(sink.finish().await), "Condition");
    assert_eq!(names_in(&site.at("v")), ["a.bin", "b.bin"]);
    // The partial file of a refused body is removed after the reply.
    let gone = async {
        while all_in(&site.at("v")).len() > 3 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), gone).await.expect("no partial file stays");
}
