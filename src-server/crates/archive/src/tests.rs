//! Archives contain what the account may read, byte for byte, under safe names, and list what is missing. Read back by
//! other programs: tar and Python's zipfile.

use super::*;
use futures_util::TryStreamExt;
use model::FileName;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use vfs::error::TooMany;
use vfs::testing::{Site, vpath};

const TAR: Format = Format::Tar { pax: false, packing: Packing::Plain };
const PAX: Format = Format::Tar { pax: true, packing: Packing::Plain };
const ZIP: Format = Format::Zip(ZipNames::Utf8);
const DOS: Format = Format::Zip(ZipNames::Dos);
const CRC: Format = Format::Zip(ZipNames::DosCrcFirst);

fn request(folder: &str, format: Format) -> ArchiveRequest {
    ArchiveRequest { folder: vpath(folder), only: None, format, dotfiles: true, top: None }
}

async fn packed(site: &Site, who: &str, request: ArchiveRequest) -> Result<Vec<u8>> {
    let body = Archives::new(site.core.clone()).pack(&site.access(who), request).await?;
    let parts: Vec<bytes::Bytes> = body.try_collect().await.expect("streams to the end");
    Ok(parts.concat())
}

fn run(command: &mut Command) -> String {
    let output = command.output().expect("the program is installed");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Returns the members by name, as the other program unpacks them.
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
async fn archives_contain_only_what_the_account_may_read() {
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
    for (who, folder, want) in
        [("*", "p/sub", "Right"), ("*", "p/drop", "Right"), ("*", "p/nope", "NotFound"), ("*", "p/a.txt", "NotAFolder")]
    {
        let error = packed(&site, who, request(folder, TAR)).await.map(drop).expect_err("refuses");
        assert!(vfs::testing::error_name(&error).starts_with(want), "{folder}: {error:?}");
    }
}

const ODD_ONES: &str = ".._.._evil C_x _NUL.txt a.txt_s a_b a_b~2 café end_ new_line";

#[tokio::test]
async fn names_cannot_lead_an_unpacker_astray() {
    let site = Site::new(&[("v", "", "r. *")]);
    for name in ["..\\..\\evil", "a\\b", "a_b", "C:x", "caf\u{e9}", "new\nline", "NUL.txt", "end.", "a.txt:s"] {
        site.file(&format!("v/{name}"), name);
    }
    site.link("/etc/passwd", "v/passwd");
    let members = unpack(&site, &packed(&site, "*", request("", ZIP)).await.expect("packs"), ZIP);
    assert_eq!(names(&members), ODD_ONES);
    assert_eq!((&members["a_b"][..], &members["a_b~2"][..]), (&b"a_b"[..], &b"a\\b"[..]));
    for format in [TAR, PAX, DOS] {
        let members = unpack(&site, &packed(&site, "*", request("", format)).await.expect("packs"), format);
        assert_eq!(names(&members), ODD_ONES, "{format:?}");
        assert_eq!(members["C_x"], b"C:x");
    }
}

/// Returns the contents of a folder, with folders as `name/`, and their times in whole seconds.
fn tree(top: &std::path::Path) -> BTreeMap<String, i64> {
    let mut found = BTreeMap::new();
    let mut folders = vec![top.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("lists") {
            let path = entry.expect("entry").path();
            let name = path.strip_prefix(top).expect("below").to_string_lossy().into_owned();
            let meta = path.metadata().expect("stat");
            let age = meta.modified().expect("time").duration_since(std::time::UNIX_EPOCH).expect("after 1970");
            found.insert(if meta.is_dir() { format!("{name}/") } else { name }, age.as_secs() as i64);
            if meta.is_dir() {
                folders.push(path);
            }
        }
    }
    found
}

#[tokio::test]
async fn archives_contain_empty_folders_and_times_of_folders() {
    let site = Site::new(&[("v", "v", "r. *"), ("inner", "v/inner", "r *")]);
    for folder in ["v/empty", "v/a/b/c", "v/.dots/none", "inner/hollow", "v/aux"] {
        std::fs::create_dir_all(site.at(folder)).expect("mkdir");
    }
    site.file("v/a/file", "text");
    site.link("a/b", "v/way");
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_600_000_000);
    for folder in ["v/empty", "v/a/b/c", "v/a"] {
        std::fs::File::open(site.at(folder)).and_then(|folder| folder.set_modified(time)).expect("sets");
    }
    let want = "_aux/ .dots/ .dots/none/ a/ a/b/ a/b/c/ a/file empty/ inner/ inner/hollow/ way/ way/c/";
    let mut want: Vec<&str> = want.split(' ').collect();
    want.sort_unstable();
    for format in [TAR, PAX, Format::Tar { pax: true, packing: Packing::Gzip(3) }, ZIP, DOS, CRC] {
        let archive = packed(&site, "*", request("v", format)).await.expect("packs");
        let is_zip = matches!(format, Format::Zip(_));
        unpack(&site, &archive, format);
        if is_zip {
            // Python's zipfile sets no times.
            let out = site.at("unpacked");
            std::fs::remove_dir_all(&out).expect("removes");
            run(Command::new("bsdtar").args(["-xf"]).arg(site.at("archive")).arg("-C").arg(made(&out)));
        }
        let tree = tree(&site.at("unpacked"));
        assert_eq!(tree.keys().collect::<Vec<_>>(), want, "{format:?}");
        assert_eq!((tree["empty/"], tree["a/b/c/"], tree["a/"]), (1_600_000_000, 1_600_000_000, 1_600_000_000));
        assert!(tree["way/"] > 1_600_000_000, "{format:?}");
    }
}

