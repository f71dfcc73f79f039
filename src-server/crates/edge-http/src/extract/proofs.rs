//! The proofs of identity that a request carries (docs/http-api.md "Authentication"). The first one present counts:
//! `?pw=`, the `PW` header, basic authentication, the cookie.

use super::cookies::session_name;
use super::head::Head;
use super::names::PASSWORD;
use super::query::Query;
use base64::Engine as _;
use engine::accounts::{Credential, Password};

/// The proof found in a request, as owned strings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundProof {
    /// The kind of proof.
    pub kind: ProofKind,
    /// Passwords to try, in order.
    passwords: Vec<String>,
    name: Option<String>,
    cookie: Option<String>,
}

/// The way in which a request proves its account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProofKind {
    /// No proof.
    #[default]
    None,
    /// `?pw=`
    Query,
    /// The `PW` header.
    Header,
    /// `Authorization: Basic`
    Basic,
    /// The session cookie, or a password in it, as old clients send.
    Cookie,
}

impl FoundProof {
    /// Converts to the engine's type. `is_foreign`: another site's page may have caused the request.
    pub fn credential(&self, is_foreign: bool) -> Credential<'_> {
        if let Some(password) = self.password(is_foreign) {
            return Credential::Password(password);
        }
        self.cookie.as_deref().map_or(Credential::Anonymous, |value| Credential::kept(value, is_foreign))
    }

    /// Returns the password that the request carries outside of cookies.
    pub fn password(&self, is_foreign: bool) -> Option<Password<'_>> {
        let candidates: Vec<&str> = self.passwords.iter().map(String::as_str).collect();
        let name = self.name.as_deref();
        let password = Password { name, candidates, is_resent: false, is_foreign };
        (!password.candidates.is_empty()).then_some(password)
    }
}

/// The kinds of proof that this server accepts.
#[derive(Clone, Copy, Debug)]
pub struct AcceptedProofs {
    /// Accept basic authentication.
    pub basic: bool,
    /// Passwords are written `name:password` (`--usernames`).
    pub names: bool,
    /// The connection is encrypted, so its cookie has the other name.
    pub https: bool,
    /// Accept `?pw=`.
    pub query: bool,
}

/// Returns the first proof that the request carries.
pub fn find(head: &Head, query: &Query, accepted: AcceptedProofs) -> FoundProof {
    if let Some(password) = query.text("pw").filter(|text| accepted.query && !text.is_empty()) {
        return password_proof(ProofKind::Query, &password, accepted);
    }
    if let Some(password) = head.headers.get(PASSWORD).filter(|value| !value.is_empty()) {
        return password_proof(ProofKind::Header, &String::from_utf8_lossy(password.as_bytes()), accepted);
    }
    if let Some(found) = accepted.basic.then(|| basic(head, accepted)).flatten() {
        return found;
    }
    cookie(head, accepted).unwrap_or_default()
}

fn password_proof(kind: ProofKind, text: &str, accepted: AcceptedProofs) -> FoundProof {
    match text.split_once(':').filter(|_| accepted.names) {
        Some((name, password)) => {
            FoundProof { kind, passwords: vec![password.into()], name: Some(name.into()), cookie: None }
        }
        None => FoundProof { kind, passwords: vec![text.into()], ..FoundProof::default() },
    }
}

/// Reads basic authentication. `user:pass`, `pass:`, `pass:x` and `:pass` all work: the password may be in either half.
fn basic(head: &Head, accepted: AcceptedProofs) -> Option<FoundProof> {
    let value = head.text(http::header::AUTHORIZATION)?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = base64::engine::general_purpose::STANDARD.decode(encoded.trim()).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (first, second) = text.split_once(':').unwrap_or((&text, ""));
    let name = (accepted.names && !first.is_empty()).then(|| first.to_owned());
    let halves = if accepted.names { vec![second] } else { vec![second, first] };
    let passwords: Vec<String> = halves.into_iter().filter(|half| !half.is_empty()).map(str::to_owned).collect();
    (!passwords.is_empty()).then_some(FoundProof { kind: ProofKind::Basic, passwords, name, cookie: None })
}

fn cookie(head: &Head, accepted: AcceptedProofs) -> Option<FoundProof> {
    let value = head.cookie(session_name(accepted.https))?;
    let value = value.trim_matches('"');
    // Old clients store the password itself in the cookie, percent-encoded or not.
    let value = String::from_utf8_lossy(&model::vpath::percent_decode(value.as_bytes())).into_owned();
    (!value.is_empty()).then(|| FoundProof { kind: ProofKind::Cookie, cookie: Some(value), ..FoundProof::default() })
}
