//! The HTTP door itself: what only HTTP has, one file per feature.

mod hostile;
mod hostile_up2k;
mod join;
mod links;
mod origins;
mod paths;
mod shared_links;
mod siphoned;
