//! The index agrees with folders, changes and a naive implementation.

mod tags;

use super::*;
use crate::state_location::StateLocation;
use model::query::{Query, parse};
use model::{FileName, VPath, Wark};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

fn path(text: &str) -> VPath {
    VPath::parse(text.as_bytes()).expect("parses")
}

fn name(text: &str) -> FileName {
    FileName::new(text.as_bytes()).expect("is a name")
}

fn file(text: &str, size: u64, mtime_ns: i64) -> FoundFile {
    FoundFile { name: name(text), size, mtime_ns, content: None }
}

fn index() -> Index {
    Index::open(StateLocation::Memory).expect("opens")
}

fn compare(index: &Index, folder: &str, files: &[FoundFile], folders: &[&str]) -> usize {
    let folders = folders.iter().map(|text| name(text)).collect();
    let change = index.compare_folder(&path(folder), FolderContents { files: files.to_vec(), folders });
    change.expect("reads").map_or(0, |change| change.wait().expect("writes"))
}

fn limits() -> SearchLimits {
    SearchLimits { deadline: Instant::now() + Duration::from_secs(60), cancelled: Arc::default() }
}

fn place<'a>(mount: &'a VPath, within: &'a VPath) -> SearchPlace<'a> {
    SearchPlace { mount, within, with_dotfiles: true }
}

fn find_in(index: &Index, query: &Query, place: &SearchPlace<'_>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let each = |hit: Hit| {
        assert!(found.insert(hit.folder.join(&hit.name).display().to_string()), "once");
        ControlFlow::Continue(())
    };
    assert!(index.search(query, place, &limits(), each).expect("searches"));
    found
}

fn find(index: &Index, text: &str) -> BTreeSet<String> {
    let (mount, root) = (path("mnt"), VPath::root());
    find_in(index, &parse(text).expect("parses"), &place(&mount, &root))
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| format!("/{name}")).collect()
}

fn totals(index: &Index, folder: &str) -> BTreeMap<String, (u64, u64)> {
    let all = index.totals_in(&path(folder)).expect("reads");
    all.into_iter()
        .map(|(name, totals)| (String::from_utf8(name).expect("UTF-8"), (totals.files, totals.bytes)))
        .collect()
}

/// A tree with `a/1 (1 B) a/b/2 (20 B) c/3 (300 B) 4 (4000 B)`.
fn tree() -> Index {
    let index = index();
    compare(&index, "", &[file("4", 4000, 4)], &["a", "c"]);
    compare(&index, "a", &[file("1", 1, 1)], &["b"]);
    compare(&index, "a/b", &[file("2", 20, 2)], &[]);
    compare(&index, "c", &[file("3", 300, 3)], &[]);
    index
}

/// A folder, and the totals of the folders in it.
type TotalsIn<'a> = (&'a str, &'a [(&'a str, (u64, u64))]);

