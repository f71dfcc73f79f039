//! Evaluates the self-check: one question each, with its answer and advice.

use super::firewall::Firewall;
use super::worker::Findings;
use crate::control::admin::{CheckResult, CheckState, Lan, Trust};
use crate::control::{Address, Reach};
use model::settings::Encryption;

/// Everything that was measured.
pub(super) struct Facts {
    /// Addresses of this server, the most useful first.
    pub addresses: Vec<Address>,
    /// Addresses and ports that accepted no connection.
    pub unreachable: Vec<String>,
    /// Whether HTTP, HTTPS or both are served.
    pub encryption: Encryption,
    /// Findings of the LAN thread.
    pub findings: Findings,
    /// State of the LAN.
    pub lan: Lan,
}

/// Returns one result for each question, the most likely cause of problems first.
pub(super) fn check_results(facts: &Facts) -> Vec<CheckResult> {
    let mut all = vec![listening(facts)];
    if facts.findings.asks {
        all.push(trusted(facts));
    }
    if let Some(best) = facts.addresses.iter().find(|address| address.reach < Reach::Loopback) {
        all.push(address(best));
        all.push(answering(facts, best));
        all.push(firewall(facts, best));
    }
    all.push(found(facts));
    all.push(seen(facts));
    all.push(encrypted(facts));
    all
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    Listening,
    Trusted,
    Address,
    Answering,
    Firewall,
    Found,
    Seen,
    Encrypted,
}

impl Question {
    /// Returns the question as people read it.
    fn title(self) -> &'static str {
        match self {
            Self::Listening => "Is the server running?",
            Self::Trusted => "Is this network trusted?",
            Self::Address => "Can your devices reach the address?",
            Self::Answering => "Does the address answer?",
            Self::Firewall => "Does a firewall block others?",
            Self::Found => "Do devices find it by name?",
            Self::Seen => "Has another device connected?",
            Self::Encrypted => "Is it encrypted?",
        }
    }
}

fn check(question: Question, state: CheckState, sentence: impl Into<String>, advice: impl Into<String>) -> CheckResult {
    CheckResult { title: question.title().into(), state, sentence: sentence.into(), advice: advice.into() }
}

fn listening(facts: &Facts) -> CheckResult {
    let question = Question::Listening;
    let outside = facts.addresses.iter().filter(|address| address.reach < Reach::Loopback).count();
    match (facts.addresses.first(), outside) {
        (None, _) => check(question, CheckState::Bad, "No, sharing is off.", "Turn sharing on."),
        (Some(_), 0) => check(
            question,
            CheckState::Bad,
            "Only for this computer.",
            "Let it listen on all addresses: leave the option listen (-i) at ::. If it already is, connect this computer \
             to a network.",
        ),
        (Some(first), 1) => check(question, CheckState::Good, format!("Yes, at {}.", first.url), ""),
        (Some(first), more) => {
            check(question, CheckState::Good, format!("Yes, at {} and {} more.", first.url, more - 1), "")
        }
    }
}

fn trusted(facts: &Facts) -> CheckResult {
    let question = Question::Trusted;
    match &facts.lan.network {
        None => check(question, CheckState::Unsure, "This computer isn't on a network.", "Connect it to one."),
        Some(network) if network.id.is_empty() => check(
            question,
            CheckState::Bad,
            format!("The router of {} could not be identified yet, so no one can connect.", network.name),
            "Wait a few seconds. If this stays, check that the router works.",
        ),
        Some(network) => match network.trust {
            Trust::Trusted => check(question, CheckState::Good, format!("Yes: {}.", network.name), ""),
            Trust::Unknown => check(
                question,
                CheckState::Bad,
                format!("You haven't chosen yet whether to share on {}.", network.name),
                "If it is your own network, allow sharing.",
            ),
            Trust::Refused => check(
                question,
                CheckState::Bad,
                format!("You chose not to share on {}.", network.name),
                "If that was a mistake, allow sharing.",
            ),
        },
    }
}

fn address(best: &Address) -> CheckResult {
    let question = Question::Address;
    let unsure = |sentence: String, advice: &str| check(question, CheckState::Unsure, sentence, advice);
    let url = &best.url;
    match best.reach {
        Reach::Lan => check(question, CheckState::Good, format!("{url} works for devices on the same network."), ""),
        Reach::Vpn => unsure(
            format!("{url} belongs to a VPN and works only for its members."),
            "Connect this computer to Wi-Fi or by cable too, or join the phone to the same VPN.",
        ),
        Reach::Virtual => unsure(
            format!("{url} belongs to containers or virtual machines of this computer; phones can't reach it."),
            "Connect this computer to Wi-Fi or by cable.",
        ),
        _ => unsure(
            format!("This computer chose {url} itself, because no router assigned an address."),
            "Connect to the Wi-Fi again, or restart the router.",
        ),
    }
}

