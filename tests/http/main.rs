//! The HTTP protocol: behaviour that only HTTP has, one file per feature.

mod api;
mod bundles;
mod checksums;
mod dav;
mod hostile;
mod hostile_up2k;
mod join;
mod links;
#[cfg(unix)]
mod links_out;
mod lists;
mod names;
mod origins;
#[cfg(target_os = "linux")]
mod other_entries;
mod passwords;
mod paths;
#[cfg(unix)]
mod refused_by_the_system;
mod resumable;
mod shared_links;
mod spliced;
