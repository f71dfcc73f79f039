//! Bodies of simple forms: `application/x-www-form-urlencoded` (URL standard, section 5).

use model::vpath::percent_decode;

/// Returns the fields of a form in their order, decoded. Pairs without `=` are skipped.
pub fn fields(form: &[u8]) -> impl Iterator<Item = (String, String)> {
    form.split(|&byte| byte == b'&').filter_map(|pair| {
        let at = pair.iter().position(|&byte| byte == b'=')?;
        Some((text(&pair[..at]), text(&pair[at + 1..])))
    })
}

/// Returns the first field with this name.
pub fn field(form: &[u8], name: &str) -> Option<String> {
    fields(form).find_map(|(own, value)| (own == name).then_some(value))
}

/// Decodes a name or a value: `+` is a blank, `%xx` a byte. Bytes that are not UTF-8 become U+FFFD.
pub fn text(part: &[u8]) -> String {
    let blanks: Vec<u8> = part.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
    String::from_utf8_lossy(&percent_decode(&blanks)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_decoded() {
        let form = b"pin=a+b%2Bc%26&pinned=x&then=zip&then=open&empty=&%70=q&lonely";
        assert_eq!(field(form, "pin").as_deref(), Some("a b+c&"));
        assert_eq!(field(form, "then").as_deref(), Some("zip"));
        assert_eq!(field(form, "empty").as_deref(), Some(""));
        assert_eq!(field(form, "p").as_deref(), Some("q"));
        assert_eq!(field(form, "pi"), None);
        assert_eq!(field(b"", "pin"), None);
        assert_eq!(fields(form).count(), 6);
        assert_eq!(text(b"%ff"), "\u{FFFD}");
    }
}