fn answering(facts: &Facts, best: &Address) -> CheckResult {
    let question = Question::Answering;
    if facts.unreachable.is_empty() {
        return check(
            question,
            CheckState::Good,
            format!("Yes, {} accepted a connection from this computer.", best.url),
            "",
        );
    }
    let advice = "Another program may use the port, or a firewall may block it. Restart the server, or choose another \
                  port with -p.";
    check(question, CheckState::Bad, format!("No connection to {}.", facts.unreachable.join(", ")), advice)
}

fn firewall(facts: &Facts, best: &Address) -> CheckResult {
    let question = Question::Firewall;
    if facts.findings.seen_secs.is_some() {
        return check(question, CheckState::Good, "No, another device has just connected.", "");
    }
    let port = port(&best.url);
    let (sentence, advice) = match facts.findings.firewall {
        Firewall::None => return check(question, CheckState::Good, "No firewall found on this computer.", ""),
        Firewall::Ufw => ("The firewall ufw is on.", format!("If no one can connect: sudo ufw allow {port}/tcp")),
        Firewall::Firewalld => (
            "The firewall firewalld is on.",
            format!(
                "If no one can connect: sudo firewall-cmd --permanent --add-port={port}/tcp && sudo firewall-cmd --reload"
            ),
        ),
        Firewall::Nftables => (
            "The rules in /etc/nftables.conf block everything they don't list.",
            format!("If no one can connect, allow TCP port {port} and UDP port 5353 there."),
        ),
        Firewall::Windows => (
            "Windows may block others.",
            "Open Windows Security, Firewall, 'Allow an app through firewall', and tick Potluck for private networks. \
             The network itself must be set to private."
                .into(),
        ),
        Firewall::Macos => (
            "macOS may block others.",
            "Open System Settings, Network, Firewall, Options, and allow incoming connections for Potluck. In Privacy \
             & Security, allow Potluck under Local Network."
                .into(),
        ),
    };
    check(question, CheckState::Unsure, sentence, advice)
}

fn port(url: &str) -> &str {
    let port = url.trim_end_matches('/').rsplit(':').next().filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
    port.unwrap_or(if url.starts_with("https") { "443" } else { "80" })
}

fn found(facts: &Facts) -> CheckResult {
    let question = Question::Found;
    match (facts.findings.hears_itself, &facts.findings.trouble) {
        (None, None) => check(
            question,
            CheckState::Unsure,
            "It is not announced, so they need the address or the QR code.",
            "To announce it, use -z.",
        ),
        (Some(true), _) => check(question, CheckState::Good, format!("Yes, as {}.", facts.lan.name), ""),
        (_, Some(trouble)) => check(
            question,
            CheckState::Bad,
            format!("The announcement failed: {trouble}."),
            "Use the address or the QR code. A VPN or a firewall may block UDP port 5353.",
        ),
        (Some(false), None) => check(
            question,
            CheckState::Unsure,
            "It was announced, but the announcement did not come back here.",
            "Wait a few seconds and try again. If this stays, a firewall blocks UDP port 5353; the QR code works anyway.",
        ),
    }
}

fn seen(facts: &Facts) -> CheckResult {
    let question = Question::Seen;
    match (facts.findings.seen_secs, facts.findings.neighbours) {
        (Some(0..60), _) => check(question, CheckState::Good, "Yes, within the last minute.", ""),
        (Some(secs), _) => check(question, CheckState::Good, format!("Yes, {} minutes ago.", secs / 60), ""),
        (None, 0) => check(
            question,
            CheckState::Unsure,
            "Not in the last five minutes.",
            "Scan the QR code with a phone on the same Wi-Fi. If its page does not open, look at the checks above. Guest \
             networks, and a setting of routers called client or AP isolation, keep devices apart.",
        ),
        (None, others) => check(
            question,
            CheckState::Unsure,
            format!("Not in the last five minutes, but {others} other servers were found."),
            "Scan the QR code with a phone on the same Wi-Fi.",
        ),
    }
}

