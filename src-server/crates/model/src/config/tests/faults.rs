//! Every fault is reported, each with a helpful sentence. Configurations that copyparty refuses are refused.

use super::*;

fn check(line: &str, part: &str) {
    let faults = parse(line).expect_err(line);
    assert!(faults.iter().any(|fault| fault.sentence.contains(part)), "{line}: {faults:?}");
}

#[test]
fn refused_at_the_start() {
    check("-v x::r,ed", "Unknown account 'ed'");
    check("-v x::r,@g", "Unknown group '@g'");
    check("-v x::red", "If 'ed' is an account, define it with -a");
    check("-v x", "is not a volume");
    check("-v x:y", "is not a volume");
    check("-v x:y:r -v z:y:r", "Two volumes have this mount point");
    check("-v x:y:r -v x:z:r", "Give one of them hist=FOLDER");
    check("-a ed:x -a kim:x -v x::r", "the same password");
    check("-a ed:x -a ed:y -v x::r", "defined twice");
    check("-a ed -v x::r", "NAME:PASSWORD");
    check("-a ed: -v x::r", "has no password");
    check("-v x::rq", "'q' in 'rq' is not a permission");
    check("-v x::r,-kim", "applies to no account");
    check("-v /missing::r:c,assert_root", "is missing");
    check("-c /missing", "There is no configuration file");
    check("--grp g:ed -v x::r", "unknown account 'ed'");
    check("--admins ed -v x::r", "Unknown account 'ed'");
    check("-v x:\u{0}:r", "NUL");
    assert!(parse("-v x:y:r -v x:z:r:c,hist=h").is_ok());
}

#[test]
fn values_that_make_no_sense() {
    check("-p 80x", "is not a list of ports");
    check("-i eth0", "is not an address");
    check("--df lots", "is not a size");
    check("-v x::r:c,chmod_f=9", "is not a file mode");
    check("--http-only=maybe", "neither yes nor no");
    check("-p", "needs a value");
    check("-p -q", "needs a value");
    check("--exit now", "neither cfg nor idx");
    check("--ls", "needs a value");
    check("--lf-url (", "is not a regular expression");
}

#[test]
fn unknown_options_get_a_suggestion() {
    check("--no-zpi", "did you mean --no-zip?");
    check("--dedpu", "did you mean --dedup?");
    check("--zzzzzzz 5", "Unknown option --zzzzzzz");
    check("folder", "-v folder::r");
}

#[test]
fn all_of_them_at_once() {
    let faults = parse("-p x --no-zpi -v x::r,ed -v y -i nowhere --df lots").expect_err("faults");
    let places: Vec<&str> = faults.iter().map(|fault| fault.at.as_str()).collect();
    for place in ["-p", "--no-zpi", "/", "-v", "-i", "--df"] {
        assert!(places.contains(&place), "{place} in {faults:?}");
    }
}
