//! SHA-512 of 2, 4 or 8 messages side by side with AVX-512: native 64-bit rotates and three-input logic.
//!
//! The narrow widths use the same instructions on shorter registers (AVX-512VL), for fewer messages. Safe code may call
//! [`x2`], [`x4`] and [`x8`] only if [`available`] returns true.
#![allow(unsafe_code)]

use super::rounds::{Block, kernel};
use std::arch::x86_64::*;

/// Whether this CPU and operating system have all features that these kernels and `avx512_one` use.
pub(super) fn available() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
}

/// Defines the operations that differ between the widths only in the intrinsic's prefix.
macro_rules! operations {
    ($v:ty, $add:ident, $ror:ident, $shr:ident, $logic:ident, $set:ident) => {
        #[inline]
        #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
        fn add(x: $v, y: $v) -> $v {
            $add(x, y)
        }
        #[inline]
        #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
        fn splat(x: u64) -> $v {
            $set(x.cast_signed())
        }
        #[inline]
        #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
        fn big0(x: $v) -> $v {
            $logic::<XOR3>($ror::<28>(x), $ror::<34>(x), $ror::<39>(x))
        }
        #[inline]
        #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
        fn big1(x: $v) -> $v {
            $logic::<XOR3>($ror::<14>(x), $ror::<18>(x), $ror::<41>(x))
        }
        #[inline]
        #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
        fn small0(x: $v) -> $v {
            $logic::<XOR3>($ror::<1>(x), $ror::<8>(x), $shr::<7>(x))
        }
        #[inline]
        #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
        fn small1(x: $v) -> $v {
            $logic::<XOR3>($ror::<19>(x), $ror::<61>(x), $shr::<6>(x))
        }
        #[inline]
        #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
        fn ch(x: $v, y: $v, z: $v) -> $v {
            $logic::<CHOOSE>(x, y, z)
        }
        #[inline]
        #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
        fn maj(x: $v, y: $v, z: $v) -> $v {
            $logic::<MAJORITY>(x, y, z)
        }
    };
}

/// Truth tables of the ternary logic: bit `4x + 2y + z` is the result for the bits x, y, z.
const XOR3: i32 = 0x96;
const CHOOSE: i32 = 0xca;
const MAJORITY: i32 = 0xe8;

mod eight {
    use super::*;
    operations!(
        __m512i,
        _mm512_add_epi64,
        _mm512_ror_epi64,
        _mm512_srli_epi64,
        _mm512_ternarylogic_epi64,
        _mm512_set1_epi64
    );

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    fn load_words(words: &[[u64; 8]; 8]) -> [__m512i; 8] {
        // SAFETY: each row is 64 bytes; unaligned read.
        std::array::from_fn(|i| unsafe { _mm512_loadu_si512(words[i].as_ptr().cast()) })
    }
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    fn store_words(words: &mut [[u64; 8]; 8], from: [__m512i; 8]) {
        for (row, vector) in words.iter_mut().zip(from) {
            // SAFETY: the row is 64 bytes; unaligned write.
            unsafe { _mm512_storeu_si512(row.as_mut_ptr().cast(), vector) };
        }
    }
    /// Transposes eight words of eight lanes: rows of lanes in, rows of words out.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    fn transpose(r: [__m512i; 8]) -> [__m512i; 8] {
        // Pairs words of neighbouring lanes, then transposes the 128-bit quarters.
        let even: [__m512i; 4] = std::array::from_fn(|i| _mm512_unpacklo_epi64(r[2 * i], r[2 * i + 1]));
        let odd: [__m512i; 4] = std::array::from_fn(|i| _mm512_unpackhi_epi64(r[2 * i], r[2 * i + 1]));
        let [e0, e2, e4, e6] = quarters(even);
        let [o0, o2, o4, o6] = quarters(odd);
        [e0, o0, e2, o2, e4, o4, e6, o6]
    }
    /// Transposes a 4x4 matrix of 128-bit quarters.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    fn quarters(p: [__m512i; 4]) -> [__m512i; 4] {
        let low01 = _mm512_shuffle_i64x2::<0x44>(p[0], p[1]);
        let high01 = _mm512_shuffle_i64x2::<0xee>(p[0], p[1]);
        let low23 = _mm512_shuffle_i64x2::<0x44>(p[2], p[3]);
        let high23 = _mm512_shuffle_i64x2::<0xee>(p[2], p[3]);
        [
            _mm512_shuffle_i64x2::<0x88>(low01, low23),
            _mm512_shuffle_i64x2::<0xdd>(low01, low23),
            _mm512_shuffle_i64x2::<0x88>(high01, high23),
            _mm512_shuffle_i64x2::<0xdd>(high01, high23),
        ]
    }
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    fn load_message(blocks: &[&Block; 8]) -> [__m512i; 16] {
        let swap = _mm512_set4_epi32(0x0809_0a0b, 0x0c0d_0e0f, 0x0001_0203, 0x0405_0607);
        // SAFETY: both halves of a block of 128 bytes; unaligned reads.
        let low = std::array::from_fn(|l| unsafe { _mm512_loadu_si512(blocks[l].as_ptr().cast()) });
        let high = std::array::from_fn(|l| unsafe { _mm512_loadu_si512(blocks[l].as_ptr().add(64).cast()) });
        let (low, high) = (transpose(low), transpose(high));
        std::array::from_fn(|i| _mm512_shuffle_epi8(if i < 8 { low[i] } else { high[i - 8] }, swap))
    }
    kernel!(rounds, 8, __m512i, "avx512f,avx512bw,avx512vl");
}

