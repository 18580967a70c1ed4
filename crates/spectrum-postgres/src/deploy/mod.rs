//! `spectrum deploy`: the relations as the definition has them, made or exchanged while others read and write.

mod adopt;
mod build;
mod catch_up;
mod change;
mod data;
mod event_ids;
mod events_index;
mod exchange;
mod history;
mod identity;
mod kept;
mod lasting_ids;
mod logged;
mod materialized;
mod missing_indexes;
mod names;
mod noting;
mod parts;
mod patience;
mod plan;
mod pool;
mod refresh_function;
mod restore;
mod run;
mod schema;
mod stage;
mod stages;
mod standing;
mod views;

pub use change::Change;
pub use data::{Collision, EventsFound};
pub(crate) use data::{look_at, shared_ids};
pub(crate) use event_ids::{different, duplicates};
pub(crate) use patience::patiently;
pub use plan::Plan;
pub(crate) use refresh_function::being_built;
pub use stage::{Stage, StageKind, Step, StepKind, Took};

use crate::connect::Connection;
use crate::deployment::Deployment;
use crate::error::{Result, While};
use crate::limits::Limits;
use crate::lock::{Busy, with_lock};
use crate::observer::Event;
use crate::stop::Stop;
use crate::wanted::Wanted;

/// How a deployment is made.
#[derive(Clone, Debug, Default)]
pub struct DeployOptions {
    /// Whether views that Spectrum did not make, and that read a relation that is exchanged, go with it.
    pub cascade: bool,
    /// Whether an index on key and time is made where there is none.
    pub create_index: bool,
    /// On how many connections the tables of mode incremental are built; zero means one per processor of this
    /// machine, four at most.
    pub connections: usize,
    /// Why the relations are built anew though the existing ones are what is wanted; `None` leaves such ones
    /// as they are.
    pub rebuild: Option<String>,
    /// About how many events are a part of such a build; zero is a million.
    pub events_a_part: u64,
    /// What may be taken away from those who use the sessions, as [`Plan::takes`] has it; `None` allows everything.
    pub agreed: Option<Vec<String>>,
    /// Whether relations and functions without a comment that are what the definition gives are taken for Spectrum's own.
    pub adopt: bool,
    /// Whether to wait for another command on the same deployment.
    pub wait: bool,
    /// Whether the ids that sessions have are kept where the wanted ones last, whatever scheme gave them.
    pub keep_ids: bool,
    /// How long statements may wait and take.
    pub limits: Limits,
}

/// What a deployment came to.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DeployReport {
    /// What stands now: what was asked for, and what stood where nothing was said.
    pub deployment: Deployment,
    /// What was done.
    pub plan: Plan,
    /// What the events look like; `None` when nothing had to be done.
    pub events: Option<EventsFound>,
    /// Rows of the sessions relation.
    pub rows: u64,
    /// Sessions.
    pub sessions: u64,
    /// Event ids of different events, of which only the earliest was kept, with two examples.
    pub different: Option<String>,
    /// Ids that stand for more than one session, and two of these sessions.
    pub collision: Option<Collision>,
    /// The parts in which tables were built, and the connections on which; `None` when none were.
    pub parts: Option<(u64, usize)>,
    /// How long each step took, in order.
    pub took: Vec<Took>,
}

/// What a deployment would do. Nothing is changed.
///
/// # Errors
/// What [`deploy`] would refuse.
pub fn plan_deployment(
    connection: &mut Connection,
    wanted: impl Into<Wanted>,
    options: &DeployOptions,
) -> Result<Plan> {
    plan_locked(connection, wanted, options)
}

pub(crate) fn plan_locked(
    connection: &mut Connection,
    wanted: impl Into<Wanted>,
    options: &DeployOptions,
) -> Result<Plan> {
    plan::planned(connection, &wanted.into(), options).map(|(_, plan)| plan)
}

/// Makes the relations what they should be; settings that were not given stay as they are, or have their
/// defaults if there is no deployment. The observer hears what is being done, before it is done. A stop ends
/// it before its next statement, or while it waits.
///
/// Readers see the old relations until the new ones take their place, in one transaction. Materialized views are built in
/// that transaction, so a server or a client that goes away leaves things as they were. Tables are built in parts before
/// it, while what is written to the events is noted and then taken in; a server or a client that goes away leaves the parts
/// that are done, and the next deployment of the same definition goes on from there.
///
/// # Errors
/// [`PgError::Refused`](crate::PgError::Refused) for everything that does not fit, and for what would be taken away and was
/// not agreed to;
/// [`PgError::Locked`](crate::PgError::Locked) when another command holds the lock.
pub fn deploy(
    connection: &mut Connection,
    wanted: impl Into<Wanted>,
    options: &DeployOptions,
    stop: &Stop,
    observer: &mut dyn FnMut(Event<'_>),
) -> Result<DeployReport> {
    let wanted = wanted.into();
    let place = wanted.place()?;
    let busy = if options.wait { Busy::Wait(stop) } else { Busy::Refuse };
    with_lock(connection, &place, busy, observer, |connection, observer| {
        deploy_locked(connection, &wanted, options, stop, observer)
    })
}

/// [`deploy`] for who holds the lock. Settings are put back.
pub(crate) fn deploy_locked(
    connection: &mut Connection,
    wanted: &Wanted,
    options: &DeployOptions,
    stop: &Stop,
    observer: &mut dyn FnMut(Event<'_>),
) -> Result<DeployReport> {
    let done = run::deploy_locked(connection, wanted, options, stop, observer);
    let reset = "RESET lock_timeout; RESET statement_timeout;
        SELECT pg_catalog.set_config(name, reset_val, false) FROM pg_catalog.pg_settings
        WHERE name = 'client_connection_check_interval'";
    let reset = connection.batch_execute(reset).while_doing("putting settings back");
    done.and_then(|report| reset.map(|()| report))
}
