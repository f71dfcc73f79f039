//! The control connection of FTP: lines and commands. No argument that is passed on has line ends or NUL in it, and how the
//! bytes are cut into packets changes nothing.
#![no_main]

use edge_ftp::command::{Command, CommandFault};
use edge_ftp::line::{LINE_MAX, LineBuffer, LineTooLong};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let whole = commands(data.chunks(data.len().max(1)));
    let cut = commands(data.chunks(1));
    assert_eq!(whole, cut);
});

type Parsed = Result<Command, CommandFault>;

fn commands<'a>(packets: impl Iterator<Item = &'a [u8]>) -> (Vec<Parsed>, Option<LineTooLong>) {
    let (mut buffer, mut all) = (LineBuffer::default(), Vec::new());
    for packet in packets {
        buffer.push(packet);
        loop {
            match buffer.take() {
                Ok(Some(line)) => {
                    assert!(line.len() < LINE_MAX);
                    all.push(checked(&line));
                }
                Ok(None) => break,
                Err(fault) => return (all, Some(fault)),
            }
        }
    }
    (all, None)
}

fn checked(line: &[u8]) -> Parsed {
    let parsed = Command::parse(line);
    let has_line_end = line.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0));
    assert_eq!(has_line_end, parsed == Err(CommandFault::ControlCharacter));
    if let Ok(Command::Active(address)) = &parsed {
        // What is told to the client reads as it was written.
        assert!(address.to_string().parse::<std::net::SocketAddr>().is_ok_and(|again| again == *address));
    }
    parsed
}
