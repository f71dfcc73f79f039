//! Input from administrators and others: arguments, files, names.

use super::{Case, plain};
use model::config::{FileKind, ParseEnv, parse_args, parse_toml};
use model::{Networks, VPath, natural, portable};
use std::path::{Path, PathBuf};

/// Runs `act` in a fake environment: a path with an extension is a file with the content `text` (below `/inc`: with one
/// comment), and every other path is a folder.
fn within<T>(text: &str, act: impl FnOnce(&ParseEnv<'_>) -> T) -> T {
    let kind_of = |path: &Path| match path.extension() {
        Some(_) => FileKind::File,
        None => FileKind::Folder,
    };
    let read_file = |path: &Path| -> Result<String, String> {
        Ok(if path.starts_with("/inc") { "# nothing\n".into() } else { text.to_owned() })
    };
    let list_dir = |_: &Path| -> Result<Vec<PathBuf>, String> { Ok(Vec::new()) };
    let var = |_: &str| None;
    act(&ParseEnv {
        cwd: Path::new("/cwd"),
        home: Some(Path::new("/home/kim")),
        kind_of: &kind_of,
        read_file: &read_file,
        list_dir: &list_dir,
        var: &var,
    })
}

fn lines(head: &str, n: usize, line: impl Fn(usize) -> String) -> String {
    let mut text = head.to_owned();
    (0..n).for_each(|at| text.push_str(&line(at)));
    text
}

fn in_file(name: &'static str, make: impl Fn(usize) -> String + 'static) -> Case<'static> {
    plain(name, 1000, make, |text: &String| {
        within(text, |env| drop(parse_args(&["-c", "/c.conf"], env)));
    })
}

fn as_arguments(name: &'static str, make: impl Fn(usize) -> Vec<String> + 'static) -> Case<'static> {
    plain(name, 500, make, |args: &Vec<String>| {
        within("", |env| drop(parse_args(args, env)));
    })
}

/// A case with few elements, because each is compared with all known options to suggest one.
fn few(case: Case<'static>) -> Case<'static> {
    Case { least: 60, ..case }
}

pub fn cases() -> Vec<Case<'static>> {
    let repeat = |option: &'static str, value: fn(usize) -> String| {
        move |n: usize| -> Vec<String> { (0..n).flat_map(|at| [option.to_owned(), value(at)]).collect() }
    };
    vec![
        in_file("comments in a file", |n| lines("", n, |at| format!("# {at}\n"))),
        in_file("options in a file", |n| lines("[global]\n", n, |at| format!("  name: {at}\n"))),
        few(in_file("unknown options in a file", |n| lines("[global]\n", n, |at| format!("  zz{at}: {at}\n")))),
        in_file("accounts in a file", |n| lines("[accounts]\n", n, |at| format!("  a{at}: pw{at}\n"))),
        in_file("groups in a file", |n| lines("[groups]\n", n, |at| format!("  g{at}: a, b\n"))),
        in_file("members of a group", |n| {
            let names: Vec<_> = (0..n).map(|at| format!("a{at}")).collect();
            format!("[groups]\n  g: {}\n", names.join(", "))
        }),
        in_file("volumes in a file", |n| lines("", n, |at| format!("[/v{at}]\n  /src/v{at}\n  accs:\n    r: *\n"))),
        in_file("nested volumes in a file", |n| {
            lines("", n.min(200), |at| format!("[/{}]\n  /src/v{at}\n  accs:\n    r: *\n", "d/".repeat(at)))
        }),
        in_file("rights in a volume", |n| lines("[/v]\n  /src\n  accs:\n", n, |at| format!("    r: a{at}\n"))),
        few(in_file("flags in a volume", |n| lines("[/v]\n  /src\n  flags:\n", n, |at| format!("    zz{at}: 1\n")))),
        in_file("includes in a file", |n| lines("[global]\n  q\n", n, |at| format!("% /inc/{at}.conf\n"))),
        in_file("lines of the old form", |n| lines("", n, |at| format!("u a{at}:pw{at}\n"))),
        in_file("volumes of the old form", |n| lines("", n, |at| format!("/src/v{at}\n/v{at}\nr *\n\n"))),
        plain(
            "volumes in a TOML file",
            300,
            |n| lines("", n, |at| format!("[[volumes]]\nsource = \"/src/v{at}\"\nmount = \"v{at}\"\n")),
            |text| within("", |env| drop(parse_toml(text, "c.toml", env))),
        ),
        as_arguments("volumes as arguments", repeat("-v", |at| format!("/src/v{at}:v{at}:r"))),
        as_arguments("accounts as arguments", repeat("-a", |at| format!("a{at}:pw"))),
        as_arguments("groups as arguments", repeat("--grp", |at| format!("g{at}:a,b"))),
        few(as_arguments("unknown arguments", |n| (0..n).map(|at| format!("--zz{at}")).collect())),
        as_arguments("rights in an argument", |n| vec!["-v".into(), lines("/src:v", n, |at| format!(":r,a{at}"))]),
        few(as_arguments("flags in an argument", |n| {
            vec!["-v".into(), lines("/src:v:r", n, |at| format!(":c,zz{at}=1"))]
        })),
        as_arguments("parts of --ls", |n| {
            vec!["-v".into(), "/src::r".into(), "--ls".into(), lines("**,*", n, |at| format!(",p{at}"))]
        }),
        as_arguments("ports", |n| {
            vec!["-p".into(), (0..n).map(|at| (at % 60_000 + 1).to_string()).collect::<Vec<_>>().join(",")]
        }),
        as_arguments("addresses", |n| {
            vec![
                "-i".into(),
                (0..n).map(|at| format!("10.0.{}.{}", at / 250 % 250, at % 250)).collect::<Vec<_>>().join(","),
            ]
        }),
        plain(
            "networks",
            500,
            |n| (0..n).map(|at| format!("10.{}.{}.0/24", at / 256 % 256, at % 256)).collect::<Vec<_>>(),
            |items| drop(Networks::parse(items)),
        ),
        plain("components of a path", 50, |n| "a/".repeat(n), |text: &String| drop(VPath::parse(text.as_bytes()))),
        plain("steps up in a path", 500, |n| "a/../".repeat(n), |text: &String| drop(VPath::parse(text.as_bytes()))),
        plain("slashes in a path", 500, |n| "/".repeat(n), |text: &String| drop(VPath::parse(text.as_bytes()))),
        plain(
            "digits in a name",
            1000,
            |n| "1".repeat(n),
            |text: &String| natural::push_key(&mut Vec::new(), text.as_bytes()),
        ),
        plain(
            "numbers in a name",
            1000,
            |n| "1a".repeat(n),
            |text: &String| natural::push_key(&mut Vec::new(), text.as_bytes()),
        ),
        plain(
            "odd letters in a name",
            1000,
            |n| "?:".repeat(n),
            |text: &String| drop(portable::portable(text.as_bytes())),
        ),
    ]
}
