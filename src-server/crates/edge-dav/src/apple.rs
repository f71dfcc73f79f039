//! Files that Finder leaves in every folder that it visits.
//!
//! They are refused unless `--dav-mac` is set, as in copyparty: they fill shared folders and other people see them. Only
//! Finder is refused; a program that copies a folder in which they are gets an equal copy.

use crate::failure::Failure;
use crate::request::DavRequest;

/// Names that Finder and Spotlight use; those of resource forks begin with `._`.
const NAMES: [&str; 9] = [
    ".DS_Store",
    ".AppleDouble",
    ".LSOverride",
    ".TemporaryItems",
    ".Trashes",
    ".VolumeIcon.icns",
    ".apdisk",
    ".fseventsd",
    "__MACOS",
];

/// Refuses to create what only Finder uses. Finder's `WebDAVFS` names its kernel, Darwin; to it the file appears locked,
/// which it accepts without a message, while it reports other refusals to people.
///
/// # Errors
/// [`Failure::AppleFile`].
pub(crate) fn refuse(request: &DavRequest<'_>) -> Result<(), Failure> {
    let is_finder = request.text("user-agent").is_some_and(|agent| agent.contains("Darwin/"));
    if !is_finder || request.keeps_apple_files {
        return Ok(());
    }
    if request.path.components().any(is_apple_name) { Err(Failure::AppleFile) } else { Ok(()) }
}

fn is_apple_name(name: &[u8]) -> bool {
    name.starts_with(b"._") || name.starts_with(b".Spotlight-") || NAMES.iter().any(|known| known.as_bytes() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (name, is_apple) in
            [("._a", true), (".DS_Store", true), (".Spotlight-V100", true), (".a", false), ("a._", false)]
        {
            assert_eq!(is_apple_name(name.as_bytes()), is_apple, "{name}");
        }
    }
}