fn made(folder: &std::path::Path) -> &std::path::Path {
    std::fs::create_dir_all(folder).expect("mkdir");
    folder
}

#[tokio::test]
async fn members_are_in_natural_order() {
    let site = Site::new(&[("v", "", "r *")]);
    for name in ["Ep 1", "Ep 12", "Ep 2", "ep 3", "Banana", "apple"] {
        site.file(&format!("v/{name}"), name);
    }
    let archive = packed(&site, "*", request("", TAR)).await.expect("packs");
    std::fs::write(site.at("archive"), archive).expect("writes");
    let listed = run(Command::new("tar").arg("-tf").arg(site.at("archive")));
    assert_eq!(listed, "apple\nBanana\nEp 1\nEp 2\nep 3\nEp 12\n");
}

/// Reads a zip from front to back, as Java's `ZipInputStream` does: by local headers alone, finding the end of deflated
/// data by inflating it. Returns names and contents.
fn read_front_to_back(zip: &[u8]) -> Vec<(String, Vec<u8>)> {
    use std::io::Read;
    let number =
        |at: usize, bytes: usize| (0..bytes).rev().fold(0u64, |sum, byte| sum << 8 | u64::from(zip[at + byte]));
    let (mut at, mut members) = (0, Vec::new());
    while number(at, 4) == 0x0403_4b50 {
        let (flags, method, crc, size) = (number(at + 6, 2), number(at + 8, 2), number(at + 14, 4), number(at + 22, 4));
        let (name, extra) = (number(at + 26, 2) as usize, number(at + 28, 2) as usize);
        let path = String::from_utf8(zip[at + 30..at + 30 + name].to_vec()).expect("UTF-8");
        at += 30 + name + extra;
        let mut data = Vec::new();
        if method == 8 {
            assert_eq!(flags & 8, 8);
            let mut inflater = flate2::read::DeflateDecoder::new(&zip[at..]);
            inflater.read_to_end(&mut data).expect("inflates");
            at += inflater.total_in() as usize;
            let crc = u64::from(crc32fast::hash(&data));
            let descriptor = (number(at, 4), number(at + 4, 4), number(at + 8, 4), number(at + 12, 4));
            assert_eq!(descriptor, (0x0807_4b50, crc, inflater.total_in(), data.len() as u64), "{path}");
            at += 16;
        } else {
            assert_eq!((method, flags & 8), (0, 0), "stored data has no descriptor: {path}");
            data.extend_from_slice(&zip[at..at + size as usize]);
            assert_eq!(crc, u64::from(crc32fast::hash(&data)), "{path}");
            at += size as usize;
        }
        members.push((path, data));
    }
    assert_eq!(number(at, 4), 0x0201_4b50, "the table of contents follows");
    members
}

#[tokio::test]
async fn a_zip_can_be_read_without_seeking() {
    let site = Site::new(&[("v", "", "r *")]);
    let sizes = [0, 1, 65_534, 65_535, 65_536, 131_070, 262_144, 1_000_003];
    for size in sizes {
        site.file(&format!("v/{size}"), vec![b'x'; size]);
    }
    // Data that looks like the structures of a zip.
    site.file("v/sub/nested.zip", [&b"PK\x07\x08"[..], &[0; 12], b"PK\x03\x04", &[0xff; 40]].concat());
    site.file("v/sub/\u{65e5}\u{672c}", "text");
    let mut want = vec![String::from("sub/"), "sub/nested.zip".into(), "sub/\u{65e5}\u{672c}".into()];
    want.splice(0..0, sizes.map(|size| size.to_string()));
    for format in [ZIP, CRC, DOS] {
        let archive = packed(&site, "*", request("", format)).await.expect("packs");
        if format == ZIP {
            let members = read_front_to_back(&archive);
            assert_eq!(members.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>(), want);
            for (name, data) in &members[..sizes.len()] {
                assert_eq!(*name, data.len().to_string());
            }
            assert_eq!(members[want.len() - 1].1, b"text");
        }
        assert_eq!(unpack(&site, &archive, format).len(), sizes.len() + 2, "{format:?}");
        // libarchive reads a pipe from front to back.
        let mut reader = Command::new("bsdtar")
            .args(["-xOf", "-", "1000003"])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("bsdtar is installed");
        let mut input = reader.stdin.take().expect("piped");
        let feeding = std::thread::spawn(move || std::io::Write::write_all(&mut input, &archive));
        let output = reader.wait_with_output().expect("runs");
        feeding.join().expect("thread").expect("all is read");
        assert!(output.status.success() && output.stdout.len() == 1_000_003, "{format:?}");
    }
}

