//! What a rename does if the new name exists.

/// What a rename does if the new name exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnExisting {
    /// It fails with `Exists` and changes nothing.
    Fail,
    /// It replaces the existing entry atomically.
    Replace,
}
