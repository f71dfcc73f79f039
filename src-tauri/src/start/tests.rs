//! The program starts with any settings file, and reports problems.

use super::*;
use std::fs;

fn files(folder: &Path) -> SettingsFiles {
    SettingsFiles::find(Some(&folder.join("settings.toml"))).unwrap()
}

#[test]
fn the_first_start_shares_nothing() {
    let tmp = tempfile::tempdir().unwrap();
    let found = load_settings(&files(tmp.path()), Some(Path::new("/state")));
    assert!(found.problems.is_empty() && found.settings == first_settings(Some(Path::new("/state"))));
    assert_eq!(found.settings.behaviour.hist.as_deref(), Some(Path::new("/state/shares")));
    assert_eq!(fs::read_dir(tmp.path()).unwrap().count(), 0, "looking writes nothing");
}

#[test]
fn damaged_settings_are_renamed_and_the_last_good_ones_used() {
    let tmp = tempfile::tempdir().unwrap();
    let files = files(tmp.path());
    fs::write(&files.settings, "[general]\nname = 'kitchen'\n").unwrap();
    files.save_last_good();
    fs::write(&files.settings, "[general\nname = ").unwrap();
    let found = load_settings(&files, None);
    assert_eq!(found.settings.behaviour.name, "kitchen");
    let [problem] = &found.problems[..] else { panic!("one problem: {:?}", found.problems) };
    assert_eq!(problem.code, ProblemCode::SettingsDamaged);
    let aside: Vec<_> = fs::read_dir(tmp.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().contains(".damaged-"))
        .collect();
    assert_eq!(fs::read_to_string(&aside[0]).unwrap(), "[general\nname = ");
    assert!(problem.sentence.contains(&*aside[0].to_string_lossy()), "{}", problem.sentence);
    assert!(!files.settings.exists());
}

#[test]
fn damaged_settings_without_a_copy_share_nothing() {
    let tmp = tempfile::tempdir().unwrap();
    let files = files(tmp.path());
    fs::write(&files.settings, b"\xff\xfe").unwrap();
    let found = load_settings(&files, None);
    assert!(found.settings == first_settings(None) && found.problems.len() == 1);
}

#[test]
fn the_configured_port_is_tried_first_after_a_fallback_too() {
    let first =
        |configured: &[u16], port_fallback: Option<PortFallback>| ports_to_try(configured, port_fallback)[0].clone();
    let port_fallback = Some(PortFallback { configured: 3923, instead: 3924 });
    assert_eq!(first(&[3923], None), [3923]);
    assert_eq!(first(&[3924], port_fallback), [3923]);
    assert_eq!(first(&[4000], port_fallback), [4000], "the port was changed meanwhile");
    assert_eq!(ports_to_try(&[3924], port_fallback)[1], [3924]);
    assert_eq!(ports_to_try(&[3923], None).len(), 11);
    assert_eq!(ports_to_try(&[80, 443], None), [[80, 443]], "several ports are not replaced");
    assert_eq!(ports_to_try(&[0], None), [[0]]);
}
