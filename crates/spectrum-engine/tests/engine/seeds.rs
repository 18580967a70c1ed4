//! The seeds of the fuzz targets, and whatever these ever found, hold without a fuzzer too.

use std::fs;
use std::path::PathBuf;

use spectrum_engine::Format;

use self::runs::hold_runs_together;

// The very code that the fuzz targets run, so that it does not rot between two times of fuzzing.
#[path = "../../../../fuzz/targets/runs.rs"]
#[allow(unreachable_pub, reason = "it is a crate of its own for the targets")]
mod runs;

#[test]
fn seeds_of_csv() {
    assert!(held("csv", Format::CSV, Format::Ndjson) >= 5);
}

#[test]
fn seeds_of_ndjson() {
    assert!(held("ndjson", Format::Ndjson, Format::Parquet) >= 3);
}

#[test]
fn seeds_of_parquet() {
    assert!(held("parquet", Format::Parquet, Format::Ndjson) >= 5);
}

/// How many seeds there were; the first that does not hold fails the test.
fn held(target: &str, format: Format, other: Format) -> usize {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
    let mut seeds: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    seeds.sort();
    for seed in &seeds {
        println!("{}", seed.display());
        hold_runs_together(&fs::read(seed).unwrap(), format, other);
    }
    seeds.len()
}
