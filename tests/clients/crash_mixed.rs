//! `kill -9` during changes of every kind, a hundred times: acknowledged changes are kept, others are applied as a
//! whole or not at all, and no temporary files are left.

use std::time::{Duration, Instant};

use support::TestServer;
use support::workload::Client;

const CLIENTS: usize = 4;
/// Kills of each of the two servers.
const KILLS: u64 = 50;
/// More changes than a client completes before the server is killed.
const MANY: usize = 10_000;

#[test]
fn killed_during_mixed_changes() {
    check_crashes(&["-v", "{root}::rwmda"]);
}

#[test]
fn killed_during_mixed_changes_of_shared_contents() {
    check_crashes(&["-v", "{root}::rwmda:c,dedup"]);
}

fn check_crashes(args: &[&str]) {
    let kills = std::env::var("POTLUCK_CRASHES").ok().and_then(|n| n.parse().ok()).unwrap_or(KILLS);
    let seed = fastrand::u64(..);
    eprintln!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let mut server = TestServer::start(args.iter().copied());
    let mut clients: Vec<Client> = (0..CLIENTS).map(|number| Client::new(seed, number)).collect();
    for _ in 0..kills {
        let addr = server.addr;
        // The first changes after a start are tested as well as later ones.
        let pause = Duration::from_millis(random.u64(1..150));
        std::thread::scope(|scope| {
            let work = |client| scope.spawn(move || Client::work(client, addr, MANY));
            let threads: Vec<_> = clients.iter_mut().map(work).collect();
            std::thread::sleep(pause);
            server.kill();
            for thread in threads {
                // The end of the connection is intended; a refusal panics.
                let _ended = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            }
        });
        server.restart();
        let mut conn = server.connect();
        clients.iter_mut().for_each(|client| client.check(&mut conn));
        disk_agrees(&server, &clients);
    }
}

/// Cleanup of files left by a killed server runs in parallel with the first requests, so this waits for it.
fn disk_agrees(server: &TestServer, clients: &[Client]) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let compared: Result<(), String> = clients.iter().try_for_each(|c| c.compare_with_disk(&server.root()));
        match compared {
            Ok(()) => return,
            Err(fault) => assert!(Instant::now() < deadline, "{fault}"),
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
