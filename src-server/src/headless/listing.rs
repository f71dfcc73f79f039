//! `--ls`: what accounts see, without opening a browser.

use engine::listing::{LinkFinding, ListOptions};
use engine::{Access, Engine};
use model::settings::ListRequest;
use model::{AccountName, Settings, VPath, Volume};
use server::Control;

/// Prints what the request asks for; false if it says that this is a failure.
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
        super::greeting::print("These links are a failure, as the flag p of --ls asks.\n");
        return false;
    }
    true
}

/// The volumes that the request speaks of.
fn volumes<'s>(request: &'s ListRequest, settings: &'s Settings) -> impl Iterator<Item = &'s Volume> {
    settings.volumes.iter().filter(|volume| request.volume.as_ref().is_none_or(|wanted| *wanted == volume.mount))
}

/// What one account sees.
async fn print_view(control: &Control, account: &AccountName, request: &ListRequest, settings: &Settings) {
    let (engine, access) = control.view(account);
    super::greeting::print(&format!("as {}:\n", account.as_str()));
    for volume in volumes(request, settings) {
        let (mount, rights) = (volume.mount.display(), access.at(&volume.mount).letters());
        super::greeting::print(&format!("  {mount} [{rights}] {}\n", volume.source.display()));
        walk(&engine, &access, volume.mount.clone(), request.verbose).await;
    }
}

/// Prints links that leave their volume, and what could not be looked at; how many. A link that is not open to anybody
/// is reported all the same: it may be a mistake, and become a way when a volume is added.
async fn audit(control: &Control, accounts: &[AccountName], request: &ListRequest, settings: &Settings) -> u64 {
    let views: Vec<_> = accounts.iter().map(|account| control.view(account)).collect();
    let Some((engine, _)) = views.first() else { return 0 };
    let people: Vec<Access> = views.iter().map(|(_, access)| access.clone()).collect();
    let mut found = 0;
    super::greeting::print("links that leave their volume:\n");
    for volume in volumes(request, settings) {
        let Some(mut findings) = engine.listings.audit_links(&people, &volume.mount) else { continue };
        while let Some(finding) = findings.recv().await {
            found += 1;
            super::greeting::print(&line(&finding));
        }
    }
    if found == 0 {
        super::greeting::print("  none\n");
    }
    found
}

fn line(finding: &LinkFinding) -> String {
    match finding {
        LinkFinding::Leaves { path, target, exists, open_to } => {
            let nothing = if *exists { "" } else { ", where nothing is" };
            let open = match &open_to[..] {
                [] => "; nobody gets through".to_owned(),
                people => {
                    let ways = people.iter().map(|(name, to)| format!("{} gets to {}", name.as_str(), to.display()));
                    format!("; {}", ways.collect::<Vec<_>>().join(", "))
                }
            };
            one_line(&format!("  {} -> {target}{nothing}{open}", path.display()))
        }
        LinkFinding::Unread { path, why } => one_line(&format!("  {} cannot be looked at: {why}", path.display())),
    }
}

/// Names come from outside: they stay one line, and do nothing to a terminal.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).chain(['\n']).collect()
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

/// Folders below `top`, depth first; files too if `verbose`.
async fn walk(engine: &Engine, access: &Access, top: VPath, verbose: bool) {
    let mut todo = vec![top];
    while let Some(path) = todo.pop() {
        let listing =
            match engine.listings.list(access, &path, ListOptions { dotfiles: true, ..ListOptions::default() }).await {
                Ok(listing) => listing,
                Err(error) => {
                    super::greeting::print(&one_line(&format!("    {}: {error}", path.display())));
                    continue;
                }
            };
        let mut text = one_line(&format!("    {}  {} files", path.display(), listing.files.len()));
        if verbose {
            for file in &listing.files {
                text.push_str(&one_line(&format!("      {:>12}  {}", file.size, file.name.display())));
            }
        }
        super::greeting::print(&text);
        // Last first, so that they come out in order. Other volumes below have a turn of their own.
        let folders = listing.folders.iter().rev().filter(|folder| folder.mount_rights.is_none());
        todo.extend(folders.map(|folder| path.join(&folder.name)));
    }
}
