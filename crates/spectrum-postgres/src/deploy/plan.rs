//! What a deployment has to do, decided before anything is done.

use postgres::{Client, GenericClient};
use spectrum_sql::TableName;

use super::adopt::{Adoption, adoption};
use super::change::{Change, change, takes};
use super::events_index::events_index;
use super::missing_indexes::{missing_indexes, missing_log_indexes};
use super::restore::{Restoration, missing_refresh_function, restoration};
use super::stage::{Stage, StageKind};
use super::standing::Standing;
use super::views::{VIEWS, plain_view};
use super::{DeployOptions, exchange, history, identity, kept, lasting_ids, parts, stages};
use crate::as_of::AsOf;
use crate::bound::foreign_bindings;
use crate::catalog::changed_columns;
use crate::deployment::Mode;
use crate::error::{PgError, Result, While};
use crate::fit::Fit;
use crate::message::{Message, message};
use crate::present::{Present, settled};
use crate::record::Record;
use crate::relations::name_of;
use crate::remedy::Remedy;
use crate::role::Role;
use crate::swapped::Source;
use crate::triggers::{Triggers, obstacles};
use crate::wanted::Wanted;

/// What there is to do.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Plan {
    /// How what is there relates to what is wanted.
    pub change: Change,
    /// What is done, one stage after another; nothing when nothing is to be done.
    pub stages: Vec<Stage>,
    /// What is taken away from those who use the sessions, each with what changes, as in `gap 30m is now 5m, which
    /// changes ids of sessions`.
    pub takes: Vec<String>,
    /// What the user should know.
    pub notes: Vec<Message>,
}

impl Plan {
    /// Whether the sessions are built.
    pub fn builds(&self) -> bool {
        matches!(self.change, Change::New | Change::Exchanged(_))
    }

    /// Refuses what takes more away than was agreed to; `None` is everything.
    ///
    /// # Errors
    /// [`PgError::Refused`] with all of it.
    pub(super) fn refuse_unless_agreed(&self, agreed: Option<&[String]>) -> Result<()> {
        let Some(agreed) = agreed else { return Ok(()) };
        if self.takes.iter().all(|what| agreed.contains(what)) {
            return Ok(());
        }
        Err(PgError::refused(message![
            format!("{}\nnothing was changed; say ", self.takes.join("\n")),
            Remedy::Agree,
            " if that is meant, or leave out what asks for it: what neither a flag nor a definition file says stays as it is"
        ]))
    }
}

/// The deployment that is wanted, bound to its events, and what there is to do.
pub(super) fn planned(client: &mut Client, wanted: &Wanted, options: &DeployOptions) -> Result<(Fit, Plan)> {
    if !options.adopt {
        return planned_of(client, wanted, options);
    }
    // The remaining work is found once it is signed, in a transaction that is rolled back.
    let mut transaction = client.transaction().while_doing("beginning a transaction")?;
    let Adoption { adopted, steps } = adoption(&mut transaction, wanted)?;
    for step in &steps {
        transaction.batch_execute(&step.sql).while_doing(&step.does)?;
    }
    let (fit, mut plan) = planned_of(&mut transaction, wanted, options)?;
    transaction.rollback().while_doing("rolling back")?;
    if steps.is_empty() {
        plan.notes.push("there was nothing to adopt: what stands here has its comments".into());
    } else {
        plan.notes
            .push(format!("adopted {}; spectrum verify compares their rows", adopted.join(", ")).into());
        if plan.change == Change::Unchanged {
            plan.change = Change::Completed;
        }
    }
    plan.stages.splice(0..0, Stage::of(StageKind::Together, steps));
    Ok((fit, plan))
}

