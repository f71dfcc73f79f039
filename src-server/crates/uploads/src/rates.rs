//! Limits on how many files and bytes one address sends in a time.

use model::VPath;
use model::volume::UploadLimits;
use parking_lot::Mutex;
use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::time::{Duration, Instant};
use vfs::error::{EngineError, Result, TooMany};

/// Maximum number of addresses remembered.
const ADDRESSES_MAX: usize = 10_000;

/// Recent uploads per mount point and address, for rate limits.
#[derive(Default)]
pub(super) struct Rates {
    recent: Mutex<HashMap<(VPath, IpAddr), Recent>>,
}

/// Start time and size of uploads; oldest first.
type Recent = VecDeque<(Instant, u64)>;

impl Rates {
    /// Counts one more file, or refuses it if a rate limit is reached.
    pub fn count(&self, mount: &VPath, address: IpAddr, size: u64, limits: &UploadLimits) -> Result<()> {
        let longest = limits.files_per_time.map_or(0, |(_, secs)| secs);
        let longest = longest.max(limits.bytes_per_time.map_or(0, |(_, secs)| secs));
        if longest == 0 {
            return Ok(());
        }
        let mut recent = self.recent.lock();
        if recent.len() >= ADDRESSES_MAX {
            recent.retain(|_, seen| seen.back().is_some_and(|(when, _)| when.elapsed() < Duration::from_secs(longest)));
        }
        let seen = recent.entry((mount.clone(), address)).or_default();
        while seen.front().is_some_and(|(when, _)| when.elapsed() >= Duration::from_secs(longest)) {
            seen.pop_front();
        }
        let within = |secs: u64| {
            let window = Duration::from_secs(secs);
            seen.iter().rev().take_while(move |(when, _)| when.elapsed() < window)
        };
        if let Some((most, secs)) = limits.files_per_time
            && within(secs).count() as u64 >= most
        {
            return Err(EngineError::TooMany(TooMany::Files));
        }
        if let Some((most, secs)) = limits.bytes_per_time
            && within(secs).map(|(_, bytes)| *bytes).fold(size, u64::saturating_add) > most.0
        {
            return Err(EngineError::TooMany(TooMany::Bytes));
        }
        seen.push_back((Instant::now(), size));
        Ok(())
    }

    /// Removes the last `files` counted files, which were not created after all.
    pub fn uncount(&self, mount: &VPath, address: IpAddr, files: usize) {
        let mut recent = self.recent.lock();
        if let Some(seen) = recent.get_mut(&(mount.clone(), address)).filter(|_| files > 0) {
            seen.truncate(seen.len().saturating_sub(files));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Bytes;

    fn path(text: &str) -> VPath {
        VPath::parse(text.as_bytes()).expect("parses")
    }

    #[test]
    fn rates_are_per_address() {
        let rates = Rates::default();
        let limits = UploadLimits {
            files_per_time: Some((2, 60)),
            bytes_per_time: Some((Bytes(100), 60)),
            ..UploadLimits::default()
        };
        let from = |last: u8, size| rates.count(&path("v"), [10, 0, 0, last].into(), size, &limits);
        assert!(from(1, 10).is_ok() && from(1, 10).is_ok());
        assert!(matches!(from(1, 10), Err(EngineError::TooMany(TooMany::Files))));
        assert!(matches!(from(2, 101), Err(EngineError::TooMany(TooMany::Bytes))));
        assert!(from(2, 100).is_ok());
    }
}
