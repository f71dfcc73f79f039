//! Searches by tag agree with a naive implementation, and both they and listings use indexes of the database.

use super::super::search::statement;
use super::super::sql::Condition;
use super::super::{folder_tags, functions};
use super::*;

/// Files of a few contents, of which most have tags.
struct World {
    index: Index,
    /// Tags of each file, by its path.
    files: BTreeMap<String, Vec<(String, TagValue)>>,
}

/// Numbers that are the same at each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

const TEXTS: [&str; 5] = ["Art", "art", "Other", "Ärt 2", "*"];
const BPM: [f64; 4] = [0.0, 100.0, 172.0, 172.5];

fn content(number: usize) -> ContentId {
    let hash = model::ChunkHash::from_sha512(&hash(&number.to_string()));
    ContentId::of(&Wark::of_content("salt", model::Bytes(1), &[hash]))
}

fn world(numbers: &mut Numbers) -> World {
    let (index, mut files) = (index(), BTreeMap::new());
    let tags: Vec<Vec<(String, TagValue)>> = (0..40)
        .map(|_| {
            let mut tags = Vec::new();
            if numbers.below(3) > 0 {
                let bpm = numbers.one(&BPM);
                let bpm = if numbers.below(5) == 0 { "12,5".into() } else { TagValue::Real(bpm) };
                tags.push((".bpm".to_owned(), bpm));
            }
            for name in ["artist", "key"] {
                if numbers.below(3) > 0 {
                    tags.push((name.to_owned(), numbers.one(&TEXTS).into()));
                }
            }
            tags
        })
        .collect();
    for folder in ["", "a", "a/b"] {
        let found: Vec<_> = (0..60).map(|at| (at, numbers.below(50))).collect();
        let of = |(at, number): &(usize, usize)| FoundFile {
            content: Some(content(*number)),
            ..file(&format!("f{at}"), 1, 1)
        };
        compare(&index, folder, &found.iter().map(of).collect::<Vec<_>>(), if folder == "a" { &["b"] } else { &["a"] });
        for (at, number) in found {
            let slash = if folder.is_empty() { "" } else { "/" };
            // Contents above 40 are no media.
            files.insert(format!("/{folder}{slash}f{at}"), tags.get(number).cloned().unwrap_or_default());
        }
    }
    loop {
        let to_tag = index.to_tag(0, 1000, false).expect("reads");
        if to_tag.is_empty() {
            return World { index, files };
        }
        let mut seen = BTreeSet::new();
        let tagged = to_tag.into_iter().map(|file| {
            let path = file.folder.join(&file.name).display().to_string();
            let is_first = seen.insert(format!("{:?}", file.content)) && !file.is_copy;
            let result = if is_first { TagResult::Found(files[&path].clone()) } else { TagResult::Known };
            Tagged { file, result }
        });
        index.put_tags(tagged.collect(), false).expect("queues").wait().expect("writes");
    }
}

type Test = Box<dyn Fn(&[(String, TagValue)]) -> bool>;

/// Whether a text comes before, at or after another, without the case of ASCII letters.
fn order(one: &TagValue, other: &str) -> std::cmp::Ordering {
    match one {
        TagValue::Text(text) => text.to_ascii_lowercase().cmp(&other.to_ascii_lowercase()),
        _ => std::cmp::Ordering::Less,
    }
}

