//! The parts that all pages share: head, brand, foot, the sign-in form.

use super::escape;
use crate::assets;
use crate::request::Request;
use crate::urls;

/// Appends the start of a page. `class`: of the body, may be empty. `script`: whether the page loads the script that
/// enhances it.
pub fn begin_page(out: &mut String, request: &Request, title: &str, class: &str, script: bool) {
    let base = &request.policy.base;
    out.push_str("<!doctype html>\n<html lang=\"en\" data-base=\"");
    out.push_str(base);
    out.push_str("\">\n<head>\n<meta charset=\"utf-8\">\n<title>");
    escape::push_html(out, title);
    out.push_str(" - ");
    escape::push_html(out, server_name(request));
    out.push_str(
        "</title>\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta \
         name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"same-origin\">\n",
    );
    push_asset(out, request, "<link rel=\"icon\" type=\"image/svg+xml\" href=\"", "icon.svg", "\">\n");
    push_asset(out, request, "<link rel=\"stylesheet\" media=\"only screen\" href=\"", "style.css", "\">\n");
    if let Some(css) = &request.settings().behaviour.extra_css {
        out.push_str("<link rel=\"stylesheet\" media=\"only screen\" href=\"");
        escape::push_html(out, css);
        out.push_str("\">\n");
    }
    if script {
        push_asset(out, request, "<script type=\"module\" src=\"", "app.js", "\"></script>\n");
    }
    out.push_str("</head>\n<body");
    if !class.is_empty() {
        out.push_str(" class=\"");
        out.push_str(class);
        out.push('"');
    }
    out.push_str(">\n");
}

/// Appends the end of a page.
pub fn end_page(out: &mut String) {
    out.push_str("</body>\n</html>\n");
}

/// Returns the configured name of the server.
pub fn server_name(request: &Request) -> &str {
    &request.settings().behaviour.name
}

/// Appends the link with the server's name at the top of small pages.
pub fn push_brand(out: &mut String, request: &Request) {
    out.push_str("<a class=\"brand\" href=\"");
    out.push_str(&request.policy.base);
    out.push_str("/\">");
    escape::push_html(out, server_name(request));
    out.push_str("</a>\n");
}

/// Appends the tag of an asset; nothing if the program was built without that asset.
fn push_asset(out: &mut String, request: &Request, before: &str, asset: &str, after: &str) {
    let Some(found) = assets::find(asset) else { return };
    for part in [before, &urls::asset(request, asset, &found.version), after] {
        out.push_str(part);
    }
}

/// Appends the link for visitors who have a six-digit code.
pub fn push_code_link(out: &mut String, request: &Request) {
    out.push_str("<a href=\"");
    out.push_str(&urls::join_page(request, None));
    out.push_str("\">I have a code</a>");
}

/// Appends links to enter a code and to sign in with a password; the form for the latter is at `login`. Appends nothing
/// for visitors who have signed in.
pub fn push_sign_in_links(out: &mut String, request: &Request, login: &str) {
    if request.access.link().is_some() || !request.access.account().is_anonymous() {
        return;
    }
    out.push_str("<p class=\"account\">");
    push_code_link(out, request);
    if has_accounts(request) {
        out.push_str(" <a data-enhance=\"login\" href=\"");
        escape::push_html(out, login);
        out.push_str("\">Sign in</a>");
    }
    out.push_str("</p>\n");
}

/// Appends the account with a sign-out button, or links to sign in.
pub fn push_account(out: &mut String, request: &Request) {
    let account = request.access.account();
    if account.is_anonymous() {
        // Without script `login` in the query opens the form, and the fragment focuses its first field.
        push_sign_in_links(out, request, "?login#li-u");
        return;
    }
    push_form(out, " class=\"account\"", &request.self_href());
    out.push_str("<input type=\"hidden\" name=\"act\" value=\"logout\">\n<span>");
    if request.access.is_guest() {
        out.push_str("Guest");
    } else {
        out.push_str("Signed in as <b>");
        escape::push_html(out, account.as_str());
        out.push_str("</b>");
    }
    out.push_str("</span> <button class=\"btn quiet\">Sign out</button>\n</form>\n");
}

/// Returns true if there are accounts to sign in to.
pub fn has_accounts(request: &Request) -> bool {
    !request.settings().accounts.is_empty()
}

/// Appends the fields of the sign-in form. `button`: class of its button.
pub fn push_login_fields(out: &mut String, button: &str) {
    out.push_str(
        "<input type=\"hidden\" name=\"act\" value=\"login\">\n<p><label for=\"li-u\">Name \
         <small>(optional)</small></label>\n<input id=\"li-u\" type=\"text\" name=\"uname\" maxlength=\"64\" \
         autocomplete=\"username\" autocapitalize=\"none\" spellcheck=\"false\"></p>\n<p><label \
         for=\"li-p\">Password</label>\n<input id=\"li-p\" type=\"password\" name=\"cppwd\" maxlength=\"64\" required \
         autocomplete=\"current-password\"></p>\n<p><button class=\"",
    );
    out.push_str(button);
    out.push_str("\">Sign in</button></p>\n</form>\n");
}

/// Appends the start of a form that posts to `action` (a URL of this site) as multipart.
pub fn push_form(out: &mut String, attributes: &str, action: &str) {
    out.push_str("<form");
    out.push_str(attributes);
    out.push_str(" method=\"post\" action=\"");
    escape::push_html(out, action);
    out.push_str("\" enctype=\"multipart/form-data\">\n");
}
