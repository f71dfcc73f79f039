//! Names that pages do not list, because the owner of the volume does not want to see them: no protection.

use super::start_of::start_of;
use crate::volumes::resolve::Located;
use model::FileName;
use model::page_list_flags::NamePattern;
use std::collections::HashSet;
use store::disk::Folder;

/// Names that a listing omits.
#[derive(Default)]
pub(super) struct Omitted<'a> {
    pattern: Option<&'a NamePattern>,
    /// The lines of `.hidden`.
    names: HashSet<Vec<u8>>,
}

impl<'a> Omitted<'a> {
    /// `dotfiles`: whether they are shown; then what `.hidden` names is, too.
    pub(super) fn in_folder(located: &'a Located<Folder>, dotfiles: bool) -> Self {
        let flags = &located.volume.config.flags.page_lists;
        let reads = flags.obeys_dot_hidden && !dotfiles;
        let hidden = reads.then(|| FileName::new(b".hidden").ok()).flatten();
        let lines = hidden.and_then(|name| start_of(&located.node, &name)).unwrap_or_default();
        let lines = lines.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line).to_vec());
        Self { pattern: flags.unlist.as_ref(), names: lines.filter(|line| !line.is_empty()).collect() }
    }

    pub(super) fn has(&self, name: &FileName) -> bool {
        self.pattern.is_some_and(|pattern| pattern.matches(name.as_bytes())) || self.names.contains(name.as_bytes())
    }
}
