//! Natural order of names: digits compare as numbers, letters without case.
//!
//! `apple`, `Banana`, `Ep 1`, `Ep 2`, `ep 3`, `Ep 12`. Every listing of the server uses this order. The page sorts by
//! the same rules (`web/kit/natural.ts`); both are tested against `tests/vectors/natural_order.json`.
//!
//! Names are compared by a key: letters are folded (upper case, then lower case, of each character by itself, so that
//! `ß` is `ss` and `ς` is `σ`), and a run of ASCII digits becomes `0`, the number of its digits without leading zeros,
//! and those digits. Keys are compared as bytes. Names with equal keys are ordered by their own bytes, so the order is
//! total: no two different names are equal.

use std::cmp::Ordering;

/// Compares two names. Linear in their length; numbers may have any length.
pub fn compare(a: &[u8], b: &[u8]) -> Ordering {
    let (mut key_a, mut key_b) = (Vec::with_capacity(a.len() + 8), Vec::with_capacity(b.len() + 8));
    push_key(&mut key_a, a);
    push_key(&mut key_b, b);
    key_a.cmp(&key_b).then_with(|| a.cmp(b))
}

/// Appends the sort key of a name. Ordering by key, then by name, both bytewise, equals [`compare`]. For sorting many
/// names, where each key is used often.
pub fn push_key(key: &mut Vec<u8>, name: &[u8]) {
    let mut at = 0;
    while let Some(&byte) = name.get(at) {
        if byte.is_ascii_digit() {
            let end = at + length_of(&name[at..], u8::is_ascii_digit);
            push_number(key, &name[at..end]);
            at = end;
        } else if byte.is_ascii() {
            let end = at + length_of(&name[at..], |byte| byte.is_ascii() && !byte.is_ascii_digit());
            let start = key.len();
            key.extend_from_slice(&name[at..end]);
            key[start..].make_ascii_lowercase();
            at = end;
        } else {
            let end = at + length_of(&name[at..], |byte| !byte.is_ascii());
            push_folded(key, &name[at..end]);
            at = end;
        }
    }
}

fn length_of(bytes: &[u8], belongs: impl Fn(&u8) -> bool) -> usize {
    bytes.iter().position(|byte| !belongs(byte)).unwrap_or(bytes.len())
}

/// Appends `0`, the number of digits (one byte, or 255 and four bytes), and the digits. No other byte of a key is
/// between `0` and `9`, so a number sorts among other characters where its first digit would.
fn push_number(key: &mut Vec<u8>, digits: &[u8]) {
    let zeros = length_of(digits, |byte| *byte == b'0');
    let digits = &digits[zeros..];
    key.push(b'0');
    match u8::try_from(digits.len()) {
        Ok(length) if length < u8::MAX => key.push(length),
        _ => {
            key.push(u8::MAX);
            key.extend_from_slice(&(digits.len() as u32).to_be_bytes());
        }
    }
    key.extend_from_slice(digits);
}

/// Folds characters that are not ASCII; bytes that are no UTF-8 stay as they are.
fn push_folded(key: &mut Vec<u8>, bytes: &[u8]) {
    let mut buffer = [0; 4];
    for chunk in bytes.utf8_chunks() {
        for folded in chunk.valid().chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase) {
            key.extend_from_slice(folded.encode_utf8(&mut buffer).as_bytes());
        }
        key.extend_from_slice(chunk.invalid());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Names of the pieces that affect the order: digits, letters in both cases, characters that fold, invalid UTF-8.
    fn name() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop::sample::select(vec![
            &b"0"[..],
            b"1",
            b"9",
            b"10",
            b"007",
            b"a",
            b"A",
            b"b",
            b" ",
            b".",
            b"-",
            b"~",
            "é".as_bytes(),
            "É".as_bytes(),
            "ß".as_bytes(),
            "ς".as_bytes(),
            "Σ".as_bytes(),
            "İ".as_bytes(),
            b"\xff",
            b"\xc3",
        ]);
        prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn the_order_is_total(a in name(), b in name(), c in name()) {
            prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
            prop_assert_eq!(compare(&a, &b) == Ordering::Equal, a == b);
            if compare(&a, &b).is_le() && compare(&b, &c).is_le() {
                prop_assert!(compare(&a, &c).is_le());
            }
        }

        #[test]
        fn numbers_of_any_size_are_numbers(a: u128, b: u128, zeros in 0..300usize) {
            let name = |number: u128, zeros: usize| format!("x{}{number}y", "0".repeat(zeros));
            let order = compare(name(a, zeros).as_bytes(), name(b, 0).as_bytes());
            prop_assert_eq!(order, a.cmp(&b).then(if zeros > 0 { Ordering::Less } else { Ordering::Equal }));
        }
    }

    #[test]
    fn the_order_of_the_vectors() {
        let text = include_str!("../../../../tests/vectors/natural_order.json");
        let lists: Vec<Vec<String>> = serde_json::from_str(text).expect("is JSON");
        assert!(lists.len() > 3);
        for list in lists {
            for pair in list.windows(2) {
                assert_eq!(compare(pair[0].as_bytes(), pair[1].as_bytes()), Ordering::Less, "{pair:?}");
            }
        }
    }

    #[test]
    fn more_digits_than_fit_a_byte() {
        let (short, long) = ("9".repeat(254), format!("1{}", "0".repeat(300)));
        assert_eq!(compare(short.as_bytes(), long.as_bytes()), Ordering::Less);
        assert_eq!(compare("9".repeat(255).as_bytes(), long.as_bytes()), Ordering::Less);
        assert_eq!(compare("9".repeat(301).as_bytes(), long.as_bytes()), Ordering::Greater);
    }
}
