//! A volume's rules for uploads apply to every new file; and replies do not reveal taken names.

use super::sinks::{put, request};
use super::*;
use vfs::clock::now;
use vfs::files::ops::{FileOps, IfExists};

fn ops(site: &Site) -> FileOps {
    FileOps::new(site.core.clone())
}

fn limited(change: impl FnOnce(&mut model::VolumeFlags)) -> Site {
    Site::with(&[("v", "v", "rwmd *"), ("lim", "lim", "rwmd *")], |settings| {
        let lim = settings.volumes.iter_mut().find(|volume| volume.mount == vpath("lim")).expect("is there");
        change(&mut lim.flags);
    })
}

#[tokio::test]
async fn a_size_rule_holds_for_copies_moves_and_texts() {
    let site = limited(|flags| flags.limits.max_size = Some(model::Bytes(10)));
    site.file("v/big.txt", [7; 11]);
    site.file("v/tree/small", "x");
    site.file("v/tree/big", [7; 11]);
    let (ops, access) = (ops(&site), site.access("*"));
    for from in ["v/big.txt", "v/tree"] {
        for to in ["lim/x", "lim/deep/x"] {
            let copied = ops.copy_to(&access, &vpath(from), &vpath(to), IfExists::Refuse).await;
            assert_eq!(kind(copied), "Size", "{from} {to}");
            let moved = ops.move_to(&access, &vpath(from), &vpath(to), IfExists::Refuse).await;
            assert_eq!(kind(moved), "Size", "{from} {to}");
            assert!(site.at(from).exists() && !site.at(to).exists());
        }
    }
    assert_eq!(kind(ops.save_text(&access, &vpath("lim/t.txt"), None, vec![7; 11].into()).await), "Size");
    ops.save_text(&access, &vpath("lim/t.txt"), None, vec![7; 10].into()).await.expect("fits");
    assert_eq!(kind(ops.save_text(&access, &vpath("lim/t.txt"), None, vec![7; 11].into()).await), "Size");
    assert_eq!(std::fs::read(site.at("lim/t.txt")).expect("reads"), [7; 10]);
    assert_eq!(all_in(&site.at("lim")).iter().filter(|name| name.ends_with(".PARTIAL")).count(), 0);
}

#[tokio::test]
async fn the_number_and_bytes_of_a_volume_count_all_files() {
    let site = limited(|flags| flags.limits.max_files = Some(2));
    for name in ["a.txt", "b.txt", "c.txt"] {
        site.file(&format!("v/{name}"), name);
    }
    let (ops, access) = (ops(&site), site.access("*"));
    ops.copy_to(&access, &vpath("v/a.txt"), &vpath("lim/a.txt"), IfExists::Refuse).await.expect("first");
    ops.move_to(&access, &vpath("v/b.txt"), &vpath("lim/b.txt"), IfExists::Refuse).await.expect("second");
    let third = vpath("lim/c.txt");
    assert_eq!(kind(ops.copy_to(&access, &vpath("v/c.txt"), &third, IfExists::Refuse).await), "VolumeFiles");
    assert_eq!(kind(ops.move_to(&access, &vpath("v/c.txt"), &third, IfExists::Refuse).await), "VolumeFiles");
    assert_eq!(kind(ops.new_text(&access, &vpath("lim"), b"c.txt").await), "VolumeFiles");
    assert_eq!(kind(ops.save_text(&access, &third, None, Bytes::new()).await), "VolumeFiles");
    assert_eq!(kind(put(&Person::new(&site, "*"), request("lim", "c.txt"), b"c").await), "VolumeFiles");
    // Does not add a file.
    ops.save_text(&access, &vpath("lim/a.txt"), None, "new".into()).await.expect("saves");

    let site = limited(|flags| flags.limits.max_bytes = Some(model::Bytes(10)));
    site.file("v/tree/a", [7; 6]);
    site.file("v/tree/b", [7; 6]);
    let (ops, access) = (super::conditions::ops(&site), site.access("*"));
    assert_eq!(kind(ops.copy_to(&access, &vpath("v/tree"), &vpath("lim/t"), IfExists::Refuse).await), "VolumeBytes");
    assert_eq!(kind(ops.move_to(&access, &vpath("v/tree"), &vpath("lim/t"), IfExists::Refuse).await), "VolumeBytes");
    assert!(site.at("v/tree/b").exists() && !site.at("lim/t").exists());
    ops.copy_to(&access, &vpath("v/tree/a"), &vpath("lim/a"), IfExists::Refuse).await.expect("fits");
    assert_eq!(kind(ops.copy_to(&access, &vpath("v/tree/b"), &vpath("lim/b"), IfExists::Refuse).await), "VolumeBytes");
}

