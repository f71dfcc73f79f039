//! Expressions and forms of both generations of clients, and what is said of wrong ones.

use super::Text::{Compared, Like, Unlike};
use super::*;

fn like(text: &str) -> Text {
    Like(Pattern::parse(text))
}

fn not(query: Query) -> Query {
    Query::Not(Box::new(query))
}

#[test]
fn expressions_of_both_generations() {
    let date = 1_795_379_220; // 2026-11-22T20:27:00Z
    for (text, want) in [
        ("", Query::Everything),
        ("  \t", Query::Everything),
        ("name like *.mp3", Query::Name(like("*.mp3"))),
        ("name = a.mp3", Query::Name(Compared(Relation::Equal, "a.mp3".into()))),
        (
            "title = Ttl and .bpm >= 172",
            Query::And(vec![
                Query::Tag("title".into(), TagTest::Text(Compared(Relation::Equal, "Ttl".into()))),
                Query::Tag(".bpm".into(), TagTest::Number(Relation::AtLeast, 172.0)),
            ]),
        ),
        (
            "( artist like art or title = t1 ) and .bpm > 172",
            Query::And(vec![
                Query::Or(vec![
                    Query::Tag("artist".into(), TagTest::Text(like("art"))),
                    Query::Tag("title".into(), TagTest::Text(Compared(Relation::Equal, "t1".into()))),
                ]),
                Query::Tag(".bpm".into(), TagTest::Number(Relation::Greater, 172.0)),
            ]),
        ),
        (
            "size >= 0.25 and size < 0.26",
            Query::And(vec![Query::Size(Relation::AtLeast, 262_144), Query::Size(Relation::Less, 272_629)]),
        ),
        ("date >= 2026-11-22T20:27:00", Query::Modified(Relation::AtLeast, date)),
        ("date >= 2026-11-22,20:27", Query::Modified(Relation::AtLeast, date)),
        ("date >= \"2026-11-22 20:27\"", Query::Modified(Relation::AtLeast, date)),
        ("up_at < 2026", Query::Uploaded(Relation::Less, 1_767_225_600)),
        ("date = 2026-11-22T20:27:00Z", Query::Modified(Relation::Equal, date)),
        (
            "date = 2026-11-22T20:27",
            Query::And(vec![Query::Modified(Relation::AtLeast, date), Query::Modified(Relation::Less, date + 60)]),
        ),
        (
            "up_at != 2026",
            Query::Or(vec![
                Query::Uploaded(Relation::Less, 1_767_225_600),
                Query::Uploaded(Relation::AtLeast, 1_798_761_600),
            ]),
        ),
        ("date > 2026", Query::Modified(Relation::Greater, 1_767_225_600)),
        ("date <= 2026", Query::Modified(Relation::AtMost, 1_767_225_600)),
        (
            "not ( name like *.flac or name like key* ) and path like *mus*",
            Query::And(vec![
                not(Query::Or(vec![Query::Name(like("*.flac")), Query::Name(like("key*"))])),
                Query::Path(like("*mus*")),
            ]),
        ),
        (
            "name not like *.flac and path like *mus*",
            Query::And(vec![Query::Name(Unlike(Pattern::parse("*.flac"))), Query::Path(like("*mus*"))]),
        ),
        ("name like \"*some file*\"", Query::Name(like("*some file*"))),
        (r#"name like "say \"hi\" \n""#, Query::Name(like(r#"say "hi" \n"#))),
        (
            "name = a or name = b and name = c",
            Query::Or(vec![
                Query::Name(Compared(Relation::Equal, "a".into())),
                Query::And(vec![
                    Query::Name(Compared(Relation::Equal, "b".into())),
                    Query::Name(Compared(Relation::Equal, "c".into())),
                ]),
            ]),
        ),
        ("w = 0123456789abcdef", Query::Content("0123456789abcdef".into())),
        (".tn = A1", Query::Tag(".tn".into(), TagTest::Text(Compared(Relation::Equal, "A1".into())))),
        (".tn != nan", Query::Tag(".tn".into(), TagTest::Text(Compared(Relation::Unequal, "nan".into())))),
        ("title > x", Query::Tag("title".into(), TagTest::Text(Compared(Relation::Greater, "x".into())))),
        ("name = \"and\"", Query::Name(Compared(Relation::Equal, "and".into()))),
    ] {
        assert_eq!(parse(text), Ok(want), "{text}");
    }
}

#[test]
fn what_is_not_understood_is_named() {
    for (text, part) in [
        ("Größe > 5", "invalid key [Größe]"),
        ("a;b = 5", "invalid key [a;b]"),
        ("w = short", "w/filehash"),
        (".bpm>172", "invalid key [.bpm>172]"),
        ("size is 5", "'is'"),
        ("size > large", "'large' is not a number of MiB"),
        ("size > nan", "'nan' is not a number of MiB"),
        ("size < inf", "'inf' is not a number of MiB"),
        ("size > -1", "'-1' is not a number of MiB"),
        (".bpm > fast", "'fast' is not a number (the value of '.bpm')"),
        (".bpm <= nan", "'nan' is not a number"),
        ("date = banana", "'banana' is not a date"),
        ("up_at > 2020-02-30", "'2020-02-30' is not a date"),
        ("name like \"unclosed and size > 5", "the quote before 'unclosed and size > 5' is not closed"),
        ("name = \"", "the quote before '' is not closed"),
        ("size like 5", "'like'"),
        ("name like a name like b", "'name'"),
        ("name like", "ends where a value"),
        ("name", "'name' alone is no search"),
        ("vier", "type: name like *vier*"),
        (" Größe ", "type: name like *Größe*"),
        ("vier name", "'name' is not understood"),
        ("not", "ends where"),
        ("( name like a", "ends where ')'"),
        ("( name like a)", "ends where ')'"),
        ("name like a and", "ends where"),
    ] {
        let error = parse(text).expect_err(text).to_string();
        assert!(error.contains(part), "{text}: {error}");
    }
    let many = vec!["name like a"; CONDITIONS_MAX + 1].join(" and ");
    assert_eq!(parse(&many), Err(QueryError::TooLong(CONDITIONS_MAX)));
    assert!(parse(&many[..many.len() - 16]).is_ok());
    let periods = |count: usize| parse(&vec!["date = 2026"; count].join(" or ")).map(|query| query.conditions());
    assert_eq!(periods(CONDITIONS_MAX / 2), Ok(CONDITIONS_MAX));
    assert_eq!(periods(CONDITIONS_MAX / 2 + 1), Err(QueryError::TooLong(CONDITIONS_MAX)));
    assert_eq!(parse(&"( ".repeat(100_000)), Err(QueryError::TooLong(CONDITIONS_MAX)));
    // The fields of the form have no more, together.
    let words = |count: usize| "w ".repeat(count);
    let half = words(CONDITIONS_MAX / 2);
    assert!(from_form([(FormField::Name, half.as_str()), (FormField::Path, &half)]).is_ok());
    for name in [words(CONDITIONS_MAX / 2 + 1), words(100_000)] {
        let both = from_form([(FormField::Name, name.as_str()), (FormField::Path, &half)]);
        assert_eq!(both, Err(QueryError::TooLong(CONDITIONS_MAX)));
    }
}

#[test]
fn fields_of_the_form_must_all_hold() {
    use FormField::*;
    assert_eq!(from_form([(Name, "  "), (SizeMin, "")]), Ok(Query::Everything));
    assert_eq!(
        from_form([(Name, "-^a b$ c"), (SizeMin, "1")]),
        Ok(Query::And(vec![
            Query::And(vec![not(Query::Name(like("a*"))), Query::Name(like("*b")), Query::Name(like("*c*"))]),
            Query::Size(Relation::AtLeast, 1 << 20),
        ]))
    );
    assert_eq!(from_form([(Expression, "artist=x .bpm>172")]), parse("artist = x and .bpm > 172"));
    for (compact, want) in [
        ("size > 4", "size > 4"),
        ("name = zero.bin", "name = zero.bin"),
        ("name=\"a b\" size>=4", "name = \"a b\" and size >= 4"),
        (
            "( artist=x or artist = y ) title not like *z* and .bpm>1",
            "( artist = x or artist = y ) and title not like *z* and .bpm > 1",
        ),
        ("not path=x=y or w= 0123456789abcdef", "not path = x=y or w = 0123456789abcdef"),
    ] {
        assert_eq!(from_form([(Expression, compact)]), parse(want), "{compact}");
        assert!(parse(want).is_ok(), "{want}");
    }
    assert_eq!(
        from_form([(Expression, "size > 4 or size < 1"), (Name, "x")]),
        Ok(Query::And(vec![
            parse("size > 4 or size < 1").expect("parses"),
            Query::And(vec![Query::Name(like("*x*"))]),
        ])),
    );
    for wrong in ["artist", "artist=", "size>4 )", "size >", "=5", "name = \"x"] {
        assert!(from_form([(Expression, wrong)]).is_err(), "{wrong}");
    }
    for (field, name) in FormField::ALL {
        assert_eq!(FormField::named(name), Some(field));
    }
}

#[test]
fn patterns_match_folded_text() {
    for (pattern, value, want) in [
        ("*ÖR*", "Motorhead", true),
        ("art", "ART", true),
        ("art", "artist", false),
        ("art*", "Artist", true),
        ("*ist", "Artist", true),
        ("*.mp3", "a.mp3x", false),
        ("a*b", "a*b", true),
        ("a*b", "axb", true),
        ("a*b", "ab", true),
        ("o*.bin", "One.bin", true),
        ("o*.bin", "o.bin.x", false),
        ("o*.bin", "two.bin", false),
        ("*a*b*", "xbxaxbx", true),
        ("*a*b*", "xbxa", false),
        ("aa*aa", "aaa", false),
        ("ab*b*b", "abb", false),
        ("a*b*", "acb.c", true),
        ("*", "", true),
        ("", "", true),
        ("", "x", false),
        ("**", "x", true),
    ] {
        assert_eq!(Pattern::parse(pattern).matches(value), want, "{pattern} {value}");
    }
    assert_eq!(Pattern::parse("a*LONG*bc").text(), "long");
    assert_eq!(Pattern::parse("*").text(), "");
}

#[test]
fn dates_of_every_form() {
    const DAY: i64 = 86_400;
    for (text, want) in [
        ("1970", Some((0, 365 * DAY))),
        ("1972", Some((730 * DAY, 366 * DAY))),
        ("1972-02", Some((761 * DAY, 29 * DAY))),
        ("1969-12-31T23:59:59", Some((-1, 1))),
        ("2024-02-29", Some((1_709_164_800, DAY))),
        ("2026-11-22T20:27:00Z", Some((1_795_379_220, 1))),
        ("2026-11-22,20:27", Some((1_795_379_220, 60))),
        ("2026-11-22 20", Some((1_795_377_600, 3600))),
        ("2023-02-29", None),
        ("2026-13", None),
        ("2026-1-1-1", None),
        ("26", None),
        ("2026-11-22T25", None),
        ("2026-11-22T1:2:3:4", None),
        ("+2026", None),
        ("", None),
    ] {
        let found = instant::parse(text).map(|named| (named.start, named.end - named.start));
        assert_eq!(found, want, "{text}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_panics(text in "\\PC*|[()\"a-z=<> *\\\\]*") {
        let _may_fail = parse(&text);
        let _may_fail = from_form(FormField::ALL.map(|(field, _)| (field, text.as_str())));
    }
}
