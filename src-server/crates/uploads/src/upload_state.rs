//! What the uploads of all volumes share: limits, counters and worker threads.

use super::body_pipe::BodyCount;
use super::comparisons::Comparisons;
use super::rates::Rates;
use super::unfinished_limit::UnfinishedLimit;
use store::hash::HashService;
use store::place::Placer;

/// State shared by the uploads of all volumes.
pub struct UploadState {
    /// Makes files visible and durable.
    pub(super) placer: Placer,
    /// Hashes chunks of many uploads in parallel.
    pub(super) hasher: HashService,
    /// Comparisons of large files with recorded contents.
    pub(super) comparisons: Comparisons,
    /// Recent uploads per address, for rate limits.
    pub(super) rates: Rates,
    /// Number of bodies that are being received.
    pub(super) bodies: BodyCount,
    /// Limits on unfinished uploads.
    pub(super) unfinished_limit: UnfinishedLimit,
}

impl Default for UploadState {
    fn default() -> Self {
        Self {
            placer: Placer::default(),
            hasher: HashService::start(0),
            comparisons: Comparisons::default(),
            rates: Rates::default(),
            bodies: BodyCount::default(),
            unfinished_limit: UnfinishedLimit::default(),
        }
    }
}
