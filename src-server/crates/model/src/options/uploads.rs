//! How uploads are received, named, stored and deduplicated.

use super::field::Field;
use super::spec::{Kind, Spec};
use super::values;
use crate::settings::{Settings, UploadOrder};
use crate::upload::OnConflict;
use crate::volume::{DedupMode, UploadTime, VolumeFlags};

/// The field of one dedup mode. If several modes are given, the one of highest precedence wins, in any
/// order: copyparty requires `dedup` together with each of the other modes.
macro_rules! dedup_field {
    ($mode:ident) => {
        Field::Custom {
            set: |flags, text| set_dedup(flags, DedupMode::$mode, text),
            get: |flags| (flags.dedup == DedupMode::$mode).then(|| "yes".into()),
            reset: |flags, _| unset_dedup(flags, DedupMode::$mode),
        }
    };
}

pub(super) const ROWS: &[Spec] = &[
    Spec::switch("dedup", &[], "keep one copy of equal contents, as symbolic links")
        .flag(&["dedup"])
        .sets_flag(dedup_field!(Symlink)),
    Spec::switch("hardlink", &[], "keep one copy of equal contents, as hard links, else symbolic ones")
        .flag(&["hardlink"])
        .sets_flag(dedup_field!(Hardlink)),
    Spec::switch("hardlink-only", &[], "keep one copy of equal contents, as hard links, else a full copy")
        .flag(&["hardlinkonly", "neversymlink"])
        .sets_flag(dedup_field!(HardlinkOnly)),
    Spec::switch("reflink", &[], "keep one copy of equal contents, as copy-on-write clones, else a full copy")
        .flag(&["reflink"])
        .sets_flag(dedup_field!(Reflink)),
    Spec::value(
        "safe-dedup",
        &[],
        Kind::Number,
        "LEVEL",
        "50",
        "50: hash an existing file again before it is linked or copied; 1: compare only its size",
    )
    .flag(&["safededup"])
    .sets_flag(Field::U32(|f| &mut f.safe_dedup)),
    Spec::switch(
        "no-dupe",
        &[],
        "refuse files whose contents the volume already has; not for accounts without the right to read, because the \
         refusal would tell them what is there",
    )
    .flag(&["nodupe"])
    .sets_flag(Field::Switch(|f| &mut f.no_dupe)),
    Spec::switch("no-clone", &[], "receive files again instead of copying existing ones")
        .flag(&["noclone"])
        .sets_flag(Field::Switch(|f| &mut f.no_clone)),
    Spec::switch("xlink", &[], "look for equal contents in all volumes that have this flag")
        .flag(&["xlink"])
        .sets_flag(Field::Switch(|f| &mut f.cross_volume_dedup)),
    Spec::value(
        "warksalt",
        &["--salt"],
        Kind::Text,
        "TEXT",
        "hunter2",
        "salt of the IDs of uploads; after a change existing files are not recognised",
    )
    .restart()
    .sets(Field::Text(|s| &mut s.behaviour.wark_salt)),
    Spec::switch("rand", &[], "give every upload a random name")
        .flag(&["rand"])
        .sets_flag(Field::Switch(|f| &mut f.random_names)),
    Spec::value("nrand", &[], Kind::Number, "CHARS", "9", "length of random names")
        .flag(&["nrand"])
        .sets_flag(Field::U32(|f| &mut f.random_length)),
    Spec::value(
        "u2ts",
        &[],
        Kind::Choice(&["c", "u", "fc", "fu"]),
        "WHICH",
        "c",
        "modification time of uploaded files: c = from the client, u = time of upload; a leading f has no effect",
    )
    .flag(&["u2ts"])
    .sets_flag(Field::Custom {
        set: set_upload_time,
        get: get_upload_time,
        reset: |f, d| f.upload_time = d.upload_time,
    }),
    Spec::switch("daw", &[], "PUT overwrites files, if the account may delete")
        .flag(&["daw"])
        .sets_flag(Field::Switch(|f| &mut f.put_overwrites)),
    Spec::switch("no-pipe", &[], "files cannot be downloaded while they are uploaded")
        .flag(&["nopipe"])
        .sets_flag(Field::Switch(|f| &mut f.no_pipe)),
    Spec::switch("nosparse", &[], "chunks in order only, no sparse files")
        .flag_only(&["nosparse"])
        .sets_flag(Field::Switch(|f| &mut f.no_sparse)),
    Spec::value("lifetime", &[], Kind::Number, "SEC", "", "delete uploads after this many seconds; suffixes m h d w")
        .flag_only(&["lifetime"])
        .sets_flag(Field::Custom {
            set: |f, text| values::seconds(text).map(|secs| f.lifetime_secs = Some(secs).filter(|secs| *secs > 0)),
            get: |f| f.lifetime_secs.map(|secs| secs.to_string()),
            reset: |f, d| f.lifetime_secs = d.lifetime_secs,
        }),
    Spec::value("chmod-f", &[], Kind::Text, "MODE", "644", "mode of new files")
        .flag(&["chmod_f"])
        .sets_flag(Field::Mode(|f| &mut f.file_mode)),
    Spec::value("chmod-d", &[], Kind::Text, "MODE", "755", "mode of new folders")
        .flag(&["chmod_d"])
        .sets_flag(Field::Mode(|f| &mut f.folder_mode)),
    Spec::switch("wo-up-readme", &[], "clients without read permission may upload a readme under that name")
        .flag(&["wo_up_readme"])
        .sets_flag(Field::Switch(|f| &mut f.write_only_may_add_readme)),
    Spec::value(
        "urlform",
        &[],
        Kind::Choice(&["print,get", "save,get", "stash", "get", "print", "save"]),
        "MODE",
        "print,get",
        "what the message form does: print = log, save and stash = keep, get = answer with the page",
    )
    .sets(Field::custom(
        |s, text| values::message_mode(text).map(|mode| s.behaviour.messages = mode),
        |s| Some(values::print_message_mode(s.behaviour.messages).into()),
    )),
    Spec::value("unpost", &[], Kind::Number, "SEC", "43200", "how long users may delete their own uploads; 0 = never")
        .sets(Field::U64(|s| &mut s.behaviour.unpost_secs)),
    Spec::value("blank-wt", &[], Kind::Number, "SEC", "300", "how long an empty file may be overwritten by PUT")
        .sets(Field::U64(|s| &mut s.behaviour.blank_overwrite_secs)),
    Spec::value(
        "snap-drop",
        &[],
        Kind::Number,
        "MIN",
        "1440",
        "unfinished uploads are dropped after this many idle minutes",
    )
    .sets(Field::U64(|s| &mut s.behaviour.drop_unfinished_mins)),
    Spec::switch("plain-ip", &[], "uploads that are renamed get the client's address in their name")
        .sets(Field::Switch(|s| &mut s.behaviour.plain_ip)),
    Spec::switch("write-nothing", &["-nw"], "write nothing to disk; uploads are received, verified and discarded")
        .sets(Field::Switch(|s| &mut s.behaviour.write_nothing)),
    Spec::value(
        "turbo",
        &[],
        Kind::Number,
        "LEVEL",
        "",
        "the page skips content checks for files that seem to exist already",
    )
    .not_yet(),
    Spec::value("u2j", &[], Kind::Number, "N", "", "default number of parallel requests of the page; 1 to 64").sets(
        Field::custom(
            |s, text| parallel(text).map(|count| s.behaviour.uploader.parallel = Some(count)),
            |s| s.behaviour.uploader.parallel.map(|count| count.to_string()),
        ),
    ),
    Spec::value(
        "u2sz",
        &[],
        Kind::Text,
        "[MIN,]BEST[,MAX]",
        "",
        "MiB that the page sends in one request; of copyparty's three numbers the middle one is used",
    )
    .sets(Field::custom(
        |s, text| request_mib(text).map(|mib| s.behaviour.uploader.request_mib = Some(mib)),
        |s| s.behaviour.uploader.request_mib.map(|mib| mib.to_string()),
    )),
    Spec::value(
        "u2ow",
        &[],
        Kind::Choice(&["0", "1", "2"]),
        "HOW",
        "0",
        "default of the page when a file exists already: 0 keeps both, 1 replaces older files, 2 always replaces",
    )
    .flag(&["u2ow"])
    .sets_flag(Field::Custom {
        set: set_page_on_conflict,
        get: get_page_on_conflict,
        reset: |f, d| f.page_on_conflict = d.page_on_conflict,
    }),
    Spec::value(
        "u2sort",
        &[],
        Kind::Choice(&["s", "n"]),
        "BY",
        "",
        "the page sends small files first (s) or by name (n); by default in the order of selection",
    )
    .sets(Field::custom(set_upload_order, get_upload_order)),
    Spec::switch("dotpart", &[], "copyparty: hide unfinished files with a leading dot; here they are always hidden")
        .not_here(),
    Spec::value("sparse", &[], Kind::Number, "MIB", "", "copyparty: smallest sparse file on Windows")
        .flag(&["sparse"])
        .not_here(),
    Spec::value("put-name", &[], Kind::Text, "PATTERN", "", "name of files sent to a folder by PUT")
        .flag(&["put_name"])
        .not_yet(),
    Spec::value("put-ck", &[], Kind::Text, "HASH", "sha512", "checksum in the response to PUT")
        .flag(&["put_ck"])
        .not_yet(),
    Spec::value("bup-ck", &[], Kind::Text, "HASH", "sha512", "checksum in the response to a form")
        .flag(&["bup_ck"])
        .not_yet(),
    Spec::value("u2abort", &[], Kind::Number, "0-3", "1", "who may cancel unfinished uploads")
        .flag(&["u2abort"])
        .not_yet(),
    Spec::value("reg-cap", &[], Kind::Number, "N", "", "copyparty: uploads kept in memory without a database")
        .not_here(),
    Spec::value(
        "snap-wri",
        &[],
        Kind::Number,
        "SEC",
        "",
        "copyparty: how often the list of uploads is saved; here at once",
    )
    .not_here(),
    Spec::switch("no-snap", &[], "copyparty: forget unfinished uploads at exit").not_here(),
    Spec::switch("rm-partial", &[], "remove the partial file when an upload is dropped")
        .flag(&["rm_partial"])
        .not_yet(),
    Spec::switch("magic", &[], "detect the type of unnamed uploads from their contents").flag(&["magic"]).not_yet(),
    Spec::switch("gz", &[], "uploads may ask to be compressed (?gz)").flag_only(&["gz"]).not_yet(),
    Spec::switch("xz", &[], "uploads may ask to be compressed (?xz)").flag_only(&["xz"]).not_yet(),
    Spec::value("pk", &[], Kind::Optional, "KIND,LEVEL", "", "uploads are compressed").flag_only(&["pk"]).not_yet(),
    Spec::value("uid", &[], Kind::Number, "ID", "", "owner of new files").flag(&["uid"]).not_yet(),
    Spec::value("gid", &[], Kind::Number, "ID", "", "group of new files").flag(&["gid"]).not_yet(),
    Spec::value(
        "fsnt",
        &[],
        Kind::Choice(&["auto", "lin", "win", "mac"]),
        "OS",
        "",
        "which names the file system allows",
    )
    .flag(&["fsnt"])
    .not_yet(),
    Spec::value("apnd-who", &[], Kind::Text, "WHO", "", "who may append to files")
        .flag(&["apnd_who"])
        .not_yet_guarding(),
    Spec::switch("no-lifetime", &[], "clients cannot limit the lifetime of their uploads").not_yet(),
    Spec::switch("nosub", &[], "uploads into the top folder only")
        .flag_only(&["nosub"])
        .sets_flag(Field::Switch(|f| &mut f.limits.top_only)),
    Spec::switch("no-fpool", &[], "copyparty: close files between chunks").not_here(),
    Spec::switch("use-fpool", &[], "copyparty: keep files open between chunks").not_here(),
    Spec::value("hash-mt", &[], Kind::Number, "N", "", "copyparty: threads that hash").not_here(),
];

