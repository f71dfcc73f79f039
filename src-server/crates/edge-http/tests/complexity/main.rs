//! No loop over external input is worse than O(n log n).
//! Each case feeds one parser of external input with n, 2n and 4n elements. The test counts allocations and their
//! bytes, which do not depend on the machine. Loops that rescan their input without allocating are found by the longer
//! test (`cargo nextest run --test complexity --run-ignored only`), which measures CPU time.

mod config;
mod requests;
#[path = "../routes/site.rs"]
#[allow(dead_code)]
mod site;

use std::future::Future;
use std::pin::Pin;

/// Processes an input of the given number of elements.
type Run<'a> = Box<dyn Fn(usize) -> Pin<Box<dyn Future<Output = ()> + 'a>> + 'a>;

/// One parser of external input.
struct Case<'a> {
    name: &'static str,
    /// Number of elements of the first run: enough that constant costs are small in comparison.
    least: usize,
    /// Largest possible number of elements.
    most: usize,
    run: Run<'a>,
}

/// Returns a synchronous case. `make` builds the input and is not measured.
fn plain<'a, T: 'a>(
    name: &'static str,
    least: usize,
    make: impl Fn(usize) -> T + 'a,
    read: impl Fn(&T) + 'a,
) -> Case<'a> {
    let (make, read) = (std::rc::Rc::new(make), std::rc::Rc::new(read));
    let run: Run<'a> = Box::new(move |n| {
        let (input, read) = (make(n), read.clone());
        Box::pin(async move { read(&input) })
    });
    Case { name, least, most: usize::MAX, run }
}

/// Returns the number of allocations and their bytes for `n` elements.
async fn allocations(case: &Case<'_>, n: usize) -> (u64, u64) {
    let work = (case.run)(n);
    let counted = measured(work).await;
    (counted.count_total, counted.bytes_total)
}

/// Polls `work` to completion on this thread and counts its allocations.
async fn measured(mut work: Pin<Box<dyn Future<Output = ()> + '_>>) -> allocation_counter::AllocationInfo {
    let mut sum = allocation_counter::AllocationInfo::default();
    std::future::poll_fn(move |context| {
        let mut polled = std::task::Poll::Pending;
        sum += allocation_counter::measure(|| polled = work.as_mut().poll(context));
        polled.map(|()| sum)
    })
    .await
}

/// Returns true if the costs for `n` and for `4n` elements grow linearly, up to a logarithm and rounding up to powers
/// of two.
fn grows_evenly(of_n: u64, of_4n: u64) -> bool {
    // A factor of 4, a factor for n log n between a thousand and four thousand elements, and a constant.
    of_4n as f64 <= of_n as f64 * 4.0 * 1.3 + 4096.0
}

async fn check_allocations(cases: &[Case<'_>]) {
    let mut faults = Vec::new();
    for case in cases {
        // A first run for one-time initialization.
        allocations(case, 2).await;
        let n = case.least;
        let [one, two, four] =
            [allocations(case, n).await, allocations(case, 2 * n).await, allocations(case, 4 * n).await];
        assert!(4 * n <= case.most, "{}: the input is larger than it can be", case.name);
        let is_even = grows_evenly(one.0, four.0) && grows_evenly(one.1, four.1);
        let is_alike = grows_evenly(two.0, 2 * four.0) && grows_evenly(two.1, 2 * four.1);
        println!("{}: {n} to {}: {one:?} {two:?} {four:?}", case.name, 4 * n);
        if !(is_even && is_alike) {
            faults.push(format!("{}: {one:?}, {two:?}, {four:?} for {n}, {}, {} elements", case.name, 2 * n, 4 * n));
        }
    }
    assert!(faults.is_empty(), "worse than n log n (allocations, their bytes):\n{}", faults.join("\n"));
}

/// Returns the CPU time of this process on all threads, in nanoseconds.
fn cpu_time() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

async fn cpu_time_of(case: &Case<'_>, n: usize) -> u64 {
    let mut least = u64::MAX;
    for _ in 0..3 {
        let work = (case.run)(n);
        let start = cpu_time();
        work.await;
        least = least.min(cpu_time() - start);
    }
    least
}

/// Shorter measurements are not meaningful, in nanoseconds.
const ENOUGH: u64 = 4_000_000;

async fn check_cpu_time(cases: &[Case<'_>]) {
    let mut faults = Vec::new();
    for case in cases {
        let mut n = case.least;
        let mut one = cpu_time_of(case, n).await;
        while one < ENOUGH && 8 * n <= case.most.min(4_000_000) {
            n *= 2;
            one = cpu_time_of(case, n).await;
        }
        let four = cpu_time_of(case, 4 * n).await;
        let growth = four as f64 / one as f64;
        println!(
            "{}: {n} {:.1} ms, {} {:.1} ms, {growth:.1} times",
            case.name,
            one as f64 / 1e6,
            4 * n,
            four as f64 / 1e6
        );
        // A nested loop would make it 16.
        if growth > 9.0 && four > ENOUGH {
            faults.push(format!("{}: {growth:.1} times for 4 times {n} elements", case.name));
        }
    }
    assert!(faults.is_empty(), "worse than n log n:\n{}", faults.join("\n"));
}

#[tokio::test]
async fn requests_allocate_as_they_grow() {
    let world = requests::World::new().await;
    check_allocations(&world.cases()).await;
}

#[tokio::test]
async fn configurations_allocate_as_they_grow() {
    check_allocations(&config::cases()).await;
}

#[tokio::test]
#[ignore = "measures CPU time, which other programs disturb"]
async fn requests_take_time_as_they_grow() {
    let world = requests::World::new().await;
    check_cpu_time(&world.cases()).await;
}

#[tokio::test]
#[ignore = "measures CPU time, which other programs disturb"]
async fn configurations_take_time_as_they_grow() {
    check_cpu_time(&config::cases()).await;
}
