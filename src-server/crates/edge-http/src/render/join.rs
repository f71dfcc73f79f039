//! The page that redeems an invitation (`web/templates/join.html`).

use super::escape;
use super::pages::{begin, end_with_home, push_heading, push_lead, push_problem};
use crate::request::Request;
use crate::urls;
use engine::accounts::DEVICE_NAME_MAX;

/// Content of the page.
#[derive(Clone, Copy, Debug)]
pub struct Form<'a> {
    /// The code, if the URL contains it; `None` if the visitor has to type six digits.
    pub code: Option<&'a str>,
    /// Suggested name of the device.
    pub device: &'a str,
    /// The digits typed before.
    pub typed: &'a str,
    /// What was wrong with the submitted form, as a sentence.
    pub problem: Option<&'a str>,
}

/// Renders the page.
pub fn page(request: &Request, form: &Form<'_>) -> String {
    let (heading, lead) = match form.code {
        Some(_) => ("You are invited.", "Continue to see what is shared with you. The invitation works once."),
        None => (
            "Enter your code",
            "Type the six digits that the person who shares files with you gave you. They work once.",
        ),
    };
    let mut out = String::with_capacity(2048);
    begin(&mut out, request, heading.trim_end_matches('.'));
    push_heading(&mut out, heading);
    push_lead(&mut out, lead);
    if let Some(replaced) = replaced_sign_in(request) {
        push_lead(&mut out, &replaced);
    }
    if let Some(problem) = form.problem {
        push_problem(&mut out, problem);
    }
    out.push_str("<form class=\"card\" id=\"join\" method=\"post\" action=\"");
    escape::push_html(&mut out, &urls::join_page(request, form.code));
    out.push_str("\">\n");
    if form.code.is_none() {
        push_code(&mut out, form.typed);
    }
    push_device(&mut out, form.device);
    out.push_str("<p><button class=\"btn primary\">Continue</button></p>\n</form>\n");
    end_with_home(&mut out, request);
    out
}

/// Returns what the visitor gives up by continuing: a browser keeps one sign-in.
fn replaced_sign_in(request: &Request) -> Option<String> {
    if !request.access.has_session() {
        return None;
    }
    let now = match request.access.is_guest() {
        true => "This browser already uses another invitation or link.".to_owned(),
        false => format!("This browser is signed in as {}.", request.access.shown_account()),
    };
    Some(format!("{now} If you continue, this invitation replaces that, and uploads that are still running here stop."))
}

fn push_code(out: &mut String, typed: &str) {
    // Long enough for blanks and dashes between the digits, and for a pasted long code.
    out.push_str(
        "<p><label for=\"jo-c\">Code <small>(six digits)</small></label>\n<input id=\"jo-c\" type=\"text\" name=\"code\" \
         inputmode=\"numeric\" autocomplete=\"one-time-code\" maxlength=\"40\" required autofocus value=\"",
    );
    escape::push_value(out, typed);
    out.push_str("\"></p>\n");
}

fn push_device(out: &mut String, device: &str) {
    out.push_str(
        "<p><label for=\"jo-d\">Name of this device <small>(to tell it apart from \
         others)</small></label>\n<input id=\"jo-d\" type=\"text\" name=\"device\" autocomplete=\"off\" maxlength=\"",
    );
    escape::push_number(out, DEVICE_NAME_MAX as u64);
    out.push_str("\" value=\"");
    escape::push_value(out, device);
    out.push_str("\"></p>\n");
}
