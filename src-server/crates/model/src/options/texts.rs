//! Text files, Markdown and the editor.

use super::field::Field;
use super::spec::{Kind, Spec};

pub(super) const ROWS: &[Spec] = &[
    Spec::value("rw-edit", &[], Kind::List, "EXT,..", "md", "extensions of files that accounts with rw may edit")
        .flag(&["rw_edit"])
        .sets_flag(Field::List(|f| &mut f.editable)),
    Spec::value(
        "md-hist",
        &[],
        Kind::Choice(&["s", "v", "n"]),
        "WHERE",
        "s",
        "old versions of texts: s or v = kept with the volume's state, n = not kept",
    )
    .flag(&["md_hist"])
    .sets_flag(Field::Custom {
        set: |f, text| {
            f.text_versions = match text.trim() {
                "n" => None,
                "s" | "v" => f.text_versions.or(Some(99)),
                _ => return Err(format!("'{text}' is none of s, v, n.")),
            };
            Ok(())
        },
        get: |f| Some(if f.text_versions.is_some() { "s" } else { "n" }.into()),
        reset: |f, d| f.text_versions = f.text_versions.or(d.text_versions),
    }),
    Spec::value("md-nhist", &[], Kind::Number, "N", "99", "how many old versions of a text are kept; 0 = all")
        .flag(&["md_nhist"])
        .sets_flag(Field::Custom {
            set: |f, text| {
                let count = text.trim().parse().map_err(|_| format!("'{text}' is not a whole number."))?;
                // md_hist=n wins, whichever of the two comes first.
                f.text_versions = f.text_versions.map(|_| count);
                Ok(())
            },
            get: |f| f.text_versions.map(|count| count.to_string()),
            reset: |f, d| f.text_versions = f.text_versions.and(d.text_versions),
        }),
    Spec::switch("show-hist", &[], "listings show the folder of old versions").flag(&["show_hist"]).not_yet(),
    Spec::value(
        "editor-check",
        &["-mcr"],
        Kind::Number,
        "SEC",
        "60",
        "how often the editor looks for changes by others",
    )
    .not_yet(),
    Spec::switch(
        "md-plugins",
        &["-emp"],
        "scripts inside Markdown run (blocks copyparty_pre, copyparty_post), in a frame without access to the page or the account",
    )
    .flag(&["emp"])
    .sets_flag(Field::Switch(|f| &mut f.page_texts.runs_plugins)),
    Spec::switch("no-plugins", &["-nmp"], "copyparty: no scripts inside Markdown").not_here(),
    Spec::value("txt-eol", &[], Kind::Choice(&["lf", "crlf"]), "EOL", "", "line ends of saved texts")
        .flag(&["txt_eol"])
        .not_yet(),
    Spec::switch("md-no-br", &[], "a line break in Markdown is a blank; without it, it is a line break on the page")
        .flag(&["md_no_br"])
        .sets_flag(Field::Switch(|f| &mut f.page_texts.joins_lines)),
    Spec::switch("exp", &[], "replace placeholders in texts").flag(&["exp"]).not_yet(),
    Spec::value("exp-md", &[], Kind::Text, "LIST", "", "which placeholders in Markdown").flag(&["exp_md"]).not_yet(),
    Spec::value("exp-lg", &[], Kind::Text, "LIST", "", "which placeholders in prologues and epilogues")
        .flag(&["exp_lg"])
        .not_yet(),
    Spec::value("txt-max", &[], Kind::Number, "KIB", "", "largest text that is shown in a page").not_yet(),
    Spec::value("sb-md", &[], Kind::Optional, "TEXT", "", "copyparty: sandbox of Markdown; here it is HTML without script")
        .flag(&["sb_md"])
        .not_here(),
    Spec::value("sb-lg", &[], Kind::Optional, "TEXT", "", "copyparty: what prologues and epilogues may; here always the least")
        .flag(&["sb_lg"])
        .not_here(),
    Spec::switch("no-sb-md", &[], "copyparty: no sandbox for Markdown").flag(&["no_sb_md"]).not_here(),
    Spec::switch("no-sb-lg", &[], "copyparty: no sandbox for prologues and epilogues").flag(&["no_sb_lg"]).not_here(),
];
