//! A listing shows everything that the account may see, and nothing else.

use super::*;
use crate::error::{Denial, EngineError, TooMany};
use crate::testing::{Site, vpath};
use model::{FileKeys, Settings, Verdict};

fn listings(site: &Site) -> Listings {
    Listings::new(site.core.clone())
}

/// Returns folders with a slash and files with their size, in order.
async fn names(site: &Site, who: &str, path: &str, dotfiles: bool) -> String {
    match listings(site).list(&site.access(who), &vpath(path), ListOptions { dotfiles, ..ListOptions::default() }).await
    {
        Ok(listing) => {
            let rights =
                |entry: &Entry| entry.mount_rights.map_or(String::new(), |rights| format!("[{}]", rights.letters()));
            let folders = listing.folders.iter().map(|entry| format!("{}/{}", entry.name.display(), rights(entry)));
            let files = listing.files.iter().map(|entry| format!("{}:{}", entry.name.display(), entry.size));
            folders.chain(files).collect::<Vec<_>>().join(" ")
        }
        Err(EngineError::Denied(Denial::Right { missing, .. })) => format!("denied {missing}"),
        Err(error) => crate::testing::error_name(&error),
    }
}

#[tokio::test]
async fn numbers_sort_naturally_unless_the_volume_has_byte_order() {
    for (natural, want) in [(true, "Ep 1/ ep 3/ Ep 12/ a2:0 B:0 b10:0"), (false, "Ep 1/ Ep 12/ ep 3/ B:0 a2:0 b10:0")] {
        let site = Site::with(&[("v", "", "r *")], |settings| settings.volumes[0].flags.natural_order = natural);
        for folder in ["Ep 12", "ep 3", "Ep 1"] {
            site.file(&format!("v/{folder}/x"), "");
        }
        for file in ["b10", "a2", "B"] {
            site.file(&format!("v/{file}"), "");
        }
        assert_eq!(names(&site, "*", "", false).await, want);
    }
}

#[tokio::test]
async fn mount_points_are_listed_for_accounts_with_rights_there() {
    let site = Site::new(&[
        ("p", "p", "r *"),
        ("psub", "p/sub", "r u"),
        ("q", "p/x/y", "r *"),
        ("drop", "p/drop", "w *"),
        ("get", "p/get", "g *"),
        ("none", "none", ""),
    ]);
    site.file("p/a.txt", "a");
    site.file("p/Z", "");
    site.file("p/sub/shadowed", "");
    site.file("p/dir/f", "12");
    site.file("psub/inner", "inner");
    site.file("q/q.txt", "q");
    assert_eq!(names(&site, "*", "p", false).await, "dir/ drop/ x/ a.txt:1 Z:0");
    assert_eq!(names(&site, "u", "p", false).await, "dir/ drop/ sub/ x/ a.txt:1 Z:0");
    assert_eq!(names(&site, "*", "p/x", false).await, "y/[r]");
    assert_eq!(names(&site, "*", "", false).await, "p/[r]");
    assert_eq!(names(&site, "*", "p/sub", false).await, "denied read");
    assert_eq!(names(&site, "*", "p/drop", false).await, "");
    assert_eq!(names(&site, "*", "none", false).await, "denied read");
    assert_eq!(names(&site, "*", "p/a.txt", false).await, "NotAFolder");
    assert_eq!(names(&site, "*", "p/nope", false).await, "NotFound");
    assert_eq!(names(&site, "*", "elsewhere", false).await, "denied read");
    // A virtual folder that is also on disk: one entry, with both contents.
    site.file("p/x/on_disk", "");
    assert_eq!(names(&site, "*", "p", false).await, "dir/ drop/ x/ a.txt:1 Z:0");
    assert_eq!(names(&site, "*", "p/x", false).await, "y/ on_disk:0");
}

