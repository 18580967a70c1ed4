//! Computing maintained sessions anew where that costs less than taking in what changed: when a partition goes and takes
//! the first events of most keys with it, nearly every session that stays gets another number, and with it another id.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::RefreshOptions;
use super::order::View;
use super::report::{Method, Outcome, Refreshed, now, now_after_cancel};
use crate::connect::{Canceller, Connection};
use crate::deploy::{DeployOptions, deploy_locked, plan_locked};
use crate::deployment::Deployment;
use crate::error::{PgError, Result, While};
use crate::fit::Fit;
use crate::message::message;
use crate::observer::Event;
use crate::present::Present;
use crate::role::Role;
use crate::stop::Stop;

/// Of fewer events what changed is taken in soon, however many it is.
const MANY_EVENTS: f32 = 100_000.0;
/// About so many sessions are looked at.
const SAMPLED: f64 = 2_000.0;
/// From this share of the events on. Giving all events of a table other ids took 4.8 times as long as building it
/// (docs/incremental.md, "Retention").
const SHARE: f64 = 0.25;

/// A refresh that may build everything anew.
pub(super) struct Anew<'a> {
    pub(super) view: &'a View,
    pub(super) deployment: &'a Deployment,
    pub(super) options: &'a RefreshOptions,
    pub(super) stop: &'a Stop,
    pub(super) canceller: &'a Canceller,
}

impl Anew<'_> {
    /// Builds the sessions beside those that stand and exchanges them, as a deployment does, if that is cheaper and this
    /// role may; otherwise `None`, and nothing is done.
    pub(super) fn refresh(
        &self,
        connection: &mut Connection,
        observer: &mut dyn FnMut(Event<'_>),
    ) -> Result<Option<Refreshed>> {
        let Some(why) = self.why(connection)? else { return Ok(None) };
        let stop = Stop::default();
        let options = DeployOptions {
            rebuild: Some(why.clone()),
            limits: self.options.limits,
            ..DeployOptions::default()
        };
        // A relation that reads the sessions and would have to go, or a missing right, is not a reason not to
        // refresh.
        match plan_locked(connection, self.deployment, &options) {
            Ok(_) => {}
            Err(PgError::Refused(_)) => return Ok(None),
            Err(error) => return Err(error),
        }
        let started_at = now(connection)?;
        observer(Event::RefreshBegun {
            relation: &self.view.name,
            method: Method::Incremental,
            reason: &why,
        });
        let done = self.passing_on(&stop, || {
            deploy_locked(connection, &self.deployment.into(), &options, &stop, &mut |_| ())
        });
        let (outcome, rows, error) = match done {
            Ok(report) => (Outcome::Ok, i64::try_from(report.rows).ok(), None),
            Err(error @ PgError::Lost { .. }) => return Err(error),
            Err(error) if self.stop.is_requested() => (Outcome::Cancelled, None, Some(error.message())),
            Err(error) => {
                (Outcome::Failed, None, Some(message![error.message(), "; spectrum deploy goes on with it"]))
            }
        };
        Ok(Some(Refreshed {
            relation: self.view.name.clone(),
            method: Some(Method::Incremental),
            reason: why,
            outcome,
            started_at,
            finished_at: now_after_cancel(connection)?,
            rows,
            counts: None,
            error,
            refused_copies: false,
        }))
    }

    /// Does something that ends when `stop` is requested, which it is when this run's own is.
    fn passing_on<T>(&self, stop: &Stop, work: impl FnOnce() -> T) -> T {
        let ended = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !ended.load(Ordering::Acquire) {
                    if self.stop.wait(Duration::from_millis(50)) {
                        return stop.request();
                    }
                }
            });
            let _running = self.stop.during(self.canceller.clone());
            let done = work();
            ended.store(true, Ordering::Release);
            done
        })
    }

    /// Why it is cheaper; `None` when it is not, or when that is not known.
    fn why(&self, connection: &mut Connection) -> Result<Option<String>> {
        let deployment = self.deployment;
        if deployment.keeps_events(true) || !deployment.definition.id().is_numbered() {
            return Ok(None);
        }
        let present = Present::find(&mut **connection, deployment)?;
        let (Some(summary), Some(partitions)) = (present.get(Role::Summary), present.get(Role::Partitions))
        else {
            return Ok(None);
        };
        let owns = connection
            .query_one(
                "SELECT pg_has_role(relowner, 'USAGE') FROM pg_catalog.pg_class WHERE oid = $1",
                &[&summary.oid],
            )
            .while_doing(format!("looking at {}", summary.name))?;
        if !owns.get::<_, bool>(0) || present.get(Role::Sessions).is_none_or(|found| found.rows < MANY_EVENTS)
        {
            return Ok(None);
        }
        let fit = match Fit::find(&mut **connection, deployment) {
            Ok(fit) => fit,
            Err(PgError::Refused(_)) => return Ok(None), // the refresh says why, better
            Err(error) => return Err(error),
        };
        let events = fit.query();
        let incremental = fit.incremental(&events);
        let gone = format!(
            "SELECT EXISTS (SELECT partition FROM {} EXCEPT SELECT partition FROM ({}) p)",
            partitions.name,
            incremental.partitions_query()
        );
        let row = connection.query_one(&gone, &[]).while_doing("looking for partitions that went")?;
        if !row.get::<_, bool>(0) {
            return Ok(None);
        }
        let percent = (100.0 * SAMPLED / f64::from(summary.rows.max(1.0))).min(100.0);
        let share = incremental.share_renumbered(percent);
        let row = connection.query_one(&share, &[]).while_doing(format!("sampling {}", summary.name))?;
        let share: f64 = row.get::<_, Option<f64>>(0).unwrap_or_default();
        Ok((share >= SHARE).then(|| {
            format!(
                "computed anew, because a partition went and about {:.0} % of the events were of keys that it began",
                100.0 * share
            )
        }))
    }
}
