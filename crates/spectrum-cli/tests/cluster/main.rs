//! `spectrum run --engine` on real engines: a Spark cluster of one master and two workers on loopback, DuckDB
//! and ClickHouse. `cargo xtask conformance --cluster` runs these; they need pyspark and Java, so the ordinary tests leave them out.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod bad;
mod clickhouse;
mod driver;
mod duckdb;
mod equal;
mod killed;
mod lifetime;
mod place;
mod programs;
mod rows;
mod ruled;
