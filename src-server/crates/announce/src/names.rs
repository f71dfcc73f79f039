//! The names of the server in the local network, and how they change when another machine has them already.
//!
//! RFC 6762 9 requires a new name after a conflict. The suffixes are those that other programs use: `kitchen-2.local`
//! for a host, `Potluck on kitchen (2)` for a service.

/// Longest label in bytes (RFC 1035 2.3.4).
const MAX_LABEL: usize = 63;

/// The wanted names and the numbers of the present ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    host: String,
    title: String,
    host_number: u32,
    service_number: u32,
}

impl Names {
    /// Creates the names. `host`: a first label; characters that are not allowed in one are removed. `title`: any text.
    pub fn new(host: &str, title: &str) -> Self {
        let host: String = host.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        let host = host.trim_matches('-');
        let host = if host.is_empty() { "potluck" } else { host };
        // Some programs take dots for the ends of labels.
        let title: String =
            title.chars().map(|c| if c.is_control() || c == '.' || c == '\\' { ' ' } else { c }).collect();
        Self { host: host.into(), title: title.trim().into(), host_number: 1, service_number: 1 }
    }

    /// Returns the first label of the host name.
    pub fn host(&self) -> String {
        numbered(&self.host, self.host_number, |number| format!("-{number}"))
    }

    /// Returns the host name, such as `kitchen.local`.
    pub fn host_name(&self) -> String {
        format!("{}.local", self.host())
    }

    /// Returns the name of the services: title and host name, or the title alone if the host is called after it.
    pub fn service(&self) -> String {
        let host = self.host();
        if host_label(&self.title).is_some_and(|label| label == self.host) {
            return numbered(&self.title, self.host_number + self.service_number - 1, |number| format!(" ({number})"));
        }
        let full = if self.title.is_empty() { host } else { format!("{} on {host}", self.title) };
        numbered(&full, self.service_number, |number| format!(" ({number})"))
    }

    /// Changes to names that were not tried yet. A new host name also changes the service names, which contain it.
    pub fn resolve_conflict(&mut self, conflict: NameConflict) {
        match conflict {
            NameConflict::Host => (self.host_number, self.service_number) = (self.host_number + 1, 1),
            NameConflict::Service => self.service_number += 1,
        }
    }
}

/// Returns the first label of a host name that is called after a title: `annas-files` for "Anna's files". `None` if the
/// title has no letter that a host name may have.
pub fn host_label(title: &str) -> Option<String> {
    let mut label = String::new();
    for c in title.chars() {
        match c.to_ascii_lowercase() {
            c if c.is_ascii_alphanumeric() => label.push(c),
            ' ' | '-' | '_' | '.' if !label.ends_with('-') => label.push('-'),
            _ => {}
        }
    }
    label.truncate(MAX_LABEL);
    let label = label.trim_matches('-');
    (!label.is_empty()).then(|| label.to_owned())
}

/// The name that another machine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NameConflict {
    /// The name of the services.
    Service,
    /// The host name.
    Host,
}

/// Appends the suffix of `number` unless it is 1, shortening `base` to fit into a label.
fn numbered(base: &str, number: u32, suffix: impl Fn(u32) -> String) -> String {
    let suffix = if number > 1 { suffix(number) } else { String::new() };
    let mut end = base.len().min(MAX_LABEL - suffix.len());
    while !base.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{suffix}", &base[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conflicts_are_resolved_with_suffixes() {
        let mut names = Names::new("kitchen", "Potluck");
        assert_eq!((names.host_name(), names.service()), ("kitchen.local".into(), "Potluck on kitchen".into()));
        names.resolve_conflict(NameConflict::Service);
        assert_eq!((names.host_name(), names.service()), ("kitchen.local".into(), "Potluck on kitchen (2)".into()));
        names.resolve_conflict(NameConflict::Host);
        assert_eq!((names.host_name(), names.service()), ("kitchen-2.local".into(), "Potluck on kitchen-2".into()));
        names.resolve_conflict(NameConflict::Host);
        names.resolve_conflict(NameConflict::Service);
        names.resolve_conflict(NameConflict::Service);
        assert_eq!((names.host(), names.service()), ("kitchen-3".into(), "Potluck on kitchen-3 (3)".into()));
    }

    #[test]
    fn hosts_are_called_after_titles() {
        for (title, want) in [
            ("Anna's  Files", Some("annas-files")),
            ("NAS_2.0", Some("nas-2-0")),
            ("- ü -", None),
            ("写真", None),
            ("", None),
        ] {
            assert_eq!(host_label(title).as_deref(), want, "{title}");
        }
        let mut names = Names::new("annas-files", "Anna's Files");
        assert_eq!((names.host_name(), names.service()), ("annas-files.local".into(), "Anna's Files".into()));
        names.resolve_conflict(NameConflict::Host);
        assert_eq!((names.host_name(), names.service()), ("annas-files-2.local".into(), "Anna's Files (2)".into()));
        names.resolve_conflict(NameConflict::Service);
        assert_eq!(names.service(), "Anna's Files (3)");
    }

    #[test]
    fn names_are_valid_labels() {
        for (host, title, want) in [
            ("my_pc!", "A.B\n", "A B on mypc"),
            ("", "", "potluck"),
            ("-x-", "", "x"),
            ("k", &"ä".repeat(40), &"ä".repeat(31)),
        ] {
            assert_eq!(Names::new(host, title).service(), want);
        }
        let mut long = Names::new(&"k".repeat(80), "ü");
        for _ in 0..120 {
            long.resolve_conflict(NameConflict::Host);
            assert_eq!(long.host().len(), 63);
            assert!(long.service().len() <= 63);
        }
        assert!(long.host().ends_with("k-121"));
    }
}
