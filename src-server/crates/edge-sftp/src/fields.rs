//! The fields of packets: integers and strings.

use bytes::{Buf, Bytes};

/// Most bytes of a handle (section 6.2 allows 256). Ours have 4.
const HANDLE_MAX: usize = 256;

/// The packet makes no sense. Its sender is a program with a fault, or attacks: what follows cannot be understood either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// Identifies what a client has opened. Handles of other servers may be longer; ours are four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandleId(pub u32);

/// The fields of a packet that have not been taken yet.
pub(crate) struct Fields(pub Bytes);

impl Fields {
    pub fn byte(&mut self) -> Result<u8, Malformed> {
        self.0.try_get_u8().map_err(|_| Malformed)
    }

    pub fn number(&mut self) -> Result<u32, Malformed> {
        self.0.try_get_u32().map_err(|_| Malformed)
    }

    pub fn long(&mut self) -> Result<u64, Malformed> {
        self.0.try_get_u64().map_err(|_| Malformed)
    }

    pub fn string(&mut self) -> Result<Bytes, Malformed> {
        let length = usize::try_from(self.number()?).map_err(|_| Malformed)?;
        match length <= self.0.len() {
            true => Ok(self.0.split_to(length)),
            false => Err(Malformed),
        }
    }

    /// Takes a handle. One that is not ours becomes the id of none.
    pub fn handle(&mut self) -> Result<HandleId, Malformed> {
        let bytes = self.string()?;
        match (<[u8; 4]>::try_from(&bytes[..]), bytes.len()) {
            (Ok(id), _) => Ok(HandleId(u32::from_be_bytes(id))),
            (Err(_), ..=HANDLE_MAX) => Ok(HandleId(u32::MAX)),
            (Err(_), _) => Err(Malformed),
        }
    }

    pub fn end(&self) -> Result<(), Malformed> {
        if self.0.is_empty() { Ok(()) } else { Err(Malformed) }
    }
}
