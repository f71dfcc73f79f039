//! Security: permitted operations, and visibility of files.

use super::field::Field;
use super::spec::{Kind, Spec};
use super::values;
use crate::perm::{FileKeys, PermSet};
use crate::units::UnixMillis;
use crate::volume::{ShareWho, VolumeFlags};
use crate::vpath::{VPath, percent_decode};

pub(super) const ROWS: &[Spec] = &[
    Spec::switch("outlinks", &[], "follow symlinks that lead out of the shared folders, read-only")
        .flag(&["outlinks"])
        .sets_flag(Field::Switch(|f| &mut f.follow_links_out)),
    Spec::switch("s", &["-s"], "security level 1: --no-thumb --no-mtag-ff --no-robots"),
    Spec::switch("ss", &["-ss"], "security level 2: also --unpost 0 --no-del --no-mv --dav-auth --vague-403 -nih"),
    Spec::switch(
        "sss",
        &["-sss"],
        "security level 3: also --no-dav --no-logues --no-readme, log to a file, check for symlinks that leave volumes",
    ),
    Spec::switch("dots", &["-ed"], "permission to read includes dotfiles")
        .flag(&["dots"])
        .sets_flag(Field::Switch(|f| &mut f.dots_for_all)),
    Spec::switch("no-zip", &[], "disable downloads of archives").sets(Field::Switch(|s| &mut s.behaviour.no_archives)),
    Spec::switch("no-del", &[], "disable deleting").sets(Field::Switch(|s| &mut s.behaviour.no_delete)),
    Spec::switch("no-mv", &[], "disable moving and renaming").sets(Field::Switch(|s| &mut s.behaviour.no_move)),
    Spec::switch("no-cp", &[], "disable copying").sets(Field::Switch(|s| &mut s.behaviour.no_copy)),
    Spec::switch("hide-host", &["-nih"], "copyparty: no host name in pages; here it is never shown").not_here(),
    Spec::switch("hide-disk", &["-nid"], "no disk usage in pages").sets(Field::Switch(|s| &mut s.behaviour.hide_disk)),
    Spec::switch("no-robots", &[], "tell search engines to stay away")
        .sets(Field::Switch(|s| &mut s.behaviour.no_robots)),
    Spec::switch("vague-403", &[], "forbidden paths look as if they did not exist")
        .sets(Field::Switch(|s| &mut s.behaviour.vague_denial)),
    Spec::switch("getmod", &[], "carry out changes by GET without asking for confirmation on a page")
        .sets(Field::Switch(|s| &mut s.behaviour.change_by_get)),
    Spec::switch("allow-csrf", &[], "accept changes from pages of other sites")
        .sets(Field::Switch(|s| &mut s.behaviour.allow_foreign_origin)),
    Spec::switch("ih", &[], "folders with an index.html show it").sets(Field::Switch(|s| &mut s.behaviour.index_html)),
    Spec::switch("zip-root", &[], "archives have the files at their root instead of in one folder")
        .sets(Field::Switch(|s| &mut s.behaviour.archive_contents_at_root)),
    Spec::value(
        "fk",
        &[],
        Kind::Optional,
        "CHARS",
        "",
        "files have keys; without r a download needs the key. CHARS = length, 8 by default",
    )
    .flag_only(&["fk"])
    .sets_flag(Field::Custom {
        set: |f, text| set_keys(f, text, false),
        get: |f| get_keys(f, false),
        reset: reset_keys,
    }),
    Spec::value(
        "fka",
        &[],
        Kind::Optional,
        "CHARS",
        "",
        "like fk, but keys depend only on the path, so they survive changes of the file",
    )
    .flag_only(&["fka"])
    .sets_flag(Field::Custom {
        set: |f, text| set_keys(f, text, true),
        get: |f| get_keys(f, true),
        reset: reset_keys,
    }),
    Spec::switch("no-html", &["--no-script"], "HTML files are shown as text")
        .flag(&["nohtml", "noscript"])
        .sets_flag(Field::Switch(|f| &mut f.no_html)),
    Spec::value("dk", &[], Kind::Optional, "CHARS", "", "folders have keys").flag_only(&["dk"]).not_yet(),
    Spec::switch("dks", &[], "keys of folders also open the folders below").flag_only(&["dks"]).not_yet(),
    Spec::switch("dky", &[], "everyone may see keys of folders").flag_only(&["dky"]).not_yet(),
    Spec::value(
        "fk-salt",
        &[],
        Kind::Text,
        "TEXT",
        "",
        "copyparty: salt of the keys of files; here generated and stored by the server",
    )
    .not_here(),
    Spec::value("dk-salt", &[], Kind::Text, "TEXT", "", "copyparty: salt of the keys of folders").not_here(),
    Spec::switch("no-dav", &[], "no WebDAV").sets(Field::Switch(|s| &mut s.dav.off)),
    Spec::switch("dav-inf", &[], "WebDAV lists folders with everything below them, for clients that ask for it")
        .sets(Field::Switch(|s| &mut s.dav.infinite_depth)),
    Spec::switch("dav-auth", &[], "WebDAV requires a login even where none is needed")
        .flag(&["davauth"])
        .sets_flag(Field::Switch(|f| &mut f.dav_login)),
    Spec::switch("dav-mac", &[], "Finder may create its own files over WebDAV (.DS_Store, ._*)")
        .sets(Field::Switch(|s| &mut s.dav.keeps_apple_files)),
    Spec::switch("dav-rt", &[], "copyparty: WebDAV shows the time of what a link leads to; here it always does")
        .flag(&["davrt"])
        .not_here(),
    Spec::value("dav-port", &[], Kind::List, "PORT,..", "", "more ports, on which every client counts as one of WebDAV: PUT replaces, and clients that look like browsers are asked for a password").sets(Field::custom(
        |s, text| values::optional_ports(text).map(|all| s.network.dav_ports = all),
        |s| values::print_ports(&s.network.dav_ports),
    )),
    Spec::value("dav-ua1", &[], Kind::Text, "REGEX", " kioworker/", "programs with such a User-Agent are asked for a password although they look like browsers; empty: none")
        .sets(Field::custom(
            |s, text| values::optional_regex(text).map(|regex| s.dav.asked_agents = regex),
            |s| Some(s.dav.asked_agents.clone()),
        )),
    Spec::value("p-nodav", &[], Kind::List, "PORT,..", "", "ports without WebDAV").sets(Field::custom(
        |s, text| values::optional_ports(text).map(|all| s.dav.off_on_ports = all),
        |s| values::print_ports(&s.dav.off_on_ports),
    )),
    Spec::value("ua-nodav", &[], Kind::Text, "REGEX", "", "no WebDAV for programs with such a User-Agent").sets(Field::custom(
        |s, text| values::optional_regex(text).map(|regex| s.dav.off_for_agents = regex),
        |s| Some(s.dav.off_for_agents.clone()).filter(|text| !text.is_empty()),
    )),
    Spec::value("zip-who", &[], Kind::Number, "0-3", "3", "who may download archives")
        .flag(&["zip_who"])
        .not_yet_guarding(),
    Spec::value("zipmaxn", &[], Kind::Text, "N", "", "largest number of files in an archive")
        .flag(&["zipmaxn"])
        .not_yet_guarding(),
    Spec::value("zipmaxs", &[], Kind::Size, "SIZE", "", "largest archive").flag(&["zipmaxs"]).not_yet_guarding(),
    Spec::value("zipmaxt", &[], Kind::Text, "TEXT", "", "message when an archive would be too large")
        .flag(&["zipmaxt"])
        .not_yet(),
    Spec::switch("zipmaxu", &[], "logged-in accounts have no such limits").flag(&["zipmaxu"]).not_yet(),
    Spec::switch("no-tarcmp", &[], "no compressed tar").not_yet(),
    Spec::value("ups-who", &[], Kind::Number, "0-2", "", "who may see recent uploads")
        .flag(&["ups_who"])
        .not_yet_guarding(),
    Spec::value("unp-who", &[], Kind::Number, "0-2", "", "how users may delete their own uploads")
        .flag(&["unp_who"])
        .not_yet(),
    Spec::value("du-who", &[], Kind::Text, "WHO", "", "who may see disk usage").flag(&["du_who"]).not_yet_guarding(),
    Spec::switch("no-tail", &[], "files cannot be followed while they grow").flag(&["notail"]).not_yet(),
    Spec::value("tail-who", &[], Kind::Number, "0-3", "2", "who may follow growing files")
        .flag(&["tail_who"])
        .not_yet(),
    Spec::value("tail-rate", &[], Kind::Number, "SEC", "", "how often a followed file is checked")
        .flag(&["tail_rate"])
        .not_yet(),
    Spec::value("tail-tmax", &[], Kind::Number, "SEC", "", "how long a file can be followed")
        .flag(&["tail_tmax"])
        .not_yet(),
    Spec::value("tail-fd", &[], Kind::Number, "SEC", "", "how often a followed file is opened again")
        .flag(&["tail_fd"])
        .not_yet(),
    Spec::value("tail-ka", &[], Kind::Number, "SEC", "", "copyparty: keep-alive interval while following")
        .flag(&["tail_ka"])
        .not_here(),
    Spec::switch("no-logues", &[], "no prologue and epilogue in pages")
        .flag(&["no_logues"])
        .sets_flag(Field::Switch(|f| &mut f.page_texts.no_logues)),
    Spec::switch("no-readme", &[], "no readme in pages")
        .flag(&["no_readme"])
        .sets_flag(Field::Switch(|f| &mut f.page_texts.no_readme)),
    Spec::switch("robots", &[], "search engines may show this volume, in spite of --no-robots")
        .flag_only(&["robots"])
        .sets_flag(Field::Custom {
            set: |f, text| set_search_engines(f, text, true),
            get: |f| (f.page_lists.search_engines == Some(true)).then(|| "yes".into()),
            reset: |f, d| f.page_lists.search_engines = d.page_lists.search_engines,
        }),
    Spec::switch("norobots", &[], "search engines are asked to stay away from this volume")
        .flag_only(&["norobots"])
        .sets_flag(Field::Custom {
            set: |f, text| set_search_engines(f, text, false),
            get: |f| (f.page_lists.search_engines == Some(false)).then(|| "yes".into()),
            reset: |f, d| f.page_lists.search_engines = d.page_lists.search_engines,
        }),
    Spec::switch("force-js", &[], "copyparty: browsers without script see nothing").not_here(),
    Spec::value("smsg", &[], Kind::List, "METHOD,..", "POST", "methods by which messages are accepted").not_yet(),
    Spec::switch("nomime", &["--no-mime"], "serve all files as plain downloads").flag(&["nomime"]).not_yet(),
    Spec::value("cachectl", &[], Kind::Text, "TEXT", "", "cache header of files").flag(&["cachectl"]).not_yet(),
    Spec::switch("medialinks", &[], "links in listings open the player").flag_only(&["medialinks"]).not_yet(),
    Spec::switch("nospawn", &["--vol-nospawn"], "do not create the volume's folder").flag(&["nospawn"]).not_yet(),
    Spec::switch("assert-root", &["--vol-or-crash"], "refuse to start when the volume's folder is missing")
        .flag(&["assert_root"])
        .sets_flag(Field::Switch(|f| &mut f.source_must_exist)),
    Spec::value(
        "invite",
        &[],
        Kind::Text,
        "PERMS",
        "",
        "default permissions of an invitation to the volume, such as w",
    )
    .flag_only(&["invite"])
    .sets_flag(Field::Custom {
        set: |f, text| invite_perms(text).map(|rights| f.invite_perms = rights),
        get: |f| f.invite_perms.map(PermSet::letters),
        reset: |f, d| f.invite_perms = d.invite_perms,
    }),
    Spec::value(
        "only",
        &[],
        Kind::Text,
        "PATHS",
        "",
        "offer only these paths of the folder, read-only: a.jpg+b%20c/d.jpg",
    )
    .flag_only(&["only"])
    .sets_flag(Field::Custom {
        set: |f, text| only(text).map(|only| f.only = only),
        get: |f| (!f.only.is_empty()).then(|| f.only.iter().map(VPath::to_url).collect::<Vec<_>>().join("+")),
        reset: |f, d| f.only.clone_from(&d.only),
    }),
    Spec::switch("off", &[], "keep the volume in the settings, but do not offer it")
        .flag_only(&["off"])
        .sets_flag(Field::Switch(|f| &mut f.off)),
    Spec::value("until", &[], Kind::Number, "SECONDS", "", "offer the volume until this time: seconds since 1970, UTC")
        .flag_only(&["until"])
        .sets_flag(Field::Custom {
            set: |f, text| until(text).map(|until| f.until = until),
            get: |f| f.until.map(|until| (until.0 / 1000).to_string()),
            reset: |f, d| f.until = d.until,
        }),
    Spec::value("shr", &[], Kind::Text, "/PATH", "", "users may create share links below this path").not_yet(),
    Spec::value("shr-db", &[], Kind::Path, "FILE", "", "where shares are kept").not_yet(),
    Spec::value("shr-adm", &[], Kind::List, "USER,..", "", "who may see and delete all shares").not_yet(),
    Spec::value(
        "shr-who",
        &[],
        Kind::Choice(&["no", "a", "auth"]),
        "WHO",
        "auth",
        "who may make share links on pages: auth = every account, for what it may do itself, a = accounts with that right, no = only the settings",
    )
    .flag(&["shr_who"])
    .sets_flag(Field::Custom { set: set_share_who, get: get_share_who, reset: |f, d| f.share_who = d.share_who }),
    Spec::value("shr-rt", &[], Kind::Number, "MIN", "1440", "how long an expired share can be renewed").not_yet(),
    Spec::switch("shr-v", &[], "copyparty: log more about shares").not_here(),
    Spec::switch("stats", &[], "metrics for monitoring at /?stats").not_yet(),
    Spec::value("stats-u", &[], Kind::List, "USER,..", "", "who may see the metrics").not_yet(),
    Spec::switch("rss", &[], "folders as RSS").flag(&["rss"]).not_yet(),
    Spec::value("rss-sort", &[], Kind::Text, "BY", "", "order of RSS").flag(&["rss_sort"]).not_yet(),
    Spec::switch("opds", &[], "folders as OPDS catalogue").flag(&["opds"]).not_yet(),
    Spec::switch("no-stack", &[], "copyparty: no view of the threads").not_here(),
];

