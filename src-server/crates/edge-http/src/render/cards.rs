//! The forms beside a listing: upload, new folder, new text file, note, sign in. Each works without script.

use super::formatting::{exact_duration, size_words};
use super::layout;
use crate::request::Request;
use crate::texts::Texts;
use crate::urls;
use engine::listing::Listing;
use model::settings::UploadOrder;
use model::{OnConflict, PermSet, VPath};

/// The collapsed sign-in form.
pub struct LoginCard {
    /// URL that the form posts to.
    pub action: String,
    /// True if the form is open from the start.
    pub is_open: bool,
}

impl LoginCard {
    /// Returns the form for visitors who have not signed in, if there are accounts.
    pub fn of(request: &Request) -> Option<Self> {
        let signs_in = request.access.account().is_anonymous() && layout::has_accounts(request);
        signs_in.then(|| Self { action: request.self_href(), is_open: request.query.has(urls::LOGIN) })
    }
}

/// Limits for uploads into a folder, and the uploader's default settings, where the server's owner has set some.
pub struct UploadRules {
    /// Most bytes of one file.
    pub max_file: Option<u64>,
    /// Least bytes of one file.
    pub min_file: Option<u64>,
    /// Seconds after which uploads delete themselves.
    pub lifetime_secs: Option<u64>,
    /// Most bytes of one request.
    pub max_request: Option<u64>,
    /// Number of concurrent requests.
    pub parallel: Option<u32>,
    /// Order of the files.
    pub order: Option<&'static str>,
    /// What happens if a name is taken.
    pub taken: Option<&'static str>,
}

impl UploadRules {
    /// Returns the rules for this visitor in a folder.
    pub fn of(request: &Request, path: &VPath) -> Self {
        let options = &request.settings().behaviour.uploader;
        let volume = request.access.volume_path(path).map(|at| at.volume);
        let flags = volume.as_ref().map(|volume| &volume.config.flags);
        Self {
            max_file: request.engine().uploads.largest_file(&request.access, path),
            min_file: flags.and_then(|flags| flags.limits.min_size).map(|least| least.0).filter(|least| *least > 0),
            lifetime_secs: flags.and_then(|flags| flags.lifetime_secs),
            max_request: options.request_mib.map(|mib| u64::from(mib) << 20),
            parallel: options.parallel,
            order: options.order.map(|order| match order {
                UploadOrder::SmallestFirst => "size",
                UploadOrder::ByName => "name",
            }),
            taken: match flags.map(|flags| flags.page_on_conflict).unwrap_or_default() {
                OnConflict::Rename | OnConflict::ReplaceBlank | OnConflict::Skip => None,
                OnConflict::ReplaceOlder => Some("older"),
                OnConflict::Replace => Some("replace"),
            },
        }
    }

    /// Returns the limits of files in sentences; none: there are none.
    pub fn sentences(&self, t: Texts) -> impl Iterator<Item = String> {
        let size = self.max_file.map(|most| t.guest_limit_file(&size_words(t, most)));
        let least = self.min_file.map(|least| t.guest_limit_least(&size_words(t, least)));
        let life = self.lifetime_secs.map(|secs| t.guest_limit_lifetime(&exact_duration(t, secs)));
        size.into_iter().chain(least).chain(life)
    }

    /// Returns [`UploadRules::sentences`] as one text; `None`: there are no limits.
    pub fn words(&self, t: &Texts) -> Option<String> {
        let all = self.sentences(*t).collect::<Vec<_>>().join(" ");
        (!all.is_empty()).then_some(all)
    }
}

/// An upload form.
pub struct Uploader {
    /// URL of the folder.
    pub url: String,
    /// The visitor's rights in it, as words.
    pub perms: String,
    /// Limits and defaults.
    pub rules: UploadRules,
    /// URL of the visitor's own uploads, where the server allows deleting them.
    pub own_uploads: Option<String>,
}

impl Uploader {
    /// Returns the upload form of a listed folder.
    pub fn of(request: &Request, listing: &Listing) -> Self {
        Self::new(request, &listing.path, listing.rights)
    }

    /// Returns the upload form of a folder. `rights`: the visitor's in it.
    pub fn new(request: &Request, path: &VPath, rights: PermSet) -> Self {
        Self {
            url: request.folder_href(path),
            perms: rights.names().collect::<Vec<_>>().join(" "),
            rules: UploadRules::of(request, path),
            own_uploads: request.unpost_is_on().then(|| urls::own_uploads(request)),
        }
    }
}

/// A form with one text field.
#[derive(Debug)]
pub struct TextForm {
    /// Heading of the collapsed form.
    pub title: fn(Texts) -> &'static str,
    /// Value of `act`; `None` for a note, which is sent urlencoded and without `act`.
    pub act: Option<&'static str>,
    /// Label of the field.
    pub label: fn(Texts) -> &'static str,
    /// What may be typed, at the end of the label.
    pub example: Option<&'static str>,
    /// Name of the field.
    pub name: &'static str,
    /// `id` of the field.
    pub id: &'static str,
    /// Most characters of the field.
    pub max_length: u32,
    /// Label of the button.
    pub button: fn(Texts) -> &'static str,
}

impl TextForm {
    /// Returns the heading of the collapsed form.
    pub fn title(&self, t: &Texts) -> &'static str {
        (self.title)(*t)
    }
    /// Returns the label of the field.
    pub fn label(&self, t: &Texts) -> &'static str {
        (self.label)(*t)
    }
    /// Returns the label of the button.
    pub fn button(&self, t: &Texts) -> &'static str {
        (self.button)(*t)
    }
    /// Returns the encoding of the form.
    pub fn encoding(&self) -> &'static str {
        if self.act.is_some() { "multipart/form-data" } else { "application/x-www-form-urlencoded" }
    }
}

/// Creates a folder.
pub const NEW_FOLDER: TextForm = TextForm {
    title: Texts::form_folder,
    act: Some("mkdir"),
    label: Texts::form_folder_label,
    example: None,
    name: "name",
    id: "mk-n",
    max_length: 255,
    button: Texts::form_folder_button,
};
/// Creates an empty text file.
pub const NEW_TEXT: TextForm = TextForm {
    title: Texts::form_text,
    act: Some("new_md"),
    label: Texts::form_text_label,
    example: Some("notes.md"),
    name: "name",
    id: "md-n",
    max_length: 255,
    button: Texts::form_text_button,
};
/// Sends a note to the owner of the server.
pub const MESSAGE: TextForm = TextForm {
    title: Texts::form_note,
    act: None,
    label: Texts::form_note_label,
    example: None,
    name: "msg",
    id: "ms-t",
    max_length: 2000,
    button: Texts::form_note_button,
};
/// The forms beside the upload form.
pub const TEXT_FORMS: [TextForm; 3] = [NEW_FOLDER, NEW_TEXT, MESSAGE];

/// A form on a page where another value can be tried.
pub struct FilledForm<'a> {
    /// The form.
    pub form: &'a TextForm,
    /// URL that it posts to.
    pub action: String,
    /// Value of its field.
    pub value: &'a str,
}

/// Returns a text of the folder's owner (a readme, a prologue) unless it is blank.
pub fn shown_text(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.trim().is_empty())
}
