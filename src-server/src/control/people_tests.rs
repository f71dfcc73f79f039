//! Accounts are created, renamed and removed wherever settings name them; faults are reported at their field.

use super::*;
use model::account::{Group, GroupName};
use model::volume::{Grant, Volume, VolumeFlags};
use model::{PermSet, Settings, VPath};

fn grant(to: &[Principal], except: &[Principal]) -> Grant {
    Grant { perms: PermSet::parse("r").unwrap(), to: to.to_vec(), except: except.to_vec() }
}

fn settings() -> Settings {
    let account = |name: &str| Account { name: name.into(), secret: Secret::Plain(format!("password of {name}")) };
    let (ann, kim) = (Principal::Account("ann".into()), Principal::Account("kim".into()));
    let volume = Volume {
        source: "/srv/music".into(),
        mount: VPath::parse(b"music").unwrap(),
        grants: vec![
            grant(std::slice::from_ref(&ann), &[]),
            grant(&[ann.clone(), kim], &[]),
            grant(&[Principal::LoggedIn], &[ann]),
        ],
        flags: VolumeFlags::default(),
    };
    let mut settings = Settings {
        accounts: vec![account("ann"), account("kim")],
        groups: vec![Group { name: GroupName("staff".into()), members: vec!["ann".into(), "kim".into()] }],
        volumes: vec![volume],
        ..Settings::default()
    };
    settings.login.admins = vec!["ann".into()];
    settings
}

fn draft(name: &str, password: Option<&str>, is_admin: bool) -> PersonDraft {
    PersonDraft { name: name.into(), password: password.map(str::to_owned), is_admin }
}

fn names(settings: &Settings) -> Vec<&str> {
    settings.accounts.iter().map(|account| account.name.as_str()).collect()
}

#[test]
fn a_new_name_is_applied_everywhere() {
    let mut changed = settings();
    save(&mut changed, Some("ann"), &draft("zoe", None, true)).unwrap();
    assert_eq!(names(&changed), ["kim", "zoe"]);
    assert_eq!(changed.accounts[1].secret, settings().accounts[0].secret, "the password is as it was");
    assert_eq!(changed.groups[0].members, ["kim".into(), "zoe".into()]);
    assert_eq!(changed.login.admins, ["zoe".into()]);
    let zoe = Principal::Account("zoe".into());
    let grants = &changed.volumes[0].grants;
    assert_eq!((&grants[0].to[0], &grants[1].to[0], &grants[2].except[0]), (&zoe, &zoe, &zoe));
    changed.check().unwrap();
}

#[test]
fn accounts_are_added_and_removed() {
    let mut changed = settings();
    save(&mut changed, None, &draft("bob", Some("sesame"), true)).unwrap();
    assert_eq!((names(&changed), changed.login.admins.len()), (vec!["ann", "bob", "kim"], 2));
    assert_eq!(changed.accounts[1].secret, Secret::Plain("sesame".into()));
    save(&mut changed, Some("bob"), &draft("bob", Some("other one"), false)).unwrap();
    assert_eq!(changed.login.admins, ["ann".into()]);
    assert_eq!(changed.accounts[1].secret, Secret::Plain("other one".into()));

    remove(&mut changed, &"ann".into()).unwrap();
    assert_eq!((names(&changed), changed.login.admins.len()), (vec!["bob", "kim"], 0));
    assert_eq!(changed.groups[0].members, ["kim".into()]);
    let kim = Principal::Account("kim".into());
    assert_eq!(changed.volumes[0].grants, [grant(&[kim], &[]), grant(&[Principal::LoggedIn], &[])]);
    changed.check().unwrap();
    let missing = remove(&mut changed, &"ann".into()).unwrap_err();
    assert_eq!(missing.code, ErrorCode::NotFound);
    let missing = save(&mut changed, Some("ann"), &draft("zoe", None, false)).unwrap_err();
    assert_eq!(missing.code, ErrorCode::NotFound);
}

#[test]
fn faults_are_reported_at_their_field() {
    let hashed = |settings: &mut Settings| {
        settings.accounts[1].secret = Secret::Argon2(engine::accounts::hash_password("kims secret").unwrap());
    };
    let long = "x".repeat(65);
    for (was, name, password, want) in [
        (None, "", Some("sesame"), &[("name", "Choose a name")][..]),
        (None, "a b", Some("sesame"), &[("name", "Choose a name")]),
        (None, "*", Some("sesame"), &[("name", "Choose a name")]),
        (None, "ann", Some("sesame"), &[("name", "is taken")]),
        (Some("kim"), "ann", None, &[("name", "is taken")]),
        (None, "bob", None, &[("password", "Enter a password")]),
        (None, "bob", Some("abc"), &[("password", "too short")]),
        (None, "bob", Some(&long), &[("password", "too long")]),
        (None, "bob", Some("sesa\nme"), &[("password", "control character")]),
        (None, "bob", Some("password of ann"), &[("password", "Another account")]),
        (None, "bob", Some("kims secret"), &[("password", "Another account")]),
        (None, "b:b", Some("abc"), &[("name", "Choose a name"), ("password", "too short")]),
    ] {
        let mut changed = settings();
        hashed(&mut changed);
        let before = changed.clone();
        let error = save(&mut changed, was, &draft(name, password, false)).unwrap_err();
        assert_eq!((error.code, error.faults.len()), (ErrorCode::BadSettings, want.len()), "{error:?}");
        for (fault, (at, part)) in error.faults.iter().zip(want) {
            assert!(fault.at == *at && fault.sentence.contains(part), "{fault:?}");
        }
        assert_eq!(changed, before, "{name}");
    }
    let mut changed = settings();
    hashed(&mut changed);
    save(&mut changed, Some("kim"), &draft("kim", Some("kims secret"), false)).expect("one's own password is no fault");
    changed.login.usernames_required = true;
    save(&mut changed, None, &draft("bob", Some("kims secret"), false)).expect("a name tells them apart");
}
