//! Changes of the tree happen where they are allowed, completely or not at all, and never to files of another volume.

use super::*;
use crate::error::{Changed, Denial};
use crate::testing::{Site, vpath};
use model::Settings;
use std::collections::BTreeMap;
use std::path::Path;

fn ops(site: &Site) -> FileOps {
    FileOps::new(site.core.clone())
}

fn outcome<T: std::fmt::Debug>(answer: Result<T>) -> String {
    match answer {
        Ok(value) => format!("{value:?}"),
        Err(EngineError::Denied(Denial::Right { missing, .. })) => format!("denied {missing}"),
        Err(error) => crate::testing::error_name(&error),
    }
}

/// Lists everything below a host folder, except a volume's own state: files with content, folders with a slash.
fn tree(site: &Site, top: &str) -> BTreeMap<String, String> {
    fn walk(top: &Path, at: &Path, into: &mut BTreeMap<String, String>) {
        for entry in std::fs::read_dir(at).expect("lists") {
            let path = entry.expect("entry").path();
            let name = path.strip_prefix(top).expect("below").display().to_string();
            let stat = path.symlink_metadata().expect("stat");
            if name == ".hist" {
                continue;
            }
            if stat.is_dir() {
                into.insert(format!("{name}/"), String::new());
                walk(top, &path, into);
            } else if stat.is_symlink() {
                into.insert(format!("{name}@"), String::new());
            } else {
                into.insert(name, std::fs::read_to_string(&path).expect("reads"));
            }
        }
    }
    let mut all = BTreeMap::new();
    walk(&site.at(top), &site.at(top), &mut all);
    all
}

fn names(site: &Site, top: &str) -> String {
    tree(site, top).into_keys().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn folders_are_made_below_the_root_only() {
    let site = Site::new(&[("v", "v", "rw *"), ("w", "w", "w *"), ("r", "r", "r *")]);
    let (ops, access) = (ops(&site), site.access("*"));
    let make = async |folder: &str, name: &[u8]| outcome(ops.make_folder(&access, &vpath(folder), name).await);
    assert_eq!(make("v", b"new").await, "\"/v/new\"");
    assert_eq!(make("v", b"new").await, "Exists");
    assert_eq!(make("v/a/b", b"c/d").await, "\"/v/a/b/c/d\"");
    assert_eq!(make("v/a", b"../../v/x").await, "\"/v/x\"");
    assert_eq!(make("v", b"../../../../etc/evil").await, "denied write");
    assert_eq!(make("v", b"../r/x").await, "denied write");
    assert_eq!(make("r", b"x").await, "denied write");
    assert_eq!(make("", b"x").await, "denied write");
    assert_eq!(make("v", b"").await, "Path");
    assert_eq!(make("v", b".hist").await, "Unfit");
    assert_eq!(make("v", &[b'x'; 256]).await, "Path");
    assert_eq!(make("v", b"caf\xe9\\..").await, "\"/v/caf\u{fffd}\\\\..\"");
    // Accounts that may not read learn nothing.
    std::fs::create_dir(site.at("w/there")).expect("mkdir");
    assert_eq!(make("w", b"there").await, "\"/w/there\"");
}

#[tokio::test]
async fn texts_are_made_and_saved_with_their_history() {
    let site = Site::with(&[("v", "", "rw *, rwd ed")], |settings: &mut Settings| {
        settings.volumes[0].flags.text_versions = Some(2);
    });
    let (ops, access, ed) = (ops(&site), site.access("*"), site.access("ed"));
    assert_eq!(outcome(ops.new_text(&access, &vpath("d"), b"t.md").await), "\"/d/t.md\"");
    assert_eq!(outcome(ops.new_text(&access, &vpath("d"), b"t.md").await), "Exists");
    assert_eq!(outcome(ops.new_text(&access, &vpath(""), b"x.sh").await), "Unfit");
    assert_eq!(outcome(ops.new_text(&ed, &vpath(""), b"x.sh").await), "\"/x.sh\"");

    let save = async |who: &Access, path: &str, last, text: &'static str| {
        ops.save_text(who, &vpath(path), last, Bytes::from_static(text.as_bytes())).await
    };
    let one = save(&access, "d/t.md", None, "one").await.expect("saves");
    assert_eq!((one.size, one.sha512[..3].to_vec()), (3, vec![0x05, 0xf7, 0x03]));
    let stale = save(&access, "d/t.md", Some(one.lastmod_ms - 1), "stale").await;
    assert!(matches!(stale, Err(EngineError::Changed(Changed::Since { lastmod_ms })) if lastmod_ms == one.lastmod_ms));
    let two = save(&access, "d/t.md", Some(one.lastmod_ms), "two").await.expect("saves");
    assert!(two.lastmod_ms > one.lastmod_ms);
    save(&access, "d/t.md", Some(two.lastmod_ms), "three").await.expect("saves");
    assert_eq!(std::fs::read_to_string(site.at("d/t.md".replace("d/", "v/d/").as_str())).expect("reads"), "three");
    let kept: Vec<String> = tree(&site, "v/d/.hist").into_values().collect();
    assert_eq!(kept, ["one", "two"], "the empty one was the oldest");
    assert!(site.at(&format!("v/d/.hist/t.{}.{:03}.md", one.lastmod_ms / 1000, one.lastmod_ms % 1000)).exists());

    assert_eq!(outcome(save(&access, "x.sh", None, "no").await), "Unfit");
    assert_eq!(outcome(save(&access, "nope.md", Some(1), "no").await), "NotFound");
    assert!(save(&access, "new.md", None, "made").await.is_ok());
    assert_eq!(outcome(save(&access, "d", None, "no").await), "IsAFolder");
    assert!(!names(&site, "v").contains("PARTIAL"));
}

