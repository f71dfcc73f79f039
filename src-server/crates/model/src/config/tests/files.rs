//! Configuration files of all three kinds.

use super::*;
use crate::account::Secret;
use crate::index_flags::IndexMode;
use crate::volume::DedupMode;

const OLD: &str = "\
u ed:hunter1
u k:hunter2

./a
/
r
a ed

# second volume
./b
/inc
w
a ed
a k
c e2d
c nodupe
c hist=/var/cache/cpp/inc
";

const NEW: &str = "\
# global options: names as on the command line without dashes
[global]
  i: 127.0.0.1
  p: 4122        # two blanks before the comment
  e2dsa, e2ts    # switches without value may share a line
  nih
  http-only

[accounts]
  ed: hunter1
  k: hunter2

[groups]
  g1: ed, k

[/]
  ./a
  accs:
    r: *
    rw: @g1
    A: ed

[/inc]
  ./b
  accs:
    w: *
    rwmd: ed
  flags:
    nodupe, sz: 1b-3g
    e2d
    hist: /var/cache/cpp/inc
    nohash: \\.iso$

[/multi]
  ./c
  accs:
    r: *, -@acct     # only visitors without account
    rwmd: @acct      # everyone with an account

% more.conf
";

fn world(text: &str) -> FakeEnv {
    FakeEnv::with(&[("/etc/a.conf", text), ("/etc/more.conf", "[/more]\n${FOLDER}\naccs:\nr: *\n")])
}

fn load(text: &str, more: &str) -> Parsed {
    let args: Vec<&str> = "-c /etc/a.conf".split(' ').chain(more.split_whitespace()).collect();
    world(text).parse(&args).unwrap_or_else(|faults| panic!("{faults:?}"))
}

#[test]
fn the_old_example() {
    let all = serve(load(OLD, "-v x:inc:r")).settings;
    assert_eq!(all.volumes.len(), 2, "the file's volume takes the place of the argument's");
    for (mount, who, letters) in [
        ("/", "*", "r"),
        ("/", "ed", "rwa"),
        ("/", "k", "r"),
        ("/inc", "*", "w"),
        ("/inc", "ed", "rwa"),
        ("/inc", "k", "rwa"),
    ] {
        assert_eq!(rights(&all, mount, who), letters, "{mount} {who}");
    }
    let inc = volume(&all, "/inc");
    assert_eq!((inc.source.as_path(), inc.flags.no_dupe), (Path::new("/cwd/b"), true));
    assert_eq!(inc.flags.hist, Some("/var/cache/cpp/inc".into()));
    assert_eq!((inc.flags.index.mode, inc.flags.other.len()), (IndexMode::Changes, 0));
}

#[test]
fn the_new_example() {
    let parsed = load(NEW, "");
    let files: Vec<&str> = parsed.config_files.iter().map(|file| file.to_str().expect("text")).collect();
    assert_eq!(files, ["/etc/a.conf", "/etc/more.conf"]);
    let all = serve(parsed).settings;
    for (mount, who, letters) in [
        ("/", "*", "r"),
        ("/inc", "*", "w"),
        ("/multi", "*", "r"),
        ("/", "ed", "rwmd.a"),
        ("/inc", "ed", "rwmd"),
        ("/multi", "ed", "rwmd"),
        ("/multi", "k", "rwmd"),
        ("/", "k", "rw"),
        ("/more", "*", "r"),
    ] {
        assert_eq!(rights(&all, mount, who), letters, "{mount} {who}");
    }
    assert_eq!(all.network.ports, [4122]);
    let inc = &volume(&all, "/inc").flags;
    assert_eq!(inc.limits.max_size.map(|size| size.0), Some(3 << 30));
    assert_eq!(inc.index.no_hash.as_deref(), Some("\\.iso$"));
    assert_eq!(volume(&all, "/more").source, Path::new("/cwd/from-env"));
}

#[test]
fn arguments_beat_files() {
    let all = serve(load(NEW, "-p 99 --dedup")).settings;
    assert_eq!(all.network.ports, [99]);
    assert_eq!(volume(&all, "/inc").flags.dedup, DedupMode::Symlink);
}

