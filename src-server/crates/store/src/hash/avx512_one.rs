//! SHA-512 of one message: the message schedule in vector registers, two words at a time, the rounds in general
//! registers.
//!
//! The two halves use different execution units, so they overlap. The block function of `sha2` has no AVX-512 version.
//! Safe code may call [`x1`] only if `avx512::available` returns true.
#![allow(unsafe_code)]

use super::rounds::{Block, K};
use std::arch::x86_64::*;

/// Returns the next two words of the schedule, from the eight pairs before them (oldest first).
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,bmi1,bmi2")]
fn next(w: &[__m128i; 8], i: usize) -> __m128i {
    const XOR3: i32 = 0x96;
    let at = |n: usize| w[(i + n) % 8];
    let w1 = _mm_alignr_epi8::<8>(at(1), at(0));
    let w9 = _mm_alignr_epi8::<8>(at(5), at(4));
    let w14 = at(7);
    let s0 = _mm_ternarylogic_epi64::<XOR3>(_mm_ror_epi64::<1>(w1), _mm_ror_epi64::<8>(w1), _mm_srli_epi64::<7>(w1));
    let s1 =
        _mm_ternarylogic_epi64::<XOR3>(_mm_ror_epi64::<19>(w14), _mm_ror_epi64::<61>(w14), _mm_srli_epi64::<6>(w14));
    _mm_add_epi64(_mm_add_epi64(at(0), w9), _mm_add_epi64(s0, s1))
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,bmi1,bmi2")]
fn rounds(words: &mut [u64; 8], blocks: &[Block]) {
    #[repr(align(64))]
    struct Sums([u64; 16]);
    let swap = _mm_set_epi32(0x0809_0a0b, 0x0c0d_0e0f, 0x0001_0203, 0x0405_0607);
    let mut sums = Sums([0; 16]);
    for block in blocks {
        let mut w = [_mm_setzero_si128(); 8];
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *words;
        macro_rules! store {
            ($k:expr, $i:literal) => {
                // SAFETY: pair $i of 16 words, on both sides; unaligned access.
                unsafe {
                    let k = _mm_loadu_si128($k.as_ptr().add(2 * $i).cast());
                    _mm_storeu_si128(sums.0.as_mut_ptr().add(2 * $i).cast(), _mm_add_epi64(w[$i], k));
                }
            };
        }
        macro_rules! round {
            ($a:ident $b:ident $c:ident $d:ident $e:ident $f:ident $g:ident $h:ident, $i:expr) => {
                $h = $h.wrapping_add(sums.0[$i]);
                let big1 = $e.rotate_right(14) ^ $e.rotate_right(18) ^ $e.rotate_right(41);
                $h = $h.wrapping_add(($e & $f).wrapping_add(!$e & $g)).wrapping_add(big1);
                $d = $d.wrapping_add($h);
                let big0 = $a.rotate_right(28) ^ $a.rotate_right(34) ^ $a.rotate_right(39);
                $h = $h.wrapping_add((($a ^ $b) & ($b ^ $c)) ^ $b).wrapping_add(big0);
            };
        }
        macro_rules! four {
            ($then:ident, $k:expr, $i:literal, $j:literal, $a:ident $b:ident $c:ident $d:ident $e:ident $f:ident $g:ident $h:ident) => {
                round!($a $b $c $d $e $f $g $h, 2 * $i);
                round!($h $a $b $c $d $e $f $g, 2 * $i + 1);
                $then!($k, $i);
                round!($g $h $a $b $c $d $e $f, 2 * $j);
                round!($f $g $h $a $b $c $d $e, 2 * $j + 1);
                $then!($k, $j);
            };
        }
        macro_rules! sixteen {
            ($then:ident, $k:expr) => {
                // Forces the sums through memory. Otherwise the compiler moves each sum between the register files,
                // which is slower.
                std::hint::black_box(&mut sums);
                four!($then, $k, 0, 1, a b c d e f g h);
                four!($then, $k, 2, 3, e f g h a b c d);
                four!($then, $k, 4, 5, a b c d e f g h);
                four!($then, $k, 6, 7, e f g h a b c d);
            };
        }
        // Each pair of words is replaced by the pair of 16 rounds later as soon as its rounds are done.
        macro_rules! replace {
            ($k:expr, $i:literal) => {
                w[$i] = next(&w, $i);
                store!($k, $i);
            };
        }
        macro_rules! nothing {
            ($k:expr, $i:literal) => {};
        }
        let (k, _) = K.as_chunks::<16>();
        macro_rules! load {
            ($i:literal) => {
                // SAFETY: 16 of the 128 bytes of the block; unaligned read.
                w[$i] = _mm_shuffle_epi8(unsafe { _mm_loadu_si128(block.as_ptr().add(16 * $i).cast()) }, swap);
                store!(k[0], $i);
            };
        }
        load!(0);
        load!(1);
        load!(2);
        load!(3);
        load!(4);
        load!(5);
        load!(6);
        load!(7);
        for k in &k[1..] {
            sixteen!(replace, k);
        }
        sixteen!(nothing, k);
        for (word, end) in words.iter_mut().zip([a, b, c, d, e, f, g, h]) {
            *word = word.wrapping_add(end);
        }
    }
}

/// Hashes `blocks` into `words`. Panics unless `avx512::available`.
pub(super) fn x1(words: &mut [u64; 8], blocks: &[Block]) {
    assert!(super::avx512::available());
    // SAFETY: the assertion above makes sure that the CPU has the instructions.
    unsafe { rounds(words, blocks) }
}