/// Returns a condition as a client writes it, and what it means.
fn condition(numbers: &mut Numbers) -> (String, Test) {
    let is_negated = numbers.below(3) == 0;
    let name = numbers.one(&["artist", "key", "nothing"]);
    let text = numbers.one(&["Art", "OTHER", "ärt 2"]);
    let bpm = numbers.one(&[99.0, 100.0, 172.0, 172.25]);
    let with = |name: &'static str, test: Box<dyn Fn(&TagValue) -> bool>| -> Test {
        Box::new(move |tags| tags.iter().any(|(own, value)| (name.is_empty() || own == name) && test(value)))
    };
    let folded = text.to_lowercase().replace('ä', "a");
    let contains = move |value: &TagValue| match value {
        TagValue::Text(text) => text.to_lowercase().replace('ä', "a").contains(&folded),
        _ => false,
    };
    let (written, test) = match numbers.below(7) {
        0 => (format!("{name} = \"{text}\""), with(name, Box::new(move |value| order(value, text).is_eq()))),
        1 => (format!("{name} != \"{text}\""), with(name, Box::new(move |value| order(value, text).is_ne()))),
        2 => (format!("{name} like \"*{text}*\""), with(name, Box::new(contains))),
        3 => (format!("tags like \"*{text}*\""), with("", Box::new(contains))),
        // A text is greater than every number.
        4 => (
            format!(".bpm > {bpm}"),
            with(".bpm", Box::new(move |value| matches!(value, TagValue::Text(_)) || real(value) > bpm)),
        ),
        5 => (format!(".bpm <= {bpm}"), with(".bpm", Box::new(move |value| real(value) <= bpm))),
        _ => (format!(".bpm = {bpm}"), with(".bpm", Box::new(move |value| real(value) == bpm))),
    };
    match is_negated {
        true => (format!("not {written}"), Box::new(move |tags| !test(tags))),
        false => (written, test),
    }
}

fn real(value: &TagValue) -> f64 {
    match value {
        TagValue::Real(number) => *number,
        TagValue::Integer(number) => *number as f64,
        TagValue::Text(_) | TagValue::Null => f64::NAN,
    }
}

#[test]
fn searches_agree_with_a_naive_implementation() {
    let mut numbers = Numbers(15);
    let world = world(&mut numbers);
    let mut sizes = BTreeSet::new();
    for _ in 0..400 {
        let [(one, is_one), (two, is_two), (three, is_three)] = [(); 3].map(|()| condition(&mut numbers));
        let (expression, test): (String, Test) = match numbers.below(4) {
            0 => (one, is_one),
            1 => (
                format!("{one} and {two} or {three}"),
                Box::new(move |tags| is_one(tags) && is_two(tags) || is_three(tags)),
            ),
            2 => (
                format!("{one} or {two} and {three}"),
                Box::new(move |tags| is_one(tags) || is_two(tags) && is_three(tags)),
            ),
            _ => (
                format!("( {one} or {two} ) and {three}"),
                Box::new(move |tags| (is_one(tags) || is_two(tags)) && is_three(tags)),
            ),
        };
        let want: BTreeSet<String> =
            world.files.iter().filter(|(_, tags)| test(tags)).map(|(path, _)| path.clone()).collect();
        sizes.insert(want.len());
        assert_eq!(find(&world.index, &expression), want, "{expression}");
    }
    assert!(sizes.len() > 30, "of all kinds: {sizes:?}");
}

#[test]
fn a_folder_has_the_tags_of_its_files() {
    let mut numbers = Numbers(7);
    let world = world(&mut numbers);
    let names = ["key", "nothing", "artist"].map(str::to_owned);
    for folder in ["", "a", "a/b", "missing"] {
        let found = world.index.tags_in(&path(folder), &names).expect("reads");
        let slash = if folder.is_empty() { "" } else { "/" };
        let mut want = FolderTags::new();
        for at in 0..60 {
            let Some(tags) = world.files.get(&format!("/{folder}{slash}f{at}")) else { continue };
            let of = |name: &str| tags.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone());
            let tags: Vec<_> =
                [(0, of("key")), (2, of("artist"))].into_iter().filter_map(|(at, value)| Some((at, value?))).collect();
            if !tags.is_empty() {
                want.insert(format!("f{at}").into_bytes().into(), tags.into());
            }
        }
        assert_eq!(*found, want, "{folder}");
    }
}

#[test]
fn a_copy_whose_name_is_no_media_has_the_tags_of_its_content() {
    for is_copy_first in [false, true] {
        let index = index();
        let files = ["a.mp3", "noext"].map(|name| FoundFile { content: Some(content(1)), ..file(name, 1, 1) });
        compare(&index, "", &files, &[]);
        let mut to_tag = index.to_tag(0, 10, false).expect("reads");
        to_tag.sort_by_key(|file| (file.name.as_bytes() == b"noext") != is_copy_first);
        for file in to_tag {
            let result = match file.name.as_bytes() {
                b"noext" => TagResult::NoMedia,
                _ => TagResult::Found(vec![("artist".into(), "Art".into())]),
            };
            index.put_tags(vec![Tagged { file, result }], false).expect("queues").wait().expect("writes");
        }
        assert_eq!(find(&index, "artist = art").len(), 2);
        let listed = index.tags_in(&VPath::root(), &["artist".into()]).expect("reads");
        assert_eq!(listed.len(), 2, "as searches have it: {listed:?}");
        assert!(index.to_tag(0, 10, false).expect("reads").is_empty());
    }
}

