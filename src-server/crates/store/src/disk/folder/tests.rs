//! Nothing outside the folder is reached, symlinks are errors, injected failures happen.

use super::*;
use crate::ErrorKind as K;
use crate::disk::LinkTarget;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;

fn path(text: &str) -> VPath {
    VPath::parse(text.as_bytes()).expect("parses")
}
fn name(text: &str) -> FileName {
    FileName::new(text.as_bytes()).expect("is a name")
}

/// A folder `in/` that is opened, beside `out/secret` that must not be reached.
fn fixture() -> (tempfile::TempDir, Folder) {
    let tmp = tempfile::tempdir().expect("temp folder");
    let at = |p: &str| tmp.path().join(p);
    std::fs::create_dir_all(at("in/sub/deep")).expect("mkdir");
    std::fs::create_dir_all(at("out")).expect("mkdir");
    std::fs::write(at("in/a.txt"), "hello").expect("write");
    std::fs::write(at("in/sub/b.txt"), "inner").expect("write");
    std::fs::write(at("out/secret"), "secret").expect("write");
    symlink("../out/secret", at("in/up")).expect("link");
    symlink(at("out"), at("in/outside")).expect("link");
    symlink("a.txt", at("in/alias")).expect("link");
    symlink("sub", at("in/sublink")).expect("link");
    symlink("nowhere", at("in/dangling")).expect("link");
    symlink("circle", at("in/circle")).expect("link");
    let folder = Folder::open_root(&at("in")).expect("opens");
    (tmp, folder)
}

fn kind_of(answer: Result<Node, StoreError>) -> Result<&'static str, K> {
    match answer {
        Ok(Node::File(_)) => Ok("file"),
        Ok(Node::Folder(..)) => Ok("folder"),
        Err(error) => Err(error.kind()),
    }
}

#[test]
fn opens_only_what_is_below() {
    let (_tmp, folder) = fixture();
    for (text, want) in [
        ("", Ok("folder")),
        ("a.txt", Ok("file")),
        ("sub", Ok("folder")),
        ("sub/b.txt", Ok("file")),
        ("nope", Err(K::NotFound)),
        ("sub/nope/deeper", Err(K::NotFound)),
        ("a.txt/below", Err(K::NotAFolder)),
        ("up", Err(K::Link)),
        ("outside", Err(K::Link)),
        ("outside/secret", Err(K::Link)),
        ("alias", Err(K::Link)),
        ("sublink/b.txt", Err(K::Link)),
        ("dangling", Err(K::Link)),
        ("circle", Err(K::Link)),
        ("../out/secret", Err(K::NotFound)),
    ] {
        assert_eq!(kind_of(folder.open(&path(text))), want, "{text}");
        if let Some(cached) = folder.open_cached(&path(text)) {
            assert_eq!(kind_of(cached), want, "cached {text}");
        }
    }
    let Ok(Node::File(mut open)) = folder.open(&path("sub/b.txt")) else { panic!("opens") };
    let mut text = String::new();
    open.file.read_to_string(&mut text).expect("reads");
    assert_eq!((text.as_str(), open.meta.size, open.meta.kind), ("inner", 5, crate::disk::Kind::File));
}

#[test]
fn walking_by_component_gives_the_same_results() {
    use std::os::fd::AsFd;
    let (tmp, folder) = fixture();
    let root = std::fs::File::open(tmp.path().join("in")).expect("opens");
    for text in ["a.txt", "sub/b.txt", "nope", "a.txt/x", "up", "outside/secret", "sublink/b.txt", "dangling", "circle"]
    {
        let walked = crate::platform::walk_for_tests(root.as_fd(), &path(text));
        let walked = walked.map_err(|error| StoreError::new("open", text, error).kind()).map(|_| ());
        let opened = folder.open(&path(text)).map_err(|error| error.kind()).map(|_| ());
        assert_eq!(walked, opened, "{text}");
    }
}

#[test]
fn pipes_and_sockets_are_refused_without_blocking() {
    let (tmp, folder) = fixture();
    let fifo = tmp.path().join("in/fifo");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status().expect("mkfifo runs");
    assert!(made.success());
    let _socket = std::os::unix::net::UnixListener::bind(tmp.path().join("in/sock")).expect("binds");
    for text in ["fifo", "sock"] {
        assert_eq!(kind_of(folder.open(&path(text))), Err(K::Special), "{text}");
        assert!(folder.open_writable(&name(text)).is_err());
    }
}

