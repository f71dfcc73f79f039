//! The fast path answers as the full decision would, or not at all.

use super::*;
use crate::handshake::context::HandshakeContext;
use crate::handshake::fast_path;
use crate::volume::uploads_of;
use model::volume::DedupMode;
use model::{Settings, VolumeFlags};
use std::sync::Arc;
use store::disk::{Faults, Folder};

/// Whether a site may use the fast path; folders with fault injection never do.
#[derive(Clone, Copy, PartialEq)]
enum Ways {
    All,
    LongOnly,
}

fn site(ways: Ways, change: impl Fn(&mut VolumeFlags)) -> Site {
    let volumes = [("v", "v", "rw *, rwd ed"), ("w", "w", "w *, rw ed"), ("v/in", "v/in", "rw ed")];
    let site = Site::with(&volumes, |settings: &mut Settings| {
        settings.volumes.iter_mut().for_each(|volume| change(&mut volume.flags));
    });
    if ways == Ways::LongOnly {
        for volume in &site.core.snapshot.load().tree.volumes {
            let root = Folder::open_root(&volume.config.source).expect("opens");
            volume.storage.set_root(root.with_faults(Arc::<Faults>::default()));
        }
    }
    site
}

/// Looks the name up once, so that the kernel caches it; then asks the fast path.
fn shortcut(site: &Site, person: &Person, folder: &str, request: Handshake) -> Option<Result<HandshakeReply>> {
    let name = String::from_utf8(request.name.clone()).expect("is text");
    let _absent = std::fs::symlink_metadata(site.at(folder).join(name));
    let context = HandshakeContext::new(&person.access, &vpath(folder), request).expect("is a valid handshake");
    fast_path::try_answer(&uploads_at(site).core, &context)
}

#[tokio::test]
async fn opening_and_closing_a_small_upload() {
    let site = site(Ways::All, |_| {});
    let (ann, ed) = (Person::new(&site, "*"), Person::new(&site, "ed"));
    let sent = Sent::noise(1, 5000);
    let opened = shortcut(&site, &ann, "v", sent.ask("a")).expect("at once").expect("new");
    assert_eq!(opened.missing, sent.hashes);
    assert!(shortcut(&site, &ann, "v", sent.ask("a")).is_none(), "it is under way");
    ann.send_chunk("v", &opened.wark, &sent, &sent.hashes[0]).await.expect("chunk");
    let closed = shortcut(&site, &ann, "v", sent.ask("a")).expect("at once").expect("is there");
    assert_eq!((closed.missing.len(), closed.lmod), (0, UnixMillis::from_secs(1_700_000_000)));
    assert!(shortcut(&site, &ann, "v", sent.ask("b")).is_none(), "the content is known");
    assert!(shortcut(&site, &ann, "v", Sent::noise(2, 5000).ask("a")).is_none(), "the name is taken");
    assert!(shortcut(&site, &ann, "v", Sent::noise(2, 3_000_000).ask("c")).is_none(), "several chunks");
    assert!(shortcut(&site, &ann, "v", Sent::noise(2, 50).ask("in")).is_none(), "a volume has the name");
    assert!(shortcut(&site, &ann, "v/none", Sent::noise(2, 50).ask("x")).is_none(), "no such folder");
    site.link("v", "v/link");
    assert!(shortcut(&site, &ann, "v/link", Sent::noise(2, 50).ask("x")).is_none(), "behind a link");
    assert!(shortcut(&site, &ann, "v", Sent::noise(2, 50).ask("link")).is_none(), "a link has the name");
    // An account that may not read learns nothing about ed's upload.
    ed.upload("w", "secret", &sent).await.expect("uploads");
    assert!(shortcut(&site, &ann, "w", sent.ask("secret")).is_none());
    // A file removed from the disk does not count.
    std::fs::remove_file(site.at("v/a")).expect("removes");
    assert!(shortcut(&site, &ann, "v", sent.ask("a")).is_none());
}

#[tokio::test]
async fn rules_that_need_disk_or_ledger_skip_the_fast_path() {
    type Change = fn(&mut VolumeFlags);
    let changes: [Change; 6] = [
        |flags| flags.limits.top_only = true,
        |flags| flags.limits.min_free = Some(model::Bytes(1)),
        |flags| flags.limits.max_files = Some(9),
        |flags| flags.random_names = true,
        |flags| flags.rotation.by_count = Some((2, 1)),
        |flags| flags.limits.max_size = Some(model::Bytes(10)),
    ];
    for (at, change) in changes.into_iter().enumerate() {
        let site = site(Ways::All, change);
        assert!(shortcut(&site, &Person::new(&site, "*"), "v", Sent::noise(1, 50).ask("a")).is_none(), "{at}");
    }
    let site = site(Ways::All, |flags| flags.limits.files_per_time = Some((1, 60)));
    let ann = Person::new(&site, "*");
    shortcut(&site, &ann, "v", Sent::noise(1, 50).ask("a")).expect("at once").expect("the first");
    assert_eq!(kind(shortcut(&site, &ann, "v", Sent::noise(2, 50).ask("b")).expect("at once")), "Files");
}

