//! The project's own chores: `cargo xtask test`, `cargo xtask bench`, `cargo xtask bless`,
//! `cargo xtask browser`, `cargo xtask conformance`, `cargo xtask dbt`, `cargo xtask delta`, `cargo xtask fuzz`,
//! `cargo xtask python`, `cargo xtask stores`.

use std::process::ExitCode;

use anyhow::{Result, bail};

mod bench;
mod bless;
mod browser;
mod conformance;
mod dbt;
mod delta;
mod fuzz;
mod python;
mod stores;
mod test;

fn main() -> ExitCode {
    match chore() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn chore() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("bench") => bench::run(&arguments[1..]),
        Some("bless") => bless::run(),
        Some("browser") => browser::run(&arguments[1..]),
        Some("stores") => stores::run(&arguments[1..]),
        Some("conformance") => conformance::run(&arguments[1..]),
        Some("dbt") => dbt::run(&arguments[1..]),
        Some("delta") => delta::run(&arguments[1..]),
        Some("fuzz") => fuzz::run(&arguments[1..]),
        Some("python") => python::run(&arguments[1..]),
        Some("test") => test::run(&arguments[1..]),
        _ => bail!(
            "cargo xtask test | bench | bless | browser | conformance | dbt | delta | fuzz | python | stores"
        ),
    }
}