fn precedence(mode: DedupMode) -> u8 {
    match mode {
        DedupMode::Copy => 0,
        DedupMode::Symlink => 1,
        DedupMode::Hardlink => 2,
        DedupMode::HardlinkOnly => 3,
        DedupMode::Reflink => 4,
    }
}

fn set_dedup(flags: &mut VolumeFlags, mode: DedupMode, text: &str) -> Result<(), String> {
    if !values::yes_or_no(text)? {
        unset_dedup(flags, mode);
    } else if precedence(mode) > precedence(flags.dedup) {
        flags.dedup = mode;
    }
    Ok(())
}

/// Unsetting `dedup` disables links; unsetting another mode falls back to symbolic links (`reflink`: to copies).
fn unset_dedup(flags: &mut VolumeFlags, mode: DedupMode) {
    if mode == DedupMode::Symlink {
        flags.dedup = DedupMode::Copy;
    } else if flags.dedup == mode {
        flags.dedup = if mode == DedupMode::Reflink { DedupMode::Copy } else { DedupMode::Symlink };
    }
}

fn set_upload_time(flags: &mut VolumeFlags, text: &str) -> Result<(), String> {
    flags.upload_time = match text.trim() {
        "c" | "fc" => UploadTime::Client,
        "u" | "fu" => UploadTime::Arrival,
        _ => return Err(format!("'{text}' is neither c (the client's time) nor u (the time of upload).")),
    };
    Ok(())
}

