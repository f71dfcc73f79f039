//! WebDAV.
