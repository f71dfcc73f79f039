//! The text of symlinks within a volume.

use model::VPath;

/// Returns the text of a symlink in `folder` to `file`; both are in one volume and have no symlinks in their paths.
pub fn relative(folder: &VPath, file: &VPath) -> Vec<u8> {
    let (from, to): (Vec<&[u8]>, Vec<&[u8]>) = (folder.components().collect(), file.components().collect());
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n(&b".."[..], from.len() - common);
    up.chain(to[common..].iter().copied()).collect::<Vec<_>>().join(&b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_relative() {
        for (folder, file, want) in [
            ("", "a", "a"),
            ("d", "a", "../a"),
            ("d/e", "d/a", "../a"),
            ("d", "d/e/a", "e/a"),
            ("x/y", "d/e/a", "../../d/e/a"),
        ] {
            let path = |text: &str| VPath::parse(text.as_bytes()).expect("parses");
            assert_eq!(relative(&path(folder), &path(file)), want.as_bytes(), "{folder} {file}");
        }
    }
}
