//! Bounds for the memory that the allocator (glibc) retains.
#![allow(unsafe_code)]

/// Larger blocks are returned to the system when they are freed. Bytes.
const MMAP_THRESHOLD: libc::c_int = 2 << 20;
/// Upper limit of free memory at the top of a heap. Bytes.
const TRIM_THRESHOLD: libc::c_int = 8 << 20;

/// Fixes glibc's thresholds for returning memory. By default glibc raises them as soon as a buffer of some hundred
/// kilobytes is freed, so that tens of megabytes stay allocated for ever after many concurrent uploads. Overrides the
/// environment variables `MALLOC_MMAP_THRESHOLD_` and `MALLOC_TRIM_THRESHOLD_`.
pub fn limit_heap_retention() {
    // SAFETY: mallopt takes two numbers, no pointers, and may be called at any time (mallopt(3)). A refused value
    // changes nothing.
    let set = unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, MMAP_THRESHOLD) == 1
            && libc::mallopt(libc::M_TRIM_THRESHOLD, TRIM_THRESHOLD) == 1
    };
    if !set {
        tracing::debug!("cannot set the thresholds of the allocator");
    }
}

/// Returns free memory in the middle of heaps as well, which the thresholds do not affect: after many concurrent
/// uploads, a few small blocks in use retain tens of megabytes below them. Takes about a millisecond for each 10 MB
/// returned, and blocks allocations from the heap that it is trimming.
pub fn trim_heap() {
    // SAFETY: malloc_trim takes a number, no pointers, and may be called at any time and from any thread
    // (malloc_trim(3)).
    unsafe { libc::malloc_trim(0) };
}
