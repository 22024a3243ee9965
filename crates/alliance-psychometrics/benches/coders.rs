//! Agreement of coders: 100 000 units. `tests/oracles/time_reliability.py` times krippendorff, statsmodels and pingouin.

#![allow(missing_docs, clippy::unwrap_used)]

use alliance_psychometrics::Bootstrap;
use alliance_psychometrics::Columns;
use alliance_psychometrics::coders::{CodedUnits, CoderOptions, Metric, Weights};
use alliance_psychometrics::icc::intraclass_correlations;
use alliance_statistics::Generator;
use divan::{Bencher, black_box, counter::ItemsCount};

fn main() {
    divan::main();
}

/// Codes 1 to 5 of the same units.
fn codes(coders: usize, units: usize) -> Vec<Vec<f64>> {
    let mut random = Generator::stream(1, 0);
    let truth: Vec<f64> = (0..units).map(|_| random.normal()).collect();
    (0..coders)
        .map(|_| {
            truth.iter().map(|level| (3.5 + level + 0.5 * random.normal()).floor().clamp(1.0, 5.0)).collect()
        })
        .collect()
}

fn table(columns: &[Vec<f64>]) -> Columns<'_> {
    Columns::new(&columns.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap()
}

#[divan::bench(args = [Metric::Nominal, Metric::Ordinal, Metric::Interval, Metric::Ratio])]
fn krippendorff_3_by_100_000(bencher: Bencher<'_, '_>, metric: Metric) {
    let columns = codes(3, 100_000);
    bencher.counter(ItemsCount::new(100_000_usize)).bench(|| {
        black_box(CodedUnits::new(&table(&columns)).krippendorff(metric, CoderOptions::default()).unwrap());
    });
}

#[divan::bench]
fn krippendorff_ordinal_of_decimals(bencher: Bencher<'_, '_>) {
    let columns: Vec<Vec<f64>> = {
        let mut random = Generator::stream(2, 0);
        codes(3, 100_000).iter().map(|c| c.iter().map(|code| code + random.normal()).collect()).collect()
    };
    bencher.bench(|| {
        black_box(
            CodedUnits::new(&table(&columns)).krippendorff(Metric::Ordinal, CoderOptions::default()).unwrap(),
        );
    });
}

#[divan::bench]
fn krippendorff_ordinal_2_000_replications_of_1_000_units(bencher: Bencher<'_, '_>) {
    let columns = codes(3, 1_000);
    let options = CoderOptions::default().with_bootstrap(Bootstrap::new(2_000, 1).unwrap());
    bencher.bench(|| {
        black_box(CodedUnits::new(&table(&columns)).krippendorff(Metric::Ordinal, options).unwrap())
    });
}

#[divan::bench]
fn weighted_kappa_100_000(bencher: Bencher<'_, '_>) {
    let columns = codes(2, 100_000);
    bencher.bench(|| {
        black_box(
            CodedUnits::new(&table(&columns))
                .kappa(0, 1, &Weights::Quadratic, CoderOptions::default())
                .unwrap(),
        );
    });
}

#[divan::bench]
fn gwet_fleiss_4_by_100_000(bencher: Bencher<'_, '_>) {
    let columns = codes(4, 100_000);
    bencher.bench(|| {
        let units = CodedUnits::new(&table(&columns));
        black_box(units.gwet(&Weights::Unweighted, CoderOptions::default()).unwrap());
        black_box(units.fleiss_kappa(CoderOptions::default()).unwrap());
    });
}

#[divan::bench]
fn six_intraclass_correlations_100_000_by_4(bencher: Bencher<'_, '_>) {
    let columns = codes(4, 100_000);
    bencher
        .counter(ItemsCount::new(100_000_usize))
        .bench(|| black_box(intraclass_correlations(&table(&columns), 0.95).unwrap()));
}
