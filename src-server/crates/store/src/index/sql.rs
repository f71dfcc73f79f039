//! Translates a query into a condition in SQL. Values are bound, never part of the text.

use model::query::{Pattern, Query, Relation, TagTest, Text};
use rusqlite::types::Value;

/// Letters in a trigram.
const TRIGRAM: usize = 3;
/// Most trigrams that are looked up for one pattern; the name itself is compared afterwards.
const TRIGRAMS_MAX: usize = 12;

/// A condition with its values, and the tests of texts that functions make.
#[derive(Debug, Default)]
pub(super) struct Condition {
    /// SQL over `f` (file) and `d` (folder).
    pub sql: String,
    /// Values of the placeholders, in order.
    pub values: Vec<Value>,
    /// Tests that `test_name`, `test_path` and `test_value` make; their first argument is the position here.
    pub tests: Vec<Text>,
    /// Expression of the full-text index that all results match, if there is one.
    pub trigrams: Option<String>,
}

impl Condition {
    /// Translates `query`.
    pub fn of(query: &Query) -> Self {
        let mut condition = Self { trigrams: required_trigrams(query), ..Self::default() };
        condition.push(query);
        condition
    }

    fn push(&mut self, query: &Query) {
        match query {
            Query::Everything => self.sql.push_str("true"),
            Query::And(all) => self.push_joined(all, " and ", "true"),
            Query::Or(all) => self.push_alternatives(all),
            Query::Not(inner) => {
                self.sql.push_str("not ");
                self.push_group(inner);
            }
            Query::Size(relation, size) => {
                let size = i64::try_from(*size).unwrap_or(i64::MAX);
                self.push_compared("f.size", *relation, Value::Integer(size));
            }
            Query::Modified(relation, secs) => self.push_modified(*relation, *secs),
            Query::Uploaded(relation, secs) => {
                // Without a time no comparison holds, so that `not` of it holds.
                self.sql.push_str("ifnull(");
                self.push_compared("f.uploaded_at", *relation, Value::Integer(*secs));
                self.sql.push_str(", false)");
            }
            Query::Name(test) => self.push_name(test),
            Query::Path(test) => {
                self.sql.push_str("f.folder in (select id from folder where ");
                self.push_test("test_path", "path", test);
                self.sql.push(')');
            }
            Query::AnyTag(test) => self.push_tag("", &TagTest::Text(test.clone())),
            Query::TagText(test) => self.push_tag("typeof(value) = 'text' and ", &TagTest::Text(test.clone())),
            Query::Tag(name, test) => self.push_named_tag(name, test),
            Query::Content(prefix) => self.push_content(prefix),
        }
    }

    fn push_group(&mut self, query: &Query) {
        self.sql.push('(');
        self.push(query);
        self.sql.push(')');
    }

    fn push_joined(&mut self, all: &[Query], between: &str, empty: &str) {
        if all.is_empty() {
            self.sql.push_str(empty);
        }
        for (number, one) in all.iter().enumerate() {
            self.sql.push_str(if number == 0 { "" } else { between });
            self.push_group(one);
        }
    }

    /// Names are looked up by their trigrams first, so that the database need not read all of them.
    fn push_alternatives(&mut self, all: &[Query]) {
        if all.is_empty() {
            self.sql.push_str("false");
        }
        for (number, one) in all.iter().enumerate() {
            self.sql.push_str(if number == 0 { "" } else { " or " });
            let trigrams = match one {
                Query::Name(Text::Like(pattern)) => trigrams_of(pattern),
                _ => None,
            };
            self.sql.push('(');
            if let Some(trigrams) = trigrams {
                self.sql.push_str("f.id in (select rowid from name_index where name_index match ");
                self.push_value(Value::Text(trigrams));
                self.sql.push_str(") and ");
            }
            self.push_group(one);
            self.sql.push(')');
        }
    }

    fn push_value(&mut self, value: Value) {
        self.values.push(value);
        self.sql.push('?');
    }

    fn push_compared(&mut self, column: &str, relation: Relation, value: Value) {
        self.sql.push_str(column);
        self.sql.push_str(operator(relation));
        self.push_value(value);
    }

