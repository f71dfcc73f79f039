//! What a client presents to prove an identity, in no protocol's terms.
//! A public key (SSH) is proved in a handshake of its own, and logs in by `login`.

use super::sessions;

/// What a client presents. An edge makes it from its protocol: headers and cookies, `USER` and `PASS`.
#[derive(Clone, Debug, Default)]
pub enum Credential<'a> {
    /// Nothing.
    #[default]
    Anonymous,
    /// A password.
    Password(Password<'a>),
    /// The token of a session.
    Token(&'a str),
}

/// A password, and how it was sent.
#[derive(Clone, Debug, Default)]
pub struct Password<'a> {
    /// The account; `None`: the password alone identifies it.
    pub name: Option<&'a str>,
    /// Texts that may be the password, tried in this order. More than one where a protocol does not say which part of a
    /// login is the password.
    pub candidates: Vec<&'a str>,
    /// Whether the client sends it with every request by itself. A wrong one then counts as one guess, not as one for
    /// each request.
    pub is_resent: bool,
    /// Whether something else than the person may have made the client send it, such as a page of another site. Wrong
    /// passwords are then counted apart from the person's own.
    pub is_foreign: bool,
}

impl<'a> Credential<'a> {
    /// A password that identifies its account, typed by a person.
    pub fn password(password: &'a str) -> Self {
        Self::Password(Password { candidates: vec![password], ..Password::default() })
    }

    /// A password of a named account, typed by a person.
    pub fn login(name: &'a str, password: &'a str) -> Self {
        Self::Password(Password { name: Some(name), candidates: vec![password], ..Password::default() })
    }

    /// A value that a client keeps and sends with every request: the token of a session or, from old clients, a
    /// password. `is_foreign`: see [`Password::is_foreign`].
    pub fn kept(value: &'a str, is_foreign: bool) -> Self {
        if value.is_empty() {
            Self::Anonymous
        } else if sessions::is_token(value) {
            Self::Token(value)
        } else {
            Self::Password(Password { candidates: vec![value], is_resent: true, is_foreign, name: None })
        }
    }
}
