//! Rows as a menu of the desktop. What is open under somebody's hand stays open, where the desktop would close a menu that
//! is replaced: entries that are alike are changed, one by one.

use super::rows::{Action, Row};
use crate::windows::Pane;
use tauri::menu::{CheckMenuItem, IsMenuItem, Menu, MenuItem, PredefinedMenuItem, Submenu};
use tauri::{AppHandle, Wry};

/// The entries of a menu, one for each row.
pub struct Entries(Vec<Entry>);

enum Entry {
    Line(PredefinedMenuItem<Wry>),
    Item(MenuItem<Wry>),
    Check(CheckMenuItem<Wry>),
    More(Submenu<Wry>, Entries),
}

/// A menu with these rows.
///
/// # Errors
/// What the desktop says.
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

    /// Makes `rows` out of the entries for `before`; false, and nothing has changed: they are not alike.
    ///
    /// # Errors
    /// What the desktop says.
    pub fn change(&mut self, app: &AppHandle, before: &[Row], rows: &[Row]) -> tauri::Result<bool> {
        let alike = before.len() == rows.len() && before.iter().zip(rows).all(|(old, new)| is_alike(old, new));
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
                (Entry::More(more, entries), Row::More(_, old), Row::More(label, new)) => {
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

/// Whether the entry of one can become that of the other. A click that is under way must still mean what was read.
fn is_alike(old: &Row, new: &Row) -> bool {
    match (old, new) {
        (Row::Text(_), Row::Text(_)) | (Row::Line, Row::Line) | (Row::More(..), Row::More(..)) => true,
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
            Row::Line => Self::Line(PredefinedMenuItem::separator(app)?),
            Row::More(label, rows) => {
                let more = Submenu::new(app, escaped(label), true)?;
                let entries = refill(app, &more, rows)?;
                Self::More(more, entries)
            }
        })
    }

    fn as_item(&self) -> &dyn IsMenuItem<Wry> {
        match self {
            Self::Line(line) => line,
            Self::Item(item) => item,
            Self::Check(check) => check,
            Self::More(more, _) => more,
        }
    }
}

/// `&` marks the letter of a key.
fn escaped(label: &str) -> String {
    label.replace('&', "&&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_does_the_same_is_alike() {
        let item = |action| Row::Item(action, "a".into());
        let check = |on: bool| Row::Check(Action::Switch { mount: "/a".into(), on: !on }, "a".into(), on);
        assert!(is_alike(&Row::Text("a".into()), &Row::Text("b".into())));
        assert!(is_alike(&item(Action::Quit), &Row::Item(Action::Quit, "b".into())));
        assert!(!is_alike(&item(Action::TurnOn), &item(Action::TurnOff)));
        assert!(!is_alike(&check(true), &check(false)));
        assert!(!is_alike(&Row::Text("a".into()), &item(Action::Quit)));
        assert!(is_alike(&Row::More("a".into(), vec![]), &Row::More("a".into(), vec![Row::Line])));
    }
}
