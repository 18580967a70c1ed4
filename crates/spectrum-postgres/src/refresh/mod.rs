//! Refreshing materialized views: those of a deployment and those named beside them, each after what it reads. Where a
//! deployment is maintained incrementally, a function in the database refreshes its tables.
//!
//! Every view is a transaction of its own, so whatever happens, a view holds either what it held or what it reads
//! now. One refresher at a time works on a deployment; the advisory lock sees to that.

mod anew;
mod copies;
mod counts;
mod every;
mod log;
mod maintained;
mod method;
mod missed;
mod obstacles;
mod order;
mod privilege;
mod report;
mod view;
mod views;

use spectrum_sql::TableName;

use crate::catalog::{find, unlogged};
use crate::connect::{Canceller, Connection};
use crate::deployment::Deployment;
use crate::error::Result;
use crate::limits::Limits;
use crate::lock::{Busy, with_lock};
use crate::message::Message;
use crate::observer::Event;
use crate::stop::Stop;

pub use counts::RefreshCounts;
pub use every::{Tick, refresh_every};
pub(crate) use maintained::call_refresh;
pub use report::{Method, Outcome, RefreshReport, Refreshed};

use log::Log;
use order::{How, View};
use report::{maintained_with, now, skipped};
use views::Chosen;

/// What to refresh beside the deployment's own views, and how.
#[derive(Clone, Debug, Default)]
pub struct RefreshOptions {
    /// Views beside those that the deployment names.
    pub views: Vec<TableName>,
    /// A schema all of whose materialized views are refreshed.
    pub schema: Option<String>,
    /// Whether to leave out what the deployment names, so that only `views` and `schema` count.
    pub only: bool,
    /// Whether to refresh views plainly even where CONCURRENTLY would do. Maintained tables know neither.
    pub never_concurrently: bool,
    /// Whether to wait for another command on the same deployment.
    pub wait: bool,
    /// How long a view may wait for a lock, and its refresh may take.
    pub limits: Limits,
}

/// Refreshes the views, each after those it reads. A view that fails does not stop those that do not read it.
///
/// `observer` hears of every view when it begins and when it ends.
///
/// # Errors
/// When nothing could be tried: the server takes no writes, a named view is not there, another command holds
/// the lock ([`crate::PgError::Locked`]); or when the connection was lost on the way
/// ([`crate::PgError::Lost`]). Views that fail are in the report instead.
pub fn refresh(
    connection: &mut Connection,
    deployment: &Deployment,
    options: &RefreshOptions,
    stop: &Stop,
    observer: &mut dyn FnMut(Event<'_>),
) -> Result<RefreshReport> {
    let canceller = connection.canceller();
    let busy = if options.wait { Busy::Wait(stop) } else { Busy::Refuse };
    with_lock(connection, deployment, busy, observer, |client, observer| {
        Run { client, deployment, options, canceller, stop, observer }.all()
    })
}

/// One run under the lock.
struct Run<'a> {
    client: &'a mut Connection,
    deployment: &'a Deployment,
    options: &'a RefreshOptions,
    canceller: Canceller,
    stop: &'a Stop,
    observer: &'a mut dyn FnMut(Event<'_>),
}

impl Run<'_> {
    fn all(&mut self) -> Result<RefreshReport> {
        let chosen = views::chosen(self.client, self.deployment, self.options)?;
        let views = order::ordered(self.client, &chosen)?;
        let mut report = RefreshReport::default();
        let mut log = Log::open(self.client, self.deployment)?;
        for view in &views {
            let refreshed = match self.reason_to_skip(view, &views, &report) {
                Some(reason) => skipped(view, reason, now(self.client)?),
                None => self.one(view, &chosen, &report)?,
            };
            log.write(self.client, &refreshed)?;
            (self.observer)(Event::RefreshEnded(&refreshed));
            report.views.push(refreshed);
        }
        log.close(self.client)?;
        report.missed = missed::missed_by(self.client, self.deployment, &chosen)?;
        report.run_id = log.run_id();
        report.notes.extend(log.complaint().map(Message::from));
        if let Some(maintained) = &chosen.maintained
            && let Some(events) = find(&mut **self.client, &maintained.deployment.events)?
        {
            report.notes.extend(unlogged(&mut **self.client, events.oid)?.into_iter().map(Message::from));
        }
        report.interrupted = self.stop.is_requested();
        Ok(report)
    }

    fn one(&mut self, view: &View, chosen: &Chosen, report: &RefreshReport) -> Result<Refreshed> {
        let Self { client, options, canceller, stop, observer, .. } = self;
        match (view.how, &chosen.maintained, report.views.first()) {
            (How::Function, Some(maintained), _) => {
                let deployment = &maintained.deployment;
                let all = anew::Anew { view, deployment, options, stop, canceller };
                match all.refresh(client, *observer)? {
                    Some(refreshed) => Ok(refreshed),
                    None => maintained::refresh_maintained(
                        client, view, deployment, options, stop, canceller, *observer,
                    ),
                }
            }
            (How::Along, _, Some(sessions)) => Ok(maintained_with(sessions, view)),
            _ => view::refresh_view(client, view, options, stop, canceller, *observer),
        }
    }

    /// Why a view is not even tried: the run was stopped, or something that the view reads is not fresh.
    fn reason_to_skip(&self, view: &View, views: &[View], report: &RefreshReport) -> Option<String> {
        if self.stop.is_requested() {
            return Some("the run was stopped".into());
        }
        let read = |done: &&(&View, &Refreshed)| view.sources.contains(&done.0.oid);
        let done: Vec<(&View, &Refreshed)> = views.iter().zip(&report.views).collect();
        // What a view reads includes what those read, so the one that failed itself is always among them.
        let culprit = done.iter().filter(read).find(|(_, refreshed)| refreshed.outcome == Outcome::Failed);
        culprit.map(|(_, refreshed)| format!("it reads {}, which failed", refreshed.relation))
    }
}
