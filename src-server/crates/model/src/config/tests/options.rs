//! Options set their fields, and the flags of every volume that does not override them.

use super::*;
use crate::index_flags::IndexMode;
use crate::settings::{Encryption, Listen};
use crate::tag_flags::TagMode;
use crate::volume::DedupMode;

#[test]
fn no_options_share_the_working_directory() {
    let serve = serve(parse("").expect("settings"));
    assert!(serve.implicit_volume);
    assert_eq!(serve.settings.volumes.len(), 1);
    assert_eq!(serve.settings.volumes[0].source, PathBuf::from("/cwd"));
    assert_eq!(rights(&serve.settings, "/", "*"), "r");
    assert!(!super::serve(parse("-v x::r").expect("settings")).implicit_volume);
}

#[test]
fn the_benchmark_command_line_works() {
    let line = "-q -i 127.0.0.1 -p 4000 -v /data::rwmd --hist /scratch/hist --wram --http-only -e2dsa --no-hash . -e2ts \
                --no-mtag-ff --dedup --no-thumb --exit idx";
    let parsed = parse(line).expect("settings");
    assert_eq!(parsed.warnings.len(), 1, "{:?}", parsed.warnings);
    assert!(parsed.warnings[0].contains("--wram"));
    let serve = serve(parsed);
    assert_eq!(serve.exit_after, Some(ExitAfter::Index));
    let all = serve.settings;
    assert_eq!((all.network.ports, all.network.encryption), (vec![4000], Encryption::PlainOnly));
    assert_eq!(all.network.listen, [Listen::Ip("127.0.0.1".parse().expect("address"))]);
    assert_eq!(all.behaviour.hist, Some("/scratch/hist".into()));
    assert!(all.logging.quiet && all.behaviour.no_ffprobe);
    assert_eq!(all.volumes[0].flags.dedup, DedupMode::Symlink);
    let other: Vec<&str> = all.volumes[0].flags.other.iter().map(|(name, _)| name.as_str()).collect();
    assert!(other.is_empty(), "{other:?}");
    assert_eq!(all.volumes[0].flags.tag_mode(), TagMode::All);
    assert!(all.volumes[0].flags.thumbnails.off);
    let index = &all.volumes[0].flags.index;
    assert_eq!((index.mode, index.no_hash.as_deref()), (IndexMode::ScanAll, Some(".")));
    // A switch in 0.11, an option with a value in 1.x.
    assert!(parse("-e2dsa --no-hash -q").is_ok());
}

#[test]
fn spellings() {
    for line in ["-p 80,90", "-p=80,90", "-p80,90", "--ports 80,90", "--ports=80,90", "--port 80,90"] {
        assert_eq!(settings(line).network.ports, [80, 90], "{line}");
    }
    assert_eq!(settings("--rproxy -1").network.forwarded_depth, -1);
    assert_eq!(settings("-nw -nih -nid -nc 5").network.max_connections, 5);
    let admins = settings("-a kim:x -a ed:y --admins kim,ed,kim").login.admins;
    assert_eq!(admins, ["ed".into(), "kim".into()]);
    assert!(!settings("-nw -nw=no").behaviour.write_nothing);
    assert_eq!(settings("--salt a").behaviour.wark_salt, settings("--warksalt a").behaviour.wark_salt);
    assert_eq!(settings("-lo log/%Y.txt").logging.file.as_deref(), Some("/cwd/log/%Y.txt"));
    assert_eq!(settings("--site https://Files.example/x --host b").network.hosts, ["files.example", "b"]);
}

#[test]
fn options_are_defaults_of_volumes() {
    let all = settings(
        "--dedup --hardlink --no-dupe --rand --nrand 12 --df 4 -ed --daw -v a:a:r -v b:b:r:c,-rand,-no-such,df=1g",
    );
    let (a, b) = (&volume(&all, "/a").flags, &volume(&all, "/b").flags);
    assert_eq!((a.dedup, a.no_dupe, a.random_names, a.random_length), (DedupMode::Hardlink, true, true, 12));
    assert_eq!((a.dots_for_all, a.put_overwrites, a.limits.min_free.map(|size| size.0)), (true, true, Some(4 << 30)));
    assert_eq!((b.random_names, b.limits.min_free.map(|size| size.0)), (false, Some(1 << 30)));
    let all = settings("--dedup --df 4k -v a:a:r:c,-dedup,-df");
    assert_eq!(volume(&all, "/a").flags, crate::VolumeFlags::default());
}