fn planned_of(
    client: &mut impl GenericClient,
    wanted: &Wanted,
    options: &DeployOptions,
) -> Result<(Fit, Plan)> {
    let deployment = settled(client, wanted)?;
    let fit = Fit::find(client, &deployment)?;
    let mut plan = plan(client, &fit, options)?;
    let left = wanted.left_standing(&deployment);
    if !left.is_empty() {
        let (stay, them) =
            if left.len() == 1 { ("stays as it was", "it") } else { ("stay as they were", "them") };
        let words = "the word none turns a rule off, and [summary.columns] without columns what is told";
        plan.notes.push(
            format!("{} {stay} deployed, because nothing was said of {them} now; {words}", left.join(", "))
                .into(),
        );
    }
    Ok((fit, plan))
}

fn plan(client: &mut impl GenericClient, fit: &Fit, options: &DeployOptions) -> Result<Plan> {
    let incremental = fit.deployment.mode == Mode::Incremental;
    let present = Present::find(client, &fit.deployment)?;
    let triggers = Triggers::find(client, &fit.deployment)?;
    if incremental {
        triggers.refuse_foreign()?;
        if history::is_kept(fit) {
            AsOf::find(client, &fit.deployment)?.refuse_foreign()?;
        }
    }
    let standing = Standing { present, triggers };
    let index = events_index(client, fit, options.create_index)?;
    if incremental {
        let missing = index.note.iter();
        let missing = missing.map(|note| message![note.clone(), "; mode incremental cannot do without it"]);
        let obstacles: Vec<Message> = obstacles(client, fit)?.into_iter().chain(missing).collect();
        if !obstacles.is_empty() {
            return Err(PgError::refused(Message::joined(obstacles, "\n")));
        }
    }
    let mut notes: Vec<Message> = index.note.into_iter().collect();
    // The existing deployment may be in another mode than the wanted one, where other things show what it is
    // made of.
    let recorded = standing.present.recorded().and_then(Record::deployment);
    let recorded = recorded.as_ref().unwrap_or(&fit.deployment);
    let source = Source::find(client, recorded, &standing.present, Some(&fit.events))?;
    let mut stale = stale(client, fit, &standing)?;
    stale.extend(options.rebuild.clone());
    if standing.present.is_standing() && recorded.events == fit.deployment.events {
        stale.extend(source.swapped(&fit.deployment));
    }
    lasting_ids::check_kept(fit, &standing.present, options)?;
    let mut taken = takes(fit, &standing.present, &source, options.keep_ids);
    taken.extend(history::lost(client, fit, &standing.present)?);
    let mut plan = match change(fit, &standing.present, stale) {
        Change::Unchanged => Plan { takes: taken, ..completion(client, fit, &standing, &mut notes)? },
        change => {
            taken.extend(lasting_ids::lost(client, fit, &standing.present)?);
            let stages = building(client, fit, options, &standing, &mut notes)?;
            Plan { change, stages, takes: taken, notes: Vec::new() }
        }
    };
    plan.stages.splice(0..0, Stage::of(StageKind::Apart, index.steps));
    plan.notes = notes;
    Ok(plan)
}

/// Why relations that stand cannot stay though their definition is the one that is wanted.
fn stale(client: &mut impl GenericClient, fit: &Fit, standing: &Standing) -> Result<Vec<String>> {
    let Standing { present, triggers } = standing;
    let mut why = Vec::new();
    if let Some(sessions) = present.get(Role::Sessions) {
        let changed = changed_columns(client, &fit.events, sessions)?;
        why.extend(changed.iter().map(ToString::to_string));
    }
    let relations: Vec<TableName> = present.iter().map(|(_, relation)| relation.name.clone()).collect();
    let bound = foreign_bindings(client, present, triggers)?;
    why.extend(bound.iter().filter(|bound| relations.contains(&bound.of)).map(ToString::to_string));
    Ok(why)
}

