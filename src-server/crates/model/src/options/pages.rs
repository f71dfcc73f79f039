//! Defaults of the pages; visitors can change most of them for themselves.

use super::field::Field;
use super::spec::{Kind, Spec};
use super::values;
use crate::language;
use crate::page_list_flags::{NamePattern, PageListFlags, SortRule};
use crate::settings::Settings;
use crate::volume::VolumeFlags;

pub(super) const ROWS: &[Spec] = &[
    Spec::value("css-browser", &[], Kind::Text, "URL", "", "an additional style sheet for all pages")
        .sets(Field::MaybeText(|s| &mut s.behaviour.extra_css)),
    Spec::value(
        "lang",
        &[],
        Kind::Text,
        "CODE",
        "",
        "language of pages for visitors who have not chosen one, such as de; default: what their browser asks for",
    )
    .sets(Field::custom(set_language, |s| s.behaviour.language.map(str::to_owned))),
    Spec::value("theme", &[], Kind::Text, "N", "", "colours of pages").not_yet(),
    Spec::switch("grid", &[], "pages begin with the grid; visitors can choose the list")
        .flag(&["grid"])
        .sets_flag(Field::Switch(|f| &mut f.page_lists.grid)),
    Spec::switch("gsel", &[], "copyparty: the grid selects instead of opening; here it does both")
        .flag(&["gsel"])
        .not_here(),
    Spec::value("gauto", &[], Kind::Number, "PERCENT", "", "grid turns on by itself where so many files are pictures")
        .not_yet(),
    Spec::value(
        "sort",
        &[],
        Kind::List,
        "COLUMN,..",
        "href",
        "order with which pages begin: href, sz, ext, ts, tags/NAME, with a minus in front for the reverse order",
    )
    .flag(&["sort"])
    .sets_flag(Field::Custom {
        set: |f, text| {
            let rules = values::list(text).iter().map(|rule| SortRule::parse(rule)).collect::<Result<Vec<_>, _>>()?;
            f.page_lists.sort = if rules.is_empty() { PageListFlags::default().sort } else { rules };
            Ok(())
        },
        get: |f| Some(f.page_lists.sort.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")),
        reset: |f, d| f.page_lists.sort.clone_from(&d.page_lists.sort),
    }),
    Spec::value(
        "nsort",
        &[],
        Kind::Switch,
        "",
        "yes",
        "names are sorted without case, and numbers in them as numbers; --nsort=no sorts by bytes",
    )
    .flag(&["nsort"])
    .sets_flag(Field::Switch(|f| &mut f.natural_order)),
    Spec::value(
        "hsortn",
        &[],
        Kind::Number,
        "N",
        "",
        "copyparty: number of sort columns in links; here links have none",
    )
    .flag(&["hsortn"])
    .not_here(),
    Spec::value(
        "unlist",
        &[],
        Kind::Regex,
        "RE",
        "",
        "names that listings omit; no protection, since a file whose name is known opens as before",
    )
    .flag(&["unlist"])
    .sets_flag(Field::Custom {
        set: |f, text| {
            f.page_lists.unlist = if text.is_empty() { None } else { Some(NamePattern::new(text)?) };
            Ok(())
        },
        get: |f| f.page_lists.unlist.as_ref().map(|pattern| pattern.as_str().to_owned()),
        reset: |f, d| f.page_lists.unlist.clone_from(&d.page_lists.unlist),
    }),
    Spec::switch(
        "dothidden",
        &[],
        "listings omit the names in the file .hidden of a folder, unless dotfiles are shown",
    )
    .flag(&["dothidden"])
    .sets_flag(Field::Switch(|f| &mut f.page_lists.obeys_dot_hidden)),
    Spec::switch("dlni", &[], "links in listings download files instead of opening them")
        .flag(&["dlni"])
        .sets_flag(Field::Switch(|f| &mut f.page_lists.downloads)),
    Spec::value(
        "html-head",
        &[],
        Kind::Text,
        "HTML",
        "",
        "HTML for the head of pages, as it stands: no file (@), no template (%); pages run no scripts in it",
    )
    .flag(&["html_head"])
    .sets_flag(Field::Custom {
        set: set_html_head,
        get: |f| f.page_lists.head.clone(),
        reset: |f, d| f.page_lists.head.clone_from(&d.page_lists.head),
    }),
    Spec::value("html-head-s", &[], Kind::Text, "HTML", "", "the same, without placeholders")
        .flag(&["html_head_s"])
        .not_yet(),
    Spec::value("js-browser", &[], Kind::Text, "URL", "", "copyparty: a script for all pages").not_here(),
    Spec::value("js-other", &[], Kind::Text, "URL", "", "copyparty: a script for all other pages").not_here(),
    Spec::value("textfiles", &[], Kind::List, "EXT,..", "", "files that are shown as text").not_yet(),
    Spec::value(
        "prologues",
        &[],
        Kind::List,
        "NAME,..",
        ".prologue.html",
        "files with HTML above a listing; the first that there is",
    )
    .flag(&["prologues"])
    .sets_flag(Field::List(|f| &mut f.page_lists.prologues)),
    Spec::value(
        "epilogues",
        &[],
        Kind::List,
        "NAME,..",
        ".epilogue.html",
        "files with HTML below a listing; the first that there is",
    )
    .flag(&["epilogues"])
    .sets_flag(Field::List(|f| &mut f.page_lists.epilogues)),
    Spec::value(
        "preadmes",
        &[],
        Kind::List,
        "NAME,..",
        "preadme.md",
        "files with Markdown above a listing; the first that there is",
    )
    .flag(&["preadmes"])
    .sets_flag(Field::List(|f| &mut f.page_lists.preadmes)),
    Spec::value(
        "readmes",
        &[],
        Kind::List,
        "NAME,..",
        "readme.md",
        "files with Markdown below a listing; the first that there is",
    )
    .flag(&["readmes"])
    .sets_flag(Field::List(|f| &mut f.page_lists.readmes)),
    Spec::switch("see-dots", &[], "show dotfiles by default").not_yet(),
    Spec::value("qdel", &[], Kind::Number, "0-2", "", "number of confirmations before deleting").not_yet(),
    Spec::value("au-vol", &[], Kind::Number, "0-100", "50", "default volume of the player").not_yet(),
    Spec::value("favico", &[], Kind::Text, "TEXT [FG [BG]]", "", "letter and colours of the icon").not_yet(),
    Spec::value("ext-th", &[], Kind::Repeat, "EXT=/PATH", "", "picture for an extension").flag(&["ext_th"]).not_yet(),
    Spec::value("doctitle", &[], Kind::Text, "TEXT", "", "title of pages").not_yet(),
    Spec::value("bname", &["--name-url"], Kind::Text, "TEXT", "", "copyparty: name and link of the server in pages")
        .not_yet(),
    Spec::switch("hide-powered-by", &["-nb"], "copyparty: no name of the program in pages").not_yet(),
    Spec::value("mpmc", &[], Kind::Text, "URL", "", "copyparty: pictures of the player").not_here(),
    Spec::value("spinner", &[], Kind::Text, "TEXT", "", "copyparty: loading indicator").not_here(),
    Spec::value("css-mb", &[], Kind::Text, "URL", "", "copyparty: style sheet of other pages").not_here(),
    Spec::switch("ui-noacci", &[], "hide the account in pages").flag(&["ui_noacci"]).not_yet(),
    Spec::switch("ui-nocpla", &[], "hide the link to the control panel").flag(&["ui_nocpla"]).not_yet(),
    Spec::switch("ui-nolbar", &[], "hide the lower bar").flag(&["ui_nolbar"]).not_yet(),
    Spec::switch("ui-nombar", &[], "hide the upper bar").flag(&["ui_nombar"]).not_yet(),
    Spec::switch("ui-noctxb", &[], "hide the context buttons").flag(&["ui_noctxb"]).not_yet(),
    Spec::switch("ui-norepl", &[], "hide the console").flag(&["ui_norepl"]).not_yet(),
    Spec::switch("ui-nosrvi", &[], "hide the information about the server").flag(&["ui_nosrvi"]).not_yet(),
    Spec::switch("ui-notree", &[], "hide the tree").flag(&["ui_notree"]).not_yet(),
    Spec::value("ui-filesz", &[], Kind::Text, "HOW", "", "how sizes are written").flag(&["ui_filesz"]).not_yet(),
    Spec::switch("plainlogues", &[], "prologues and epilogues are plain text")
        .flag_only(&["plainlogues"])
        .sets_flag(Field::Switch(|f| &mut f.page_texts.plain_logues)),
    Spec::switch("plainreadme", &[], "readmes are plain text")
        .flag_only(&["plainreadme"])
        .sets_flag(Field::Switch(|f| &mut f.page_texts.plain_readme)),
    Spec::switch("unlistcr", &[], "the control panel does not list who may read").flag_only(&["unlistcr"]).not_yet(),
    Spec::switch("unlistcw", &[], "the control panel does not list who may write").flag_only(&["unlistcw"]).not_yet(),
];

/// Sets the HTML for the head of pages. What copyparty would read from a file or run as a template would be shown as it stands.
fn set_html_head(flags: &mut VolumeFlags, text: &str) -> Result<(), String> {
    if text.starts_with(['@', '%']) {
        return Err(format!(
            "'{text}' names a file or is a template, which this server does not read; write the HTML itself."
        ));
    }
    flags.page_lists.head = Some(text.to_owned()).filter(|text| !text.is_empty());
    Ok(())
}

/// Sets the language of pages; an empty code means that of the browser.
fn set_language(settings: &mut Settings, code: &str) -> Result<(), String> {
    settings.behaviour.language = match (code.trim().is_empty(), language::tag_of(code)) {
        (true, _) => None,
        (false, Some(tag)) => Some(tag),
        (false, None) => {
            let all = language::tags().collect::<Vec<_>>().join(", ");
            return Err(format!("there are no pages in the language '{code}'; write one of {all}."));
        }
    };
    Ok(())
}
