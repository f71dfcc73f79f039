//! The two front ends: `web`, the pages, and `ui`, the settings window. Their dependencies are installed by npm; they
//! are built by the scripts in their `package.json`, embedded by the server and the desktop program.

use std::fs;
use std::path::Path;

use crate::proc;
use crate::workspace::Workspace;

/// The programs of `npm`; on Windows it is a script with its own ending.
const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };

/// Folders of the front ends. The window uses the kit of the page, so the page comes first.
pub const FRONT_ENDS: [&str; 2] = ["web", "ui"];

/// Installs what the lock files of the front ends name, if they changed, and builds `web/dist` and `ui/dist`.
///
/// # Errors
/// When Node is missing or a script fails.
pub fn build(workspace: &Workspace) -> Result<(), String> {
    FRONT_ENDS.iter().try_for_each(|folder| install(&workspace.root.join(folder)))?;
    script(workspace, "build")
}

/// Runs a script that is in the `package.json` of every front end.
///
/// # Errors
/// When it fails.
pub fn script(workspace: &Workspace, name: &str) -> Result<(), String> {
    FRONT_ENDS.iter().try_for_each(|folder| {
        proc::run(&mut proc::command(NPM, &["run", "--silent", name], &workspace.root.join(folder)))
    })
}

/// `npm ci` in a folder with a lock file, unless `node_modules` was made from this very lock file.
///
/// npm's own mark (`node_modules/.package-lock.json`) is not a copy of the lock, so ours lies beside it.
///
/// # Errors
/// When there is no lock file, or npm fails.
pub fn install(folder: &Path) -> Result<(), String> {
    let lock = fs::read(folder.join("package-lock.json"))
        .map_err(|e| format!("{}: {e}", folder.join("package-lock.json").display()))?;
    let mark = folder.join("node_modules/.potluck-lock.json");
    // Two runs at once must not install into the same folder: the second waits, and finds it done. Unlocked when
    // closed.
    let alone = fs::File::open(folder.join("package-lock.json")).and_then(|file| file.lock().map(|()| file));
    let _alone = alone.map_err(|e| format!("{} cannot be locked: {e}", folder.join("package-lock.json").display()))?;
    if fs::read(&mark).is_ok_and(|made_from| made_from == lock) {
        return Ok(());
    }
    if proc::find(NPM).is_none() && proc::find("npm").is_none() {
        return Err("npm is not installed: Node 20 or newer is needed to build the web assets".to_owned());
    }
    proc::run(&mut proc::command(NPM, &["ci", "--no-audit", "--no-fund"], folder))?;
    fs::create_dir_all(folder.join("node_modules"))
        .and_then(|()| fs::write(&mark, lock))
        .map_err(|e| format!("{}: {e}", mark.display()))
}
