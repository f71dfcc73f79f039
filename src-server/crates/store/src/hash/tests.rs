//! For every engine, length, split and number of messages the hash equals that of `sha2`.

use super::*;
use sha2::Digest;
use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};

/// The reference.
fn expected(data: &[u8]) -> [u8; 64] {
    sha2::Sha512::digest(data).into()
}

/// Pseudorandom numbers, the same in every run (xorshift64*).
struct TestRng(u64);

impl TestRng {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % end
    }
    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.below(256) as u8).collect()
    }
}

fn engines() -> impl Iterator<Item = Engine> {
    Engine::ALL.into_iter().filter(|engine| {
        if !engine.is_available() {
            eprintln!("skipped: this CPU has no {}", engine.name());
        }
        engine.is_available()
    })
}

/// Hashes `messages` in rounds; in each, a random subset of them gets a piece of random length.
fn check_in_pieces(engine: Engine, messages: &[&[u8]], rng: &mut TestRng) {
    let mut states = vec![Sha512State::new(); messages.len()];
    let mut at = vec![0; messages.len()];
    while at.iter().zip(messages).any(|(at, message)| *at < message.len()) {
        let mut jobs = Vec::new();
        for ((state, at), message) in states.iter_mut().zip(&mut at).zip(messages) {
            if rng.below(3) > 0 {
                let left = message.len() - *at;
                let take = if rng.below(2) == 0 { left } else { rng.below(left + 1) };
                jobs.push((state, &message[*at..*at + take]));
                *at += take;
            }
        }
        update_many_with(engine, &mut jobs);
    }
    for ((hash, state), message) in finish_many_with(engine, &states).iter().zip(states).zip(messages) {
        assert_eq!(state.length(), message.len() as u64);
        assert_eq!(*hash, expected(message), "{engine:?}, {} bytes", message.len());
        assert_eq!(*hash, state.finish());
    }
}

#[test]
fn every_short_length_in_every_number_of_lanes() {
    let data = TestRng(1).bytes(301 + 17);
    for engine in engines() {
        for lanes in 1..=17 {
            for length in 0..=300 {
                let messages: Vec<&[u8]> = (0..lanes).map(|lane| &data[lane..lane + length]).collect();
                let mut states = vec![Sha512State::new(); lanes];
                let mut jobs: Vec<_> = states.iter_mut().zip(messages.iter().copied()).collect();
                update_many_with(engine, &mut jobs);
                for (hash, message) in finish_many_with(engine, &states).iter().zip(messages) {
                    assert_eq!(*hash, expected(message), "{engine:?}, {lanes} lanes, {length} bytes");
                }
            }
        }
    }
}

#[test]
fn short_lengths_beside_each_other_in_pieces() {
    let mut rng = TestRng(2);
    let data = rng.bytes(300);
    let messages: Vec<&[u8]> = (0..=300).map(|length| &data[..length]).collect();
    for engine in engines() {
        check_in_pieces(engine, &messages, &mut rng);
    }
}

#[test]
fn random_lengths_and_splits_in_random_numbers_of_lanes() {
    let mut rng = TestRng(3);
    let data = rng.bytes(1 << 20);
    for engine in engines() {
        for _ in 0..12 {
            let count = 1 + rng.below(20);
            let messages: Vec<&[u8]> = (0..count)
                .map(|_| {
                    let start = rng.below(data.len());
                    &data[start..start + rng.below(data.len() - start + 1)]
                })
                .collect();
            check_in_pieces(engine, &messages, &mut rng);
        }
    }
}

#[test]
fn single_streams_and_plain_updates() {
    let mut rng = TestRng(4);
    let data = rng.bytes(100_000);
    let (mut single, mut plain) = (SingleSha512::new(), Sha512State::new());
    let mut at = 0;
    while at < data.len() {
        let end = data.len().min(at + rng.below(700));
        single.update(&data[at..end]);
        plain.update(&data[at..end]);
        at = end;
    }
    assert_eq!(single.finish(), expected(&data));
    assert_eq!(plain.finish(), expected(&data));
}

#[test]
fn the_service_under_sixteen_threads() {
    for engine in engines() {
        let service = HashService::with_engine(2, engine);
        std::thread::scope(|scope| {
            for seed in 0..16 {
                let service = service.clone();
                scope.spawn(move || {
                    let mut rng = TestRng(100 + seed);
                    let data = rng.bytes(1 << 20);
                    for _ in 0..6 {
                        let start = rng.below(data.len());
                        let (mut state, mut at) = (Sha512State::new(), start);
                        while at < data.len() {
                            let end = data.len().min(at + 1 + rng.below(300_000));
                            state = service.update_blocking(state, vec![data[at..end].to_vec()]).0;
                            at = end;
                        }
                        assert_eq!(state.finish(), expected(&data[start..]), "{engine:?}");
                    }
                });
            }
        });
    }
}

