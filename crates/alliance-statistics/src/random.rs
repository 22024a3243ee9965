//! Seeded random numbers that are the same on every platform.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

/// Distance between two uniform numbers: 2^-53.
const UNIFORM_STEP: f64 = 1.0 / (1_u64 << 53) as f64;
/// Distance between two numbers of the open unit interval: 2^-52.
const OPEN_STEP: f64 = 1.0 / (1_u64 << 52) as f64;

/// A stream of random numbers, given by a seed and the number of the stream.
///
/// The same seed and index give the same numbers on every platform, in every
/// build and in every later version of this crate: integers come from
/// xoshiro256++ (Blackman and Vigna 2021, ACM Trans Math Softw 47(4), 36), and
/// everything made of them uses the four operations and the square root, which
/// IEEE 754 fixes to the last bit, or `libm`, which is the same code everywhere.
/// Not for secrets.
///
/// Give each client a stream of their own, and it does not matter which thread draws them.
///
/// ```
/// use alliance_statistics::Generator;
///
/// let scores = |client: u64| {
///     let mut random = Generator::stream(20_260_101, client);
///     (0..16).map(|_| 5.5 + 0.3 * random.normal()).collect::<Vec<f64>>()
/// };
/// assert_eq!(scores(7), scores(7));
/// assert_ne!(scores(7), scores(8));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generator {
    bits: Xoshiro256PlusPlus,
}

impl Generator {
    /// Stream `index` of a seed.
    ///
    /// Word i of the state is output number `index` of the `SplitMix64` generator whose
    /// seed is output i of the `SplitMix64` generator with `seed` (Steele, Lea and Flood
    /// 2014, OOPSLA). Two streams share their 256 bits only if four words of 64 bits
    /// happen to agree.
    #[must_use]
    pub fn stream(seed: u64, index: u64) -> Self {
        let mut state = [0_u8; 32];
        for (word, place) in (0_u64..).zip(state.chunks_exact_mut(8)) {
            place.copy_from_slice(&split_mix(split_mix(seed, word), index).to_le_bytes());
        }
        Self { bits: Xoshiro256PlusPlus::from_seed(state) }
    }

    /// 64 random bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        self.bits.next_u64()
    }

    /// Uniform in [0, 1): a multiple of 2^-53.
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * UNIFORM_STEP
    }

    /// Uniform in (0, 1), never 0 or 1 and symmetric about one half.
    #[inline]
    fn open_uniform(&mut self) -> f64 {
        ((self.bits() >> 12) as f64 + 0.5) * OPEN_STEP
    }

    /// A whole number from 0 to `count - 1`, each equally likely; 0 if `count` is 0.
    ///
    /// Lemire 2019, ACM Transactions on Modeling and Computer Simulation 29(1), 3: the upper half of a product of
    /// 128 bits, drawn again in the rare case that would favour some numbers.
    #[inline]
    pub fn below(&mut self, count: usize) -> usize {
        let count = count as u64;
        let mut product = u128::from(self.bits()) * u128::from(count);
        if (product as u64) < count {
            let favoured = count.wrapping_neg() % count.max(1);
            while (product as u64) < favoured {
                product = u128::from(self.bits()) * u128::from(count);
            }
        }
        (product >> 64) as usize
    }

    /// Whether an event of this probability happens: never at 0 or below (or NaN), always at 1 or above.
    ///
    /// Draws one number whatever the probability, so that streams with different
    /// probabilities stay in step.
    #[inline]
    pub fn bernoulli(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// Standard normal: the [quantile](normal_quantile) of one uniform number, between -8.3 and 8.3.
    #[inline]
    pub fn normal(&mut self) -> f64 {
        normal_quantile(self.open_uniform())
    }

    /// Exponential with mean 1.
    #[inline]
    pub fn exponential(&mut self) -> f64 {
        -libm::log(self.open_uniform())
    }

    /// Gamma with this shape and scale 1: mean and variance are both `shape`. NaN unless `shape` is finite and above 0.
    ///
    /// Marsaglia and Tsang 2000, ACM Trans Math Softw 26(3), 363-372; below shape 1 a
    /// gamma of `shape + 1` times a power of a uniform number.
    pub fn gamma(&mut self, shape: f64) -> f64 {
        if !(shape > 0.0 && shape.is_finite()) {
            return f64::NAN;
        }
        if shape < 1.0 {
            let above_one = self.gamma(shape + 1.0);
            return above_one * libm::pow(self.open_uniform(), 1.0 / shape);
        }
        // d and 1 + c x of the paper.
        let centre = shape - 1.0 / 3.0;
        let slope = 1.0 / (9.0 * centre).sqrt();
        loop {
            let x = self.normal();
            let root = 1.0 + slope * x;
            if root <= 0.0 {
                continue;
            }
            let cube = root * root * root;
            let u = self.open_uniform();
            let squared = x * x;
            if u < 1.0 - 0.0331 * squared * squared
                || libm::log(u) < 0.5 * squared + centre * (1.0 - cube + libm::log(cube))
            {
                return centre * cube;
            }
        }
    }

    /// Student's t with `df` degrees of freedom: variance `df / (df - 2)` above 2, none below. NaN unless
    /// `df` is finite and above 0.
    ///
    /// A normal number over the root of a chi-square one divided by `df`.
    pub fn student_t(&mut self, df: f64) -> f64 {
        let normal = self.normal();
        // Below shape 1 a gamma number can be smaller than any double; the quotient is then the largest one.
        let mean_square = (self.gamma(df / 2.0) * 2.0 / df).max(f64::MIN_POSITIVE);
        if df > 0.0 && df.is_finite() { normal / mean_square.sqrt() } else { f64::NAN }
    }

    /// Puts the elements into random order, each order equally likely (Fisher and Yates).
    pub fn shuffle<T>(&mut self, elements: &mut [T]) {
        for last in (1..elements.len()).rev() {
            elements.swap(last, self.below(last + 1));
        }
    }

    /// The positions 0 to `count - 1` in random order.
    pub fn permutation(&mut self, count: usize) -> Vec<usize> {
        let mut positions: Vec<usize> = (0..count).collect();
        self.shuffle(&mut positions);
        positions
    }
}