#[tokio::test]
async fn known_content_is_found_after_a_restart() {
    let site = site(Ways::All, |_| {});
    let sent = Sent::noise(1, 5000);
    Person::new(&site, "*").upload("v", "a", &sent).await.expect("uploads");
    let site = restarted(site);
    let ann = Person::new(&site, "*");
    // The ledger was not read yet, so no content is certainly unknown.
    assert!(shortcut(&site, &ann, "v", Sent::noise(2, 50).ask("b")).is_none());
    let copied = ann.ask("v", sent.ask("copy")).await.expect("is known");
    assert!(copied.missing.is_empty());
    assert!(shortcut(&site, &ann, "v", Sent::noise(2, 50).ask("b")).is_some());
    assert!(shortcut(&site, &ann, "v", sent.ask("c")).is_none());
}

#[tokio::test]
async fn a_damaged_recent_duplicate_does_not_hide_an_older_one() {
    for dedup in [DedupMode::Copy, DedupMode::Symlink] {
        let site = site(Ways::All, |flags| flags.dedup = dedup);
        let sent = Sent::noise(1, 5000);
        Person::new(&site, "*").upload("v", "old", &sent).await.expect("uploads");
        let site = restarted(site);
        let ann = Person::new(&site, "*");
        // While the old file is away the content has to be sent again.
        std::fs::rename(site.at("v/old"), site.at("v/aside")).expect("renames");
        let new = ann.upload("v", "new", &sent).await.expect("uploads");
        std::fs::rename(site.at("v/aside"), site.at("v/old")).expect("renames");
        let snapshot = site.core.snapshot.load();
        let ledger = &uploads_of(&snapshot.tree.volumes[0].storage).ledger;
        let twin = ledger.recent_with_wark(&new.wark).expect("has just arrived");
        assert_eq!(twin.name.as_bytes(), b"new");
        // Changed outside of the server, with the same size.
        std::fs::write(site.at("v/new"), vec![7; 5000]).expect("writes");
        let asked = ann.ask("v", sent.ask("third")).await.expect("is known");
        assert!(asked.missing.is_empty(), "{dedup:?}");
        assert_eq!(std::fs::read(site.at("v/third")).expect("reads"), sent.content);
        // When no source is left the content has to be sent.
        std::fs::remove_file(site.at("v/old")).expect("removes");
        std::fs::remove_file(site.at("v/third")).expect("removes");
        assert_eq!(ann.ask("v", sent.ask("fourth")).await.expect("begins").missing, sent.hashes);
    }
}

/// Runs a sequence of uploads and returns the replies as text.
async fn story(ways: Ways, dedup: DedupMode) -> Vec<String> {
    let site = site(ways, |flags| flags.dedup = dedup);
    let mut answers = Vec::new();
    let (ann, ed) = (Person::new(&site, "*"), Person::new(&site, "ed"));
    let (one, two) = (Sent::noise(1, 5000), Sent::noise(2, 5000));
    for (who, folder, name, sent, on_conflict) in [
        (&ann, "v", "a", &one, OnConflict::Rename),
        (&ann, "v", "a", &one, OnConflict::Rename),
        (&ann, "v", "a", &two, OnConflict::Skip),
        (&ann, "v", "b", &one, OnConflict::Rename),
        (&ed, "v", "a", &two, OnConflict::Replace),
        (&ann, "v", "a", &one, OnConflict::Skip),
        (&ann, "v/new", "a", &two, OnConflict::Rename),
        (&ann, "v/new", "c", &one, OnConflict::Rename),
        (&ed, "v/in", "a", &one, OnConflict::Rename),
        (&ann, "v/in", "b", &two, OnConflict::Rename),
        (&ed, "w", "s", &one, OnConflict::Rename),
        (&ann, "w", "s", &one, OnConflict::Rename),
        (&ann, "w", "s", &two, OnConflict::Skip),
        (&ann, "none", "s", &two, OnConflict::Skip),
    ] {
        for step in ["open", "close"] {
            let request = Handshake { on_conflict, ..sent.ask(name) };
            let asked = who.ask(folder, request).await;
            let answer = asked.as_ref().map(|reply| {
                (String::from_utf8_lossy(&reply.name).into_owned(), reply.folder.display(), reply.missing.len())
            });
            answers.push(format!("{folder}/{name} {step}: {:?}", answer.map_err(ToString::to_string)));
            if let (Ok(reply), "open") = (&asked, step) {
                for hash in &reply.missing {
                    who.send_chunk(folder, &reply.wark, sent, hash).await.expect("chunk");
                }
            }
        }
    }
    for folder in ["v", "v/new", "v/in", "w"] {
        for name in names_in(&site.at(folder)) {
            let content = std::fs::read(site.at(folder).join(&name));
            let which = content.map(|content| (content == one.content, content == two.content)).unwrap_or_default();
            answers.push(format!("{folder}/{name} {which:?}"));
        }
    }
    // Generated names differ between runs.
    answers
        .iter()
        .map(|line| if line.contains("-1") { line.split("-1").next().unwrap_or_default().into() } else { line.clone() })
        .collect()
}

#[tokio::test]
async fn fast_path_and_full_decision_agree() {
    for dedup in [DedupMode::Copy, DedupMode::Symlink] {
        let (all, long) = (story(Ways::All, dedup).await, story(Ways::LongOnly, dedup).await);
        assert_eq!(all, long);
        assert!(all.iter().any(|line| line.contains("v/new/c")), "{all:#?}");
    }
}