fn get_upload_time(flags: &VolumeFlags) -> Option<String> {
    Some(if flags.upload_time == UploadTime::Client { "c" } else { "u" }.into())
}

/// Largest number of parallel requests that can be configured for pages.
const MAX_PARALLEL: u32 = 64;

fn parallel(text: &str) -> Result<u32, String> {
    let count = text.trim().parse().ok().filter(|count| (1..=MAX_PARALLEL).contains(count));
    count.ok_or_else(|| format!("'{text}' is not a number from 1 to {MAX_PARALLEL}."))
}

/// Parses one number, or copyparty's `MIN,BEST,MAX`; of two numbers the second is the maximum.
fn request_mib(text: &str) -> Result<u32, String> {
    let wrong = || format!("'{text}' is not a number of MiB from 1 to 2047, such as 64, nor three of them, rising.");
    let sizes: Vec<u32> = values::list(text)
        .iter()
        .map(|size| size.parse().ok().filter(|size| (1..2048).contains(size)))
        .collect::<Option<_>>()
        .ok_or_else(wrong)?;
    match sizes[..] {
        [best] => Ok(best),
        [best, max] if best <= max => Ok(best),
        [min, best, max] if min <= best && best <= max => Ok(best),
        _ => Err(wrong()),
    }
}

fn set_page_on_conflict(flags: &mut VolumeFlags, text: &str) -> Result<(), String> {
    flags.page_on_conflict = match text.trim() {
        "0" => OnConflict::Rename,
        "1" => OnConflict::ReplaceOlder,
        "2" => OnConflict::Replace,
        _ => return Err(format!("'{text}' is none of 0 (keep both), 1 (replace older files), 2 (always replace).")),
    };
    Ok(())
}