#[tokio::test]
async fn archives_are_bounded_for_each_address_and_in_all() {
    use vfs::access::Client;
    let site = Site::new(&[("v", "", "r *")]);
    site.file("v/big", vec![0; 4 << 20]);
    let from = |n: usize| {
        let address = std::net::Ipv4Addr::new(10, 0, (n >> 8) as u8, n as u8).into();
        site.access("*").with_client(Client { address })
    };
    let archives = Archives::new(site.core.clone());
    let mut unread = Vec::new();
    for n in 0..AT_ONCE / PER_ADDRESS {
        for _ in 0..PER_ADDRESS {
            unread.push(archives.pack(&from(n), request("", ZIP)).await.expect("room"));
        }
        let refused = archives.pack(&from(n), request("", ZIP)).await.map(drop);
        assert!(
            n + 1 == AT_ONCE / PER_ADDRESS
                || matches!(refused, Err(EngineError::TooMany(TooMany::AtOnce { per_address: true, .. })))
        );
    }
    let refused = archives.pack(&from(999), request("", ZIP)).await.map(drop);
    assert!(matches!(refused, Err(EngineError::TooMany(TooMany::AtOnce { per_address: false, .. }))), "{refused:?}");
    // Unread archives block no others: as soon as one has ended, another address gets all of its archive.
    unread.pop();
    let body = archives.pack(&from(999), request("", ZIP)).await.expect("room");
    let parts: Vec<bytes::Bytes> = body.try_collect().await.expect("streams to the end");
    assert!(parts.iter().map(bytes::Bytes::len).sum::<usize>() > 4 << 20);
    // An archive that was left unread continues where it was.
    let body = unread.pop().expect("one more");
    let parts: Vec<bytes::Bytes> = body.try_collect().await.expect("streams to the end");
    assert!(parts.iter().map(bytes::Bytes::len).sum::<usize>() > 4 << 20);
}

#[tokio::test]
async fn compressors_are_bounded_by_their_memory() {
    use vfs::access::Client;
    let site = Site::new(&[("v", "", "r *")]);
    site.file("v/big", vec![0; 4 << 20]);
    let archives = Archives::new(site.core.clone());
    let (here, there) = ([10, 0, 0, 1], [10, 0, 0, 2]);
    let pack = async |address: [u8; 4], format| {
        let access = site.access("*").with_client(Client { address: address.into() });
        archives.pack(&access, request("", format)).await
    };
    let xz = Format::Tar { pax: false, packing: Packing::Xz(0) };
    let mut unread = Vec::new();
    for address in [here, there] {
        for _ in 0..COMPRESSORS_PER_ADDRESS / 12 {
            unread.push(pack(address, xz).await.expect("room"));
        }
    }
    let refused = pack(here, xz).await.map(drop);
    assert!(matches!(refused, Err(EngineError::TooMany(TooMany::AtOnce { per_address: true, .. }))), "{refused:?}");
    let refused = pack([10, 0, 0, 3], xz).await.map(drop);
    assert!(matches!(refused, Err(EngineError::TooMany(TooMany::AtOnce { per_address: false, .. }))), "{refused:?}");
    // Archives without compression are not refused.
    assert!(pack(here, TAR).await.is_ok());
    drop(unread);
    let parts: Vec<bytes::Bytes> = pack(there, xz).await.expect("room").try_collect().await.expect("to the end");
    assert!(!parts.is_empty());
}

