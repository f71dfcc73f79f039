//! A buffer for bytes that are needed at the end: in memory while they are few, then in an unlinked file. The central
//! directory of a zip grows by some hundred bytes with every file.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use store::disk::Folder;

/// Most bytes kept in memory.
const MEMORY_MAX: usize = 1 << 20;

pub(super) struct Spool {
    memory: Vec<u8>,
    file: Option<std::fs::File>,
    length: u64,
    folder: PathBuf,
    is_rewound: bool,
}

impl Spool {
    pub fn new(folder: &Path) -> Self {
        Self { memory: Vec::new(), file: None, length: 0, folder: folder.into(), is_rewound: false }
    }

    /// Bytes pushed so far.
    pub fn length(&self) -> u64 {
        self.length
    }

    pub fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.memory.extend_from_slice(bytes);
        self.length += bytes.len() as u64;
        if self.memory.len() >= MEMORY_MAX {
            let file = match &mut self.file {
                Some(file) => file,
                None => self.file.insert(unlinked_file(&self.folder)?),
            };
            file.write_all(&self.memory)?;
            self.memory.clear();
        }
        Ok(())
    }

    /// Appends the next bytes, from the beginning on, to `out`: at most `most` bytes of the file, or all that is in
    /// memory. Returns true with the last ones. Nothing can be pushed after the first call.
    pub fn take(&mut self, out: &mut Vec<u8>, most: usize) -> io::Result<bool> {
        if let Some(file) = &mut self.file {
            if !self.is_rewound {
                file.seek(SeekFrom::Start(0))?;
                self.is_rewound = true;
            }
            if (&*file).take(most as u64).read_to_end(out)? > 0 {
                return Ok(false);
            }
        }
        out.append(&mut self.memory);
        Ok(true)
    }
}

/// Creates a file without a name, which disappears when it is closed.
fn unlinked_file(folder: &Path) -> io::Result<std::fs::File> {
    let failed = |error: store::StoreError| error.source;
    let folder = Folder::open_root(folder).map_err(failed)?;
    let mut token = [0; 12];
    getrandom::fill(&mut token).map_err(io::Error::other)?;
    let token: String = token.iter().map(|byte| format!("{byte:02x}")).collect();
    let name = store::disk::reserved::partial_name(&token);
    let file = folder.create_new(&name, 0o600).map_err(failed)?;
    folder.remove_file(&name).map_err(failed)?;
    Ok(file)
}
