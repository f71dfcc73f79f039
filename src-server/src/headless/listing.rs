//! `--ls`: prints what accounts can see, without a browser.

use engine::listing::{LinkFinding, Reached};
use engine::{Access, Engine};
use model::config::ListRequest;
use model::invisible::{one_line, push_one_line};
use model::{AccountName, Settings, VPath, Volume};
use server::Control;

/// Prints what the request asks for. Returns false if the request treats the result as a failure.
pub async fn print(control: &Control, request: &ListRequest, settings: &Settings) -> bool {
    let accounts = accounts(request, settings);
    if !request.leaving_links {
        for account in &accounts {
            print_view(control, account, request, settings).await;
        }
    }
    if !request.leaving_links && !request.fail_on_links {
        return true;
    }
    let found = audit(control, &accounts, request, settings).await;
    if found > 0 && request.fail_on_links {
        super::output::print("Exit code 1, because links leave their volume (flag p of --ls).\n");
        return false;
    }
    true
}

/// Returns an error text if the request names an account or volume that does not exist.
pub fn unknown(request: &ListRequest, settings: &Settings) -> Option<String> {
    let is_account = |name: &str| settings.accounts.iter().any(|account| account.name.as_str() == name);
    if !matches!(request.account.as_str(), "*" | "**") && !is_account(&request.account) {
        return Some(format!(
            "there is no account '{}'; * means everyone, ** all accounts",
            one_line(&request.account)
        ));
    }
    let volume = request.volume.as_ref().filter(|_| volumes(request, settings).next().is_none())?;
    Some(format!("no volume is at '{}'", one_line(&volume.display())))
}

/// Returns the volumes of the request.
fn volumes<'s>(request: &'s ListRequest, settings: &'s Settings) -> impl Iterator<Item = &'s Volume> {
    settings.volumes.iter().filter(|volume| request.volume.as_ref().is_none_or(|wanted| *wanted == volume.mount))
}

/// Prints what one account can see.
async fn print_view(control: &Control, account: &AccountName, request: &ListRequest, settings: &Settings) {
    let (engine, access) = control.view(account);
    super::output::print(&format!("as {}:\n", account.as_str()));
    for volume in volumes(request, settings) {
        let (mount, rights) = (volume.mount.display(), access.rights_at(&volume.mount).letters());
        let source = volume.source.display();
        super::output::print(&format!("  {}\n", one_line(&format!("{mount} [{rights}] {source}"))));
        walk(&engine, &access, &volume.mount, request.verbose).await;
    }
}

/// Prints symlinks that leave their volume, and entries that cannot be read. Returns their number. A link that is
/// accessible to no account is printed too: it may be a mistake, and becomes accessible when a volume is added.
async fn audit(control: &Control, accounts: &[AccountName], request: &ListRequest, settings: &Settings) -> u64 {
    let views: Vec<_> = accounts.iter().map(|account| control.view(account)).collect();
    let Some((engine, _)) = views.first() else { return 0 };
    let people: Vec<Access> = views.iter().map(|(_, access)| access.clone()).collect();
    let mut found = 0;
    super::output::print("links that leave their volume:\n");
    for volume in volumes(request, settings) {
        let Some(mut findings) = engine.listings.audit_links(&people, &volume.mount) else { continue };
        while let Some(finding) = findings.recv().await {
            found += 1;
            super::output::print(&(line(&finding) + "\n"));
        }
    }
    if found == 0 {
        super::output::print("  none\n");
    }
    found
}

fn line(finding: &LinkFinding) -> String {
    match finding {
        LinkFinding::Leaves { path, target, exists, open_to } => {
            let nothing = if *exists { "" } else { " (does not exist)" };
            let open = match &open_to[..] {
                [] => "; no account has access".to_owned(),
                people => {
                    let ways = people.iter().map(|(name, to)| format!("{} gets to {}", name.as_str(), to.display()));
                    format!("; {}", ways.collect::<Vec<_>>().join(", "))
                }
            };
            one_line(&format!("  {} -> {target}{nothing}{open}", path.display()))
        }
        LinkFinding::Unread { path, reason } => one_line(&format!("  {} cannot be read: {reason}", path.display())),
    }
}

fn accounts(request: &ListRequest, settings: &Settings) -> Vec<AccountName> {
    match request.account.as_str() {
        "**" => {
            let named = settings.accounts.iter().map(|account| account.name.clone());
            std::iter::once(AccountName::anonymous()).chain(named).collect()
        }
        name => vec![AccountName::from(name)],
    }
}

/// Output is buffered up to this many bytes.
const OUTPUT_BUFFER: usize = 16 << 10;

/// Prints every file that is accessible below `top`, as it is found; with size and date if `verbose`.
async fn walk(engine: &Engine, access: &Access, top: &VPath, verbose: bool) {
    let mut found = engine.listings.reach(access, top);
    let mut text = String::new();
    while let Some(reached) = found.recv().await {
        push_line(&mut text, &reached, verbose);
        if text.len() >= OUTPUT_BUFFER || found.is_empty() {
            super::output::print(&std::mem::take(&mut text));
        }
    }
    super::output::print(&text);
}

fn push_line(text: &mut String, reached: &Reached, verbose: bool) {
    text.push_str("    ");
    match reached {
        Reached::Folder(path) => push_one_line(text, &format!("{}/", path.display().trim_end_matches('/'))),
        Reached::File { path, size, modified } => {
            if verbose {
                let at = jiff::Timestamp::from_millisecond(modified.0).unwrap_or_default();
                text.push_str(&format!("{size:>15}  {}  ", at.strftime("%Y-%m-%d %H:%M:%S")));
            }
            push_one_line(text, &path.display());
        }
        Reached::Unread { path, reason } => {
            push_one_line(text, &format!("{} cannot be read: {reason}", path.display()))
        }
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::UnixMillis;

    #[test]
    fn lines_stay_lines() {
        let path = VPath::parse("/v/a\n\u{1b}[2J\u{202e}b".as_bytes()).expect("parses");
        let file = Reached::File { path: path.clone(), size: 12, modified: UnixMillis::from_secs(1_700_000_000) };
        let unread = Reached::Unread { path: path.clone(), reason: "x\ny".into() };
        for (reached, verbose, want) in [
            (&file, false, "    /v/a\\u{a}\\u{1b}[2J\\u{202e}b\n"),
            (&file, true, "                 12  2023-11-14 22:13:20  /v/a\\u{a}\\u{1b}[2J\\u{202e}b\n"),
            (&Reached::Folder(path), true, "    /v/a\\u{a}\\u{1b}[2J\\u{202e}b/\n"),
            (&Reached::Folder(VPath::root()), false, "    /\n"),
            (&unread, false, "    /v/a\\u{a}\\u{1b}[2J\\u{202e}b cannot be read: x\\u{a}y\n"),
        ] {
            let mut text = String::new();
            push_line(&mut text, reached, verbose);
            assert_eq!(text, want);
        }
    }
}
