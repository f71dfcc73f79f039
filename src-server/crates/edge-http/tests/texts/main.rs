//! The message files of the pages: every language has every text, with the same values and the forms that its grammar
//! needs; every text is used; and no template contains words of its own.

mod files;
mod templates;

use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A message file: texts by key, in the order of the file.
type Messages = Map<String, Value>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

/// Reads every message file, by tag.
fn languages() -> BTreeMap<String, Messages> {
    let entries = fs::read_dir(root().join("web/templates/i18n")).expect("the folder of message files");
    let read = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().expect("a name in UTF-8");
        let tag = name.strip_suffix(".json").unwrap_or_else(|| panic!("{name} is no message file")).to_owned();
        let text = fs::read_to_string(entry.path()).expect("a message file is text");
        (tag, serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}")))
    };
    entries.map(|entry| read(entry.expect("an entry of the folder"))).collect()
}
