//! Shows rows as a menu of the desktop. An open menu stays open, where the desktop would close a menu that
//! is replaced: entries of the same kind are changed one by one.

use super::rows::{Action, Row};
use crate::pane::Pane;
use tauri::menu::{CheckMenuItem, IsMenuItem, Menu, MenuItem, PredefinedMenuItem, Submenu};
use tauri::{AppHandle, Wry};

/// The entries of a menu, one for each row.
pub struct Entries(Vec<Entry>);

enum Entry {
    Separator(PredefinedMenuItem<Wry>),
    Item(MenuItem<Wry>),
    Check(CheckMenuItem<Wry>),
    Submenu(Submenu<Wry>, Entries),
}

/// Creates a menu with these rows.
///
/// # Errors
/// The error of the desktop.
pub fn make(app: &AppHandle, rows: &[Row]) -> tauri::Result<(Menu<Wry>, Entries)> {
    let entries = Entries::make(app, rows)?;
    let menu = Menu::new(app)?;
    for entry in &entries.0 {
        menu.append(entry.as_item())?;
    }
    Ok((menu, entries))
}

impl Entries {
    fn make(app: &AppHandle, rows: &[Row]) -> tauri::Result<Self> {
        Ok(Self(rows.iter().map(|row| Entry::make(app, row)).collect::<tauri::Result<_>>()?))
    }

    /// Changes the entries of `before` to `rows`. Returns false, without changes, if the rows differ in kind.
    ///
    /// # Errors
    /// The error of the desktop.
    pub fn change(&mut self, app: &AppHandle, before: &[Row], rows: &[Row]) -> tauri::Result<bool> {
        let alike = before.len() == rows.len() && before.iter().zip(rows).all(|(old, new)| is_same_kind(old, new));
        if !alike {
            return Ok(false);
        }
        for (entry, (old, new)) in self.0.iter_mut().zip(before.iter().zip(rows)).filter(|(_, (old, new))| old != new) {
            match (entry, old, new) {
                (Entry::Item(item), _, Row::Text(label) | Row::Item(_, label)) => item.set_text(escaped(label))?,
                (Entry::Check(check), _, Row::Check(_, label, on)) => {
                    check.set_text(escaped(label))?;
                    check.set_checked(*on)?;
                }
                (Entry::Submenu(more, entries), Row::Submenu(_, old), Row::Submenu(label, new)) => {
                    more.set_text(escaped(label))?;
                    if !entries.change(app, old, new)? {
                        *entries = refill(app, more, new)?;
                    }
                }
                _ => {}
            }
        }
        Ok(true)
    }
}

/// Returns whether the entry of `old` can be changed to `new`. A click at the same moment must still run the action
/// that the user read.
fn is_same_kind(old: &Row, new: &Row) -> bool {
    match (old, new) {
        (Row::Text(_), Row::Text(_)) | (Row::Separator, Row::Separator) | (Row::Submenu(..), Row::Submenu(..)) => true,
        (Row::Item(old, _), Row::Item(new, _)) | (Row::Check(old, ..), Row::Check(new, ..)) => old == new,
        _ => false,
    }
}

fn refill(app: &AppHandle, more: &Submenu<Wry>, rows: &[Row]) -> tauri::Result<Entries> {
    while more.remove_at(0)?.is_some() {}
    let entries = Entries::make(app, rows)?;
    for entry in &entries.0 {
        more.append(entry.as_item())?;
    }
    Ok(entries)
}

impl Entry {
    fn make(app: &AppHandle, row: &Row) -> tauri::Result<Self> {
        let id = |action| serde_json::to_string(action).expect("plain values");
        let shortcut = |action: &Action| match action {
            Action::Open(Pane::Settings) => Some("CmdOrCtrl+,"),
            _ => None,
        };
        Ok(match row {
            Row::Text(label) => Self::Item(MenuItem::new(app, escaped(label), false, None::<&str>)?),
            Row::Item(action, label) => {
                Self::Item(MenuItem::with_id(app, id(action), escaped(label), true, shortcut(action))?)
            }
            Row::Check(action, label, on) => {
                Self::Check(CheckMenuItem::with_id(app, id(action), escaped(label), true, *on, None::<&str>)?)
            }
            Row::Separator => Entry::Separator(PredefinedMenuItem::separator(app)?),
            Row::Submenu(label, rows) => {
                let more = Submenu::new(app, escaped(label), true)?;
                let entries = refill(app, &more, rows)?;
                Entry::Submenu(more, entries)
            }
        })
    }

    fn as_item(&self) -> &dyn IsMenuItem<Wry> {
        match self {
            Entry::Separator(line) => line,
            Self::Item(item) => item,
            Self::Check(check) => check,
            Entry::Submenu(more, _) => more,
        }
    }
}

/// Escapes `&`, which marks the access key.
fn escaped(label: &str) -> String {
    label.replace('&', "&&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_with_the_same_action_are_of_the_same_kind() {
        let item = |action| Row::Item(action, "a".into());
        let check = |on: bool| Row::Check(Action::SetShare { mount: "/a".into(), on: !on }, "a".into(), on);
        assert!(is_same_kind(&Row::Text("a".into()), &Row::Text("b".into())));
        assert!(is_same_kind(&item(Action::Quit), &Row::Item(Action::Quit, "b".into())));
        assert!(!is_same_kind(&item(Action::TurnOn), &item(Action::TurnOff)));
        assert!(!is_same_kind(&check(true), &check(false)));
        assert!(!is_same_kind(&Row::Text("a".into()), &item(Action::Quit)));
        assert!(is_same_kind(&Row::Submenu("a".into(), vec![]), &Row::Submenu("a".into(), vec![Row::Separator])));
    }
}
