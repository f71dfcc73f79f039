//! Properties that clients attach to files and folders (WebDAV's dead properties). They follow their file when it is renamed,
//! moved or copied, by whichever protocol, and are gone with it.
//!
//! A volume keeps them in a database of its own (`store::properties`), which the first property creates.
#![warn(missing_docs)]

mod service;
mod volume;

pub use service::{Properties, PropertiesInFolder};
pub use store::properties::{PROPERTIES_MAX, PROPERTY_BYTES_MAX, Property, PropertyChange};
pub use volume::PropertyService;

#[cfg(test)]
mod tests;
