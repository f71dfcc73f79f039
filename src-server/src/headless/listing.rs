//! `--ls`: what accounts see, without opening a browser.

use engine::listing::ListOptions;
use engine::{Access, Engine};
use model::settings::ListRequest;
use model::{AccountName, Settings, VPath};
use server::Control;

/// Prints what the request asks for; false if it says that this is a failure.
pub async fn print(control: &Control, request: &ListRequest, settings: &Settings) -> bool {
    if request.leaving_links || request.fail_on_links {
        // `ln` and `p` look for links that let people out; here the resolver never follows one.
        super::greeting::print(
            "Links that leave every volume of the person are never followed: there are none to list.\n",
        );
        return true;
    }
    for account in accounts(request, settings) {
        let (engine, access) = control.view(&account);
        super::greeting::print(&format!("as {}:\n", account.as_str()));
        for volume in &settings.volumes {
            let mount = volume.mount.display();
            if request.volume.as_ref().is_some_and(|wanted| wanted.display() != mount) {
                continue;
            }
            let Ok(path) = VPath::parse(mount.trim_matches('/').as_bytes()) else { continue };
            let rights = access.at(&path);
            super::greeting::print(&format!("  {mount} [{}] {}\n", rights.letters(), volume.source.display()));
            walk(&engine, &access, path, request.verbose).await;
        }
    }
    true
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
        let listing = match engine.listings.list(access, &path, ListOptions { dotfiles: true }).await {
            Ok(listing) => listing,
            Err(error) => {
                super::greeting::print(&format!("    {}: {error}\n", path.display()));
                continue;
            }
        };
        let mut text = format!("    {}  {} files\n", path.display(), listing.files.len());
        if verbose {
            for file in &listing.files {
                text.push_str(&format!("      {:>12}  {}\n", file.size, file.name.display()));
            }
        }
        super::greeting::print(&text);
        // Last first, so that they come out in order. Other volumes below have a turn of their own.
        let folders = listing.folders.iter().rev().filter(|folder| folder.mount_rights.is_none());
        todo.extend(folders.map(|folder| path.join(&folder.name)));
    }
}
