//! `--help` and its topics, generated from the table of options.

use crate::options::{self, Effect, Kind, Spec};
use std::fmt::Write;

/// A topic of help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Topic {
    Options,
    Volumes,
    Permissions,
    Flags,
    Files,
}

/// Returns the text of a topic.
pub(super) fn text(topic: Topic) -> String {
    match topic {
        Topic::Options => all_options(),
        Topic::Volumes => VOLUMES.into(),
        Topic::Permissions => PERMISSIONS.into(),
        Topic::Flags => all_flags(),
        Topic::Files => FILES.into(),
    }
}

/// Column at which the help of an option starts.
const INDENT: usize = 30;
/// Columns of a whole line.
const WIDTH: usize = 100;

fn all_options() -> String {
    let mut text = String::from("Usage: potluck-server [OPTIONS]\n       potluck-server push|pull|sync ...\n\n");
    text.push_str(
        "Without options, the current folder is shared, read-only for everyone. push, pull and sync transfer\n",
    );
    text.push_str("files between this computer and a server: potluck-server push --help\n");
    for (group, rows) in options::groups() {
        let rows: Vec<&Spec> = rows.iter().filter(|spec| spec.is_global() && spec.effect == Effect::Acts).collect();
        if !rows.is_empty() {
            let _ = writeln!(text, "\n{}:", group.key());
        }
        for spec in rows {
            entry(&mut text, &option_head(spec), spec);
        }
    }
    for (title, effect) in [
        ("accepted, but without effect so far", Effect::NotYet),
        ("accepted for compatibility with copyparty, without effect", Effect::NotHere),
    ] {
        let words: Vec<String> = options::all()
            .filter(|spec| spec.is_global() && spec.effect == effect)
            .map(|spec| spec.written())
            .collect();
        let _ = writeln!(text, "\n{title}:");
        wrap(&mut text, &words.join(" "), 2, 2);
    }
    text.push_str(EXAMPLES);
    text
}

fn all_flags() -> String {
    let mut text = String::from("Flags of volumes: -v SRC:DST:PERMS:c,FLAG,FLAG=VALUE\n\n");
    text.push_str(
        "A value extends to the end of its group, commas included, since a regular expression may contain them:\n",
    );
    text.push_str("write the flag with a value last, or one group for each (:c,noidx=RE:c,nodupe).\n");
    for (group, rows) in options::groups() {
        let acts = |spec: &&Spec| !spec.flags.is_empty() && spec.effect == Effect::Acts;
        let rows: Vec<&Spec> = rows.iter().filter(acts).collect();
        if !rows.is_empty() {
            let _ = writeln!(text, "\n{}:", group.key());
        }
        for spec in rows {
            let value = if spec.takes_value() { format!("={}", spec.value_name()) } else { String::new() };
            entry(&mut text, &format!("{}{value}", spec.flags.join(", ")), spec);
        }
    }
    let idle: Vec<&str> = options::all()
        .filter(|spec| spec.effect != Effect::Acts)
        .filter_map(|spec| spec.flags.first().copied())
        .collect();
    text.push_str("\naccepted, but without effect:\n");
    wrap(&mut text, &idle.join(" "), 2, 2);
    text
}

fn option_head(spec: &Spec) -> String {
    let mut words: Vec<String> = spec.also.iter().map(|word| word.to_string()).collect();
    let own = format!("--{}", spec.name);
    // `--e2d` works as well as `-e2d`, but is not listed.
    if !words.contains(&own) && !words.contains(&own[1..].to_owned()) {
        words.push(own);
    }
    words.sort_by_key(String::len);
    let value = match spec.kind {
        Kind::Switch => String::new(),
        Kind::Optional => format!(" [{}]", spec.value),
        _ => format!(" {}", spec.value_name()),
    };
    words.join(", ") + &value
}

fn entry(text: &mut String, head: &str, spec: &Spec) {
    let _ = write!(text, "  {head}");
    let used = 2 + head.chars().count();
    if used + 2 > INDENT {
        text.push('\n');
    } else {
        text.push_str(&" ".repeat(INDENT - used));
    }
    let mut help = spec.help.to_owned();
    if !spec.default.is_empty() {
        let _ = write!(help, " [{}]", spec.default);
    }
    let first = if used + 2 > INDENT { INDENT } else { 0 };
    wrap(text, &help, first, INDENT);
}

