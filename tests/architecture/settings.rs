//! Every setting is used: each field that the table of options sets is read by other code.

use super::root;
use super::rust::{code, files, product_code};

/// Types whose fields are settings, and their files.
const CHOICES: [(&str, &[&str]); 7] = [
    ("settings.rs", &["Settings"]),
    ("settings/behaviour.rs", &["Behaviour", "UploaderDefaults"]),
    ("settings/lan.rs", &["Lan"]),
    ("settings/logging.rs", &["Logging"]),
    ("settings/login.rs", &["Login"]),
    ("settings/network.rs", &["Network"]),
    ("volume.rs", &["Volume", "VolumeFlags", "UploadLimits", "Rotation"]),
];

/// Fields that are only stored and printed, for parts that do not exist yet.
const KEPT: [&str; 1] = ["other"];

/// Names of the public fields of `struct name` in `code`.
fn fields<'a>(code: &'a str, name: &str) -> Vec<&'a str> {
    let start = code.find(&format!("pub struct {name} {{")).unwrap_or_else(|| panic!("{name} is gone"));
    let body = &code[start..start + code[start..].find("\n}").expect("a struct ends")];
    let field = |line: &'a str| line.trim().strip_prefix("pub ")?.split_once(':').map(|(name, _)| name);
    body.lines().skip(1).filter_map(field).collect()
}

/// Returns the code that may read settings: without the table, which only sets and prints them, and without tests.
fn readers() -> String {
    let all = files(&root().join("src-server")).into_iter();
    let table = root().join("src-server/crates/model/src/options");
    all.filter(|path| !path.starts_with(&table)).map(|path| product_code(&path)).collect()
}

fn is_read(field: &str, readers: &str) -> bool {
    let access = format!(".{field}");
    let ends = |at: usize| !readers[at..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
    readers.match_indices(&access).any(|(at, _)| ends(at + access.len()))
}

#[test]
fn every_choice_is_read() {
    let model = root().join("src-server/crates/model/src");
    let readers = readers();
    for (file, types) in CHOICES {
        let code = code(&model.join(file));
        for name in types {
            let fields = fields(&code, name);
            assert!(fields.len() > 1, "{name}");
            for field in fields.into_iter().filter(|field| !KEPT.contains(field)) {
                assert!(is_read(field, &readers), "{name}::{field} is set, but never read");
            }
        }
    }
}
