//! What people type, what it asks for, and what is said when it is not understood.

use super::Text::Like;
use super::*;

fn like(text: &str) -> Text {
    Like(Pattern::parse(text))
}

fn word(text: &str) -> Query {
    let pattern = format!("*{text}*");
    Query::Or(vec![Query::Name(like(&pattern)), Query::Path(like(&pattern)), Query::TagText(like(&pattern))])
}

fn not(query: Query) -> Query {
    Query::Not(Box::new(query))
}

fn modified(relation: Relation, secs: i64) -> Query {
    Query::Modified(relation, secs)
}

const Y2026: i64 = 1_767_225_600;
const FEBRUARY: i64 = Y2026 + 31 * 86_400;
const APRIL: i64 = Y2026 + 90 * 86_400;
const Y2027: i64 = 1_798_761_600;

#[test]
fn what_people_type_is_understood() {
    use Relation::*;
    for (text, want) in [
        ("", Query::Everything),
        (" \t ", Query::Everything),
        ("Sommer", word("sommer")),
        ("-draft", not(word("draft"))),
        ("-", word("-")),
        ("a b", Query::And(vec![word("a"), word("b")])),
        ("\"a  phrase\"", word("a  phrase")),
        ("-\"a b\"", not(word("a b"))),
        ("*.mp3", Query::Name(like("*.mp3"))),
        ("size>10M", Query::Size(Greater, 10 << 20)),
        ("size<=1.5G", Query::Size(AtMost, 3 << 29)),
        ("Size>=1,5GiB", Query::Size(AtLeast, 3 << 29)),
        ("size:700kb", Query::Size(Equal, 700 << 10)),
        ("size=300", Query::Size(Equal, 300)),
        ("size:1k..", Query::Size(AtLeast, 1024)),
        ("size:1k..2k", Query::And(vec![Query::Size(AtLeast, 1024), Query::Size(AtMost, 2048)])),
        ("date:2026", Query::And(vec![modified(AtLeast, Y2026), modified(Less, Y2027)])),
        ("date:2026-01..2026-03", Query::And(vec![modified(AtLeast, Y2026), modified(Less, APRIL)])),
        ("date:..2026-01", modified(Less, FEBRUARY)),
        ("date>2026-01", modified(AtLeast, FEBRUARY)),
        ("date<2026", modified(Less, Y2026)),
        ("date<=2026", modified(Less, Y2027)),
        ("uploaded>=2026", Query::Uploaded(AtLeast, Y2026)),
        ("type:jpg", Query::Name(like("*.jpg"))),
        ("ext:.jpg,png", Query::Or(vec![Query::Name(like("*.jpg")), Query::Name(like("*.png"))])),
        ("name:holi", Query::Name(like("*holi*"))),
        ("name:\"a b\"", Query::Name(like("*a b*"))),
        ("path:\"my music\"", Query::Path(like("*my music*"))),
        ("tags:x", Query::AnyTag(like("*x*"))),
        ("artist:Björk", Query::Tag("artist".into(), TagTest::Text(like("*björk*")))),
        ("-artist:\"a b\"", not(Query::Tag("artist".into(), TagTest::Text(like("*a b*"))))),
        (".bpm>120", Query::Tag(".bpm".into(), TagTest::Number(Greater, 120.0))),
        // No keys: parts of names and addresses.
        ("a=b", word("a=b")),
        ("http://x", word("http://x")),
        ("12:30", word("12:30")),
        ("C:\\x", word("C:\\x")),
        ("ü:x", word("ü:x")),
        ("1>2", word("1>2")),
    ] {
        assert_eq!(from_typed(text, 0), Ok(want), "{text}");
    }
}

#[test]
fn dates_are_meant_by_the_clock_of_the_person() {
    let berlin = from_typed("date>=2026", 60).expect("parses");
    assert_eq!(berlin, modified(Relation::AtLeast, Y2026 - 3600));
    assert_eq!(from_typed("date>=2026", i32::MAX), Ok(modified(Relation::AtLeast, Y2026 - 86_400)));
}

#[test]
fn what_is_not_understood_is_named() {
    for (text, part) in [
        ("size>big", "'big' is not a size such as 10M or 1.5G"),
        ("size>-1", "'-1' is not a size"),
        ("size>1x", "'1x' is not a size"),
        ("size>1i", "'1i' is not a size"),
        ("size:..", "'..' is not a range"),
        ("size>1k..2k", "'1k..2k' is not a size"),
        ("date:banana", "'banana' is not a date such as"),
        ("date:2026..banana", "'banana'"),
        ("date:2026-02-30", "'2026-02-30' is not a date"),
        ("date:", "'date:' is not understood here; expected is a value behind it"),
        ("artist:", "'artist:'"),
        ("name>x", "'name' is not understood here; expected is a colon"),
        ("type>x", "'type' is not understood here"),
        ("type:,", "',' is not a type of file"),
        (".bpm>fast", "'fast' is not a number"),
        ("a \"b c", "the quote before 'b c' is not closed"),
    ] {
        let error = from_typed(text, 0).expect_err(text).to_string();
        assert!(error.contains(part), "{text}: {error}");
    }
    let many = |count: usize| from_typed(&"w ".repeat(count), 0);
    assert!(many(CONDITIONS_MAX / 3).is_ok(), "a word is a condition on the name, one on the path and one on tags");
    assert_eq!(many(CONDITIONS_MAX / 3 + 1), Err(QueryError::TooLong(CONDITIONS_MAX)));
    assert_eq!(many(1_000_000), Err(QueryError::TooLong(CONDITIONS_MAX)));
    assert_eq!(from_typed(&format!("type:{}", "a,".repeat(300)), 0), Err(QueryError::TooLong(CONDITIONS_MAX)));
}

#[test]
fn folders_are_found_by_their_own_names() {
    let find = |text: &str, name: &str, path: &str| {
        let query = from_typed(text, 0).expect("parses");
        query.is_about_names() && query.names_folder(&FolderNames::new(name.as_bytes(), path.as_bytes()))
    };
    assert!(find("Sömmer", "Sommer 2026", "photos"));
    assert!(find("photos sommer", "Sommer 2026", "photos"));
    assert!(!find("photos", "Sommer 2026", "photos"), "it is in a folder that matches");
    assert!(!find("sommer -2026", "Sommer 2026", "photos"));
    assert!(!find("sommer size>1", "Sommer 2026", "photos"), "folders have no size of their own");
    assert!(!find("path:photos", "Sommer 2026", "photos"));
    assert!(find("name:sommer path:photos", "Sommer 2026", "photos"));
    assert!(!find("sommer artist:x", "Sommer 2026", "photos"));
}

proptest::proptest! {
    #[test]
    fn any_text_is_refused_with_a_sentence_or_bounded(text in "\\PC*|[-a-z:<>=.\"0-9* ]*", offset in proptest::num::i32::ANY) {
        match from_typed(&text, offset) {
            Ok(query) => assert!(query.conditions() <= CONDITIONS_MAX.max(1)),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }

    #[test]
    fn words_find_what_contains_them(words in proptest::collection::vec("[a-zäß0-9_]{1,8}", 1..5)) {
        let query = from_typed(&words.join(" "), 0).expect("words are understood");
        let name = words.join("-").to_uppercase();
        assert!(query.names_folder(&FolderNames::new(name.as_bytes(), b"")));
        assert!(!query.names_folder(&FolderNames::new(b"", name.as_bytes())));
    }
}
