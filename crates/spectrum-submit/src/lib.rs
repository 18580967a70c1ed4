//! Runs a definition over files on an engine that the user has, where events outgrow one machine or lie somewhere else.
//!
//! [`run`] is the same for every engine: look at the columns, refuse those without a defined text, find the
//! sessions, write the events under a hidden name, count what was written, and only then give it its name. A
//! [`Runner`] does on its engine what it is asked: [`Spark`] talks with a script that the user's own
//! spark-submit runs, [`Local`] runs a program such as DuckDB's.
//!
//! Results and refusals do not depend on the engine. The SQL is [`spectrum_sql`]'s, for the types that the engine found.

mod apart;
mod column_types;
mod columns;
mod error;
mod find;
mod local;
mod options;
mod remedy;
mod rule_columns;
mod run;
mod runner;
mod spark;
mod statements;
mod told_columns;

pub use error::{AddedColumn, Log, Result, SubmitError};
pub use local::{Local, LocalEngine};
pub use options::Options;
pub use remedy::Remedy;
pub use run::{Report, run};
pub use runner::{Column, CsvOptions, Destination, Found, InputFormat, Inputs, Observer, Runner};
pub use spark::{Spark, SparkOptions};
