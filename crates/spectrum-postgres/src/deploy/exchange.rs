//! Putting new relations into the place of the old ones.

use postgres::GenericClient;
use spectrum_sql::{identifier, literal};

use super::names::working_name;
use super::stage::{Step, StepKind};
use super::views::{VIEWS, kept_views, plain_view};
use super::{DeployOptions, history, lasting_ids, materialized, refresh_function};
use crate::catalog::{Dependent, Kind, dependents_of, grants_on};
use crate::deployment::Mode;
use crate::error::{PgError, Result};
use crate::fit::Fit;
use crate::message::{Message, message};
use crate::present::Present;
use crate::record::Record;
use crate::relations::name_of;
use crate::remedy::Remedy;
use crate::role::Role;

/// The two relations with rows.
const RELATIONS: [Role; 2] = [Role::Sessions, Role::Summary];

/// The steps that exchange the relations. Objects that others built on them go, if that was allowed.
pub(super) fn steps(
    client: &mut impl GenericClient,
    fit: &Fit,
    options: &DeployOptions,
    present: &Present,
    notes: &mut Vec<Message>,
) -> Result<Vec<Step>> {
    let mut kept = kept_views(client, fit, present)?;
    if lasting_ids::stay(client, fit, present)? {
        kept.extend(lasting_ids::ROLES.iter().filter_map(|role| present.get(*role)).map(|found| found.oid));
    }
    if history::stays(client, fit, present)? {
        kept.extend(present.get(Role::SessionHistory).map(|found| found.oid));
    }
    let dropped = others(client, present, &kept, options.cascade)?;
    notes.extend(dropped.iter().map(|gone| {
        format!("{} goes, because it reads what is exchanged; it was: {}", gone.name, gone.query.trim())
            .into()
    }));
    statements(client, fit, present, &kept, &dropped)
}

/// Views of other people that read what is exchanged.
fn others(
    client: &mut impl GenericClient,
    present: &Present,
    kept: &[u32],
    cascade: bool,
) -> Result<Vec<Dependent>> {
    let log = [Role::RefreshLog, Role::RefreshLogView];
    let replaced =
        present.iter().filter(|(role, relation)| !log.contains(role) && !kept.contains(&relation.oid));
    let replaced: Vec<u32> = replaced.map(|(_, relation)| relation.oid).collect();
    let others = dependents_of(client, &replaced, kept)?;
    if others.is_empty() || cascade {
        return Ok(others);
    }
    let names: Vec<String> =
        others.iter().map(|other| format!("{} ({})", other.name, other.kind.words())).collect();
    Err(PgError::refused(message![
        format!(
            "the relations that would be exchanged are read by {}, which Spectrum did not make; drop what reads them first, or \
             let it go too with ",
            names.join(", ")
        ),
        Remedy::Cascade,
        " (its definition is printed)"
    ]))
}

/// All statements, in order.
fn statements(
    client: &mut impl GenericClient,
    fit: &Fit,
    present: &Present,
    kept: &[u32],
    dropped: &[Dependent],
) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    let mut grants = Vec::new();
    for role in RELATIONS.into_iter().chain(history::is_kept(fit).then_some(Role::SessionHistory)) {
        if let Some(old) = present.get(role) {
            grants.extend(grants_on(client, old.oid, &old.name)?);
        }
    }
    // Those that read others of them go first.
    for dependent in dropped.iter().rev() {
        steps.push(Step::new(
            StepKind::Drop,
            format!("dropping {}, which reads a relation that is exchanged", dependent.name),
            format!("DROP {} {}", dependent.kind.sql(), dependent.name),
        ));
    }
    let view_stays = present.get(Role::SummaryView).is_some_and(|view| kept.contains(&view.oid));
    steps.extend(history::ended(client, fit, present, view_stays)?);
    for (view, relation) in VIEWS {
        let new = working_name(fit, present, relation);
        let old = present.get(view);
        let replaces = old.is_some_and(|old| kept.contains(&old.oid));
        if let Some(old) = old.filter(|_| !replaces) {
            grants.extend(grants_on(client, old.oid, &old.name)?);
            steps.push(Step::new(
                StepKind::Drop,
                format!("dropping {}, whose columns change", old.name),
                format!("DROP VIEW {}", old.name),
            ));
        }
        steps.push(plain_view(fit, view, relation, &new, replaces));
    }
    for role in RELATIONS.into_iter().rev() {
        if let Some(old) = present.get(role) {
            steps.push(Step::new(
                StepKind::Drop,
                format!("dropping the old {}", old.name),
                format!("DROP {} {}", old.kind.sql(), old.name),
            ));
        }
    }
    if !lasting_ids::last(fit) {
        steps.extend(lasting_ids::dropped(present));
    }
    steps.extend(RELATIONS.iter().filter_map(|role| renamed(fit, present, *role)));
    steps.extend(history::begun(client, fit, present, view_stays)?);
    let has_log = [Role::RefreshLog, Role::RefreshLogView].iter().all(|role| present.get(*role).is_some());
    if fit.deployment.mode == Mode::View && !has_log {
        steps.push(refresh_log(fit));
    }
    if fit.deployment.mode == Mode::Incremental {
        steps.extend(refresh_function::steps(client, fit)?);
        let parts = fit.deployment.build_parts();
        steps.push(Step::new(StepKind::Drop, "ending the build", format!("DROP TABLE {parts}")));
    }
    steps.extend(grants.into_iter().map(|sql| Step::new(StepKind::Grant, "giving back privileges", sql)));
    steps.push(comments(fit));
    Ok(steps)
}

