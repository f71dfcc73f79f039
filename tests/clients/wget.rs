//! wget: a recursive mirror follows the plain links of the pages and gets the same tree.

use std::fs;
use std::process::Command;

use support::{TestServer, data, skip};

use crate::run;

#[test]
fn a_mirror_is_the_same_tree() {
    let Some(wget) = skip::need("wget") else { return };
    let server = TestServer::start(["-v", "{root}::r"]);
    let tree = server.root().join("tree");
    data::tree(&tree, 120, 700);
    fs::write(tree.join("d000/smile 😀 # & +.txt"), "unicode").expect("a file");
    let out = server.dir.path().join("out");
    fs::create_dir(&out).expect("a folder");
    run(Command::new(wget)
        .args(["--no-config", "-q", "-r", "-np", "-nH", "--restrict-file-names=nocontrol", "-e", "robots=off"])
        // Pages, and links that show the same folder in another form.
        .args(["--reject", "index.html*", "--reject-regex", r"\?", "-P"])
        .arg(&out)
        .arg(server.url("tree/")));
    data::assert_same_tree(&tree, &out.join("tree"));
}