/// What is missing beside sessions that stand, and what should not be there.
fn completion(
    client: &mut impl GenericClient,
    fit: &Fit,
    standing: &Standing,
    notes: &mut Vec<Message>,
) -> Result<Plan> {
    let Standing { present, triggers } = standing;
    let mut steps = Vec::new();
    for (view, relation) in VIEWS {
        if present.get(view).is_none() {
            steps.push(plain_view(fit, view, relation, &name_of(&fit.deployment, relation), false));
        }
    }
    let log_is_there =
        [Role::RefreshLog, Role::RefreshLogView].iter().all(|role| present.get(*role).is_some());
    if !log_is_there || missing_log_indexes(client, present)? {
        steps.push(exchange::refresh_log(fit));
    }
    steps.extend(missing_indexes(client, fit, present)?);
    // What takes locks that readers or writers of the events hold.
    let (mut restored, mut leftovers) = (Vec::new(), Vec::new());
    match fit.deployment.mode {
        Mode::Incremental => {
            let Restoration { steps: missing, unnoticed } = restoration(client, fit, present, triggers)?;
            restored = missing;
            if !unnoticed.is_empty() {
                let tables: Vec<String> = unnoticed.iter().map(ToString::to_string).collect();
                notes.push(message![
                    format!(
                        "what was written to {} while triggers were missing there was not noted; ",
                        tables.join(", ")
                    ),
                    Remedy::Repair { schema: None },
                    " finds and takes it in"
                ]);
            }
            steps.extend(missing_refresh_function(client, fit, present, triggers)?);
            steps.extend(kept::named(client, fit, present)?);
            steps.extend(lasting_ids::missing(fit, present));
            steps.extend(history::completed(client, fit, present)?);
        }
        Mode::View => {
            kept::survive(client, fit, present)?;
            leftovers = stages::without_triggers(present, triggers);
        }
    }
    if !steps.is_empty() || !restored.is_empty() {
        steps.push(exchange::comments(fit));
    }
    let mut stages: Vec<Stage> = Stage::of(StageKind::Together, steps).into_iter().collect();
    stages.extend([restored, leftovers].into_iter().filter_map(Stage::locking));
    stages.extend(identity::stages(client, fit, present)?);
    let change = if stages.is_empty() { Change::Unchanged } else { Change::Completed };
    Ok(Plan { change, stages, takes: Vec::new(), notes: Vec::new() })
}

/// The stages that build the relations and put them into the place of the old ones.
fn building(
    client: &mut impl GenericClient,
    fit: &Fit,
    options: &DeployOptions,
    standing: &Standing,
    notes: &mut Vec<Message>,
) -> Result<Vec<Stage>> {
    let Standing { present, triggers } = standing;
    let exchange = exchange::steps(client, fit, options, present, notes)?;
    match fit.deployment.mode {
        Mode::View => {
            kept::survive(client, fit, present)?;
            stages::at_once(client, fit, standing, exchange)
        }
        Mode::Incremental => {
            let wanted = Record::new(&fit.deployment, Role::NewSessions);
            let same = [Role::NewSessions, Role::Changes]
                .iter()
                .all(|role| present.record(*role).is_some_and(|record| record.same_relations(&wanted)));
            let complete = exchange::notes_roles(fit)
                .into_iter()
                .chain([Role::NewSummary, Role::RefreshLog, Role::RefreshLogView])
                .all(|role| present.get(role).is_some());
            let columns_stay = match present.get(Role::NewSessions) {
                Some(sessions) => changed_columns(client, &fit.events, sessions)?.is_empty(),
                None => false,
            };
            let goes_on = present.is_unfinished()
                && columns_stay
                && same
                && complete
                && restoration(client, fit, present, triggers)?.steps.is_empty();
            if goes_on {
                let begun = "going on with a build that was begun before";
                notes.push(match parts::count(client, fit)? {
                    (0, _) => begun.into(),
                    (all, done) => format!("{begun}: {done} of {all} parts were done").into(),
                });
            }
            let mut settled = lasting_ids::settled(client, fit, present, options)?;
            settled.extend(history::settled(client, fit, present)?);
            stages::maintained(client, fit, standing, goes_on, settled, exchange)
        }
    }
}
