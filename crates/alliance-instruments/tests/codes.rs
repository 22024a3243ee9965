//! The registry of error codes holds every code of this crate.

#![allow(clippy::unwrap_used)]

use alliance_instruments::{Instrument, InstrumentError, instrument};

#[test]
fn every_code_is_registered() {
    let registry = include_str!("../../errors.toml");
    let errors = [
        Instrument::from_toml("not toml").unwrap_err(),
        Instrument::from_toml(
            &instrument("srs-client").unwrap().to_toml().unwrap().replace("max = 10.0", "max = -1.0"),
        )
        .unwrap_err(),
        instrument("no such form").unwrap_err(),
        instrument("wai-short").unwrap_err(),
    ];
    let codes: Vec<&str> = errors.iter().map(InstrumentError::code).collect();
    assert_eq!(codes, ["invalid-toml", "invalid-instrument", "unknown-instrument", "ambiguous-instrument"]);
    for code in codes {
        assert!(registry.contains(&format!("code = \"{code}\"")), "{code} is not registered");
    }
}
