//! Accounts, logins and bans.

use super::field::Field;
use super::spec::{Kind, Spec};
use super::values;
use crate::account::AccountName;

pub(super) const ROWS: &[Spec] = &[
    Spec::switch("usernames", &[], "a login needs a name and a password, not just a password")
        .sets(Field::Switch(|s| &mut s.login.usernames_required)),
    Spec::switch("no-bauth", &[], "no basic authentication").sets(Field::Switch(|s| &mut s.login.no_basic)),
    Spec::value("logout", &[], Kind::Number, "HOURS", "8086", "how long a login lasts").sets(Field::custom(
        |s, text| whole_hours(text).map(|hours| s.login.session_hours = hours),
        |s| Some(s.login.session_hours.to_string()),
    )),
    Spec::value(
        "ban-pw",
        &[],
        Kind::Text,
        "N,MIN,MIN",
        "9,60,1440",
        "more than N wrong passwords in MIN minutes: ban the client for MIN minutes; `no` = never",
    )
    .sets(Field::custom(
        |s, text| values::ban_rule(text).map(|rule| s.login.ban_passwords = rule),
        |s| Some(values::print_ban_rule(s.login.ban_passwords)),
    )),
    Spec::value(
        "admins",
        &[],
        Kind::List,
        "NAME,NAME",
        "",
        "accounts that may change the settings of this server at /.potluck/admin; they can share any folder of this \
         computer",
    )
    .sets(Field::custom(
        |s, text| {
            s.login.admins = values::list(text).iter().map(|name| AccountName::from(name.as_str())).collect();
            s.login.admins.sort();
            s.login.admins.dedup();
            Ok(())
        },
        |s| {
            let names: Vec<&str> = s.login.admins.iter().map(AccountName::as_str).collect();
            Some(names.join(","))
        },
    )),
    Spec::value("ban-404", &[], Kind::Text, "N,MIN,MIN", "", "the same for URLs that do not exist").not_yet_guarding(),
    Spec::value("ban-403", &[], Kind::Text, "N,MIN,MIN", "", "the same for forbidden URLs").not_yet_guarding(),
    Spec::value("ban-422", &[], Kind::Text, "N,MIN,MIN", "", "the same for malformed requests").not_yet_guarding(),
    Spec::value("ban-url", &[], Kind::Text, "N,MIN,MIN", "", "the same for suspicious URLs").not_yet_guarding(),
    Spec::value("ban-pwc", &[], Kind::Text, "N,MIN,MIN", "", "the same for changes of passwords").not_yet_guarding(),
    Spec::value("ipu", &[], Kind::Repeat, "CIDR=USER", "", "visitors from these addresses are logged in as USER")
        .not_yet(),
    Spec::value("ipr", &[], Kind::Repeat, "CIDR=USER", "", "USER may log in from these addresses only")
        .not_yet_guarding(),
    Spec::value("ah-alg", &[], Kind::Text, "NAME", "", "copyparty: how passwords are hashed; here always Argon2id")
        .not_here(),
    Spec::value("ah-salt", &[], Kind::Text, "TEXT", "", "copyparty: salt of those hashes").not_here(),
    Spec::switch("ah-cli", &[], "copyparty: hash passwords on the terminal; here --hash-password").not_here(),
    Spec::switch("no-ses", &[], "copyparty: the password itself in the cookie").not_here(),
    Spec::value("ses-db", &[], Kind::Path, "FILE", "", "copyparty: where sessions are kept; here in --state-folder")
        .not_here(),
    Spec::value("ses-len", &[], Kind::Number, "CHARS", "", "copyparty: length of session ids").not_here(),
    Spec::switch("chpw", &[], "people may change the passwords of their accounts")
        .sets(Field::Switch(|s| &mut s.login.own_passwords)),
    Spec::value("chpw-no", &[], Kind::Repeat, "U,U", "", "except of these accounts").sets(Field::custom(
        |s, text| {
            let names = values::list(text);
            s.login.fixed_passwords.extend(names.iter().map(|name| AccountName::from(name.as_str())));
            s.login.fixed_passwords.sort();
            s.login.fixed_passwords.dedup();
            Ok(())
        },
        |s| {
            let names: Vec<&str> = s.login.fixed_passwords.iter().map(AccountName::as_str).collect();
            Some(names.join(","))
        },
    )),
    Spec::value("chpw-len", &[], Kind::Number, "CHARS", "8", "fewest characters of a password that people choose")
        .sets(Field::U32(|s| &mut s.login.own_password_chars)),
    Spec::value(
        "chpw-db",
        &[],
        Kind::Path,
        "FILE",
        "",
        "where the passwords are kept that people have chosen, if the accounts are given at the start; by default in the state folder",
    )
    .sets(Field::MaybePath(|s| &mut s.login.own_passwords_file)),
    Spec::value("idp-h-usr", &[], Kind::Repeat, "HEADER", "", "header in which a proxy sends the account").not_yet(),
    Spec::value("idp-h-grp", &[], Kind::Text, "HEADER", "", "header in which a proxy sends the groups").not_yet(),
    Spec::value("idp-h-key", &[], Kind::Text, "HEADER", "", "accept those headers only from requests with this header")
        .not_yet_guarding(),
    Spec::value("idp-gsep", &[], Kind::Text, "RE", "", "what separates groups in the header").not_yet(),
    Spec::value("idp-store", &[], Kind::Number, "0-3", "", "copyparty: what is stored about such accounts").not_yet(),
    Spec::value("auth-ord", &[], Kind::Text, "LIST", "", "order in which credentials are tried").not_yet(),
    Spec::value("pw-urlp", &[], Kind::Text, "NAME", "", "copyparty: name of the password parameter in URLs").not_here(),
];

/// Parses hours, at least 1. copyparty allows fractions; they are rounded up, so that a session does not end at once.
fn whole_hours(text: &str) -> Result<u64, String> {
    let hours: f64 = text.trim().parse().map_err(|_| format!("'{text}' is not a number of hours."))?;
    if !(0.0..=1e9).contains(&hours) {
        return Err(format!("'{text}' is not a number of hours."));
    }
    Ok((hours.ceil() as u64).max(1))
}
