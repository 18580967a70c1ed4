//! Sessions for files: Parquet, CSV and NDJSON in and out.
#![allow(dead_code, missing_docs)]
mod attach;
mod counted;
mod error;
mod explain;
mod format;
mod input;
mod labelled;
mod null_times;
mod output;
mod parallel;
mod run;
mod scan;
mod sessions_table;
mod summary;
mod table;
mod text;
mod watch;
mod write;
pub use error::{EngineError, Result};
pub use explain::{
    ExplainOptions, ExplainedEvent, Explanation, InSession, NearestMiss, Neighbour, explain, nearest_miss,
};
pub use format::{Compression, Format};
pub use input::{Input, InputOptions, TextOptions};
pub use output::place::Target;
pub use run::{NullTime, RunOptions, RunReport, run};
pub use summary::{DaySessions, Figures, Spread, Summary, SummaryOptions, summarize};
pub use watch::Watch;
pub use write::write_batches;

/// What the files that Spectrum writes say of their origin.
pub(crate) const CREATED_BY: &str = concat!("spectrum ", env!("CARGO_PKG_VERSION"));
