//! Whole bodies (PUT, forms) with known content become links where the volume keeps one copy, and are refused where it
//! refuses a second one.

use super::sinks::{put, request};
use super::*;
use model::trash_flags::TrashFlags;
use model::volume::{DedupMode, VolumeFlags};
use std::os::unix::fs::MetadataExt;
use vfs::error::UploadError;
use vfs::files::ops::{FileOps, IfExists};

fn site(flags: impl Fn(&mut VolumeFlags) + Clone + Send + Sync + 'static) -> Site {
    let tmp = tempfile::tempdir().expect("temp folder");
    Site::in_folder(tmp, &[("v", "v", "rwmd *")], move |settings| flags(&mut settings.volumes[0].flags))
}

fn replacing(folder: &str, name: &str) -> SinkRequest {
    SinkRequest { on_conflict: OnConflict::Replace, ..request(folder, name) }
}

/// Every way to keep equal files.
const MODES: [DedupMode; 5] =
    [DedupMode::Copy, DedupMode::Reflink, DedupMode::Symlink, DedupMode::Hardlink, DedupMode::HardlinkOnly];

/// Small bodies are written at their end, larger ones while they arrive.
const SIZES: [usize; 3] = [1, 50_000, 2_500_000];

#[tokio::test]
async fn equal_bodies_share_their_bytes_where_the_volume_says_so() {
    for mode in MODES {
        let site = site(move |flags| flags.dedup = mode);
        let (ann, ops) = (Person::new(&site, "*"), FileOps::new(site.core.clone()));
        for size in SIZES {
            let body = noise(size as u64, size);
            let (a, b) = (format!("a{size}"), format!("b{size}"));
            put(&ann, request("v/one", &a), &body).await.expect("is stored");
            let twin = put(&ann, request("v/two", &b), &body).await.expect("is stored");
            assert_eq!((twin.name.display().as_str(), twin.size), (b.as_str(), size as u64), "{mode:?}");
            let (one, two) = (site.at("v/one").join(&a), site.at("v/two").join(&b));
            let (link, inode) = (two.is_symlink(), |path| std::fs::symlink_metadata(path).expect("is there").ino());
            assert_eq!(link, mode == DedupMode::Symlink, "{mode:?} {size}");
            let is_hard = matches!(mode, DedupMode::Hardlink | DedupMode::HardlinkOnly);
            assert_eq!(inode(&one) == inode(&two), is_hard, "{mode:?} {size}");
            // What happens to one of them does not reach the other.
            put(&ann, replacing("v/one", &a), b"something else").await.expect("is stored");
            assert!(std::fs::read(&two).expect("reads") == body, "{mode:?} {size}");
            assert_eq!(std::fs::read(&one).expect("reads"), b"something else");
            ops.move_to(&ann.access, &vpath("v/two").join(&twin.name), &vpath("v/one/back"), IfExists::Replace)
                .await
                .expect("moves");
            put(&ann, request("v/three", &b), &body).await.expect("is stored");
            ops.delete(&ann.access, &vpath("v/one/back")).await.expect("goes");
            assert!(std::fs::read(site.at("v/three").join(&b)).expect("reads") == body, "{mode:?} {size}");
            ops.delete(&ann.access, &vpath("v/three")).await.expect("goes");
            assert!(all_in(&site.at("v/two")).is_empty(), "no partial file is left: {:?}", all_in(&site.at("v/two")));
        }
    }
}

#[tokio::test]
async fn a_body_sent_again_to_its_own_name_stays_a_file() {
    for mode in [DedupMode::Symlink, DedupMode::Hardlink] {
        let site = site(move |flags| flags.dedup = mode);
        let ann = Person::new(&site, "*");
        let body = noise(1, 100_000);
        put(&ann, request("v", "first"), &body).await.expect("is stored");
        put(&ann, request("v", "second"), &body).await.expect("is stored");
        for _ in 0..3 {
            for name in ["first", "second"] {
                put(&ann, replacing("v", name), &body).await.expect("is stored");
                for name in ["first", "second"] {
                    assert!(std::fs::read(site.at("v").join(name)).expect("reads") == body, "{mode:?} {name}");
                }
            }
        }
        assert_eq!(names_in(&site.at("v")), ["first", "second"]);
    }
}

#[tokio::test]
async fn second_copies_are_refused_where_the_volume_refuses_them() {
    let site = site(|flags| flags.no_dupe = true);
    let ann = Person::new(&site, "*");
    for size in SIZES {
        let body = noise(size as u64, size);
        let name = size.to_string();
        put(&ann, request("v", &name), &body).await.expect("is stored");
        let again = put(&ann, request("v/d", "other"), &body).await;
        let first = vpath("v").join(&FileName::new(name.as_bytes()).expect("is a name"));
        assert!(
            matches!(&again, Err(EngineError::Upload(UploadError::DupeRefused(path))) if *path == first),
            "{again:?}"
        );
        put(&ann, replacing("v", &name), &body).await.expect("replaces itself");
    }
    assert!(all_in(&site.at("v/d")).is_empty());
    // An up2k client learns of bodies, too.
    let sent = Sent::noise(5, 70_000);
    put(&ann, request("v", "sent"), &sent.content).await.expect("is stored");
    assert!(matches!(ann.ask("v", sent.ask("two")).await, Err(EngineError::Upload(UploadError::DupeRefused(_)))));
}