#[tokio::test]
async fn folders_with_readable_files_can_be_archived() {
    let site = Site::new(&[
        ("p", "p", "r *"),
        ("drop", "p/drop", "w *"),
        ("open", "drop/in/open", "r *"),
        ("box", "drop", "w *"),
        ("deep", "shut/deep", "w *, r u"),
    ]);
    site.file("p/dir/f", "");
    site.link("dir", "p/to_dir");
    site.link("../drop", "p/to_drop");
    site.file("box/secret/f", "");
    for (who, path, want) in [
        ("*", "", "-drop +p -shut"),
        ("u", "", "-drop +p +shut"),
        ("*", "p", "+dir -drop +to_dir"),
        ("*", "drop", "+in"),
        ("*", "drop/in", "+open"),
        ("*", "shut", "-deep"),
        ("u", "shut", "+deep"),
    ] {
        let listing = listings(&site).list(&site.access(who), &vpath(path), ListOptions::default()).await;
        let listing = listing.unwrap_or_else(|error| panic!("{who} {path}: {error:?}"));
        let sign = |entry: &Entry| format!("{}{}", if entry.archivable { '+' } else { '-' }, entry.name.display());
        let got: Vec<String> = listing.folders.iter().map(sign).collect();
        assert_eq!(got.join(" "), want, "{who} in /{path}");
        assert!(listing.files.iter().all(|entry| !entry.archivable));
    }
}

#[tokio::test]
async fn accounts_that_may_only_upload_see_only_other_volumes() {
    let site = Site::new(&[("w", "", "w *"), ("r", "pub", "r *"), ("n", "n", "r u")]);
    site.file("w/secret", "");
    assert_eq!(names(&site, "*", "", false).await, "pub/");
    let listing = listings(&site).list(&site.access("*"), &vpath(""), ListOptions::default()).await.expect("lists");
    assert_eq!((listing.verdict, listing.readme), (Verdict::ContentsHidden, None));
}

#[tokio::test]
async fn dotfiles_and_reserved_names() {
    let site = Site::new(&[("v", "", "r *, r. ed")]);
    for file in [".dot", ".hist/up2k.db", ".up2k-x.PARTIAL", "a", ".d/x"] {
        site.file(&format!("v/{file}"), "");
    }
    assert_eq!(names(&site, "*", "", false).await, "a:0");
    assert_eq!(names(&site, "*", "", true).await, "a:0");
    assert_eq!(names(&site, "ed", "", false).await, "a:0");
    assert_eq!(names(&site, "ed", "", true).await, ".d/ .dot:0 a:0");
}

#[tokio::test]
async fn symlinks_are_listed_as_their_targets_or_not_at_all() {
    let site = Site::new(&[("a", "a", "r *"), ("b", "b", "r u")]);
    site.file("a/f", "1234");
    site.file("a/dir/x", "");
    site.file("b/secret", "12");
    site.file("outside", "");
    site.link("f", "a/to_f");
    site.link("dir", "a/to_dir");
    site.link("../b", "a/to_b");
    site.link("../b/secret", "a/to_secret");
    site.link("../outside", "a/out");
    site.link("nowhere", "a/dangling");
    assert_eq!(names(&site, "*", "a", false).await, "dir/ to_dir/ f:4 to_f:4");
    assert_eq!(names(&site, "u", "a", false).await, "dir/ to_b/ to_dir/ f:4 to_f:4 to_secret:2");
    assert_eq!(names(&site, "*", "a/to_dir", false).await, "x:0");
    assert_eq!(names(&site, "u", "a/to_b", false).await, "secret:2");
}

#[tokio::test]
async fn texts_keys_and_volume_facts() {
    let keyed = |settings: &mut Settings| {
        let flags = &mut settings.volumes[0].flags;
        (flags.file_keys, flags.lifetime_secs, flags.random_names) = (FileKeys::Required, Some(60), true);
    };
    let site = Site::with(&[("v", "", "r *")], keyed);
    site.file("v/.prologue.html", "<b>hi</b>");
    site.file("v/.epilogue.html", vec![b'x'; 100_000]);
    site.file("v/readme.md", "lower");
    site.file("v/Preadme.md", "above");
    site.file("v/README.md", b"UPPER \xff");
    site.file("v/d/x", "");
    let access = site.access("*");
    let listing = listings(&site).list(&access, &vpath(""), ListOptions::default()).await.expect("lists");
    assert_eq!(listing.prologue.as_deref(), Some("<b>hi</b>"));
    assert_eq!(listing.epilogue.map(|text| text.len()), Some(65_536));
    let named = |text: Option<NamedText>| text.map(|text| (text.name.display(), text.text));
    assert_eq!(named(listing.readme), Some(("README.md".into(), "UPPER \u{fffd}".into())));
    assert_eq!(named(listing.preadme), Some(("Preadme.md".into(), "above".into())));
    assert!(listing.space.is_some_and(|(free, total)| free <= total));
    assert_eq!((listing.lifetime_secs, listing.random_names), (Some(60), true));
    assert!(listing.folders.iter().all(|entry| entry.key.is_none()));
    let reader = crate::files::read::Reader::new(site.core.clone());
    for entry in &listing.files {
        let key = entry.key.as_deref().expect("readers learn keys");
        let open = reader.open(&access, &vpath("").join(&entry.name), None).await;
        let Ok(crate::files::read::Found::File(open)) = open else { panic!("opens") };
        assert_eq!(reader.key(&access, &vpath("").join(&entry.name), open.size, open.ino()).as_deref(), Some(key));
    }
}

