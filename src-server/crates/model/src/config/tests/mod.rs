//! Command lines and configuration files are parsed as documented in docs/configuration.md.

mod faults;
mod files;
mod lines;
mod options;
mod printing;

use super::*;

use crate::account::AccountName;
use crate::settings::{Fault, Settings};
use crate::volume::Volume;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A fake file system and environment. Every path that is neither a file nor below `/missing` is a folder.
#[derive(Default)]
pub(super) struct FakeEnv {
    pub files: BTreeMap<PathBuf, String>,
    pub vars: BTreeMap<String, String>,
}

impl FakeEnv {
    pub fn with(files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|(path, text)| (PathBuf::from(path), text.to_string())).collect();
        Self { files, vars: BTreeMap::from([("FOLDER".into(), "from-env".into())]) }
    }

    pub fn parse(&self, args: &[&str]) -> Result<Parsed, Vec<Fault>> {
        self.enter(|env| parse_args(args, env))
    }

    pub fn enter<T>(&self, act: impl FnOnce(&ParseEnv<'_>) -> T) -> T {
        let kind_of = |path: &Path| match path {
            path if self.files.contains_key(path) => FileKind::File,
            path if path.starts_with("/missing") || path.extension().is_some() => FileKind::Missing,
            _ => FileKind::Folder,
        };
        let read_file = |path: &Path| self.files.get(path).cloned().ok_or_else(|| "no such file".to_owned());
        let list_dir =
            |path: &Path| Ok(self.files.keys().filter(|file| file.parent() == Some(path)).cloned().collect::<Vec<_>>());
        let var = |name: &str| self.vars.get(name).cloned();
        act(&ParseEnv {
            cwd: Path::new("/cwd"),
            home: Some(Path::new("/home/kim")),
            kind_of: &kind_of,
            read_file: &read_file,
            list_dir: &list_dir,
            var: &var,
        })
    }
}

/// Parses arguments separated by blanks.
pub(super) fn parse(line: &str) -> Result<Parsed, Vec<Fault>> {
    FakeEnv::default().parse(&line.split_whitespace().collect::<Vec<_>>())
}

pub(super) fn serve(parsed: Parsed) -> Serve {
    match parsed.action {
        Action::Serve(serve) => *serve,
        other => panic!("{other:?}"),
    }
}

pub(super) fn settings(line: &str) -> Settings {
    serve(parse(line).unwrap_or_else(|faults| panic!("{line}: {faults:?}"))).settings
}

pub(super) fn rights(settings: &Settings, mount: &str, who: &str) -> String {
    let who = AccountName::from(who);
    volume(settings, mount).rights(&who, &settings.groups_of(&who)).letters()
}

pub(super) fn volume<'s>(settings: &'s Settings, mount: &str) -> &'s Volume {
    settings.volumes.iter().find(|volume| volume.mount.display() == mount).expect(mount)
}
