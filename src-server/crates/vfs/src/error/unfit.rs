//! Requests that make sense, for something else.

use thiserror::Error;

/// Why what a request names does not suit it. Edges say it in the language of people; the texts are for logs and programs.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unfit {
    /// A name for a file contains a slash or is none.
    #[error("filename contains '/' or is invalid: {0}")]
    Name(String),
    /// The name is reserved for the server.
    #[error("That name is kept for the server's own files; choose another one.")]
    NameKept,
    /// The file system cannot store the name.
    #[error("This name cannot be stored there.")]
    NameNotStored,
    /// The top folder of a volume cannot be changed.
    #[error("The top of a shared folder can only be changed in the server's settings.")]
    Top,
    /// The account may edit files of certain kinds only: their extensions, separated by commas.
    #[error("Without the right to delete you can only edit these kinds of file: {0}.")]
    NotEditable(String),
    /// The time of a link cannot be set.
    #[error("This is a link; set the time of the file that it leads to.")]
    LinkTime,
    /// A folder contains a pipe, socket or device with this path, and cannot move to another disk.
    #[error(
        "{0} in it is neither a file, a folder nor a link, and cannot be moved to another disk. Nothing was moved."
    )]
    SpecialFile(String),
    /// A folder contains the tops of other volumes.
    #[error("That folder holds other shared folders and cannot move as a whole; move what is in it instead.")]
    HoldsShared,
}