#[tokio::test]
async fn a_volume_can_hide_its_texts() {
    let texts = [".prologue.html", ".epilogue.html", "README.md", "PREADME.md"];
    for (no_readme, no_logues) in [(false, false), (true, false), (false, true), (true, true)] {
        let site = Site::with(&[("v", "", "r *")], |settings| {
            let flags = &mut settings.volumes[0].flags.page_texts;
            (flags.no_readme, flags.no_logues) = (no_readme, no_logues);
        });
        texts.iter().for_each(|name| site.file(&format!("v/{name}"), "x"));
        let listing = listings(&site).list(&site.access("*"), &vpath(""), ListOptions::default()).await.expect("lists");
        assert_eq!((listing.prologue.is_some(), listing.epilogue.is_some()), (!no_logues, !no_logues));
        assert_eq!((listing.preadme.is_some(), listing.readme.is_some()), (!no_readme, !no_readme));
    }
}

#[tokio::test]
async fn a_volume_omits_names() {
    let site = Site::with(&[("v", "", "r. *"), ("w", "w", "r. *")], |settings| {
        let flags = &mut settings.volumes[0].flags.page_lists;
        flags.unlist = Some(model::page_list_flags::NamePattern::new("[.]bak$|^lost").expect("an expression"));
        flags.obeys_dot_hidden = true;
    });
    for folder in ["v", "w"] {
        for name in ["a", "a.bak", "lost+found/x", "secret", "inside/secret", "crlf"] {
            site.file(&format!("{folder}/{name}"), "");
        }
        site.file(&format!("{folder}/.hidden"), "secret\ncrlf\r\n\n../w\n");
    }
    assert_eq!(names(&site, "*", "", false).await, "inside/ w/ a:0");
    assert_eq!(names(&site, "*", "", true).await, "inside/ w/ .hidden:19 a:0 crlf:0 secret:0");
    assert_eq!(names(&site, "*", "inside", false).await, "secret:0");
    assert_eq!(names(&site, "*", "w", false).await, "inside/ lost+found/ a:0 a.bak:0 crlf:0 secret:0");
}

async fn sidebar(site: &Site, who: &str, top: &str, path: &str, only: bool) -> String {
    fn draw(node: &TreeNode) -> String {
        let closed = node.closed.iter().map(|folder| folder.name.display()).collect::<Vec<_>>().join(" ");
        match &node.open {
            Some((name, below)) => format!("{{{}: {}}} {closed}", name.display(), draw(below)),
            None => closed,
        }
    }
    match listings(site).tree(&site.access(who), &vpath(top), &vpath(path), only).await {
        Ok(node) => draw(&node).trim().to_owned(),
        Err(EngineError::Denied(Denial::Right { .. })) => "denied".into(),
        Err(error) => format!("{error:?}"),
    }
}

#[tokio::test]
async fn folders_without_folders_are_known() {
    let site = Site::new(&[("rw", "rw", "rw *"), ("m", "rw/mounted/m", "r *")]);
    for folder in ["rw/with/sub", "rw/without", "rw/mounted", "rw/linked"] {
        std::fs::create_dir_all(site.at(folder)).expect("mkdir");
    }
    std::fs::write(site.at("rw/without/file"), "").expect("writes");
    std::os::unix::fs::symlink("with", site.at("rw/link")).expect("links");
    let tree = listings(&site).tree(&site.access("*"), &vpath("rw"), &vpath("rw"), true).await.expect("lists");
    let leaf =
        |name: &str| tree.closed.iter().find(|one| one.name.as_bytes() == name.as_bytes()).map(|one| one.is_leaf);
    assert_eq!((leaf("with"), leaf("mounted"), leaf("link")), (Some(false), Some(false), Some(false)));
    // File systems that do not count subfolders tell nothing.
    let counts =
        std::os::unix::fs::MetadataExt::nlink(&std::fs::metadata(site.at("rw/without")).expect("is there")) == 2;
    assert_eq!((leaf("without"), leaf("linked")), (Some(counts), Some(counts)));
    std::fs::create_dir(site.at("rw/without/new")).expect("mkdir");
    let tree = listings(&site).tree(&site.access("*"), &vpath("rw"), &vpath("rw"), true).await.expect("lists");
    assert!(tree.closed.iter().all(|one| !one.is_leaf || one.name.as_bytes() == b"linked"));
}