#[test]
fn d2_beats_e2_and_lists_add_up() {
    let mode = |line: &str| settings(line).volumes[0].flags.index_mode();
    let verifies = |line: &str| settings(line).volumes[0].flags.index.verifies_at_start();
    for (line, want) in [
        ("-e2dsa -v x::r", false),
        ("-e2dsa -e2v -v x::r", true),
        ("-e2dsa -v x::r:c,e2vu", true),
        ("-e2dsa -e2vp -v x::r", true),
        ("-e2dsa -e2vu -v x::r:c,d2v", false),
        ("-e2dsa -e2v -v x::r:c,-e2v", false),
    ] {
        assert_eq!(verifies(line), want, "{line}");
    }
    let tags = |line: &str| settings(line).volumes[0].flags.tag_mode();
    for (line, want) in [
        ("-e2dsa -v x::r", TagMode::Off),
        ("-e2ts -v x::r", TagMode::Off),
        ("-e2d -e2t -v x::r", TagMode::Uploads),
        ("-e2dsa -e2tsr -e2t -v x::r:c,e2ts", TagMode::Again),
        ("-e2dsa -v x::r:c,e2ts", TagMode::All),
        ("-e2dsa -e2ts -v x::r:c,d2t", TagMode::Off),
        ("-e2dsa -e2tsr -v x::r:c,d2ts", TagMode::Uploads),
        ("-e2dsa -e2ts -v x::r:c,-e2ts", TagMode::Uploads),
        ("-e2dsa -e2ts -v x::r:c,-e2t", TagMode::Off),
        ("-e2dsa -e2ts -v x::r:c,d2d", TagMode::Off),
    ] {
        assert_eq!(tags(line), want, "{line}");
    }
    let all = settings("-e2dsa -mte artist,title -mtm a=b -mtm c=d,e -v x::r:c,mte=+.bpm:c,mtm=a=x");
    let tags = &all.volumes[0].flags.tags;
    assert_eq!((tags.names.join(","), tags.print_mappings()), ("artist,title,.bpm".into(), Some("a=x;c=d,e".into())));
    for (line, want) in [
        ("-v x::r", IndexMode::Off),
        ("-e2d -v x::r", IndexMode::Changes),
        ("-e2dsa -e2d -v x::r:c,e2ds", IndexMode::ScanAll),
        ("-e2ds -v x::r:c,e2d", IndexMode::ScanWritable),
        ("-e2dsa -v x::r:c,d2ds", IndexMode::Changes),
        ("-e2dsa -v x::r:c,d2d", IndexMode::Off),
        ("-e2v -v x::r", IndexMode::Changes),
        ("-e2v -v x::r:c,d2d", IndexMode::Off),
        ("-e2dsa -v x::r:c,-e2dsa", IndexMode::ScanWritable),
        ("-e2dsa -v x::r:c,-e2d", IndexMode::Off),
    ] {
        assert_eq!(mode(line), want, "{line}");
    }
    let no_hash = |line: &str| settings(line).volumes[0].flags.index.no_hash.clone();
    assert_eq!(no_hash("-v x::r:c,dhash").as_deref(), Some("."));
    assert_eq!(no_hash("--no-hash -v x::r:c,ehash"), None);
    let parsers = |line: &str| settings(line).volumes[0].flags.tags.print_parsers();
    let own = "-mte +a,b,c -mtp a=1 -v x::r:c,mtp=b=2:c,mtp=c=~/3";
    assert_eq!(parsers(own).as_deref(), Some("b=/cwd/2\nc=/home/kim/3\na=/cwd/1"));
    assert_eq!(parsers("-mte +a -mtp a=1 -v x::r:c,-mtp"), None);
    let faults = parse("-mtp mood=x -v x::r").expect_err("a tag that is not kept");
    assert!(faults[0].sentence.contains("-mte +mood"), "{faults:?}");
    assert!(parse("-mtp key -v x::r").is_err());
}

#[test]
fn early_ends() {
    for (line, part) in [
        ("-h", "--no-zip"),
        ("--nonsense --help", "examples"),
        ("--help-volumes", "SRC:DST:PERMS"),
        ("--help-perms", "upget"),
        ("--help-flags", "sz=MIN-MAX"),
        ("--help-files", "[[volume]]"),
    ] {
        match parse(line).expect(line).action {
            Action::Help(text) => {
                assert!(text.contains(part), "{line}");
                let too_wide: Vec<&str> = text.lines().filter(|line| line.chars().count() > 140).collect();
                assert_eq!(too_wide, Vec::<&str>::new(), "{line}");
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(parse("--version").map(|parsed| parsed.action), Ok(Action::Version));
    assert_eq!(parse("--ah-gen pw").map(|parsed| parsed.action), Ok(Action::HashPassword(Some("pw".into()))));
    assert_eq!(parse("--hash-password").map(|parsed| parsed.action), Ok(Action::HashPassword(None)));
}

#[test]
fn listing_requests() {
    let request = serve(parse("--ls **,*,ln,p,r -v x::r").expect("settings")).list.expect("a request");
    assert_eq!((request.account.as_str(), request.volume), ("**", None));
    assert!(request.leaving_links && request.fail_on_links && request.then_serve && !request.verbose);
    assert!(parse("--ls *,/a,q -v x::r").is_err());
}

#[test]
fn careful_presets_give_way() {
    let all = settings("-ss --unpost 5 -v x::r");
    assert!(all.behaviour.no_delete && all.behaviour.no_move && all.behaviour.vague_denial);
    assert_eq!(all.behaviour.unpost_secs, 5);
    let serve = serve(parse("-sss -v x::r").expect("settings"));
    assert!(serve.settings.logging.file.is_some() && serve.list.is_some_and(|list| list.then_serve));
}

#[test]
fn options_without_effect_are_listed() {
    let warnings = parse("--ipr 10.0.0.0/8=ed --theme 1 --qr --smb -v x::r:c,zipmaxs=1k").expect("settings").warnings;
    for (part, names) in
        [("Take care", "--ipr, the flag zipmaxs"), ("do nothing yet", "--theme, --qr"), ("no effect here", "--smb")]
    {
        assert!(warnings.iter().any(|warning| warning.contains(part) && warning.contains(names)), "{warnings:?}");
    }
}