#[test]
fn a_folder_of_files() {
    let world = FakeEnv::with(&[
        ("/d/2.conf", "[global]\np: 2\n"),
        ("/d/1.conf", "[global]\np: 1\nq\n"),
        ("/d/3.txt", "[global]\np: 3\n"),
    ]);
    let all = serve(world.parse(&["-c", "/d"]).expect("settings"));
    assert_eq!((all.settings.network.ports, all.settings.logging.quiet), (vec![2], true));
    assert!(!all.implicit_volume && all.settings.volumes.is_empty());
}

#[test]
fn faults_say_where() {
    for (text, at, part) in [
        ("u ed:x\n\n./a\n./b\n", "/etc/a.conf:3", "must be its path"),
        ("./a\n/x\nrw\n", "/etc/a.conf:3", "is not a setting"),
        ("./a\n/x\na ed k\n", "/etc/a.conf:3", "one account on a line"),
        ("./a\n", "/etc/a.conf:1", "must be its path"),
        ("[global]\nzippy: 3\n", "/etc/a.conf:2", "Unknown option 'zippy'"),
        ("[global]\np\n", "/etc/a.conf:2", "needs a value"),
        ("[golbal]\np: 3\n", "/etc/a.conf:1", "is none of [global]"),
        ("[/x]\naccs:\nr: *\n", "/etc/a.conf:2", "must come before"),
        ("[/x]\n[/y]\ny\n", "/etc/a.conf:1", "has no folder"),
        ("[/x]\nx\nr: *\n", "/etc/a.conf:3", "belongs below accs"),
        ("[/x]\nx\naccs:\nrz: *\n", "/etc/a.conf:4", "is not a permission"),
        ("[/x]\n${NOPE}\n", "/etc/a.conf:2", "no variable 'NOPE'"),
        ("[global]\n% a.conf\n", "/etc/a.conf", "includes itself"),
        ("[global]\n% gone.conf\n", "/etc/gone.conf", "cannot be read"),
    ] {
        let faults = world(text).parse(&["-c", "/etc/a.conf"]).expect_err(text);
        let reported = faults.iter().any(|fault| fault.at == at && fault.sentence.contains(part));
        assert!(reported, "{text}: {faults:?}");
    }
}

const TOML: &str = r#"
[network]
ports = [3923, 80]
listen = "127.0.0.1"
http-only = true

[uploads]
dedup = true

[accounts]
ed = "hunter1"
kim = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA"

[groups]
staff = ["ed", "kim"]

[[volume]]
source = "pics"
mount = "/pics"
access = ["r: *", "rwmd: ed, @staff, -kim"]
flags = { sz = "1k-3g", dedup = false, mte = "+a,b", mtp = ["a=1", "b=2"], df = "1g" }

[[volume]]
source = "~/x"
mount = "/"
access = []
"#;

#[test]
fn our_own_kind() {
    let world = FakeEnv::with(&[("/etc/p/potluck.toml", TOML)]);
    let all = serve(world.parse(&["-c", "/etc/p/potluck.toml", "-p", "5"]).expect("settings")).settings;
    assert_eq!(all.network.ports, [5]);
    let pics = volume(&all, "/pics");
    assert_eq!((pics.source.as_path(), pics.flags.dedup), (Path::new("/etc/p/pics"), DedupMode::Copy));
    assert_eq!((rights(&all, "/pics", "ed"), rights(&all, "/pics", "kim")), ("rwmd".into(), "r".into()));
    assert_eq!(pics.flags.tags.parsers.len(), 2);
    assert_eq!(volume(&all, "/").flags.dedup, DedupMode::Symlink);
}

#[test]
fn our_own_kind_with_faults() {
    for (text, part) in [
        ("[network\n", "This is not TOML"),
        ("[uploads]\nports = 3\n", "'ports' belongs in the table [network]"),
        ("[uploads]\ndedpu = true\n", "did you mean dedup?"),
        ("[newtork]\n", "There is no table [newtork]"),
        ("ports = 3\n", "belongs in the table [network]"),
        ("[network]\nports = 'x'\n", "is not a list of ports"),
        ("[[volume]]\nsource = 'x'\n", "A volume needs"),
        ("[volume]\nsource = 'x'\n", "with two brackets"),
        ("[accounts]\ned = 3\n", "must be text"),
        ("[[volume]]\nsource='x'\nmount='/'\naccess=['r']\n", "is not written as"),
        ("[network]\nports = {a = 1}\n", "A table is not allowed here"),
    ] {
        let world = FakeEnv::with(&[("/p.toml", text)]);
        let faults = world.parse(&["-c", "/p.toml"]).expect_err(text);
        assert!(faults.iter().any(|fault| fault.sentence.contains(part)), "{text}: {faults:?}");
    }
}

