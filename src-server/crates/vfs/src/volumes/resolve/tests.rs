//! Path attacks (traversal, symlinks, reserved names, odd spellings): whatever path a client requests, nothing outside
//! its volumes is opened.

use super::*;
use crate::error::{Conflict, Denial, Gone, Invalid};
use crate::testing::{Site, vpath};
use model::Settings;
use proptest::prelude::*;
use std::io::Read;
use std::os::unix::fs::symlink;

/// Returns what an account gets: the content of a file, the word `folder`, `way` for a virtual folder, or the name of
/// the error.
fn ask(access: &Access, path: &VPath) -> String {
    let show = |located: Located| match located.node {
        Node::Folder(..) if located.rights.is_empty() => "absent".to_owned(),
        Node::File(_) if located.verdict(Operation::Download) != Verdict::Allow => "absent".to_owned(),
        Node::Folder(..) => "folder".to_owned(),
        Node::File(mut open) => {
            let mut text = String::new();
            open.file.read_to_string(&mut text).expect("reads");
            text
        }
    };
    let slow = match find(access, path) {
        Ok(Resolved::OnDisk(located)) => show(located),
        Ok(Resolved::VirtualFolder) => "way".into(),
        Ok(Resolved::Absent) => "absent".into(),
        Err(EngineError::Gone(Gone::Folder(_))) => "unavailable".into(),
        Err(error) => format!("{error:?}"),
    };
    if let Some(Resolved::OnDisk(located)) = find_cached(access, path) {
        assert_eq!(show(located), slow, "find_cached and find agree on {path:?}");
    }
    slow
}

fn check(access: &Access, wants: &[(&str, &str)]) {
    for (path, want) in wants {
        assert_eq!(&ask(access, &vpath(path)), want, "{path}");
    }
}

fn kind(answer: Result<impl Sized>) -> String {
    match answer {
        Ok(_) => "ok".into(),
        Err(EngineError::Denied(Denial::Right { missing, .. })) => format!("denied {missing}"),
        Err(EngineError::NotFound(_)) => "not found".into(),
        Err(EngineError::Conflict(Conflict::NotAFolder(_))) => "not a folder".into(),
        Err(EngineError::Invalid(Invalid::Unfit(_))) => "bad request".into(),
        Err(EngineError::Gone(Gone::Folder(_))) => "unavailable".into(),
        Err(error) => format!("{error:?}"),
    }
}

/// `p` is readable for everyone; inside it, `sub` belongs to a volume of u alone; `q` is mounted at /p/x/y.
fn nested() -> Site {
    let site = Site::new(&[("p", "p", "r *"), ("psub", "p/sub", "r u"), ("q", "p/x/y", "r *")]);
    site.file("p/a.txt", "a");
    site.file("p/sub/shadowed", "shadowed");
    site.file("psub/inner", "inner");
    site.file("psub/deep/er", "er");
    site.file("q/q.txt", "q");
    site
}

#[test]
fn a_deeper_volume_shadows_files_on_disk() {
    let site = nested();
    check(
        &site.access("*"),
        &[
            ("", "way"),
            ("p", "folder"),
            ("p/a.txt", "a"),
            ("p/sub/shadowed", "absent"),
            ("p/x", "way"),
            ("p/x/y", "folder"),
            ("p/x/y/q.txt", "q"),
            ("p/nope", "absent"),
            ("elsewhere", "absent"),
        ],
    );
    check(&site.access("u"), &[("p/sub/inner", "inner"), ("p/sub/deep", "folder"), ("p/sub/shadowed", "absent")]);
    let anonymous = site.access("*");
    assert_eq!(kind(resolve(&anonymous, &vpath("p/sub/inner"), Operation::Download)), "denied read");
    assert_eq!(kind(resolve(&anonymous, &vpath("p/sub/nope"), Operation::Download)), "denied read");
    assert_eq!(kind(resolve(&anonymous, &vpath("p/nope"), Operation::Download)), "not found");
    assert_eq!(kind(resolve(&anonymous, &vpath("p/a.txt"), Operation::Delete)), "denied delete");
    assert_eq!(kind(resolve_folder(&anonymous, &vpath("p/a.txt"), Operation::List)), "not a folder");
}

