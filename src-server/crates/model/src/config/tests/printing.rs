//! Settings round-trip through TOML and through a command line; the parsers never panic on any input.

use super::super::command_line::{shell_line, to_arguments};
use super::super::parse_toml;
use super::super::toml_out::to_toml;
use super::*;
use crate::options;
use proptest::prelude::*;

/// Checks both round trips.
fn check(world: &FakeEnv, settings: &Settings) {
    let text = to_toml(settings);
    let again =
        world.enter(|env| parse_toml(&text, "x.toml", env)).unwrap_or_else(|faults| panic!("{text}\n{faults:?}"));
    assert_eq!(serve(again).settings, *settings, "{text}");
    if let Ok(arguments) = to_arguments(settings) {
        if arguments.is_empty() {
            return;
        }
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let again = world.parse(&words).unwrap_or_else(|faults| panic!("{arguments:?}\n{faults:?}"));
        let mut again = serve(again);
        if again.implicit_volume {
            again.settings.volumes.clear();
        }
        assert_eq!(again.settings, *settings, "{arguments:?}");
    }
}

#[test]
fn examples_survive() {
    for line in [
        "",
        "-q -i 127.0.0.1,::1,unix:770:www:/run/x.sock -p 80,3923 --http-only --rproxy -1 --xff-src no --ipa lan",
        "-a ed:x:y -a kim:$argon2id$v=19$m=1,t=1,p=1$c2FsdHNhbHQ$aGFzaA --grp g:ed,kim -v x::r,@g,-kim:A,ed:w,@acct",
        "--dedup --hardlink -e2dsa -mte +a,b -mtp a=1 -v x:y:r:c,mtp=b=x/2,3:c,sz=-3g -v z:z:a,*:c,fka=4:c,lifetime=5:c,rotn=10,2",
        "-a ed:x -a kim:y --admins kim,ed -v x::r",
        "--ban-pw no --urlform stash --name N --u2j 4 --u2sz 1,32,96 --u2sort n --u2ow 1 --no-hash --hist h --logout 1.5 -v x::g:c,chmod_f=600",
        "-v x::r:c,md_hist=n -v y:y:r:c,md_nhist=3 -v z:z:r:c,maxn=4k,1h:c,maxb=1g,60:c,vmaxn=4:c,vmaxb=3b:c,hist=h",
        "-e2dsa -e2ts --no-mtag-ff --no-mutagen --mtag-to 9 -mte artist,key -mth +key -mtp key=f,an,~/k -mtm a=b -v x::r:c,mte=+x:c,mtm=c=d,e:c,e2tsr",
        "-e2dsa -e2v --hash-idle -v x::r:c,e2vu,-e2v:c,noidx=a:c,nodirsz -v y:y:r:c,d2v -v z:z:r:c,e2vp:c,dhash",
        "-e2dsa -e2ts --no-mtag-ff --no-mutagen --mtag-to 9 -mte artist -mtm a=b -v x::r:c,mte=+x:c,mtm=c=d,e:c,e2tsr",
        "--trash-days 7 --trash-max 5% -v x:y:r:c,trash_max=3g -v z:z:r:c,no_trash -v w:w:r:c,trash=90",
        "--no-vthumb --th-ff-jpg --q-mp3 192 --q-opus 96 --allow-flac --no-caf --ac-maxage 60 -v x::r:c,dathumb,dethumb,aconvt=30",
        "--no-acode --allow-wav --no-owa --q-mp3 q5 --ac-convt 20 --no-athumb -v x::r",
        "--shr-who a -v x::r:c,shr_who=no -v y:y:r -v z:z:r:c,shr_who=auth",
        "--no-dav --dav-inf --dav-mac --dav-port 3990,3991 --dav-ua1 no --p-nodav 80 --ua-nodav ^x --dav-auth --zm-ld /d/ -v x::r:c,-davauth",
        "--ftp 3921 --ftps 3990 --ftp4 --ftp-i 127.0.0.1 --ftp-ipa lan --ftp-pr 12000-12099 --ftp-nat 192.0.2.1 --ftp-no-ow --ftp-banner hi --ftpv -v x::r",
        "--sftp 3922 --sftp4 --sftp-i 127.0.0.1 --sftp-ipa lan --sftp-pw --sftp-anon any --sftp-hostk /k --sftp-banner hi --sftp-hs-t 9 --sftpv --sftpvv -v x::r",
        "--tftp 3969 --tftp4 --tftp-i 127.0.0.1 --tftp-ipa any --tftp-pr 12000-12099 --tftp-lsf no --tftp-nols --tftpv --tftpvv -v x::r",
        "-emp --grid --sort -ts,tags/artist --dothidden --html-head <meta> -v x::r:c,-emp:c,unlist=[.]bak$ -v y:y:r:c,norobots,dlni:c,readmes=a.md,b.md",
        "--unlist ^a --prologues a.html,b.html -v x::r:c,robots:c,sort=href:c,-grid:c,html_head=<b>",
        "-v x:y:",
    ] {
        let mut all = settings(line);
        if line.is_empty() {
            all.volumes.clear();
        }
        check(&FakeEnv::default(), &all);
    }
}

