//! Volumes, accounts, configuration files, help. The parser handles most of these itself, so they have no field.

use super::field::Field;
use super::spec::{Kind, Spec};
use super::values;
use crate::trash_flags::TrashMax;

pub(super) const ROWS: &[Spec] = &[
    Spec::switch("help", &["-h", "-?"], "show this help"),
    Spec::switch("help-volumes", &["--help-accounts"], "explain how folders are shared"),
    Spec::switch("help-perms", &["--help-permissions"], "explain the letters of permissions"),
    Spec::switch("help-flags", &[], "list the flags of volumes"),
    Spec::switch("help-files", &[], "explain configuration files"),
    Spec::switch("version", &["-V", "--versionb"], "show the version"),
    Spec::value(
        "volume",
        &["-v"],
        Kind::Repeat,
        "SRC:DST:PERM",
        "",
        "share the folder SRC at the path DST; see --help-volumes",
    ),
    Spec::value(
        "account",
        &["-a"],
        Kind::Repeat,
        "NAME:PASSWORD",
        "",
        "add an account; the password may be an Argon2 hash ($argon2id$...)",
    ),
    Spec::value(
        "group",
        &["--grp"],
        Kind::Repeat,
        "NAME:A,B",
        "",
        "add a group of accounts; permissions refer to it as @NAME",
    ),
    Spec::value(
        "config",
        &["-c"],
        Kind::Repeat,
        "PATH",
        "",
        "read a configuration file, or all *.conf in a folder; see --help-files",
    ),
    Spec::value("chdir", &[], Kind::Path, "PATH", "", "base folder of relative paths").restart(),
    Spec::value(
        "state-folder",
        &["--state"],
        Kind::Path,
        "PATH",
        "",
        "where sessions, certificates and secrets are kept",
    )
    .restart()
    .sets(Field::MaybePath(|s| &mut s.state_folder)),
    Spec::value(
        "hash-password",
        &["--ah-gen"],
        Kind::Optional,
        "PASSWORD",
        "",
        "print the Argon2 hash of a password and exit; asks for the password if none is given",
    ),
    Spec::value(
        "ls",
        &[],
        Kind::Text,
        "USER[,VOL[,FLAGS]]",
        "",
        "list the files that USER (* anonymous, ** everyone) can reach; flags: v with size and date, ln only symlinks that leave their volume, p exit with 1 if there are any, r start the server afterwards",
    ),
    Spec::value(
        "exit",
        &[],
        Kind::Choice(&["cfg", "idx"]),
        "WHEN",
        "",
        "check, then exit: cfg = read the configuration; idx = also open all volumes, listen, and complete their indexes; ends with code 4 when an index cannot be completed, as without its folder",
    ),
    Spec::value("name", &[], Kind::Text, "TEXT", "Potluck", "name of the server, as shown in pages")
        .sets(Field::Text(|s| &mut s.behaviour.name)),
    Spec::value(
        "trash-days",
        &[],
        Kind::Number,
        "DAYS",
        "30",
        "how long the trash keeps deleted and replaced files; 0 = delete for good",
    )
    .flag(&["trash", "trash_days"])
    .sets_flag(Field::U32(|f| &mut f.trash.days)),
    Spec::value(
        "trash-max",
        &[],
        Kind::Text,
        "SIZE",
        "10%",
        "how much a volume's trash may hold: a size, or a share of its disk; the oldest files go first",
    )
    .flag(&["trash_max"])
    .sets_flag(Field::Custom {
        set: |f, text| {
            f.trash.max = TrashMax::parse(text)
                .ok_or_else(|| format!("'{text}' is neither a size such as 50g nor a share such as 10%."))?;
            Ok(())
        },
        get: |f| {
            Some(match f.trash.max {
                TrashMax::Percent(percent) => format!("{percent}%"),
                TrashMax::Size(size) => values::print_size(size),
            })
        },
        reset: |f, defaults| f.trash.max = defaults.trash.max,
    }),
    Spec::switch("no-trash", &[], "no trash: what is deleted or replaced is gone")
        .flag(&["no_trash", "notrash"])
        .sets_flag(Field::Custom {
            set: |f, text| {
                if values::yes_or_no(text)? {
                    f.trash.days = 0;
                }
                Ok(())
            },
            get: |_| None,
            reset: |f, defaults| f.trash.days = defaults.trash.days,
        }),
    Spec::value("mime", &[], Kind::Repeat, "EXT=TYPE", "", "content type for an extension").not_yet(),
    Spec::value(
        "cores",
        &["-j"],
        Kind::Number,
        "N",
        "",
        "copyparty: worker processes; this program uses all cores anyway",
    )
    .restart()
    .not_here(),
    Spec::value("reload-sig", &[], Kind::Text, "SIGNAL", "", "copyparty: signal that reloads the configuration")
        .restart()
        .not_yet(),
    Spec::switch("no-reload", &[], "copyparty: no reload from the control panel").not_yet(),
    Spec::switch("wram", &[], "copyparty: allow volumes in memory").flag(&["wram"]).not_here(),
    Spec::switch("ign-ebind", &["--ign-ebind-all"], "copyparty: continue when some ports are taken").not_yet(),
    Spec::switch("no-ansi", &[], "copyparty: no colours in the terminal").not_here(),
    Spec::switch("keep-qem", &[], "copyparty: leave the Windows console as it is").not_here(),
];