#[test]
fn a_rule_ends_at_a_slash() {
    // `/uploads` does not contain `/uploads_backup`.
    let site = Site::new(&[("all", "", "r *"), ("closed", "uploads", "r u")]);
    site.file("all/uploads_backup/x", "backup");
    site.file("all/uploads/x", "outer");
    site.file("closed/x", "closed");
    check(&site.access("*"), &[("uploads_backup/x", "backup"), ("/uploads_backup/x/", "backup")]);
    assert_eq!(kind(resolve(&site.access("*"), &vpath("uploads/x"), Operation::Download)), "denied read");
    check(&site.access("u"), &[("uploads/x", "closed")]);
}

#[test]
fn symlinks_lead_only_to_where_the_account_may_go() {
    // Symlinks into other volumes and out of all volumes.
    let site = Site::new(&[("a", "a", "rwmd *"), ("b", "b", "r u"), ("c", "c", "rw *")]);
    site.file("a/in.txt", "in");
    site.file("a/dir/in2.txt", "in2");
    site.file("b/secret", "b");
    site.file("c/free", "c");
    site.file("outside/passwd", "outside");
    site.link("in.txt", "a/alias");
    site.link("dir", "a/dirlink");
    site.link("../outside", "a/up");
    site.link(site.at("outside/passwd"), "a/abs");
    site.link("../b", "a/to_b");
    site.link("../c", "a/to_c");
    site.link("nowhere", "a/dangling");
    site.link("../outside/new", "a/dangling_out");
    site.link("loop", "a/loop");
    site.link("/proc/self/root/etc", "a/proc");
    site.link("/", "a/root");
    check(
        &site.access("*"),
        &[
            ("a/alias", "in"),
            ("a/dirlink", "folder"),
            ("a/dirlink/in2.txt", "in2"),
            ("a/up", "absent"),
            ("a/up/passwd", "absent"),
            ("a/abs", "absent"),
            ("a/to_b/secret", "absent"),
            ("a/to_c/free", "c"),
            ("a/dangling", "absent"),
            ("a/dangling_out", "absent"),
            ("a/loop", "absent"),
            ("a/proc/passwd", "absent"),
            ("a/root", "absent"),
        ],
    );
    // u may read b, but write nowhere through the symlink.
    check(&site.access("u"), &[("a/to_b/secret", "b")]);
    let (visitor, u) = (site.access("*"), site.access("u"));
    assert_eq!(kind(folder_for_writing(&u, &vpath("a/to_b/new"), Operation::Upload)), "denied write");
    assert_eq!(kind(folder_for_writing(&u, &vpath("a/to_b"), Operation::Upload)), "denied write");
    assert_eq!(kind(folder_for_writing(&visitor, &vpath("a/up/new"), Operation::Upload)), "not a folder");
    assert_eq!(kind(folder_for_writing(&visitor, &vpath("a/dangling"), Operation::Upload)), "not a folder");
    assert_eq!(kind(folder_for_writing(&visitor, &vpath("a/dangling_out"), Operation::Upload)), "not a folder");
    assert!(!site.at("outside/new").exists() && !site.at("a/nowhere").exists());
    // c allows writing, but rights through a symlink never exceed those at either end: c has no `d`.
    let through = folder_for_writing(&visitor, &vpath("a/to_c/new/er"), Operation::Upload).expect("may write");
    assert_eq!((through.canonical(), through.rights.letters()), (vpath("c/new/er"), "rwg".into()));
    assert!(site.at("c/new/er").is_dir());
    assert_eq!(kind(resolve(&visitor, &vpath("a/to_c/free"), Operation::Delete)), "not found");
}

#[test]
fn a_link_into_a_shadowed_place_or_to_reserved_names_is_dead() {
    let site = nested();
    site.file("p/.hist/up2k.db", "state");
    site.link("sub/shadowed", "p/peek");
    site.link(".hist", "p/hist");
    site.link(".hist/up2k.db", "p/db");
    for who in ["*", "u"] {
        check(&site.access(who), &[("p/peek", "absent"), ("p/hist", "absent"), ("p/db", "absent")]);
    }
}

#[test]
fn the_deepest_source_decides_about_a_symlink() {
    // `in/closed` is a volume of its own, on disk inside the one that everyone may read.
    let site = Site::new(&[("in", "open", "r *"), ("in/closed", "closed", "r u")]);
    site.file("in/closed/x", "x");
    site.link("closed/x", "in/link");
    check(&site.access("*"), &[("open/link", "absent"), ("open/closed/x", "x")]);
    check(&site.access("u"), &[("open/link", "x")]);
}

