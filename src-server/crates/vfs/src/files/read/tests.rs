//! A reader gets exactly the files that its account may read, from the kernel's cache or from the disk, byte for byte.

use super::*;
use crate::error::{Conflict, Denial};
use crate::testing::{Site, vpath};
use futures_util::{StreamExt, TryStreamExt};
use model::{Settings, VolumeFlags};

fn reader(site: &Site) -> Reader {
    Reader::new(site.core.clone())
}

async fn ask(site: &Site, who: &str, path: &str, key: Option<&str>) -> String {
    match reader(site).open(&site.access(who), &vpath(path), key).await {
        Ok(Found::File(download)) => format!("file {}", download.size),
        Ok(Found::Folder { verdict, .. }) => format!("folder {verdict:?}"),
        Err(EngineError::Denied(Denial::Right { missing, .. })) => format!("denied {missing}"),
        Err(error) => crate::testing::error_name(&error),
    }
}

#[tokio::test]
async fn results_follow_the_table_of_rights() {
    let site = Site::new(&[("r", "r", "r *"), ("w", "w", "w *"), ("g", "g", "g *"), ("h", "h", "h *"), ("n", "n", "")]);
    for volume in ["r", "w", "g", "h", "n"] {
        site.file(&format!("{volume}/f"), "12345");
        site.file(&format!("{volume}/.dot"), "1");
    }
    for (path, want) in [
        ("", "folder Allow"),
        ("r", "folder Allow"),
        ("w", "folder ContentsHidden"),
        ("g", "denied read"),
        ("h", "folder IndexOnly"),
        ("n", "denied read"),
        ("r/f", "file 5"),
        ("w/f", "denied read"),
        ("g/f", "file 5"),
        ("h/f", "file 5"),
        ("n/f", "denied read"),
        ("r/.dot", "file 1"),
        ("g/.dot", "file 1"),
        ("r/nope", "NotFound"),
        ("g/nope", "denied read"),
        ("w/nope", "denied read"),
        ("n/nope", "denied read"),
        ("nope", "denied read"),
    ] {
        assert_eq!(ask(&site, "*", path, None).await, want, "{path}");
    }
}

#[tokio::test]
async fn a_key_opens_only_its_file() {
    let keyed = |settings: &mut Settings| {
        settings.volumes[0].flags = VolumeFlags { file_keys: FileKeys::Required, ..VolumeFlags::default() };
    };
    let site = Site::with(&[("v", "", "G *, r ed")], keyed);
    site.file("v/a", "aaa");
    site.file("v/b", "bbb");
    assert_eq!(ask(&site, "*", "a", None).await, "KeyNeeded");
    assert_eq!(ask(&site, "*", "nope", None).await, "KeyNeeded", "clients cannot probe names");
    assert_eq!(ask(&site, "ed", "a", None).await, "file 3");
    let Ok(Found::File(download)) = reader(&site).open(&site.access("ed"), &vpath("a"), None).await else {
        panic!("opens")
    };
    let key = reader(&site).key(&site.access("*"), &vpath("a"), 3, download.ino()).expect("G learns keys");
    assert_eq!(key.len(), 8);
    assert_eq!(ask(&site, "*", "a", Some(&key)).await, "file 3");
    for wrong in ["", &key[1..], &format!("{key}x"), "AAAAAAAA"] {
        assert_eq!(ask(&site, "*", "a", Some(wrong)).await, "KeyNeeded");
    }
    assert_eq!(ask(&site, "*", "b", Some(&key)).await, "KeyNeeded");
}

async fn open(site: &Site, path: &str) -> Download {
    match reader(site).open(&site.access("*"), &vpath(path), None).await {
        Ok(Found::File(download)) => download,
        _ => panic!("{path} opens"),
    }
}

/// Bytes without a short period, so that a wrong offset shows.
fn pattern(length: usize) -> Vec<u8> {
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..length).map(|_| next()).collect()
}

