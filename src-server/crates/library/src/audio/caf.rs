//! Opus in Apple's Core Audio Format, made from Opus in Ogg: the packets are the same, their sizes stand in a table.
//!
//! Sources: RFC 3533 (pages of Ogg), RFC 7845 (Opus in them), Apple's "Core Audio Format Specification 1.0".

/// Samples of one packet: 20 ms of 48 kHz.
const PACKET: u32 = 960;

/// Returns the file; `None` if `ogg` holds no Opus.
pub(super) fn from_ogg(ogg: &[u8]) -> Option<Vec<u8>> {
    let mut packets = packets(ogg);
    let head = packets.first()?;
    if !head.starts_with(b"OpusHead") || packets.len() < 2 {
        return None;
    }
    let channels = u32::from(*head.get(9)?);
    let skipped = u32::from(u16::from_le_bytes(head.get(10..12)?.try_into().ok()?));
    // Header and tags.
    packets.drain(..2);
    let samples = u64::from(PACKET) * packets.len() as u64;
    let mut file = b"caff\0\x01\0\0".to_vec();
    let mut description = 48_000f64.to_be_bytes().to_vec();
    description.extend(b"opus");
    for number in [0, 0, PACKET, channels, 0] {
        description.extend(number.to_be_bytes());
    }
    chunk(&mut file, b"desc", &description);
    let mut table = (packets.len() as u64).to_be_bytes().to_vec();
    table.extend(samples.saturating_sub(skipped.into()).to_be_bytes());
    table.extend(skipped.to_be_bytes());
    table.extend(0u32.to_be_bytes());
    packets.iter().for_each(|packet| push_varint(&mut table, packet.len()));
    chunk(&mut file, b"pakt", &table);
    let data = [&0u32.to_be_bytes()[..], &packets.concat()].concat();
    chunk(&mut file, b"data", &data);
    Some(file)
}

fn chunk(file: &mut Vec<u8>, kind: &[u8; 4], content: &[u8]) {
    file.extend(kind);
    file.extend((content.len() as u64).to_be_bytes());
    file.extend(content);
}

/// Seven bits a byte, the most significant first; all but the last have the highest bit.
fn push_varint(into: &mut Vec<u8>, number: usize) {
    let bytes = (0..5).rev().map(|index| (number >> (7 * index) & 0x7f) as u8);
    let mut bytes = bytes.skip_while(|&byte| byte == 0).peekable();
    if bytes.peek().is_none() {
        into.push(0);
    }
    while let Some(byte) = bytes.next() {
        into.push(if bytes.peek().is_some() { byte | 0x80 } else { byte });
    }
}

/// Returns the packets of the pages, put together from their segments.
fn packets(mut ogg: &[u8]) -> Vec<Vec<u8>> {
    let (mut packets, mut packet) = (Vec::new(), Vec::new());
    while let Some((lengths, rest)) = page(ogg) {
        let mut content = rest;
        for &length in lengths {
            let Some((segment, more)) = content.split_at_checked(length.into()) else { return packets };
            content = more;
            packet.extend_from_slice(segment);
            if length < 255 {
                packets.push(std::mem::take(&mut packet));
            }
        }
        ogg = content;
    }
    packets
}

/// Returns the lengths of a page's segments, and what follows them.
fn page(ogg: &[u8]) -> Option<(&[u8], &[u8])> {
    let segments = usize::from(*ogg.get(26).filter(|_| ogg.starts_with(b"OggS"))?);
    ogg[27..].split_at_checked(segments)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page_of(segments: &[(u8, &[u8])]) -> Vec<u8> {
        let mut page = [&b"OggS"[..], &[0; 22], &[segments.len() as u8]].concat();
        page.extend(segments.iter().map(|(length, _)| *length));
        segments.iter().for_each(|(_, content)| page.extend(*content));
        page
    }

    #[test]
    fn packets_are_put_together_and_listed() {
        let head = [&b"OpusHead\x01\x02\x38\x01"[..], &[0; 7]].concat();
        let (long, rest) = (vec![7; 255], vec![8; 45]);
        let ogg = [
            page_of(&[(head.len() as u8, &head)]),
            page_of(&[(4, b"tags")]),
            page_of(&[(3, b"abc"), (255, &long)]),
            page_of(&[(45, &rest), (1, b"z")]),
        ]
        .concat();
        let file = from_ogg(&ogg).expect("is Opus");
        assert!(file.starts_with(b"caff\0\x01\0\0desc\0\0\0\0\0\0\0\x20"));
        let table = file.windows(4).position(|four| four == b"pakt").expect("a table") + 12;
        assert_eq!(file[table..table + 8], 3u64.to_be_bytes());
        assert_eq!(file[table + 8..table + 16], (3 * 960 - 312u64).to_be_bytes());
        assert_eq!(file[table + 24..table + 28], [3, 0x82, 0x2c, 1], "3, 300 and 1");
        assert!(file.ends_with(&[&[0; 4][..], b"abc", &long, &rest, b"z"].concat()));
    }

    #[test]
    fn anything_else_is_refused() {
        for bytes in [&b""[..], b"OggS", &[0; 100], &page_of(&[(3, b"abc")]), &page_of(&[(255, b"short")])] {
            assert_eq!(from_ogg(bytes), None);
        }
    }
}
