//! Names of devices.

use std::sync::Arc;

/// Longest name of a device, characters.
pub const DEVICE_NAME_MAX: usize = 60;

/// The name of a device: 1 to [`DEVICE_NAME_MAX`] characters, without control or bidirectional formatting characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceName(Arc<str>);

impl DeviceName {
    /// Parses a name, trimmed.
    ///
    /// # Errors
    /// A plain sentence that says what to do.
    pub fn parse(text: &str) -> std::result::Result<Self, &'static str> {
        let text = text.trim();
        // Guests name their devices themselves, and the owner decides by these names which to log out.
        match text.chars().count() {
            0 => Err("Give the device a name."),
            1..=DEVICE_NAME_MAX if text.chars().any(model::invisible::is_invisible) => {
                Err("The name of a device cannot contain control characters; use letters and digits.")
            }
            1..=DEVICE_NAME_MAX => Ok(Self(text.into())),
            _ => Err("The name of a device can have at most 60 characters; choose a shorter one."),
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for DeviceName {
    /// The name of a device that gives none.
    fn default() -> Self {
        Self("Device".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_show_what_they_are() {
        let long = "x".repeat(61);
        for (text, want) in [
            ("Kim's phone", Some("Kim's phone")),
            ("  Ünï 📱 ", Some("Ünï 📱")),
            (&long[1..], Some(&long[1..])),
            (&long, None),
            ("", None),
            (" \n ", None),
            ("a\nb", None),
            ("a\u{7f}", None),
            ("a\u{202e}b", None),
            ("a\u{61c}b", None),
        ] {
            assert_eq!(DeviceName::parse(text).ok().as_ref().map(DeviceName::as_str), want, "{text:?}");
        }
    }
}
