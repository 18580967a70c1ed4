//! Sessions inside PostgreSQL: the original materialized views, deployed, kept fresh, and proved.
//!
//! A [`Deployment`] says what is to stand where, a [`Server`] how to reach the database. The functions here do one
//! thing each to it: [`deploy`], and what follows it.
//!
//! Everything is blocking, and a command does one thing at a time. What goes on in it, an observer hears as [`Event`]s. A
//! command of many transactions can be asked to end from another thread by a [`Stop`]; one that is a single transaction
//! ends when a [`Canceller`] ends its statement.

mod as_of;
mod bound;
mod catalog;
mod connect;
mod deploy;
mod deployment;
mod drop;
mod erase;
mod error;
mod export;
mod fit;
mod life;
mod limits;
mod load;
mod lock;
mod message;
mod names;
mod observer;
mod present;
mod record;
mod recorded_rule;
mod refresh;
mod relations;
mod remedy;
mod resolve;
mod role;
mod rule_columns;
mod status;
mod stop;
mod summary_casts;
mod swapped;
mod triggers;
mod verify;
mod wanted;

pub use connect::{Canceller, Connection, Server};
pub use deploy::{
    Change, Collision, DeployOptions, DeployReport, EventsFound, Plan, Stage, StageKind, Step, StepKind,
    Took, deploy, plan_deployment,
};
pub use deployment::{Deployment, DeploymentError, Mode};
pub use drop::{DropOptions, DropPlan, drop_deployment, plan_drop};
pub use erase::{EraseOptions, Erased, Receipt, erase, plan_erase, vacuum_erased};
pub use error::{PgError, Result, StatementError};
pub use export::{ExportError, Exported, export_events, find_deployment};
pub use life::{FoundLife, LifeChange, LifeStep, SessionFate, SessionLife, SessionShape, session_life};
pub use limits::Limits;
pub use load::{LoadBatch, LoadError, LoadOptions, LoadReport, OnConflict, load, load_sql};
pub use message::Message;
pub use names::Names;
pub use observer::Event;
pub use present::drift;
pub use refresh::{
    Method, Outcome, RefreshCounts, RefreshOptions, RefreshReport, Refreshed, Tick, refresh, refresh_every,
};
pub use remedy::{ColumnRole, Command, Remedy};
pub use resolve::{IdState, Resolved, ResolvedSession, resolve};
pub use spectrum_sql::postgres::OnDetach;
pub use status::{
    Locked, PastIds, PastRefresh, PastSummaries, Pending, RelationStatus, Status, status, status_within,
};
pub use stop::Stop;
pub use verify::{
    Check, CheckName, NotCompared, Repaired, Sample, SampleError, UnknownCheck, VerifyOptions, VerifyReport,
    repair, verify,
};
pub use wanted::{Wanted, WantedNames};
pub use {arrow_array, arrow_schema, postgres};
