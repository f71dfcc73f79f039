//! `Field`: the field of a settings struct that an option sets, with parsing and printing.

use super::values;
use crate::units::Bytes;
use std::path::PathBuf;

/// A field of `T`. It is given as a function, so that the table of options can be a constant.
pub enum Field<T: 'static> {
    /// A switch.
    Switch(fn(&mut T) -> &mut bool),
    /// A whole number.
    U64(fn(&mut T) -> &mut u64),
    /// A whole number.
    U32(fn(&mut T) -> &mut u32),
    /// A signed whole number.
    I32(fn(&mut T) -> &mut i32),
    /// A whole number.
    Usize(fn(&mut T) -> &mut usize),
    /// File mode, octal.
    Mode(fn(&mut T) -> &mut u32),
    /// A size; 0 means no limit.
    MaybeSize(fn(&mut T) -> &mut Option<Bytes>),
    /// Text.
    Text(fn(&mut T) -> &mut String),
    /// Text; empty means none.
    MaybeText(fn(&mut T) -> &mut Option<String>),
    /// A path; `-` and empty mean none.
    MaybePath(fn(&mut T) -> &mut Option<PathBuf>),
    /// Values separated by commas; setting replaces the whole list.
    List(fn(&mut T) -> &mut Vec<String>),
    /// Any other type.
    Custom {
        /// Parses the text into the field. The error is a plain sentence.
        set: fn(&mut T, &str) -> Result<(), String>,
        /// Prints the field so that `set` restores it; `None`: nothing to print.
        get: fn(&T) -> Option<String>,
        /// Resets the field to its value in the defaults.
        reset: fn(&mut T, &T),
    },
}

impl<T> Clone for Field<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Field<T> {}
impl<T> std::fmt::Debug for Field<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Field(..)")
    }
}

fn number<N: std::str::FromStr>(text: &str) -> Result<N, String> {
    text.trim().parse().map_err(|_| format!("'{text}' is not a whole number that fits here."))
}

impl<T: Clone> Field<T> {
    /// Makes a custom field without `reset`, for global options: only flags of volumes are ever unset.
    pub(super) const fn custom(set: fn(&mut T, &str) -> Result<(), String>, get: fn(&T) -> Option<String>) -> Self {
        Self::Custom { set, get, reset: |_, _| {} }
    }

    /// Sets the field from `text`.
    ///
    /// # Errors
    /// A plain sentence that says what is wrong with `text`.
    pub fn set(&self, target: &mut T, text: &str) -> Result<(), String> {
        match self {
            Self::Switch(field) => *field(target) = values::yes_or_no(text)?,
            Self::U64(field) => *field(target) = number(text)?,
            Self::U32(field) => *field(target) = number(text)?,
            Self::I32(field) => *field(target) = number(text)?,
            Self::Usize(field) => *field(target) = number(text)?,
            Self::Mode(field) => *field(target) = values::mode(text)?,
            Self::MaybeSize(field) => *field(target) = Some(values::size(text)?).filter(|size| size.0 > 0),
            Self::Text(field) => *field(target) = text.into(),
            Self::MaybeText(field) => *field(target) = Some(text.to_owned()).filter(|text| !text.is_empty()),
            Self::MaybePath(field) => {
                *field(target) = Some(PathBuf::from(text)).filter(|_| !text.is_empty() && text != "-");
            }
            Self::List(field) => *field(target) = values::list(text),
            Self::Custom { set, .. } => set(target, text)?,
        }
        Ok(())
    }

    /// Prints the field for [`Field::set`]; `None`: nothing to print.
    pub fn get(&self, target: &T) -> Option<String> {
        let mut copy = target.clone();
        let target = &mut copy;
        match self {
            Self::Switch(field) => Some(if *field(target) { "yes" } else { "no" }.into()),
            Self::U64(field) => Some(field(target).to_string()),
            Self::U32(field) => Some(field(target).to_string()),
            Self::I32(field) => Some(field(target).to_string()),
            Self::Usize(field) => Some(field(target).to_string()),
            Self::Mode(field) => Some(format!("{:o}", field(target))),
            Self::MaybeSize(field) => field(target).map(values::print_size),
            Self::Text(field) => Some(field(target).clone()),
            Self::MaybeText(field) => field(target).clone(),
            Self::MaybePath(field) => field(target).as_ref().map(|path| path.to_string_lossy().into_owned()),
            Self::List(field) => Some(field(target).join(",")),
            Self::Custom { get, .. } => get(target),
        }
    }

    /// Resets the field to its value in `defaults`.
    pub fn reset(&self, target: &mut T, defaults: &T) {
        let mut copy = defaults.clone();
        let defaults = &mut copy;
        match self {
            Self::Switch(field) => *field(target) = *field(defaults),
            Self::U64(field) => *field(target) = *field(defaults),
            Self::U32(field) => *field(target) = *field(defaults),
            Self::I32(field) => *field(target) = *field(defaults),
            Self::Usize(field) => *field(target) = *field(defaults),
            Self::Mode(field) => *field(target) = *field(defaults),
            Self::MaybeSize(field) => *field(target) = *field(defaults),
            Self::Text(field) => *field(target) = field(defaults).clone(),
            Self::MaybeText(field) => *field(target) = field(defaults).clone(),
            Self::MaybePath(field) => *field(target) = field(defaults).clone(),
            Self::List(field) => *field(target) = field(defaults).clone(),
            Self::Custom { reset, .. } => reset(target, defaults),
        }
    }
}
