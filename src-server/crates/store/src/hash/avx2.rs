//! SHA-512 of four messages side by side with AVX2, where rotates are composed of shifts.
//!
//! Safe code may call [`x4`] only if [`available`] returns true.
#![allow(unsafe_code)]

use super::rounds::{Block, kernel};
use std::arch::x86_64::*;

/// Whether this CPU and operating system have AVX2.
pub(super) fn available() -> bool {
    is_x86_feature_detected!("avx2")
}

#[inline]
#[target_feature(enable = "avx2")]
fn add(x: __m256i, y: __m256i) -> __m256i {
    _mm256_add_epi64(x, y)
}
#[inline]
#[target_feature(enable = "avx2")]
fn xor(x: __m256i, y: __m256i) -> __m256i {
    _mm256_xor_si256(x, y)
}
#[inline]
#[target_feature(enable = "avx2")]
fn splat(x: u64) -> __m256i {
    _mm256_set1_epi64x(x.cast_signed())
}
/// Rotates right by R; L must be 64 - R (a constant cannot be computed from another here).
#[inline]
#[target_feature(enable = "avx2")]
fn ror<const R: i32, const L: i32>(x: __m256i) -> __m256i {
    const { assert!(R + L == 64) };
    xor(_mm256_srli_epi64::<R>(x), _mm256_slli_epi64::<L>(x))
}
#[inline]
#[target_feature(enable = "avx2")]
fn big0(x: __m256i) -> __m256i {
    xor(xor(ror::<28, 36>(x), ror::<34, 30>(x)), ror::<39, 25>(x))
}
#[inline]
#[target_feature(enable = "avx2")]
fn big1(x: __m256i) -> __m256i {
    xor(xor(ror::<14, 50>(x), ror::<18, 46>(x)), ror::<41, 23>(x))
}
#[inline]
#[target_feature(enable = "avx2")]
fn small0(x: __m256i) -> __m256i {
    let by_one_byte =
        _mm256_set_epi64x(0x080f_0e0d_0c0b_0a09, 0x0007_0605_0403_0201, 0x080f_0e0d_0c0b_0a09, 0x0007_0605_0403_0201);
    xor(xor(ror::<1, 63>(x), _mm256_shuffle_epi8(x, by_one_byte)), _mm256_srli_epi64::<7>(x))
}
#[inline]
#[target_feature(enable = "avx2")]
fn small1(x: __m256i) -> __m256i {
    xor(xor(ror::<19, 45>(x), ror::<61, 3>(x)), _mm256_srli_epi64::<6>(x))
}
#[inline]
#[target_feature(enable = "avx2")]
fn ch(x: __m256i, y: __m256i, z: __m256i) -> __m256i {
    xor(_mm256_and_si256(x, xor(y, z)), z)
}
#[inline]
#[target_feature(enable = "avx2")]
fn maj(x: __m256i, y: __m256i, z: __m256i) -> __m256i {
    // The compiler reuses `y ^ z`: it is the `x ^ y` of the previous round.
    xor(_mm256_and_si256(xor(x, y), xor(y, z)), y)
}
#[inline]
#[target_feature(enable = "avx2")]
fn load_words(words: &[[u64; 4]; 8]) -> [__m256i; 8] {
    // SAFETY: each row is 32 bytes; unaligned read.
    std::array::from_fn(|i| unsafe { _mm256_loadu_si256(words[i].as_ptr().cast()) })
}
#[inline]
#[target_feature(enable = "avx2")]
fn store_words(words: &mut [[u64; 4]; 8], from: [__m256i; 8]) {
    for (row, vector) in words.iter_mut().zip(from) {
        // SAFETY: the row is 32 bytes; unaligned write.
        unsafe { _mm256_storeu_si256(row.as_mut_ptr().cast(), vector) };
    }
}

/// Loads the 16 words of one block of each of four lanes, in native byte order. Also used by the AVX-512 kernels.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn load_message(blocks: &[&Block; 4]) -> [__m256i; 16] {
    let swap = _mm256_set_epi32(
        0x0809_0a0b,
        0x0c0d_0e0f,
        0x0001_0203,
        0x0405_0607,
        0x0809_0a0b,
        0x0c0d_0e0f,
        0x0001_0203,
        0x0405_0607,
    );
    let mut w = [_mm256_setzero_si256(); 16];
    for four in 0..4 {
        // SAFETY: `four` < 4, so 32 bytes from `32 * four` are inside the block of 128; unaligned reads.
        let r: [__m256i; 4] =
            std::array::from_fn(|l| unsafe { _mm256_loadu_si256(blocks[l].as_ptr().add(32 * four).cast()) });
        let (even01, odd01) = (_mm256_unpacklo_epi64(r[0], r[1]), _mm256_unpackhi_epi64(r[0], r[1]));
        let (even23, odd23) = (_mm256_unpacklo_epi64(r[2], r[3]), _mm256_unpackhi_epi64(r[2], r[3]));
        w[4 * four] = _mm256_shuffle_epi8(_mm256_permute2x128_si256::<0x20>(even01, even23), swap);
        w[4 * four + 1] = _mm256_shuffle_epi8(_mm256_permute2x128_si256::<0x20>(odd01, odd23), swap);
        w[4 * four + 2] = _mm256_shuffle_epi8(_mm256_permute2x128_si256::<0x31>(even01, even23), swap);
        w[4 * four + 3] = _mm256_shuffle_epi8(_mm256_permute2x128_si256::<0x31>(odd01, odd23), swap);
    }
    w
}

kernel!(rounds, 4, __m256i, "avx2");

/// Hashes four messages of equal length into `words` (see `rounds::kernel`). Panics unless [`available`].
pub(super) fn x4(words: &mut [[u64; 4]; 8], data: &[&[Block]; 4]) {
    assert!(available());
    // SAFETY: the assertion above makes sure that the CPU has the instructions.
    unsafe { rounds(words, data) }
}