#[tokio::test]
async fn the_side_bar_expands_the_path() {
    let site = Site::new(&[("rw", "rw", "rw *"), ("wo", "wo", "w *"), ("no", "no", ""), ("m", "rw/zt/m", "r *")]);
    for folder in ["rw/cov", "rw/mus", "rw/zt/sub", "rw/zt/emptydir", "wo/hidden", "no/x", "rw/.dot"] {
        std::fs::create_dir_all(site.at(folder)).expect("mkdir");
    }
    assert_eq!(sidebar(&site, "*", "", "rw/zt", false).await, "{rw: {zt: emptydir m sub} cov mus} wo");
    assert_eq!(sidebar(&site, "*", "rw", "rw/zt", false).await, "{zt: emptydir m sub} cov mus");
    assert_eq!(sidebar(&site, "*", "", "rw", true).await, "cov mus zt");
    assert_eq!(sidebar(&site, "*", "", "wo", true).await, "");
    assert_eq!(sidebar(&site, "*", "", "wo/hidden", false).await, "{wo: } rw");
    assert_eq!(sidebar(&site, "*", "", "rw/nope", true).await, "");
    assert_eq!(sidebar(&site, "*", "", "no", true).await, "denied");
    assert_eq!(sidebar(&site, "*", "", "", false).await, "rw wo");
}

#[tokio::test]
async fn a_plain_listing_has_the_entries_of_the_page() {
    let site =
        Site::new(&[("p", "p", "r *, r. ed"), ("sub", "p/sub", "r u"), ("deep", "p/x/y", "r *"), ("w", "w", "w *")]);
    for file in ["p/a.txt", "p/dir/f", "p/.dot", ".hist/x", "w/secret"] {
        site.file(file, "123");
    }
    site.link("a.txt", "p/link");
    site.link("nowhere", "p/dangling");
    let read = async |who: &str, path: &str| {
        let access = site.access(who);
        let listing = match listings(&site).read_dir(&access, &vpath(path)).await {
            Ok(listing) => listing,
            Err(error) => return crate::testing::error_name(&error),
        };
        let reader = crate::files::read::Reader::new(site.core.clone());
        let mut lines = Vec::new();
        for entry in &listing.entries {
            let stat = reader.stat(&access, &vpath(path).join(&entry.name)).await.expect("each entry has attributes");
            assert_eq!((stat.kind, stat.place, stat.size), (entry.kind(), entry.place, entry.size()));
            assert_eq!((stat.modified, stat.etag), (entry.modified(), entry.etag()), "{}", entry.name.display());
            lines.push(format!("{}:{:?}:{}", entry.name.display(), entry.place, entry.size()));
        }
        lines.sort();
        lines.join(" ")
    };
    assert_eq!(read("*", "p").await, "a.txt:Inside:3 dir:Inside:0 link:Inside:3 x:Virtual:0");
    assert_eq!(read("ed", "p").await, ".dot:Inside:3 a.txt:Inside:3 dir:Inside:0 link:Inside:3 x:Virtual:0");
    assert_eq!(read("u", "p").await, "a.txt:Inside:3 dir:Inside:0 link:Inside:3 sub:VolumeTop:0 x:Virtual:0");
    assert_eq!(read("*", "p/x").await, "y:VolumeTop:0");
    assert_eq!(read("*", "w").await, "");
    assert_eq!(read("*", "p/sub").await, "Right");
    assert_eq!(read("*", "p/a.txt").await, "NotAFolder");
}

