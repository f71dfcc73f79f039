//! Detects whether a firewall on this machine may block other devices, as far as that is possible without root.
//!
//! Firewall rules cannot be read without privileges and are not guessed: the result says only that a firewall is on, so
//! that the advice can explain how to open a port. On Windows and macOS the firewall settings are not read at all; the
//! advice says where to find them.

/// A firewall that was detected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Firewall {
    /// No firewall was detected.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "these systems always have one"))]
    None,
    /// ufw, the firewall of Ubuntu.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "only Linux has it"))]
    Ufw,
    /// firewalld, the firewall of Fedora.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "only Linux has it"))]
    Firewalld,
    /// An nftables ruleset whose input policy is drop.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "only Linux has it"))]
    Nftables,
    /// The Windows firewall.
    #[cfg_attr(not(windows), expect(dead_code, reason = "only Windows has it"))]
    Windows,
    /// The macOS firewall.
    #[cfg_attr(not(target_os = "macos"), expect(dead_code, reason = "only macOS has it"))]
    Macos,
}

/// Detects the firewall of this machine. Blocks: reads a few small files.
pub(super) fn detect() -> Firewall {
    #[cfg(windows)]
    return Firewall::Windows;
    #[cfg(target_os = "macos")]
    return Firewall::Macos;
    #[cfg(not(any(windows, target_os = "macos")))]
    return from_files(&|path| std::fs::read_to_string(path).ok());
}

/// Detects the firewall from files. `read` returns the text of a readable file, else `None`.
#[cfg(not(any(windows, target_os = "macos")))]
fn from_files(read: &dyn Fn(&str) -> Option<String>) -> Firewall {
    let lines = |path| read(path).unwrap_or_default().lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>();
    if lines("/etc/ufw/ufw.conf").iter().any(|line| line.eq_ignore_ascii_case("ENABLED=yes")) {
        return Firewall::Ufw;
    }
    // firewalld removes this file when it stops.
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