#[tokio::test]
async fn a_save_changes_no_other_hard_link_and_no_symlink_target() {
    let site = Site::new(&[("v", "", "rw *")]);
    site.file("v/a.md", "a");
    std::fs::hard_link(site.at("v/a.md"), site.at("v/twin.md")).expect("links");
    site.link("a.md", "v/link.md");
    for name in ["a.md", "link.md"] {
        ops(&site).save_text(&site.access("*"), &vpath(name), None, Bytes::from_static(b"new")).await.expect("saves");
    }
    let all = tree(&site, "v");
    assert_eq!((all["a.md"].as_str(), all["twin.md"].as_str(), all["link.md"].as_str()), ("new", "a", "new"));
}

/// What was deleted, without the name of the entry in the trash.
struct Counts(Deleted);

impl std::fmt::Debug for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Deleted { files, folders, folders_seen, .. } = self.0;
        write!(f, "{files} files, {folders} of {folders_seen} folders")
    }
}

#[tokio::test]
async fn deleting_removes_the_tree_but_no_files_of_other_volumes() {
    let site = Site::new(&[("v", "", "rd *"), ("v/dir/inner", "elsewhere", "r *"), ("m", "dir/mount", "r *")]);
    for file in
        ["v/dir/a", "v/dir/sub/b", "v/dir/.hist/old", "v/dir/inner/keep", "v/dir/mount/shadowed", "v/f", "out/x"]
    {
        site.file(file, "x");
    }
    site.file("m/mounted", "x");
    site.link("../../out", "v/dir/link_out");
    site.link("nowhere", "v/dangling");
    let (ops, access) = (ops(&site), site.access("*"));
    let delete = async |path: &str| outcome(ops.delete(&access, &vpath(path)).await.map(Counts));
    assert_eq!(delete("f").await, "1 files, 0 of 0 folders");
    assert_eq!(delete("f").await, "NotFound");
    assert_eq!(delete("dangling").await, "1 files, 0 of 0 folders");
    assert_eq!(delete("dir/mount/mounted").await, "denied delete");
    assert_eq!(delete("elsewhere/keep").await, "denied delete");
    assert_eq!(delete(".hist").await, "NotFound");
    assert_eq!(delete("dir").await, "4 files, 2 of 5 folders");
    assert_eq!(names(&site, "v"), "dir/ dir/inner/ dir/inner/keep dir/mount/ dir/mount/shadowed");
    assert_eq!((names(&site, "out"), names(&site, "m")), ("x".into(), "mounted".into()));
}

#[tokio::test]
async fn the_top_of_a_volume_is_emptied_and_its_state_kept() {
    let site = Site::new(&[("v", "v", "rd *"), ("r", "r", "r *")]);
    for file in ["v/a", "v/d/b", "v/.hist/up2k.db"] {
        site.file(file, "x");
    }
    let access = site.access("*");
    let emptied = ops(&site).delete(&access, &vpath("v")).await.map(Counts);
    assert_eq!(outcome(emptied), "2 files, 1 of 1 folders");
    assert_eq!((names(&site, "v"), site.at("v/.hist/up2k.db").exists()), (String::new(), true));
    assert_eq!(outcome(ops(&site).delete(&access, &vpath("r")).await), "denied delete");
    assert_eq!(outcome(ops(&site).delete(&access, &vpath("")).await), "denied delete");
}

