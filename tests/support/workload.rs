//! A client that makes random changes of every kind that HTTP and up2k offer, and tracks what the server has promised.
//!
//! Used by tests that kill the server, or cut the power of its disk, in the middle of the work. The model is a map of
//! names to contents. A change is recorded before it is requested and committed when it is acknowledged. If the answer
//! is lost, the change has been applied as a whole or not at all, and the next check finds out which.

use parking_lot::{Mutex, MutexGuard};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use crate::data::{encode, noise};
use crate::form;
use crate::http::{Conn, Response};
use crate::up2k::Source;

/// Paths below the client's folder, with their contents.
pub type Files = BTreeMap<String, Vec<u8>>;

/// State of the folder that the server has promised.
#[derive(Clone, Default)]
pub struct Promises {
    /// Acknowledged files.
    pub files: Files,
    /// The files after the pending change, if a change is pending.
    pub under_way: Option<Files>,
}

/// A client with a folder of its own.
pub struct Client {
    folder: String,
    random: fastrand::Rng,
    promises: Arc<Mutex<Promises>>,
    /// Number of different contents to draw from, so that equal contents occur.
    variety: u64,
    /// Pending up2k uploads by name: an interrupted upload is resumed.
    uploads: Files,
}

/// Names for whole files; the editor can save those that are texts.
const NAMES: &[&str] = &["a.txt", "b.txt", "c.bin", "d.bin"];
/// Names for up2k only: an interrupted upload keeps its name until it is complete.
const UP2K_NAMES: &[&str] = &["u0", "u1"];
/// Folders that are moved, copied and deleted as a whole.
const FOLDERS: &[&str] = &["x", "y", "z"];
const MIB: usize = 1 << 20;

impl Client {
    /// Creates client `number` of those that share `seed`.
    pub fn new(seed: u64, number: usize) -> Self {
        Self {
            folder: format!("client{number}"),
            random: fastrand::Rng::with_seed(seed.wrapping_mul(1_000).wrapping_add(number as u64)),
            promises: Arc::default(),
            variety: 12,
            uploads: Files::new(),
        }
    }

