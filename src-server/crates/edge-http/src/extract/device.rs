//! A readable device name from the `User-Agent`, such as "Firefox on Android". Only a suggestion: no decision depends
//! on it.

use engine::accounts::DeviceName;

/// Browsers by a token of their `User-Agent`. Most also contain the tokens of other browsers, so the order matters.
const BROWSERS: &[(&str, &str)] = &[
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("DuckDuckGo/", "DuckDuckGo"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("MSIE ", "Internet Explorer"),
    ("Trident/", "Internet Explorer"),
    ("Safari/", "Safari"),
];

/// Operating systems by a token of the `User-Agent`. Android also contains Linux, and iPhones contain "like Mac OS X".
const SYSTEMS: &[(&str, &str)] = &[
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("iPod", "iPod"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
    ("FreeBSD", "FreeBSD"),
];

/// Returns a device name such as "Firefox on Android" or "curl", or the default name if the header is missing.
pub fn device_name(agent: Option<&str>) -> DeviceName {
    let agent = agent.unwrap_or_default();
    let known =
        |table: &[(&str, &'static str)]| table.iter().find(|(sign, _)| agent.contains(sign)).map(|(_, name)| *name);
    let name = match (known(BROWSERS), known(SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, Some(system)) if agent.starts_with("Mozilla/") => format!("Browser on {system}"),
        _ => product(agent),
    };
    DeviceName::parse(&name).unwrap_or_default()
}

/// Returns the first product token (RFC 9110 10.1.5), without its version.
fn product(agent: &str) -> String {
    let is_token = |c: &char| c.is_ascii_alphanumeric() || "-_.".contains(*c);
    agent.chars().take(30).take_while(is_token).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_named() {
        for (agent, want) in [
            ("Mozilla/5.0 (Android 14; Mobile; rv:133.0) Gecko/133.0 Firefox/133.0", "Firefox on Android"),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/18.1 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 FxiOS/133.0 Mobile/15E148 Safari/605.1.15",
                "Firefox on iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile \
                 Safari/537.36",
                "Chrome on Android",
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) \
                 SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36",
                "Samsung Internet on Android",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 \
                 Safari/537.36 Edg/131.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/18.1 Safari/605.1.15",
                "Safari on Mac",
            ),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", "Firefox on Linux"),
            ("Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1)", "Internet Explorer on Windows"),
            ("Mozilla/5.0 (X11; Linux) Something/1", "Browser on Linux"),
            ("Mozilla/5.0", "Mozilla"),
            ("curl/8.11.0", "curl"),
            ("w3m/0.5.3+git20230121", "w3m"),
            ("Lynx/2.9.0dev.12 libwww-FM/2.14", "Lynx"),
            ("Links (2.29; Linux 6.1 x86_64; GNU C 12.2; text)", "Links"),
            ("python-requests/2.32", "python-requests"),
            ("<script>", "Device"),
            ("", "Device"),
        ] {
            assert_eq!(device_name(Some(agent)).as_str(), want, "{agent}");
        }
        assert_eq!(device_name(None).as_str(), "Device");
    }
}