#[tokio::test]
async fn every_file_of_a_volume_with_a_lifetime_expires() {
    let site = limited(|flags| flags.lifetime_secs = Some(60));
    site.file("v/a.txt", "a");
    site.file("v/b.txt", "b");
    site.file("v/tree/deep/c", "c");
    let (ops, access) = (ops(&site), site.access("*"));
    ops.copy_to(&access, &vpath("v/a.txt"), &vpath("lim/a.txt"), IfExists::Refuse).await.expect("copies");
    ops.move_to(&access, &vpath("v/b.txt"), &vpath("lim/b.txt"), IfExists::Refuse).await.expect("moves");
    ops.copy_to(&access, &vpath("v/tree"), &vpath("lim/copied"), IfExists::Refuse).await.expect("copies");
    ops.move_to(&access, &vpath("v/tree"), &vpath("lim/moved"), IfExists::Refuse).await.expect("moves");
    ops.save_text(&access, &vpath("lim/t.txt"), None, "t".into()).await.expect("saves");
    ops.new_text(&access, &vpath("lim"), b"n.txt").await.expect("makes");
    let storage = site
        .core
        .snapshot
        .load()
        .tree
        .volumes
        .iter()
        .find(|v| v.config.mount == vpath("lim"))
        .expect("lim")
        .storage
        .clone();
    let after = |secs: i64| UnixMillis(now().0 + secs * 1000);
    let idle = std::time::Duration::from_secs(3600);
    let files = ["a.txt", "b.txt", "copied/deep/c", "moved/deep/c", "t.txt", "n.txt"];
    sweep_all(&storage, after(30), idle);
    assert!(files.iter().all(|file| site.at("lim").join(file).exists()));
    sweep_all(&storage, after(61), idle);
    let left: Vec<_> = files.iter().filter(|file| site.at("lim").join(file).exists()).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn special_names_need_the_right_to_read() {
    let site = Site::new(&[("v", "v", "rwmd. *"), ("box", "box", "w *")]);
    for name in [".prologue.html", "README.md", "tree/.epilogue.html", "tree/plain"] {
        site.file(&format!("v/{name}"), "shown");
        site.file(&format!("v/again/{name}"), "shown");
    }
    let (ops, access) = (ops(&site), site.access("*"));
    for name in [".prologue.html", "README.md"] {
        let (from, to) = (vpath("v").append(&vpath(name)), vpath("box").append(&vpath(name)));
        ops.copy_to(&access, &from, &to, IfExists::Refuse).await.expect("copies");
        ops.move_to(&access, &from, &vpath("box/sub").append(&vpath(name)), IfExists::Refuse).await.expect("moves");
        assert!(!site.at("box").join(name).exists() && site.at("box").join(format!("_wo_{name}")).exists(), "{name}");
        assert!(site.at("box/sub").join(format!("_wo_{name}")).exists(), "{name}");
    }
    ops.copy_to(&access, &vpath("v/tree"), &vpath("box/copied"), IfExists::Refuse).await.expect("copies");
    ops.move_to(&access, &vpath("v/tree"), &vpath("box/moved"), IfExists::Refuse).await.expect("moves");
    for folder in ["box/copied", "box/moved"] {
        assert_eq!(names_in(&site.at(folder)), ["_wo_.epilogue.html", "plain"], "{folder}");
    }
    ops.new_text(&access, &vpath("box"), b"preadme.md").await.expect("makes");
    assert!(site.at("box/_wo_preadme.md").exists() && !site.at("box/preadme.md").exists());
}

/// Returns an answer as text.
fn outcome<T: std::fmt::Debug>(answer: Result<T>) -> String {
    answer.map_or_else(|_| "refused".to_owned(), |value| format!("{value:?}"))
}

/// The same names in two folders: one has files, the other is empty.
#[tokio::test]
async fn write_only_accounts_cannot_tell_which_names_are_taken() {
    let site = Site::new(&[("full", "box", "w *, rw own"), ("v", "v", "rm *")]);
    let empty = Site::new(&[("full", "box", "w *, rw own"), ("v", "v", "rm *")]);
    site.file("full/name", "secret");
    site.file("full/name.md", "secret");
    std::fs::create_dir(site.at("full/folder")).expect("mkdir");
    for site in [&site, &empty] {
        for number in 0..12 {
            site.file(&format!("v/{number}"), "sent");
        }
    }
    let answers = async |site: &Site| {
        let (ann, ops) = (Person::new(site, "*"), ops(site));
        let mut all = Vec::new();
        for (number, name) in
            ["name", "name.md", "folder", "name/inner", "name/inner/deep", "absent"].iter().enumerate()
        {
            let (folder, file) =
                name.rsplit_once('/').map_or(("box".to_owned(), *name), |(f, n)| (format!("box/{f}"), n));
            let stored = put(&ann, request(&folder, file), b"x").await;
            all.push(format!("put {name}: {}", outcome(stored.map(|stored| (stored.path, stored.name, stored.size)))));
            let sent = Sent::noise(number as u64 + 90, 500);
            let reply = ann.upload_as(&folder, &sent, sent.ask(file)).await;
            all.push(format!("up2k {name}: {}", outcome(reply.map(|reply| (reply.folder, reply.name, reply.missing)))));
            let to = vpath("box").append(&vpath(name));
            let from = |at: usize| vpath(&format!("v/{at}"));
            let copied = ops.copy_to(&ann.access, &from(number), &to, IfExists::Refuse).await;
            all.push(format!("copy {name}: {}", outcome(copied)));
            let moved = ops.move_to(&ann.access, &from(number), &to, IfExists::Replace).await;
            all.push(format!("move {name}: {}", outcome(moved)));
            all.push(format!(
                "mkdir {name}: {}",
                outcome(ops.make_folder(&ann.access, &vpath("box"), name.as_bytes()).await)
            ));
            let text = ops.new_text(&ann.access, &vpath("box"), name.as_bytes()).await;
            all.push(format!("text {name}: {}", outcome(text)));
            let saved = ops.save_text(&ann.access, &to, None, "x".into()).await;
            all.push(format!("save {name}: {}", outcome(saved.map(|saved| saved.size))));
            let append = SinkRequest { append: true, ..request(&folder, file) };
            all.push(format!("append {name}: {}", outcome(put(&ann, append, b"x").await.map(|stored| stored.size))));
        }
        all
    };
    let (taken, free) = (answers(&site).await, answers(&empty).await);
    for (taken, free) in taken.iter().zip(&free) {
        // A body sent to a folder without a slash gets a generated name.
        assert_eq!(taken, free);
    }
    assert!(taken.iter().filter(|answer| !answer.ends_with("refused")).count() > 30, "{taken:#?}");
    assert_eq!(std::fs::read(site.at("full/name")).expect("reads"), b"secret");
}

/// An account that may write and delete, but not read.
#[tokio::test]
async fn appending_reveals_nothing_about_the_existing_file() {
    let site = Site::new(&[("box", "box", "wd *")]);
    site.file("box/file", "secret");
    std::fs::create_dir(site.at("box/folder")).expect("mkdir");
    let ann = Person::new(&site, "*");
    for name in ["file", "folder", "absent"] {
        let append = SinkRequest { append: true, ..request("box", name) };
        let stored = put(&ann, append, b"x").await.expect("is stored");
        assert_eq!((stored.size, stored.path), (1, vpath("box").append(&vpath(name))), "{name}");
    }
    assert_eq!(std::fs::read(site.at("box/file")).expect("reads"), b"secretx");
}

#[tokio::test]
async fn a_reserved_name_does_not_stop_accounts_that_may_replace_files() {
    let site = Site::new(&[("v", "v", "rw *, rwd own")]);
    let (ann, own) = (Person::new(&site, "*"), Person::new(&site, "own"));
    let sent = Sent::noise(80, 900);
    let reserved = ann.ask("v", sent.ask("name")).await.expect("is reserved");
    let replace = SinkRequest { on_conflict: OnConflict::Replace, ..request("v", "name") };
    assert_eq!(put(&own, replace, b"own").await.expect("stores").name.display(), "name");
    // A client that may not replace files gets another name.
    assert_ne!(put(&ann, request("v", "name"), b"other").await.expect("stores").name.display(), "name");
    ann.send_chunk("v", &reserved.wark, &sent, &sent.hashes[0]).await.expect("arrives");
    assert_eq!(std::fs::read(site.at("v/name")).expect("reads"), b"own");
    let all: Vec<_> =
        names_in(&site.at("v")).iter().map(|name| std::fs::read(site.at("v").join(name)).expect("reads")).collect();
    assert!(all.contains(&sent.content.to_vec()), "under another name");
    // By up2k.
    let other = Sent::noise(81, 900);
    ann.ask("v", Sent::noise(82, 900).ask("second")).await.expect("is reserved");
    let replacing = Handshake { on_conflict: OnConflict::Replace, ..other.ask("second") };
    assert_eq!(own.upload_as("v", &other, replacing).await.expect("stores").name, b"second");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn limits_of_a_volume_hold_for_concurrent_uploads() {
    // Bodies that stay in memory until they end, and bodies that go to disk from the start.
    for (piece, in_files) in [(100_000, true), (100_000, false), (3 << 20, true), (3 << 20, false)] {
        let (most_files, fits) = (in_files.then_some(3), 3);
        let most_bytes = (!in_files).then_some(model::Bytes(piece as u64 * 7 / 2));
        let site = limited(|flags| (flags.limits.max_files, flags.limits.max_bytes) = (most_files, most_bytes));
        site.file("v/a", vec![7; piece]);
        let kept = || names_in(&site.at("lim")).len();
        let person = Person::new(&site, "*");

        // Bodies of known and unknown size, all of which are open before the first one ends.
        let mut sinks = Vec::new();
        for at in 0..12 {
            let size = (at % 2 == 0).then_some(piece as u64);
            let asked = SinkRequest { size, ..request("lim", &format!("put{at}")) };
            if let Ok(mut sink) = person.uploads.sink(&person.access, asked).await {
                let pushed = sink.push(vec![at as u8; 10].into()).await;
                sinks.extend(pushed.is_ok().then_some(sink));
            }
        }
        let ends = sinks.into_iter().map(|mut sink| async move {
            sink.push(vec![1; piece - 10].into()).await?;
            sink.finish().await
        });
        let arrived = futures_util::future::join_all(ends).await.into_iter().filter(Result::is_ok).count();
        assert_eq!(arrived, kept(), "{most_files:?} {most_bytes:?}");
        assert!((1..=fits).contains(&arrived), "{arrived} of {fits}, {most_files:?} {most_bytes:?}");

        // The remaining space is available to copies and texts, and no more.
        let (ops, access) = (ops(&site), site.access("*"));
        let copies = (0..12).map(|at| {
            let (ops, access, goal) = (ops.clone(), access.clone(), vpath(&format!("lim/copy{at}")));
            tokio::spawn(async move { ops.copy_to(&access, &vpath("v/a"), &goal, IfExists::Refuse).await })
        });
        futures_util::future::join_all(copies.collect::<Vec<_>>()).await;
        assert!(kept() <= fits, "{} of {fits}", kept());
        // All reservations of bodies that did not arrive were released.
        while kept() < fits {
            let name = format!("more{}", kept());
            put(&person, request("lim", &name), &vec![2; piece]).await.expect("there is space");
        }
        assert!(put(&person, request("lim", "last"), &vec![2; piece]).await.is_err());
    }
}

#[tokio::test]
async fn a_volume_with_top_only_refuses_copies_into_subfolders() {
    let site = limited(|flags| flags.limits.top_only = true);
    site.file("v/a.txt", "a");
    site.file("v/tree/b.txt", "b");
    site.file("lim/sub/there.txt", "old");
    let (ops, access) = (ops(&site), site.access("*"));
    let copy = async |from: &str, to: &str| ops.copy_to(&access, &vpath(from), &vpath(to), IfExists::Refuse).await;
    let carry = async |from: &str, to: &str| ops.move_to(&access, &vpath(from), &vpath(to), IfExists::Refuse).await;
    for (from, to) in [("v/a.txt", "lim/sub/a.txt"), ("v/tree", "lim/tree")] {
        assert_eq!(kind(copy(from, to).await), "TopFolderOnly", "{from}");
        assert_eq!(kind(carry(from, to).await), "TopFolderOnly", "{from}");
        assert!(site.at(from).exists() && !site.at(to).exists());
    }
    assert_eq!(kind(ops.new_text(&access, &vpath("lim/sub"), b"c.txt").await), "TopFolderOnly");
    ops.save_text(&access, &vpath("lim/sub/there.txt"), None, "new".into()).await.expect("no further file");
    copy("v/a.txt", "lim/a.txt").await.expect("at the top");
}

#[tokio::test]
async fn copies_that_were_refused_do_not_count_towards_the_rate() {
    let site = limited(|flags| flags.limits.files_per_time = Some((2, 60)));
    for name in ["a", "b", "c"] {
        site.file(&format!("v/tree/{name}"), name);
    }
    let (ops, access) = (ops(&site), site.access("*"));
    let copied = ops.copy_to(&access, &vpath("v/tree"), &vpath("lim/tree"), IfExists::Refuse).await;
    assert_eq!(kind(copied), "Files");
    let person = Person::new(&site, "*");
    for name in ["one", "two"] {
        put(&person, request("lim", name), b"x").await.expect("within the rate");
    }
    assert_eq!(kind(put(&person, request("lim", "three"), b"x").await), "Files");
}

#[tokio::test]
async fn files_removed_outside_of_the_server_take_no_space() {
    let site = limited(|flags| flags.limits.max_files = Some(2));
    let person = Person::new(&site, "*");
    for name in ["a", "b"] {
        put(&person, request("lim", name), b"x").await.expect("fits");
        std::fs::remove_file(site.at("lim").join(name)).expect("removes");
    }
    put(&person, request("lim", "c"), b"x").await.expect("nothing is there");
    put(&person, request("lim", "d"), b"x").await.expect("there is one");
    assert_eq!(kind(put(&person, request("lim", "e"), b"x").await), "VolumeFiles");
}

#[tokio::test]
async fn a_body_is_not_stored_if_the_right_is_revoked_meanwhile() {
    type Change = fn(&mut model::Settings);
    let changes: [Change; 3] = [
        |settings| settings.volumes[0].grants.clear(),
        |settings| settings.volumes.clear(),
        |settings| settings.volumes[0].flags.off = true,
    ];
    let sent = Sent::noise(1, 3 << 20);
    let body = || futures_util::stream::iter([Ok::<_, std::io::Error>(sent.chunk(&sent.hashes[0]))]);
    for (at, change) in changes.into_iter().enumerate() {
        let site = Site::new(&[("v", "v", "rwd *")]);
        site.file("v/log", "old");
        let person = Person::new(&site, "*");
        let reply = person.ask("v", sent.ask("up2k")).await.expect("is new");
        let chunk = ChunkSelection::One(sent.hashes[0], None);
        let length = sent.chunk(&sent.hashes[0]).len() as u64;
        let lease = person.uploads.claim(&person.access, &vpath("v"), &reply.wark, chunk, length).await.expect("may");
        let mut sinks = Vec::new();
        for (name, append) in [("put", false), ("log", true)] {
            let asked = SinkRequest { append, size: Some(300_000), ..request("v", name) };
            let mut sink = person.uploads.sink(&person.access, asked).await.expect("may");
            sink.push(vec![1; 200_000].into()).await.expect("takes");
            sinks.push(sink);
        }
        let small = person.uploads.sink(&person.access, request("v", "small")).await.expect("may");
        site.change(change);
        for mut sink in sinks {
            let ended = async {
                sink.push(vec![2; 100_000].into()).await?;
                sink.finish().await
            };
            assert_eq!(kind(ended.await), "Right", "{at}");
        }
        assert_eq!(kind(small.finish().await), "Right", "{at}");
        assert_eq!(kind(lease.receive(body()).await), "Right", "{at}");
        assert_eq!(names_in(&site.at("v")), ["log"], "{at}");
        assert_eq!(std::fs::read(site.at("v/log")).expect("reads"), b"old");
        // With the right unchanged, the upload succeeds.
        let open = Site::new(&[("v", "v", "rw *")]);
        open.change(|settings| settings.network.hosts.push("other".into()));
        put(&Person::new(&open, "*"), request("v", "x"), b"x").await.expect("stores");
    }
}
