//! Positional reads and writes, for which the standard library has different names on each system, and other small
//! differences of open files.

use std::fs::File;
use std::io;

/// Writes all of `data` at `offset` (bytes from the start).
pub(crate) fn write_all_at(file: &File, data: &[u8], offset: u64) -> io::Result<()> {
    #[cfg(unix)]
    {
        std::os::unix::fs::FileExt::write_all_at(file, data, offset)
    }
    #[cfg(windows)]
    {
        let (mut data, mut offset) = (data, offset);
        while !data.is_empty() {
            match std::os::windows::fs::FileExt::seek_write(file, data, offset) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => (data, offset) = (&data[written..], offset + written as u64),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Reads at `offset`. Returns 0 at the end of the file.
pub(crate) fn read_at(file: &File, into: &mut [u8], offset: u64) -> io::Result<usize> {
    #[cfg(unix)]
    {
        std::os::unix::fs::FileExt::read_at(file, into, offset)
    }
    #[cfg(windows)]
    {
        std::os::windows::fs::FileExt::seek_read(file, into, offset)
    }
}

/// Returns when content or metadata of a file were changed last, nanoseconds since 1970; `None` if the system does not tell.
pub(crate) fn changed_ns(file: &File) -> Option<i64> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let meta = file.metadata().ok()?;
        meta.ctime().checked_mul(1_000_000_000)?.checked_add(meta.ctime_nsec())
    }
    #[cfg(windows)]
    {
        let _ = file;
        None
    }
}

/// Fills `into` from offset `at`; `UnexpectedEof` if the file ends before.
pub(crate) fn read_exact_at(file: &File, mut into: &mut [u8], mut at: u64) -> io::Result<()> {
    while !into.is_empty() {
        match read_at(file, into, at) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(n) => (into, at) = (&mut into[n..], at + n as u64),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Opens the file again for reading, with a position of its own where the system can do that. On other systems the
/// position is shared with `file`, and set to the start.
pub(crate) fn reopen(file: &File) -> io::Result<File> {
    #[cfg(target_os = "linux")]
    {
        use std::os::fd::AsRawFd;
        if let Ok(again) = File::open(format!("/proc/self/fd/{}", file.as_raw_fd())) {
            return Ok(again);
        }
    }
    let mut again = file.try_clone()?;
    io::Seek::rewind(&mut again)?;
    Ok(again)
}