/// Makes the log of refreshes where there is none.
pub(super) fn refresh_log(fit: &Fit) -> Step {
    Step::new(
        StepKind::Make,
        format!("making {}", fit.deployment.refresh_log()),
        fit.deployment.refresh_log_sql(),
    )
}

/// Gives a relation and its indexes their names.
fn renamed(fit: &Fit, present: &Present, role: Role) -> Option<Step> {
    let (name, beside) = (name_of(&fit.deployment, role), working_name(fit, present, role));
    if name == beside {
        return None;
    }
    let mut sql = format!("ALTER {} {beside} RENAME TO {}", kind_of(fit).sql(), identifier(name.name()));
    for index in index_suffixes(fit, role) {
        sql.push_str(&format!(
            ";\nALTER INDEX {} RENAME TO {}",
            name.beside(beside.derived(index)),
            identifier(&name.derived(index))
        ));
    }
    Some(Step::new(StepKind::Name, format!("naming {name}"), sql))
}

/// What the relations are.
pub(super) fn kind_of(fit: &Fit) -> Kind {
    match fit.deployment.mode {
        Mode::View => Kind::MaterializedView,
        Mode::Incremental => Kind::Table,
    }
}

/// The suffixes of the names of a relation's indexes.
fn index_suffixes(fit: &Fit, role: Role) -> Vec<&'static str> {
    match fit.deployment.mode {
        Mode::View => materialized::indexes(fit, role).into_iter().map(|(suffix, ..)| suffix).collect(),
        Mode::Incremental => {
            let events = fit.query();
            let table = name_of(&fit.deployment, role);
            let indexes = fit.incremental(&events).indexes();
            indexes.into_iter().filter(|index| index.table == table).map(|index| index.suffix).collect()
        }
    }
}

/// Signs everything.
pub(super) fn comments(fit: &Fit) -> Step {
    let deployment = &fit.deployment;
    let kind = kind_of(fit).sql();
    let mut all = vec![
        comment(fit, Role::Sessions, kind),
        comment(fit, Role::Summary, kind),
        comment(fit, Role::SessionsView, Kind::View.sql()),
        comment(fit, Role::SummaryView, Kind::View.sql()),
        comment(fit, Role::RefreshLog, Kind::Table.sql()),
        comment(fit, Role::RefreshLogView, Kind::View.sql()),
    ];
    if deployment.mode == Mode::Incremental {
        all.extend(notes_roles(fit).into_iter().map(|role| comment(fit, role, Kind::Table.sql())));
        if lasting_ids::last(fit) {
            all.push(comment(fit, Role::SessionIds, Kind::Table.sql()));
            all.push(comment(fit, Role::SessionAliasesView, Kind::View.sql()));
        }
    }
    if history::is_kept(fit) {
        all.push(comment(fit, Role::SessionHistory, Kind::Table.sql()));
    }
    Step::new(StepKind::Sign, "writing down the definition", all.join(";\n"))
}

/// The tables in which an incremental deployment notes changes.
pub(super) fn notes_roles(fit: &Fit) -> Vec<Role> {
    let keeps = fit.deployment.keeps_events(fit.is_divided());
    let roles = [(Role::Changes, true), (Role::Partitions, fit.is_divided()), (Role::KeptEvents, keeps)];
    roles.into_iter().filter(|(_, is_there)| *is_there).map(|(role, _)| role).collect()
}

/// The statement that signs a relation.
pub(super) fn comment(fit: &Fit, role: Role, kind: &str) -> String {
    let record = literal(&Record::new(&fit.deployment, role).to_string());
    format!("COMMENT ON {kind} {} IS {record}", name_of(&fit.deployment, role))
}
