//! One message at a time, on every machine: the block function of `sha2`, which selects AVX2 or the ARMv8.2
//! instructions itself.

use super::rounds::Block;

/// Hashes `blocks` into `words`.
pub(super) fn x1(words: &mut [u64; 8], blocks: &[Block]) {
    sha2::block_api::compress512(words, blocks);
}
