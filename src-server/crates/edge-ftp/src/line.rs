//! Lines of the control connection (RFC 959, 4 and 5.3; RFC 2640): collected from the bytes of the socket, with a limit.

/// Longest line, with its end.
pub const LINE_MAX: usize = 4096;

/// A line is longer than [`LINE_MAX`]. What follows cannot be told from commands, so the session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineTooLong;

/// Bytes that have arrived and are not a whole line yet.
#[derive(Debug, Default)]
pub struct LineBuffer {
    bytes: Vec<u8>,
}

impl LineBuffer {
    /// Adds received bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Returns whether nothing is waiting to be taken.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Takes the next line, without its end (CRLF or LF). `None`: it has not arrived completely.
    ///
    /// Bytes of Telnet that some clients send before ABOR (RFC 959, 4.1.3: IAC IP IAC DM) are dropped; no command begins
    /// with such a byte, and in arguments they belong to names.
    ///
    /// # Errors
    /// The line is too long.
    pub fn take(&mut self) -> Result<Option<Vec<u8>>, LineTooLong> {
        let Some(end) = self.bytes.iter().take(LINE_MAX).position(|&byte| byte == b'\n') else {
            return if self.bytes.len() < LINE_MAX { Ok(None) } else { Err(LineTooLong) };
        };
        let mut line: Vec<u8> = self.bytes.drain(..=end).collect();
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        let telnet = line.iter().take_while(|&&byte| byte >= FIRST_TELNET_COMMAND).count();
        line.drain(..telnet);
        Ok(Some(line))
    }
}

/// The commands of Telnet are 240 to 255 (RFC 854).
const FIRST_TELNET_COMMAND: u8 = 240;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_taken_in_order() {
        let mut buffer = LineBuffer::default();
        buffer.push(b"USER a\r\nPASS b\nQU");
        assert_eq!(buffer.take(), Ok(Some(b"USER a".to_vec())));
        assert_eq!(buffer.take(), Ok(Some(b"PASS b".to_vec())));
        assert_eq!(buffer.take(), Ok(None));
        buffer.push(b"IT\r\n\r\n");
        assert_eq!(buffer.take(), Ok(Some(b"QUIT".to_vec())));
        assert_eq!(buffer.take(), Ok(Some(Vec::new())));
        assert!(buffer.is_empty());
    }

    #[test]
    fn telnet_is_dropped_before_a_command_only() {
        let mut buffer = LineBuffer::default();
        buffer.push(b"\xff\xf4\xff\xf2ABOR\r\nSIZE a\xff\xf4\r\n");
        assert_eq!(buffer.take(), Ok(Some(b"ABOR".to_vec())));
        assert_eq!(buffer.take(), Ok(Some(b"SIZE a\xff\xf4".to_vec())));
    }

    #[test]
    fn long_lines_are_refused() {
        let mut buffer = LineBuffer::default();
        buffer.push(&[b'a'; LINE_MAX - 1]);
        assert_eq!(buffer.take(), Ok(None));
        buffer.push(b"\n");
        assert_eq!(buffer.take().map(|line| line.map(|line| line.len())), Ok(Some(LINE_MAX - 1)));
        buffer.push(&[b'a'; LINE_MAX]);
        assert_eq!(buffer.take(), Err(LineTooLong));
    }
}
