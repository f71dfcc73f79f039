//! The command line of the desktop app.

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

/// Parsed options.
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
    /// Files and folders to share, absolute.
    pub paths: Vec<PathBuf>,
}

/// The result of parsing arguments.
#[derive(Debug, PartialEq, Eq)]
pub enum ParsedArgs {
    /// Run the app.
    Run(Options),
    /// Print this text and exit with success.
    Print(String),
    /// The arguments are invalid, for this reason.
    Invalid(String),
}

/// Parses arguments (without the program's name); relative paths start from `cwd`.
pub fn parse(args: impl IntoIterator<Item = OsString>, cwd: &Path) -> ParsedArgs {
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
            "--help" => return ParsedArgs::Print(HELP.into()),
            "--version" => return ParsedArgs::Print(format!("potluck {}\n", env!("CARGO_PKG_VERSION"))),
            "--settings" | "--state-folder" => match folder() {
                Some(path) if name == "--settings" => options.settings = Some(path),
                Some(path) => options.state_folder = Some(path),
                None => return ParsedArgs::Invalid(format!("{name} needs a path.")),
            },
            _ => return ParsedArgs::Invalid(format!("Unknown option {name}; --help lists all options.")),
        }
    }
    ParsedArgs::Run(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(args: &[&str]) -> ParsedArgs {
        parse(args.iter().map(OsString::from), Path::new("/here"))
    }

    #[test]
    fn options_and_paths_are_distinguished() {
        let check = |args: &[&str], expected: Options| assert_eq!(parsed(args), ParsedArgs::Run(expected), "{args:?}");
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
    fn invalid_arguments_are_named() {
        assert!(matches!(parsed(&["--nonsense"]), ParsedArgs::Invalid(why) if why.contains("--nonsense")));
        assert!(matches!(parsed(&["--settings"]), ParsedArgs::Invalid(why) if why.contains("needs a path")));
        assert!(matches!(parsed(&["--help"]), ParsedArgs::Print(text) if text.contains("potluck-server")));
    }
}
