//! LIST, NLST and MLSD.

use super::Session;
use super::connections::{DataPlan, broken};
use super::download::{finish, write};
use super::failure::Failure;
use crate::command::ListingKind;
use crate::host::Host;
use crate::listing::{Row, WantedFacts, matches, push_line};
use crate::reply::Reply;
use engine::files::read::Found;
use engine::listing::{PlainEntry, PlainListing};
use engine::{Access, EngineError, clock};
use model::VPath;
use std::sync::Arc;
use std::time::Duration;

/// Bytes of lines that are sent at once.
const PIECE: usize = 32 << 10;

/// What is listed.
enum Listed {
    Folder {
        folder: VPath,
        listing: PlainListing,
        /// Precedes the names: a folder that the client has named together with a pattern.
        prefix: Vec<u8>,
    },
    File(Row, Vec<u8>),
}

/// How lines are written.
struct Style {
    kind: ListingKind,
    wanted: WantedFacts,
}

impl Session {
    pub(super) async fn list(&mut self, kind: ListingKind, name: Option<Vec<u8>>) -> Result<Reply, Failure> {
        self.restart = 0;
        let access = self.access()?;
        let listed = self.listed(&access, kind, name.as_deref()).await?;
        let plan = self.plan().await?;
        let style = Style { kind, wanted: self.facts };
        let (host, stall) = (self.host.clone(), self.config.data_timeout);
        self.during("The listing follows.", send(plan, access, listed, style, host, stall)).await?;
        Ok(Reply::new(226, "The listing is complete."))
    }

    async fn listed(&self, access: &Access, kind: ListingKind, name: Option<&[u8]>) -> Result<Listed, Failure> {
        let path = self.path(name.unwrap_or_default())?;
        match self.engine.reader.open(access, &path, None).await {
            Ok(Found::Folder { opened, .. }) => {
                let listing = self.engine.listings.read_dir_opened(access, &path, opened).await?;
                Ok(Listed::Folder { folder: path, listing, prefix: Vec::new() })
            }
            Ok(Found::File(_)) if kind == ListingKind::Facts => Err(Failure::reply(501, "That is a file; use MLST.")),
            Ok(Found::File(file)) => Ok(Listed::File(Row::of_file(&file), name.unwrap_or_default().to_vec())),
            Err(error @ (EngineError::NotFound(_) | EngineError::Denied(_))) => {
                match name.filter(|_| kind != ListingKind::Facts).and_then(pattern) {
                    Some((prefix, pattern)) => self.matching(access, prefix, pattern).await,
                    None => Err(error.into()),
                }
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Lists the names that match a pattern, which clients send for `mget *.txt`.
    async fn matching(&self, access: &Access, prefix: &[u8], pattern: &[u8]) -> Result<Listed, Failure> {
        let folder = self.path(prefix)?;
        let mut listing = self.engine.listings.read_dir(access, &folder).await?;
        listing.entries.retain(|entry| matches(pattern, entry.name.as_bytes()));
        Ok(Listed::Folder { folder, listing, prefix: prefix.to_vec() })
    }
}

/// Splits a name whose last component is a pattern: into what precedes it, with a slash at the end, and the pattern.
fn pattern(name: &[u8]) -> Option<(&[u8], &[u8])> {
    let start = name.iter().rposition(|&byte| byte == b'/').map_or(0, |slash| slash + 1);
    let (prefix, last) = name.split_at(start);
    last.iter().any(|byte| matches!(byte, b'*' | b'?')).then_some((prefix, last))
}

async fn send(
    plan: DataPlan,
    access: Access,
    listed: Listed,
    style: Style,
    host: Arc<dyn Host>,
    stall: Duration,
) -> Result<(), Reply> {
    let mut stream = plan.open().await?;
    let (mut lines, with) = (Vec::new(), (style.wanted, clock::now()));
    match listed {
        Listed::File(row, name) => push_line(&mut lines, style.kind, &row, &name, with),
        Listed::Folder { folder, mut listing, prefix } => {
            listing.entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
            for entry in &listing.entries {
                let name = [&prefix, entry.name.as_bytes()].concat();
                push_line(&mut lines, style.kind, &row(&access, &folder, entry), &name, with);
                if lines.len() >= PIECE {
                    write(&mut stream, &lines[..], &host, stall).await.map_err(|error| broken(&error))?;
                    lines.clear();
                }
            }
        }
    }
    write(&mut stream, &lines[..], &host, stall).await.map_err(|error| broken(&error))?;
    finish(stream, stall).await.map_err(|error| broken(&error))
}

fn row(access: &Access, folder: &VPath, entry: &PlainEntry) -> Row {
    Row::of_entry(entry, access.rights_at(&folder.join(&entry.name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_in_the_last_name_only() {
        assert_eq!(pattern(b"*.txt"), Some((&b""[..], &b"*.txt"[..])));
        assert_eq!(pattern(b"/a/b?"), Some((&b"/a/"[..], &b"b?"[..])));
        assert_eq!(pattern(b"a*/b"), None);
    }
}
