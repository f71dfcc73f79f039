//! What may stand behind `potluck` on a command line.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Shown by `--help`.
pub const HELP: &str = "\
potluck [OPTIONS] [FILE OR FOLDER...]

Shares folders with the people around you, from the tray. If it runs already, its window is shown, and the files
and folders are handed to it. Without a desktop use `potluck-server`.

  --hidden             start without a window
  --at-login           started by the desktop: without a window, unless the settings say otherwise
  --settings FILE      keep the settings there instead of in the user's settings folder
  --state-folder DIR   keep sessions, unfinished uploads and the like there; the settings remember it
  --help               show this
  --version            show the version
";

/// How the program was started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// No window.
    pub hidden: bool,
    /// Started by the desktop at login.
    pub at_login: bool,
    /// The settings file, absolute.
    pub settings: Option<PathBuf>,
    /// The state folder, absolute.
    pub state_folder: Option<PathBuf>,
    /// What to share, absolute.
    pub paths: Vec<PathBuf>,
}

/// What the arguments ask for.
#[derive(Debug, PartialEq, Eq)]
pub enum Asked {
    /// Run.
    Run(Options),
    /// Print this, and end well.
    Say(String),
    /// They make no sense; why.
    Wrong(String),
}

/// Reads arguments (without the program's name); relative paths start from `cwd`.
pub fn parse(args: impl IntoIterator<Item = OsString>, cwd: &Path) -> Asked {
    let mut options = Options::default();
    let mut args = args.into_iter();
    let mut only_paths = false;
    while let Some(arg) = args.next() {
        let text = arg.to_str().unwrap_or_default();
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
        if only_paths || !text.starts_with("--") {
            options.paths.push(cwd.join(&arg));
            continue;
        }
        let mut folder = || value.map(OsString::from).or_else(|| args.next()).map(|value| cwd.join(value));
        match name {
            "--" => only_paths = true,
            "--hidden" => options.hidden = true,
            "--at-login" => options.at_login = true,
            "--help" => return Asked::Say(HELP.into()),
            "--version" => return Asked::Say(format!("potluck {}\n", env!("CARGO_PKG_VERSION"))),
            "--settings" | "--state-folder" => match folder() {
                Some(path) if name == "--settings" => options.settings = Some(path),
                Some(path) => options.state_folder = Some(path),
                None => return Asked::Wrong(format!("{name} needs a path behind it.")),
            },
            _ => return Asked::Wrong(format!("There is no option {name}; --help shows those that there are.")),
        }
    }
    Asked::Run(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(args: &[&str]) -> Asked {
        parse(args.iter().map(OsString::from), Path::new("/here"))
    }

    #[test]
    fn options_and_paths_are_told_apart() {
        let check = |args: &[&str], expected: Options| assert_eq!(asked(args), Asked::Run(expected), "{args:?}");
        check(&[], Options::default());
        check(&["--hidden"], Options { hidden: true, ..Options::default() });
        let settings = Options { settings: Some("/here/s.toml".into()), ..Options::default() };
        check(&["--settings", "s.toml"], settings.clone());
        check(&["--settings=s.toml"], settings);
        check(&["--state-folder", "/x"], Options { state_folder: Some("/x".into()), ..Options::default() });
        let paths = vec!["/here/a b".into(), "/c".into(), "/here/--hidden".into()];
        check(&["a b", "/c", "--", "--hidden"], Options { paths, ..Options::default() });
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        assert!(matches!(asked(&["--nonsense"]), Asked::Wrong(why) if why.contains("--nonsense")));
        assert!(matches!(asked(&["--settings"]), Asked::Wrong(why) if why.contains("needs a path")));
        assert!(matches!(asked(&["--help"]), Asked::Say(text) if text.contains("potluck-server")));
    }
}
