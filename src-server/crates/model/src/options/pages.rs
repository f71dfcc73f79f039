//! Defaults of the pages; visitors can change most of them for themselves.

use super::field::Field;
use super::spec::{Kind, Spec};
use crate::language;
use crate::settings::Settings;

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
    Spec::switch("grid", &[], "show listings as a grid").flag(&["grid"]).not_yet(),
    Spec::switch("gsel", &[], "select files in the grid").flag(&["gsel"]).not_yet(),
    Spec::value("gauto", &[], Kind::Number, "PERCENT", "", "grid turns on by itself where so many files are pictures")
        .not_yet(),
    Spec::value("sort", &[], Kind::Text, "COLUMN,..", "href", "order of listings").flag(&["sort"]).not_yet(),
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
    Spec::value("hsortn", &[], Kind::Number, "N", "", "number of sort columns in links").flag(&["hsortn"]).not_yet(),
    Spec::value("unlist", &[], Kind::Regex, "RE", "", "names that listings omit").flag(&["unlist"]).not_yet_guarding(),
    Spec::switch("dothidden", &[], "listings omit the names in .hidden").flag(&["dothidden"]).not_yet(),
    Spec::switch("dlni", &[], "links download instead of open").flag(&["dlni"]).not_yet(),
    Spec::value("html-head", &[], Kind::Text, "HTML", "", "text for the head of pages").flag(&["html_head"]).not_yet(),
    Spec::value("html-head-s", &[], Kind::Text, "HTML", "", "the same, without placeholders")
        .flag(&["html_head_s"])
        .not_yet(),
    Spec::value("js-browser", &[], Kind::Text, "URL", "", "copyparty: a script for all pages").not_here(),
    Spec::value("js-other", &[], Kind::Text, "URL", "", "copyparty: a script for all other pages").not_here(),
    Spec::value("textfiles", &[], Kind::List, "EXT,..", "", "files that are shown as text").not_yet(),
    Spec::value("prologues", &[], Kind::List, "NAME,..", ".prologue.html", "texts above a listing")
        .flag(&["prologues"])
        .not_yet(),
    Spec::value("epilogues", &[], Kind::List, "NAME,..", ".epilogue.html", "texts below a listing")
        .flag(&["epilogues"])
        .not_yet(),
    Spec::value("preadmes", &[], Kind::List, "NAME,..", "preadme.md", "readmes above a listing")
        .flag(&["preadmes"])
        .not_yet(),
    Spec::value("readmes", &[], Kind::List, "NAME,..", "readme.md", "readmes below a listing")
        .flag(&["readmes"])
        .not_yet(),
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