#[test]
fn reserved_names_do_not_exist() {
    let site = Site::new(&[("v", "", "rwmd *")]);
    site.file("v/.hist/up2k.db", "state");
    site.file("v/d/.hist/x", "old");
    site.file("v/.up2k-abc.PARTIAL", "half");
    let access = site.access("*");
    for path in [".hist", ".hist/up2k.db", "d/.hist/x", ".up2k-abc.PARTIAL", ".HIST/up2k.db", ".Up2k-abc.partial"] {
        check(&access, &[(path, "absent")]);
        assert_eq!(kind(folder_for_writing(&access, &vpath(path), Operation::Upload)), "bad request", "{path}");
    }
}

#[test]
fn odd_names_are_names() {
    // Characters with a meaning on other systems have none here.
    let site = Site::new(&[("v", "", "rw *")]);
    site.file("outside", "outside");
    let access = site.access("*");
    for odd in [
        "..\\..\\outside",
        "C:",
        "\\\\?\\x",
        "%2e%2e",
        "%2e%2e%2foutside",
        "..%c0%af",
        "file::$DATA",
        "CON",
        "a ",
        "...",
    ] {
        check(&access, &[(odd, "absent")]);
        site.file(&format!("v/{odd}"), odd);
        check(&access, &[(odd, odd)]);
    }
    check(&access, &[("../outside", "absent"), ("a/../../outside", "absent"), (".", "folder"), ("..", "folder")]);
}

#[test]
fn pipes_and_devices_do_not_exist() {
    let site = Site::new(&[("v", "", "rw *")]);
    let made = std::process::Command::new("mkfifo").arg(site.at("v/fifo")).status().expect("mkfifo runs");
    assert!(made.success());
    site.link("/dev/zero", "v/zero");
    site.link("fifo", "v/fifolink");
    check(&site.access("*"), &[("fifo", "absent"), ("zero", "absent"), ("fifolink", "absent")]);
}

#[test]
fn folders_for_writing_are_made_only_where_allowed() {
    let site = Site::new(&[("v", "", "w *"), ("r", "r", "r *"), ("v/on/disk", "other", "rw *")]);
    let access = site.access("*");
    let located = folder_for_writing(&access, &vpath("a/b/c"), Operation::Upload).expect("may write");
    assert_eq!(located.below, vpath("a/b/c"));
    assert!(site.at("v/a/b/c").is_dir());
    assert_eq!(kind(folder_for_writing(&access, &vpath("r/x"), Operation::Upload)), "denied write");
    assert!(!site.at("r/x").exists() && !site.at("v/r").exists());
    site.file("v/on/disk/f", "");
    for path in ["other/f/x", "other/f"] {
        assert_eq!(kind(folder_for_writing(&access, &vpath(path), Operation::Upload)), "not a folder", "{path}");
    }
    // Accounts that may only write do not learn that a name is taken.
    site.file("v/f", "");
    for (path, below) in [("f/x", "_wo_f/x"), ("f", "_wo_f"), ("f/x/y", "_wo_f/x/y")] {
        let located = folder_for_writing(&access, &vpath(path), Operation::Upload).expect("another folder");
        assert_eq!(located.below, vpath(below));
    }
    // Accounts that may only write learn nothing about existing files.
    for path in ["a/b", "nope"] {
        assert_eq!(kind(resolve(&access, &vpath(path), Operation::Download)), "denied read");
    }
}

#[test]
fn a_swapped_link_never_opens_the_outside() {
    // A process on the host swaps a name between a folder and a symlink out of the volume, as fast as it can.
    let site = Site::new(&[("v", "", "r *")]);
    site.file("v/real/x", "inside");
    site.file("outside/x", "outside");
    let (real, name, out) = (site.at("v/real"), site.at("v/name"), site.at("outside"));
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let flipper = std::thread::spawn({
        let stop = stop.clone();
        move || {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                std::fs::rename(&real, &name).expect("renames");
                std::fs::rename(&name, &real).expect("renames");
                symlink(&out, &name).expect("links");
                std::fs::remove_file(&name).expect("removes");
            }
        }
    });
    let access = site.access("*");
    for _ in 0..3000 {
        if let Ok(Resolved::OnDisk(located)) = find(&access, &vpath("name/x"))
            && let Node::File(mut open) = located.node
        {
            let mut text = String::new();
            open.file.read_to_string(&mut text).expect("reads");
            assert_eq!(text, "inside");
        }
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    flipper.join().expect("flips");
}

