//! Persistent LAN state: the id of this server, and which networks were trusted or refused.
//!
//! A small JSON file in the state folder. If it is deleted, the user is asked about every network again.

use crate::control::admin::Trust;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use store::{StoreError, settings_file};

/// Maximum number of networks in the file.
const MAX_NETWORKS: usize = 1000;

/// The file with its contents in memory.
pub(super) struct KnownNetworks {
    path: PathBuf,
    stored: Stored,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Stored {
    /// Distinguishes this server from others with the same name; random.
    id: String,
    /// Decisions by id of the network.
    #[serde(default)]
    networks: BTreeMap<String, Decision>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Decision {
    /// Name of the network at that time, for people who read the file.
    name: String,
    trusted: bool,
}

impl KnownNetworks {
    /// Reads the file. A missing or damaged file counts as empty, so that the user is asked again; damage is logged.
    /// Blocks.
    pub fn open(path: PathBuf) -> Self {
        let mut stored = read(&path);
        if stored.id.is_empty() {
            stored.id = random_id();
        }
        Self { path, stored }
    }

    /// Returns the id of this server.
    pub fn id(&self) -> &str {
        &self.stored.id
    }

    /// Writes the file if it does not exist, so that the id survives a restart. Blocks.
    pub fn save_if_missing(&self) {
        if !self.path.exists()
            && let Err(error) = self.save()
        {
            tracing::warn!(%error, "the list of known networks cannot be saved");
        }
    }

    /// Returns the decision about a network.
    pub fn trust(&self, id: &str) -> Trust {
        match self.stored.networks.get(id) {
            Some(decision) if decision.trusted => Trust::Trusted,
            Some(_) => Trust::Refused,
            None => Trust::Unknown,
        }
    }

    /// Returns the name that a network had when it was decided about.
    pub fn name(&self, id: &str) -> Option<String> {
        self.stored.networks.get(id).map(|decision| decision.name.clone())
    }

    /// Saves a decision. Blocks.
    ///
    /// # Errors
    /// Those of the file system; the decision has no effect then.
    pub fn decide(&mut self, id: &str, name: String, trusted: bool) -> Result<(), StoreError> {
        let before = self.stored.clone();
        if self.stored.networks.len() >= MAX_NETWORKS && !self.stored.networks.contains_key(id) {
            self.stored.networks.pop_first();
        }
        self.stored.networks.insert(id.to_owned(), Decision { name, trusted });
        self.save().inspect_err(|_| self.stored = before)
    }

    fn save(&self) -> Result<(), StoreError> {
        let text = serde_json::to_string_pretty(&self.stored).unwrap_or_default();
        settings_file::replace(&self.path, &text)
    }
}

fn read(path: &Path) -> Stored {
    let understood = match settings_file::read(path) {
        Ok(None) => return Stored::default(),
        Ok(Some(text)) => serde_json::from_str(&text).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    understood.unwrap_or_else(|error| {
        tracing::warn!(%error, "the list of known networks cannot be read; every network is asked about again");
        Stored::default()
    })
}

fn random_id() -> String {
    let mut bytes = [0; 8];
    // Without random bytes the rest of the program does not work either. Zeros only mean that two such servers look the
    // same.
    let _filled = getrandom::fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_are_remembered() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lan.json");
        let mut known = KnownNetworks::open(path.clone());
        assert_eq!(known.trust("a"), Trust::Unknown);
        known.decide("a", "home".into(), true).expect("saved");
        known.decide("b", "cafe".into(), false).expect("saved");
        let again = KnownNetworks::open(path.clone());
        assert_eq!(
            (again.trust("a"), again.trust("b"), again.trust("c")),
            (Trust::Trusted, Trust::Refused, Trust::Unknown)
        );
        assert_eq!((again.id(), again.name("a").as_deref()), (known.id(), Some("home")));
        assert_eq!(known.id().len(), 16);
        known.decide("a", "home".into(), false).expect("saved");
        assert_eq!(KnownNetworks::open(path.clone()).trust("a"), Trust::Refused);
        std::fs::write(&path, "{").expect("writes");
        assert_eq!(KnownNetworks::open(path).trust("a"), Trust::Unknown);
    }

    #[test]
    fn a_decision_that_cannot_be_saved_has_no_effect() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("file"), "x").expect("writes");
        let mut known = KnownNetworks::open(folder.path().join("file/lan.json"));
        assert!(known.decide("a", "home".into(), true).is_err());
        assert_eq!(known.trust("a"), Trust::Unknown);
    }

    #[test]
    fn the_number_of_networks_is_bounded() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut known = KnownNetworks::open(folder.path().join("lan.json"));
        known.stored.networks =
            (0..MAX_NETWORKS).map(|n| (format!("{n:04}"), Decision { name: String::new(), trusted: true })).collect();
        known.decide("x", "new".into(), true).expect("saved");
        assert_eq!((known.stored.networks.len(), known.trust("0000")), (MAX_NETWORKS, Trust::Unknown));
    }
}
