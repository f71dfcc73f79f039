//! Paths under which ownCloud's and Nextcloud's clients look for files.

use model::VPath;

/// How many names of a path precede the path of a file: `remote.php/webdav` or `remote.php/dav/files/ACCOUNT`. `None`: the
/// path is an ordinary one.
pub fn alias_len(path: &VPath) -> Option<usize> {
    let mut names = path.components();
    if names.next()? != b"remote.php" {
        return None;
    }
    match (names.next()?, names.next(), names.next()) {
        (b"webdav", ..) => Some(2),
        (b"dav", Some(b"files"), Some(_)) => Some(4),
        _ => None,
    }
}

/// Splits a path into such an alias and the path of a file.
pub fn split_alias(path: &VPath) -> Option<(VPath, VPath)> {
    let length = alias_len(path)?;
    let names: Vec<&[u8]> = path.components().collect();
    let join = |names: &[&[u8]]| VPath::parse(&names.join(&b'/')).ok();
    Some((join(&names[..length])?, join(&names[length..])?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases() {
        for (path, expected) in [
            ("remote.php/webdav", Some(("remote.php/webdav", ""))),
            ("remote.php/webdav/a/b", Some(("remote.php/webdav", "a/b"))),
            ("remote.php/dav/files/ann/a", Some(("remote.php/dav/files/ann", "a"))),
            ("remote.php/dav/files", None),
            ("remote.php/dav/uploads/ann/x", None),
            ("remote.php", None),
            ("a/remote.php/webdav", None),
        ] {
            let parse = |text: &str| VPath::parse(text.as_bytes()).expect("parses");
            let expected = expected.map(|(alias, rest)| (parse(alias), parse(rest)));
            assert_eq!(split_alias(&parse(path)), expected, "{path}");
        }
    }
}