#[tokio::test]
async fn ranges_are_exact_both_ways() {
    let site = Site::new(&[("v", "", "r *")]);
    let content = pattern(5_000_000);
    site.file("v/big", &content);
    let size = content.len() as u64;
    for kind in [BodyKind::Mapped(FileMaps::default()), BodyKind::Buffered] {
        for range in [0..size, 0..1, size - 1..size, 1_048_575..1_048_577, 4_095..4_999_999, 7..7, 2_097_152..3_145_728]
        {
            let body = open(&site, "big").await.stream(range.clone(), kind.clone());
            let parts: Vec<Bytes> = body.try_collect().await.expect("streams");
            assert!(parts.concat() == content[range.start as usize..range.end as usize], "{kind:?} {range:?}");
        }
        let parts = open(&site, "big").await.streams(vec![5..10, 0..3_000_000], kind);
        let mut got = Vec::new();
        for body in parts {
            got.push(body.try_collect::<Vec<_>>().await.expect("streams").concat());
        }
        assert!(got == [&content[5..10], &content[..3_000_000]]);
    }
    let small = open(&site, "big").await;
    if let Some(bytes) = small.read_cached(10..4106) {
        assert_eq!(bytes, content[10..4106]);
    }
    assert!(small.read_cached(0..size).is_none());
    assert_eq!(small.read_cached(3..3), Some(Bytes::new()));
}

#[tokio::test]
async fn bytes_outside_the_page_cache_are_read_from_the_disk() {
    let site = Site::new(&[("v", "", "r *")]);
    let content = pattern(12_000_000);
    site.file("v/big", &content);
    for kind in [BodyKind::Mapped(FileMaps::default()), BodyKind::Buffered] {
        std::fs::File::open(site.at("v/big")).expect("opens").sync_all().expect("syncs");
        // Asks the kernel to drop the file from its cache; if it does not, this repeats the test of cached reads.
        let mut forget = std::process::Command::new("dd");
        forget.arg(format!("if={}", site.at("v/big").display())).args(["iflag=nocache", "count=0", "status=none"]);
        forget.status().expect("dd runs");
        let size = content.len() as u64;
        let parts: Vec<Bytes> =
            open(&site, "big").await.stream(0..size, kind.clone()).try_collect().await.expect("streams");
        assert!(parts.concat() == content, "{kind:?}");
    }
}

#[tokio::test]
async fn a_file_that_shrinks_ends_the_body_with_an_error() {
    let site = Site::new(&[("v", "", "r *")]);
    for kind in [BodyKind::Mapped(FileMaps::default()), BodyKind::Buffered] {
        site.file("v/f", vec![1; 3 << 20]);
        let download = open(&site, "f").await;
        let mut body = download.stream(0..3 << 20, kind.clone());
        if matches!(kind, BodyKind::Buffered) {
            body.next().await.expect("has a part").expect("reads");
        }
        std::fs::File::options().write(true).open(site.at("v/f")).expect("opens").set_len(100).expect("shrinks");
        let rest: Vec<std::io::Result<Bytes>> = body.collect().await;
        assert!(rest.last().expect("goes on").is_err(), "{kind:?}");
    }
}

#[tokio::test]
async fn a_validator_changes_with_the_file() {
    let site = Site::new(&[("v", "", "r *")]);
    site.file("v/f", "one");
    let one = open(&site, "f").await.etag;
    assert_eq!(open(&site, "f").await.etag, one);
    site.file("v/g", "two");
    std::fs::rename(site.at("v/g"), site.at("v/f")).expect("renames");
    assert_ne!(open(&site, "f").await.etag, one);
}

#[tokio::test]
async fn a_download_ends_when_its_volume_is_withdrawn() {
    let site = Site::new(&[("v", "", "r *")]);
    site.file("v/f", vec![1; 4 << 20]);
    for kind in [BodyKind::Mapped(FileMaps::default()), BodyKind::Buffered] {
        let mut body = open(&site, "f").await.stream(0..4 << 20, kind.clone());
        body.next().await.expect("has a part").expect("reads");
        let old = site.core.snapshot.load_full();
        site.change(|settings| settings.volumes.clear());
        assert!(body.next().await.expect("yields an item").is_err(), "{kind:?}");
        assert!(body.next().await.is_none());
        site.core.snapshot.store(old);
    }
}