fn encrypted(facts: &Facts) -> CheckResult {
    let question = Question::Encrypted;
    match facts.encryption {
        Encryption::TlsOnly => check(
            question,
            CheckState::Good,
            "Yes. Browsers warn because the certificate is self-signed.",
            "Compare its fingerprint, or use a certificate of your own with --cert.",
        ),
        Encryption::Both => check(
            question,
            CheckState::Unsure,
            "Only for people who use the https:// address. That is normal at home.",
            "On other networks, allow only encrypted connections with --https-only.",
        ),
        Encryption::PlainOnly => check(
            question,
            CheckState::Unsure,
            "No. Others on the same network can read what is sent.",
            "Remove --http-only, and use https:// on other networks.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::admin::CurrentNetwork;

    fn facts() -> Facts {
        let address = |url: &str, reach| Address { url: url.into(), reach, interface: Some("eth0".into()) };
        let network = CurrentNetwork { id: "x".into(), name: "10.0.0.0/24".into(), trust: Trust::Trusted };
        Facts {
            addresses: vec![
                address("http://10.0.0.2:3923/", Reach::Lan),
                address("http://127.0.0.1:3923/", Reach::Loopback),
            ],
            unreachable: Vec::new(),
            encryption: Encryption::Both,
            findings: Findings {
                asks: true,
                firewall: Firewall::None,
                hears_itself: Some(true),
                trouble: None,
                neighbours: 0,
                seen_secs: Some(5),
            },
            lan: Lan { is_announced: true, name: "pc.local".into(), neighbours: Vec::new(), network: Some(network) },
        }
    }

    /// Returns state and sentence of the answer to `question`.
    fn of(facts: &Facts, question: Question) -> (CheckState, String) {
        let all = check_results(facts);
        let check = all.iter().find(|check| check.title == question.title()).expect("an answer");
        assert!(check.sentence.ends_with('.') && check.title.ends_with('?'), "{check:?}");
        assert!(check.state != CheckState::Bad || !check.advice.is_empty(), "{check:?}");
        (check.state, check.sentence.clone())
    }

    fn state(change: impl FnOnce(&mut Facts), question: Question) -> CheckState {
        let mut facts = facts();
        change(&mut facts);
        of(&facts, question).0
    }

    #[test]
    fn a_healthy_server_has_one_unsure_check() {
        let all = check_results(&facts());
        let unsure: Vec<_> =
            all.iter().filter(|check| check.state != CheckState::Good).map(|check| &check.title).collect();
        assert_eq!(unsure, [Question::Encrypted.title()]);
        assert_eq!(all.len(), 8);
        assert_eq!(of(&facts(), Question::Listening).1, "Yes, at http://10.0.0.2:3923/.");
    }

    #[test]
    fn each_cause_changes_its_check() {
        use CheckState::{Bad, Good, Unsure};
        let trust = |facts: &mut Facts, trust| facts.lan.network.as_mut().expect("a network").trust = trust;
        assert_eq!(state(|f| f.addresses.clear(), Question::Listening), Bad);
        assert_eq!(state(|f| drop(f.addresses.remove(0)), Question::Listening), Bad);
        assert_eq!(state(|f| trust(f, Trust::Unknown), Question::Trusted), Bad);
        assert_eq!(state(|f| trust(f, Trust::Refused), Question::Trusted), Bad);
        assert_eq!(state(|f| f.lan.network.as_mut().expect("a network").id.clear(), Question::Trusted), Bad);
        assert_eq!(state(|f| f.lan.network = None, Question::Trusted), Unsure);
        assert_eq!(state(|f| f.addresses[0].reach = Reach::Vpn, Question::Address), Unsure);
        assert_eq!(state(|f| f.addresses[0].reach = Reach::Virtual, Question::Address), Unsure);
        assert_eq!(state(|f| f.addresses[0].reach = Reach::LinkLocal, Question::Address), Unsure);
        assert_eq!(state(|f| f.unreachable.push("10.0.0.2:3923".into()), Question::Answering), Bad);
        assert_eq!(state(|f| f.findings.firewall = Firewall::Ufw, Question::Firewall), Good, "a device has connected");
        assert_eq!(state(|f| f.findings.hears_itself = Some(false), Question::Found), Unsure);
        assert_eq!(state(|f| f.findings.hears_itself = None, Question::Found), Unsure);
        let fails =
            |f: &mut Facts| (f.findings.hears_itself, f.findings.trouble) = (Some(false), Some("no route".into()));
        assert_eq!(state(fails, Question::Found), Bad);
        assert_eq!(state(|f| f.findings.seen_secs = None, Question::Seen), Unsure);
        assert_eq!(state(|f| f.encryption = Encryption::TlsOnly, Question::Encrypted), Good);
    }

    #[test]
    fn firewalls_are_opened_for_the_right_port() {
        for (firewall, want) in [
            (Firewall::Ufw, "ufw allow 3923/tcp"),
            (Firewall::Firewalld, "--add-port=3923/tcp"),
            (Firewall::Nftables, "TCP port 3923"),
        ] {
            let mut facts = facts();
            facts.findings.seen_secs = None;
            facts.findings.firewall = firewall;
            let check = check_results(&facts)
                .into_iter()
                .find(|check| check.title == Question::Firewall.title())
                .expect("a check");
            assert!(check.state == CheckState::Unsure && check.advice.contains(want), "{check:?}");
        }
        for (url, want) in [("http://10.0.0.2/", "80"), ("https://10.0.0.2/", "443"), ("http://[::1]:81/", "81")] {
            assert_eq!(port(url), want, "{url}");
        }
    }
}
