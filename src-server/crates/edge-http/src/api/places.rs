//! Rights of rows that come from several folders: each set of rights is sent once, and rows refer to it by number.

use super::rights;
use super::types_search::Place;
use crate::request::Request;
use model::PermSet;

/// The sets of rights that were sent.
#[derive(Default)]
pub struct Places(Vec<PermSet>);

impl Places {
    /// Returns the number of a set of rights, and its line if it was not sent yet.
    pub fn number(&mut self, request: &Request, rights: PermSet) -> (usize, Option<Place>) {
        if let Some(known) = self.0.iter().position(|known| *known == rights) {
            return (known, None);
        }
        self.0.push(rights);
        let place = self.0.len() - 1;
        (place, Some(Place { place, rights: rights::list(rights), may: rights::may(request, rights) }))
    }
}