#[test]
fn real_targets_tell_inside_from_outside() {
    let (tmp, folder) = fixture();
    let out = Folder::open_root(&tmp.path().join("out")).expect("opens");
    let target = |text: &str| folder.real_target(&path(text)).expect("leads somewhere");
    assert_eq!(folder.locate(&target("sublink/b.txt")), Some(path("sub/b.txt")));
    assert_eq!(folder.locate(&target("up")), None);
    assert_eq!(out.locate(&target("up")), Some(path("secret")));
    assert_eq!(out.locate(&target("outside")), Some(VPath::root()));
    assert_eq!(folder.real_target(&path("dangling")).map_err(|e| e.kind()), Err(K::NotFound));
    assert_eq!(folder.real_target(&path("circle")).map_err(|e| e.kind()), Err(K::Link));
}

#[test]
fn entries_describe_links_themselves() {
    let (_tmp, folder) = fixture();
    let mut entries = folder.entries().expect("lists");
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    let seen: Vec<_> = entries.iter().map(|e| (e.name.display(), e.meta.kind)).collect();
    use crate::disk::Kind::{File, Folder as Dir, Link};
    let want = [
        ("a.txt", File),
        ("alias", Link),
        ("circle", Link),
        ("dangling", Link),
        ("outside", Link),
        ("sub", Dir),
        ("sublink", Link),
        ("up", Link),
    ];
    assert_eq!(seen, want.map(|(n, k)| (n.to_owned(), k)));
    assert_eq!(folder.entries().expect("lists again").len(), want.len(), "the position is not shared");
}

