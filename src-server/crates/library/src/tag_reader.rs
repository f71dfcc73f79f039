//! Reads the tags of one file: with the decoders of this program, then with FFprobe what they cannot read.

use crate::cancellation::Cancellation;
use crate::child_process::{ChildError, ChildLimits};
use crate::media_tools::{MediaTool, MediaTools};
use crate::tags::{BoundedReader, FFPROBE_ARGUMENTS, Fields, MediaKind, TagRules, read_fields, read_printed};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::disk::OpenFile;
use store::index::{TagResult, ToTag};

/// Most bytes that FFprobe may print about one file.
const PRINTED_MAX: u64 = 16 << 20;

/// Reads tags for one volume.
pub(crate) struct TagReader<'a> {
    /// Which tags are kept.
    pub rules: TagRules,
    /// Time for one file, for each of the two readers.
    pub limit: Duration,
    /// FFprobe, if it may be used and is there.
    pub ffprobe: Option<&'a MediaTool>,
    /// Whether FFprobe alone reads sounds and videos.
    pub only_ffprobe: bool,
    /// Runs FFprobe.
    pub tools: &'a MediaTools,
    /// Ends the work.
    pub cancellation: &'a Cancellation,
}

impl TagReader<'_> {
    /// Returns the tags of `open`, which is `file`; `None` if the work is to end. Errors of the file are logged. Blocks.
    pub fn read(&self, file: &ToTag, kind: MediaKind, open: OpenFile) -> Option<TagResult> {
        let is_skipped = self.only_ffprobe && self.ffprobe.is_some() && kind != MediaKind::Picture;
        let decoded = if is_skipped { Ok(Fields::default()) } else { self.decode(file, kind, &open) };
        let (mut fields, error) =
            decoded.map_or_else(|error| (Fields::default(), Some(error)), |fields| (fields, None));
        let is_complete = kind != MediaKind::Video && error.is_none() && !fields.is_empty();
        if is_complete {
            return Some(TagResult::Found(self.rules.tags(&fields)));
        }
        let Some(ffprobe) = self.ffprobe else {
            error.into_iter().for_each(|error| log_unreadable(file, &error));
            return Some(TagResult::Partly(self.rules.tags(&fields)));
        };
        let limits = ChildLimits { time: self.limit, output: PRINTED_MAX, ..ChildLimits::default() };
        let command = ffprobe.read(Arc::new(open), &[], FFPROBE_ARGUMENTS).limits(limits);
        match self.cancellation.run(self.tools.children(), command) {
            Err(ChildError::Cancelled) => return None,
            Err(error) => log_unreadable(file, &error),
            Ok(ran) => match ran.error {
                Some(error) => log_unreadable(file, &error),
                None => {
                    let read = read_printed(&ran.output.stdout, kind, &mut fields);
                    read.unwrap_or_else(|error| log_unreadable(file, &error));
                }
            },
        }
        Some(TagResult::Found(self.rules.tags(&fields)))
    }

    /// Reads a file in this process. A panic of a decoder is an error of the file.
    fn decode(&self, file: &ToTag, kind: MediaKind, open: &OpenFile) -> io::Result<Fields> {
        let reader = BoundedReader::new(&open.file, Instant::now() + self.limit);
        let read = || read_fields(&file.name, kind, file.size, reader);
        catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_panic| Err(io::Error::other("the decoder failed")))
    }
}

/// Logs that a file has no readable tags.
pub(crate) fn log_unreadable(file: &ToTag, error: &dyn std::error::Error) {
    tracing::info!(%error, folder = file.folder.display(), name = file.name.display(), "a file has no readable tags");
}
