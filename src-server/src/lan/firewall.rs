//! Whether a firewall of this machine may keep others out, as far as that can be told without being its administrator.
//!
//! Rules cannot be read without rights, and are not guessed at: what is told is that a firewall is on, and how a port is
//! opened in it. On Windows and macOS the settings of the firewall are not read at all so far; the advice names where a
//! person finds them.

/// What is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Firewall {
    /// No sign of one.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "these systems always have one"))]
    None,
    /// Ubuntu's.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "only Linux has it"))]
    Ufw,
    /// Fedora's.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "only Linux has it"))]
    Firewalld,
    /// Rules of somebody's own that refuse what they do not name.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "only Linux has it"))]
    Nftables,
    /// Windows' own.
    #[cfg_attr(not(windows), expect(dead_code, reason = "only Windows has it"))]
    Windows,
    /// That of macOS.
    #[cfg_attr(not(target_os = "macos"), expect(dead_code, reason = "only macOS has it"))]
    Macos,
}

/// Looks at this machine. Blocks for a few small files.
pub(super) fn detect() -> Firewall {
    #[cfg(windows)]
    return Firewall::Windows;
    #[cfg(target_os = "macos")]
    return Firewall::Macos;
    #[cfg(not(any(windows, target_os = "macos")))]
    return from_files(&|path| std::fs::read_to_string(path).ok());
}

/// From what files say; `read` gives the text of one that is there and may be read.
#[cfg(not(any(windows, target_os = "macos")))]
fn from_files(read: &dyn Fn(&str) -> Option<String>) -> Firewall {
    let lines = |path| read(path).unwrap_or_default().lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>();
    if lines("/etc/ufw/ufw.conf").iter().any(|line| line.eq_ignore_ascii_case("ENABLED=yes")) {
        return Firewall::Ufw;
    }
    // The file goes when the program ends.
    if read("/run/firewalld.pid").is_some() {
        return Firewall::Firewalld;
    }
    let rules = lines("/etc/nftables.conf");
    let is_rule = |line: &&String| !line.starts_with('#') && line.contains("hook input");
    let refuses = |line: &String| line.contains("policy drop");
    if rules.iter().filter(is_rule).any(refuses) { Firewall::Nftables } else { Firewall::None }
}

#[cfg(all(test, not(any(windows, target_os = "macos"))))]
mod tests {
    use super::*;

    #[test]
    fn signs_of_firewalls() {
        let check = |path: &str, text: &str, want: Firewall| {
            let read = |asked: &str| (asked == path).then(|| text.to_owned());
            assert_eq!(from_files(&read), want, "{path}: {text}");
        };
        check("/etc/ufw/ufw.conf", "# comment\nENABLED=yes\nLOGLEVEL=low\n", Firewall::Ufw);
        check("/etc/ufw/ufw.conf", "ENABLED=no\n", Firewall::None);
        check("/run/firewalld.pid", "812\n", Firewall::Firewalld);
        let rules = |policy| {
            format!("table inet filter {{\n chain input {{\n  type filter hook input priority 0; policy {policy};\n")
        };
        check("/etc/nftables.conf", &rules("drop"), Firewall::Nftables);
        check("/etc/nftables.conf", &rules("accept"), Firewall::None);
        check("/etc/nftables.conf", "# type filter hook input priority 0; policy drop;\n", Firewall::None);
        check("", "", Firewall::None);
    }
}
