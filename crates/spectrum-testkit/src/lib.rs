//! What Spectrum's tests are built on: the cases, the trait by which an engine runs them, and a
//! private PostgreSQL that says what the reference SQL says, and what rules beyond the gap mean.
//!
//! The contract is `cases/*.toml` (their format and the id schemes: `cases/README.md`). An engine
//! meets it by implementing [`Engine`] and calling [`check_all`] in one test:
//!
//! ```no_run
//! use spectrum_testkit::{Case, Engine, Labelled, check_all};
//!
//! struct Mine;
//!
//! impl Engine for Mine {
//!     fn name(&self) -> &str {
//!         "mine"
//!     }
//!     fn unsupported(&self, case: &Case) -> Option<String> {
//!         case.definition.gap.ends_with("ns").then(|| "gaps below a microsecond".to_owned())
//!     }
//!     fn run(&self, case: &Case) -> Result<Vec<Labelled>, String> {
//!         let events = case.batch();
//!         todo!("label {} events by {:?}", events.num_rows(), case.definition)
//!     }
//! }
//!
//! println!("{}", check_all(&Mine)?);
//! # Ok::<(), spectrum_testkit::Failures>(())
//! ```
//!
//! This crate depends on no other spectrum crate: a judge must not share code with what it judges.

mod attributes;
mod batch;
mod case;
mod check;
mod column;
mod engine;
pub mod engines;
mod history;
mod load;
pub mod postgres;
mod rules;
mod some_rules;
mod some_summary;
mod summary;
mod time;

pub use attributes::{ATTRIBUTES, attributes_agree};
pub use case::{Case, Definition, Event, Expected, NullTime, Scheme};
pub use check::{Failures, Summary, check_all, check_cases};
pub use column::{Column, ColumnType, TimeUnit};
pub use engine::{Engine, Labelled};
pub use history::{Happens, History, HistorySession, Run, all_histories};
pub use load::{CaseFile, Placed, all_cases, case_files, read_case_file};
pub use postgres::{PostgresEngine, PrivatePooler, PrivatePostgres, ServerOptions, ToldOf};
pub use rules::{GapWhen, REASONS, Rules};
pub use some_rules::SomeRules;
pub use some_summary::{Holds, some_summary};
pub use summary::{SummaryText, Told, ToldColumn};