#[tokio::test]
async fn a_symlink_copied_onto_its_target_changes_nothing() {
    let site = Site::new(&[("a", "a", "rwmd *"), ("r", "r", "rw *")]);
    for file in ["a/f", "a/d/x", "r/f"] {
        site.file(file, "text");
    }
    for (text, link) in [("f", "a/l1"), ("../f", "a/d/l2"), ("d", "a/l3"), ("f", "r/l4")] {
        site.link(text, link);
    }
    let (ops, access) = (ops(&site), site.access("*"));
    let go = async |from: &str, to: &str, if_exists| {
        outcome(ops.copy_to(&access, &vpath(from), &vpath(to), if_exists).await)
    };
    for (from, to) in [("a/l1", "a/f"), ("a/d/l2", "a/f"), ("a/l3", "a/d")] {
        assert_eq!(go(from, to, IfExists::Replace).await, "()", "{from}");
        assert!(site.at(from).is_symlink() && !site.at(to).is_symlink(), "{from}");
        assert!(go(from, to, IfExists::Refuse).await.starts_with("Exists"), "{from}");
    }
    assert!(go("a/f", "a/f", IfExists::Replace).await.starts_with("Exists"), "onto itself");
    assert_eq!(go("r/l4", "r/f", IfExists::Replace).await, "denied delete");
    assert_eq!(std::fs::read_to_string(site.at("a/f")).expect("reads"), "text");
}

#[tokio::test]
async fn a_symlink_moved_onto_its_target_loses_nothing() {
    let site = Site::new(&[("a", "a", "rwmd *"), ("b", "b", "rwmd *")]);
    let fill = || {
        for (file, text) in [("a/f", "f"), ("a/g", "g"), ("a/d/x", "x"), ("b/h", "h")] {
            site.file(file, text);
        }
    };
    let absolute = |path: &str| site.at(path).display().to_string();
    let (ops, access) = (ops(&site), site.access("*"));
    let go =
        async |from: &str, to: &str| outcome(ops.move_to(&access, &vpath(from), &vpath(to), IfExists::Replace).await);
    let read = |path: &str| std::fs::read_to_string(site.at(path)).expect("reads");
    let is_link = |path: &str| site.at(path).is_symlink();
    fill();
    for (text, link, goal, inside) in [
        ("f".to_owned(), "a/l1", "a/f", ""),
        (absolute("a/f"), "a/l2", "a/f", ""),
        ("../f".to_owned(), "a/d/l3", "a/f", ""),
        ("d".to_owned(), "a/l4", "a/d", "/x"),
        ("./d/../d/.".to_owned(), "a/l5", "a/d", "/x"),
        // To another volume: not visible through the symlink, but it moves with the rights of its folder.
        (absolute("b/h"), "a/l6", "b/h", ""),
    ] {
        site.link(&text, link);
        let was = read(&format!("{goal}{inside}"));
        assert_eq!(go(link, goal).await, "()", "{link}");
        assert_eq!(read(&format!("{goal}{inside}")), was, "{link}");
        assert!(!is_link(link) && !is_link(goal) && !site.at(link).exists(), "{link}");
    }
    // Onto a folder that contains the symlink's target, which would be removed.
    site.link("d/x", "a/in");
    assert_eq!(go("a/in", "a/d").await, "IntoItself");
    assert_eq!((read("a/in"), read("a/d/x")), ("x".into(), "x".into()));
    // A symlink replaces a symlink to the same file.
    site.link("f", "a/one");
    site.link("one", "a/two");
    assert_eq!(go("a/two", "a/one").await, "()");
    assert_eq!((read("a/one"), read("a/f"), is_link("a/one")), ("f".into(), "f".into(), true));
    // And a symlink to another file replaces the target.
    site.link("g", "a/three");
    assert_eq!(go("a/three", "a/f").await, "()");
    assert_eq!((read("a/f"), read("a/g")), ("g".into(), "g".into()));
}

