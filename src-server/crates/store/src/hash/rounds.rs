//! Constants of SHA-512, and the rounds that all SIMD kernels share.
//!
//! A kernel runs N independent messages in lockstep: each vector holds one word of each of them. The rounds are the
//! same for every width and instruction set, so they are defined once as a macro; the file that uses it provides the
//! vector type and a dozen one-line operations. It is a macro and not a generic function because `#[target_feature]`
//! must be on the function that the operations are inlined into.
//!
//! Source: FIPS 180-4, sections 4.1.3, 4.2.3, 5.3.5 and 6.4.2.

/// One block of the message.
pub(super) type Block = [u8; 128];

/// The hash value before the first block (FIPS 180-4 5.3.5).
#[rustfmt::skip]
pub(super) const INITIAL: [u64; 8] = [
    0x6a09_e667_f3bc_c908, 0xbb67_ae85_84ca_a73b, 0x3c6e_f372_fe94_f82b, 0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1, 0x9b05_688c_2b3e_6c1f, 0x1f83_d9ab_fb41_bd6b, 0x5be0_cd19_137e_2179,
];

/// The round constants (FIPS 180-4 4.2.3).
#[cfg(target_arch = "x86_64")]
#[rustfmt::skip]
pub(super) static K: [u64; 80] = [
    0x428a_2f98_d728_ae22, 0x7137_4491_23ef_65cd, 0xb5c0_fbcf_ec4d_3b2f, 0xe9b5_dba5_8189_dbbc,
    0x3956_c25b_f348_b538, 0x59f1_11f1_b605_d019, 0x923f_82a4_af19_4f9b, 0xab1c_5ed5_da6d_8118,
    0xd807_aa98_a303_0242, 0x1283_5b01_4570_6fbe, 0x2431_85be_4ee4_b28c, 0x550c_7dc3_d5ff_b4e2,
    0x72be_5d74_f27b_896f, 0x80de_b1fe_3b16_96b1, 0x9bdc_06a7_25c7_1235, 0xc19b_f174_cf69_2694,
    0xe49b_69c1_9ef1_4ad2, 0xefbe_4786_384f_25e3, 0x0fc1_9dc6_8b8c_d5b5, 0x240c_a1cc_77ac_9c65,
    0x2de9_2c6f_592b_0275, 0x4a74_84aa_6ea6_e483, 0x5cb0_a9dc_bd41_fbd4, 0x76f9_88da_8311_53b5,
    0x983e_5152_ee66_dfab, 0xa831_c66d_2db4_3210, 0xb003_27c8_98fb_213f, 0xbf59_7fc7_beef_0ee4,
    0xc6e0_0bf3_3da8_8fc2, 0xd5a7_9147_930a_a725, 0x06ca_6351_e003_826f, 0x1429_2967_0a0e_6e70,
    0x27b7_0a85_46d2_2ffc, 0x2e1b_2138_5c26_c926, 0x4d2c_6dfc_5ac4_2aed, 0x5338_0d13_9d95_b3df,
    0x650a_7354_8baf_63de, 0x766a_0abb_3c77_b2a8, 0x81c2_c92e_47ed_aee6, 0x9272_2c85_1482_353b,
    0xa2bf_e8a1_4cf1_0364, 0xa81a_664b_bc42_3001, 0xc24b_8b70_d0f8_9791, 0xc76c_51a3_0654_be30,
    0xd192_e819_d6ef_5218, 0xd699_0624_5565_a910, 0xf40e_3585_5771_202a, 0x106a_a070_32bb_d1b8,
    0x19a4_c116_b8d2_d0c8, 0x1e37_6c08_5141_ab53, 0x2748_774c_df8e_eb99, 0x34b0_bcb5_e19b_48a8,
    0x391c_0cb3_c5c9_5a63, 0x4ed8_aa4a_e341_8acb, 0x5b9c_ca4f_7763_e373, 0x682e_6ff3_d6b2_b8a3,
    0x748f_82ee_5def_b2fc, 0x78a5_636f_4317_2f60, 0x84c8_7814_a1f0_ab72, 0x8cc7_0208_1a64_39ec,
    0x90be_fffa_2363_1e28, 0xa450_6ceb_de82_bde9, 0xbef9_a3f7_b2c6_7915, 0xc671_78f2_e372_532b,
    0xca27_3ece_ea26_619c, 0xd186_b8c7_21c0_c207, 0xeada_7dd6_cde0_eb1e, 0xf57d_4f7f_ee6e_d178,
    0x06f0_67aa_7217_6fba, 0x0a63_7dc5_a2c8_98a6, 0x113f_9804_bef9_0dae, 0x1b71_0b35_131c_471b,
    0x28db_77f5_2304_7d84, 0x32ca_ab7b_40c7_2493, 0x3c9e_be0a_15c9_bebc, 0x431d_67c4_9c10_0d4c,
    0x4cc5_d4be_cb3e_42b6, 0x597f_299c_fc65_7e2a, 0x5fcb_6fab_3ad6_faec, 0x6c44_198c_4a47_5817,
];