    /// Returns the current promises. No promise is added while the guard is held.
    pub fn promises(&self) -> MutexGuard<'_, Promises> {
        self.promises.lock()
    }

    /// Returns a handle to the promises, to be read while the client works. No change is started or acknowledged while
    /// the lock is held.
    pub fn share_promises(&self) -> Arc<Mutex<Promises>> {
        self.promises.clone()
    }

    /// Replaces the current promises by those of an earlier moment.
    pub fn go_back_to(&mut self, promises: Promises) {
        *self.promises() = promises;
    }

    /// Makes changes until `count` of them are acknowledged.
    ///
    /// # Errors
    /// If the connection ends: the last change may or may not have been applied.
    ///
    /// # Panics
    /// If the server refuses a change that it has to accept.
    pub fn work(&mut self, addr: SocketAddr, count: usize) -> io::Result<()> {
        let mut conn = Conn::open(addr)?;
        for _ in 0..count {
            self.change(&mut conn)?;
        }
        Ok(())
    }

    fn change(&mut self, conn: &mut Conn) -> io::Result<()> {
        match self.random.u8(..12) {
            0..=2 => self.put(conn),
            3 => self.append(conn),
            4 => self.save_text(conn),
            5..=6 => self.up2k(conn),
            7 => self.transfer(conn, "MOVE"),
            8 => self.transfer(conn, "COPY"),
            9 => self.transfer_folder(conn, "MOVE"),
            10 => self.transfer_folder(conn, "COPY"),
            _ => self.delete(conn),
        }
    }

    fn put(&mut self, conn: &mut Conn) -> io::Result<()> {
        let name = self.some_name();
        let data = self.content();
        let change = |files: &mut Files| _ = files.insert(name.clone(), data.clone());
        self.ask(change, 201, || conn.send("PUT", &self.path(&name), &[("Replace", "1")], &data))
    }

    fn append(&mut self, conn: &mut Conn) -> io::Result<()> {
        let Some(name) = self.existing(NAMES) else { return self.put(conn) };
        let data = noise(self.random.u64(..), self.random.usize(1..5_000));
        let change = |files: &mut Files| files.get_mut(&name).expect("exists").extend(&data);
        self.ask(change, 201, || conn.send("PUT", &format!("{}?apnd", self.path(&name)), &[], &data))
    }

    fn save_text(&mut self, conn: &mut Conn) -> io::Result<()> {
        let name = NAMES[self.random.usize(..2)].to_owned();
        let text = format!("saved {}\n", self.random.u64(..)).repeat(self.random.usize(1..200)).into_bytes();
        let parts = [form::field("act", b"tput"), form::field("lastmod", b"-1"), form::field("body", &text)];
        let body = form::form(&parts);
        let change = |files: &mut Files| _ = files.insert(name.clone(), text.clone());
        self.ask(change, 200, || conn.send("POST", &self.path(&name), &[form::FORM], &body))
    }

    fn up2k(&mut self, conn: &mut Conn) -> io::Result<()> {
        let name = UP2K_NAMES[self.random.usize(..UP2K_NAMES.len())].to_owned();
        let is_large = self.random.u8(..4) == 0;
        let fresh = if is_large { noise(self.random.u64(..8), 2 * MIB + 77) } else { self.content() };
        let data = self.uploads.entry(name.clone()).or_insert(fresh).clone();
        let source = Source::new(name.clone(), data.clone());
        self.begin(|files| _ = files.insert(name.clone(), data.clone()));
        let folder = self.path("");
        loop {
            let answer = match source.ask(conn, &folder, json!({ "replace": true }))? {
                Ok(answer) => answer,
                // up2k stores a content that is being uploaded only once (docs/up2k.md); this client then skips the
                // upload.
                Err(reply) if reply.status == 422 && reply.text().contains("partial upload exists") => {
                    self.promises().under_way = None;
                    self.uploads.remove(&name);
                    return Ok(());
                }
                Err(reply) => panic!("{folder}{name}: refused with {}: {}", reply.status, reply.text()),
            };
            assert_eq!(answer.name, name, "replaced under its own name");
            if answer.missing.is_empty() {
                self.acknowledged();
                self.uploads.remove(&name);
                return Ok(());
            }
            for wanted in &answer.missing {
                let reply = source.send_chunk(conn, &answer, wanted)?;
                assert_eq!((reply.status, reply.text().as_str()), (200, "thank"), "{folder}{name}");
            }
        }
    }

    fn transfer(&mut self, conn: &mut Conn, verb: &str) -> io::Result<()> {
        let Some(from) = self.existing(NAMES) else { return self.put(conn) };
        let to = self.some_name();
        if from == to {
            return Ok(());
        }
        let change = |files: &mut Files| {
            let data = if verb == "MOVE" { files.remove(&from) } else { files.get(&from).cloned() };
            files.insert(to.clone(), data.expect("exists"));
        };
        self.send_to(conn, verb, &from, &to, change)
    }

    fn transfer_folder(&mut self, conn: &mut Conn, verb: &str) -> io::Result<()> {
        let from = FOLDERS[self.random.usize(..FOLDERS.len())];
        let to = FOLDERS[self.random.usize(..FOLDERS.len())];
        let above = format!("{from}/");
        if from == to || !self.promises().files.keys().any(|name| name.starts_with(&above)) {
            return self.put(conn);
        }
        let change = |files: &mut Files| {
            files.retain(|name, _| !name.starts_with(&format!("{to}/")));
            let inside: Files = files
                .iter()
                .filter(|(name, _)| name.starts_with(&above))
                .map(|(n, d)| (n.clone(), d.clone()))
                .collect();
            for (name, data) in inside {
                if verb == "MOVE" {
                    files.remove(&name);
                }
                files.insert(format!("{to}/{}", &name[above.len()..]), data);
            }
        };
        self.send_to(conn, verb, from, to, change)
    }

    fn send_to(
        &self,
        conn: &mut Conn,
        verb: &str,
        from: &str,
        to: &str,
        change: impl FnOnce(&mut Files),
    ) -> io::Result<()> {
        let target = self.path(to);
        self.ask(change, 201, || {
            conn.send(verb, &self.path(from), &[("Destination", &target), ("Overwrite", "T")], b"")
        })
    }

    fn delete(&mut self, conn: &mut Conn) -> io::Result<()> {
        let names: Vec<String> = self.promises().files.keys().cloned().collect();
        let Some(name) = self.random.choice(&names) else { return self.put(conn) };
        let change = |files: &mut Files| _ = files.remove(name);
        self.ask(change, 200, || conn.send("DELETE", &self.path(name), &[], b""))
    }

    /// Records the change, requests it, and commits it when it is acknowledged.
    fn ask(
        &self,
        change: impl FnOnce(&mut Files),
        status: u16,
        send: impl FnOnce() -> io::Result<Response>,
    ) -> io::Result<()> {
        self.begin(change);
        let reply = send()?;
        assert_eq!(reply.status, status, "{}: {}", self.folder, reply.text());
        self.acknowledged();
        Ok(())
    }

    fn begin(&self, change: impl FnOnce(&mut Files)) {
        let mut promises = self.promises();
        let mut after = promises.files.clone();
        change(&mut after);
        promises.under_way = Some(after);
    }

    fn acknowledged(&self) {
        let mut promises = self.promises();
        promises.files = promises.under_way.take().expect("was begun");
    }

    /// Compares the server's files with its promises; a pending change may or may not have been applied.
    ///
    /// # Panics
    /// If a promise is broken, or more files are visible than were promised.
    pub fn check(&mut self, conn: &mut Conn) {
        let Promises { files, under_way } = self.promises().clone();
        let names: Vec<&String> = files.keys().chain(under_way.iter().flat_map(Files::keys)).collect();
        let mut there = Files::new();
        for name in names {
            let reply = conn.send("GET", &self.path(name), &[], b"").expect("a reply");
            match reply.status {
                200 => _ = there.insert(name.clone(), reply.body),
                404 => {}
                other => panic!("{}: {other} {}", self.path(name), reply.text()),
            }
        }
        let is_after = under_way.as_ref().is_some_and(|after| *after == there);
        assert!(is_after || files == there, "{}", self.difference(&files, under_way.as_ref(), &there));
        *self.promises() = Promises { files: there, under_way: None };
    }

    /// Compares the client's folder on disk with the promised files.
    ///
    /// # Errors
    /// A sentence that names missing or additional files. Unfinished uploads are hidden files; they are not counted.
    pub fn compare_with_disk(&self, root: &Path) -> Result<(), String> {
        let top = root.join(&self.folder);
        let found = if top.is_dir() { crate::data::files(&top) } else { Vec::new() };
        let found = found.into_iter().map(|path| path.to_string_lossy().into_owned());
        let mut found: Vec<String> = found.filter(|path| !path.split('/').any(|part| part == ".hist")).collect();
        found.sort();
        let (hidden, seen): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|path| path.contains(".up2k-") || path.ends_with("PARTIAL"));
        let promised: Vec<String> = self.promises().files.keys().cloned().collect();
        if seen != promised {
            return Err(format!("{}: promised {promised:?}, on the disk {seen:?}", self.folder));
        }
        // At most one for each unfinished upload.
        if hidden.len() > UP2K_NAMES.len() {
            return Err(format!("{}: left behind: {hidden:?}", self.folder));
        }
        for (name, data) in &self.promises().files {
            if fs::read(top.join(name)).ok().as_ref() != Some(data) {
                return Err(format!("{}/{name}: other bytes on the disk", self.folder));
            }
        }
        Ok(())
    }

    fn difference(&self, before: &Files, after: Option<&Files>, there: &Files) -> String {
        let short = |files: &Files| {
            let one = |(name, data): (&String, &Vec<u8>)| format!("{name}={}b/{:x}", data.len(), check_sum(data));
            files.iter().map(one).collect::<Vec<_>>().join(" ")
        };
        format!(
            "{} has\n  {}\nafter what was acknowledged:\n  {}\nor with the change that was under way:\n  {}",
            self.folder,
            short(there),
            short(before),
            after.map_or_else(|| "(none was)".to_owned(), short)
        )
    }

    fn path(&self, name: &str) -> String {
        let parts: Vec<String> = name.split('/').map(encode).collect();
        format!("/{}/{}", self.folder, parts.join("/"))
    }

    fn some_name(&mut self) -> String {
        let name = NAMES[self.random.usize(..NAMES.len())];
        match self.random.u8(..3) {
            0 => format!("{}/{name}", FOLDERS[self.random.usize(..FOLDERS.len())]),
            _ => name.to_owned(),
        }
    }

    /// Returns a promised file with one of these names, in any folder.
    fn existing(&mut self, names: &[&str]) -> Option<String> {
        let files: Vec<String> = self.promises().files.keys().cloned().collect();
        let fits = |name: &&String| names.iter().any(|wanted| name.rsplit('/').next() == Some(*wanted));
        let files: Vec<&String> = files.iter().filter(fits).collect();
        self.random.choice(&files).map(|name| (*name).clone())
    }

    /// Returns contents that often exist under another name already.
    fn content(&mut self) -> Vec<u8> {
        let kind = self.random.u64(..self.variety);
        noise(kind, 10 + 7_919 * kind as usize)
    }
}

fn check_sum(data: &[u8]) -> u32 {
    data.iter().fold(0x811c_9dc5, |sum: u32, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}
