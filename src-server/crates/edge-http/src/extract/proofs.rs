//! What a request offers to prove who asks (spec/http-api.md 2). The first that is present counts: `?pw=`, the `PW`
//! header, basic authentication, the cookie.

use super::head::Head;
use super::names::PASSWORD;
use super::query::Query;
use base64::Engine as _;
use engine::accounts::Proofs;

/// The proof that was found, owned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundProof {
    /// Which kind.
    pub kind: ProofKind,
    /// Passwords to try, in order.
    passwords: Vec<String>,
    name: Option<String>,
    cookie: Option<String>,
}

/// By which way somebody proves himself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProofKind {
    /// Not at all.
    #[default]
    None,
    /// `?pw=`
    Query,
    /// The `PW` header.
    Header,
    /// `Authorization: Basic`
    Basic,
    /// The session cookie (or a password in it, as old clients send).
    Cookie,
}

impl FoundProof {
    /// In the words of the engine.
    pub fn proofs(&self) -> Proofs<'_> {
        Proofs {
            password: (!self.passwords.is_empty()).then(|| self.passwords.iter().map(String::as_str).collect()),
            name: self.name.as_deref(),
            cookie: self.cookie.as_deref(),
            is_foreign: false,
        }
    }
}

/// What this server accepts.
#[derive(Clone, Copy, Debug)]
pub struct AcceptedProofs {
    /// Basic authentication counts.
    pub basic: bool,
    /// A password is written `name:password` (`--usernames`).
    pub names: bool,
    /// The cookie of encrypted connections counts.
    pub https: bool,
    /// `?pw=` counts.
    pub query: bool,
}

/// Looks for a proof.
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

/// `user:pass`, `pass:`, `pass:x` and `:pass` all work: the password may stand in either half.
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
    let value = head.cookie(cookie_name(accepted.https))?;
    let value = value.trim_matches('"');
    // Old clients put the password itself there, percent-encoded or not.
    let value = String::from_utf8_lossy(&model::vpath::percent_decode(value.as_bytes())).into_owned();
    (!value.is_empty()).then(|| FoundProof { kind: ProofKind::Cookie, cookie: Some(value), ..FoundProof::default() })
}

/// The session cookie has another name on encrypted connections, so that one never travels where the other was meant.
pub fn cookie_name(https: bool) -> &'static str {
    if https { "cppws" } else { "cppwd" }
}
