//! Database, scanning, search, tags. The ledger of uploads is always kept; the search index comes on top of it.

use super::field::Field;
use super::spec::{Kind, Spec};
use super::values;
use crate::index_flags::IndexMode;
use crate::tag_flags::{DEFAULT_HIDDEN_TAGS, DEFAULT_TAGS, TagMode};
use crate::volume::VolumeFlags;

/// The field of one extent of the index. Of several the largest wins, in any order.
macro_rules! mode_field {
    ($mode:ident) => {
        Field::Custom {
            set: |flags, text| set_mode(flags, IndexMode::$mode, text),
            get: |flags| (flags.index.mode == IndexMode::$mode).then(|| "yes".into()),
            reset: |flags, _| flags.index.mode = flags.index.mode.min(below(IndexMode::$mode)),
        }
    };
}

/// The same for tags.
macro_rules! tag_field {
    ($mode:ident, $below:ident) => {
        Field::Custom {
            set: |flags, text| {
                let mode = &mut flags.tags.mode;
                *mode =
                    if values::yes_or_no(text)? { (*mode).max(TagMode::$mode) } else { (*mode).min(TagMode::$below) };
                Ok(())
            },
            get: |flags| (flags.tags.mode == TagMode::$mode).then(|| "yes".into()),
            reset: |flags, _| flags.tags.mode = flags.tags.mode.min(TagMode::$below),
        }
    };
}