/// Sets `robots` (`welcome`) or `norobots`; with `no` it is as if the flag were not there.
fn set_search_engines(flags: &mut VolumeFlags, text: &str, welcome: bool) -> Result<(), String> {
    let field = &mut flags.page_lists.search_engines;
    match values::yes_or_no(text)? {
        true => *field = Some(welcome),
        false => *field = field.filter(|known| *known != welcome),
    }
    Ok(())
}

fn set_share_who(flags: &mut VolumeFlags, text: &str) -> Result<(), String> {
    flags.share_who = match text.trim() {
        "no" => ShareWho::NoAccount,
        "a" => ShareWho::Admins,
        "auth" => ShareWho::Accounts,
        _ => return Err(format!("'{text}' is none of no, a (accounts with that right) and auth (every account).")),
    };
    Ok(())
}

fn get_share_who(flags: &VolumeFlags) -> Option<String> {
    let text = match flags.share_who {
        ShareWho::NoAccount => "no",
        ShareWho::Admins => "a",
        ShareWho::Accounts => "auth",
    };
    Some(text.into())
}

/// The default length of keys.
const KEY_LENGTH: u32 = 8;

fn set_keys(flags: &mut VolumeFlags, text: &str, by_path: bool) -> Result<(), String> {
    let length = match text.trim() {
        "" | "yes" | "true" => KEY_LENGTH,
        "no" | "false" => 0,
        digits => digits
            .parse()
            .ok()
            .filter(|length| *length <= 64)
            .ok_or_else(|| format!("'{text}' is not the length of a key; write 1 to 64."))?,
    };
    if length == 0 {
        (flags.file_keys, flags.file_key_length) = (FileKeys::Off, KEY_LENGTH);
        flags.file_key_by_path = false;
    } else {
        (flags.file_keys, flags.file_key_length) = (FileKeys::Required, length);
        flags.file_key_by_path |= by_path;
    }
    Ok(())
}

