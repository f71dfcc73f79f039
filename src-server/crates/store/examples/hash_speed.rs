//! Measures the hash speed of this machine: `cargo run --release -p store --example hash_speed [KiB per lane]`.
//!
//! First each engine on one core by the number of lanes, then the service with several uploading threads.

use std::hint::black_box;
use std::time::Instant;
use store::hash::{Engine, HashService, Sha512State, SingleSha512, update_many_with};

/// Returns the best rate of several runs in GB/s, for `bytes` per run.
fn rate(bytes: usize, mut run: impl FnMut()) -> f64 {
    let once = |run: &mut dyn FnMut()| {
        let start = Instant::now();
        run();
        start.elapsed().as_secs_f64()
    };
    let best = (0..30).map(|_| once(&mut run)).fold(f64::MAX, f64::min);
    bytes as f64 / best / 1e9
}

/// Returns the CPU time that this process has used, with a resolution of 10 ms; on Linux only.
fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let mut fields = stat.rsplit(')').next()?.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / 100.0)
}

fn main() {
    let kib = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(256);
    let length = kib * 1024;
    let buffers: Vec<Vec<u8>> = (0..16).map(|i| vec![i; length]).collect();
    println!("{kib} KiB per lane, one core, GB/s in all:");
    let ring = rate(length, || {
        black_box(ring::digest::digest(&ring::digest::SHA512, &buffers[0]));
    });
    println!("  ring    1: {ring:.2}");
    let single = rate(length, || {
        let mut single = SingleSha512::new();
        single.update(&buffers[0]);
        black_box(single.finish());
    });
    println!("  single  1: {single:.2}");
    for engine in Engine::ALL.into_iter().filter(|engine| engine.is_available()) {
        print!("  {:7}", engine.name());
        for lanes in [1, 2, 3, 4, 5, 6, 7, 8, 16] {
            let mut states = vec![Sha512State::new(); lanes];
            let rate = rate(lanes * length, || {
                let mut jobs: Vec<_> = states.iter_mut().zip(buffers.iter().map(Vec::as_slice)).collect();
                update_many_with(engine, &mut jobs);
            });
            print!(" {lanes}: {rate:.2} ");
        }
        println!();
    }
    println!("service, pieces of {kib} KiB, GB/s in all (GB per CPU second) by number of callers:");
    for engine in Engine::ALL.into_iter().filter(|engine| engine.is_available()) {
        for threads in [1, 2] {
            let service = HashService::with_engine(threads, engine);
            print!("  {:7} {threads} threads", engine.name());
            for callers in [1, 2, 4, 8] {
                let pieces = (256 << 20) / length;
                let (start, cpu) = (Instant::now(), cpu_seconds());
                std::thread::scope(|scope| {
                    for buffer in &buffers[..callers] {
                        let (service, mut piece) = (service.clone(), vec![buffer.clone()]);
                        scope.spawn(move || {
                            let mut state = Sha512State::new();
                            for _ in 0..pieces {
                                (state, piece) = service.update_blocking(state, piece);
                            }
                            black_box(state.finish());
                        });
                    }
                });
                let gigabytes = (callers * pieces * length) as f64 / 1e9;
                let rate = gigabytes / start.elapsed().as_secs_f64();
                let per_cpu = cpu_seconds().zip(cpu).map_or(f64::NAN, |(end, start)| gigabytes / (end - start));
                print!(" {callers}: {rate:.2} ({per_cpu:.2}) ");
            }
            println!();
        }
    }
}