#[tokio::test]
async fn moving_needs_rights_at_both_ends_and_replaces_nothing_unasked() {
    let site = Site::new(&[("a", "a", "rwmd *"), ("b", "b", "rw *"), ("w", "w", "w *"), ("in", "a/full/mount", "r *")]);
    for (file, text) in [("a/f", "f"), ("a/g", "g"), ("a/d/x", "x"), ("b/h", "h"), ("a/full/y", "y")] {
        site.file(file, text);
    }
    let (ops, access) = (ops(&site), site.access("*"));
    let go = async |from: &str, to: &str, how| outcome(ops.move_to(&access, &vpath(from), &vpath(to), how).await);
    use IfExists::{Refuse, Replace};
    assert_eq!(go("a/f", "a/g", Refuse).await, "Exists");
    assert_eq!(go("a/f", "a/f", Refuse).await, "Exists");
    assert_eq!(go("b/h", "a/h", Refuse).await, "denied move");
    assert_eq!(go("a/nope", "a/x", Refuse).await, "NotFound");
    assert_eq!(go("a/d", "a/d/deeper", Refuse).await, "IntoItself");
    assert_eq!(go("a", "b/a", Refuse).await, "Unfit");
    assert_eq!(go("a/full", "a/other", Refuse).await, "Unfit");
    assert_eq!(go("a/f", "a/.hist/f", Refuse).await, "Unfit");
    assert_eq!(go("a/f", "a/full/mount", Refuse).await, "denied write");
    assert_eq!(go("a/f", "b/h", Replace).await, "denied delete");
    assert_eq!(go("a/f", "b/new/er/f2", Refuse).await, "()");
    assert_eq!(go("a/g", "w/g", Refuse).await, "()");
    assert_eq!(go("a/d", "b/d", Refuse).await, "()");
    assert_eq!(go("a/full/y", "a/y", Refuse).await, "()");
    site.file("a/z", "z");
    assert_eq!(go("a/z", "a/y", Replace).await, "()");
    assert_eq!(tree(&site, "a"), BTreeMap::from([("full/".into(), "".into()), ("y".into(), "z".into())]));
    assert_eq!(names(&site, "b"), "d/ d/x h new/ new/er/ new/er/f2");
    // Into itself by way of a symlink.
    site.link(site.at("a"), "b/back");
    std::fs::create_dir(site.at("a/e")).expect("mkdir");
    assert_eq!(go("a/e", "b/back/e/x", Refuse).await, "IntoItself");
    assert_eq!(go("a/e", "b/back/e", Refuse).await, "Exists");
}

#[tokio::test]
async fn another_case_of_the_same_name_replaces_nothing() {
    let site = Site::new(&[("a", "a", "rwmd *")]);
    for file in ["a/dir/x", "a/Dir/y", "a/new/z"] {
        site.file(file, "x");
    }
    let (ops, access) = (ops(&site), site.access("*"));
    access.rights().snapshot.tree.volumes[0].storage.simulate_case_folding();
    let to =
        async |from: &str, to: &str| outcome(ops.move_to(&access, &vpath(from), &vpath(to), IfExists::Replace).await);
    let copy =
        async |from: &str, to: &str| outcome(ops.copy_to(&access, &vpath(from), &vpath(to), IfExists::Replace).await);
    // This disk is case-sensitive after all: neither replaces the other.
    assert_eq!(to("a/dir", "a/Dir").await, "Exists");
    assert_eq!(copy("a/dir", "a/Dir").await, "Exists");
    assert_eq!(to("a/dir", "a/DIR/deeper").await, "IntoItself");
    assert_eq!(copy("a/dir", "a/DIR/deeper").await, "IntoItself");
    assert_eq!(to("a/dir/x", "a/DIR").await, "IntoItself");
    assert_eq!(to("a/new", "a/New").await, "()");
    assert_eq!(names(&site, "a"), "DIR/ Dir/ Dir/y New/ New/z dir/ dir/x");
}