/// Wraps `words` into lines, the first indented by `first`, the others by `indent`.
fn wrap(text: &mut String, words: &str, first: usize, indent: usize) {
    let room = WIDTH - indent;
    let mut used = 0;
    text.push_str(&" ".repeat(first));
    for word in words.split(' ') {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > room {
            text.push('\n');
            text.push_str(&" ".repeat(indent));
            used = 0;
        } else if used > 0 {
            text.push(' ');
            used += 1;
        }
        text.push_str(word);
        used += length;
    }
    text.push('\n');
}

const EXAMPLES: &str = "
examples:
  potluck-server
      shares the current folder, read-only for everyone, and prints a QR code with a login for uploads
  potluck-server -v ~/music:music:r -v ~/inbox:inbox:w
      shares /music to read, and /inbox to upload to
  potluck-server -a ed:secret -v ~/files::rwmd,ed -p 8000
      shares a folder with the account ed only, on port 8000
  potluck-server -c potluck.toml
      reads all settings from a file

more help: --help-volumes, --help-perms, --help-flags, --help-files
";

const VOLUMES: &str = "\
Volumes and accounts

  -v SRC:DST:PERMS[,WHO...][:PERMS[,WHO...]...][:c,FLAG[,FLAG=VALUE]]

SRC is a folder of this computer, DST its path on the server (empty: the root). PERMS are letters, see
--help-perms. WHO are accounts, @groups, @acct (everyone with an account), * (everyone); -name and
-@group exclude accounts. Without WHO the permissions are for everyone. Permissions that are not
granted are denied.

  -a NAME:PASSWORD              an account
  -a 'NAME:$argon2id$...'       the same with a hash, see --hash-password
  --grp NAME:ACCOUNT,ACCOUNT    a group

A volume inside the path of another hides the files of the outer one at that path. The permissions of
the innermost volume apply; nothing is inherited from outer volumes.

examples:
  -v .::r                              the current folder, to read
  -a ed:pw -v ~/pics:pics:r:rwmd,ed    everyone reads /pics, ed may also write, move, delete
  -v /srv/in:in:w:c,nodupe,sz=1k-3g    everyone may upload files from 1 KiB to 3 GiB
  -a ed:pw -v x:y:r,*,-@acct:rw,@acct  visitors read, people with accounts read and write

The syntax of copyparty 0.11 works as well: -v ~/music::r:aed:ce2dsa, one letter (r, w, a = both) and
one account, flags after c.
";

const PERMISSIONS: &str = "\
Permissions

  r  read      list folders, download, search, download archives
  w  write     upload, create folders; without r existing files are not shown
  m  move      move and rename from here; the destination needs w
  d  delete    delete, overwrite, append
  g  get       download a file whose name is known, without listing folders
  G  upget     like g, and uploaders receive the keys of their files
  h  html      like g, and folders show their index.html
  .  dot       see files whose names start with a dot in listings, archives, searches and the trash;
               those who know the name of such a file open it with r or g alone
  a  admin     see who uploaded a file; rescan
  A  all       the same as rwmda.

examples: -v x:y:r   -v x:y:rw,ed   -v x:y:A,ed:r,@friends
";

const FILES: &str = "\
Configuration files: -c FILE, or -c FOLDER for all *.conf in it

Three formats are supported: TOML (the name ends in .toml), files of copyparty 1.x (with [sections]),
and files of copyparty 0.11. The command line overrides files.

  [network]
  ports = [3923]

  [uploads]
  dedup = true                     # the default for every volume

  [accounts]
  ed = \"secret\"

  [groups]
  friends = [\"ed\"]

  [[volume]]
  source = \"/srv/pics\"
  mount = \"/pics\"
  access = [\"r: *\", \"rwmd: ed, @friends\"]
  flags = { sz = \"1k-3g\", nodupe = true }

The tables are the groups of --help, the keys the long names of options without dashes.
Relative paths in a TOML file start from its folder.
";
