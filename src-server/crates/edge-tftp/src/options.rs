//! Options (RFC 2347): size of blocks (2348), time and size (2349), size of windows (7440).

use crate::packet::{self, Direction, Request};
use std::time::Duration;

/// Bytes of a block without the option.
const BLOCK_SIZE: usize = 512;
/// Largest block (RFC 2348): a datagram has no more room.
const BLOCK_SIZE_MAX: u64 = 65_464;
/// Longest time until a retransmission that is agreed to, in seconds. A longer one would keep what belongs to the transfer for
/// many minutes after its client has vanished.
const TIMEOUT_MAX: u64 = 30;
/// Time until the first retransmission without the option.
const TIMEOUT: Duration = Duration::from_secs(1);
/// Room for datagrams that were not read yet, as much as most systems give a socket (208 KiB on Linux). A window that does not fit
/// into it loses its end, which is noticed after a second only.
pub const RECEIVE_ROOM: usize = 200 << 10;
/// The same for large windows of files that are received.
pub const RECEIVE_ROOM_MAX: usize = 512 << 10;

/// What a client has proposed. Options that are unknown or make no sense are not among them: they are not answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Proposal {
    block_size: Option<usize>,
    window: Option<u64>,
    timeout_secs: Option<u64>,
    /// The size of the file that the client sends; for RRQ: it is asked for.
    pub size: Option<u64>,
}

impl Proposal {
    /// Reads the options of a request. The first one of a name counts.
    pub fn of(request: &Request) -> Self {
        let mut all = Self::default();
        for (name, value) in request.options.iter().rev() {
            let value = number(value);
            let within = |least: u64, most: u64| value.filter(|value| (least..=most).contains(value));
            match name.to_ascii_lowercase().as_slice() {
                b"blksize" => {
                    all.block_size = value.filter(|size| *size >= 8).map(|size| size.min(BLOCK_SIZE_MAX) as usize);
                }
                b"windowsize" => all.window = within(1, 65_535),
                b"timeout" => all.timeout_secs = within(1, TIMEOUT_MAX),
                b"tsize" => all.size = value,
                _ => {}
            }
        }
        all
    }

    /// Returns what holds for the transfer. `size`: of the file that is sent to the client, if it is known. `room`: what a window may occupy
    /// at the side that receives it.
    pub fn agree(&self, direction: Direction, size: Option<u64>, room: usize) -> Agreement {
        let block_size = self.block_size.unwrap_or(BLOCK_SIZE);
        let window_max = (room.min(RECEIVE_ROOM_MAX) / occupied(block_size)).max(1);
        let window = self.window.map_or(1, |window| window.min(window_max as u64) as usize);
        let size = match direction {
            // curl ends the transfer if it is told 0 (`tftp_parse_option_ack` in lib/tftp.c).
            Direction::Read => size.filter(|size| *size > 0 && self.size.is_some()),
            Direction::Write => self.size,
        };
        let answered = [
            ("tsize", size),
            ("blksize", self.block_size.map(|size| size as u64)),
            ("timeout", self.timeout_secs),
            ("windowsize", self.window.map(|_| window as u64)),
        ];
        let answers: Vec<_> = answered.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        Agreement {
            block_size,
            window,
            timeout: self.timeout_secs.map_or(TIMEOUT, Duration::from_secs),
            oack: (!answers.is_empty()).then(|| packet::oack(answers)),
        }
    }
}

/// What holds for a transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// Bytes of every block but the last, which has fewer.
    pub block_size: usize,
    /// Blocks that are sent before an acknowledgement is waited for; at least 1.
    pub window: usize,
    /// Time until the first retransmission.
    pub timeout: Duration,
    /// What the client is told about its options; `None`: it had none that are known.
    pub oack: Option<Vec<u8>>,
}

/// Returns what a datagram with a block occupies until it is read: Linux rounds up to powers of two, and keeps notes.
fn occupied(block_size: usize) -> usize {
    (block_size + 512).next_power_of_two() + 256
}

/// Parses decimal digits.
fn number(text: &[u8]) -> Option<u64> {
    let is_number = (1..=20).contains(&text.len()) && text.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(text).ok().filter(|_| is_number)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agree(direction: Direction, options: &[(&str, &str)], size: Option<u64>) -> Agreement {
        let opcode = if direction == Direction::Read { 1 } else { 2 };
        let mut datagram = vec![0, opcode];
        datagram.extend_from_slice(b"a\0octet\0");
        for (name, value) in options {
            datagram.extend_from_slice(format!("{name}\0{value}\0").as_bytes());
        }
        let request = Request::parse(&datagram).expect("a request");
        Proposal::of(&request).agree(direction, size, RECEIVE_ROOM)
    }

    #[test]
    fn without_options_nothing_is_answered() {
        let plain = Agreement { block_size: 512, window: 1, timeout: TIMEOUT, oack: None };
        assert_eq!(agree(Direction::Read, &[], Some(5)), plain);
        let nonsense =
            [("blksize", "7"), ("blksize", "x"), ("windowsize", "0"), ("windowsize", "65536"), ("timeout", "0")];
        for (name, value) in
            nonsense.into_iter().chain([("timeout", "255"), ("tsize", "-1"), ("multicast", ""), ("tsize", "")])
        {
            assert_eq!(agree(Direction::Read, &[(name, value)], Some(5)), plain, "{name} {value}");
        }
    }

    #[test]
    fn known_options_are_answered() {
        let check = |direction, options: &[(&str, &str)], oack: &[u8]| {
            let agreed = agree(direction, options, Some(5));
            assert_eq!(agreed.oack.as_deref(), Some(oack), "{options:?}");
            agreed
        };
        let all = [("BLKSIZE", "1428"), ("x", "y"), ("Timeout", "3"), ("tsize", "0"), ("windowsize", "4")];
        let agreed =
            check(Direction::Read, &all, b"\0\x06tsize\x005\0blksize\x001428\0timeout\x003\0windowsize\x004\0");
        assert_eq!((agreed.block_size, agreed.window, agreed.timeout), (1428, 4, Duration::from_secs(3)));
        check(Direction::Write, &[("tsize", "77")], b"\0\x06tsize\x0077\0");
        assert_eq!(agree(Direction::Read, &[("tsize", "0")], Some(0)).oack, None);
        check(Direction::Read, &[("blksize", "8"), ("blksize", "9")], b"\0\x06blksize\x008\0");
        check(Direction::Read, &[("blksize", "99999999")], b"\0\x06blksize\x0065464\0");
        check(
            Direction::Read,
            &[("blksize", "65464"), ("windowsize", "65535")],
            b"\0\x06blksize\x0065464\0windowsize\x001\0",
        );
        check(
            Direction::Read,
            &[("blksize", "8192"), ("windowsize", "32")],
            b"\0\x06blksize\x008192\0windowsize\x0012\0",
        );
        check(Direction::Read, &[("windowsize", "65535")], b"\0\x06windowsize\x00160\0");
        let narrow = Proposal { window: Some(64), ..Proposal::default() };
        assert_eq!(narrow.agree(Direction::Write, None, 4096).window, 3);
        let endless = Proposal { window: Some(65_535), ..Proposal::default() };
        assert_eq!(endless.agree(Direction::Write, None, usize::MAX).window, RECEIVE_ROOM_MAX / 1280);
        assert_eq!(narrow.agree(Direction::Write, None, 0).window, 1);
    }
}