#[tokio::test]
async fn moving_between_disks_copies_and_then_deletes() {
    let Ok(other) = tempfile::tempdir_in("/dev/shm") else { return };
    let site = Site::with(&[("a", "a", "rwmd *"), ("b", "b", "rw *")], |settings| {
        settings.volumes[1].source = other.path().to_owned();
    });
    for (file, text) in [("a/f", "f"), ("a/d/x", "x"), ("a/d/.dot/y", "y"), ("a/d/.up2k-x.PARTIAL", "half")] {
        site.file(file, text);
    }
    let before = site.at("a/d/x").metadata().and_then(|meta| meta.modified()).expect("stat");
    let (ops, access) = (ops(&site), site.access("*"));
    for (from, to) in [("a/f", "b/f"), ("a/d", "b/e/d")] {
        ops.move_to(&access, &vpath(from), &vpath(to), IfExists::Refuse).await.expect("moves");
    }
    assert_eq!(names(&site, "a"), "");
    assert_eq!(std::fs::read_to_string(other.path().join("e/d/.dot/y")).expect("reads"), "y");
    assert!(!other.path().join("e/d/.up2k-x.PARTIAL").exists());
    let after = other.path().join("e/d/x").metadata().and_then(|meta| meta.modified()).expect("stat");
    assert_eq!(after.duration_since(before).map_or(0, |d| d.as_millis()), 0);
}

#[tokio::test]
async fn copying_includes_what_the_account_may_read() {
    let site = Site::new(&[
        ("a", "a", "rw *, r. dots"),
        ("b", "b", "w *"),
        ("open", "a/d/open", "r *"),
        ("closed", "a/d/closed", "r u"),
    ]);
    for (file, text) in
        [("a/f", "f"), ("a/d/x", "x"), ("a/d/.dot", "dot"), ("open/o", "o"), ("closed/c", "c"), ("out", "")]
    {
        site.file(file, text);
    }
    site.link("x", "a/d/alias");
    site.link("../..", "a/d/out");
    site.link(".", "a/d/circle");
    site.link("../d", "a/d/circle2");
    // To a parent of the copied folder.
    site.link("..", "a/d/up");
    let (ops, access) = (ops(&site), site.access("*"));
    let go = async |from: &str, to: &str, how| outcome(ops.copy_to(&access, &vpath(from), &vpath(to), how).await);
    use IfExists::{Refuse, Replace};
    assert_eq!(go("a/f", "a/g", Refuse).await, "()");
    assert_eq!(go("a/f", "a/g", Refuse).await, "Exists");
    assert_eq!(go("a/f", "a/f", Refuse).await, "Exists");
    assert_eq!(go("a/f", "a/g", Replace).await, "denied delete");
    assert_eq!(go("b/x", "a/x", Refuse).await, "denied read");
    assert_eq!(go("a/d", "a/d/e", Refuse).await, "IntoItself");
    assert_eq!(go("a/nope", "b/x", Refuse).await, "NotFound");
    assert_eq!(go("a/d", "b/copy", Refuse).await, "()");
    let copied = tree(&site, "b/copy");
    assert_eq!((copied["alias"].as_str(), copied["open/o"].as_str(), copied["x"].as_str()), ("x", "o", "x"));
    assert!(copied.keys().all(|name| !name.contains("closed") && !name.contains("out") && !name.contains("dot")));
    assert!(copied.keys().all(|name| !name.contains("up") && !name.ends_with("/x")), "{copied:?}");
    assert!(!names(&site, "b").contains("PARTIAL"));
}

#[tokio::test]
async fn a_full_disk_leaves_no_half_copy() {
    use store::disk::{Faults, Folder};
    let site = Site::new(&[("v", "", "rwmd *")]);
    site.file("v/big", "x".repeat(5000));
    site.file("v/d/a", "x".repeat(2000));
    site.file("v/d/b", "x".repeat(2000));
    let faults = Arc::new(Faults::default());
    let folder = Folder::open_root(&site.at("v")).expect("opens").with_faults(faults.clone());
    site.core.snapshot.load().tree.volumes[0].storage.set_root(folder);
    let (ops, access) = (ops(&site), site.access("*"));
    for (room, from) in [(3000, "big"), (3000, "d")] {
        faults.no_space_after(room);
        assert_eq!(outcome(ops.copy_to(&access, &vpath(from), &vpath("copy"), IfExists::Refuse).await), "Disk");
        faults.clear();
        assert_eq!(names(&site, "v"), "big d/ d/a d/b");
    }
    site.file("v/t.md", "old");
    faults.no_space_after(1);
    let saved = ops.save_text(&access, &vpath("t.md"), None, Bytes::from_static(b"new text")).await;
    assert_eq!(outcome(saved), "Disk");
    faults.clear();
    assert_eq!(tree(&site, "v")["t.md"], "old");
    assert!(!names(&site, "v").contains("PARTIAL"));
}