/// A file that another program changed after it was recorded is no source, whatever the records say.
#[tokio::test]
async fn changed_files_are_no_sources() {
    for mode in [DedupMode::Symlink, DedupMode::Hardlink] {
        let site = site(move |flags| flags.dedup = mode);
        let ann = Person::new(&site, "*");
        let body = noise(9, 80_000);
        put(&ann, request("v", "first"), &body).await.expect("is stored");
        std::fs::write(site.at("v/first"), noise(10, 80_000)).expect("writes");
        put(&ann, request("v", "second"), &body).await.expect("is stored");
        assert!(std::fs::read(site.at("v/second")).expect("reads") == body, "{mode:?}");
        assert!(std::fs::read(site.at("v/first")).expect("reads") == noise(10, 80_000), "{mode:?}");
    }
}

/// Changes the beginning of a file; its size and modification time stay the same.
fn damage(path: &Path) {
    use std::io::Write;
    let before = std::fs::metadata(path).and_then(|meta| meta.modified()).expect("has a time");
    let mut file = std::fs::File::options().write(true).open(path).expect("opens");
    file.write_all(b"ROT").and_then(|()| file.set_modified(before)).expect("writes");
}

/// What looks as it was recorded is read again: uploads by up2k and whole bodies never lead to another content.
#[tokio::test]
async fn damaged_files_that_look_unchanged_are_no_sources() {
    for mode in MODES {
        for size in [80_000, 2_500_000] {
            let site = site(move |flags| flags.dedup = mode);
            let ann = Person::new(&site, "*");
            let sent = Sent::noise(size as u64, size);
            let is_whole = |name: &str| std::fs::read(site.at("v").join(name)).expect("reads") == sent.content;
            ann.upload("v", "first", &sent).await.expect("is accepted");
            damage(&site.at("v/first"));
            let asked = ann.ask("v", sent.ask("second")).await.expect("is accepted");
            assert_eq!(asked.missing.len(), sent.hashes.len(), "{mode:?} {size}");
            ann.upload("v", "second", &sent).await.expect("is accepted");
            assert!(is_whole("second"), "{mode:?} {size}");
            damage(&site.at("v/second"));
            put(&ann, request("v", "third"), &sent.content).await.expect("is stored");
            assert!(is_whole("third"), "{mode:?} {size}");
            let asked = ann.ask("v", sent.ask("fourth")).await.expect("is accepted");
            assert!(mode == DedupMode::Copy || asked.missing.is_empty(), "another source is used: {mode:?} {size}");
            put(&ann, request("v", "fifth"), &sent.content).await.expect("is stored");
            assert!(is_whole("fifth") && (mode == DedupMode::Copy || is_whole("fourth")), "{mode:?} {size}");
            assert!(!is_whole("first") && !is_whole("second"), "what was damaged is not touched");
        }
    }
}

#[tokio::test]
async fn records_are_believed_where_the_volume_says_so() {
    for size in [80_000, 2_500_000] {
        let site = site(|flags| (flags.dedup, flags.safe_dedup) = (DedupMode::Symlink, 1));
        let ann = Person::new(&site, "*");
        let sent = Sent::noise(size as u64, size);
        ann.upload("v", "first", &sent).await.expect("is accepted");
        damage(&site.at("v/first"));
        let asked = ann.ask("v", sent.ask("second")).await.expect("is accepted");
        assert!(asked.missing.is_empty() && site.at("v/second").is_symlink());
    }
}

/// The record of a damaged file is dropped; links to it must not depend on that record.
#[tokio::test]
async fn links_to_a_damaged_file_outlive_it() {
    let site = site(|flags| (flags.dedup, flags.trash) = (DedupMode::Symlink, TrashFlags::OFF));
    let (ann, ops) = (Person::new(&site, "*"), FileOps::new(site.core.clone()));
    let body = noise(3, 80_000);
    for name in ["first", "second", "d/third"] {
        let (folder, name) = name.split_once('/').map_or(("v", name), |(_, name)| ("v/d", name));
        put(&ann, request(folder, name), &body).await.expect("is stored");
    }
    assert!(site.at("v/second").is_symlink() && site.at("v/d/third").is_symlink());
    damage(&site.at("v/first"));
    let damaged = std::fs::read(site.at("v/first")).expect("reads");
    put(&ann, request("v", "fourth"), &body).await.expect("is stored");
    assert!(std::fs::read(site.at("v/fourth")).expect("reads") == body);
    ops.delete(&ann.access, &vpath("v/first")).await.expect("goes");
    for name in ["v/second", "v/d/third"] {
        assert!(std::fs::read(site.at(name)).expect("reads") == damaged, "{name}");
    }
}
