//! Volumes and accounts on the command line, in both grammars.

use super::*;
use crate::account::Secret;
use crate::index_flags::IndexMode;

/// Checks the rights of accounts in the first volume.
fn check(line: &str, expected: &[(&str, &str)]) {
    let settings = settings(line);
    for (who, letters) in expected {
        let who = AccountName::from(*who);
        let rights = settings.volumes[0].rights(&who, &settings.groups_of(&who));
        assert_eq!(rights.letters(), *letters, "{line}: {}", who.as_str());
    }
}

#[test]
fn forms_are_told_apart() {
    let ed = "-a ed:x -a kim:y -a w:z";
    // copyparty 0.11
    check("-v x::r", &[("*", "r")]);
    check("-v x::r:w", &[("*", "rw")]);
    check("-v x::a", &[("*", "rwa")]);
    check(&format!("{ed} -v x::aed"), &[("*", ""), ("ed", "rwa")]);
    check(&format!("{ed} -v x::red:wkim"), &[("ed", "r"), ("kim", "w"), ("*", "")]);
    check(&format!("{ed} -v x::r:aed:ce2dsa"), &[("*", "r"), ("ed", "rwa")]);
    check("-v x::a:cnodupe", &[("*", "rwa")]);
    check(&format!("{ed} -v x::rw"), &[("*", ""), ("w", "r")]);
    // copyparty 1.x
    check("-v x::rw", &[("*", "rw")]);
    check("-v x::A", &[("*", "rwmd.a")]);
    check("-v x::rwmd", &[("*", "rwmd")]);
    check("-v x::a,*", &[("*", "a")]);
    check(&format!("{ed} -v x::rw,ed"), &[("*", ""), ("ed", "rw")]);
    check(&format!("{ed} -v x::r:rwmd,ed,kim"), &[("*", "r"), ("ed", "rwmd"), ("kim", "rwmd")]);
    check(&format!("{ed} -v x::r:a,ed"), &[("*", "r"), ("ed", "ra")]);
    check(&format!("{ed} -v x::rw,ed:c,e2dsa"), &[("ed", "rw")]);
    check(&format!("{ed} --grp g:ed,kim -v x::r,@g:w,@acct"), &[("*", ""), ("ed", "rw"), ("w", "w")]);
    check(&format!("{ed} -v x::r,*,-@acct,-kim:w,kim"), &[("*", "r"), ("ed", ""), ("kim", "w")]);
    check("-v x:: -v y:y:r", &[("*", "")]);
}

#[test]
fn one_letter_accounts_are_warned_about() {
    let parsed = parse("-a w:z -v x::rw").expect("settings");
    assert!(parsed.warnings.iter().any(|warning| warning.contains("'rw' is read as 'r'")), "{:?}", parsed.warnings);
}

#[test]
fn flags_and_their_values() {
    let all = settings("-v ~/music::r:ce2dsa:cmtp=key=f,t5,~/bin/key.py");
    let parsers = all.volumes[0].flags.tags.print_parsers();
    assert_eq!(all.volumes[0].source, PathBuf::from("/home/kim/music"));
    assert_eq!(parsers.as_deref(), Some("key=f,t5,/home/kim/bin/key.py"));
    assert_eq!(all.volumes[0].flags.index.mode, IndexMode::ScanAll);

    let flags = settings("-v x:y:rw:c,nodupe,dedup,sz=1k-2k:c,fk=4").volumes[0].flags.clone();
    assert!(flags.no_dupe && flags.file_key_length == 4);
    assert_eq!(flags.limits.max_size.map(|size| size.0), Some(2048));

    let faults = parse("-v x:y:rw:c,sz=1k-2k,e2dsa").expect_err("two values in one");
    assert!(faults[0].sentence.contains("1k-2k,e2dsa"), "{faults:?}");
}

#[test]
fn places() {
    let all = settings("-v ./a/:/b/c/:r -v ~::r:c,hist=h -v /:d:r");
    let places: Vec<_> = all.volumes.iter().map(|v| (v.source.to_str().expect("text"), v.mount.display())).collect();
    assert_eq!(places, [("/cwd/a", "/b/c".into()), ("/home/kim", "/".to_owned()), ("/", "/d".into())]);
    assert_eq!(all.volumes[1].flags.hist, Some("/cwd/h".into()));
    assert_eq!(
        super::super::volume_argument::split("c:\\some folder:dst:r"),
        Ok(("c:\\some folder".into(), "dst".into(), vec!["r".into()]))
    );
    assert_eq!(settings("--chdir /else -v x::r --hist h").volumes[0].source, PathBuf::from("/else/x"));
}

#[test]
fn accounts_with_hashes() {
    let hash = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA";
    let all = FakeEnv::default().parse(&["-a", &format!("ed:{hash}"), "-a", "kim:a:b c", "-v", "x::r"]).map(serve);
    let all = all.expect("settings").settings;
    assert_eq!(all.accounts[0].secret, Secret::Argon2(hash.into()));
    assert_eq!(all.accounts[1].secret, Secret::Plain("a:b c".into()));
}

#[test]
fn shares_that_are_too_wide() {
    for (line, part) in [
        ("-v /::r", "a whole disk"),
        ("-v ~::r", "your home folder"),
        ("-v /home::r", "contains your home"),
        ("-v x::", "No account has access"),
        ("-v /missing/x::r", "does not exist yet"),
        ("-v x::r:c,nodup", "did you mean nodupe?"),
        ("-v x::r:c,e2dsa,noidx=/secret/,nodupe", "'noidx=' is its value, also 'nodupe'"),
        ("-v x::r:c,e2dsa,noidx=a,{1,2},nodupe,sz=1k-3g", "also 'nodupe,sz'"),
        ("-v x::r:c,hist=/srv/h,nodupe", "also 'nodupe'"),
        ("-e2ts -v x::r", "has no index, so no tags are read"),
        ("-v x::r:c,e2t", "has no index, so no tags are read"),
    ] {
        let warnings = parse(line).expect(line).warnings;
        assert!(warnings.iter().any(|warning| warning.contains(part)), "{line}: {warnings:?}");
    }
    assert_eq!(parse("-v x::rw").map(|parsed| parsed.notes.len()), Ok(1));
    for line in [
        "-v x::r",
        "-v x::r:c,e2dsa,noidx=/secret/:c,nodupe",
        "-v x::r:c,e2dsa,nodupe,noidx=a{1,2}",
        "-v x::r:c,e2dsa,e2ts,mte=artist,title,key",
        "-e2ts -e2d -v x::r",
        "-v x::r:c,e2ts,d2t",
    ] {
        assert_eq!(parse(line).map(|parsed| parsed.warnings), Ok(vec![]), "{line}");
    }
}