#[tokio::test]
async fn operations_can_be_switched_off() {
    let site = Site::with(&[("v", "", "rwmd *")], |settings| {
        let behaviour = &mut settings.behaviour;
        (behaviour.no_delete, behaviour.no_move, behaviour.no_copy) = (true, true, true);
    });
    let (ops, access, f, g) = (ops(&site), site.access("*"), vpath("f"), vpath("g"));
    assert_eq!(outcome(ops.delete(&access, &f).await), "SwitchedOff");
    assert_eq!(outcome(ops.move_to(&access, &f, &g, IfExists::Refuse).await), "SwitchedOff");
    assert_eq!(outcome(ops.copy_to(&access, &f, &g, IfExists::Refuse).await), "SwitchedOff");
}

#[tokio::test]
async fn messages_reach_event_subscribers() {
    let site = Site::new(&[("v", "v", "w *"), ("g", "g", "g *")]);
    let mut events = site.core.events.subscribe();
    ops(&site).leave_message(&site.access("*"), &vpath("v"), "hello").expect("may");
    assert!(matches!(events.try_recv(), Ok(Event::Message { text, .. }) if text == "hello"));
    assert_eq!(outcome(ops(&site).leave_message(&site.access("*"), &vpath("g"), "x")), "denied read");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_equals_its_source_when_it_gets_its_name() {
    let site = Site::new(&[("v", "v", "rwmd *")]);
    let (ops, access) = (FileOps::new(site.core.clone()), site.access("*"));
    let (one, two) = (vec![1u8; 300_000], vec![2u8; 300_000]);
    for _ in 0..60 {
        site.file("v/one", &one);
        site.file("v/two", &two);
        let (moving, copying) = ((ops.clone(), access.clone()), (ops.clone(), access.clone()));
        let moved = tokio::spawn(async move {
            moving.0.move_to(&moving.1, &vpath("v/one"), &vpath("v/two"), IfExists::Replace).await
        });
        let copied = tokio::spawn(async move {
            copying.0.copy_to(&copying.1, &vpath("v/two"), &vpath("v/one"), IfExists::Replace).await
        });
        moved.await.expect("runs").expect("moves");
        copied.await.expect("runs").expect("copies");
        let (first, second) = (std::fs::read(site.at("v/one")), std::fs::read(site.at("v/two")).expect("is there"));
        // Moved, then copied; or copied, then moved; never a mixture.
        let explained = match first {
            Ok(first) => first == one && second == one,
            Err(_) => second == two,
        };
        assert!(explained, "the names were exchanged");
    }
}

#[tokio::test]
async fn times_are_set_by_accounts_that_may_replace_the_file() {
    let site = Site::new(&[("v", "v", "rw *, rwd ed"), ("w", "v/in", "rwd ed")]);
    for file in ["v/f", "v/dir/g", "outside"] {
        site.file(file, "text");
    }
    site.link("../outside", "v/link");
    let mut notices = site.access("*").snapshot().tree.volumes[0].storage.state.changes.subscribe(8);
    let at = UnixMillis(1_234_567_890_123);
    let set = async |who: &str, path: &str| outcome(ops(&site).set_mtime(&site.access(who), &vpath(path), at).await);
    for (who, path, want) in [
        ("*", "v/f", "denied delete"),
        ("ed", "v/f", "()"),
        ("ed", "v/dir", "()"),
        ("ed", "v/nope", "NotFound"),
        ("ed", "v/link", "Unfit"),
        ("ed", "v", "Unfit"),
        ("ed", "v/in", "Unfit"),
    ] {
        assert_eq!(set(who, path).await, want, "{who} {path}");
    }
    for path in ["v/f", "v/dir"] {
        let told = site.at(path).metadata().and_then(|meta| meta.modified()).expect("has a time");
        assert_eq!(told, std::time::UNIX_EPOCH + std::time::Duration::from_millis(1_234_567_890_123), "{path}");
    }
    let replaced = crate::changes::Change::Replaced { path: vpath("f"), kind: store::disk::Kind::File };
    assert_eq!(notices.try_next(), Some(crate::changes::Notice::Change(replaced)));
    assert_eq!(notices.try_next(), None);
}

/// A folder with a name that is taken looks, for accounts that may not learn that, as if the name had been free.
#[cfg(unix)]
#[tokio::test]
async fn a_taken_name_does_not_show_when_a_folder_gets_it() {
    use crate::volumes::resolve::{Resolved, find_folder};
    let names = ["absent", "file", "empty", "link", "dangling"];
    for way in ["make", "copy", "move", "copy twice"] {
        let site = Site::new(&[("box", "box", "w *"), ("src", "src", "rm *")]);
        std::fs::write(site.at("box").join("file"), "secret").expect("writes");
        std::fs::write(site.at("box").join("empty"), "").expect("writes");
        std::os::unix::fs::symlink("file", site.at("box").join("link")).expect("links");
        std::os::unix::fs::symlink("nowhere", site.at("box").join("dangling")).expect("links");
        let (ops, access) = (ops(&site), site.access("*"));
        for name in names {
            std::fs::create_dir_all(site.at("src").join(name)).expect("makes");
            std::fs::write(site.at("src").join(name).join("x"), "mine").expect("writes");
            let (from, to) = (vpath("src").join(&file_name(name)), vpath("box").join(&file_name(name)));
            let done = match way {
                "make" => outcome(ops.make_folder(&access, &vpath("box"), name.as_bytes()).await.map(drop)),
                "move" => outcome(ops.move_to(&access, &from, &to, IfExists::Refuse).await),
                "copy" => outcome(ops.copy_to(&access, &from, &to, IfExists::Refuse).await),
                _ => {
                    ops.copy_to(&access, &from, &to, IfExists::Refuse).await.expect("copies");
                    outcome(ops.copy_to(&access, &from, &to, IfExists::Refuse).await)
                }
            };
            assert_eq!(done, "()", "{way} {name}");
            let Resolved::OnDisk(found) = find_folder(&access, &to).expect("is no error") else {
                panic!("{way} {name}: no folder is found");
            };
            assert!(found.into_folder().is_some(), "{way} {name}");
        }
        let kept = tree(&site, "box");
        assert_eq!(
            (kept["file"].as_str(), kept["empty"].as_str(), kept["link@"].as_str()),
            ("secret", "", ""),
            "{way}"
        );
    }
}

#[cfg(unix)]
fn file_name(text: &str) -> model::FileName {
    model::FileName::new(text.as_bytes()).expect("is a name")
}

/// Several changes of one request: each is done or refused by itself, and one identifier undoes all of them.
#[tokio::test]
async fn changes_of_one_request_are_undone_together() {
    let site = Site::new(&[("v", "v", "rwmd *"), ("r", "r", "r *")]);
    for (at, text) in [("v/a", "1"), ("v/b", "2"), ("v/c/d", "3"), ("v/t/a", "old"), ("r/x", "4")] {
        site.file(at, text);
    }
    let before = tree(&site, "v");
    let (ops, access) = (ops(&site), site.access("*"));
    let changes = ops.begin_changes(&access);
    changes.copy_to(&vpath("v/c"), &vpath("v/t/c"), IfExists::Refuse).await.expect("copies");
    changes.copy_to(&vpath("v/a"), &vpath("v/t/a"), IfExists::Replace).await.expect("copies");
    changes.move_to(&vpath("v/b"), &vpath("v/t/b"), IfExists::Refuse).await.expect("moves");
    changes.delete(&vpath("v/c")).await.expect("deletes");
    assert_eq!(outcome(changes.delete(&vpath("r/x")).await), "denied delete");
    assert_eq!(outcome(changes.move_to(&vpath("v/a"), &vpath("v/t/b"), IfExists::Refuse).await), "Exists");
    assert_eq!(names(&site, "v"), "a t/ t/a t/b t/c/ t/c/d");
    let trash = crate::files::trash::Trash::new(site.core.clone());
    assert_eq!(outcome(trash.undo(&site.access("ed"), changes.undo).await), "Trashed", "it is another's");
    let undone = trash.undo(&access, changes.undo).await.expect("undoes");
    assert_eq!(undone.left, 0);
    assert_eq!(tree(&site, "v"), before);
    assert_eq!(outcome(trash.undo(&access, changes.undo).await), "Trashed", "once");
}

/// A client that stops a request and undoes it at once does not wait until the server has noticed that the connection is closed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn undoing_ends_a_request_that_is_still_making_changes() {
    let site = Site::new(&[("v", "v", "rwmd *")]);
    (0..300).for_each(|at| site.file(&format!("v/{at}"), "text"));
    let before = tree(&site, "v");
    let (ops, access) = (ops(&site), site.access("*"));
    let changes = ops.begin_changes(&access);
    let undo = changes.undo;
    let work = tokio::spawn(async move {
        let mut done = 0;
        for at in 0..300 {
            done += u32::from(changes.delete(&vpath("v").join(&plain(&at.to_string()))).await.is_ok());
        }
        done
    });
    let trash = crate::files::trash::Trash::new(site.core.clone());
    while !site.core.undo_log.holds(undo) {
        tokio::task::yield_now().await;
    }
    let undone = trash.undo(&access, undo).await.expect("undoes");
    let done = work.await.expect("ends");
    assert!(done < 300 && undone.paths.len() == done as usize, "{done} of 300, {} undone", undone.paths.len());
    assert_eq!(tree(&site, "v"), before);
}

