//! One parsed request, as routes, replies and pages see it.

use crate::extract::connection_info::ConnectionInfo;
use crate::extract::head::RequestHead;
use crate::extract::origin::RequestOrigin;
use crate::extract::proofs::ProofKind;
use crate::extract::query::Query;
use crate::site::{Policy, Site};
use crate::texts::{Texts, language};
use engine::{Access, Engine};
use http::{Method, header};
use model::{AccountName, Operation, Perm, PermSet, VPath, Verdict};
use std::sync::{Arc, OnceLock};

/// Cookie with the language that the visitor chose.
pub const LANGUAGE_COOKIE: &str = "lang";

/// One parsed request; the argument of every route.
#[derive(Clone)]
pub struct Request {
    /// The shared state of the edge.
    pub site: Arc<Site>,
    /// The policy of the settings snapshot that this request runs under.
    pub policy: Arc<Policy>,
    /// Method, URL, headers and peer.
    pub head: RequestHead,
    /// The requested path, without the base path of the site.
    pub path: VPath,
    /// The names in front of `path` by which ownCloud's clients reach the files: `remote.php/webdav`. `None`: they are not in
    /// the URL.
    pub dav_alias: Option<VPath>,
    /// True if the path of the URL ends with a slash.
    pub trailing_slash: bool,
    /// The parameters of the query.
    pub query: Query,
    /// Client address, scheme and host as the client used them.
    pub connection: ConnectionInfo,
    /// Which site's page initiated the request.
    pub origin: RequestOrigin,
    /// The kind of proof that the request carries.
    pub proof: ProofKind,
    /// The rights of the account behind the request.
    pub access: Access,
    /// True if the cookie holds a proof that is not valid or not valid any more; the response then deletes the cookie.
    pub stale_cookie: bool,
    /// See [`Request::texts`].
    pub(crate) texts: OnceLock<Texts>,
    /// Token for a new `plguest` cookie, which tells a visitor without account from others behind the same address.
    pub new_visitor: Option<String>,
}

impl Request {
    /// The services.
    pub fn engine(&self) -> &Engine {
        &self.site.engine
    }
    /// Returns the method.
    pub fn method(&self) -> &Method {
        &self.head.method
    }
    /// Returns true for HEAD.
    pub fn is_head(&self) -> bool {
        self.head.method == Method::HEAD
    }
    /// Returns true for the methods that change nothing: GET and HEAD.
    pub fn is_read(&self) -> bool {
        matches!(self.head.method, Method::GET | Method::HEAD)
    }
    /// Returns the settings that this request runs under.
    pub fn settings(&self) -> &model::Settings {
        &self.access.snapshot().settings
    }
    /// Returns the rights at the requested path.
    pub fn rights(&self) -> PermSet {
        self.access.rights_at(&self.path)
    }
    /// Returns true if `operation` is fully allowed at the requested path (`Allow`).
    pub fn may(&self, operation: Operation) -> bool {
        self.access.verdict(&self.path, operation) == Verdict::Allow
    }
    /// Returns true if HTML files of users are shown as pages, in a sandbox, where these rights hold. Elsewhere they are sent as
    /// attachments, to protect browsers that do not support the sandbox.
    pub fn shows_user_pages(&self, rights: PermSet) -> bool {
        rights.has(Perm::Html) || self.settings().behaviour.index_html
    }
    /// Returns true if visitors can delete their own uploads on this server; only then pages offer it.
    pub fn unpost_is_on(&self) -> bool {
        let behaviour = &self.settings().behaviour;
        behaviour.unpost_secs > 0 && !behaviour.no_delete
    }
    /// Returns true if the visitor may use the settings window.
    pub fn is_admin(&self) -> bool {
        // A guest's name is not an account's, but an account with the same name could exist.
        let is_named = self.settings().login.admins.contains(self.access.account()) && !self.access.is_guest();
        is_named && self.site.options.admin.is_some()
    }
    /// Returns true if the visitor may change the password of the own account.
    pub fn may_change_password(&self) -> bool {
        let may = self.settings().login.may_change_password(self.access.account()) && !self.access.is_guest();
        may && self.site.options.admin.is_some()
    }
    /// Returns the name of an account, or of the device that a guest uses at `address`; `None` for visitors, whose internal
    /// names mean nothing to people.
    pub fn name_of(&self, account: &AccountName, address: &str) -> Option<String> {
        let device = address.parse().ok().and_then(|address| self.engine().accounts.device_at(account, address));
        let is_account = self.settings().accounts.iter().any(|known| known.name == *account);
        is_account.then(|| account.as_str().to_owned()).or(device)
    }
    /// Returns the texts for people in the language of this request: the one that the visitor chose (cookie `lang`, or
    /// `cplng` of copyparty), that of the settings, or the one that the browser asks for.
    pub fn texts(&self) -> Texts {
        *self.texts.get_or_init(|| self.negotiate_texts())
    }
    fn negotiate_texts(&self) -> Texts {
        let chosen = [LANGUAGE_COOKIE, "cplng"].into_iter().filter_map(|name| self.head.cookie(name));
        let default = self.settings().behaviour.language;
        language::negotiate(chosen, default, self.head.text(header::ACCEPT_LANGUAGE))
    }
    /// Returns the requested path as error bodies show it: percent-decoded, without the slash in front.
    pub fn shown_path(&self) -> String {
        let mut shown = self.path.display();
        if self.trailing_slash && shown.len() > 1 {
            shown.push('/');
        }
        shown.split_off(1)
    }
}