pub(super) const ROWS: &[Spec] = &[
    Spec::value(
        "hist",
        &[],
        Kind::Path,
        "PATH",
        "",
        "keep the state of all volumes below PATH; as a flag, of this volume in PATH",
    )
    .restart()
    .flag(&["hist"])
    .sets(Field::MaybePath(|s| &mut s.behaviour.hist))
    .sets_flag(Field::MaybePath(|f| &mut f.hist)),
    Spec::switch("d2d", &[], "keep no database: unfinished uploads are kept in memory until the program ends")
        .flag_only(&["d2d"])
        .sets_flag(Field::Switch(|f| &mut f.no_ledger)),
    Spec::switch("e2d", &["-e2d"], "keep an index of files that are uploaded or changed, for searches")
        .flag(&["e2d"])
        .sets_flag(mode_field!(Changes)),
    Spec::switch("e2ds", &["-e2ds"], "keep an index of all files of writable volumes; implies e2d")
        .flag(&["e2ds"])
        .sets_flag(mode_field!(ScanWritable)),
    Spec::switch("e2dsa", &["-e2dsa"], "keep an index of all files of all volumes; implies e2ds")
        .flag(&["e2dsa"])
        .sets_flag(mode_field!(ScanAll)),
    Spec::switch("e2t", &["-e2t"], "read tags of uploads").flag(&["e2t"]).sets_flag(tag_field!(Uploads, Off)),
    Spec::switch("e2ts", &["-e2ts"], "read tags of all files at the start; implies e2t")
        .flag(&["e2ts"])
        .sets_flag(tag_field!(All, Uploads)),
    Spec::switch("e2tsr", &["-e2tsr"], "delete all tags and read them again; implies e2ts")
        .flag(&["e2tsr"])
        .sets_flag(tag_field!(Again, All)),
    Spec::switch("e2v", &["-e2v"], "read all contents again at the start, and report what differs from the index")
        .flag(&["e2v"])
        .sets_flag(Field::Switch(|f| &mut f.index.verify)),
    Spec::switch("e2vu", &["-e2vu"], "like e2v; update the index where a content differs")
        .flag(&["e2vu"])
        .sets_flag(Field::Switch(|f| &mut f.index.verify_updates)),
    Spec::switch("e2vp", &["-e2vp"], "like e2v; end the program with code 3 when a content differs")
        .flag(&["e2vp"])
        .sets_flag(Field::Switch(|f| &mut f.index.verify_stops)),
    Spec::switch("d2ds", &[], "no scan of existing files")
        .flag_only(&["d2ds"])
        .sets_flag(Field::Switch(|f| &mut f.index.no_scan)),
    Spec::switch("d2t", &[], "no tags").flag_only(&["d2t"]).sets_flag(Field::Switch(|f| &mut f.tags.off)),
    Spec::switch("d2ts", &[], "no reading of tags at the start")
        .flag_only(&["d2ts"])
        .sets_flag(Field::Switch(|f| &mut f.tags.no_scan)),
    Spec::switch("d2v", &[], "no reading of all contents at the start")
        .flag_only(&["d2v"])
        .sets_flag(Field::Switch(|f| &mut f.index.no_verify)),
    Spec::switch("hash-idle", &[], "read contents of files for the index only while no file is transferred")
        .sets(Field::Switch(|s| &mut s.behaviour.hash_when_idle)),
    Spec::value("dbpath", &[], Kind::Path, "PATH", "", "where databases are kept, if not in hist")
        .restart()
        .flag(&["dbpath"])
        .not_yet(),
    Spec::value("landmark", &[], Kind::Text, "FILE", "", "do not update the index while this file is missing")
        .flag_only(&["landmark"])
        .not_yet(),
    Spec::value(
        "no-hash",
        &[],
        Kind::Optional,
        "RE",
        "",
        "do not read the contents of files whose absolute path on disk matches",
    )
    .flag(&["nohash"])
    .as_flag(match_all)
    .sets_flag(Field::MaybeText(|f| &mut f.index.no_hash)),
    Spec::switch("dhash", &[], "no hashing of contents").flag_only(&["dhash"]).sets_flag(Field::Custom {
        set: |flags, text| set_no_hash(flags, Some("."), text),
        get: |_| None,
        reset: |_, _| {},
    }),
    Spec::switch("ehash", &[], "hashing of contents in spite of --no-hash").flag_only(&["ehash"]).sets_flag(
        Field::Custom { set: |flags, text| set_no_hash(flags, None, text), get: |_| None, reset: |_, _| {} },
    ),
    Spec::value("no-idx", &[], Kind::Regex, "RE", "", "omit files whose absolute path on disk matches from the index")
        .flag(&["noidx"])
        .sets_flag(Field::MaybeText(|f| &mut f.index.exclude)),
    Spec::switch("no-dirsz", &[], "listings show no sizes of folders")
        .flag(&["nodirsz"])
        .sets_flag(Field::Switch(|f| &mut f.index.hide_folder_sizes)),
    Spec::switch("no-forget", &[], "keep deleted files in the index").flag(&["noforget"]).not_yet(),
    Spec::value("forget-ip", &[], Kind::Number, "MIN", "", "delete the addresses of uploaders after MIN minutes")
        .flag(&["forget_ip"])
        .not_yet(),
    Spec::switch("no-db-ip", &[], "do not keep the addresses of uploaders").flag(&["no_db_ip"]).not_yet(),
    Spec::value(
        "dbd",
        &[],
        Kind::Choice(&["acid", "swal", "wal", "yolo"]),
        "HOW",
        "",
        "copyparty: durability of databases; here always safe",
    )
    .flag(&["dbd"])
    .not_here(),
    Spec::value("re-maxage", &[], Kind::Number, "SEC", "0", "scan again after this many seconds")
        .flag(&["scan"])
        .sets_flag(Field::U64(|f| &mut f.index.rescan_secs)),
    Spec::value("db-act", &[], Kind::Number, "SEC", "", "copyparty: scan only after this idle time").not_here(),
    Spec::switch("no-rescan", &[], "no scanning on demand (?scan)").sets(Field::Switch(|s| &mut s.behaviour.no_rescan)),
    Spec::switch("re-dirsz", &[], "copyparty: compute sizes of folders again").not_here(),
    Spec::switch("xdev", &[], "do not scan other file systems")
        .flag(&["xdev"])
        .sets_flag(Field::Switch(|f| &mut f.index.one_file_system)),
    Spec::switch("xvol", &[], "do not follow links to other volumes").flag(&["xvol"]).not_here(),
    Spec::value("srch-time", &[], Kind::Number, "SEC", "45", "time limit of one search")
        .sets(Field::U64(|s| &mut s.behaviour.search_secs)),
    Spec::value(
        "srch-hits",
        &[],
        Kind::Number,
        "N",
        "7999",
        "largest number of results of one search; a search that does not say how many (n) gets 1000",
    )
    .sets(Field::Usize(|s| &mut s.behaviour.search_hits)),
    Spec::value(
        "srch-excl",
        &[],
        Kind::Regex,
        "RE",
        "",
        "paths (as in URLs, without the first slash) that searches omit",
    )
    .flag(&["srch_excl"])
    .sets_flag(Field::MaybeText(|f| &mut f.index.search_exclude)),
    Spec::switch("srch-icase", &[], "copyparty: searches ignore case; here always").not_here(),
    Spec::switch("dotsrch", &[], "searches find dotfiles, for accounts that may see them")
        .flag(&["dotsrch"])
        .sets_flag(Field::Custom {
            set: |flags, text| {
                flags.index.search_dotfiles |= values::yes_or_no(text)?;
                Ok(())
            },
            get: |_| None,
            reset: |flags, defaults| flags.index.search_dotfiles = defaults.index.search_dotfiles,
        }),
    Spec::switch("no-dotsrch", &[], "searches do not find dotfiles").flag(&["nodotsrch", "no_dotsrch"]).sets_flag(
        Field::Custom {
            set: |flags, text| {
                flags.index.search_dotfiles = !values::yes_or_no(text)?;
                Ok(())
            },
            get: |flags| (!flags.index.search_dotfiles).then(|| "yes".into()),
            reset: |flags, defaults| flags.index.search_dotfiles = defaults.index.search_dotfiles,
        },
    ),
    Spec::switch("no-mutagen", &[], "read tags of sounds and videos with FFprobe alone, where it is installed")
        .sets(Field::Switch(|s| &mut s.behaviour.only_ffprobe)),
    Spec::switch("no-mtag-ff", &[], "never read tags with FFprobe")
        .sets(Field::Switch(|s| &mut s.behaviour.no_ffprobe)),
    Spec::switch("no-mtag-mt", &[], "copyparty: one reader of tags at a time").not_here(),
    Spec::value("mtag-mt", &[], Kind::Number, "N", "", "copyparty: readers of tags at a time").not_here(),
    Spec::value("mtag-to", &[], Kind::Number, "SEC", "60", "time limit for reading the tags of one file")
        .sets(Field::U64(|s| &mut s.behaviour.tag_secs)),
    Spec::switch("mtag-v", &[], "copyparty: log more about tags").not_here(),
    Spec::value("mtm", &["-mtm"], Kind::Repeat, "TAG=A,B", "", "read TAG from these tags of files")
        .flag(&["mtm"])
        .sets_flag(Field::Custom {
            set: |flags, text| flags.tags.add_mappings(text),
            get: |flags| flags.tags.print_mappings(),
            reset: |flags, defaults| flags.tags.mappings = defaults.tags.mappings.clone(),
        }),
    Spec::value("mte", &["-mte"], Kind::Text, "TAG,..", DEFAULT_TAGS, "tags to keep and to show; +x adds, /x removes")
        .flag(&["mte"])
        .sets_flag(Field::Custom {
            set: |flags, text| {
                flags.tags.set_names(text);
                Ok(())
            },
            get: |flags| Some(flags.tags.names.join(",")),
            reset: |flags, defaults| flags.tags.names = defaults.tags.names.clone(),
        }),
    Spec::value(
        "mth",
        &["-mth"],
        Kind::Text,
        "TAG,..",
        DEFAULT_HIDDEN_TAGS,
        "tags that pages do not show; +x adds, /x removes",
    )
    .flag(&["mth"])
    .sets_flag(Field::Custom {
        set: |flags, text| {
            flags.tags.set_hidden(text);
            Ok(())
        },
        get: |flags| Some(flags.tags.hidden.join(",")),
        reset: |flags, defaults| flags.tags.hidden = defaults.tags.hidden.clone(),
    }),
    Spec::value("mtp", &["-mtp"], Kind::Repeat, "TAG=[OPTS,]BIN", "", "find TAG with an external program")
        .flag(&["mtp"])
        .sets_flag(Field::Custom {
            set: |flags, text| flags.tags.add_parsers(text),
            get: |flags| flags.tags.print_parsers(),
            reset: |flags, defaults| flags.tags.parsers = defaults.tags.parsers.clone(),
        }),
    Spec::switch("no-fastboot", &[], "copyparty: listen only when scanning is done").not_here(),
    Spec::switch("no-scandir", &[], "copyparty: debugging").not_here(),
    Spec::switch("fat32", &[], "copyparty: times of files are coarse").flag_only(&["fat32"]).not_here(),
];

fn match_all(text: &str) -> String {
    if text.is_empty() { ".".into() } else { text.into() }
}

/// The next smaller mode.
fn below(mode: IndexMode) -> IndexMode {
    match mode {
        IndexMode::Off | IndexMode::Changes => IndexMode::Off,
        IndexMode::ScanWritable => IndexMode::Changes,
        IndexMode::ScanAll => IndexMode::ScanWritable,
    }
}

fn set_mode(flags: &mut VolumeFlags, mode: IndexMode, text: &str) -> Result<(), String> {
    flags.index.mode = match values::yes_or_no(text)? {
        true => flags.index.mode.max(mode),
        false => flags.index.mode.min(below(mode)),
    };
    Ok(())
}

fn set_no_hash(flags: &mut VolumeFlags, pattern: Option<&str>, text: &str) -> Result<(), String> {
    if values::yes_or_no(text)? {
        flags.index.no_hash = pattern.map(str::to_owned);
    }
    Ok(())
}
