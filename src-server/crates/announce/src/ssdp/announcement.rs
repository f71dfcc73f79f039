//! The announcement, and the id of the device.

use crate::adapters::AdapterFilter;
use sha2::{Digest, Sha256};

/// The announcement of this server as a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SsdpAnnouncement {
    /// Id of the device (a UUID, RFC 9562), without `uuid:`.
    pub id: String,
    /// TCP port of plain HTTP.
    pub port: u16,
    /// Path of the description of the device.
    pub path: String,
    /// Version of the program.
    pub version: String,
    /// Adapters to announce on.
    pub adapters: AdapterFilter,
}

/// Returns the UUID of a server from its random id: the same for the same id.
pub fn device_id(id: &str) -> String {
    let hash = Sha256::digest(format!("potluck device {id}"));
    let mut bytes: [u8; 16] = std::array::from_fn(|i| hash[i]);
    // Version 8 (of our own making) and the variant of RFC 9562.
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = |range: std::ops::Range<usize>| bytes[range].iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    format!("{}-{}-{}-{}-{}", hex(0..4), hex(4..6), hex(6..8), hex(8..10), hex(10..16))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_device_is_a_uuid_of_its_own() {
        let id = device_id("0123456789abcdef");
        assert_eq!((id.len(), &id[8..9], &id[14..15]), (36, "-", "8"));
        assert!("89ab".contains(&id[19..20]), "{id}");
        assert_eq!(id, device_id("0123456789abcdef"));
        assert_ne!(id, device_id("0123456789abcdee"));
    }
}