/// Defines `fn $name(words, data)`, which hashes all blocks of `data`, lane by lane, into `words`.
///
/// `words[i][l]`: word `i` of the hash value of lane `l`. `data[l]`: the blocks of lane `l`; only as many as the
/// shortest lane has are hashed, so callers pass equal lengths. Must be in scope: `add`, `splat`, `big0`, `big1`,
/// `small0`, `small1`, `ch`, `maj`, `load_words`, `store_words` and `load_message`.
#[cfg(target_arch = "x86_64")]
#[rustfmt::skip] // it indents the innermost macro further with every run
macro_rules! kernel {
    ($name:ident, $lanes:literal, $vector:ty, $features:literal) => {
        #[target_feature(enable = $features)]
        pub(crate) fn $name(words: &mut [[u64; $lanes]; 8], data: &[&[$crate::hash::rounds::Block]; $lanes]) {
            let blocks = data.iter().map(|lane| lane.len()).min().unwrap_or(0);
            let mut value: [$vector; 8] = load_words(words);
            for block in 0..blocks {
                let mut w: [$vector; 16] = load_message(&std::array::from_fn(|lane| &data[lane][block]));
                let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = value;

                macro_rules! round {
                    ($a:ident $b:ident $c:ident $d:ident $e:ident $f:ident $g:ident $h:ident, $k:expr, $i:literal) => {
                        let fixed = add($h, add(w[$i], splat($k[$i])));
                        let t1 = add(add(fixed, ch($e, $f, $g)), big1($e));
                        $d = add($d, t1);
                        $h = add(t1, add(big0($a), maj($a, $b, $c)));
                    };
                }
                // The next word overwrites the one of 16 rounds ago, which is no longer needed.
                macro_rules! next {
                    ($i:literal) => {
                        w[$i] =
                            add(add(w[$i], w[($i + 9) % 16]), add(small0(w[($i + 1) % 16]), small1(w[($i + 14) % 16])));
                    };
                }
                macro_rules! sixteen {
                    ($k:expr, $each:ident) => {
                        $each!(0);  round!(a b c d e f g h, $k, 0);
                        $each!(1);  round!(h a b c d e f g, $k, 1);
                        $each!(2);  round!(g h a b c d e f, $k, 2);
                        $each!(3);  round!(f g h a b c d e, $k, 3);
                        $each!(4);  round!(e f g h a b c d, $k, 4);
                        $each!(5);  round!(d e f g h a b c, $k, 5);
                        $each!(6);  round!(c d e f g h a b, $k, 6);
                        $each!(7);  round!(b c d e f g h a, $k, 7);
                        $each!(8);  round!(a b c d e f g h, $k, 8);
                        $each!(9);  round!(h a b c d e f g, $k, 9);
                        $each!(10); round!(g h a b c d e f, $k, 10);
                        $each!(11); round!(f g h a b c d e, $k, 11);
                        $each!(12); round!(e f g h a b c d, $k, 12);
                        $each!(13); round!(d e f g h a b c, $k, 13);
                        $each!(14); round!(c d e f g h a b, $k, 14);
                        $each!(15); round!(b c d e f g h a, $k, 15);
                    };
                }
                macro_rules! keep {
                    ($i:literal) => {};
                }

                let (groups, _) = $crate::hash::rounds::K.as_chunks::<16>();
                sixteen!(groups[0], keep);
                for k in &groups[1..] {
                    sixteen!(k, next);
                }

                let end = [a, b, c, d, e, f, g, h];
                value = std::array::from_fn(|i| add(value[i], end[i]));
            }
            store_words(words, value);
        }
    };
}
#[cfg(target_arch = "x86_64")]
pub(super) use kernel;