/// The parser warns, with the location, of a `#`, quotes or blanks that may or may not be part of a value.
#[test]
fn ambiguous_lines_are_warned_of() {
    let warned = |text: &str| {
        let parsed = FakeEnv::with(&[("/etc/a.conf", text)]).parse(&["-c", "/etc/a.conf"]).expect(text);
        let warnings: Vec<String> = parsed.warnings.iter().filter(|one| one.starts_with("/etc/")).cloned().collect();
        (warnings, serve(parsed).settings)
    };
    let volume = "[/]\n  /srv\n  accs:\n    r: *\n";
    for (line, place, part, secret) in [
        ("b: pw2 # note", "/etc/a.conf:2: ", "not a comment", "pw2 # note"),
        ("b: pw2\t# note", "/etc/a.conf:2: ", "not a comment", "pw2\t# note"),
        ("b: \"pw2\"", "/etc/a.conf:2: ", "quotes", "\"pw2\""),
        ("b: 'pw2'", "/etc/a.conf:2: ", "quotes", "'pw2'"),
        ("b: pw2 ", "/etc/a.conf:2: ", "blanks at the end", "pw2"),
        ("b: p\tw2", "/etc/a.conf:2: ", "tab", "p\tw2"),
    ] {
        let (warnings, settings) = warned(&format!("[accounts]\n  {line}\n{volume}"));
        assert!(warnings.iter().any(|one| one.starts_with(place) && one.contains(part)), "{line}: {warnings:?}");
        assert!(warnings.iter().all(|one| !one.contains("pw2")), "passwords are not repeated: {warnings:?}");
        let Secret::Plain(read) = &settings.accounts[0].secret else { panic!("{line}") };
        assert_eq!(read, secret, "the value is the same as in copyparty");
    }
    for line in ["b: pw2  # note", "# b: x # y", "b: pw#2", "b: pw2", "b: p\"w2"] {
        let (warnings, _) = warned(&format!("[accounts]\n  a: pw1\n  {line}\n{volume}"));
        assert!(warnings.is_empty(), "{line}: {warnings:?}");
    }
    let (warnings, _) = warned(&format!("[global]\n  p: 3923\n{volume}  flags:\n    hist: /x # mine\n"));
    assert!(warnings.iter().any(|one| one.starts_with("/etc/a.conf:8: ")), "{warnings:?}");
    let (warnings, _) = warned("u ed:hunter # mine\n\n/srv\n/\nr\n");
    assert!(warnings.iter().any(|one| one.starts_with("/etc/a.conf:1: ")), "the old kind: {warnings:?}");
    // A byte order mark and Windows line ends have no effect.
    let (warnings, settings) = warned(&format!("\u{feff}[accounts]\n  b: pw2\n{volume}").replace('\n', "\r\n"));
    assert!(warnings.is_empty() && settings.accounts[0].secret == Secret::Plain("pw2".into()), "{warnings:?}");
}

#[test]
fn the_public_address_is_kept() {
    for (text, site, host) in [
        ("https://Files.example.com", "https://Files.example.com", "files.example.com"),
        ("https://files.example.com:8443/x/", "https://files.example.com:8443", "files.example.com"),
        ("files.example.com", "https://files.example.com", "files.example.com"),
        ("http://[2001:db8::1]:80", "http://[2001:db8::1]:80", "[2001:db8::1]"),
    ] {
        let settings = serve(FakeEnv::default().parse(&["--site", text, "-v", "/srv::r"]).expect(text)).settings;
        assert_eq!(settings.network.site.as_deref(), Some(site));
        assert!(
            settings.network.hosts.iter().any(|one| one.eq_ignore_ascii_case(host)),
            "{:?}",
            settings.network.hosts
        );
    }
    for bad in ["ftp://x", "https://", "https://a b", "https://a\"b"] {
        assert!(FakeEnv::default().parse(&["--site", bad, "-v", "/srv::r"]).is_err(), "{bad}");
    }
}
