//! Programs that find tags (`mtp`): `TAG[,TAG..]=[FLAG,..]PROGRAM`.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Seconds for one file, if the parser does not say otherwise.
const TIMEOUT_SECS: u64 = 60;

/// The files that a parser is run on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParsedFiles {
    /// `ay`: those with sound.
    #[default]
    Audio,
    /// `an`: those without sound.
    NoAudio,
    /// `ad`: all.
    All,
}

/// A program that finds tags.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagParser {
    /// The tags that it finds. One: it prints the value. Several: it prints an object of JSON.
    pub tags: Vec<String>,
    /// Its path.
    pub program: PathBuf,
    /// `f`: it is run on files that have the tags, too, and replaces them.
    pub replaces: bool,
    /// `ay`, `an`, `ad`.
    pub files: ParsedFiles,
    /// `eEXT`: it is run on files with these extensions only, in lower case; empty: on all.
    pub extensions: Vec<String>,
    /// `pN`: those of smaller numbers run first. Above 0, it gets the tags so far on its standard input.
    pub priority: u32,
    /// `tN`: seconds after which it is killed.
    pub timeout_secs: u64,
    /// `c0`, `c2`: what it prints is not taken; `c1`, `c3`: it is.
    pub takes_output: bool,
}

impl TagParser {
    /// Reads one parser. `locate` makes the path of its program absolute.
    ///
    /// Pieces that are flags come first; the first other piece, at the latest the last one, begins the path. The path may
    /// have commas in it if a folder is before the first of them, so that a mistake in a flag is no path. `kt`, `km` and
    /// `kn` are accepted: a program is always killed with all its descendants.
    ///
    /// # Errors
    /// A plain sentence that says what is wrong.
    pub fn parse(text: &str, locate: impl FnOnce(&str) -> Result<PathBuf, String>) -> Result<Self, String> {
        let wrong = || format!("'{text}' is not of the form TAG=[FLAG,..]PROGRAM.");
        let (tags, rest) = text.split_once('=').ok_or_else(wrong)?;
        let tags: Vec<_> = tags.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect();
        let mut parser = Self {
            tags,
            program: PathBuf::new(),
            replaces: false,
            files: ParsedFiles::Audio,
            extensions: Vec::new(),
            priority: 0,
            timeout_secs: TIMEOUT_SECS,
            takes_output: true,
        };
        let mut program = rest;
        while let Some((flag, after)) = program.split_once(',')
            && parser.set(flag.trim())
        {
            program = after;
        }
        if parser.tags.is_empty() || program.trim().is_empty() {
            return Err(wrong());
        }
        if let Some((flag, _)) = program.split_once(',').filter(|(first, _)| !first.contains(['/', '\\'])) {
            let flag = flag.trim();
            return Err(format!(
                "'{flag}' in '{text}' is not a flag of -mtp; there are f, ay, an, ad, eEXT, tN, pN, c0 to c3, kt, km and kn. \
                 If it begins the name of the program, write ./{flag}."
            ));
        }
        parser.program = locate(program.trim_start())?;
        Ok(parser)
    }

    /// Sets a flag; false: it is none.
    fn set(&mut self, flag: &str) -> bool {
        let Some((kind, value)) = flag.chars().next().map(|first| flag.split_at(first.len_utf8())) else { return true };
        match (kind, value) {
            ("f", "") => self.replaces = true,
            ("a", "y") => self.files = ParsedFiles::Audio,
            ("a", "n") => self.files = ParsedFiles::NoAudio,
            ("a", "d") => self.files = ParsedFiles::All,
            ("k", "t" | "m" | "n") => {}
            ("c", "0" | "2") => self.takes_output = false,
            ("c", "1" | "3") => self.takes_output = true,
            ("t", secs) => return secs.parse().map(|secs| self.timeout_secs = secs).is_ok(),
            ("p", number) => return number.parse().map(|number| self.priority = number).is_ok(),
            ("e", extension) if is_extension(extension) => self.extensions.push(extension.to_lowercase()),
            _ => return false,
        }
        true
    }

    /// Prints the parser for [`TagParser::parse`].
    pub fn print(&self) -> String {
        let mut flags = Vec::new();
        flags.extend(self.replaces.then(|| "f".to_owned()));
        flags.extend(match self.files {
            ParsedFiles::Audio => None,
            ParsedFiles::NoAudio => Some("an".to_owned()),
            ParsedFiles::All => Some("ad".to_owned()),
        });
        flags.extend(self.extensions.iter().map(|extension| format!("e{extension}")));
        flags.extend((self.priority > 0).then(|| format!("p{}", self.priority)));
        flags.extend((self.timeout_secs != TIMEOUT_SECS).then(|| format!("t{}", self.timeout_secs)));
        flags.extend((!self.takes_output).then(|| "c0".to_owned()));
        flags.push(self.program.to_string_lossy().into_owned());
        [self.tags.join(","), flags.join(",")].join("=")
    }
}

fn is_extension(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '+'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<TagParser, String> {
        TagParser::parse(text, |program| Ok(PathBuf::from("/p").join(program)))
    }

    #[test]
    fn flags_precede_the_program() {
        let all = parse("a,b = f,an,etxt,eJPG,p3,t7,kt,c2,bin/x,y.py").expect("is one");
        let want = TagParser {
            tags: vec!["a".into(), "b".into()],
            program: "/p/bin/x,y.py".into(),
            replaces: true,
            files: ParsedFiles::NoAudio,
            extensions: vec!["txt".into(), "jpg".into()],
            priority: 3,
            timeout_secs: 7,
            takes_output: false,
        };
        assert_eq!(all, want);
        assert_eq!(all.print(), "a,b=f,an,etxt,ejpg,p3,t7,c0,/p/bin/x,y.py");
        for text in ["key=/bin/k", "key=f,/bin/k", "key=ad,p1,/bin/k", "a,b=an,etxt,t1,/k,l"] {
            let parser = parse(text).expect(text);
            assert_eq!(parser.print(), text);
        }
        // The last piece is a program even if it looks like a flag.
        for (text, program) in [("a=f", "/p/f"), ("a=t5", "/p/t5"), ("a=f,x/t5,f", "/p/x/t5,f")] {
            assert_eq!(parse(text).expect(text).program, PathBuf::from(program), "{text}");
        }
        for wrong in ["", "a", "=x", "a=", "a=f,", ",=x"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        for (wrong, flag) in [("a=tx,/k", "'tx'"), ("a=f,zz,/k", "'zz'"), ("a=e.x,/k", "'e.x'"), ("a=p-1,k", "'p-1'")] {
            let error = parse(wrong).expect_err(wrong);
            assert!(error.starts_with(flag), "{error}");
        }
    }
}
