//! The forms beside a listing: upload, new folder, new text file, note, sign in. Each works without script.

use super::escape::{push_href, push_html, push_html_bytes, push_number, push_text, push_value};
use super::{folder_title, layout, pages};
use crate::request::Request;
use crate::urls;
use engine::listing::Listing;
use model::settings::UploadOrder;
use model::{OnConflict, Perm, PermSet, VPath};

/// Appends a user's text (a readme, a prologue), escaped: as HTML it could act in our origin.
pub fn push_document(out: &mut String, id: &str, title: Option<&str>, text: Option<&str>) {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return };
    out.push_str("<section class=\"doc\" id=\"");
    out.push_str(id);
    out.push_str("\">");
    if let Some(title) = title {
        out.push_str("<h2>");
        out.push_str(title);
        out.push_str("</h2>");
    }
    out.push_str("<pre>");
    push_text(out, text);
    out.push_str("</pre></section>\n\n");
}

/// Appends the banner that the owner of the server shows for a while. Guests of a share link do not see it.
pub fn push_banner(out: &mut String, request: &Request, listing: &Listing) {
    if !listing.rights.has(Perm::Read) || request.access.link().is_some() {
        return;
    }
    let shown = request.engine().banner().current();
    push_document(out, "shown", Some("From this computer"), shown.as_ref().map(|shown| &*shown.text));
}

/// Appends everything that the visitor may add to the folder, and the sign-in form.
pub fn push_aside(out: &mut String, request: &Request, listing: &Listing) {
    let writes = listing.rights.has(Perm::Write);
    let signs_in = request.access.account().is_anonymous() && layout::has_accounts(request);
    if !writes && !signs_in {
        return;
    }
    let here = request.folder_href(&listing.path);
    out.push_str("<aside aria-label=\"Add to this folder\">\n");
    if writes {
        push_uploader(out, request, listing, &here);
        push_text_form(out, &here, &NEW_FOLDER);
        push_text_form(out, &here, &NEW_TEXT);
        push_text_form(out, &here, &MESSAGE);
    }
    if signs_in {
        push_login(out, request);
    }
    out.push_str("</aside>\n");
}

fn push_uploader(out: &mut String, request: &Request, listing: &Listing, here: &str) {
    push_upload_start(out, request, &UploadTarget::of(listing), here, "");
    out.push_str("<h2>Upload</h2>\n");
    layout::push_form(out, "", here);
    out.push_str(
        "<input type=\"hidden\" name=\"act\" value=\"bput\">\n<p><label for=\"up-f\">Files to add to this \
         folder</label>\n<input id=\"up-f\" type=\"file\" name=\"f\" multiple required></p>\n<p><button class=\"btn \
         primary\">Upload</button></p>\n</form>\n",
    );
    push_upload_end(out, request);
    out.push('\n');
}

/// A folder that accepts uploads.
pub struct UploadTarget<'a> {
    /// The folder.
    pub path: &'a VPath,
    /// The visitor's rights in it.
    pub rights: PermSet,
    /// Seconds after which uploads delete themselves.
    pub lifetime_secs: Option<u64>,
}

impl<'a> UploadTarget<'a> {
    fn of(listing: &'a Listing) -> Self {
        Self { path: &listing.path, rights: listing.rights, lifetime_secs: listing.lifetime_secs }
    }
}

fn push_upload_start(out: &mut String, request: &Request, target: &UploadTarget<'_>, here: &str, extra: &str) {
    out.push_str("<section class=\"card\" id=\"upload\" data-enhance=\"uploader\"");
    out.push_str(extra);
    out.push_str(" data-url=\"");
    out.push_str(here);
    out.push_str("\" data-perms=\"");
    for (at, name) in target.rights.names().enumerate() {
        out.push_str(if at > 0 { " " } else { "" });
        out.push_str(name);
    }
    if let Some(secs) = target.lifetime_secs {
        out.push_str("\" data-lifetime=\"");
        push_number(out, secs);
    }
    push_upload_defaults(out, request, target.path);
    out.push_str("\">\n");
}