/// A copy that was changed since is another person's work by now.
#[tokio::test]
async fn a_changed_copy_is_not_undone() {
    let site = Site::new(&[("v", "v", "rwmd *")]);
    site.file("v/a", "1");
    site.file("v/b", "2");
    let (ops, access) = (ops(&site), site.access("*"));
    let changes = ops.begin_changes(&access);
    for name in ["a", "b"] {
        changes
            .copy_to(&vpath("v").join(&plain(name)), &vpath("v/t").join(&plain(name)), IfExists::Refuse)
            .await
            .expect("copies");
    }
    site.file("v/t/b", "edited");
    let trash = crate::files::trash::Trash::new(site.core.clone());
    let undone = trash.undo(&access, changes.undo).await.expect("undoes in part");
    assert_eq!((undone.left, names(&site, "v").as_str()), (1, "a b t/ t/b"));
}

fn plain(text: &str) -> model::FileName {
    model::FileName::new(text.as_bytes()).expect("is a name")
}

#[tokio::test]
async fn both_are_kept_under_numbered_names() {
    let site = Site::new(&[("v", "v", "rwmd *"), ("n", "v/t/a (2)", "r *")]);
    for (at, text) in [("v/a.txt", "new"), ("v/t/a.txt", "old"), ("v/a/f", "1"), ("v/t/a/g", "2")] {
        site.file(at, text);
    }
    let (ops, access) = (ops(&site), site.access("*"));
    let changes = ops.begin_changes(&access);
    let copy =
        async |from: &str, to: &str| outcome(changes.copy_to(&vpath(from), &vpath(to), IfExists::KeepBoth).await);
    assert_eq!(copy("v/a.txt", "v/t/a.txt").await, "\"/v/t/a (2).txt\"");
    assert_eq!(copy("v/a.txt", "v/t/a.txt").await, "\"/v/t/a (3).txt\"");
    assert_eq!(copy("v/a.txt", "v/a.txt").await, "\"/v/a (2).txt\"");
    assert_eq!(copy("v/a.txt", "v/t/free.txt").await, "\"/v/t/free.txt\"");
    assert_eq!(copy("v/a", "v/t/a").await, "\"/v/t/a (3)\"", "a volume is mounted at the second name");
    assert_eq!(copy("v/t", "v/t/a").await, "IntoItself");
    let moved = changes.move_to(&vpath("v/a.txt"), &vpath("v/t/a.txt"), IfExists::KeepBoth).await;
    assert_eq!(outcome(moved), "\"/v/t/a (4).txt\"");
    assert_eq!(tree(&site, "v")["t/a.txt"], "old");
}

