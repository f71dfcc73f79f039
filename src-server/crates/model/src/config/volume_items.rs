//! The items of a `-v SRC:DST:ITEM:ITEM`: rights and flags. copyparty 0.11 and 1.x have a grammar each; how they are
//! told apart stands in docs/configuration.md ("Volumes"). Flags of configuration files are read here too.

use super::draft::{Draft, FlagValue};
use super::grants::read_grant;
use crate::options::{self, Kind};
use crate::volume::Grant;

const LETTERS: &str = "rwmdgGh.aA";

/// The grammar of a `-v`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Generation {
    /// copyparty 0.11: `rUSER`, `cFLAG`.
    V0,
    /// copyparty 1.x: `rw,USER`, `c,FLAG`.
    V1,
}

fn all_letters(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| LETTERS.contains(c))
}

fn letter_and_account<'i>(item: &'i str, is_account: &dyn Fn(&str) -> bool) -> Option<&'i str> {
    let rest = item.strip_prefix(['r', 'w', 'a'])?;
    is_account(rest).then_some(rest)
}

/// Detects the grammar. An item with a comma after `c` or after letters of permissions is 1.x; else an item `cFLAG`,
/// `a`, or a letter with the name of an existing account is 0.11; else 1.x.
fn generation(items: &[String], is_account: &dyn Fn(&str) -> bool) -> Generation {
    let comma_form = |item: &String| item.split_once(',').is_some_and(|(head, _)| head == "c" || all_letters(head));
    if items.iter().any(comma_form) {
        return Generation::V1;
    }
    let old_flag = |item: &String| item.strip_prefix('c').is_some_and(|rest| rest.starts_with(char::is_alphanumeric));
    let old = |item: &String| old_flag(item) || letter_and_account(item, is_account).is_some() || item == "a";
    if items.iter().any(old) { Generation::V0 } else { Generation::V1 }
}

/// Parses the items of a `-v`. Faults and warnings are added to `draft`.
pub(super) fn read_items(
    items: &[String],
    at: &str,
    is_account: &dyn Fn(&str) -> bool,
    draft: &mut Draft,
) -> (Vec<Grant>, Vec<FlagValue>) {
    let (mut grants, mut flags) = (Vec::new(), Vec::new());
    let generation = generation(items, is_account);
    for item in items {
        match (generation, item.strip_prefix('c')) {
            (Generation::V0, Some(flag)) => {
                let (name, value) = name_and_value(flag, '=');
                flags.extend(read_flag(name, value, at, draft));
            }
            (Generation::V0, None) => {
                if letter_and_account(item, is_account).is_some() && all_letters(item) && item.len() > 1 {
                    draft.warnings.push(format!(
                        "{at}: '{item}' is read as '{}' for the account '{}'; write '{item},*' if these are letters for everyone.",
                        &item[..1], &item[1..]
                    ));
                }
                let grant = old_grant(item);
                grants.extend(draft.ok_or_fault(at, grant));
            }
            (Generation::V1, _) => read_item(item, at, &mut grants, &mut flags, draft),
        }
    }
    (grants, flags)
}

/// Parses an item of copyparty 1.x's grammar: flags after `c,`, or letters and accounts.
pub(super) fn read_item(item: &str, at: &str, grants: &mut Vec<Grant>, flags: &mut Vec<FlagValue>, draft: &mut Draft) {
    if let Some(list) = item.strip_prefix("c,") {
        flags.extend(read_flag_list(list, '=', at, draft));
        return;
    }
    let (letters, people) = item.split_once(',').unwrap_or((item, "*"));
    let grant = read_grant(letters, people);
    grants.extend(draft.ok_or_fault(at, grant));
}

/// Parses `r`, `wUSER`, `a`: one letter, at most one account.
fn old_grant(item: &str) -> Result<Grant, String> {
    let letter = item.chars().next().filter(|letter| "rwa".contains(*letter));
    let letter = letter.ok_or_else(|| format!("'{item}' starts with neither r, w, a nor c; see --help-volumes."))?;
    let person = &item[1..];
    let letters = if letter == 'a' { "rwa" } else { &item[..1] };
    read_grant(letters, if person.is_empty() { "*" } else { person })
}