fn push_upload_end(out: &mut String, request: &Request) {
    if request.unpost_is_on() {
        pages::push_my_uploads_link(out, request);
    }
    out.push_str("</section>\n");
}

/// Appends the uploader's default settings, where the server's owner has set some. Continues an open attribute.
fn push_upload_defaults(out: &mut String, request: &Request, path: &VPath) {
    let options = &request.settings().behaviour.uploader;
    if let Some(mib) = options.request_mib {
        out.push_str("\" data-max-request=\"");
        push_number(out, u64::from(mib) << 20);
    }
    if let Some(count) = options.parallel {
        out.push_str("\" data-parallel=\"");
        push_number(out, u64::from(count));
    }
    if let Some(order) = options.order {
        out.push_str(match order {
            UploadOrder::SmallestFirst => "\" data-order=\"size",
            UploadOrder::ByName => "\" data-order=\"name",
        });
    }
    let default = request.access.volume_path(path).map(|at| at.volume.config.flags.page_on_conflict);
    match default.unwrap_or_default() {
        OnConflict::Rename | OnConflict::ReplaceBlank | OnConflict::Skip => {}
        OnConflict::ReplaceOlder => out.push_str("\" data-taken=\"older"),
        OnConflict::Replace => out.push_str("\" data-taken=\"replace"),
    }
}