/// Nothing is left of a copy whose watcher has gone.
#[tokio::test]
async fn an_ended_copy_leaves_nothing() {
    let site = Site::new(&[("v", "v", "rwmd *"), ("w", "w", "rwmd *")]);
    site.file("v/d/a", "1");
    let (ops, access) = (ops(&site), site.access("*"));
    let changes = ops.begin_changes(&access);
    changes.copy_to(&vpath("v/d/a"), &vpath("w/a"), IfExists::Refuse).await.expect("copies");
    assert_eq!(changes.watch.copied(), 1);
    changes.watch.cancel();
    let copied = changes.copy_to(&vpath("v/d"), &vpath("w/d"), IfExists::Refuse).await;
    assert_eq!((outcome(copied).as_str(), names(&site, "w").as_str()), ("Client", "a"));
}

#[tokio::test]
async fn changes_end_when_the_settings_change() {
    let site = Site::new(&[("v", "v", "rwmd *")]);
    site.file("v/a", "1");
    let (ops, access) = (ops(&site), site.access("*"));
    let changes = ops.begin_changes(&access);
    site.change(|settings| settings.volumes[0].grants.clear());
    assert_eq!(outcome(changes.delete(&vpath("v/a")).await), "Busy");
    assert_eq!(names(&site, "v"), "a");
}