#[test]
fn parts_of_any_length_follow_each_other() {
    for engine in engines() {
        let service = HashService::with_engine(1, engine);
        // Several streams, so that leaders wait for more jobs, and also wait in vain.
        let streams: Vec<_> = (0..5).map(|_| service.stream()).collect();
        std::thread::scope(|scope| {
            for seed in 0..3 {
                let service = service.clone();
                scope.spawn(move || {
                    let mut rng = TestRng(200 + seed);
                    let data = rng.bytes(400_000);
                    let (mut state, mut at) = (Sha512State::new(), 0);
                    while at < data.len() {
                        let mut parts = Vec::new();
                        for most in [0, 1, 127, 128, 129, 5_000, 70_000] {
                            let end = data.len().min(at + rng.below(most + 1));
                            parts.push(data[at..end].to_vec());
                            at = end;
                        }
                        let sent = parts.clone();
                        let (next, back) = service.update_blocking(state, parts);
                        assert_eq!(back, sent);
                        state = next;
                    }
                    assert_eq!(state.finish(), expected(&data), "{engine:?}");
                });
            }
        });
        drop(streams);
        let (state, back) = service.update_blocking(Sha512State::new(), Vec::<Vec<u8>>::new());
        assert!(back.is_empty());
        assert_eq!(state.finish(), expected(b""));
    }
}

#[test]
fn a_full_queue_blocks_submitters_and_loses_nothing() {
    for engine in engines() {
        let service = HashService::with_engine(3, engine);
        let data = Arc::new(TestRng(5).bytes(50_000));
        let (answer, answers) = mpsc::channel();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let (service, data, answer) = (service.clone(), Arc::clone(&data), answer.clone());
                scope.spawn(move || {
                    for i in 0..200 {
                        let piece = data[..(thread * 211 + i * 233) % data.len()].to_vec();
                        let answer = answer.clone();
                        service.submit(Sha512State::new(), piece, move |state, piece| {
                            let _ = answer.send((state.finish(), piece));
                        });
                    }
                });
            }
        });
        drop(answer);
        let all: Vec<_> = answers.iter().collect();
        assert_eq!(all.len(), 800);
        for (hash, piece) in all {
            assert_eq!(hash, expected(&piece));
        }
    }
}

#[test]
fn dropping_the_service_finishes_what_is_queued() {
    let finished = Arc::new(AtomicUsize::new(0));
    let service = HashService::start(2);
    for _ in 0..50 {
        let finished = Arc::clone(&finished);
        service.submit(Sha512State::new(), vec![7; 100_000], move |_, _| {
            finished.fetch_add(1, Ordering::SeqCst);
        });
    }
    drop(service);
    assert_eq!(finished.load(Ordering::SeqCst), 50);
}

#[test]
fn callbacks_may_submit_wait_panic_and_drop_the_service() {
    let service = HashService::start(1);
    let (answer, answers) = mpsc::channel();
    service.submit(Sha512State::new(), vec![1; 1000], |_, _| panic!("a panicking callback"));
    let inner = service.clone();
    service.submit(Sha512State::new(), vec![1; 100_000], move |state, data| {
        // More than the queue holds, submitted from the only thread that could empty it.
        for _ in 0..100 {
            let answer = answer.clone();
            inner.submit(state.clone(), data.clone(), move |state, _| {
                let _ = answer.send(state.finish());
            });
        }
        let (state, _) = inner.update_blocking(state, vec![data]);
        let _ = answer.send(state.finish());
    });
    drop(service);
    let all: Vec<_> = answers.iter().collect();
    assert_eq!(all.len(), 101);
    assert!(all.iter().all(|hash| *hash == expected(&[1; 200_000])));
}

#[test]
fn many_digests_at_once() {
    let data = TestRng(6).bytes(5000);
    let buffers: Vec<&[u8]> = (0..100).map(|i| &data[i * 3..i * 47]).collect();
    for engine in engines() {
        let service = HashService::with_engine(1, engine);
        let all = service.digest_many(&buffers);
        assert!(all.iter().zip(&buffers).all(|(hash, buffer)| *hash == expected(buffer)));
    }
}

fn file_of(data: &[u8]) -> std::fs::File {
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(data).expect("room for a few MiB");
    file
}

#[test]
fn a_file_is_hashed_chunk_by_chunk() {
    let data = TestRng(7).bytes(5_300_000);
    let file = file_of(&data);
    for engine in engines() {
        let service = HashService::with_engine(2, engine);
        for (size, chunk) in [
            (0, 1000),
            (1, 1 << 20),
            (1 << 20, 1 << 20),
            (5_300_000, 1 << 20),
            (5_300_000, 3 << 20),
            (5_300_000, 8 << 20),
            (5_300_000, u64::MAX),
            (300_001, 1000),
        ] {
            let hashes = hash_file_chunks(&service, &file, size, chunk, &|| false).expect("readable");
            let wanted: Vec<_> =
                data[..size as usize].chunks(chunk as usize).map(|c| expected(c)[..33].to_vec()).collect();
            assert!(hashes.iter().map(|hash| hash.to_vec()).eq(wanted), "{engine:?}, {size} in chunks of {chunk}");
        }
    }
}

#[test]
fn short_files_cancellation_and_empty_chunks_are_errors() {
    let service = HashService::start(1);
    let file = file_of(&[1; 3_000_000]);
    let kind = |size, chunk, cancelled: &dyn Fn() -> bool| {
        hash_file_chunks(&service, &file, size, chunk, cancelled).expect_err("an error").kind()
    };
    assert_eq!(kind(3_000_001, 1 << 20, &|| false), std::io::ErrorKind::UnexpectedEof);
    assert_eq!(kind(3_000_000, 0, &|| false), std::io::ErrorKind::InvalidInput);
    let asked = AtomicBool::new(false);
    assert_eq!(kind(3_000_000, 1 << 20, &|| asked.swap(true, Ordering::SeqCst)), std::io::ErrorKind::Interrupted);
}
