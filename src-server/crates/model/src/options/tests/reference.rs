//! Generates the reference in `docs/configuration.md` from the table: a stale one is rewritten, and the test fails
//! once.

use super::super::*;
use std::fmt::Write;
use std::path::PathBuf;

const START: &str = "<!-- made from options.rs by `cargo test -p model`; do not edit below -->\n";

#[test]
fn the_reference_is_up_to_date() {
    let path = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo says where"))
        .join("../../../docs/configuration.md");
    let text = std::fs::read_to_string(&path).expect("docs/configuration.md").replace("\r\n", "\n");
    let (before, written) = text.split_once(START).expect("the marker in docs/configuration.md");
    let want = reference();
    if written != want {
        std::fs::write(&path, format!("{before}{START}{want}")).expect("docs/configuration.md can be written");
        panic!("docs/configuration.md was stale and is now rewritten; commit it");
    }
}

fn reference() -> String {
    let mut text = String::new();
    for (group, rows) in groups() {
        let acts: Vec<&Spec> = rows.iter().filter(|spec| spec.effect == Effect::Acts).collect();
        if acts.is_empty() {
            continue;
        }
        let _ = writeln!(text, "\n### `[{}]`\n\n| option | flag | default | meaning |\n|--|--|--|--|", group.key());
        for spec in acts {
            let restart = if spec.change == Change::Restart { " (after a restart)" } else { "" };
            let default =
                if spec.default.is_empty() { String::new() } else { format!("`{}`", spec.default.replace('|', "\\|")) };
            let meaning = cell(spec.help);
            let _ = writeln!(text, "| {} | {} | {default} | {meaning}{restart} |", option_cell(spec), flag_cell(spec));
        }
    }
    for (title, effect) in [
        ("Accepted, without effect so far", Effect::NotYet),
        ("Accepted for copyparty's sake, without effect", Effect::NotHere),
    ] {
        let names = |rows: Vec<String>| rows.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" ");
        let idle = || all().filter(|spec| spec.effect == effect);
        let options = idle().filter(Spec::is_global).map(|spec| spec.written()).collect();
        let flags = idle().filter_map(|spec| spec.flags.first().map(|flag| flag.to_string())).collect();
        let _ = writeln!(text, "\n### {title}\n\nOptions: {}\n\nFlags: {}", names(options), names(flags));
    }
    text
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;").replace('*', "\\*")
}

fn option_cell(spec: &Spec) -> String {
    if !spec.is_global() {
        return String::new();
    }
    let mut words = vec![format!("`--{}`", spec.name)];
    words.extend(spec.also.iter().map(|word| format!("`{word}`")));
    let value = spec.value_name().replace('|', "\\|");
    if value.is_empty() { words.join(" ") } else { format!("{} *{}*", words.join(" "), value.replace('*', "\\*")) }
}

fn flag_cell(spec: &Spec) -> String {
    let names = spec.flags.iter().map(|flag| format!("`{flag}`")).collect::<Vec<_>>().join(" ");
    let value = spec.value_name();
    // The value is already shown beside the option.
    if spec.is_global() || value.is_empty() { names } else { format!("{names} *{value}*") }
}