mod four {
    use super::super::avx2::load_message;
    use super::*;
    operations!(
        __m256i,
        _mm256_add_epi64,
        _mm256_ror_epi64,
        _mm256_srli_epi64,
        _mm256_ternarylogic_epi64,
        _mm256_set1_epi64x
    );

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    fn load_words(words: &[[u64; 4]; 8]) -> [__m256i; 8] {
        // SAFETY: each row is 32 bytes; unaligned read.
        std::array::from_fn(|i| unsafe { _mm256_loadu_si256(words[i].as_ptr().cast()) })
    }
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    fn store_words(words: &mut [[u64; 4]; 8], from: [__m256i; 8]) {
        for (row, vector) in words.iter_mut().zip(from) {
            // SAFETY: the row is 32 bytes; unaligned write.
            unsafe { _mm256_storeu_si256(row.as_mut_ptr().cast(), vector) };
        }
    }
    kernel!(rounds, 4, __m256i, "avx512f,avx512bw,avx512vl");
}

mod two {
    use super::*;
    operations!(__m128i, _mm_add_epi64, _mm_ror_epi64, _mm_srli_epi64, _mm_ternarylogic_epi64, _mm_set1_epi64x);

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    fn load_words(words: &[[u64; 2]; 8]) -> [__m128i; 8] {
        // SAFETY: each row is 16 bytes; unaligned read.
        std::array::from_fn(|i| unsafe { _mm_loadu_si128(words[i].as_ptr().cast()) })
    }
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    fn store_words(words: &mut [[u64; 2]; 8], from: [__m128i; 8]) {
        for (row, vector) in words.iter_mut().zip(from) {
            // SAFETY: the row is 16 bytes; unaligned write.
            unsafe { _mm_storeu_si128(row.as_mut_ptr().cast(), vector) };
        }
    }
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    fn load_message(blocks: &[&Block; 2]) -> [__m128i; 16] {
        let swap = _mm_set_epi32(0x0809_0a0b, 0x0c0d_0e0f, 0x0001_0203, 0x0405_0607);
        let mut w = [_mm_setzero_si128(); 16];
        for pair in 0..8 {
            // SAFETY: `pair` < 8, so 16 bytes from `16 * pair` are inside the block of 128; unaligned reads.
            let [x, y] = std::array::from_fn(|l| unsafe { _mm_loadu_si128(blocks[l].as_ptr().add(16 * pair).cast()) });
            w[2 * pair] = _mm_shuffle_epi8(_mm_unpacklo_epi64(x, y), swap);
            w[2 * pair + 1] = _mm_shuffle_epi8(_mm_unpackhi_epi64(x, y), swap);
        }
        w
    }
    kernel!(rounds, 2, __m128i, "avx512f,avx512bw,avx512vl");
}

/// Hashes eight messages of equal length into `words` (see `rounds::kernel`). Panics unless [`available`].
pub(super) fn x8(words: &mut [[u64; 8]; 8], data: &[&[Block]; 8]) {
    assert!(available());
    // SAFETY: the assertion above makes sure that the CPU has the instructions.
    unsafe { eight::rounds(words, data) }
}

/// Hashes four messages of equal length into `words`. Panics unless [`available`].
pub(super) fn x4(words: &mut [[u64; 4]; 8], data: &[&[Block]; 4]) {
    assert!(available());
    // SAFETY: as in `x8`.
    unsafe { four::rounds(words, data) }
}

/// Hashes two messages of equal length into `words`. Panics unless [`available`].
pub(super) fn x2(words: &mut [[u64; 2]; 8], data: &[&[Block]; 2]) {
    assert!(available());
    // SAFETY: as in `x8`.
    unsafe { two::rounds(words, data) }
}
