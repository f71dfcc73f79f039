//! Archives hold what the person may read, byte for byte, under names that lead nowhere, and say what is missing.
//! Read back by other people's programs: tar and Python's zipfile.

use super::*;
use crate::testing::{Site, vpath};
use futures_util::TryStreamExt;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

const TAR: Format = Format::Tar { pax: false, packing: Packing::Plain };
const PAX: Format = Format::Tar { pax: true, packing: Packing::Plain };
const ZIP: Format = Format::Zip(ZipNames::Utf8);
const DOS: Format = Format::Zip(ZipNames::Dos);
const CRC: Format = Format::Zip(ZipNames::DosCrcFirst);

fn request(folder: &str, format: Format) -> ArchiveRequest {
    ArchiveRequest { folder: vpath(folder), only: None, format, dotfiles: true, top: None }
}

async fn packed(site: &Site, who: &str, request: ArchiveRequest) -> Result<Vec<u8>> {
    let body = Archives { core: site.core.clone() }.pack(&site.access(who), request).await?;
    let parts: Vec<bytes::Bytes> = body.try_collect().await.expect("streams to the end");
    Ok(parts.concat())
}

fn run(command: &mut Command) -> String {
    let output = command.output().expect("the program is installed");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Members by name, as the other program unpacks them.
fn unpack(site: &Site, archive: &[u8], format: Format) -> BTreeMap<String, Vec<u8>> {
    let (file, out) = (site.at("archive"), site.at("unpacked"));
    std::fs::remove_dir_all(&out).ok();
    std::fs::create_dir(&out).expect("mkdir");
    std::fs::write(&file, archive).expect("writes");
    match format {
        Format::Tar { .. } => {
            run(Command::new("tar").arg("-xf").arg(&file).arg("-C").arg(&out));
        }
        Format::Zip(_) => {
            let script = "import sys,zipfile\nz=zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\n\
                          n=z.namelist()\nassert len(n)==len(set(n)), n\nz.extractall(sys.argv[2])";
            run(Command::new("python3").args(["-c", script]).arg(&file).arg(&out));
            if Command::new("unzip").arg("-v").output().is_ok() {
                run(Command::new("unzip").arg("-tqq").arg(&file));
            }
        }
    }
    let mut members = BTreeMap::new();
    let mut folders: Vec<PathBuf> = vec![out.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("lists") {
            let path = entry.expect("entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(&out).expect("below").to_string_lossy().into_owned();
                members.insert(name, std::fs::read(&path).expect("reads"));
            }
        }
    }
    members
}

fn names(members: &BTreeMap<String, Vec<u8>>) -> String {
    members.keys().cloned().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn every_format_holds_the_tree() {
    let site = Site::new(&[("v", "v", "r *")]);
    let long = format!("{0}/{0}/{0}.txt", "long".repeat(30));
    let big = vec![7; 700_001];
    site.file("v/a.txt", "a");
    site.file("v/big", &big);
    site.file("v/empty", "");
    site.file("v/sub/é\u{1f389}", "utf8");
    site.file(&format!("v/{long}"), "long");
    std::fs::create_dir(site.at("v/nothing")).expect("mkdir");
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_millis(1_700_000_001_500);
    std::fs::File::options().append(true).open(site.at("v/a.txt")).expect("opens").set_modified(time).expect("sets");
    let tars = [Packing::Plain, Packing::Gzip(3), Packing::Bzip2(2), Packing::Xz(1), Packing::Xz(9)];
    let formats = tars.map(|packing| Format::Tar { pax: false, packing }).into_iter().chain([PAX, ZIP, DOS, CRC]);
    for format in formats {
        let top = Some(FileName::new(b"top").expect("is a name"));
        let archive = packed(&site, "*", ArchiveRequest { top, ..request("v", format) }).await.expect("packs");
        let members = unpack(&site, &archive, format);
        let odd = if matches!(format, DOS | CRC) { "top/sub/é_" } else { "top/sub/é\u{1f389}" };
        let mut want = ["top/a.txt", "top/big", "top/empty", odd, &format!("top/{long}")].map(str::to_owned);
        want.sort();
        assert_eq!(members.keys().cloned().collect::<Vec<_>>(), want, "{format:?}");
        assert!(members["top/big"] == big, "{format:?}");
        if let Format::Tar { .. } = format {
            let seen = site.at("unpacked/top/a.txt").metadata().and_then(|meta| meta.modified()).expect("stat");
            let off = seen.duration_since(time).unwrap_or_else(|error| error.duration()).as_millis();
            assert_eq!(off, if format == PAX { 0 } else { 500 }, "{format:?}");
        }
    }
}

#[tokio::test]
async fn only_what_the_person_may_read_is_in_it() {
    let site = Site::new(&[
        ("p", "p", "r *, r. ed"),
        ("psub", "p/sub", "r u"),
        ("q", "p/x/y", "r *"),
        ("w", "p/drop", "w *"),
        ("out", "o", "r u"),
    ]);
    for file in [
        "p/a.txt",
        "p/sub/shadowed",
        "psub/inner",
        "q/q.txt",
        "w/in",
        "p/.dot",
        "p/.hist/x",
        "p/.up2k-x.PARTIAL",
        "out/s",
    ] {
        site.file(file, file);
    }
    site.link("../out", "p/link");
    site.link("a.txt", "p/alias");
    site.link("..", "p/up");
    site.link(".", "p/circle");
    for format in [TAR, ZIP] {
        let hold = async |who: &str, request| {
            names(&unpack(&site, &packed(&site, who, request).await.expect("packs"), format))
        };
        assert_eq!(hold("*", request("p", format)).await, "a.txt alias x/y/q.txt");
        assert_eq!(hold("u", request("p", format)).await, "a.txt alias link/s sub/inner x/y/q.txt");
        assert_eq!(hold("ed", request("p", format)).await, ".dot a.txt alias x/y/q.txt");
        assert_eq!(
            hold("ed", ArchiveRequest { dotfiles: false, ..request("p", format) }).await,
            "a.txt alias x/y/q.txt"
        );
        assert_eq!(hold("*", request("p/x", format)).await, "y/q.txt");
        assert_eq!(hold("*", request("", format)).await, "p/a.txt p/alias p/x/y/q.txt");
        let only = ["a.txt", "x", "sub", "nope", "..", ".hist", "link", "a.txt"];
        let only = Some(only.iter().filter_map(|name| FileName::new(name.as_bytes()).ok()).collect());
        assert_eq!(hold("*", ArchiveRequest { only, ..request("p", format) }).await, "a.txt x/y/q.txt");
    }
    for (who, folder, want) in [
        ("*", "p/sub", "Denied"),
        ("*", "p/drop", "Denied"),
        ("*", "p/nope", "NotFound"),
        ("*", "p/a.txt", "NotAFolder"),
    ] {
        let error = packed(&site, who, request(folder, TAR)).await.map(drop).expect_err("refuses");
        assert!(format!("{error:?}").starts_with(want), "{folder}: {error:?}");
    }
}

#[tokio::test]
async fn names_cannot_lead_an_unpacker_astray() {
    let site = Site::new(&[("v", "", "r. *")]);
    for name in ["..\\..\\evil", "a\\b", "a_b", "C:x", "caf\u{e9}", "new\nline"] {
        site.file(&format!("v/{name}"), name);
    }
    site.link("/etc/passwd", "v/passwd");
    let members = unpack(&site, &packed(&site, "*", request("", ZIP)).await.expect("packs"), ZIP);
    assert_eq!(names(&members), ".._.._evil C_x a_b a_b~2 café new\nline");
    assert_eq!((&members["a_b"][..], &members["a_b~2"][..]), (&b"a_b"[..], &b"a\\b"[..]));
    let members = unpack(&site, &packed(&site, "*", request("", TAR)).await.expect("packs"), TAR);
    assert_eq!(names(&members), ".._.._evil C:x a\\b a_b café new\nline");
}

#[tokio::test]
async fn what_cannot_be_read_is_named() {
    use store::disk::{Faults, Folder, Op};
    let site = Site::new(&[("v", "", "r *")]);
    for file in ["a", "b", "c", "archive-errors.txt"] {
        site.file(&format!("v/{file}"), file);
    }
    for format in [TAR, ZIP, CRC] {
        let faults = Arc::new(Faults::default());
        let folder = Folder::open_root(&site.at("v")).expect("opens").with_faults(faults.clone());
        site.core.live.load().tree.volumes[0].backing.set_root(folder);
        // The folder is opened twice, then come archive-errors.txt, a, b.
        faults.fail_nth(Op::Open, 5, std::io::ErrorKind::PermissionDenied);
        let members = unpack(&site, &packed(&site, "*", request("", format)).await.expect("packs"), format);
        assert_eq!(names(&members), "a archive-errors.txt archive-errors~2.txt c", "{format:?}");
        let errors = String::from_utf8_lossy(&members["archive-errors~2.txt"]).into_owned();
        assert!(errors.starts_with("b: ") && !errors.contains("tmp"), "{errors}");
    }
}

#[tokio::test]
async fn a_file_that_shrinks_is_padded_and_named() {
    let site = Site::new(&[("v", "", "r *")]);
    for format in [TAR, ZIP] {
        site.file("v/a", vec![1; 4 << 20]);
        site.file("v/b", vec![2; 4 << 20]);
        let mut body =
            Archives { core: site.core.clone() }.pack(&site.access("*"), request("", format)).await.expect("packs");
        // The thread is at most 3 MiB ahead, so b is not begun.
        let first = body.try_next().await.expect("streams").expect("has a part");
        std::fs::File::options().write(true).open(site.at("v/a")).expect("opens").set_len(3 << 20).expect("shrinks");
        let rest: Vec<bytes::Bytes> = body.try_collect().await.expect("streams");
        let members = unpack(&site, &[&first[..], &rest.concat()].concat(), format);
        assert_eq!(names(&members), "a archive-errors.txt b", "{format:?}");
        assert_eq!((members["a"].len(), members["b"].len()), (4 << 20, 4 << 20));
    }
}

#[tokio::test]
async fn a_client_that_leaves_ends_the_thread() {
    let site = Site::new(&[("v", "", "r *")]);
    site.file("v/big", vec![0; 32 << 20]);
    let archives = Archives { core: site.core.clone() };
    let mut body = archives.pack(&site.access("*"), request("", TAR)).await.expect("packs");
    body.try_next().await.expect("streams");
    drop(body);
    // The runtime waits for blocking threads when it ends: a stuck one would hang this test.
}

#[test]
fn a_long_table_of_contents_moves_to_a_file() {
    let tmp = tempfile::tempdir().expect("temp folder");
    let mut spool = spool::Spool::new(tmp.path());
    let line = [b'x'; 1000];
    for _ in 0..20_000 {
        spool.push(&line).expect("pushes");
    }
    assert_eq!(spool.length(), 20_000_000);
    let mut out = Vec::new();
    spool.write_to(&mut out).expect("writes");
    assert!(out.len() == 20_000_000 && out.iter().all(|&byte| byte == b'x'));
    assert_eq!(std::fs::read_dir(tmp.path()).expect("lists").count(), 0);
}

/// Run by hand: `cargo test --release -p engine zip64 -- --ignored`; needs 5 GiB of disk.
#[tokio::test]
#[ignore = "takes a while"]
async fn zip64() {
    let site = Site::new(&[("v", "", "r *")]);
    let big = std::fs::File::create(site.at("v/big")).expect("creates");
    big.set_len((4 << 30) + 5).expect("grows");
    site.file("v/tail", "after four gigabytes");
    for n in 0..66_000 {
        site.file(&format!("v/many/{n}"), "");
    }
    let body = Archives { core: site.core.clone() }.pack(&site.access("*"), request("", ZIP)).await.expect("packs");
    let file = site.at("archive.zip");
    let out = std::sync::Mutex::new(std::fs::File::create(&file).expect("creates"));
    body.try_for_each(|bytes| {
        let written = std::io::Write::write_all(&mut *out.lock().expect("lock"), &bytes);
        async move { written }
    })
    .await
    .expect("streams");
    let script = "import sys,zipfile\nz=zipfile.ZipFile(sys.argv[1])\nprint(len(z.namelist()), z.getinfo('big').file_size, \
                  z.read('tail').decode(), z.testzip())";
    let seen = run(Command::new("python3").args(["-c", script]).arg(&file));
    assert_eq!(seen.trim(), "66002 4294967301 after four gigabytes None");
}

/// Run by hand: `cargo test --release -p engine packing_speed -- --ignored --nocapture`.
#[tokio::test]
#[ignore = "a measurement"]
async fn packing_speed() {
    let site = Site::new(&[("small", "small", "r *"), ("big", "big", "r *")]);
    for n in 0..10_000 {
        site.file(&format!("small/{:02}/{n:05}", n % 50), vec![n as u8; 4096]);
    }
    for n in 0..2 {
        site.file(&format!("big/{n}"), vec![n; 1 << 30]);
    }
    for (folder, bytes) in [("small", 10_000 * 4096u64), ("big", 2 << 30)] {
        for format in [TAR, ZIP, CRC] {
            let mut best = f64::MAX;
            for _ in 0..3 {
                let before = crate::testing::cpu_seconds();
                let archives = Archives { core: site.core.clone() };
                let mut body = archives.pack(&site.access("*"), request(folder, format)).await.expect("packs");
                while body.try_next().await.expect("streams").is_some() {}
                best = best.min(crate::testing::cpu_seconds() - before);
            }
            println!("{folder} {format:?}: {:.0} MB per CPU second", bytes as f64 / best / 1e6);
        }
    }
}