#[test]
fn the_tags_of_a_folder_are_kept_in_memory_until_the_index_changes() {
    let world = world(&mut Numbers(9));
    let (names, others) = (["artist".to_owned()], ["key".to_owned()]);
    let read = |names: &[String]| world.index.tags_in(&path("a"), names).expect("reads");
    let first = read(&names);
    assert!(!first.is_empty());
    assert!(Arc::ptr_eq(&first, &read(&names)), "no second query");
    assert_ne!(read(&others), first, "other names");
    world.index.forget_tags().expect("queues").wait().expect("writes");
    assert!(read(&names).is_empty(), "the change is seen at once");
    // Bounded in number.
    let (kept, more) = (read(&names), (0..40).map(|at| path(&format!("f{at}"))));
    more.for_each(|folder| drop(world.index.tags_in(&folder, &names).expect("reads")));
    assert!(!Arc::ptr_eq(&kept, &read(&names)));
}

fn explain(index: &Index, sql: &str) -> String {
    let rows = index.read(|connection| {
        let mut statement = connection.prepare(&format!("explain query plan {sql}"))?;
        let (mut rows, mut lines) = (statement.raw_query(), Vec::new());
        while let Some(row) = rows.next()? {
            lines.push(row.get::<_, String>(3)?);
        }
        Ok(lines)
    });
    rows.expect("explains").join("\n")
}

#[test]
fn indexes_answer_searches_and_listings() {
    let index = index();
    compare(&index, "", &[file("x", 1, 1)], &[]);
    let (mount, root) = (path("mnt"), VPath::root());
    for (expression, by_value) in [
        (".bpm > 172", "tag_by_value (name=? AND value>?)"),
        ("artist = art", "tag_by_value (name=? AND value=?)"),
        ("artist like *art*", "tag_by_value (name=?)"),
        ("artist = art and size > 1", "tag_by_value (name=? AND value=?)"),
        ("artist = art and .bpm < 100 and not key = 8A", "tag_by_value (name=? AND value=?)"),
    ] {
        let condition = Condition::of(&parse(expression).expect("parses"));
        let tests = condition.tests.clone();
        index.read(|connection| functions::define(connection, tests, Vec::new())).expect("defines");
        // Nothing is bound: the plan does not depend on values.
        let plan = explain(&index, &statement(condition, &place(&mount, &root)).0);
        assert!(plan.contains(by_value) && plan.contains("USING INDEX file_by_content"), "{expression}\n{plan}");
        assert!(!plan.contains("SCAN f"), "{expression}\n{plan}");
    }
    let plan = explain(&index, folder_tags::SQL);
    for part in ["f USING COVERING INDEX file_tagged (folder=?)", "t USING PRIMARY KEY (content=?)"] {
        assert!(plan.contains(part), "{plan}");
    }
}

#[test]
fn values_are_completed() {
    let index = index();
    let of = |number: usize| FoundFile { content: Some(content(number)), ..file(&format!("f{number}"), 1, 1) };
    let files: Vec<_> = (0..5).map(of).collect();
    let change = index.compare_folder(&path(""), FolderContents { files, folders: Vec::new() });
    change.expect("reads").expect("is new").wait().expect("writes");
    let values: [TagValue; 5] = ["Björk".into(), "bjork b".into(), "BJÖRN".into(), "Abba".into(), TagValue::Real(1.0)];
    let tagged = index
        .to_tag(0, 10, false)
        .expect("reads")
        .into_iter()
        .zip(values)
        .map(|(file, value)| Tagged { file, result: TagResult::Found(vec![("artist".to_owned(), value)]) });
    index.put_tags(tagged.collect(), false).expect("queues").wait().expect("writes");
    let values = |prefix: &str, limit| index.tag_values("artist", prefix, limit).expect("reads");
    assert_eq!(values("bj", 8), ["bjork b", "BJÖRN", "Björk"]);
    assert_eq!(values("BJ", 1), ["bjork b"]);
    assert_eq!(values("", 8).len(), 4, "numbers are not completed");
    assert_eq!(values("x' or 1=1", 8), [""; 0]);
    let names = ["title", "artist"].map(str::to_owned);
    assert_eq!(index.occurring_tags(&names).expect("reads"), ["artist"]);
}

