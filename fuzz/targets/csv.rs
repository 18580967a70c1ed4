#![no_main]

use libfuzzer_sys::fuzz_target;
use spectrum_engine::Format;
use spectrum_fuzz::hold_runs_together;

fuzz_target!(|bytes: &[u8]| hold_runs_together(bytes, Format::CSV, Format::Ndjson));