#[test]
fn a_volume_that_went_away_is_unavailable_until_it_is_back() {
    let site = Site::with(&[("v", "v", "rw *")], |settings| {
        settings.volumes[0].source = settings.volumes[0].source.join("later");
    });
    let access = site.access("*");
    check(&access, &[("v", "unavailable"), ("v/x", "unavailable")]);
    site.file("v/later/x", "back");
    check(&access, &[("v/x", "back")]);
    // The folder was recreated: the old handle leads to nothing, and that is noticed.
    std::fs::remove_dir_all(site.at("v/later")).expect("removes");
    site.file("v/later/x", "anew");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    check(&access, &[("v/x", "anew")]);
    // Uploads wait until the ledger of the new folder has been read.
    assert!(access.snapshot().tree.volumes[0].storage.is_outdated());
    assert!(access.snapshot().tree.volumes[0].storage.root_for_writing().is_none());
    let settings = access.snapshot().settings.clone();
    let fresh = site.open_tree(&settings, Some(&access.snapshot().tree), &Default::default());
    assert!(fresh.volumes[0].storage.root_for_writing().is_some());
    let carried = site.open_tree(&settings, Some(&fresh), &Default::default());
    assert!(Arc::ptr_eq(&carried.volumes[0].storage, &fresh.volumes[0].storage));
}

#[test]
fn an_empty_mount_point_is_not_its_disk() {
    let site = Site::new(&[]);
    let settings = Settings {
        volumes: vec![model::Volume {
            source: site.at("disk"),
            mount: vpath("v"),
            grants: Vec::new(),
            flags: model::VolumeFlags::default(),
        }],
        ..Settings::default()
    };
    let mounted = [settings.volumes[0].source.clone()].into();
    let is_there = || {
        let tree = site.open_tree(&settings, None, &mounted);
        tree.volumes[0].storage.root().is_some()
    };
    assert!(!is_there());
    std::fs::create_dir(site.at("disk")).expect("mkdir");
    assert!(!is_there(), "a mount point without its disk");
    site.file("disk/.hist/potluck.db", "");
    assert!(!is_there(), "the server's own state counts as empty");
    site.file("disk/a", "a");
    assert!(is_there(), "other files mean that the folder itself is used");
}

/// Components of attack paths.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let fixed = prop::sample::select(vec![
        &b".."[..],
        b".",
        b"/",
        b"//",
        b"\\",
        b"%2e%2e",
        b"%2f",
        b"..%2f",
        b"..\\",
        b"v",
        b"dir",
        b"in",
        b"link_out",
        b"link_in",
        b"link_up",
        b"sub",
        b".hist",
        b"etc",
        b"passwd",
        b"proc",
        b"self",
        b"root",
        b"\xc0\xae",
        b"C:",
        b"secret",
        b"x",
    ]);
    prop_oneof![8 => fixed.prop_map(<[u8]>::to_vec), 1 => prop::collection::vec(any::<u8>(), 0..4)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// No path opens a file outside the volume.
    #[test]
    fn nothing_escapes(paths in prop::collection::vec(prop::collection::vec(piece(), 1..12), 8)) {
        let site = Site::new(&[("v", "", "rwmd *"), ("sub", "sub", "r u")]);
        for inside in ["v/x", "v/dir/x", "v/dir/in", "v/etc/passwd", "v/secret/x"] {
            site.file(inside, "inside");
        }
        for outside in ["x", "in", "secret/x", "etc/passwd", "sub/x", "sub/in", "v/sub/x", "v/.hist/x", "v/dir/.hist/in"] {
            site.file(outside, "outside");
        }
        site.link("..", "v/link_out");
        site.link("dir", "v/link_in");
        site.link("../../secret", "v/dir/link_up");
        let access = site.access("*");
        for pieces in paths {
            if let Ok(path) = VPath::parse(&pieces.join(&b'/')) {
                prop_assert_ne!(ask(&access, &path), "outside", "{:?}", path);
            }
            if let Ok(path) = VPath::parse(&pieces.concat()) {
                prop_assert_ne!(ask(&access, &path), "outside", "{:?}", path);
            }
        }
    }
}

/// Also within the second in which the source is not looked at again.
#[test]
fn nothing_is_written_into_a_folder_that_was_moved_away() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let access = site.access("*");
    let storage = &access.snapshot().tree.volumes[0].storage;
    assert!(storage.root_for_writing().is_some() && !storage.leads_elsewhere());
    std::fs::rename(site.at("v"), site.at("old")).expect("moves");
    assert!(storage.root_for_writing().is_none(), "nothing is there");
    std::fs::create_dir(site.at("v")).expect("mkdir");
    assert!(storage.root_for_writing().is_none() && storage.is_outdated(), "another folder is there");
}
