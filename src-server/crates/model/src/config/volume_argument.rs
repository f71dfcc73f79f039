//! Splits `-v SRC:DST:ITEM:ITEM` into its parts, before the meaning of the items is known.

/// Splits `SRC:DST:ITEM[:ITEM...]`. A drive letter is part of SRC.
///
/// # Errors
/// No second colon.
pub(super) fn split(text: &str) -> Result<(String, String, Vec<String>), String> {
    let bytes = text.as_bytes();
    let has_drive = bytes.len() > 2
        && bytes[0].is_ascii_alphabetic()
        && bytes[1] == b':'
        && (bytes[2] == b'\\' || (cfg!(windows) && bytes[2] == b'/'));
    let from = if has_drive { 2 } else { 0 };
    let wrong = || {
        format!("'{text}' is not a volume; write FOLDER:PATH:PERMISSIONS, such as ~/music:music:r. See --help-volumes.")
    };
    let end = from + text[from..].find(':').ok_or_else(wrong)?;
    let (source, rest) = (&text[..end], &text[end + 1..]);
    let (mount, items) = rest.split_once(':').ok_or_else(wrong)?;
    if source.is_empty() {
        return Err(wrong());
    }
    let items = items.split(':').filter(|item| !item.is_empty()).map(str::to_owned).collect();
    Ok((source.into(), mount.into(), items))
}