#[test]
fn the_tags_of_one_file() {
    let index = index();
    let file = FoundFile { content: Some(content(1)), ..file("f", 7, 1) };
    compare(&index, "a", &[file], &[]);
    let to_tag = index.to_tag(0, 10, false).expect("reads").remove(0);
    let result = TagResult::Found(vec![("artist".to_owned(), "x".into()), (".bpm".to_owned(), TagValue::Real(1.0))]);
    index.put_tags(vec![Tagged { file: to_tag, result }], false).expect("queues").wait().expect("writes");
    let tags = |folder: &str, text: &str, size| index.tags_of_file(&path(folder), &name(text), size).expect("reads");
    assert_eq!(tags("a", "f", 7), [(".bpm".to_owned(), TagValue::Real(1.0)), ("artist".to_owned(), "x".into())]);
    assert_eq!(tags("a", "f", 8), [], "it has changed");
    assert_eq!((tags("a", "g", 7), tags("b", "f", 7)), (Vec::new(), Vec::new()));
}

#[test]
fn words_are_found_in_tags_that_are_texts() {
    let index = index();
    compare(&index, "a", &[FoundFile { content: Some(content(1)), ..file("01.mp3", 7, 1) }, file("02.mp3", 7, 1)], &[]);
    let to_tag = index.to_tag(0, 10, false).expect("reads").remove(0);
    let tags = vec![("artist".to_owned(), "Björk".into()), (".bpm".to_owned(), TagValue::Real(123.0))];
    let tagged = Tagged { file: to_tag, result: TagResult::Found(tags) };
    index.put_tags(vec![tagged], false).expect("queues").wait().expect("writes");
    let (mount, root) = (path("mnt"), VPath::root());
    let typed =
        |text: &str| find_in(&index, &model::query::from_typed(text, 0).expect("parses"), &place(&mount, &root));
    assert_eq!(typed("bjork"), set(&["a/01.mp3"]));
    assert_eq!(typed("01 björk mnt"), set(&["a/01.mp3"]), "name, tag and path");
    assert_eq!(typed("mp3 -bjork"), set(&["a/02.mp3"]));
    assert_eq!(typed("123"), set(&[]), "a number is no word");
    assert_eq!(typed("tags:123"), set(&["a/01.mp3"]));
}

#[test]
fn words_in_name_path_or_tag_use_indexes() {
    let (index, mount, root) = (tree(), path("m"), VPath::root());
    let query = model::query::from_typed("holiday beach", 0).expect("parses");
    let condition = Condition::of(&query);
    let tests = condition.tests.clone();
    index.read(|connection| functions::define(connection, tests, Vec::new())).expect("defines");
    let plan = explain(&index, &statement(condition, &place(&mount, &root)).0);
    assert!(plan.contains("MULTI-INDEX OR") && plan.contains("USING INDEX file_by_content"), "{plan}");
}

#[test]
fn words_are_found_in_names_and_paths() {
    let index = tree();
    let files = ["Sömmer beach.jpg", "winter.jpg"].map(|name| file(name, 1, 1));
    compare(&index, "Holiday 2026", &files, &[]);
    let (mount, root) = (path("mnt"), VPath::root());
    let typed =
        |text: &str| find_in(&index, &model::query::from_typed(text, 0).expect("parses"), &place(&mount, &root));
    assert_eq!(typed("holiday sommer"), set(&["Holiday 2026/Sömmer beach.jpg"]));
    assert_eq!(typed("HOLIDAY -beach"), set(&["Holiday 2026/winter.jpg"]));
    assert_eq!(typed("*.jpg"), set(&["Holiday 2026/Sömmer beach.jpg", "Holiday 2026/winter.jpg"]));
    assert_eq!(typed("so"), set(&["Holiday 2026/Sömmer beach.jpg"]), "too short for trigrams");
    assert_eq!(typed("size>=300 size<1k"), set(&["c/3"]));
    assert_eq!(typed("\"2026 winter\""), set(&[]));
}