fn invite_perms(text: &str) -> Result<Option<PermSet>, String> {
    let rights = PermSet::parse(text.trim()).map_err(|letter| format!("'{letter}' is not a permission letter."))?;
    Ok(Some(rights).filter(|rights| !rights.is_empty()))
}

/// Parses percent-encoded paths separated by `+`.
fn only(text: &str) -> Result<Vec<VPath>, String> {
    let parse = |path: &str| match VPath::parse(&percent_decode(path.trim().as_bytes())) {
        Ok(parsed) if !parsed.is_root() => Ok(parsed),
        _ => Err(format!("'{path}' is not a path below the folder; write it percent-encoded, such as a%20b.jpg.")),
    };
    if text.trim().is_empty() { Ok(Vec::new()) } else { text.split('+').map(parse).collect() }
}

fn until(text: &str) -> Result<Option<UnixMillis>, String> {
    match text.trim() {
        "" | "no" => Ok(None),
        text => match text.parse() {
            Ok(secs) if (0..=253_402_300_799).contains(&secs) => Ok(Some(UnixMillis::from_secs(secs))),
            _ => Err(format!("'{text}' is not a number of seconds since 1970; `date -d tomorrow +%s` prints one.")),
        },
    }
}

fn get_keys(flags: &VolumeFlags, by_path: bool) -> Option<String> {
    let wanted = flags.file_keys == FileKeys::Required && flags.file_key_by_path == by_path;
    wanted.then(|| flags.file_key_length.to_string())
}

