//! What a change asks of the state of what it changes: compare and set. Weighed before the work, and again where the change
//! takes effect, under the lock of the name (`volumes/write_locks`).

use crate::access::Access;
use crate::error::{EngineError, Result};
use crate::volumes::resolve::{self, Located, Resolved};
use model::{OnConflict, Operation, UnixMillis, VPath, Verdict};
use store::disk::{Meta, Node};

/// Versions of a file that a client knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Versions {
    /// Any, as long as something is there.
    Any,
    /// Those with one of these tags, without quotes.
    Tagged(Vec<String>),
}

/// Conditions of one change; all of them must hold. Without any, everything does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    /// What is there is one of these (`If-Match`).
    pub is: Option<Versions>,
    /// What is there is none of these; of `Any`: nothing is there (`If-None-Match`).
    pub is_not: Option<Versions>,
    /// What is there was last changed in this second or before (`If-Unmodified-Since`), seconds since 1970.
    pub unchanged_since_secs: Option<u64>,
}

/// What is there, as far as the asker may know.
enum State {
    /// The asker may not know.
    Unseen,
    Absent,
    /// A folder, or something else without versions.
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

    fn of_located(located: &Located) -> Self {
        match &located.node {
            Node::File(open) if located.verdict(Operation::Download) == Verdict::Allow => Self::File(open.meta),
            Node::Folder(..) if located.verdict(Operation::List) == Verdict::Allow => Self::Unversioned,
            _ => Self::Unseen,
        }
    }
}

/// The strong validator of a file, without quotes: changes whenever its content may have changed.
pub(crate) fn tag(meta: &Meta) -> String {
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
    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether all that is asked is that nothing is there yet.
    pub(crate) fn is_only_new(&self) -> bool {
        self.is_not == Some(Versions::Any) && self.is.is_none() && self.unchanged_since_secs.is_none()
    }

    /// Whether it names the version that the change is meant for.
    fn names_version(&self) -> bool {
        self.is.is_some() || self.unchanged_since_secs.is_some()
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
        self.is.as_ref().is_none_or(|versions| versions.include(state))
            && self.is_not.as_ref().is_none_or(|versions| !versions.include(state))
            && self.unchanged_since_secs.is_none_or(is_unchanged)
    }

    /// Weighs what is at `path` now. Blocks.
    ///
    /// # Errors
    /// `ConditionFailed`, always for those who may not see what is there; those of the resolver.
    pub(crate) fn check(&self, access: &Access, path: &VPath) -> Result<()> {
        self.is_there(access, path).map(drop)
    }

    /// The same; whether something is there.
    pub(crate) fn is_there(&self, access: &Access, path: &VPath) -> Result<bool> {
        if self.is_empty() {
            return Ok(true);
        }
        let state = State::of(access, path)?;
        let there = !matches!(state, State::Absent);
        if self.holds(&state) { Ok(there) } else { Err(EngineError::ConditionFailed(path.clone())) }
    }

    /// Weighs what was opened.
    ///
    /// # Errors
    /// `ConditionFailed`.
    pub(crate) fn check_located(&self, located: &Located, path: &VPath) -> Result<()> {
        match self.is_empty() || self.holds(&State::of_located(located)) {
            true => Ok(()),
            false => Err(EngineError::ConditionFailed(path.clone())),
        }
    }

    /// What an upload to `path` does if the name is taken. One that names the version it is meant for replaces that; one for
    /// a new file replaces nothing, and tells those who may not look nothing. Blocks.
    ///
    /// # Errors
    /// `ConditionFailed`; `Denied` where a version is named and may not be replaced.
    pub(crate) fn on_conflict(&self, access: &Access, path: &VPath, wish: OnConflict) -> Result<OnConflict> {
        if self.is_empty() {
            return Ok(wish);
        }
        let state = State::of(access, path)?;
        if self.is_only_new() && matches!(state, State::Unseen | State::Absent) {
            return Ok(OnConflict::Skip);
        }
        if !self.holds(&state) {
            return Err(EngineError::ConditionFailed(path.clone()));
        }
        match (self.names_version(), state) {
            (false, _) | (_, State::Unversioned) => Ok(wish),
            (true, State::File(_)) if access.verdict(path, Operation::Overwrite) != Verdict::Allow => {
                Err(resolve::refusal(access, path, Operation::Overwrite))
            }
            (true, _) => Ok(OnConflict::Replace),
        }
    }
}
