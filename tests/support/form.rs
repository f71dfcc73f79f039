//! Multipart bodies (RFC 7578), with names written as browsers write them.

/// The content type of [`form`].
pub const FORM: (&str, &str) = ("Content-Type", "multipart/form-data; boundary=----parts");

/// Returns a part that is a plain field.
pub fn field(name: &str, value: &[u8]) -> Vec<u8> {
    [format!("Content-Disposition: form-data; name=\"{name}\"\r\n\r\n").as_bytes(), value].concat()
}

/// Returns a part that is a file. Quotes and line ends in its name are escaped as browsers do.
pub fn file(name: &[u8], data: &[u8]) -> Vec<u8> {
    let mut part = b"Content-Disposition: form-data; name=\"f\"; filename=\"".to_vec();
    for &byte in name {
        match byte {
            b'"' => part.extend(b"%22"),
            b'\r' => part.extend(b"%0D"),
            b'\n' => part.extend(b"%0A"),
            _ => part.push(byte),
        }
    }
    part.extend(b"\"\r\nContent-Type: application/octet-stream\r\n\r\n");
    part.extend(data);
    part
}

/// Returns a complete body.
pub fn form(parts: &[Vec<u8>]) -> Vec<u8> {
    let mut body = Vec::new();
    for part in parts {
        body.extend(b"------parts\r\n");
        body.extend(part);
        body.extend(b"\r\n");
    }
    body.extend(b"------parts--\r\n");
    body
}
