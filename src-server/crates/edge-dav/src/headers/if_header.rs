//! The header `If` (RFC 4918, 10.4): lists of conditions on resources, of which one must hold.

/// Most conditions of one header.
const CONDITIONS_MAX: usize = 200;

/// A condition on a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StateCondition {
    /// It must not hold.
    pub is_negated: bool,
    /// What must hold.
    pub state: State,
}

/// A state of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It is covered by the lock with this token.
    Locked(String),
    /// It has this entity tag, without quotes. A weak one matches nothing.
    Tagged(Option<String>),
}

/// Conditions that must hold together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConditionList {
    /// URL of the resource; `None`: the requested one.
    pub resource: Option<String>,
    /// The conditions.
    pub conditions: Vec<StateCondition>,
}

/// Parses the header; one of the lists must hold. `None`: it is not valid.
pub(crate) fn parse(header: &str) -> Option<Vec<ConditionList>> {
    let (mut rest, mut lists, mut resource, mut count) = (header.trim(), Vec::new(), None, 0);
    let is_tagged = rest.starts_with('<');
    let mut has_list = true;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('<') {
            // Either all lists follow a resource, or none does; each resource has a list.
            let (url, after) = after.split_once('>').filter(|_| is_tagged && has_list)?;
            (resource, rest, has_list) = (Some(url.to_owned()), after.trim_start(), false);
            continue;
        }
        let (conditions, after) = parse_list(rest.strip_prefix('(')?)?;
        count += conditions.len();
        if count > CONDITIONS_MAX {
            return None;
        }
        lists.push(ConditionList { resource: resource.clone(), conditions });
        (rest, has_list) = (after.trim_start(), true);
    }
    (has_list && !lists.is_empty()).then_some(lists)
}

/// Parses conditions up to the closing parenthesis; returns what follows.
fn parse_list(mut rest: &str) -> Option<(Vec<StateCondition>, &str)> {
    let mut conditions = Vec::new();
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix(')') {
            return (!conditions.is_empty()).then_some((conditions, after));
        }
        let is_negated = rest.get(..3).is_some_and(|word| word.eq_ignore_ascii_case("not"));
        rest = if is_negated { rest[3..].trim_start() } else { rest };
        let state = if let Some(after) = rest.strip_prefix('<') {
            let (token, after) = after.split_once('>')?;
            rest = after;
            State::Locked(token.trim().to_owned())
        } else {
            let (tag, after) = rest.strip_prefix('[')?.split_once(']')?;
            rest = after;
            let strong = tag.trim().strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
            State::Tagged(strong.map(str::to_owned))
        };
        conditions.push(StateCondition { is_negated, state });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lists as text: `resource:conditions`.
    fn shown(header: &str) -> Option<String> {
        let list = |list: ConditionList| {
            let condition = |condition: &StateCondition| {
                let state = match &condition.state {
                    State::Locked(token) => format!("<{token}>"),
                    State::Tagged(tag) => format!("[{}]", tag.as_deref().unwrap_or("weak")),
                };
                format!("{}{state}", if condition.is_negated { "!" } else { "" })
            };
            let conditions: Vec<_> = list.conditions.iter().map(condition).collect();
            format!("{}:{}", list.resource.unwrap_or_default(), conditions.join(","))
        };
        parse(header).map(|lists| lists.into_iter().map(list).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn headers_of_the_rfc_are_read() {
        for (header, expected) in [
            ("(<urn:a> [\"I am an ETag\"]) ([\"I am another ETag\"])", ":<urn:a>,[I am an ETag] :[I am another ETag]"),
            ("(Not <urn:a> <urn:b>)", ":!<urn:a>,<urn:b>"),
            ("(<urn:a>) (Not <DAV:no-lock>)", ":<urn:a> :!<DAV:no-lock>"),
            ("</r> (<urn:a> [W/\"weak\"]) ([\"strong\"])", "/r:<urn:a>,[weak] /r:[strong]"),
            ("<http://h/r1> (<urn:a>) <http://h/r2>(Not[\"4217\"])", "http://h/r1:<urn:a> http://h/r2:![4217]"),
            ("  ( not<urn:a> )  ", ":!<urn:a>"),
        ] {
            assert_eq!(shown(header).as_deref(), Some(expected), "{header}");
        }
    }

    #[test]
    fn anything_else_is_not_valid() {
        for header in [
            "",
            "()",
            "(",
            "(<a>",
            "(<a)",
            "<r>",
            "<r> <s> (<a>)",
            "(<a>) <r> (<b>)",
            "(a)",
            "([\"a\")",
            "x",
            "(Not)",
            "(ü)",
            "<r> (<a>) <s>",
        ] {
            assert_eq!(shown(header), None, "{header}");
        }
        assert_eq!(parse(&"(<a>)".repeat(CONDITIONS_MAX + 1)), None);
    }
}
