//! Preconditions of changes: compare and set, in no protocol's terms. Checked before the work, and again under the lock of the name
//! (`volumes/write_locks`) where the change takes effect.

use crate::access::Access;
use crate::error::{Changed, EngineError, Result};
use crate::volumes::resolve::{self, Located, Resolved};
use model::{OnConflict, Operation, UnixMillis, VPath, Verdict};
use store::disk::{Meta, Node};

/// Versions of a file that a client knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Versions {
    /// Any version, as long as a file or folder exists.
    Any,
    /// Versions with one of these tags, without quotes.
    Tagged(Vec<String>),
}

/// Preconditions of one change; all of them must hold. An empty condition always holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    /// The file must be one of these versions (`If-Match`).
    pub if_match: Option<Versions>,
    /// The file must be none of these versions; `Any`: nothing may exist (`If-None-Match`).
    pub if_none_match: Option<Versions>,
    /// The file must not have been modified after this second, seconds since 1970 (`If-Unmodified-Since`).
    pub if_unmodified_since_secs: Option<u64>,
    /// The file must have this many bytes, as an append or a resumed transfer at this offset expects (`REST` in FTP,
    /// `Upload-Offset`); 0 also if there is none.
    pub offset: Option<u64>,
}

/// The state of a path, as far as the account may know it.
enum State {
    /// The account may not know it.
    Unseen,
    Absent,
    /// A folder or another entry without versions.
    Unversioned,
    File(Meta),
}

impl State {
    fn of(access: &Access, path: &VPath) -> Result<Self> {
        Ok(match resolve::find(access, path)? {
            Resolved::OnDisk(located) => Self::of_located(&located),
            Resolved::VirtualFolder => Self::Unversioned,
            Resolved::Absent if resolve::may_learn_names(access.rights_at(path)) => Self::Absent,
            Resolved::Absent => Self::Unseen,
        })
    }

    fn has_size(&self, bytes: u64) -> bool {
        match self {
            Self::File(meta) => meta.size == bytes,
            Self::Absent => bytes == 0,
            Self::Unseen | Self::Unversioned => false,
        }
    }

    fn of_located(located: &Located) -> Self {
        match &located.node {
            Node::File(open) if located.verdict(Operation::Download) == Verdict::Allow => Self::File(open.meta),
            Node::Folder(..) if located.verdict(Operation::List) == Verdict::Allow => Self::Unversioned,
            _ => Self::Unseen,
        }
    }
}

/// Returns the strong validator of a file, without quotes: it changes whenever the content may have changed.
pub fn tag(meta: &Meta) -> String {
    format!("{:x}-{:x}-{:x}", meta.mtime_ns, meta.size, meta.ino)
}

impl Versions {
    fn include(&self, state: &State) -> bool {
        match (self, state) {
            (Self::Any, State::File(_) | State::Unversioned) => true,
            (Self::Tagged(tags), State::File(meta)) => tags.contains(&tag(meta)),
            _ => false,
        }
    }
}

impl Condition {
    /// Whether there are no preconditions.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the only precondition is that nothing exists.
    pub fn is_only_new(&self) -> bool {
        self.if_none_match == Some(Versions::Any) && !self.names_version()
    }

    /// Whether the condition names the version that the change is meant for.
    fn names_version(&self) -> bool {
        self.if_match.is_some() || self.if_unmodified_since_secs.is_some() || self.offset.is_some()
    }

    fn holds(&self, state: &State) -> bool {
        if matches!(state, State::Unseen) {
            return self.is_empty();
        }
        let modified = |meta: &Meta| UnixMillis::secs(meta.mtime());
        let is_unchanged = |secs: u64| match state {
            State::File(meta) => u64::try_from(modified(meta)).is_ok_and(|at| at <= secs) || modified(meta) < 0,
            _ => true,
        };
        self.if_match.as_ref().is_none_or(|versions| versions.include(state))
            && self.if_none_match.as_ref().is_none_or(|versions| !versions.include(state))
            && self.if_unmodified_since_secs.is_none_or(is_unchanged)
            && self.offset.is_none_or(|offset| state.has_size(offset))
    }

    /// Checks the condition against the current state of `path`. Blocks.
    ///
    /// # Errors
    /// `ConditionFailed`, always for accounts that may not see the path; those of the resolver.
    pub fn check(&self, access: &Access, path: &VPath) -> Result<()> {
        self.check_existence(access, path).map(drop)
    }

    /// [`Condition::check`] that returns whether something exists at `path`.
    pub fn check_existence(&self, access: &Access, path: &VPath) -> Result<bool> {
        if self.is_empty() {
            return Ok(true);
        }
        let state = State::of(access, path)?;
        let there = !matches!(state, State::Absent);
        if self.holds(&state) { Ok(there) } else { Err(EngineError::Changed(Changed::Condition(path.clone()))) }
    }

    /// Checks the condition against an opened file or folder.
    ///
    /// # Errors
    /// `ConditionFailed`.
    pub fn check_located(&self, located: &Located, path: &VPath) -> Result<()> {
        match self.is_empty() || self.holds(&State::of_located(located)) {
            true => Ok(()),
            false => Err(EngineError::Changed(Changed::Condition(path.clone()))),
        }
    }

    /// Returns what an upload to `path` does if the name is taken. A condition that names a version replaces that
    /// version. A condition for a new file replaces nothing, and tells accounts that may not look nothing. Blocks.
    ///
    /// # Errors
    /// `ConditionFailed`; `Denied` if a version is named and the account may not replace it.
    pub fn on_conflict(&self, access: &Access, path: &VPath, requested: OnConflict) -> Result<OnConflict> {
        if self.is_empty() {
            return Ok(requested);
        }
        let state = State::of(access, path)?;
        if self.is_only_new() && matches!(state, State::Unseen | State::Absent) {
            return Ok(OnConflict::Skip);
        }
        if !self.holds(&state) {
            return Err(EngineError::Changed(Changed::Condition(path.clone())));
        }
        match (self.names_version(), state) {
            (false, _) | (_, State::Unversioned) => Ok(requested),
            (true, State::File(_)) if access.verdict(path, Operation::Overwrite) != Verdict::Allow => {
                Err(resolve::refusal(access, path, Operation::Overwrite))
            }
            (true, _) => Ok(OnConflict::Replace),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Site, vpath};

    #[test]
    fn an_offset_is_the_size_of_the_file() {
        let site = Site::new(&[("v", "v", "rw *"), ("w", "w", "w *")]);
        site.file("v/f", "123");
        site.file("w/f", "123");
        let holds = |path: &str, offset| {
            let condition = Condition { offset: Some(offset), ..Condition::default() };
            assert!(!condition.is_empty() && !condition.is_only_new());
            match condition.check(&site.access("*"), &vpath(path)) {
                Ok(()) => true,
                Err(EngineError::Changed(Changed::Condition(_))) => false,
                Err(error) => panic!("{error:?}"),
            }
        };
        assert_eq!([0, 2, 3, 4].map(|offset| holds("v/f", offset)), [false, false, true, false]);
        assert_eq!([0, 3].map(|offset| holds("v/new", offset)), [true, false]);
        assert_eq!([0, 3].map(|offset| holds("w/f", offset)), [false, false], "its size must not be told");
        assert!(!holds("v", 0), "a folder has no size");
    }
}
