//! Folders without files: uploads make those that have some.

use super::Sender;
use crate::fault::Fault;
use crate::names;
use crate::workers::retried;
use std::path::{Path, PathBuf};
use ureq::http::Method;

impl Sender<'_> {
    /// Makes folders, with those around them. What fails is told.
    pub(super) fn make_folders(&self, folders: &[PathBuf]) {
        for folder in folders.iter().filter(|folder| !folder.as_os_str().is_empty()) {
            if let Err(fault) = self.make_with_parents(folder) {
                self.report.failed(&folder.display().to_string(), &fault);
            }
        }
    }

    fn make_with_parents(&self, folder: &Path) -> Result<(), Fault> {
        let mut around: Vec<&Path> = folder.ancestors().filter(|path| !path.as_os_str().is_empty()).collect();
        around.reverse();
        for path in around {
            let address = [self.folder, &names::encoded_path(path), "/"].concat();
            let method = || Method::from_bytes(b"MKCOL").unwrap_or(Method::PUT);
            match retried(|| self.server.request(method(), &address, &[], ())) {
                // It is there.
                Ok(_) | Err(Fault::Refused { status: 405, .. }) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(())
    }
}