#[test]
fn each_entry_of_a_large_folder_is_described_once() {
    let (tmp, folder) = fixture();
    let (many, _) = folder.make_folders(&path("many"), 0o755).expect("makes");
    for at in 0..7000u64 {
        let file = std::fs::File::create(tmp.path().join(format!("in/many/{at}"))).expect("creates");
        file.set_len(at).expect("grows");
    }
    let mut sizes: Vec<_> =
        many.entries().expect("lists").iter().map(|one| (one.name.display(), one.meta.size)).collect();
    sizes.sort_by_key(|(_, size)| *size);
    assert_eq!(sizes, (0..7000).map(|at| (at.to_string(), at)).collect::<Vec<_>>());
    for wanted in [1, 63, 64, 65, 5000] {
        let mut seen = 0;
        let stop = |seen: &mut u32| if *seen == wanted { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        many.visit(|_, _| {
            seen += 1;
            stop(&mut seen)
        })
        .expect("lists");
        assert_eq!(seen, wanted);
    }
}

#[test]
fn makes_renames_and_removes() {
    let (tmp, folder) = fixture();
    let (deep, made) = folder.make_folders(&path("new/er/est"), 0o755).expect("makes");
    assert_eq!(made, 3);
    assert_eq!(folder.make_folders(&path("new/er"), 0o755).expect("there").1, 0);
    assert_eq!(folder.make_folders(&path("a.txt/x"), 0o755).map_err(|e| e.kind()).map(|_| ()), Err(K::NotAFolder));
    assert_eq!(folder.make_folders(&path("outside/x"), 0o755).map_err(|e| e.kind()).map(|_| ()), Err(K::Link));
    assert!(!tmp.path().join("out/x").exists());

    let mut file = deep.create_new(&name("f"), 0o644).expect("creates");
    file.write_all(b"12345").expect("writes");
    assert_eq!(deep.create_new(&name("f"), 0o644).map_err(|e| e.kind()).map(|_| ()), Err(K::Exists));
    // A dangling symlink is not followed when creating: the new file would be outside the folder.
    assert_eq!(folder.create_new(&name("dangling"), 0o644).map_err(|e| e.kind()).map(|_| ()), Err(K::Exists));
    assert!(!tmp.path().join("in/nowhere").exists());
    assert_eq!(folder.open_writable(&name("up")).map_err(|e| e.kind()).map(|_| ()), Err(K::Link));

    let never = deep.rename(&name("f"), &folder, &name("a.txt"), OnExisting::Fail);
    assert_eq!(never.map_err(|e| e.kind()), Err(K::Exists));
    deep.rename(&name("f"), &folder, &name("g"), OnExisting::Fail).expect("renames");
    folder.rename(&name("g"), &folder, &name("a.txt"), OnExisting::Replace).expect("replaces");
    assert_eq!(std::fs::read(tmp.path().join("in/a.txt")).expect("reads"), b"12345");
    // Renaming over a symlink replaces the symlink, not its target.
    folder.rename(&name("a.txt"), &folder, &name("up"), OnExisting::Replace).expect("replaces");
    assert_eq!(std::fs::read(tmp.path().join("out/secret")).expect("reads"), b"secret");

    assert_eq!(folder.remove_folder(&name("new")).map_err(|e| e.kind()), Err(K::NotEmpty));
    folder.remove_file(&name("up")).expect("removes");
    assert_eq!(folder.stat(&name("up")).expect("asks"), None);
    folder.sync().expect("syncs");
    let space = folder.free_space().expect("measures");
    assert!(space.total.0 > 0 && space.free <= space.total);
}

#[test]
fn copies_links_and_times() {
    let (_tmp, folder) = fixture();
    let Ok(Node::File(source)) = folder.open(&path("a.txt")) else { panic!("opens") };
    let copy = folder.create_new(&name("copy"), 0o600).expect("creates");
    assert_eq!(folder.clone_or_copy(&source.file, &copy).expect("copies"), 5);
    folder.set_file_mtime(&copy, &name("copy"), UnixMillis(-1)).expect("sets");
    let meta = folder.stat(&name("copy")).expect("asks").expect("is there");
    assert_eq!((meta.size, meta.mtime(), meta.mode), (5, UnixMillis(-1), 0o600));
    folder.hard_link(&name("copy"), &folder, &name("twin")).expect("links");
    assert_eq!(folder.stat(&name("twin")).expect("asks").expect("is there").id(), meta.id());
    folder.symlink(b"copy", &name("soft")).expect("links");
    folder.set_mtime(&name("twin"), UnixMillis(1_700_000_000_123)).expect("sets");
    assert_eq!(folder.stat(&name("copy")).expect("asks").expect("is there").mtime().0, 1_700_000_000_123);
}

#[test]
fn odd_names_round_trip() {
    let (tmp, folder) = fixture();
    for odd in [&b"caf\xe9"[..], b"\xff\xfe", b"#?%&<>\"\n", "\u{1f389}".as_bytes(), &[b'x'; 255], b"\\", b"C:", b"-rf"]
    {
        let odd = FileName::new(odd).expect("is a name");
        folder.create_new(&odd, 0o644).expect("creates");
        assert!(tmp.path().join("in").join(std::ffi::OsStr::from_bytes(odd.as_bytes())).exists());
        assert!(folder.entries().expect("lists").iter().any(|entry| entry.name == odd), "{odd:?}");
        assert_eq!(kind_of(folder.open(&VPath::root().join(&odd))), Ok("file"));
    }
}

#[test]
fn injected_failures_happen() {
    let (_tmp, folder) = fixture();
    let faults = Arc::new(Faults::default());
    let folder = folder.with_faults(faults.clone());
    faults.fail_nth(Op::Rename, 2, io::ErrorKind::StorageFull);
    folder.rename(&name("a.txt"), &folder, &name("b"), OnExisting::Fail).expect("the first works");
    let second = folder.rename(&name("b"), &folder, &name("c"), OnExisting::Fail);
    assert_eq!(second.map_err(|e| e.kind()), Err(K::NoSpace));
    folder.rename(&name("b"), &folder, &name("c"), OnExisting::Fail).expect("the third works");

    faults.no_space_after(3);
    let Ok(Node::File(source)) = folder.open(&path("c")) else { panic!("opens") };
    let copy = folder.create_new(&name("copy"), 0o644).expect("creates");
    assert_eq!(folder.clone_or_copy(&source.file, &copy).map_err(|e| e.kind()), Err(K::NoSpace));
    faults.clear();
    let sub = folder.folder(&path("sub")).expect("opens");
    faults.fail_all(Op::Open, io::ErrorKind::NotFound);
    assert_eq!(kind_of(sub.open(&path("b.txt"))), Err(K::NotFound), "faults reach the folders below");
}

#[test]
fn link_targets_are_reported() {
    let (tmp, folder) = fixture();
    symlink("../../out/no/../where", tmp.path().join("in/sub/broken")).expect("link");
    symlink("../a.txt/x", tmp.path().join("in/sub/through")).expect("link");
    let target_of = |link: &str| {
        let target = folder.link_target(&path(link)).expect("reads");
        (matches!(target, LinkTarget::Exists(_)), folder.locate(target.path()).map(|below| below.display()))
    };
    for (link, there, within) in [
        ("up", true, None),
        ("outside", true, None),
        ("alias", true, Some("/a.txt")),
        ("sublink", true, Some("/sub")),
        ("dangling", false, Some("/nowhere")),
        ("sub/broken", false, None),
        ("sub/through", false, Some("/a.txt/x")),
    ] {
        assert_eq!(target_of(link), (there, within.map(str::to_owned)), "{link}");
    }
    assert_eq!(folder.link_target(&path("circle")).map_err(|error| error.kind()), Err(K::Link));
    assert_eq!(folder.link_target(&path("gone")).map_err(|error| error.kind()), Err(K::NotFound));
    let path = folder.link_target(&path("sub/broken")).expect("reads").path().to_string();
    assert!(path.ends_with("/out/where"), "{path}");
}

#[test]
fn nowait_reads_what_is_cached() {
    let (_tmp, folder) = fixture();
    let Ok(Node::File(open)) = folder.open(&path("a.txt")) else { panic!("opens") };
    let mut buffer = [0; 16];
    if let Some(read) = open.read_nowait(&mut buffer, 1) {
        assert_eq!(&buffer[..read.expect("reads")], b"ello");
    }
}

/// With injected failures the kernel's own copy is not used, so that the copy is made in pieces.
#[test]
fn copies_are_interrupted_when_the_program_ends() {
    let tmp = tempfile::tempdir().expect("temp folder");
    let folder = Folder::open_root(tmp.path()).expect("opens").with_faults(Arc::new(Faults::default()));
    let name = |text: &str| FileName::new(text.as_bytes()).expect("is a name");
    std::fs::write(tmp.path().join("a"), vec![7; 3 << 20]).expect("writes");
    let source = std::fs::File::open(tmp.path().join("a")).expect("opens");
    let below = folder.make_folders(&VPath::parse(b"sub").expect("parses"), 0o755).expect("makes").0;
    let copy = below.create_new(&name("whole"), 0o644).expect("creates");
    assert_eq!(below.clone_or_copy(&source, &copy).expect("copies"), 3 << 20);
    folder.interrupt_copies();
    let copy = below.create_new(&name("part"), 0o644).expect("creates");
    assert_eq!(below.clone_or_copy(&source, &copy).map_err(|e| e.kind()), Err(ErrorKind::Busy));
}

#[test]
fn watched_copies_are_counted_and_ended() {
    let tmp = tempfile::tempdir().expect("temp folder");
    let folder = Folder::open_root(tmp.path()).expect("opens").with_faults(Arc::new(Faults::default()));
    let name = |text: &str| FileName::new(text.as_bytes()).expect("is a name");
    std::fs::write(tmp.path().join("a"), vec![7; 3 << 20]).expect("writes");
    let source = std::fs::File::open(tmp.path().join("a")).expect("opens");
    let watch = super::super::CopyWatch::default();
    for (number, want) in [(1, 3 << 20), (2, 6 << 20)] {
        let copy = folder.create_new(&name(&number.to_string()), 0o644).expect("creates");
        assert_eq!(folder.clone_or_copy_watched(&source, &copy, &watch).expect("copies"), 3 << 20);
        assert_eq!(watch.copied(), want);
    }
    watch.cancel();
    let copy = folder.create_new(&name("part"), 0o644).expect("creates");
    let ended = folder.clone_or_copy_watched(&source, &copy, &watch);
    assert_eq!((ended.map_err(|e| e.kind()), watch.copied()), (Err(ErrorKind::Busy), 6 << 20));
    assert_eq!(folder.clone_or_copy(&source, &copy).expect("others go on"), 3 << 20);
}
