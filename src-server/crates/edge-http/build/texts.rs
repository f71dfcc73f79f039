//! Makes a function of every text in `web/templates/i18n/en.json`, so that a misspelled key or a missing value does not
//! compile, and a table of every language in that folder. What else a file must fulfil, `tests/texts` checks.

use serde_json::{Map, Value};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// The language whose texts name keys and values, and which stands in for missing texts.
const SOURCE: &str = "en";

/// Returns the code for the message files in `folder`.
pub fn generate(folder: &Path) -> String {
    println!("cargo:rerun-if-changed={}", folder.display());
    let source = read(&folder.join(format!("{SOURCE}.json")));
    let mut tags: Vec<String> = fs::read_dir(folder)
        .expect("the folder of message files can be read")
        .filter_map(|entry| Some(entry.ok()?.file_name().to_str()?.strip_suffix(".json")?.to_owned()))
        .filter(|tag| tag != SOURCE)
        .collect();
    tags.sort();
    let mut code = functions(&source);
    writeln!(code, "const COUNT: usize = {};", source.len()).expect(WRITING);
    push_table(&mut code, SOURCE, &source, &source);
    code.push_str("static OTHERS: &[&Language] = &[\n");
    for tag in &tags {
        writeln!(code, "    &{},", name(tag)).expect(WRITING);
    }
    code.push_str("];\n");
    for tag in &tags {
        push_table(&mut code, tag, &source, &read(&folder.join(format!("{tag}.json"))));
    }
    code
}

const WRITING: &str = "writing to a string cannot fail";

fn read(path: &Path) -> Map<String, Value> {
    println!("cargo:rerun-if-changed={}", path.display());
    let fault = |fault: String| -> ! { panic!("{}: {fault}", path.display()) };
    let text = fs::read_to_string(path).unwrap_or_else(|error| fault(error.to_string()));
    serde_json::from_str(&text).unwrap_or_else(|error| fault(error.to_string()))
}

/// Returns the name of a language's table.
fn name(tag: &str) -> String {
    tag.replace('-', "_").to_uppercase()
}

/// Appends the table of a language. Missing texts are `None`.
fn push_table(code: &mut String, tag: &str, source: &Map<String, Value>, texts: &Map<String, Value>) {
    writeln!(code, "static {}: Language = Language {{ tag: {tag:?}, texts: &[", name(tag)).expect(WRITING);
    for key in source.keys() {
        match texts.get(key) {
            Some(Value::String(text)) => writeln!(code, "    Some(Entry::Text({text:?})),"),
            Some(Value::Object(forms)) => {
                let of = |(form, text): (&String, &Value)| {
                    let text = text.as_str().unwrap_or_else(|| panic!("{tag}.json: {key}: {form} is not a text"));
                    format!("({}, {text:?})", category(form))
                };
                writeln!(code, "    Some(Entry::Forms(&[{}])),", forms.iter().map(of).collect::<Vec<_>>().join(", "))
            }
            None => writeln!(code, "    None,"),
            Some(_) => panic!("{tag}.json: {key} is neither a text nor the forms of one"),
        }
        .expect(WRITING);
    }
    code.push_str("] };\n");
}

fn has_markup(text: &str) -> bool {
    text.contains("<b>")
}

/// Returns the plural category for the name of a form.
fn category(form: &str) -> &'static str {
    match form {
        "zero" => "PluralCategory::Zero",
        "one" => "PluralCategory::One",
        "two" => "PluralCategory::Two",
        "few" => "PluralCategory::Few",
        "many" => "PluralCategory::Many",
        "other" => "PluralCategory::Other",
        _ => panic!("'{form}' is no plural category"),
    }
}

/// Returns the functions for all texts. Their arguments are the values in the order in which they occur in the English
/// text; the count that selects a form is the first.
fn functions(source: &Map<String, Value>) -> String {
    let mut code = String::from("impl Texts {\n");
    for (at, (key, text)) in source.iter().enumerate() {
        let forms = text.as_object();
        let shown = forms.map_or(text, |forms| &forms["other"]).as_str().unwrap_or_else(|| panic!("{key} has no text"));
        let function = key.replace(['.', '-'], "_");
        let values: Vec<&str> = values(shown).into_iter().filter(|value| forms.is_none() || *value != "n").collect();
        let mut arguments: String = if forms.is_some() { ", n: u64".to_owned() } else { String::new() };
        for value in &values {
            write!(arguments, ", {value}: impl Into<Value<'a>>").expect(WRITING);
        }
        let list: Vec<String> = values.iter().map(|value| format!("({value:?}, {value}.into())")).collect();
        let list = list.join(", ");
        let (kind, body) = match (forms.is_some(), has_markup(shown)) {
            (false, false) if values.is_empty() => ("&'static str", format!("self.plain({at})")),
            (false, false) => ("String", format!("self.filled({at}, &[{list}])")),
            (true, false) => ("String", format!("self.counted({at}, n, &[{list}])")),
            (false, true) => ("Markup", format!("self.marked({at}, &[{list}])")),
            (true, true) => panic!("{key}: a text with plural forms has no <b>"),
        };
        let lifetime = if values.is_empty() { "" } else { "<'a>" };
        writeln!(
            code,
            "    /// {}\n    pub fn {function}{lifetime}(self{arguments}) -> {kind} {{\n        {body}\n    }}",
            shown.replace('\n', " ").replace('<', "\\<").replace('[', "\\[")
        )
        .expect(WRITING);
    }
    code.push_str("}\n");
    code
}

/// Returns the names of the values in a text, each once, in the order in which they occur.
fn values(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for piece in text.split('{').skip(1) {
        if let Some((name, _)) = piece.split_once('}')
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    names
}
