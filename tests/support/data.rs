//! Test data: incompressible contents, trees of files, and nasty file names.

use ring::digest;
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Names that must survive every protocol: blanks, URL and HTML characters, other scripts, both Unicode normal forms,
/// dots, maximum length.
pub const NASTY_NAMES: &[&str] = &[
    " leading and trailing ",
    "hash # and ? and %41 and & and + plus",
    "quotes ' \" ` and <b>bold<i>",
    "new\nline and\ttab",
    "back\\slash",
    "smile 😀 and 日本語 and русский",
    "nfc é",
    "nfd e\u{301}",
    "-rf",
    "trailing.dot.",
    ".hidden",
    "a;b|c$(d)",
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\
     0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\
     012345678901234567890123456789012345678901234567890.bin",
];

/// Returns `size` incompressible bytes that differ for every seed.
pub fn noise(seed: u64, size: usize) -> Vec<u8> {
    // SplitMix64: short, and sufficient to make every chunk different.
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1);
    let mut bytes = Vec::with_capacity(size + 8);
    while bytes.len() < size {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bytes.extend_from_slice(&(z ^ (z >> 31)).to_le_bytes());
    }
    bytes.truncate(size);
    bytes
}

/// Creates `count` files of `size` bytes in folders of 100 below `folder`.
///
/// # Panics
/// If a file cannot be written.
pub fn tree(folder: &Path, count: usize, size: usize) {
    for i in 0..count {
        let dir = folder.join(format!("d{:03}", i / 100));
        fs::create_dir_all(&dir).expect("a folder");
        fs::write(dir.join(format!("file {i:05}.bin")), noise(i as u64 + 1, size)).expect("a file");
    }
}

/// Returns every file below `folder`, as sorted relative paths.
///
/// # Panics
/// If a folder cannot be read.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut todo) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(dir) = todo.pop() {
        for entry in fs::read_dir(&dir).expect("a folder that can be read") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                todo.push(path);
            } else {
                found.push(path.strip_prefix(folder).expect("it is below").to_path_buf());
            }
        }
    }
    found.sort();
    found
}

/// SHA-512 of every file in a tree, by path relative to its top.
pub type Sums = BTreeMap<PathBuf, Vec<u8>>;

/// Returns the hashes of every file below `folder`. Reads piece by piece, since files may be larger than memory.
///
/// # Panics
/// If a file cannot be read.
pub fn sums(folder: &Path) -> Sums {
    files(folder).into_iter().map(|path| (path.clone(), sum(&folder.join(path)))).collect()
}

fn sum(path: &Path) -> Vec<u8> {
    let mut file = fs::File::open(path).expect("a file that can be opened");
    let (mut context, mut piece) = (digest::Context::new(&digest::SHA512), vec![0; 1 << 20]);
    loop {
        match file.read(&mut piece).expect("a file that can be read") {
            0 => return context.finish().as_ref().to_vec(),
            length => context.update(&piece[..length]),
        }
    }
}

/// Asserts that both trees have the same files with the same contents.
///
/// # Panics
/// If they differ; the message names the first difference.
pub fn assert_same_tree(expected: &Path, got: &Path) {
    assert_sums(&sums(expected), got);
}

/// Asserts that the tree has exactly these files with these hashes.
///
/// # Panics
/// If it differs; the message names the first difference.
pub fn assert_sums(expected: &Sums, folder: &Path) {
    let got = sums(folder);
    let lost: Vec<_> = expected.keys().filter(|path| !got.contains_key(*path)).take(3).collect();
    let more: Vec<_> = got.keys().filter(|path| !expected.contains_key(*path)).take(3).collect();
    let counts = (expected.len(), got.len());
    assert!(lost.is_empty() && more.is_empty(), "missing {lost:?}, too many {more:?} ({counts:?} files)");
    for (path, sum) in expected {
        assert!(got[path] == *sum, "{} differs", path.display());
    }
}

/// Percent-encodes one path segment.
pub fn encode(name: &str) -> String {
    encode_bytes(name.as_bytes())
}

/// Percent-encodes the bytes of one path segment.
pub fn encode_bytes(name: &[u8]) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_.-~".contains(&b);
    name.iter().map(|&b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
