//! FTP with curl, lftp, ncftp and rclone: trees with awkward names are copied both ways, with and without TLS, over active
//! and passive connections, and transfers go on where they ended.

use std::fs;
use std::path::Path;
use std::process::Command;

use support::{TestServer, data, skip};

use crate::{run, run_with_input};

/// A server where ed has all rights, with FTP and FTPS.
fn server() -> TestServer {
    TestServer::start(["-a", "ed:pw", "-v", "{root}::rwmd.,ed", "--ftp", "{ftp}", "--ftps", "{ftps}"])
}

fn host(server: &TestServer) -> String {
    server.ftp.expect("FTP").to_string()
}

fn tls_host(server: &TestServer) -> String {
    server.ftps.expect("FTPS").to_string()
}

/// Small files, awkward names, an empty file and an empty folder.
fn make_tree(folder: &Path) {
    data::tree(folder, 60, 900);
    let odd = folder.join("odd # names & %41");
    fs::create_dir_all(odd.join("empty folder")).expect("a folder");
    for name in data::NASTY_NAMES.iter().filter(|name| name.len() <= 255 && !name.contains('\n')) {
        fs::write(odd.join(name), name).expect("a file");
    }
    fs::write(folder.join("empty"), "").expect("a file");
}

fn text(path: &Path) -> String {
    path.to_str().expect("a plain path").to_owned()
}

/// curl with a login, and what it needs to accept the certificate of the server.
fn curl(program: &Path, args: &[&str]) -> Vec<u8> {
    run(Command::new(program).args(["-sS", "-k", "-u", "ed:pw", "--max-time", "60"]).args(args))
}

#[test]
fn curl_goes_both_ways_by_every_kind_of_connection() {
    let Some(program) = skip::need("curl") else { return };
    let server = server();
    let (plain, tls) = (host(&server), tls_host(&server));
    let (local, back) = (server.dir.path().join("local.bin"), server.dir.path().join("back.bin"));
    let content = data::noise(1, 3 << 20);
    fs::write(&local, &content).expect("a file");
    let ways: [(&str, String, &[&str]); 6] = [
        ("extended passive", format!("ftp://{plain}/"), &[]),
        ("passive", format!("ftp://{plain}/"), &["--disable-epsv"]),
        ("extended active", format!("ftp://{plain}/"), &["--ftp-port", "127.0.0.1"]),
        ("active", format!("ftp://{plain}/"), &["--ftp-port", "127.0.0.1", "--disable-eprt"]),
        ("AUTH TLS", format!("ftp://{plain}/"), &["--ssl-reqd"]),
        ("implicit TLS", format!("ftps://{tls}/"), &[]),
    ];
    for (index, (way, url, more)) in ways.iter().enumerate() {
        let url = format!("{url}folder{index}/a%20b.bin");
        curl(&program, &[more, &["--ftp-create-dirs", "-T", &text(&local), &url] as &[_]].concat());
        let stored = fs::read(server.root().join(format!("folder{index}/a b.bin"))).expect(way);
        assert!(stored == content, "{way}: stored");
        curl(&program, &[more, &["-o", &text(&back), &url] as &[_]].concat());
        assert!(fs::read(&back).expect("a file") == content, "{way}: fetched");
        // The second half alone, both ways.
        fs::write(&back, &content[..1 << 20]).expect("a file");
        curl(&program, &[more, &["-C", "-", "-o", &text(&back), &url] as &[_]].concat());
        assert!(fs::read(&back).expect("a file") == content, "{way}: fetching goes on");
        fs::write(server.root().join(format!("folder{index}/half")), &content[..1 << 20]).expect("a file");
        let half = url.replace("a%20b.bin", "half");
        curl(&program, &[more, &["-C", "-", "-T", &text(&local), &half] as &[_]].concat());
        let stored = fs::read(server.root().join(format!("folder{index}/half"))).expect(way);
        assert!(stored == content, "{way}: storing goes on");
        let listed = curl(&program, &[more, &[&*url.replace("a%20b.bin", "")] as &[_]].concat());
        let listed = String::from_utf8_lossy(&listed).into_owned();
        assert!(listed.contains(" a b.bin\n"), "{way}: {listed}");
    }
    // AUTH TLS is possible on the port for TLS, too; without it nothing is.
    curl(&program, &["--ssl-reqd", &format!("ftp://{tls}/")]);
    let refused = Command::new(&program).args(["-sS", "-u", "ed:pw", &format!("ftp://{tls}/")]).output();
    assert!(!refused.expect("curl starts").status.success(), "no login without TLS");
}