#[tokio::test]
async fn unreadable_files_are_listed() {
    use store::disk::{Faults, Folder, Op};
    let site = Site::new(&[("v", "", "r *")]);
    for file in ["a", "b", "c", "archive-errors.txt"] {
        site.file(&format!("v/{file}"), file);
    }
    for format in [TAR, ZIP, CRC] {
        let faults = Arc::new(Faults::default());
        let folder = Folder::open_root(&site.at("v")).expect("opens").with_faults(faults.clone());
        site.core.snapshot.load().tree.volumes[0].storage.set_root(folder);
        // The folder is opened twice, then come archive-errors.txt, a, b.
        faults.fail_nth(Op::Open, 5, std::io::ErrorKind::PermissionDenied);
        let members = unpack(&site, &packed(&site, "*", request("", format)).await.expect("packs"), format);
        assert_eq!(names(&members), "a archive-errors.txt archive-errors~2.txt c", "{format:?}");
        let errors = String::from_utf8_lossy(&members["archive-errors~2.txt"]).into_owned();
        assert!(errors.starts_with("b: ") && !errors.contains("tmp"), "{errors}");
    }
}

#[tokio::test]
async fn a_file_that_shrinks_is_padded_and_listed() {
    let site = Site::new(&[("v", "", "r *")]);
    for format in [TAR, ZIP] {
        site.file("v/a", vec![1; 4 << 20]);
        site.file("v/b", vec![2; 4 << 20]);
        let mut body =
            Archives::new(site.core.clone()).pack(&site.access("*"), request("", format)).await.expect("packs");
        // The task is at most 3 MiB ahead, so b has not been begun.
        let first = body.try_next().await.expect("streams").expect("has a part");
        std::fs::File::options().write(true).open(site.at("v/a")).expect("opens").set_len(3 << 20).expect("shrinks");
        let rest: Vec<bytes::Bytes> = body.try_collect().await.expect("streams");
        let members = unpack(&site, &[&first[..], &rest.concat()].concat(), format);
        assert_eq!(names(&members), "a archive-errors.txt b", "{format:?}");
        assert_eq!((members["a"].len(), members["b"].len()), (4 << 20, 4 << 20));
    }
}

#[tokio::test]
async fn a_client_that_disconnects_ends_the_task() {
    let site = Site::new(&[("v", "", "r *")]);
    site.file("v/big", vec![0; 32 << 20]);
    let archives = Archives::new(site.core.clone());
    let mut body = archives.pack(&site.access("*"), request("", TAR)).await.expect("packs");
    body.try_next().await.expect("streams");
    drop(body);
    // The runtime waits for blocking threads when it ends: a blocked one would hang this test.
}

#[test]
fn a_long_central_directory_moves_to_a_file() {
    let tmp = tempfile::tempdir().expect("temp folder");
    let mut spool = spool::Spool::new(tmp.path());
    let line = [b'x'; 1000];
    for _ in 0..20_000 {
        spool.push(&line).expect("pushes");
    }
    assert_eq!(spool.length(), 20_000_000);
    let mut out = Vec::new();
    while !spool.take(&mut out, 256 << 10).expect("takes") {}
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
    let body = Archives::new(site.core.clone()).pack(&site.access("*"), request("", ZIP)).await.expect("packs");
    let file = site.at("archive.zip");
    let out = parking_lot::Mutex::new(std::fs::File::create(&file).expect("creates"));
    body.try_for_each(|bytes| {
        let written = std::io::Write::write_all(&mut *out.lock(), &bytes);
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
                let before = vfs::testing::cpu_seconds();
                let archives = Archives::new(site.core.clone());
                let mut body = archives.pack(&site.access("*"), request(folder, format)).await.expect("packs");
                while body.try_next().await.expect("streams").is_some() {}
                best = best.min(vfs::testing::cpu_seconds() - before);
            }
            println!("{folder} {format:?}: {:.0} MB per CPU second", bytes as f64 / best / 1e6);
        }
    }
}

#[tokio::test]
async fn lists_of_names_are_bounded_by_their_memory() {
    use vfs::access::Client;
    let site = Site::new(&[("v", "", "r *")]);
    let archives = Archives::new(site.core.clone());
    let names: Vec<FileName> =
        (0..100_000).map(|n| FileName::new(format!("{n:0100}").as_bytes()).expect("name")).collect();
    let pack = async |last: u8| {
        let access = site.access("*").with_client(Client { address: [10, 0, 0, last].into() });
        archives.pack(&access, ArchiveRequest { only: Some(names.clone()), ..request("", ZIP) }).await
    };
    // 16.4 MB each.
    let mut unread = vec![pack(1).await.expect("room")];
    let refused = pack(1).await.map(drop);
    assert!(matches!(refused, Err(EngineError::TooMany(TooMany::AtOnce { per_address: true, .. }))), "{refused:?}");
    for last in 2..=4 {
        unread.push(pack(last).await.expect("room"));
    }
    let refused = pack(5).await.map(drop);
    assert!(matches!(refused, Err(EngineError::TooMany(TooMany::AtOnce { per_address: false, .. }))), "{refused:?}");
    drop(unread);
    assert!(pack(1).await.is_ok());
}