#[tokio::test]
async fn plain_listings_of_many_rows_share_the_budget() {
    let site = Site::new(&[("v", "", "r *")]);
    for at in 0..ROWS_UNCOUNTED + 10 {
        std::fs::write(site.at(&format!("v/{at}")), "").expect("writes");
    }
    let access = site.access("*");
    let listing = listings(&site).read_dir(&access, &vpath("")).await.expect("lists");
    assert_eq!((listing.entries.len(), listing.reservation.is_some()), (ROWS_UNCOUNTED + 10, true));
    let mut all = site.core.listings.reservation(access.client().address);
    drop(listing);
    all.grow(ROWS_PER_ADDRESS).expect("everything was given back");
    let refused = listings(&site).read_dir(&access, &vpath("")).await;
    assert!(matches!(refused, Err(EngineError::TooMany(TooMany::AtOnce { per_address: true, .. }))));
}

#[tokio::test]
async fn space_is_told_to_accounts_that_may_list_or_upload() {
    let site = Site::new(&[("r", "r", "r *"), ("w", "w", "w *"), ("g", "g", "g *")]);
    site.file("r/f", "1");
    let ask = async |path: &str| listings(&site).space(&site.access("*"), &vpath(path)).await;
    for (path, told) in [("r", true), ("r/f", true), ("w", true), ("", false)] {
        let space = ask(path).await.expect("may ask");
        assert_eq!(space.is_some_and(|space| space.free <= space.total && space.total.0 > 0), told, "{path}");
    }
    assert!(matches!(ask("g").await, Err(EngineError::Denied(Denial::Right { .. }))));
    site.change(|settings| {
        settings.volumes[0].flags.limits.max_bytes = Some(model::Bytes(1000));
        settings.volumes[0].flags.limits.min_free = Some(model::Bytes(u64::MAX));
    });
    let space = ask("r").await.expect("may ask").expect("is told");
    assert_eq!((space.free.0, space.total.0), (0, 1000));
    site.change(|settings| settings.behaviour.hide_disk = true);
    assert_eq!(ask("r").await.expect("may ask"), None);
}

#[tokio::test]
async fn a_folder_that_was_opened_is_listed_without_another_resolve() {
    let site = Site::new(&[("v", "", "r *")]);
    site.file("v/list-costs-one/f", "1");
    let (path, access) = (vpath("list-costs-one"), site.access("*"));
    let reader = crate::files::read::Reader::new(site.core.clone());
    let Ok(crate::files::read::Found::Folder { opened, .. }) = reader.open(&access, &path, None).await else {
        panic!("opens")
    };
    let listed = listings(&site).list_opened(&access, &path, opened, ListOptions::default()).await.expect("lists");
    assert_eq!((listed.files.len(), crate::volumes::resolve::counter::take(&path)), (1, 1));
    let again = listings(&site).list(&access, &path, ListOptions::default()).await.expect("lists");
    assert_eq!((again.files, crate::volumes::resolve::counter::take(&path)), (listed.files, 1));
}

#[tokio::test]
async fn the_first_rows_of_a_large_folder_are_those_of_its_listing() {
    let site = Site::with(&[("v", "", "r. *"), ("m", "mounted", "r *")], |settings| {
        settings.volumes[0].flags.page_lists.unlist = model::page_list_flags::NamePattern::new("^hidden").ok();
    });
    for n in 0..ROWS_UNCOUNTED {
        site.file(&format!("v/file {}", n * 7919 % ROWS_UNCOUNTED), "x".repeat(n % 9));
    }
    for folder in ["folder 10", "folder 9", ".folder", "mounted"] {
        site.file(&format!("v/{folder}/x"), "");
    }
    site.link("file 7", "v/FILE 7");
    site.link("nowhere", "v/dangling");
    for name in [".file", "hidden", "README.md"] {
        site.file(&format!("v/{name}"), name);
    }
    let (service, access, path) = (listings(&site), site.access("*"), vpath(""));
    for dotfiles in [false, true] {
        let options = ListOptions { dotfiles, ..ListOptions::default() };
        let all = service.list(&access, &path, options).await.expect("lists");
        for most in [1, 3, 60, 5000] {
            let first = service.first_rows(&access, &path, options, most).await.expect("lists").expect("is large");
            assert_eq!((first.folders, first.files), (all.folders.len(), all.files.len()));
            let listing = first.listing;
            assert_eq!(listing.folders, all.folders[..all.folders.len().min(most)]);
            assert_eq!(listing.files, all.files[..all.files.len().min(most - listing.folders.len())]);
            assert_eq!((&listing.readme, listing.rights), (&all.readme, all.rights));
        }
    }
    for n in 0..9 {
        std::fs::remove_file(site.at(&format!("v/file {n}"))).expect("removes");
    }
    let few = service.first_rows(&access, &path, ListOptions::default(), 9).await.expect("lists");
    assert!(few.is_none(), "a smaller folder is listed as a whole");
    let site = Site::new(&[("v", "", "w *")]);
    let write_only = listings(&site).first_rows(&site.access("*"), &path, ListOptions::default(), 9).await;
    assert!(write_only.expect("may upload").is_none());
}

