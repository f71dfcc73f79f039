//! Licences of the npm packages whose code reaches a browser, read from the lock file.
//!
//! Tools that only build or test (`dev` in the lock file) are not handed out and may be under any licence.

use std::fs;
use std::path::Path;

use serde_json::Value;
use spdx::{Expression, ParseMode};

/// The same list as in `deny.toml`, as far as npm packages use it.
const ALLOWED: &[&str] = &["MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "0BSD", "CC0-1.0", "Zlib"];

/// Looks at every package of a lock file that is no tool.
///
/// # Errors
/// The packages whose licence is missing or not allowed.
pub fn check(lock: &Path) -> Result<(), String> {
    let text = fs::read_to_string(lock).map_err(|e| format!("{}: {e}", lock.display()))?;
    let lock: Value = serde_json::from_str(&text).map_err(|e| format!("{}: {e}", lock.display()))?;
    let faults = faults(&lock);
    if faults.is_empty() { Ok(()) } else { Err(format!("licences of npm packages: {}", faults.join(", "))) }
}

fn faults(lock: &Value) -> Vec<String> {
    let packages = lock["packages"].as_object().into_iter().flatten();
    let shipped =
        packages.filter(|(path, package)| !path.is_empty() && package["dev"] != true && package["link"] != true);
    let licence = |package: &Value| package["license"].as_str().unwrap_or("none named").to_owned();
    shipped
        .map(|(path, package)| (path, licence(package)))
        .filter(|(_, licence)| !is_allowed(licence))
        .map(|(path, licence)| format!("{} ({licence})", path.trim_start_matches("node_modules/")))
        .collect()
}

/// Whether an SPDX expression can be met by allowed licences alone. A text that is no such expression cannot.
fn is_allowed(licence: &str) -> bool {
    Expression::parse_mode(licence, ParseMode::LAX).is_ok_and(|expression| {
        expression.evaluate(|asked| asked.license.id().is_some_and(|id| ALLOWED.contains(&id.name)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_is_shipped_must_be_permissive() {
        let lock = json!({ "packages": {
            "": { "name": "us" },
            "node_modules/good": { "license": "MIT" },
            "node_modules/tool": { "license": "GPL-3.0", "dev": true },
            "node_modules/bad": { "license": "GPL-3.0" },
            "node_modules/silent": {},
            "node_modules/choice": { "license": "(MPL-2.0 OR Apache-2.0)" },
            "node_modules/both": { "license": "MIT AND MPL-2.0" },
        }});
        assert_eq!(faults(&lock), ["bad (GPL-3.0)", "both (MIT AND MPL-2.0)", "silent (none named)"]);
    }
}
