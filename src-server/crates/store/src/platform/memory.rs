//! What the allocator keeps.
#![allow(unsafe_code)]

/// Blocks of at least so many bytes go back to the system when they are freed.
const MMAP_THRESHOLD: libc::c_int = 2 << 20;
/// Bytes at the end of a heap that are kept free at most.
const TRIM_THRESHOLD: libc::c_int = 8 << 20;

/// Keeps glibc from raising its bounds for giving memory back, which it does as soon as a buffer of some hundred kilobytes
/// is freed: after a crowd of uploads tens of megabytes would stay for ever. Settings in the environment
/// (`MALLOC_MMAP_THRESHOLD_`, `MALLOC_TRIM_THRESHOLD_`) are overruled.
pub fn limit_heap_retention() {
    // SAFETY: mallopt takes two numbers, no pointers, and may be called at any time (mallopt(3)). A refused value changes
    // nothing.
    let set = unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, MMAP_THRESHOLD) == 1
            && libc::mallopt(libc::M_TRIM_THRESHOLD, TRIM_THRESHOLD) == 1
    };
    if !set {
        tracing::debug!("the allocator keeps its own bounds");
    }
}

/// Gives back memory that is free in the middle of heaps, too, which the bounds above do not reach: after a crowd of
/// uploads a few small blocks that are still used keep tens of megabytes below them. Takes about a millisecond for each
/// 10 MB that go back, and blocks allocations of the heap that it is at.
pub fn trim_heap() {
    // SAFETY: malloc_trim takes a number, no pointers, and may be called at any time and from any thread
    // (malloc_trim(3)).
    unsafe { libc::malloc_trim(0) };
}
