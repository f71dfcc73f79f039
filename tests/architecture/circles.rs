//! No two modules of a crate import each other, directly or through others.

use crate::modules::{Graph, ModulePath};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A crate's root file, and how many of its modules still are part of a circle. The number may only fall, to 0.
const CRATES: &[(&str, usize)] = &[
    ("src-server/crates/model/src/lib.rs", 0),
    ("src-server/crates/store/src/lib.rs", 0),
    ("src-server/crates/vfs/src/lib.rs", 0),
    ("src-server/crates/accounts/src/lib.rs", 0),
    ("src-server/crates/uploads/src/lib.rs", 0),
    ("src-server/crates/archive/src/lib.rs", 0),
    ("src-server/crates/properties/src/lib.rs", 0),
    ("src-server/crates/engine/src/lib.rs", 0),
    ("src-server/crates/announce/src/lib.rs", 0),
    ("src-server/crates/edge-dav/src/lib.rs", 0),
    ("src-server/crates/edge-http/src/lib.rs", 0),
    ("src-server/src/lib.rs", 0),
    ("src-server/crates/http1-io/src/lib.rs", 0),
    ("src-tauri/src/main.rs", 0),
    ("xtask/src/main.rs", 0),
];

type Edges = BTreeMap<ModulePath, BTreeSet<ModulePath>>;

#[test]
fn modules_import_each_other_in_no_circle() {
    let mut faults = Vec::new();
    for (root, known) in CRATES {
        let edges = Graph::read(&super::root().join(root)).edges();
        let circles: Vec<_> = edges.keys().filter_map(|module| shortest_circle(&edges, module)).collect();
        if circles.len() != *known {
            let shortest = circles.iter().min_by_key(|circle| circle.len()).map_or_else(String::new, |c| show(c));
            faults.push(format!("{root}: {} modules in circles, {known} are on record. {shortest}", circles.len()));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// Returns the shortest path along `edges` from `module` back to itself, if there is one.
fn shortest_circle(edges: &Edges, module: &ModulePath) -> Option<Vec<ModulePath>> {
    let mut from: BTreeMap<&ModulePath, &ModulePath> = BTreeMap::new();
    let mut queue = VecDeque::from([module]);
    while let Some(here) = queue.pop_front() {
        for next in edges.get(here).into_iter().flatten() {
            if next == module {
                let mut circle = vec![module.clone(), here.clone()];
                while let Some(before) = from.get(circle.last()?).filter(|_| circle.last() != Some(module)) {
                    circle.push((*before).clone());
                }
                circle.reverse();
                return Some(circle);
            }
            if !from.contains_key(next) {
                from.insert(next, here);
                queue.push_back(next);
            }
        }
    }
    None
}

fn show(circle: &[ModulePath]) -> String {
    let name = |path: &ModulePath| if path.is_empty() { "(root)".to_owned() } else { path.join("::") };
    circle.iter().map(name).collect::<Vec<_>>().join(" -> ")
}

#[test]
fn circles_are_found_and_trees_are_not() {
    let edges = |pairs: &[(&str, &str)]| {
        let path = |name: &str| vec![name.to_owned()];
        let mut edges = Edges::new();
        for (from, to) in pairs {
            edges.entry(path(from)).or_default().insert(path(to));
        }
        edges
    };
    let circle = |pairs: &[(&str, &str)], at: &str| {
        shortest_circle(&edges(pairs), &vec![at.to_owned()]).map(|circle| show(&circle))
    };
    assert_eq!(circle(&[("a", "b"), ("b", "c"), ("a", "c")], "a"), None);
    assert_eq!(circle(&[("a", "b"), ("b", "a")], "a"), Some("a -> b -> a".into()));
    assert_eq!(circle(&[("a", "b"), ("b", "c"), ("c", "d"), ("d", "b"), ("c", "b")], "b"), Some("b -> c -> b".into()));
    assert_eq!(circle(&[("a", "b"), ("b", "c"), ("c", "b")], "a"), None, "it only leads to one");
}