/// Run by hand: `cargo test --release -p engine big_folders -- --ignored --nocapture`.
#[tokio::test]
#[ignore = "a measurement"]
async fn big_folders() {
    let site = Site::new(&[("v", "", "r *")]);
    for n in 0..100_000 {
        std::fs::write(site.at(&format!("v/file-{:06}.bin", (n * 7919) % 100_000)), b"").expect("writes");
    }
    let before = crate::testing::cpu_seconds();
    for _ in 0..5 {
        let start = std::time::Instant::now();
        let listing = listings(&site).list(&site.access("*"), &vpath(""), ListOptions::default()).await.expect("lists");
        println!("{} entries: {:?}", listing.files.len(), start.elapsed());
    }
    println!("CPU for each: {:.3} s", (crate::testing::cpu_seconds() - before) / 5.0);
    let folder = store::disk::Folder::open_root(&site.at("v")).expect("opens");
    let before = crate::testing::cpu_seconds();
    let count = (0..5).map(|_| folder.entries().expect("lists").len()).sum::<usize>() / 5;
    println!("of which reading {count}: CPU {:.3} s", (crate::testing::cpu_seconds() - before) / 5.0);
    let access = site.access("*");
    let path = vpath("file-012345.bin");
    let before = crate::testing::cpu_seconds();
    let rounds = 300_000;
    for _ in 0..rounds {
        assert!(crate::volumes::resolve::find_cached(&access, &path).is_some());
    }
    println!("find_cached: {:.0} per CPU second", f64::from(rounds) / (crate::testing::cpu_seconds() - before));
}

#[cfg(unix)]
#[tokio::test]
async fn links_that_leave_their_volume_are_found() {
    let site = Site::new(&[
        ("v", "v", "r ann,g ben,w eve"),
        ("v/inner", "in", "r ann"),
        ("w", "w", "r ann"),
        ("shadow", "v/mnt", "r ann"),
    ]);
    site.file("w/there.txt", "x");
    site.file("v/own.txt", "x");
    site.file("v/inner/deep.txt", "x");
    site.file("v/d/e/file", "x");
    site.file("v/mnt/hidden", "x");
    for (target, link) in [
        ("../own.txt", "v/d/inside"),
        ("nothing", "v/d/broken"),
        ("round", "v/round"),
        ("../../../etc", "v/d/.out"),
        ("/nowhere/at/all", "v/d/e/gone"),
        ("../w/there.txt", "v/other"),
        ("inner/deep.txt", "v/inner-volume"),
        (".hist/x", "v/state"),
        ("/etc", "v/inner/theirs"),
        ("/etc", "v/mnt/shadowed"),
    ] {
        site.link(target, link);
    }
    let people = ["ann", "ben", "eve"].map(|name| site.access(name));
    let found = async |mount: &str| {
        let mut findings = listings(&site).audit_links(&people, &vpath(mount))?;
        let mut told = Vec::new();
        while let Some(finding) = findings.recv().await {
            let LinkFinding::Leaves { path, exists, open_to, .. } = finding else { panic!("{finding:?}") };
            let open: Vec<_> = open_to.iter().map(|(name, to)| format!("{}={}", name.as_str(), to.display())).collect();
            told.push(format!("{} {exists} {}", path.display(), open.join(",")));
        }
        told.sort();
        Some(told)
    };
    let want = [
        "/v/d/.out false ",
        "/v/d/e/gone false ",
        "/v/inner-volume true ann=/in/deep.txt",
        "/v/other true ann=/w/there.txt",
        "/v/state false ",
    ];
    assert_eq!(found("v").await.expect("is a volume"), want);
    assert_eq!(found("in").await.expect("is a volume"), ["/in/theirs true "]);
    assert_eq!(found("v/mnt").await.expect("is a volume"), Vec::<String>::new());
    assert_eq!(found("none").await, None);
    let eve = [site.access("eve")];
    assert!(
        listings(&site).audit_links(&eve, &vpath("v")).is_none(),
        "symlinks do not matter to accounts that cannot read"
    );
    // The receiver is dropped: the walk ends by itself.
    drop(listings(&site).audit_links(&people, &vpath("v")));
}

