//! Completions of what is typed into the search box: names and values of tags that occur in files which the account may
//! read.

use crate::Library;
use crate::search::{CancelOnDrop, is_searched, place_in, readable};
use crate::volume::index_of;
use crate::walk::pattern;
use model::query::{Query, Relation, TagTest, Text};
use model::tag_flags::TagMode;
use model::{Perm, VPath};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::StoreError;
use store::index::{Hit, SearchLimits, SearchPlace};
use vfs::access::Access;
use vfs::error::Result;
use vfs::volumes::tree::MountedVolume;

/// Longest time that values are looked for.
const TIME: Duration = Duration::from_millis(300);
/// Most values of one volume that are looked at.
const VALUES_MAX: usize = 64;
/// Most files that are opened to find out whether the account may know a value.
const FILES_MAX: usize = 16;

impl Library {
    /// Returns the names of tags that occur in volumes which the account may read as a whole, in the order in which they are
    /// shown.
    ///
    /// # Errors
    /// `TooManyAtOnce`.
    pub async fn tag_names(&self, access: &Access, within: &VPath) -> Result<Vec<String>> {
        let _reservation = self.searches.reserve_one(access.client().address)?;
        let (access, within) = (access.clone(), within.clone());
        self.core.pool.run(move || tag_names(&access, &within)).await
    }

    /// Returns at most `limit` values of the tag `name` that begin with `prefix`, of files in and below `within` which the
    /// account may read. Takes at most some tenths of a second, and may miss values then.
    ///
    /// # Errors
    /// `TooManyAtOnce`.
    pub async fn tag_values(
        &self,
        access: &Access,
        within: &VPath,
        name: &str,
        prefix: &str,
        limit: usize,
    ) -> Result<Vec<String>> {
        let _reservation = self.searches.reserve_one(access.client().address)?;
        let cancel = CancelOnDrop(Arc::default());
        let limits = SearchLimits { deadline: Instant::now() + TIME, cancelled: cancel.0.clone() };
        let (access, within, name, prefix) = (access.clone(), within.clone(), name.to_owned(), prefix.to_owned());
        let work = move || {
            let mut values = BTreeMap::new();
            for volume in &access.snapshot().tree.volumes {
                let Some(within) = place_in(&access, volume, &within) else { continue };
                let place = (&within, &limits);
                if let Err(error) = values_in(&access, volume, place, (&name, &prefix), limit, &mut values) {
                    tracing::debug!(%error, "values of tags are not completed");
                }
            }
            values.into_values().take(limit).collect()
        };
        self.core.pool.run(work).await
    }
}

fn has_tags(volume: &MountedVolume) -> bool {
    volume.config.flags.tag_mode() > TagMode::Off
}

fn tag_names(access: &Access, within: &VPath) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for volume in &access.snapshot().tree.volumes {
        let is_whole = is_searched(access, volume) && access.rights_in_whole(volume).has(Perm::Read);
        if !is_whole || !has_tags(volume) || place_in(access, volume, within).is_none() {
            continue;
        }
        let Some(own) = index_of(&volume.storage) else { continue };
        let found = own.open().and_then(|index| index.occurring_tags(&volume.config.flags.tags.names));
        match found {
            Ok(found) => found.into_iter().for_each(|name| {
                if !names.contains(&name) {
                    names.push(name);
                }
            }),
            Err(error) => tracing::debug!(%error, "names of tags are not completed"),
        }
    }
    names
}

fn values_in(
    access: &Access,
    volume: &Arc<MountedVolume>,
    (within, limits): (&VPath, &SearchLimits),
    (name, prefix): (&str, &str),
    limit: usize,
    values: &mut BTreeMap<String, String>,
) -> std::result::Result<(), StoreError> {
    let flags = &volume.config.flags;
    let Some(own) =
        index_of(&volume.storage).filter(|_| has_tags(volume) && flags.tags.names.iter().any(|one| one == name))
    else {
        return Ok(());
    };
    let index = own.open()?;
    let with_dotfiles = flags.index.search_dotfiles && access.rights_anywhere_in(volume).has(Perm::Dot);
    let place = SearchPlace { mount: &volume.config.mount, within, with_dotfiles };
    let exclude = pattern(flags.index.search_exclude.as_deref());
    let mut found = 0;
    for value in index.tag_values(name, prefix, VALUES_MAX)? {
        let folded = model::fold::folded(&value);
        if found >= limit || Instant::now() >= limits.deadline {
            break;
        }
        if values.contains_key(&folded) {
            continue;
        }
        let query = Query::Tag(name.to_owned(), TagTest::Text(Text::Compared(Relation::Equal, value.clone())));
        let (mut may_know, mut opened) = (false, 0);
        let each = |hit: Hit| {
            opened += 1;
            let below = hit.folder.join(&hit.name);
            let path = volume.config.mount.append(&below);
            let is_excluded = exclude.as_ref().is_some_and(|exclude| exclude.is_match(path.as_bytes()));
            may_know = !is_excluded && readable(access, volume, &below).is_some();
            if may_know || opened >= FILES_MAX { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        index.search(&query, &place, limits, each)?;
        if may_know {
            values.insert(folded, value);
            found += 1;
        }
    }
    Ok(())
}
