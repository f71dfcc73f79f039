//! A link gives the rights it names, at its target, until it ends, and nothing else.

use super::*;
use crate::accounts::{Proofs, Session};
use crate::archive::{ArchiveRequest, Archives, Format, ZipNames};
use crate::files::ops::{FileOps, IfExists};
use crate::files::read::{BodyKind, Found, Reader};
use crate::listing::{ListOptions, Listings, TreeNode};
use crate::testing::{Site, vpath};
use crate::uploads::{SinkRequest, Stored};
use crate::{Client, EngineError};
use futures_util::StreamExt;
use model::account::{Account, Secret};
use model::settings::BanRule;
use model::volume::{Grant, Principal};
use model::{OnConflict, PermSet, Settings, UnixMillis};

mod life;
mod scope;

pub(super) const HERE: Client = Client { address: std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST) };

/// A test site with its links.
pub(super) struct LinkSite {
    pub site: Site,
    pub links: Links,
    pub accounts: Accounts,
}

pub(super) fn draft(kind: LinkKind, target: &str, rights: &str) -> LinkDraft {
    LinkDraft {
        kind,
        target: vpath(target),
        note: String::new(),
        rights: PermSet::parse(rights).expect("letters"),
        pin: PinChange::None,
        expires: None,
        max_uses: None,
        max_bytes: None,
    }
}

pub(super) fn show(target: &str, rights: &str) -> LinkDraft {
    draft(LinkKind::Show, target, rights)
}

pub(super) fn request(target: &str) -> LinkDraft {
    draft(LinkKind::Request, target, "w")
}

impl LinkSite {
    pub fn new(site: Site) -> Self {
        std::fs::create_dir_all(site.at("state")).expect("mkdir");
        let accounts = Accounts::new(site.core.clone(), site.links.clone());
        let links = Links { core: site.core.clone(), accounts: accounts.clone(), registry: site.links.clone() };
        Self { site, links, accounts }
    }

    pub async fn make(&self, draft: LinkDraft) -> LinkInfo {
        self.links.make(None, draft).await.expect("makes a link")
    }

    pub async fn open(&self, info: &LinkInfo) -> Session {
        match self.links.open(&info.link.token, None, Default::default(), HERE).await.expect("opens") {
            LinkLogin::LoggedIn(session) => session,
            other => panic!("{other:?}"),
        }
    }

    pub async fn access(&self, session: &Session) -> Access {
        let proofs = Proofs { cookie: Some(&session.token), ..Proofs::default() };
        self.accounts.access(&proofs, HERE).await.expect("access")
    }

    /// Opens a new link as a visitor.
    pub async fn guest(&self, draft: LinkDraft) -> Access {
        let info = self.make(draft).await;
        self.access(&self.open(&info).await).await
    }

    /// Applies other settings.
    pub fn change(&self, change: impl FnOnce(&mut Settings)) {
        self.site.change(change);
    }

    pub async fn put(&self, access: &Access, folder: &str, name: &str, content: &[u8]) -> Result<Stored> {
        let request = SinkRequest {
            folder: vpath(folder),
            name: Some(name.as_bytes().to_vec()),
            size: None,
            lmod: None,
            on_conflict: OnConflict::Replace,
            append: false,
            lifetime_secs: None,
            random_name: None,
            checksum: Default::default(),
            digests: Vec::new(),
            condition: crate::files::condition::Condition::default(),
        };
        let uploads = self.site.uploads();
        let mut sink = uploads.sink(access, request).await?;
        for piece in content.chunks(50_000) {
            sink.push(piece.to_vec().into()).await?;
        }
        sink.finish().await
    }
}

/// Returns the name of an error.
pub(super) fn kind<T>(answer: Result<T>) -> String {
    match answer {
        Ok(_) => "ok".into(),
        Err(error) => format!("{error:?}").split([' ', '(', '{']).next().unwrap_or_default().to_owned(),
    }
}
