//! Listings of everything below a folder (`--dav-inf`), folder by folder. A task renders them; at most two pieces wait for
//! the client.

use super::rows::{Context, FolderRows, OwnRow};
use crate::answer::{MULTISTATUS_END, MULTISTATUS_START};
use crate::failure::Failure;
use bytes::Bytes;
use engine::files::stat::FileKind;
use http::StatusCode;
use model::VPath;
use tokio::sync::{Semaphore, mpsc};

/// Most such listings at once.
const AT_ONCE: usize = 4;
/// Most folders of one listing. Symlinks can make a tree endless.
const FOLDERS_MAX: usize = 100_000;
/// Approximate length of a piece in bytes.
const PIECE_LEN: usize = 64 << 10;

/// One permit for each that may run.
static RUNNING: Semaphore = Semaphore::const_new(AT_ONCE);

/// Starts the task; it ends when the receiver is dropped.
///
/// # Errors
/// 503 if too many are under way.
pub(super) fn start(context: Context, itself: OwnRow, top: VPath) -> Result<mpsc::Receiver<Bytes>, Failure> {
    let running = RUNNING.try_acquire().map_err(|_| Failure::Status(StatusCode::SERVICE_UNAVAILABLE))?;
    let (sender, receiver) = mpsc::channel(2);
    tokio::spawn(async move {
        let _running = running;
        if let Err(stopped) =
            (Walk { context, sender, piece: String::from(MULTISTATUS_START), folders: 0 }).run(&itself, top).await
        {
            tracing::debug!(?stopped, "a listing of a tree ended early");
        }
    });
    Ok(receiver)
}

/// Why a listing ended early.
#[derive(Debug)]
enum Stopped {
    /// The client is gone.
    Client,
    /// There are too many folders.
    TooManyFolders,
}

struct Walk {
    context: Context,
    sender: mpsc::Sender<Bytes>,
    /// What was rendered and not sent yet.
    piece: String,
    /// How many folders were found so far.
    folders: usize,
}

impl Walk {
    async fn run(mut self, itself: &OwnRow, top: VPath) -> Result<(), Stopped> {
        itself.push(&mut self.piece, &self.context.wanted);
        let mut waiting = vec![top];
        while let Some(folder) = waiting.pop() {
            match FolderRows::read(&self.context, &folder, None).await {
                Ok(rows) => self.push_folder(rows, &folder, &mut waiting).await?,
                // It is gone by now, or the client may not list it.
                Err(error) => tracing::debug!(%error, "a folder is left out of a listing"),
            }
        }
        self.piece.push_str(MULTISTATUS_END);
        self.send().await
    }

    async fn push_folder(
        &mut self,
        mut rows: FolderRows,
        folder: &VPath,
        waiting: &mut Vec<VPath>,
    ) -> Result<(), Stopped> {
        for index in 0..rows.listing.entries.len() {
            rows.push(&mut self.piece, &self.context, index);
            let entry = &rows.listing.entries[index];
            if entry.kind() == FileKind::Folder {
                self.folders += 1;
                if self.folders > FOLDERS_MAX {
                    return Err(Stopped::TooManyFolders);
                }
                waiting.push(folder.join(&entry.name));
            }
            if self.piece.len() >= PIECE_LEN {
                self.send().await?;
            }
        }
        Ok(())
    }

    async fn send(&mut self) -> Result<(), Stopped> {
        let piece = std::mem::take(&mut self.piece);
        self.sender.send(piece.into()).await.map_err(|_| Stopped::Client)
    }
}