/// Parses `flag,flag,flag=value`: only the last can have a value, which extends to the end. `sign` is `:` in files, `=`
/// in arguments.
pub(super) fn read_flag_list(list: &str, sign: char, at: &str, draft: &mut Draft) -> Vec<FlagValue> {
    let mut flags = Vec::new();
    for (name, value) in split_list(list, sign) {
        warn_of_swallowed_flags((name, value), sign, at, draft);
        flags.extend(read_flag(name, value, at, draft));
    }
    flags
}

/// Warns if the value of a flag, which extends to the end of the list, seems to contain flags. Does not repeat the value. Values
/// that are lists themselves have commas of their own, and those of other kinds are refused if they have one.
fn warn_of_swallowed_flags((name, value): (&str, Option<&str>), sign: char, at: &str, draft: &mut Draft) {
    let takes_any = |spec: &options::Spec| matches!(spec.kind, Kind::Regex | Kind::Text | Kind::Path | Kind::Optional);
    let Some(value) = value.filter(|_| options::by_flag(name).is_some_and(|spec| takes_any(&spec))) else { return };
    let is_flag = |part: &&str| {
        let word = part.split([sign, '=']).next().unwrap_or_default().trim();
        options::by_flag(word.strip_prefix('-').unwrap_or(word)).is_some()
    };
    let parts: Vec<&str> = value.split(',').skip(1).collect();
    let swallowed: Vec<&str> =
        parts.into_iter().filter(is_flag).map(|part| part.split([sign, '=']).next().unwrap_or(part)).collect();
    if swallowed.is_empty() {
        return;
    }
    let elsewhere = if sign == ':' { "on a line of its own" } else { "in a group of its own (:c,...)" };
    draft.warnings.push(format!(
        "{at}: everything after '{name}{sign}' is its value, also '{}'. If that is meant as a flag, write it before {name}, or \
         {elsewhere}.",
        swallowed.join(",")
    ));
}

/// Splits `a, b, c: rest of the line, with commas`.
pub(super) fn split_list(list: &str, sign: char) -> Vec<(&str, Option<&str>)> {
    let mut found = Vec::new();
    let mut rest = list.trim_start();
    while !rest.is_empty() {
        let (comma, colon) = (rest.find(','), rest.find(sign));
        if colon.is_some_and(|colon| comma.is_none_or(|comma| colon < comma)) {
            found.push(name_and_value(rest, sign));
            break;
        }
        let (item, after) = rest.split_once(',').unwrap_or((rest, ""));
        if !item.trim().is_empty() {
            found.push((item.trim(), None));
        }
        rest = after.trim_start();
    }
    found
}

/// Splits at `sign`. Blanks around a value are part of it on a command line, but not in a file.
fn name_and_value(text: &str, sign: char) -> (&str, Option<&str>) {
    match text.split_once(sign) {
        Some((name, value)) => (name.trim(), Some(if sign == ':' { value.trim() } else { value })),
        None => (text.trim(), None),
    }
}

/// Parses one flag. Unknown flags are skipped with a warning, as in both versions of copyparty.
pub(super) fn read_flag(name: &str, value: Option<&str>, at: &str, draft: &mut Draft) -> Option<FlagValue> {
    let (bare, unset) = name.strip_prefix('-').map_or((name, false), |bare| (bare, true));
    let Some(spec) = options::by_flag(bare) else {
        let near = options::suggest_flag(bare).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        draft.warnings.push(format!("{at}: there is no flag '{bare}', so it is ignored{near}"));
        return None;
    };
    if value.is_none() && !unset && !matches!(spec.kind, Kind::Switch | Kind::Optional) {
        draft.add_fault(at, format!("The flag '{bare}' needs a value: {bare}={}.", spec.value_name()));
        return None;
    }
    if !unset {
        draft.note_effect(&spec, format!("the flag {bare}"));
    }
    Some(FlagValue { spec, value: value.map(str::to_owned), unset })
}
