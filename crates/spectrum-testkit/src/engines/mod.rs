//! Engines of other people that really run: DuckDB, ClickHouse, DataFusion, Spark, each from its PyPI package in a
//! process of its own.
//!
//! They run SQL from outside, since this crate knows no dialect. A [`Worker`] holds one table, `events`,
//! and answers queries about it; `conformance/` has its other half.
//!
//! ```no_run
//! # use spectrum_testkit::{ColumnType, Case};
//! # fn casts(case: &Case) -> Vec<String> { Vec::new() }
//! # let case: Case = todo!();
//! use spectrum_testkit::engines::{Worker, python};
//!
//! let duckdb = Worker::start(&python()?, "duckdb_worker.py", &[])?;
//! duckdb.load(&case.columns, &case.batch(), &casts(&case))?;
//! for row in duckdb.query("SELECT event_id, 'a session' AS session_id FROM events", &["event_id", "session_id"])? {
//!     println!("{row:?}");
//! }
//! # Ok::<(), anyhow::Error>(())
//! ```

mod cluster;
mod python;
mod stores;
mod table;
mod worker;

pub use cluster::{ClusterOptions, SparkCluster};
pub use python::{
    Python, python, python_alone, python_to_build_wheels, python_with_dbt, python_with_deltalake,
    python_with_playwright, python_with_tables,
};
pub use stores::{node_with_azurite, python_with_moto};
pub use worker::Worker;