    /// Compares whole seconds; the column holds nanoseconds, and an index over it answers ranges.
    fn push_modified(&mut self, relation: Relation, secs: i64) {
        let ns = |secs: i64| Value::Integer(secs.saturating_mul(1_000_000_000));
        let (this, next) = (ns(secs), ns(secs.saturating_add(1)));
        let column = "f.mtime_ns";
        match relation {
            Relation::Less => self.push_compared(column, Relation::Less, this),
            Relation::AtLeast => self.push_compared(column, Relation::AtLeast, this),
            Relation::AtMost => self.push_compared(column, Relation::Less, next),
            Relation::Greater => self.push_compared(column, Relation::AtLeast, next),
            Relation::Equal | Relation::Unequal => {
                self.sql.push_str(if relation == Relation::Equal { "(" } else { "not (" });
                self.push_compared(column, Relation::AtLeast, this);
                self.sql.push_str(" and ");
                self.push_compared(column, Relation::Less, next);
                self.sql.push(')');
            }
        }
    }

    fn push_name(&mut self, test: &Text) {
        match test {
            Text::Compared(relation, text) => {
                self.push_compared("f.name", *relation, Value::Blob(text.as_bytes().to_vec()));
            }
            Text::Like(_) | Text::Unlike(_) => self.push_test("test_name", "f.name", test),
        }
    }

    fn push_test(&mut self, function: &str, column: &str, test: &Text) {
        self.sql.push_str(function);
        self.sql.push('(');
        self.push_value(Value::Integer(self.tests.len() as i64));
        self.sql.push_str(", ");
        self.sql.push_str(column);
        self.sql.push(')');
        self.tests.push(test.clone());
    }

    fn push_named_tag(&mut self, name: &str, test: &TagTest) {
        self.values.push(Value::Text(name.into()));
        self.push_tag("name = ? and ", test);
    }

    /// `which`: the start of the condition on tags, of which the value was pushed.
    fn push_tag(&mut self, which: &'static str, test: &TagTest) {
        self.sql.push_str("(f.content is not null and substr(f.content, 1, 12) in (select content from tag where ");
        self.sql.push_str(which);
        match test {
            // The index of values has this collation; numbers have none.
            TagTest::Number(relation, number) => {
                self.push_compared("value collate nocase", *relation, Value::Real(*number));
            }
            TagTest::Text(Text::Compared(relation, text)) => {
                self.push_compared("value collate nocase", *relation, Value::Text(text.clone()));
            }
            TagTest::Text(test) => self.push_test("test_value", "value", test),
        }
        self.sql.push_str("))");
    }

    fn push_content(&mut self, prefix: &str) {
        use base64::Engine as _;
        use base64::engine::general_purpose::URL_SAFE_NO_PAD;
        // 16 characters are the 12 bytes of the index.
        match prefix.get(..16).and_then(|first| URL_SAFE_NO_PAD.decode(first).ok()) {
            Some(first) => {
                self.sql.push_str("(f.content is not null and substr(f.content, 1, 12) = ");
                self.push_value(Value::Blob(first));
                self.sql.push(')');
            }
            None => self.sql.push_str("false"),
        }
    }
}

fn operator(relation: Relation) -> &'static str {
    match relation {
        Relation::Equal => " = ",
        Relation::Unequal => " <> ",
        Relation::Less => " < ",
        Relation::AtMost => " <= ",
        Relation::Greater => " > ",
        Relation::AtLeast => " >= ",
    }
}

/// Returns an expression of the full-text index that all results match: trigrams of a pattern that names must match.
/// The longest pattern is taken, because the fewest names are likely to match it.
fn required_trigrams(query: &Query) -> Option<String> {
    let patterns = query.required_names();
    let usable = patterns.into_iter().filter(|pattern| !pattern.text().contains('\0'));
    usable.max_by_key(|pattern| pattern.text().len()).and_then(trigrams_of)
}

/// Returns an expression of the full-text index that all names match which match the pattern; `None` if it is too short.
fn trigrams_of(pattern: &Pattern) -> Option<String> {
    // A NUL ends a text for the tokenizer.
    let letters: Vec<char> = Some(pattern.text()).filter(|text| !text.contains('\0'))?.chars().collect();
    let all = letters.len().checked_sub(TRIGRAM - 1).filter(|count| *count > 0)?;
    let wanted = all.min(TRIGRAMS_MAX);
    // Evenly distributed, with the first and the last one.
    let at = |number: usize| if wanted == 1 { 0 } else { number * (all - 1) / (wanted - 1) };
    let trigrams = (0..wanted).map(|number| {
        let trigram: String = letters[at(number)..at(number) + TRIGRAM].iter().collect();
        ["\"", &trigram.replace('"', "\"\""), "\""].concat()
    });
    Some(trigrams.collect::<Vec<_>>().join(" AND "))
}