fn get_page_on_conflict(flags: &VolumeFlags) -> Option<String> {
    let digit = match flags.page_on_conflict {
        OnConflict::Rename | OnConflict::ReplaceBlank | OnConflict::Skip => "0",
        OnConflict::ReplaceOlder => "1",
        OnConflict::Replace => "2",
    };
    Some(digit.into())
}

fn set_upload_order(settings: &mut Settings, text: &str) -> Result<(), String> {
    settings.behaviour.uploader.order = match text.trim() {
        "s" => Some(UploadOrder::SmallestFirst),
        "n" => Some(UploadOrder::ByName),
        _ => return Err(format!("'{text}' is neither s (small files first) nor n (by name).")),
    };
    Ok(())
}

fn get_upload_order(settings: &Settings) -> Option<String> {
    let letter = match settings.behaviour.uploader.order? {
        UploadOrder::SmallestFirst => "s",
        UploadOrder::ByName => "n",
    };
    Some(letter.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_requests() {
        for (text, want) in [("64", 64), ("1,64,96", 64), ("32, 96", 32), ("1,1,1", 1), ("2047", 2047)] {
            assert_eq!(request_mib(text), Ok(want), "{text}");
        }
        for bad in ["", "0", "2048", "x", "96,64", "1,96,64", "1,2,3,4", "-1", "1.5"] {
            assert!(request_mib(bad).is_err(), "{bad}");
        }
        assert!(parallel("1").is_ok() && parallel("64").is_ok() && parallel("0").is_err() && parallel("65").is_err());
    }
}