/// A form with one text field.
pub struct TextForm {
    /// Heading of the collapsed form.
    title: &'static str,
    /// Value of `act`; `None` for a note, which is sent urlencoded and without `act`.
    act: Option<&'static str>,
    /// Label of the field, as HTML.
    label: &'static str,
    /// Name, `id` and `maxlength` of the field.
    field: (&'static str, &'static str, &'static str),
    /// Label of the button.
    button: &'static str,
}

/// Creates a folder.
pub const NEW_FOLDER: TextForm = TextForm {
    title: "New folder",
    act: Some("mkdir"),
    label: "Name of the folder",
    field: ("name", "mk-n", "255"),
    button: "Create folder",
};
/// Creates an empty text file.
pub const NEW_TEXT: TextForm = TextForm {
    title: "New text file",
    act: Some("new_md"),
    label: "Name, for example <kbd>notes.md</kbd>",
    field: ("name", "md-n", "255"),
    button: "Create file",
};
/// Sends a note to the owner of the server.
pub const MESSAGE: TextForm = TextForm {
    title: "Leave a note",
    act: None,
    label: "Note, kept in the server's log",
    field: ("msg", "ms-t", "2000"),
    button: "Send note",
};

fn push_text_form(out: &mut String, here: &str, form: &TextForm) {
    out.push_str("<details class=\"card\">\n<summary>");
    out.push_str(form.title);
    out.push_str("</summary>\n");
    push_text_form_element(out, here, form, "", "data-enhance=\"form\"", "btn");
    out.push_str("</details>\n\n");
}

/// Returns the form alone with `value` in its field, for pages on which another value can be tried.
pub fn text_form_with_value(here: &str, form: &TextForm, value: &str) -> String {
    let mut out = String::with_capacity(512);
    push_text_form_element(&mut out, here, form, value, "class=\"card\"", "btn primary");
    out
}

fn push_text_form_element(out: &mut String, here: &str, form: &TextForm, value: &str, attributes: &str, button: &str) {
    let encoding = if form.act.is_some() { "multipart/form-data" } else { "application/x-www-form-urlencoded" };
    for part in ["<form ", attributes, " method=\"post\" action=\"", here, "\" enctype=\"", encoding, "\">\n"] {
        out.push_str(part);
    }
    if let Some(act) = form.act {
        for part in ["<input type=\"hidden\" name=\"act\" value=\"", act, "\">\n"] {
            out.push_str(part);
        }
    }
    let (name, id, most) = form.field;
    for part in ["<p><label for=\"", id, "\">", form.label, "</label>\n<input id=\"", id, "\" type=\"text\" name=\""] {
        out.push_str(part);
    }
    for part in [name, "\" maxlength=\"", most, "\" required autocomplete=\"off\" value=\""] {
        out.push_str(part);
    }
    push_value(out, value);
    for part in ["\"></p>\n<p><button class=\"", button, "\">", form.button, "</button></p>\n</form>\n"] {
        out.push_str(part);
    }
}

fn push_login(out: &mut String, request: &Request) {
    let open = if request.query.has(urls::LOGIN) { " open" } else { "" };
    for part in ["<details class=\"card\" id=\"login\"", open, ">\n<summary>Sign in</summary>\n"] {
        out.push_str(part);
    }
    layout::push_form(out, "", &request.self_href());
    layout::push_login_fields(out, "btn");
    out.push_str("</details>\n");
}

/// Renders the page of a folder to which the visitor may add files without seeing any.
pub fn upload_only(request: &Request, listing: &Listing) -> String {
    let mut out = String::with_capacity(4 << 10);
    let title = folder_title(&listing.path);
    let here = request.folder_href(&listing.path);
    layout::begin_page(&mut out, request, &title, "narrow guest", true);
    out.push_str("<header class=\"top\">\n");
    layout::push_brand(&mut out, request);
    layout::push_account(&mut out, request);
    out.push_str("</header>\n<main>\n<h1>");
    push_html(&mut out, &title);
    out.push_str("</h1>\n<p class=\"lead\">");
    out.push_str(match request.access.account().is_anonymous() {
        true => "Anyone with this link can add files. What you send cannot be seen by other guests.",
        false => "You can add files here.",
    });
    if let Some(secs) = listing.lifetime_secs {
        out.push_str(" Files are deleted after ");
        out.push_str(&duration_words(secs));
        out.push('.');
    }
    out.push_str("</p>\n");
    push_document(&mut out, "prologue", None, listing.prologue.as_deref());
    push_guest_uploader(&mut out, request, &UploadTarget::of(listing));
    push_open_folders(&mut out, listing, &here);
    push_text_form(&mut out, &here, &NEW_FOLDER);
    push_text_form(&mut out, &here, &MESSAGE);
    if request.access.account().is_anonymous() && layout::has_accounts(request) {
        push_login(&mut out, request);
    }
    out.push_str("</main>\n");
    layout::end_page(&mut out);
    out
}

/// Appends the large upload form for guests.
pub fn push_guest_uploader(out: &mut String, request: &Request, target: &UploadTarget<'_>) {
    let here = request.folder_href(target.path);
    push_upload_start(out, request, target, &here, " data-guest");
    out.push_str("<h2 class=\"sr\">Upload</h2>\n");
    layout::push_form(out, "", &here);
    out.push_str(
        "<input type=\"hidden\" name=\"act\" value=\"bput\">\n<p><label for=\"up-f\">Choose files</label>\n<input \
         id=\"up-f\" type=\"file\" name=\"f\" multiple></p>\n<p><label for=\"up-c\">Take a photo</label>\n<input \
         id=\"up-c\" type=\"file\" name=\"f\" accept=\"image/*\" capture=\"environment\"></p>\n<p><button class=\"btn \
         primary\">Send</button></p>\n</form>\n",
    );
    push_upload_end(out, request);
}

/// Appends links to the volumes inside a folder that the visitor may not list.
fn push_open_folders(out: &mut String, listing: &Listing, here: &str) {
    if listing.folders.is_empty() {
        return;
    }
    out.push_str("<section class=\"card\" id=\"volumes\">\n<h2>What you can open</h2>\n<ul class=\"links\">\n");
    for entry in &listing.folders {
        out.push_str("<li><a href=\"");
        out.push_str(here);
        push_href(out, entry.name.as_bytes());
        out.push_str("/\">");
        push_html_bytes(out, entry.name.as_bytes());
        out.push_str("</a></li>\n");
    }
    out.push_str("</ul>\n</section>\n");
}

/// Returns `7 days`, `1 hour` or `90 seconds`: the largest unit that divides `secs`.
pub fn duration_words(secs: u64) -> String {
    let units = [(86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")];
    let (unit, word) =
        units.into_iter().find(|(unit, _)| secs >= *unit && secs.is_multiple_of(*unit)).unwrap_or((1, "second"));
    let count = secs / unit;
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}