fn check_totals(index: &Index, want: &[TotalsIn<'_>], all: (u64, u64)) {
    for (folder, want) in want {
        let want: BTreeMap<_, _> = want.iter().map(|(name, totals)| ((*name).to_owned(), *totals)).collect();
        assert_eq!(totals(index, folder), want, "{folder}");
    }
    let stats = index.stats().expect("reads");
    assert_eq!((stats.totals.files, stats.totals.bytes), all);
}

#[test]
fn folders_are_compared_and_counted() {
    let index = tree();
    check_totals(&index, &[("", &[("a", (2, 21)), ("c", (1, 300))]), ("a", &[("b", (1, 20))])], (4, 4321));
    // Nothing changed.
    assert_eq!(compare(&index, "a", &[file("1", 1, 1)], &["b"]), 0);
    // A file grew, one is new, a folder is gone.
    assert_eq!(compare(&index, "a", &[file("1", 2, 1), file("5", 50_000, 5)], &[]), 3);
    check_totals(&index, &[("", &[("a", (2, 50_002)), ("c", (1, 300))]), ("a", &[])], (4, 54_302));
    assert_eq!(find(&index, "size > 0"), set(&["4", "a/1", "a/5", "c/3"]));
    // Only the time changed.
    assert_eq!(compare(&index, "c", &[file("3", 300, 4)], &[]), 1);
    assert_eq!(compare(&index, "", &[], &[]), 3);
    assert_eq!(find(&index, ""), set(&[]));
    check_totals(&index, &[("", &[])], (0, 0));
}

#[test]
fn single_changes_keep_rows_trigrams_and_totals_right() {
    let index = tree();
    index.put_file(&path("n/m"), file("new name", 7, 7), None).expect("queues").wait().expect("writes");
    index.put_file(&path("a"), file("1", 10, 1), None).expect("queues").wait().expect("writes");
    check_totals(&index, &[("", &[("a", (2, 30)), ("c", (1, 300)), ("n", (1, 7))])], (5, 4337));
    assert_eq!(find(&index, "name like \"*ew na*\""), set(&["n/m/new name"]));
    // A file, and a folder with all below.
    index.move_to(&path("n/m/new name"), &path("a/other")).expect("queues").wait().expect("writes");
    index.move_to(&path("a"), &path("c/z")).expect("queues").wait().expect("writes");
    let all = set(&["4", "c/3", "c/z/1", "c/z/b/2", "c/z/other"]);
    assert_eq!(find(&index, ""), all);
    assert_eq!((find(&index, "name like *new*"), find(&index, "name like *oth*")), (set(&[]), set(&["c/z/other"])));
    check_totals(&index, &[("", &[("c", (4, 337)), ("n", (0, 0))]), ("c", &[("z", (3, 37))])], (5, 4337));
    // What a move replaces is forgotten.
    index.move_to(&path("4"), &path("c/z")).expect("queues").wait().expect("writes");
    assert_eq!(find(&index, ""), set(&["c/3", "c/z"]));
    // A file replaced by a folder, and the reverse.
    index.put_file(&path("c/z"), file("x", 1, 1), None).expect("queues").wait().expect("writes");
    index.put_file(&path(""), file("c", 5, 5), None).expect("queues").wait().expect("writes");
    assert_eq!(find(&index, ""), set(&["c"]));
    index.remove(&path("c")).expect("queues").wait().expect("writes");
    index.remove(&path("nothing/here")).expect("queues").wait().expect("writes");
    check_totals(&index, &[("", &[("n", (0, 0))])], (0, 0));
    index.remove(&VPath::root()).expect("queues").wait().expect("writes");
    assert_eq!(index.stats().expect("reads"), IndexStats::default());
}

fn content(number: u64) -> ContentId {
    ContentId::of(&Wark::of_content("salt", model::Bytes(number), &[]))
}

#[test]
fn contents_are_recorded_unless_the_file_changed() {
    let index = tree();
    let mut todo = index.to_hash(0, 10).expect("reads");
    assert_eq!(todo.len(), 4);
    assert_eq!(index.to_hash(todo[1].id, 1).expect("reads"), todo[2..3]);
    index.put_file(&path("c"), file("3", 301, 3), None).expect("queues").wait().expect("writes");
    todo.sort_by_key(|file| file.size);
    let results = todo.iter().zip([Some(1), Some(1), Some(2), None]);
    let hashed = results.map(|(file, result)| Hashed { file: file.clone(), content: result.map(content) }).collect();
    index.put_contents(hashed, None).expect("queues").wait().expect("writes");
    let paths = |id| {
        let all = index.files_with(&content(id), 10).expect("reads");
        all.iter().map(|(folder, name, _)| folder.join(name).display().to_string()).collect::<BTreeSet<_>>()
    };
    assert_eq!((paths(1), paths(2)), (set(&["a/1", "a/b/2"]), set(&[])), "c/3 had changed");
    let left: Vec<_> = index.to_hash(0, 10).expect("reads").iter().map(|file| file.size).collect();
    assert_eq!(left, [301]);
    assert_eq!(index.stats().expect("reads").unreadable, 1);
    assert!(index.retry_unreadable().expect("writes"));
    assert_eq!(index.to_hash(0, 10).expect("reads").len(), 2);
    // Moves keep the content, changes do not.
    index.move_to(&path("a"), &path("e")).expect("queues").wait().expect("writes");
    assert_eq!(paths(1), set(&["e/1", "e/b/2"]));
    compare(&index, "e", &[file("1", 1, 99)], &["b"]);
    assert_eq!(paths(1), set(&["e/b/2"]));
    let uploaded = Some(model::UnixMillis(5_000));
    let up = FoundFile { content: Some(content(3)), ..file("up", 3, 3) };
    index.put_file(&path("e"), up, uploaded).expect("queues").wait().expect("writes");
    assert_eq!(paths(3), set(&["e/up"]));
    assert_eq!((find(&index, "up_at = 1970-01-01T00:00:05"), find(&index, "up_at > 1971")), (set(&["e/up"]), set(&[])));
    let prefix = Wark::of_content("salt", model::Bytes(3), &[]).to_string();
    assert_eq!(find(&index, &format!("w = {prefix}")), set(&["e/up"]));
    assert_eq!(find(&index, "not up_at = 1970-01-01T00:00:05").len(), 4, "a file that was not uploaded has no time");
    // A wark of path and date is another identity than that of a content.
    let of_metadata = Wark::of_metadata("salt", model::UnixMillis(1), model::Bytes(1), b"a", b"1");
    assert_ne!(ContentId::of(&of_metadata), content(1));
}

#[test]
fn names_and_paths_are_searched_without_case_and_accents() {
    let index = index();
    compare(
        &index,
        "",
        &[file("Motörhead - 01.MP3", 1, 0), file("%_\\\"'.txt", 1, 0), file("ab", 1, 0)],
        &["Übung", ".h"],
    );
    compare(&index, "Übung", &[file("Датей.mp3", 1, 0), file(".dot", 1, 0)], &[]);
    compare(&index, ".h", &[file("x.mp3", 1, 0)], &[]);
    for (query, want) in [
        ("name like *MOTOR*", &["Motörhead - 01.MP3"][..]),
        ("name like *head*01*", &["Motörhead - 01.MP3"]),
        ("name like *head*head*", &[]),
        ("name like \"motorhead - 01.mp3\"", &["Motörhead - 01.MP3"]),
        ("name like *.mp3", &["Motörhead - 01.MP3", "Übung/Датей.mp3", ".h/x.mp3"]),
        ("name like *датеи*", &["Übung/Датей.mp3"]),
        ("name like *ab*", &["ab"]),
        ("name like a*", &["ab"]),
        ("name = AB", &[]),
        ("name = ab", &["ab"]),
        ("name like \"*%_\\\\\\\"'*\"", &["%_\\\"'.txt"]),
        ("name like *%*", &["%_\\\"'.txt"]),
        ("path like *ubung*", &["Übung/Датей.mp3", "Übung/.dot"]),
        ("path = mnt", &["Motörhead - 01.MP3", "%_\\\"'.txt", "ab"]),
        ("path like mnt/u*", &["Übung/Датей.mp3", "Übung/.dot"]),
        ("not path like mnt/* and not name like *txt", &["Motörhead - 01.MP3", "ab"]),
        ("name like *mp3* or name like *ab*", &["Motörhead - 01.MP3", "Übung/Датей.mp3", ".h/x.mp3", "ab"]),
        ("artist like *x*", &[]),
        ("not artist like *x* and name = ab", &["ab"]),
    ] {
        assert_eq!(find(&index, query), set(want), "{query}");
    }
    let (mount, root, folder) = (VPath::root(), VPath::root(), path("Übung"));
    let visible = SearchPlace { mount: &mount, within: &root, with_dotfiles: false };
    let all = parse("name like *.mp3").expect("parses");
    assert_eq!(find_in(&index, &all, &visible), set(&["Motörhead - 01.MP3", "Übung/Датей.mp3"]));
    assert_eq!(find_in(&index, &Query::Everything, &place(&mount, &folder)), set(&["Übung/Датей.mp3", "Übung/.dot"]));
}

#[test]
fn a_search_ends_at_its_limits() {
    let index = index();
    let many: Vec<_> = (0..20_000).map(|number| file(&format!("name{number}"), number, 0)).collect();
    compare(&index, "", &many, &[]);
    let (mount, root) = (VPath::root(), VPath::root());
    let mut seen = 0;
    let some = index.search(&Query::Everything, &place(&mount, &root), &limits(), |_| {
        seen += 1;
        if seen < 10 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    assert_eq!((some.expect("searches"), seen), (true, 10));
    for limits in [
        SearchLimits { deadline: Instant::now(), ..limits() },
        SearchLimits { cancelled: Arc::new(AtomicBool::new(true)), ..limits() },
    ] {
        let all = index.search(&Query::Everything, &place(&mount, &root), &limits, |_| ControlFlow::Continue(()));
        assert!(!all.expect("is no error"));
    }
    assert_eq!(find(&index, "name like *name1999*").len(), 11, "the next search is not interrupted");
}

mod random {
    use super::*;
    use model::query::{Pattern, Text};
    use proptest::prelude::*;

    /// What a naive implementation knows: size and time of each file.
    type Model = BTreeMap<(String, String), (u64, i64)>;

    #[derive(Clone, Debug)]
    enum Step {
        Put(usize, usize, u64),
        Remove(usize, Option<usize>),
        Move((usize, Option<usize>), (usize, Option<usize>)),
        Compare(usize),
    }

    const FOLDERS: [&str; 5] = ["", "a", "a/b", "a/bc", "d"];
    const NAMES: [&str; 4] = ["x.mp3", "Xy.MP3", "longer name", "z"];

    fn step() -> impl Strategy<Value = Step> {
        let (folder, name) = (0..FOLDERS.len(), 0..NAMES.len());
        let entry = (folder.clone(), proptest::option::of(name.clone()));
        prop_oneof![
            4 => (folder.clone(), name, 0..5u64).prop_map(|(folder, name, size)| Step::Put(folder, name, size)),
            1 => entry.clone().prop_map(|(folder, name)| Step::Remove(folder, name)),
            2 => (entry.clone(), entry).prop_map(|(from, to)| Step::Move(from, to)),
            1 => folder.prop_map(Step::Compare),
        ]
    }

    fn at(folder: usize, name: Option<usize>) -> String {
        match (FOLDERS[folder], name) {
            (folder, None) => folder.to_owned(),
            ("", Some(name)) => NAMES[name].to_owned(),
            (folder, Some(name)) => format!("{folder}/{}", NAMES[name]),
        }
    }

    fn is_at_or_below(path: &str, top: &str) -> bool {
        top.is_empty() || path == top || path.strip_prefix(top).is_some_and(|rest| rest.starts_with('/'))
    }

    fn full(key: &(String, String)) -> String {
        if key.0.is_empty() { key.1.clone() } else { format!("{}/{}", key.0, key.1) }
    }

    fn split(path: &str) -> (String, String) {
        path.rsplit_once('/').map_or_else(|| (String::new(), path.into()), |(a, b)| (a.into(), b.into()))
    }

    /// Removes what is at `path` or below, and files where its folders will be.
    fn make_room(model: &mut Model, path: &str) {
        model.retain(|key, _| !is_at_or_below(&full(key), path) && !is_at_or_below(path, &full(key)));
    }

    fn apply(index: &Index, model: &mut Model, step: &Step) {
        match step {
            Step::Put(folder, name, size) => {
                make_room(model, &at(*folder, Some(*name)));
                model.insert((FOLDERS[*folder].into(), NAMES[*name].into()), (*size, 1));
                let put = index.put_file(&path(FOLDERS[*folder]), file(NAMES[*name], *size, 1), None);
                put.expect("queues").wait().expect("writes");
            }
            Step::Remove(folder, name) => {
                let top = at(*folder, *name);
                model.retain(|key, _| !is_at_or_below(&full(key), &top));
                index.remove(&path(&top)).expect("queues").wait().expect("writes");
            }
            Step::Move((from, from_name), (to, to_name)) => {
                let (from, to) = (at(*from, *from_name), at(*to, *to_name));
                let exists = model.keys().any(|key| is_at_or_below(&full(key), &from));
                if from.is_empty() || is_at_or_below(&to, &from) || is_at_or_below(&from, &to) || !exists {
                    return;
                }
                make_room(model, &to);
                let moved: Vec<_> = model.keys().filter(|key| is_at_or_below(&full(key), &from)).cloned().collect();
                for key in moved {
                    let value = model.remove(&key).expect("is there");
                    model.insert(split(&full(&key).replacen(&from, &to, 1)), value);
                }
                index.move_to(&path(&from), &path(&to)).expect("queues").wait().expect("writes");
            }
            Step::Compare(folder) => {
                let folder = FOLDERS[*folder];
                model.retain(|key, _| !is_at_or_below(folder, &full(key)));
                let files = model.iter().filter(|(key, _)| key.0 == folder);
                let files = files.map(|(key, (size, mtime))| file(&key.1, *size, *mtime)).collect::<Vec<_>>();
                let folders: BTreeSet<String> = model
                    .keys()
                    .filter(|key| is_at_or_below(&key.0, folder) && key.0 != folder)
                    .filter_map(|key| key.0[folder.len()..].trim_start_matches('/').split('/').next())
                    .map(str::to_owned)
                    .collect();
                let folders: Vec<&str> = folders.iter().map(String::as_str).collect();
                compare(index, folder, &files, &folders);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]
        #[test]
        fn the_index_agrees_with_a_naive_one(steps in proptest::collection::vec(step(), 1..40)) {
            let (index, mut model) = (index(), Model::new());
            for step in &steps {
                apply(&index, &mut model, step);
            }
            let all: BTreeSet<String> = model.keys().map(|key| format!("/{}", full(key))).collect();
            prop_assert_eq!(find(&index, ""), all);
            for pattern in ["*.mp3", "*x*", "long*", "*ger na*", "z", "xy.mp3"] {
                let parsed = Pattern::parse(pattern);
                let want: BTreeSet<String> = model
                    .keys()
                    .filter(|key| parsed.matches(&key.1))
                    .map(|key| format!("/{}", full(key)))
                    .collect();
                let query = Query::Name(Text::Like(parsed));
                let (mount, root) = (VPath::root(), VPath::root());
                prop_assert_eq!(find_in(&index, &query, &place(&mount, &root)), want, "{}", pattern);
            }
            for folder in FOLDERS {
                for (name, found) in totals(&index, folder) {
                    let top = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                    let below = model.iter().filter(|(key, _)| is_at_or_below(&key.0, &top));
                    let want = below.fold((0, 0), |(files, bytes), (_, (size, _))| (files + 1, bytes + size));
                    prop_assert_eq!(found, want, "{}", top);
                }
            }
        }
    }
}

#[test]
fn tags_hang_on_contents() {
    let index = index();
    let wark = |text: &str| {
        ContentId::of(&Wark::of_content("salt", model::Bytes(1), &[model::ChunkHash::from_sha512(&hash(text))]))
    };
    let with = |text: &str, content: &str| FoundFile { content: Some(wark(content)), ..file(text, 1, 1) };
    compare(&index, "", &[with("a", "x"), with("b", "x"), with("c", "y"), file("later", 2, 2)], &[]);
    let to_tag = |only_uploads| index.to_tag(0, 10, only_uploads).expect("reads");
    let names = |all: &[ToTag]| all.iter().map(|one| (one.name.display().to_string(), one.is_copy)).collect::<Vec<_>>();
    let first = to_tag(false);
    assert_eq!(names(&first), [("a", false), ("b", false), ("c", false)].map(|(name, copy)| (name.to_owned(), copy)));
    assert_eq!(to_tag(true), [], "none was uploaded");
    let put = |file: &ToTag, result| {
        index.put_tags(vec![Tagged { file: file.clone(), result }], false).expect("queues").wait().expect("writes");
    };
    let tags = vec![(".bpm".to_owned(), TagValue::Real(172.5)), ("artist".to_owned(), TagValue::Text("Art".into()))];
    put(&first[1], TagResult::Known);
    assert_eq!(to_tag(false).len(), 3, "no file of this content was read");
    put(&first[0], TagResult::Found(tags.clone()));
    put(&first[2], TagResult::NoMedia);
    assert_eq!(names(&to_tag(false)), [("b".to_owned(), true)]);
    put(&first[1], TagResult::Known);
    assert_eq!(to_tag(false), []);
    let of = |content: &str| index.tags_of([Some(&wark(content)), None].into_iter()).expect("reads");
    assert_eq!(of("x"), [tags, vec![]]);
    assert_eq!(find(&index, "artist = art and .bpm > 172"), set(&["a", "b"]));
    // A new name may be that of a media file; the others keep their tags.
    for (from, to) in [("a", "a2"), ("c", "c2")] {
        index.move_to(&path(from), &path(to)).expect("queues").wait().expect("writes");
    }
    assert_eq!(names(&to_tag(false)), [("c2".to_owned(), false)]);
    // A change that was not read yet is not overwritten.
    compare(&index, "", &[FoundFile { size: 3, ..with("b", "z") }, with("c2", "y")], &[]);
    put(&first[1], TagResult::Found(Vec::new()));
    assert_eq!(to_tag(false).len(), 2);
    index.delete_unused_tags().expect("queues").wait().expect("writes");
    assert_eq!(of("x"), [vec![], vec![]]);
    index.forget_tags().expect("queues").wait().expect("writes");
    assert_eq!(to_tag(false).len(), 2);
}

fn hash(text: &str) -> [u8; 64] {
    let mut hash = crate::hash::SingleSha512::new();
    hash.update(text.as_bytes());
    hash.finish()
}

#[test]
fn a_verification_is_counted_and_its_newest_findings_are_kept() {
    let index = index();
    let with = |number: usize| FoundFile {
        content: Some(ContentId::of(&Wark::of_content(
            "salt",
            model::Bytes(1),
            &[model::ChunkHash::from_sha512(&hash(&number.to_string()))],
        ))),
        ..file(&format!("{number:05}"), 10, 1)
    };
    let files: Vec<_> = (0..FINDINGS_MAX + 5).map(with).collect();
    compare(&index, "", &files, &[]);
    compare(&index, "", &[files, vec![file("zz", 5, 5)]].concat(), &[]);
    assert_eq!(index.verification().expect("reads"), None);
    index.begin_verification(100).expect("queues").wait().expect("writes");
    let begun = index.verification().expect("reads").expect("is there");
    assert_eq!((begun.started_at, begun.total_bytes), (100, 10 * (FINDINGS_MAX as u64 + 5)), "hashed files only");
    let all = index.to_verify(0, 10_000).expect("reads");
    let verified = |file: &IndexedFile, finding| Verified { file: file.clone(), finding, content: None };
    let put = |verified| index.put_verified(verified, 200).expect("queues").wait().expect("writes");
    put(all.iter().map(|file| verified(file, Some(FindingKind::Differs))).collect());
    let findings = index.findings().expect("reads");
    assert_eq!(
        (findings.len(), &findings[0].name, findings[0].found_at),
        (FINDINGS_MAX, &all.last().unwrap().name, 200)
    );
    let state = index.verification().expect("reads").expect("is there");
    assert_eq!(
        (state.files, state.differing, state.after),
        (all.len() as u64, all.len() as u64, all.last().unwrap().id)
    );
    // The content that was found replaces the known one, unless the file has changed meanwhile.
    let other = with(99_999).content;
    let update = |file: &IndexedFile| Verified {
        file: file.clone(),
        finding: Some(FindingKind::Updated),
        content: other.clone(),
    };
    put(vec![update(&all[0]), update(&IndexedFile { size: 11, ..all[1].clone() }), verified(&all[2], None)]);
    let contents: Vec<_> = index.files_after(0, 3).expect("reads").into_iter().map(|file| file.content).collect();
    assert_eq!(contents, [other.clone(), all[1].content.clone(), all[2].content.clone()]);
    index.end_verification(300, true).expect("queues").wait().expect("writes");
    let ended = index.verification().expect("reads").expect("is there");
    assert_eq!((ended.ended_at, ended.is_cancelled), (Some(300), true));
    put(vec![verified(&all[3], Some(FindingKind::Unreadable))]);
    assert_eq!(index.verification().expect("reads"), Some(ended), "what comes after its end is not counted");
    index.begin_verification(400).expect("queues").wait().expect("writes");
    assert!(index.findings().expect("reads").is_empty());
}

#[test]
fn contents_hashed_under_other_settings_are_not_recorded() {
    let index = tree();
    let rules = [1; 32];
    index.set_rules(rules).expect("queues").wait().expect("writes");
    let to_hash = index.to_hash(0, 1).expect("reads").remove(0);
    let content = ContentId::of(&Wark::of_metadata("s", model::UnixMillis(1), model::Bytes(1), b"", b"x"));
    for (known, left) in [(None, 4), (Some([2; 32]), 4), (Some(rules), 3)] {
        let hashed = vec![Hashed { file: to_hash.clone(), content: Some(content.clone()) }];
        index.put_contents(hashed, known).expect("queues").wait().expect("writes");
        assert_eq!(index.to_hash(0, 10).expect("reads").len(), left);
    }
    assert_eq!(index.rules().expect("reads"), Some(rules));
}

#[test]
fn folders_below_a_folder_are_visited_with_their_totals() {
    let index = tree();
    compare(&index, "a/.hid", &[file("5", 5, 5)], &[]);
    let (mount, a, root) = (path("mnt"), path("a"), VPath::root());
    let visit = |place: &SearchPlace<'_>| {
        let mut all = BTreeMap::new();
        let each = |row: FolderRow| {
            all.insert(row.path.display().to_string(), (row.totals.files, row.totals.bytes));
            ControlFlow::Continue(())
        };
        assert!(index.folders_below(place, &limits(), each).expect("reads"));
        all.into_iter().map(|(path, (files, bytes))| format!("{path} {files} {bytes}")).collect::<Vec<_>>()
    };
    assert_eq!(visit(&place(&mount, &root)), ["/a 3 26", "/a/.hid 1 5", "/a/b 1 20", "/c 1 300"]);
    assert_eq!(visit(&place(&mount, &a)), ["/a/.hid 1 5", "/a/b 1 20"]);
    assert_eq!(visit(&SearchPlace { with_dotfiles: false, ..place(&mount, &a) }), ["/a/b 1 20"]);
}
