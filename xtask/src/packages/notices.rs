//! The licences of all compiled-in crates, with their texts: most of them require that these are distributed with the
//! program.
//!
//! The front ends have their own lists (`licences.txt`, generated when they are built).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::job::{CRATES, Job, write};

/// File names that hold terms; some crates have several.
const NAMES: [&str; 5] = ["LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE"];

/// Writes the list for a target to `path`.
///
/// # Errors
/// When cargo does not know the dependencies, or the file cannot be written.
pub fn make(job: &Job<'_>, target: &str, path: &Path) -> Result<(), String> {
    let metadata = job.workspace.metadata(&["--locked", "--filter-platform", target])?;
    let used = compiled_in(&metadata);
    // Licence text -> crates: equal texts are printed once.
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut list = String::new();
    let packages = metadata["packages"].as_array().into_iter().flatten();
    for package in packages.filter(|p| !p["source"].is_null() && used.contains(text(&p["id"]))) {
        let name = format!("{} {}", text(&package["name"]), text(&package["version"]));
        list.push_str(&format!("{name}: {}\n", package["license"].as_str().unwrap_or("see its text")));
        for terms in terms(package) {
            texts.entry(terms).or_default().push(name.clone());
        }
    }
    if list.is_empty() {
        return Err("cargo metadata names no dependency: the list of licences would be empty".to_owned());
    }
    let mut all = format!(
        "Potluck contains these works of others, under the licences named. It is based in part on the work of the\n\
         Independent JPEG Group.\n\n{list}"
    );
    for (terms, names) in texts {
        all.push_str(&format!("\n{}\n{}\n\n{terms}\n", "=".repeat(78), names.join(", ")));
    }
    write(path, &all)?;
    copy_for_pages(job, path)
}

/// Appends the licences of the front ends.
fn copy_for_pages(job: &Job<'_>, path: &Path) -> Result<(), String> {
    let mut all = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    for folder in crate::web::FRONT_ENDS {
        let file = job.workspace.root.join(folder).join("dist/licences.txt");
        let theirs = fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
        all.push_str(&format!("\n{}\n{theirs}\n", "=".repeat(78)));
    }
    write(path, &all)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The packages that our two programs contain: not what is for tests, and not what only builds.
fn compiled_in(metadata: &Value) -> BTreeSet<String> {
    let nodes = metadata["resolve"]["nodes"].as_array();
    let nodes: BTreeMap<&str, &Value> = nodes.into_iter().flatten().map(|n| (text(&n["id"]), n)).collect();
    let ours = metadata["packages"].as_array().into_iter().flatten();
    let ours = ours.filter(|p| p["source"].is_null() && CRATES.iter().any(|(name, _)| p["name"] == *name));
    let mut todo: Vec<&str> = ours.map(|p| text(&p["id"])).collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = todo.pop() {
        if !seen.insert(id.to_owned()) {
            continue;
        }
        let used = nodes.get(id).and_then(|node| node["deps"].as_array()).into_iter().flatten();
        todo.extend(used.filter(|d| is_normal(d)).map(|d| text(&d["pkg"])));
    }
    seen
}

/// Normal dependencies have the kind null; the others are `dev` and `build`.
fn is_normal(dependency: &Value) -> bool {
    dependency["dep_kinds"].as_array().is_some_and(|kinds| kinds.iter().any(|k| k["kind"].is_null()))
}

/// The texts that lie beside a package's manifest.
fn terms(package: &Value) -> Vec<String> {
    let Some(folder) = Path::new(text(&package["manifest_path"])).parent() else { return Vec::new() };
    let mut files: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    files.sort();
    let is_terms = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
        NAMES.iter().any(|n| name.starts_with(n))
    };
    let read = |path: &Path| fs::read_to_string(path).ok().map(|t| t.replace('\r', "").trim().to_owned());
    files.iter().filter(|p| is_terms(p)).filter_map(|p| read(p)).filter(|t| !t.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_is_compiled_in_is_listed() {
        let dep = |id: &str, kind: Value| json!({ "pkg": id, "dep_kinds": [{ "kind": kind }] });
        let metadata = json!({
            "packages": [{ "name": "server", "id": "s", "source": null }, { "name": "tests", "id": "t", "source": null }],
            "resolve": { "nodes": [
                { "id": "s", "deps": [dep("used", Value::Null), dep("builds", json!("build")), dep("tries", json!("dev"))] },
                { "id": "used", "deps": [dep("deep", Value::Null)] },
                { "id": "t", "deps": [dep("other", Value::Null)] },
            ] },
        });
        let found: Vec<String> = compiled_in(&metadata).into_iter().collect();
        assert_eq!(found, ["deep", "s", "used"]);
    }
}
