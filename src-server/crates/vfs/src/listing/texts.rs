//! The texts that are shown around a listing.

use super::children::Via;
use super::contents::{Listing, NamedText};
use super::start_of::start_of;
use crate::volumes::resolve::Located;
use model::FileName;
use model::page_list_flags::PageListFlags;
use model::page_text_flags::PageTextFlags;
use store::disk::{Folder, Kind, Meta};

/// A text that is shown around the listing: its name, and the position of that name in the flag.
type TextFile = Option<(usize, FileName)>;

/// The texts that are shown around the listing.
#[derive(Default)]
pub(super) struct Texts {
    prologue: TextFile,
    epilogue: TextFile,
    preadme: TextFile,
    readme: TextFile,
}

impl Texts {
    /// Notes `name`, if it is a file of the folder itself with the name of a text.
    pub(super) fn record(&mut self, name: &FileName, meta: &Meta, via: &Via, located: Option<&Located<Folder>>) {
        let Some(located) = located.filter(|_| matches!(via, Via::Handle) && meta.kind == Kind::File) else { return };
        self.record_name(name, &located.volume.config.flags.page_lists);
    }

    fn record_name(&mut self, name: &FileName, flags: &PageListFlags) {
        let exact = |wanted: &String| wanted.as_bytes() == name.as_bytes();
        let in_any_case = |wanted: &String| wanted.as_bytes().eq_ignore_ascii_case(name.as_bytes());
        keep_best(&mut self.prologue, name, flags.prologues.iter().position(exact));
        keep_best(&mut self.epilogue, name, flags.epilogues.iter().position(exact));
        keep_best(&mut self.preadme, name, flags.preadmes.iter().position(in_any_case));
        keep_best(&mut self.readme, name, flags.readmes.iter().position(in_any_case));
    }

    /// Reads the texts that the volume shows.
    pub(super) fn read_into(self, listing: &mut Listing, located: &Located<Folder>) {
        let shown = self.shown_by(&located.volume.config.flags.page_texts);
        let named =
            |file: TextFile| file.and_then(|(_, name)| text(&located.node, &name).map(|text| NamedText { name, text }));
        let text = |file: TextFile| named(file).map(|named| named.text);
        listing.prologue = text(shown.prologue);
        listing.epilogue = text(shown.epilogue);
        listing.preadme = named(shown.preadme);
        listing.readme = named(shown.readme);
    }

    /// Forgets the texts that the volume does not show.
    fn shown_by(self, flags: &PageTextFlags) -> Self {
        let logue = |file: TextFile| file.filter(|_| !flags.no_logues);
        let readme = |file: TextFile| file.filter(|_| !flags.no_readme);
        Self {
            prologue: logue(self.prologue),
            epilogue: logue(self.epilogue),
            preadme: readme(self.preadme),
            readme: readme(self.readme),
        }
    }
}

/// Keeps the file whose name comes first in the flag. Of those that differ by case only, upper case: README.md is preferred over
/// readme.md, in whichever order the disk lists them.
fn keep_best(known: &mut TextFile, name: &FileName, position: Option<usize>) {
    let Some(position) = position else { return };
    if known.as_ref().is_none_or(|(at, known)| (position, name) < (*at, known)) {
        *known = Some((position, name.clone()));
    }
}

/// Reads the beginning of a text; `None` if it cannot be read.
fn text(folder: &Folder, name: &FileName) -> Option<String> {
    start_of(folder, name).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}