#[test]
fn a_password_is_accepted_as_either_half_of_a_login() {
    let Some(program) = skip::need("curl") else { return };
    let server = server();
    for (login, works) in [("ed:pw", true), ("pw:", true), ("pw:x", true), (":pw", true), ("ed:no", false)] {
        let output = Command::new(&program)
            .args(["-sS", "--max-time", "60", "-u", login, &format!("ftp://{}/", host(&server))])
            .output()
            .expect("curl starts");
        assert_eq!(output.status.success(), works, "{login}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Runs commands in lftp, with no configuration of this machine.
fn lftp(server: &TestServer, url: &str, commands: &str) -> Option<String> {
    let program = skip::need("lftp")?;
    let all = format!(
        "set ssl:verify-certificate no; set net:max-retries 1; set net:timeout 30; set cmd:fail-exit yes; \
         set net:connection-limit 0; set ftp:sync-mode no; open -u ed,pw {url}; {commands}; exit"
    );
    let mut command = Command::new(program);
    command.args(["--norc", "-c", &all]).env("HOME", server.dir.path());
    Some(String::from_utf8_lossy(&run(&mut command)).into_owned())
}

fn lftp_mirrors_a_tree_both_ways(url: fn(&TestServer) -> String) {
    let server = server();
    let (source, back) = (server.dir.path().join("source"), server.dir.path().join("back"));
    make_tree(&source);
    let mirror =
        format!("mirror -R --parallel=8 {} tree; mirror --parallel=8 tree {}", source.display(), back.display());
    if lftp(&server, &url(&server), &mirror).is_none() {
        return;
    }
    data::assert_same_tree(&source, &server.root().join("tree"));
    data::assert_same_tree(&source, &back);
    assert!(back.join("odd # names & %41/empty folder").is_dir());
    let date = |path: &Path| path.join("empty").metadata().and_then(|meta| meta.modified()).expect("a date");
    let seconds = |path: &Path| date(path).duration_since(std::time::UNIX_EPOCH).expect("a date").as_secs();
    assert_eq!(seconds(&server.root().join("tree")), seconds(&source), "dates travel (MFMT)");
    // A second mirror finds nothing to do; a changed file is replaced, and the old content is in the trash.
    fs::write(source.join("empty"), "not any more").expect("a file");
    let again =
        format!("mirror -R --parallel=8 {} tree; mv tree/empty tree/moved; glob -a rm -r tree/odd*", source.display());
    lftp(&server, &url(&server), &again);
    assert_eq!(fs::read(server.root().join("tree/moved")).expect("a file"), b"not any more");
    assert!(!server.root().join("tree/odd # names & %41").exists());
}

#[test]
fn lftp_mirrors_a_tree_with_many_connections() {
    lftp_mirrors_a_tree_both_ways(|server| format!("ftp://{}", host(server)));
}

#[test]
fn lftp_mirrors_a_tree_over_implicit_tls() {
    lftp_mirrors_a_tree_both_ways(|server| format!("ftps://{}", tls_host(server)));
}

#[test]
fn ncftp_copies_a_tree_both_ways() {
    let (Some(put), Some(get)) = (skip::need("ncftpput"), skip::need("ncftpget")) else { return };
    let server = server();
    let (source, back) = (server.dir.path().join("source"), server.dir.path().join("back"));
    data::tree(&source, 20, 900);
    fs::create_dir(&back).expect("a folder");
    let port = server.ftp.expect("FTP").port().to_string();
    let login = ["-u", "ed", "-p", "pw", "-P", &port, "-V", "-R"];
    run(Command::new(put).args(login).args(["127.0.0.1", "/"]).arg(&source).env("HOME", server.dir.path()));
    data::assert_same_tree(&source, &server.root().join("source"));
    run(Command::new(get).args(login).arg("127.0.0.1").arg(&back).arg("/source").env("HOME", server.dir.path()));
    data::assert_same_tree(&source, &back.join("source"));
}

#[test]
fn rclone_copies_a_tree_both_ways() {
    let Some(program) = skip::need("rclone") else { return };
    let server = server();
    let (source, back) = (server.dir.path().join("source"), server.dir.path().join("back"));
    make_tree(&source);
    let obscured = run(Command::new(&program).args(["obscure", "pw"]));
    let obscured = String::from_utf8_lossy(&obscured).trim().to_owned();
    let rclone = |port: u16, tls: &[&str], args: &[&str]| {
        let mut command = Command::new(&program);
        command.args(["--config", "/dev/null", "--retries", "1", "--ftp-host", "127.0.0.1", "--ftp-user", "ed"]);
        command.args(["--ftp-port", &port.to_string(), "--ftp-pass", &obscured, "--ftp-no-check-certificate"]);
        // Blanks at the end of a name are sent as they are.
        command.args(["--ftp-encoding", "Slash"]);
        run(command.args(tls).args(args));
    };
    let ports = [server.ftp.expect("FTP").port(), server.ftps.expect("FTPS").port()];
    let ways: [(u16, &[&str]); 3] = [(ports[0], &[]), (ports[0], &["--ftp-explicit-tls"]), (ports[1], &["--ftp-tls"])];
    for (port, tls) in ways {
        rclone(port, tls, &["copy", "--create-empty-src-dirs", &text(&source), ":ftp:tree"]);
        data::assert_same_tree(&source, &server.root().join("tree"));
        rclone(port, tls, &["copy", ":ftp:tree", &text(&back)]);
        data::assert_same_tree(&source, &back);
        rclone(port, tls, &["moveto", ":ftp:tree/empty", ":ftp:tree/moved"]);
        rclone(port, tls, &["check", &text(&back), ":ftp:tree", "--one-way", "--exclude", "/empty"]);
        rclone(port, tls, &["purge", ":ftp:tree"]);
        assert!(!server.root().join("tree").exists(), "{tls:?}");
        fs::remove_dir_all(&back).expect("a folder");
    }
}

/// The commands that FileZilla sends: it asks for features, names itself, and takes MLSD and MFMT.
#[test]
fn the_commands_of_filezilla_are_understood() {
    let Some(program) = skip::need("curl") else { return };
    let server = server();
    let mut command = Command::new(program);
    let commands = ["SYST", "FEAT", "CLNT FileZilla", "OPTS UTF8 ON", "OPTS MLST type;size;modify;perm;", "PBSZ 0"];
    for quoted in commands {
        command.args(["-Q", &format!("*{quoted}")]);
    }
    command.args(["-sS", "-v", "-u", "ed:pw", "-X", "MLSD", &format!("ftp://{}/", host(&server))]);
    let output = run_with_input(&mut command, b"");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
    for line in
        ["215 UNIX", " MLST type*;size*;modify*;perm*;", " UTF8", " MFMT", "200 MLST OPTS type;size;modify;perm;"]
    {
        assert!(told.contains(line), "{line}: {told}");
    }
}
