//! Loops compiled twice: for any processor, and for those with vectors of 256 bits.

#![allow(clippy::inline_always)] // See `Scan`.

use pulp::{Arch, NullaryFnOnce};

/// A loop over columns. `run` and what it calls must be `#[inline(always)]`, or it stays compiled for any processor.
///
/// Neither version fuses a product with a sum, and sums are kept apart by hand: both give the same bits.
pub(crate) trait Scan {
    type Found;

    fn run(self) -> Self::Found;
}

struct Vectorized<S>(S);

impl<S: Scan> NullaryFnOnce for Vectorized<S> {
    type Output = S::Found;

    #[inline(always)]
    fn call(self) -> S::Found {
        self.0.run()
    }
}

/// Runs a loop in the widest version this processor has.
pub(crate) fn scan<S: Scan>(scan: S) -> S::Found {
    Arch::new().dispatch(Vectorized(scan))
}
