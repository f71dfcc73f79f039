//! The announcements in the local network that the rest of the program makes, as far as requests depend on them.

use arc_swap::ArcSwapOption;

/// The present announcements. They change while the server runs.
#[derive(Default)]
pub struct Announced {
    /// The host name announced by mDNS, such as `kitchen-2.local`; `None`: none. It changes when another machine already
    /// has the name. Requests may use it as `Host`.
    pub host: ArcSwapOption<String>,
    /// The device that is announced by SSDP; `None`: none, and it has no description.
    pub device: ArcSwapOption<Device>,
}

/// A device of UPnP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its id: a UUID without `uuid:`.
    pub id: String,
    /// Name of the computer, for people.
    pub host: String,
    /// The page that it leads to: a URL, or a path with the base path of the site.
    pub page: String,
}

/// Path of the description of the device, below the base path of the site.
pub const DEVICE_PATH: &str = ".potluck/device.xml";
