//! All bytes are parsed to a path inside the root or refused; a parsed path round-trips through a URL.
#![no_main]

use libfuzzer_sys::fuzz_target;
use model::vpath::{percent_decode, percent_encode};
use model::{FileName, VPath};

fuzz_target!(|bytes: &[u8]| {
    assert_eq!(percent_decode(percent_encode(bytes).as_bytes()), bytes, "encoding loses something");
    if let Ok(name) = FileName::new(bytes) {
        assert!(!name.as_bytes().contains(&b'/') && name.as_bytes() != b".." && name.as_bytes() != b".");
    }
    let Ok(path) = VPath::parse(bytes) else { return };
    for part in path.components() {
        assert!(
            !part.is_empty() && part != b"." && part != b".." && !part.contains(&0) && !part.contains(&b'/'),
            "{path:?}"
        );
    }
    assert_eq!(VPath::parse(path.as_bytes()).as_ref(), Ok(&path), "parsing again changes it");
    assert_eq!(VPath::parse(&percent_decode(path.to_url().as_bytes())).as_ref(), Ok(&path), "its link leads elsewhere");
    if let Some((above, name)) = path.split_last() {
        assert_eq!(above.join(&name), path);
        assert!(path.is_within(&above));
        assert_eq!(path.strip_prefix(&above).map(|below| above.append(&below)), Some(path));
    }
});