fn reset_keys(flags: &mut VolumeFlags, defaults: &VolumeFlags) {
    flags.file_keys = defaults.file_keys;
    flags.file_key_length = defaults.file_key_length;
    flags.file_key_by_path = defaults.file_key_by_path;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        assert_eq!(until("1795640612"), Ok(Some(UnixMillis(1_795_640_612_000))));
        assert_eq!((until("no"), until("")), (Ok(None), Ok(None)));
        for bad in ["-1", "tomorrow", "1e9", "999999999999999"] {
            assert!(until(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn chosen_files_round_trip() {
        let path = |text: &str| VPath::parse(text.as_bytes()).expect("a path");
        let files = [path("a+b, c:d.jpg"), path("e/f.jpg")];
        assert_eq!(only("a%2Bb%2C%20c%3Ad.jpg+e/f.jpg").as_deref(), Ok(&files[..]));
        assert_eq!(only(&files.each_ref().map(VPath::to_url).join("+")).as_deref(), Ok(&files[..]));
        assert_eq!(only(""), Ok(Vec::new()));
        for bad in ["/", "a++b", "..", "%00"] {
            assert!(only(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn keys_have_a_length() {
        let mut flags = VolumeFlags::default();
        assert_eq!(set_keys(&mut flags, "", false), Ok(()));
        assert_eq!((flags.file_keys, flags.file_key_length), (FileKeys::Required, 8));
        assert!(set_keys(&mut flags, "65", false).is_err());
        assert_eq!(set_keys(&mut flags, "no", false), Ok(()));
        assert_eq!(flags, VolumeFlags::default());
    }
}
