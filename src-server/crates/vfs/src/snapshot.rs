//! `Snapshot`: the settings in force with everything made from them, replaced as a whole.
//!
//! A request loads the current snapshot once and keeps it. `Engine::prepare` builds the next snapshot beside it and
//! `Engine::commit` swaps the pointer.

use crate::volumes::tree::Tree;
use model::Settings;
use std::any::Any;

/// One state of the settings, with the volumes and derived values that belong to it.
pub struct Snapshot {
    /// The settings as the administrator chose them, without plain-text passwords.
    pub settings: Settings,
    /// The opened volumes.
    pub tree: Tree,
    /// Values that services made from the settings, such as the accounts' secrets.
    pub derived: Derived,
    /// Number of this snapshot, counted from 1. Caches filled under another number are stale.
    pub generation: u64,
}

/// Values that services made from one state of the settings, at most one of each type. A service finds its own value by
/// its type.
#[derive(Default)]
pub struct Derived(Vec<Box<dyn Any + Send + Sync>>);

impl Derived {
    /// Adds a value.
    #[must_use]
    pub fn with<T: Any + Send + Sync>(mut self, value: T) -> Self {
        self.0.push(Box::new(value));
        self
    }

    /// Returns the value of type `T`, if there is one.
    pub fn get<T: Any>(&self) -> Option<&T> {
        self.0.iter().find_map(|value| value.downcast_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_their_type() {
        let derived = Derived::default().with(7_u8).with("text");
        assert_eq!((derived.get::<u8>(), derived.get::<&str>(), derived.get::<u16>()), (Some(&7), Some(&"text"), None));
    }
}
