//! A reader gets exactly the files that its account may read, from the kernel's cache or from the disk, byte for byte.

use super::*;
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
        Err(EngineError::Denied { missing, .. }) => format!("denied {missing}"),
        Err(error) => format!("{error:?}").split('(').next().unwrap_or_default().to_owned(),
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