/// Returns the paths of all files that a walk lists, in its order.
async fn files_below(site: &Site, who: &str, top: &str, dotfiles: bool) -> String {
    let options = ListOptions { dotfiles, ..ListOptions::default() };
    let mut below = listings(site).below(&site.access(who), &vpath(top), options).expect("there is room");
    let mut all = Vec::new();
    while let Some(listing) = below.next().await {
        match listing {
            Ok(listing) => {
                all.extend(listing.files.iter().map(|entry| listing.path.join(&entry.name).display().to_string()));
            }
            Err(error) => all.push(crate::testing::error_name(&error)),
        }
    }
    all.join(" ")
}

#[tokio::test]
async fn everything_below_is_listed_with_the_rights_of_each_volume() {
    let site =
        Site::new(&[("v", "v", "r *, r. ed"), ("w", "v/w", "r ed"), ("drop", "v/drop", "w *"), ("x", "x/y", "r *")]);
    for file in ["v/2", "v/b/1", "v/a/.h/3", "v/a/10", "v/a/9", "v/.dot", "w/secret", "drop/mine", "x/far"] {
        site.file(file, "");
    }
    assert_eq!(files_below(&site, "*", "v", true).await, "/v/2 /v/a/9 /v/a/10 /v/b/1");
    assert_eq!(files_below(&site, "ed", "v", false).await, "/v/2 /v/a/9 /v/a/10 /v/b/1 /v/w/secret");
    assert_eq!(files_below(&site, "ed", "v", true).await, "/v/.dot /v/2 /v/a/9 /v/a/10 /v/a/.h/3 /v/b/1 /v/w/secret");
    assert_eq!(files_below(&site, "*", "", false).await, "/v/2 /v/a/9 /v/a/10 /v/b/1 /x/y/far");
    assert_eq!(files_below(&site, "*", "v/w", false).await, "Right");
    assert_eq!(files_below(&site, "*", "v/none", false).await, "NotFound");
}

#[cfg(unix)]
#[tokio::test]
async fn cycles_of_symlinks_below_end() {
    let site = Site::new(&[("v", "v", "r *")]);
    site.file("v/a/f", "");
    std::os::unix::fs::symlink("..", site.at("v/a/up")).expect("links");
    std::os::unix::fs::symlink("a", site.at("v/z")).expect("links");
    assert_eq!(files_below(&site, "*", "v", false).await, "/v/a/f");
}

#[tokio::test]
async fn walks_are_limited_for_each_address() {
    let site = Site::new(&[("v", "v", "r *")]);
    site.file("v/f", "");
    let (all, access) = (listings(&site), site.access("*"));
    let begin = || all.below(&access, &vpath("v"), ListOptions::default());
    let mut walks: Vec<_> = (0..WALKS_PER_ADDRESS).map(|_| begin().expect("there is room")).collect();
    assert!(matches!(begin().err(), Some(EngineError::TooMany(TooMany::AtOnce { per_address: true, .. }))));
    walks.pop();
    assert!(begin().is_ok());
}

#[tokio::test]
async fn one_entry_is_shown_as_in_its_listing() {
    let site = Site::new(&[("v", "v", "r *"), ("get", "get", "g *"), ("x", "x/y", "r *")]);
    site.file("v/d/f.txt", "abc");
    site.file("get/f", "");
    let single = async |path: &str| match listings(&site)
        .single(&site.access("*"), &vpath(path), ListOptions::default())
        .await
    {
        Ok(found) => format!("{} {} {}", found.entry.name.display(), found.entry.size, found.is_folder),
        Err(error) => crate::testing::error_name(&error),
    };
    assert_eq!(single("v/d/f.txt").await, "f.txt 3 false");
    assert_eq!(single("v/d").await, "d 0 true");
    assert_eq!(single("x").await, "x 0 true");
    assert_eq!(single("v/none").await, "NotFound");
    assert_eq!(single("get/f").await, single("get/none").await, "nothing is learnt without the right to list");
}
