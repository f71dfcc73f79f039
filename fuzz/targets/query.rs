//! Every search is refused with a sentence, or has a bounded number of conditions and runs without an error of the
//! database. The first line is an expression, and what a person may have typed; each further line a field of the form,
//! `name=value`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use model::query::{
    CONDITIONS_MAX, FormField, Pattern, Query, Typing, WARK_PREFIX_MIN, as_value, from_form, from_typed, parse,
};
use model::{FileName, VPath};
use std::cell::OnceCell;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};
use store::index::{FolderContents, FoundFile, Index, SearchLimits, SearchPlace};
use store::state_location::StateLocation;

thread_local! {
    static INDEX: OnceCell<Index> = const { OnceCell::new() };
}

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.split('\n');
    let first = lines.next().unwrap_or_default();
    check(parse(first));
    check(from_typed(first, bytes.len() as i32));
    let (Typing::Word { before, prefix } | Typing::Value { before, prefix, .. }) = Typing::at_end_of(first);
    assert!(before.len() + prefix.len() <= first.len());
    if !first.trim().is_empty() {
        check(from_typed(&format!("name:{}", as_value(first)), 0));
    }
    let fields = lines.filter_map(|line| line.split_once('='));
    check(from_form(fields.filter_map(|(name, value)| Some((FormField::named(name)?, value)))));
});

fn check(query: Result<Query, model::query::QueryError>) {
    let query = match query {
        Ok(query) => query,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    assert!(query.conditions() <= CONDITIONS_MAX, "{query:?}");
    check_values(&query);
    INDEX.with(|index| {
        let (index, root) = (index.get_or_init(make_index), VPath::root());
        let place = SearchPlace { mount: &root, within: &root, with_dotfiles: true };
        let limits = SearchLimits { deadline: Instant::now() + Duration::from_secs(10), cancelled: Default::default() };
        let required = query.required_names();
        let each = |hit: store::index::Hit| {
            let name = hit.name.display().to_string();
            assert!(required.iter().all(|pattern: &&Pattern| pattern.matches(&name)), "{name} for {query:?}");
            ControlFlow::Continue(())
        };
        index.search(&query, &place, &limits, each).expect("an accepted search runs");
    });
}

fn check_values(query: &Query) {
    match query {
        Query::And(all) | Query::Or(all) => all.iter().for_each(check_values),
        Query::Not(inner) => check_values(inner),
        Query::Content(prefix) => assert!(prefix.len() >= WARK_PREFIX_MIN, "{prefix:?}"),
        Query::Tag(name, _) => assert!(!name.is_empty()),
        _ => {}
    }
}

fn make_index() -> Index {
    let index = Index::open(StateLocation::Memory).expect("opens");
    let names = ["a.mp3", "Ärger.TXT", ".dot", "100%_x", "say \"hi\"", "日本語"];
    let file = |(number, name): (usize, &&str)| FoundFile {
        name: FileName::new(name.as_bytes()).expect("is a name"),
        size: number as u64 * 1000,
        mtime_ns: number as i64 * 1_000_000_000,
        content: None,
    };
    let files = names.iter().enumerate().map(file).collect();
    let compared = index.compare_folder(&VPath::root(), FolderContents { files, folders: Vec::new() });
    compared.expect("reads").expect("is new").wait().expect("writes");
    index
}
