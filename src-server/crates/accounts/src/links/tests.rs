//! A link gives the rights it names, at its target, until it ends, and nothing else.

use super::*;
use crate::{Accounts, Credential, Session};
use archive::{ArchiveRequest, Archives, Format, ZipNames};
use futures_util::StreamExt;
use model::account::{Account, Secret};
use model::settings::BanRule;
use model::volume::{Grant, Principal};
use model::{OnConflict, PermSet, Settings, UnixMillis};
use std::path::Path;
use std::sync::Arc;
use uploads::{SinkRequest, Stored};
use uploads::{UploadService, UploadState, Uploads};
use vfs::access::Access;
use vfs::files::ops::{FileOps, IfExists};
use vfs::files::read::{BodyKind, Found, Reader};
use vfs::files::service::FileService;
use vfs::grants::Grants;
use vfs::listing::{ListOptions, Listings, TreeNode};
use vfs::snapshot::Derived;
use vfs::testing::{Services, SiteWith, vpath};
use vfs::volumes::extension::VolumeService;
use vfs::{Client, EngineError, Result};

mod life;
mod scope;

pub(super) const HERE: Client = Client { address: std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST) };

/// Volumes with ledgers and links.
pub(super) type Site = SiteWith<LinkServices>;

/// The services of a [`Site`].
pub(super) struct LinkServices {
    pub links: LinkRegistry,
    pub uploads: Arc<UploadState>,
}

impl Services for LinkServices {
    fn start(state_folder: &Path) -> Self {
        Self { links: LinkRegistry::new(state_folder.to_owned()), uploads: Arc::default() }
    }
    fn of_volumes(&self) -> Vec<Arc<dyn VolumeService>> {
        vec![Arc::new(UploadService::new(self.uploads.clone()))]
    }
    fn of_files(&self) -> Vec<Arc<dyn FileService>> {
        vec![Arc::new(UploadService::new(self.uploads.clone()))]
    }
    fn grants(&self) -> Arc<dyn Grants> {
        Arc::new(self.links.clone())
    }
    fn derived(&self) -> Derived {
        Derived::default().with(crate::Credentials::new(&[], &[7; 32]).expect("no accounts"))
    }
}

/// Returns the upload service of a [`Site`].
pub(super) fn uploads_at(site: &Site) -> Uploads {
    Uploads::new(site.core.clone(), site.services.uploads.clone())
}

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
        let accounts = Accounts::new(site.core.clone(), site.services.links.clone());
        let links = Links::new(site.core.clone(), accounts.clone(), site.services.links.clone());
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
        let proofs = Credential::kept(&session.token, false);
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
            exact_name: false,
            name: Some(name.as_bytes().to_vec()),
            size: None,
            lmod: None,
            on_conflict: OnConflict::Replace,
            append: false,
            keeps_content: false,
            lifetime_secs: None,
            random_name: None,
            checksum: Default::default(),
            digests: Vec::new(),
            condition: vfs::files::condition::Condition::default(),
        };
        let uploads = uploads_at(&self.site);
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
        Err(error) => vfs::testing::error_name(&error),
    }
}