#[test]
fn lines_for_shells() {
    let arguments = to_arguments(&settings("-p 80 -a ed:it's -v x:/y:r:c,dedup")).expect("arguments");
    assert_eq!(shell_line(&arguments), "-p 80 -a 'ed:it'\\''s' -v '/cwd/x:/y:r,*:c,dedup'");
    let toml = "[[volume]]\nsource = 'a:b'\nmount = '/'\naccess = []\n";
    let all = serve(FakeEnv::default().enter(|env| parse_toml(toml, "x", env)).expect("settings")).settings;
    assert!(to_arguments(&all).is_err());
    check(&FakeEnv::default(), &all);
}

/// Values, valid for some option or for none.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => prop::sample::select(vec![
            "1", "7", "0", "-1", "80,90", "127.0.0.1", "x", "/a/b", "~", ".", "4g", "1k-3m", "9,60,10", "no", "yes", "ed",
            "644", "%Y-%m", "a=b", "c", "n", "s", "print,get", "1k,2h", "a,b", "::1,unix:600:/s", "10.0.0.0/8", "\"", "'", "",
        ])
        .prop_map(str::to_owned),
        1 => "[ -~]{0,12}",
        1 => any::<String>(),
    ]
}

fn volume_text() -> impl Strategy<Value = String> {
    let flags: Vec<&str> = options::all().flat_map(|spec| spec.flags.to_vec()).collect();
    let item = prop_oneof![
        prop::sample::select(vec!["r", "w", "a", "rw", "aed", "rw,ed", "A,@g", "r,*,-ed", "rwmd,@acct", "", "rq"])
            .prop_map(str::to_owned),
        (prop::sample::select(flags.clone()), value()).prop_map(|(flag, value)| format!("c,{flag}={value}")),
        (prop::sample::select(flags.clone()), prop::sample::select(flags)).prop_map(|(a, b)| format!("c,{a},-{b}")),
        value(),
    ];
    let path = prop::sample::select(vec!["x", "a/b", "", "~/x", "/", ".", "ü", "c:\\x"]);
    (path.clone(), path, prop::collection::vec(item, 0..4))
        .prop_map(|(source, mount, items)| format!("{source}:{mount}:{}", items.join(":")))
}

fn word() -> impl Strategy<Value = Vec<String>> {
    let known: Vec<String> = options::all()
        .filter(|spec| {
            spec.is_global() && !spec.name.starts_with("help") && !["version", "hash-password"].contains(&spec.name)
        })
        .map(|spec| spec.written())
        .collect();
    prop_oneof![
        4 => (prop::sample::select(known.clone()), value()).prop_map(|(name, value)| {
            let takes = options::by_argument(&name).is_some_and(|spec| spec.takes_value());
            if takes { vec![name, value] } else { vec![name] }
        }),
        1 => (prop::sample::select(known), value()).prop_map(|(name, value)| vec![format!("{name}={value}")]),
        3 => volume_text().prop_map(|volume| vec!["-v".into(), volume]),
        1 => Just(vec!["-a".into(), "ed:x".into(), "--grp".into(), "g:ed".into()]),
        1 => any::<String>().prop_map(|word| vec![word]),
    ]
}

fn config_text() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        prop::sample::select(vec![
            "[global]",
            "[accounts]",
            "[groups]",
            "[/x]",
            "[/]",
            "accs:",
            "flags:",
            "r: *",
            "rw: ed, @g",
            "ed: x",
            "g: ed",
            "p: 80",
            "e2dsa, q",
            "% /etc/b.conf",
            "% a.conf",
            "u ed:x",
            "./a",
            "/x",
            "r",
            "a ed",
            "c e2d",
            "",
            "# x",
            "${HOME}",
            "[[volume]]",
            "source = 'x'",
            "mount = '/y'",
            "access = ['r: *']",
            "[network]",
            "ports = [1, 2]",
            "[volume.flags]",
            "sz = '1k-2k'",
            "dedup = false",
            "flags = 3",
            "[uploads]",
            "dedup = true",
            "[general]",
            "name = 'x'",
        ])
        .prop_map(str::to_owned),
        (prop::sample::select(options::all().map(|spec| spec.name).collect::<Vec<_>>()), value())
            .prop_map(|(name, value)| format!("{name} = '{value}'")),
        value(),
    ];
    prop::collection::vec(line, 0..12).prop_map(|lines| lines.join("\n"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_arguments(words in prop::collection::vec(word(), 0..5)) {
        let words: Vec<String> = words.concat();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let world = FakeEnv::default();
        match world.parse(&words) {
            Err(faults) => prop_assert!(!faults.is_empty()),
            Ok(parsed) => if let Action::Serve(serve) = parsed.action {
                let mut all = serve.settings;
                if serve.implicit_volume {
                    all.volumes.clear();
                }
                check(&world, &all);
            },
        }
    }

    #[test]
    fn any_file(text in config_text(), toml in any::<bool>()) {
        let name = if toml { "/etc/a.toml" } else { "/etc/a.conf" };
        let world = FakeEnv::with(&[(name, &text), ("/etc/b.conf", "[accounts]\ned: x\n")]);
        match world.parse(&["-c", name]) {
            Err(faults) => prop_assert!(!faults.is_empty()),
            Ok(parsed) => check(&world, &serve(parsed).settings),
        }
    }
}
