//! Throughput without a network. Run by hand: `cargo test --release -p engine speed -- --ignored --nocapture`, with
//! `TMPDIR` on the file system to measure.

use super::*;
use std::time::{Duration, Instant};

fn per_second(what: &str, count: usize, took: Duration) {
    println!("{what}: {:.0} per second ({:.2?})", count as f64 / took.as_secs_f64(), took);
}

/// Runs `count` tasks, `width` at a time.
async fn spread<F, Fut>(count: usize, width: usize, job: F) -> Duration
where
    F: Fn(usize) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = ()> + Send,
{
    let start = Instant::now();
    let lane = |lane: usize| {
        let job = job.clone();
        tokio::spawn(async move {
            for at in (lane..count).step_by(width) {
                job(at).await;
            }
        })
    };
    for task in (0..width).map(lane).collect::<Vec<_>>() {
        task.await.expect("runs");
    }
    start.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn speed_of_small_files() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let person = Arc::new(Person::new(&site, "*"));
    let files: Arc<Vec<Sent>> = Arc::new((0..5000).map(|i| Sent::noise(i + 1, 4096)).collect());
    for round in 0..2 {
        let (p, f) = (person.clone(), files.clone());
        let took = spread(5000, 8, move |at| {
            let (p, f) = (p.clone(), f.clone());
            async move {
                let reply = p.upload("v/small", &format!("f{at}"), &f[at]).await.expect("uploads");
                assert!(reply.missing.is_empty());
            }
        });
        per_second(if round == 0 { "up2k, 4 KiB" } else { "known files" }, 5000, took.await);
    }
    let (p, f) = (person.clone(), files.clone());
    let took = spread(1000, 8, move |at| {
        let (p, f) = (p.clone(), f.clone());
        async move {
            let reply = p.ask("v/copies", f[at].ask(&format!("c{at}"))).await.expect("copies");
            assert!(reply.missing.is_empty());
        }
    });
    per_second("copies of known files", 1000, took.await);
    let (p, f) = (person.clone(), files.clone());
    let took = spread(5000, 8, move |at| {
        let (p, f) = (p.clone(), f.clone());
        async move {
            let request = SinkRequest {
                folder: vpath("v/put"),
                exact_name: false,
                name: Some(format!("p{at}").into_bytes()),
                size: Some(4096),
                lmod: None,
                on_conflict: OnConflict::Rename,
                append: false,
                keeps_content: false,
                lifetime_secs: None,
                random_name: None,
                checksum: ChecksumKind::Sha512,
                digests: Vec::new(),
                condition: Condition::default(),
            };
            let mut sink = p.uploads.sink(&p.access, request).await.expect("starts");
            sink.push(f[at].content.clone()).await.expect("takes");
            sink.finish().await.expect("stores");
        }
    });
    per_second("PUT, 4 KiB", 5000, took.await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn speed_of_a_large_file() {
    let site = Site::new(&[("v", "v", "rw *")]);
    let person = Arc::new(Person::new(&site, "*"));
    for (seed, width) in [(1, 1), (2, 4), (3, 8)] {
        let sent = Arc::new(Sent::noise(seed, 512 << 20));
        let reply = Arc::new(person.ask("v", sent.ask(&format!("l{width}"))).await.expect("new"));
        let (p, s, r) = (person.clone(), sent.clone(), reply.clone());
        let took = spread(reply.missing.len(), width, move |at| {
            let (p, s, r) = (p.clone(), s.clone(), r.clone());
            async move { p.send_chunk("v", &r.wark, &s, &r.missing[at]).await.expect("chunk") }
        });
        let took = took.await;
        println!("up2k over {width}: {:.0} MB/s ({took:.2?})", (512 << 20) as f64 / 1e6 / took.as_secs_f64());
    }
    let body = Bytes::from(noise(9, 512 << 20));
    for checksum in [ChecksumKind::Sha512, ChecksumKind::None] {
        let start = Instant::now();
        let request = SinkRequest {
            folder: vpath("v"),
            exact_name: false,
            name: Some(b"put".to_vec()),
            size: Some(body.len() as u64),
            lmod: None,
            on_conflict: OnConflict::Rename,
            append: false,
            keeps_content: false,
            lifetime_secs: None,
            random_name: None,
            checksum,
            digests: Vec::new(),
            condition: Condition::default(),
        };
        let mut sink = person.uploads.sink(&person.access, request).await.expect("starts");
        for at in (0..body.len()).step_by(256 << 10) {
            sink.push(body.slice(at..at + (256 << 10))).await.expect("takes");
        }
        sink.finish().await.expect("stores");
        println!("PUT with {checksum:?}: {:.0} MB/s", body.len() as f64 / 1e6 / start.elapsed().as_secs_f64());
    }
}
