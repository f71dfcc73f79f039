//! A fake environment for parsing settings: one folder, one file, nothing else.

use std::path::{Path, PathBuf};

use model::config::{FileKind, ParseEnv, Parsed};

/// Calls `parse` with an environment in which every configuration file has this text.
pub fn with_file(text: &str, parse: impl FnOnce(&ParseEnv<'_>) -> Result<Parsed, Vec<model::settings::Fault>>) {
    let env = ParseEnv {
        cwd: Path::new("/srv/files"),
        home: Some(Path::new("/home/ed")),
        kind_of: &|path| match path.to_str() {
            Some(p) if p.ends_with(".conf") || p.ends_with(".toml") => FileKind::File,
            Some(p) if p.contains("missing") => FileKind::Missing,
            _ => FileKind::Folder,
        },
        read_file: &|_| Ok(text.to_owned()),
        list_dir: &|folder| Ok(vec![PathBuf::from(folder).join("a.conf")]),
        var: &|name| (name == "HOME").then(|| "/home/ed".to_owned()),
    };
    if let Err(faults) = parse(&env) {
        assert!(!faults.is_empty(), "refused without a reason");
    }
}
