//! Headers of WebDAV.

pub(crate) mod depth;
pub(crate) mod if_header;
pub(crate) mod timeout;