/// Output number `index`, counted from 0, of the `SplitMix64` generator with this seed.
fn split_mix(seed: u64, index: u64) -> u64 {
    const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut z = seed.wrapping_add(GOLDEN.wrapping_mul(index.wrapping_add(1)));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Quantile of the standard normal distribution: the z with probability `p` below it.
///
/// Relative error about 1e-16 (Wichura 1988, algorithm AS 241, Applied Statistics 37(3),
/// 477-484). Minus infinity at 0, infinity at 1, NaN outside 0 to 1. The same bits on every platform.
///
/// ```
/// let z = alliance_statistics::normal_quantile(0.975);
/// assert!((z - 1.959_963_984_540_054).abs() < 1e-15);
/// ```
#[inline]
pub fn normal_quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        q * polynomial(&CENTRE_NUMERATOR, r) / polynomial(&CENTRE_DENOMINATOR, r)
    } else {
        tail_quantile(p, q)
    }
}

/// The 15 % of the probability in the tails.
fn tail_quantile(p: f64, q: f64) -> f64 {
    let outside = if q < 0.0 { p } else { 1.0 - p };
    if outside == 0.0 {
        return f64::INFINITY.copysign(q);
    }
    // The logarithm of a negative number is NaN, and stays it.
    let r = (-libm::log(outside)).sqrt();
    let z = if r <= 5.0 {
        polynomial(&TAIL_NUMERATOR, r - 1.6) / polynomial(&TAIL_DENOMINATOR, r - 1.6)
    } else {
        polynomial(&FAR_NUMERATOR, r - 5.0) / polynomial(&FAR_DENOMINATOR, r - 5.0)
    };
    if q < 0.0 { -z } else { z }
}

/// Horner's rule, highest power first.
#[inline]
fn polynomial(coefficients: &[f64; 8], x: f64) -> f64 {
    let [highest, rest @ ..] = coefficients;
    rest.iter().fold(*highest, |sum, coefficient| sum * x + coefficient)
}

// Coefficients of AS 241, highest power first, rounded to doubles.

const CENTRE_NUMERATOR: [f64; 8] = [
    2.509_080_928_730_122_7e3,
    3.343_057_558_358_813e4,
    6.726_577_092_700_87e4,
    4.592_195_393_154_987e4,
    1.373_169_376_550_946e4,
    1.971_590_950_306_551_3e3,
    1.331_416_678_917_843_8e2,
    3.387_132_872_796_366_5,
];
const CENTRE_DENOMINATOR: [f64; 8] = [
    5.226_495_278_852_854e3,
    2.872_908_573_572_194_3e4,
    3.930_789_580_009_271e4,
    2.121_379_430_158_659_7e4,
    5.394_196_021_424_751e3,
    6.871_870_074_920_579e2,
    4.231_333_070_160_091e1,
    1.0,
];
const TAIL_NUMERATOR: [f64; 8] = [
    7.745_450_142_783_414e-4,
    2.272_384_498_926_918_4e-2,
    2.417_807_251_774_506e-1,
    1.270_458_252_452_368_4,
    3.647_848_324_763_204_5,
    5.769_497_221_460_691,
    4.630_337_846_156_546,
    1.423_437_110_749_683_5,
];
const TAIL_DENOMINATOR: [f64; 8] = [
    1.050_750_071_644_416_9e-9,
    5.475_938_084_995_345e-4,
    1.519_866_656_361_645_7e-2,
    1.481_039_764_274_800_8e-1,
    6.897_673_349_851e-1,
    1.676_384_830_183_803_8,
    2.053_191_626_637_759,
    1.0,
];
const FAR_NUMERATOR: [f64; 8] = [
    2.010_334_399_292_288_1e-7,
    2.711_555_568_743_487_6e-5,
    1.242_660_947_388_078_4e-3,
    2.653_218_952_657_612_4e-2,
    2.965_605_718_285_048_7e-1,
    1.784_826_539_917_291_3,
    5.463_784_911_164_114,
    6.657_904_643_501_103,
];
const FAR_DENOMINATOR: [f64; 8] = [
    2.044_263_103_389_939_7e-15,
    1.421_511_758_316_446e-7,
    1.846_318_317_510_054_8e-5,
    7.868_691_311_456_133e-4,
    1.487_536_129_085_061_5e-2,
    1.369_298_809_227_358e-1,
    5.998_322_065_558_88e-1,
    1.0,
];