/// Returns kind, place, size and rights, or the kind of the error.
async fn stat(site: &Site, who: &str, path: &str) -> String {
    match reader(site).stat(&site.access(who), &vpath(path)).await {
        Ok(stat) => {
            assert_eq!((stat.modified.is_some(), stat.etag.is_some()), (stat.place != Place::Virtual, stat.size > 0));
            format!("{:?} {:?} {} {}", stat.kind, stat.place, stat.size, stat.rights.letters())
        }
        Err(EngineError::Denied(Denial::Right { missing, .. })) => format!("denied {missing}"),
        Err(error) => crate::testing::error_name(&error),
    }
}

#[tokio::test]
async fn attributes_are_told_to_accounts_that_may_know_them() {
    let site = Site::new(&[("r", "r", "r *"), ("w", "w", "w *"), ("n", "n", "r ann"), ("d", "x/y/d", "r *")]);
    for file in ["r/f", "r/in/g", "w/f", "n/f"] {
        site.file(file, "12345");
    }
    for (who, path, want) in [
        ("*", "", "Folder Virtual 0 "),
        ("*", "x/y", "Folder Virtual 0 "),
        ("*", "x/y/d", "Folder VolumeTop 0 r"),
        ("*", "r", "Folder VolumeTop 0 r"),
        ("*", "r/in", "Folder Inside 0 r"),
        ("*", "r/f", "File Inside 5 r"),
        ("*", "r/nope", "NotFound"),
        ("*", "w", "Folder VolumeTop 0 w"),
        ("*", "w/f", "denied read"),
        ("*", "w/nope", "denied read"),
        ("*", "n", "denied read"),
        ("*", "n/f", "denied read"),
        ("ann", "n/f", "File Inside 5 r"),
    ] {
        assert_eq!(stat(&site, who, path).await, want, "{who} {path}");
    }
    let told = reader(&site).stat(&site.access("*"), &vpath("r/f")).await.expect("is there");
    let opened = open(&site, "r/f").await;
    assert_eq!((told.etag, told.modified), (Some(opened.etag), Some(opened.modified)));
}

#[tokio::test]
async fn attributes_cost_one_resolve() {
    let site = Site::new(&[("v", "", "r *")]);
    site.file("v/stat-costs-one/f", "1");
    let path = vpath("stat-costs-one/f");
    reader(&site).stat(&site.access("*"), &path).await.expect("is there");
    assert_eq!(resolve::counter::take(&path), 1);
}

#[tokio::test]
async fn a_handle_reads_at_any_offset_and_keeps_its_file() {
    let site = Site::new(&[("v", "", "r *")]);
    let content = pattern(9_000_000);
    site.file("v/f", &content);
    let handle = reader(&site).open_handle(&site.access("*"), &vpath("f")).await.expect("opens");
    site.file("v/other", "other");
    std::fs::rename(site.at("v/other"), site.at("v/f")).expect("renames");
    assert_eq!(handle.size, 9_000_000);
    for (offset, length) in [(8_999_990, 100), (0, 10), (70_000, 70_000), (0, 1), (9_000_000, 10), (u64::MAX, 10)] {
        let read = handle.read_at(offset, length).await.expect("reads");
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(content.len());
        assert!(read == content[start..start.saturating_add(length).min(content.len())], "{offset} {length}");
    }
    let read = handle.read_at(5, usize::MAX).await.expect("reads");
    assert!(!read.is_empty() && read.len() <= crate::files::handle::READ_MAX && read == content[5..5 + read.len()]);
    let folder = reader(&site).open_handle(&site.access("*"), &vpath("")).await;
    assert!(matches!(folder, Err(EngineError::Conflict(Conflict::IsAFolder(_)))));
}

#[tokio::test]
async fn a_handle_reads_nothing_once_its_volume_is_withdrawn() {
    let site = Site::new(&[("v", "", "r *")]);
    site.file("v/f", "12345");
    let handle = reader(&site).open_handle(&site.access("*"), &vpath("f")).await.expect("opens");
    assert_eq!(handle.read_at(1, 2).await.expect("reads"), "23");
    site.change(|settings| settings.volumes.clear());
    assert!(matches!(handle.read_at(1, 2).await, Err(EngineError::Denied(Denial::Right { .. }))));
}
