//! Sessions for files: Parquet, CSV and NDJSON in and out.
//!
//! [`Input::find`] finds files; [`run`] writes them with session ids, [`summarize`] says what their sessions
//! are like, [`explain`] why an event belongs to its session. All of them read the input on several threads,
//! stop when a [`Watch`] says so, and leave nothing half-written.
//!
//! ```
//! use spectrum_core::{IdScheme, SessionDefinition};
//! use spectrum_engine::{Input, InputOptions, RunOptions, Target, Watch, run};
//!
//! let folder = tempfile::tempdir()?;
//! let (events, out) = (folder.path().join("events.csv"), folder.path().join("out.csv"));
//! std::fs::write(&events, "who,at\nann,2026-01-01 10:00\nann,2026-01-01 10:30\nann,2026-01-01 11:01\n")?;
//!
//! let definition = SessionDefinition::builder().key(["who"]).time("at").id(IdScheme::Encoded).build()?;
//! let watch = Watch::default();
//! let input = Input::find(&[events.display().to_string()], &InputOptions::default(), &watch)?;
//! let mut options = RunOptions::new(Target::File(out.clone()));
//! options.with_sequence = true;
//! let report = run(&input, &definition, &options, &watch)?;
//!
//! assert_eq!((report.events, report.sessions), (3, 2));
//! let lines = std::fs::read_to_string(&out)?;
//! let numbers: Vec<_> = lines.lines().skip(1).map(|line| line.rsplit(',').next()).collect();
//! assert_eq!(numbers, [Some("1"), Some("1"), Some("2")]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod as_of;
mod attach;
mod check;
mod chunk_source;
mod column_names;
mod compare;
mod counted;
#[cfg(test)]
mod counting;
mod digest;
mod error;
mod event_id;
mod event_table;
mod explain;
mod format;
mod given_types;
mod input;
mod jobs;
mod labelled;
pub mod lake;
mod late;
mod null_keys;
mod null_times;
mod output;
mod parallel;
mod parquet_file;
mod periods;
mod remedy;
mod rows;
mod run;
mod run_options;
mod scan;
mod sessionize;
mod sessions_table;
mod state;
mod summary;
mod survey;
mod table;
mod text;
mod timestamps;
mod told;
mod typed_file;
mod usual_times;
mod watch;
mod write;

pub use as_of::{AsOf, AsOfError};
pub use check::{CheckOptions, Checked, check};
pub use compare::{CompareOptions, Compared, Comparison, Example, Fate, Place, SessionName, Side, compare};
pub use error::{
    AddedColumn, AddedColumnError, ColumnError, CompareError, EngineError, EventIdError, FoundFormat,
    GivenTypeError, InputError, KeyError, OutputError, ParquetFault, QuotingProblem, Result, RuleError,
    TextError, TimeError, ToldError,
};
pub use event_id::check_event_id;
pub use event_table::EventTable;
pub use explain::{
    AllowedGap, Ended, ExplainOptions, ExplainedEvent, Explanation, InSession, NearestMiss, Neighbour,
    NoSession, Standing, explain, nearest_miss,
};
pub use format::{Compression, Format, UnknownFormatName};
pub use input::{Input, InputOptions, InputsApart, TextOptions};
pub use lake::{LakeFile, LakeTable, TableVersion};
pub use late::{DELAY_BOUNDS, LateChanges, LateData, late_data};
pub use null_keys::NullKey;
pub use output::target::Target;
pub use periods::Period;
pub use remedy::Remedy;
pub use rows::{RowTime, RowTimes, Rows, read_rows, read_timed_rows};
pub use run::{RunReport, run};
pub use run_options::{NullTime, RunOptions};
pub use sessionize::{SessionizeOptions, SessionizedTable, sessionize};
pub use state::{
    EventInState, IdFate, LeftOutFile, NamedSession, NotRewritten, PlacedSession, SessionChanges,
    SessionInPlace, State, StateDescription, StateError, StateOptions, StateReport, StateVerified, TakenFile,
    run_with_state,
};
pub use summary::{
    Attribute, AttributeValues, DaySessions, Figures, Spread, Summary, SummaryOptions, Total, summarize,
};
pub use survey::{
    Bin, KeyFigures, OverTime, Pauses, PeriodFigures, Survey, SurveyOptions, Timeline, TimelineSession,
    survey,
};
pub use table::{ColumnType, UnknownColumnType};
pub use text::dialect::{Delimiter, Dialect, DialectOptions, Quote, UnusableDelimiter};
pub use text::encoding::{Encoding, UnknownEncoding};
pub use text::header_doubt::HeaderDoubt;
pub use text::time::{ExpectedTime, NotATimeFormat, NumberUnit, ReadTime, TimeFormat};
pub use usual_times::{UnusualTimes, UsualTimes, WrongUnit};
pub use watch::Watch;
pub use write::{TextOutput, WriteOptions, write_batches};

/// The versions of Arrow's crates whose types stand in signatures here.
pub use {arrow_array, arrow_schema};

/// Where files lie, and the store of those on this machine, which is what is meant unless another is named.
pub use spectrum_store as store;

/// What a check found, and what it counted for it.
pub use spectrum_check;

/// What the files that Spectrum writes say of their origin.
pub(crate) const CREATED_BY: &str = concat!("spectrum ", env!("CARGO_PKG_VERSION"));
