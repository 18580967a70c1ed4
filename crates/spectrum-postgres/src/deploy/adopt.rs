//! What lost its comments is signed again. A dump that is restored without them leaves relations and
//! functions under our names without a mark of whose they are, so each is compared with what the definition
//! gives.

use postgres::{GenericClient, Transaction};
use spectrum_sql::postgres::{IncrementalNames, sessions_query, summary_query};
use spectrum_sql::{TableName, identifier, literal};

use super::exchange::{comment, kind_of, notes_roles};
use super::stage::{Step, StepKind};
use super::views::{VIEWS, columns_as_sql};
use super::{history, lasting_ids};
use crate::as_of::called;
use crate::catalog::{Kind, Relation, find};
use crate::deployment::{Deployment, Mode};
use crate::error::{PgError, Result, While};
use crate::fit::Fit;
use crate::message::message;
use crate::names::Names;
use crate::present::standing;
use crate::record::Record;
use crate::relations::{beside, name_of};
use crate::remedy::Remedy;
use crate::role::Role;
use crate::wanted::Wanted;

/// What is signed again.
#[derive(Debug, Default)]
pub(super) struct Adoption {
    /// The names of relations and functions.
    pub(super) adopted: Vec<String>,
    /// The statements, one for each.
    pub(super) steps: Vec<Step>,
}

impl Adoption {
    fn take(&mut self, name: String, sql: String) {
        self.steps.push(Step::new(StepKind::Adopt, format!("adopting {name}"), sql));
        self.adopted.push(name);
    }
}

/// What has no comment and is what the definition gives; nothing when all is signed.
///
/// # Errors
/// [`PgError::Refused`] with a line for everything that is not.
pub(super) fn adoption(transaction: &mut Transaction<'_>, wanted: &Wanted) -> Result<Adoption> {
    let deployment = deployment(transaction, wanted)?;
    let fit = Fit::find(transaction, &deployment)?;
    let mut problems = Vec::new();
    let mut adoption = Adoption::default();
    let unsigned = unsigned(transaction, &fit, &mut problems)?;
    let mut savepoint = transaction.transaction().while_doing("setting a savepoint")?;
    make_expected(&mut savepoint, &fit)?;
    for (role, relation) in &unsigned {
        match misfit(&mut savepoint, &fit, *role, relation)? {
            Some(why) => problems.push(format!("{} {why}", relation.name)),
            None => {
                adoption.take(relation.name.to_string(), comment(&fit, *role, relation.kind.sql()));
            }
        }
    }
    savepoint.rollback().while_doing("rolling back")?;
    if fit.deployment.mode == Mode::Incremental {
        functions(transaction, &fit, &mut adoption, &mut problems)?;
    }
    match problems.is_empty() {
        true => Ok(adoption),
        false => Err(PgError::refused(message![
            format!("{}\nnothing was adopted; say the definition that made all this ", problems.join("\n")),
            Remedy::GiveDefinition,
            ", or rename what is not Spectrum's"
        ])),
    }
}

/// The deployment that is looked for. If nothing gives the mode, the kind of the sessions relation does.
fn deployment(transaction: &mut Transaction<'_>, wanted: &Wanted) -> Result<Deployment> {
    let place = wanted.place()?;
    if let Some(standing) = standing(transaction, &place)? {
        return Ok(wanted.over(Some(&standing))?);
    }
    let is_table = find(transaction, &place.sessions())?.is_some_and(|found| found.kind == Kind::Table);
    let mode = wanted.mode.or(is_table.then_some(Mode::Incremental));
    Ok(Wanted { mode, ..wanted.clone() }.over(None)?)
}

/// The relations that nobody signed. An object that cannot be ours, whatever it is like, is a problem.
fn unsigned(
    client: &mut impl GenericClient,
    fit: &Fit,
    problems: &mut Vec<String>,
) -> Result<Vec<(Role, Relation)>> {
    let mut unsigned = Vec::new();
    let roles = [
        Role::Sessions,
        Role::Summary,
        Role::SessionsView,
        Role::SummaryView,
        Role::RefreshLog,
        Role::RefreshLogView,
    ];
    let of_ids = lasting_ids::ROLES.into_iter().filter(|_| lasting_ids::last(fit));
    let of_history = history::is_kept(fit).then_some(Role::SessionHistory);
    for role in roles.into_iter().chain(notes_roles(fit)).chain(of_ids).chain(of_history) {
        let Some(relation) = find(client, &name_of(&fit.deployment, role))? else { continue };
        if relation.record()?.is_some() {
            continue;
        }
        match relation.comment {
            Some(_) => problems.push(format!("{} has a comment of its own", relation.name)),
            None => unsigned.push((role, relation)),
        }
    }
    for role in [Role::BuildParts, Role::NewSessions, Role::NewSummary] {
        if let Some(relation) = find(client, &name_of(&fit.deployment, role))?
            && relation.record()?.is_none()
        {
            problems.push(format!(
                "{} looks like a part of a build that was not finished; DROP {} {0} if it is",
                relation.name,
                relation.kind.sql()
            ));
        }
    }
    Ok(unsigned)
}

/// The deployment with all its names among the temporary ones, where what is expected is made.
fn temporary(fit: &Fit) -> Deployment {
    let names = Names { schema: "pg_temp".into(), ..fit.deployment.names.clone() };
    Deployment { names, ..fit.deployment.clone() }
}

/// Makes what the definition gives, empty, as temporary relations.
fn make_expected(savepoint: &mut Transaction<'_>, fit: &Fit) -> Result<()> {
    let (real, temporary) = (&fit.deployment, temporary(fit));
    let events = fit.query();
    let mut sql = vec![
        format!("CREATE VIEW {} AS\n{}", temporary.sessions(), sessions_query(&events)),
        temporary.refresh_log_sql(),
    ];
    if find(savepoint, &real.sessions())?.is_some() {
        let summary = summary_query(&events, &real.sessions());
        sql.push(format!("CREATE VIEW {} AS\n{summary}", temporary.summary()));
    }
    for (view, below) in VIEWS {
        if find(savepoint, &name_of(real, below))?.is_some() {
            let (name, below_it) = (name_of(&temporary, view), name_of(real, below));
            let columns = columns_as_sql(fit, below);
            sql.push(format!("CREATE VIEW {name} AS\nSELECT {columns}\nFROM {below_it}"));
        }
    }
    if real.mode == Mode::Incremental {
        let names = IncrementalNames {
            changes: temporary.changes(),
            partitions: temporary.partitions(),
            kept: temporary.kept_events(),
            ids: temporary.session_ids(),
            history: temporary.session_history(),
            ..fit.names()
        };
        let incremental = fit.incremental_named(&events, names);
        sql.extend(incremental.notes().into_iter().chain(incremental.kept_events()));
        if history::is_kept(fit) && find(savepoint, &real.summary())?.is_some() {
            sql.extend(incremental.history_table());
        }
        if lasting_ids::last(fit) {
            sql.extend(incremental.ids_table());
            if find(savepoint, &real.session_ids())?.is_some() {
                let of_real = fit.incremental(&events);
                sql.push(of_real.aliases_view(&temporary.session_aliases_view()));
            }
        }
    }
    // The existing relation may lack a column that is read here; then it is not what the definition gives.
    savepoint.batch_execute(&sql.join(";\n")).map_err(|error| {
        let said = error.as_db_error().map_or_else(|| error.to_string(), |db| db.message().to_owned());
        PgError::refused(message![
            format!(
                "what stands in {} is not what the definition gives: {said}; say the definition that made it ",
                identifier(&real.names.schema)
            ),
            Remedy::GiveDefinition
        ])
    })
}

/// How a relation differs from what the definition gives; `None` when it does not.
fn misfit(
    savepoint: &mut Transaction<'_>,
    fit: &Fit,
    role: Role,
    relation: &Relation,
) -> Result<Option<String>> {
    let kind = match role {
        Role::Sessions | Role::Summary => kind_of(fit),
        Role::SessionsView | Role::SummaryView | Role::RefreshLogView | Role::SessionAliasesView => {
            Kind::View
        }
        _ => Kind::Table,
    };
    if relation.kind != kind {
        return Ok(Some(format!("is {} and not {}", relation.kind.words(), kind.words())));
    }
    let expected = name_of(&temporary(fit), role);
    let row = savepoint
        .query_one(
            "SELECT pg_catalog.to_regclass($1)::pg_catalog.oid,
                    (SELECT pg_catalog.pg_get_userbyid(relowner)::text FROM pg_catalog.pg_class WHERE oid = $2),
                    current_user::text",
            &[&expected.to_string(), &relation.oid],
        )
        .while_doing(format!("comparing {}", relation.name))?;
    let (owner, us): (&str, &str) = (row.get(1), row.get(2));
    if owner != us {
        return Ok(Some(format!("belongs to {0}; connect as {0} to adopt it", identifier(owner))));
    }
    let Some(expected) = row.get::<_, Option<u32>>(0) else {
        return Ok(Some("stands without what it reads".to_owned()));
    };
    let mut columns = |oid: u32| -> Result<String> {
        let row = savepoint
            .query_one(
                "SELECT COALESCE(pg_catalog.string_agg(
                          pg_catalog.quote_ident(attname::text) || ' ' || pg_catalog.format_type(atttypid, atttypmod), ', '
                          ORDER BY attnum), '')
                 FROM pg_catalog.pg_attribute WHERE attrelid = $1 AND attnum > 0 AND NOT attisdropped",
                &[&oid],
            )
            .while_doing(format!("comparing {}", relation.name))?;
        Ok(row.get(0))
    };
    let (has, wanted) = (columns(relation.oid)?, columns(expected)?);
    if has != wanted {
        return Ok(Some(format!("has the columns {has}, and the definition gives {wanted}")));
    }
    let is_query = matches!(relation.kind, Kind::View | Kind::MaterializedView);
    if !is_query || role == Role::RefreshLogView {
        return Ok(None);
    }
    let mut query = |oid: u32| -> Result<String> {
        let row = savepoint
            .query_one("SELECT pg_catalog.pg_get_viewdef($1::pg_catalog.oid)", &[&oid])
            .while_doing(format!("comparing {}", relation.name))?;
        Ok(without_alias(fit, row.get(0)))
    };
    let differs = query(relation.oid)? != query(expected)?;
    Ok(differs.then(|| "has another query than the definition gives".to_owned()))
}

/// A query that read a relation while that was built keeps the name that it had then as an alias.
fn without_alias(fit: &Fit, query: String) -> String {
    [Role::Sessions, Role::Summary].iter().fold(query, |query, role| {
        let name = name_of(&fit.deployment, *role);
        let alias = identifier(beside(&name).name());
        query
            .replace(&format!("{name} {alias}"), &name.to_string())
            .replace(&format!("{alias}."), &format!("{}.", identifier(name.name())))
    })
}

/// Adopts functions without a comment, which have to be what would be made.
fn functions(
    client: &mut impl GenericClient,
    fit: &Fit,
    adoption: &mut Adoption,
    problems: &mut Vec<String>,
) -> Result<()> {
    let events = fit.query();
    let incremental = fit.incremental(&events);
    let capture = incremental.functions_of_triggers().into_iter().map(|made| (Role::CaptureFunction, made));
    for (role, made) in capture.chain([(Role::RefreshFunction, incremental.refresh_function())]) {
        let name = &made.name;
        let Some(standing) = unsigned_function(client, name, 0)? else { continue };
        let (owner, us): (&str, &str) = (standing.get(3), standing.get(4));
        let is_made = standing.get::<_, &str>(0) == made.body
            && standing.get::<_, Vec<String>>(1) == made.config()
            && standing.get(2);
        if owner != us {
            problems.push(format!("{name}() belongs to {0}; connect as {0} to adopt it", identifier(owner)));
        } else if !is_made {
            problems.push(format!("{name}() is another function than the definition gives"));
        }
        let record = literal(&Record::new(&fit.deployment, role).to_string());
        adoption.take(format!("{name}()"), format!("COMMENT ON FUNCTION {name}() IS {record}"));
    }
    let of_history = incremental.as_of_functions(&fit.deployment.summary_view());
    for made in of_history.into_iter().filter(|_| history::is_kept(fit)) {
        let Some(standing) = unsigned_function(client, &made.name, 1)? else { continue };
        let name = called(&made.name);
        let (owner, us): (&str, &str) = (standing.get(3), standing.get(4));
        let is_made =
            standing.get::<_, &str>(0) == made.body && standing.get::<_, Vec<String>>(1) == made.config();
        if owner != us {
            problems.push(format!("{name} belongs to {0}; connect as {0} to adopt it", identifier(owner)));
        } else if !is_made {
            problems.push(format!("{name} is another function than the definition gives"));
        }
        let record = literal(&Record::new(&fit.deployment, Role::AsOfFunction).to_string());
        adoption.take(name.clone(), format!("COMMENT ON FUNCTION {name} IS {record}"));
    }
    Ok(())
}

/// A function without a comment and with so many arguments: its body, its settings, whether it is in plpgsql and runs with its owner's rights, its owner,
/// and who we are.
fn unsigned_function(
    client: &mut impl GenericClient,
    name: &TableName,
    arguments: i16,
) -> Result<Option<postgres::Row>> {
    client
        .query_opt(
            "SELECT p.prosrc, COALESCE(p.proconfig, '{}'), p.prosecdef AND l.lanname = 'plpgsql',
                    pg_catalog.pg_get_userbyid(p.proowner)::text, current_user::text
             FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
             JOIN pg_catalog.pg_language l ON l.oid = p.prolang
             WHERE n.nspname = $1::text AND p.proname = $2::text AND p.pronargs = $3
               AND pg_catalog.obj_description(p.oid, 'pg_proc') IS NULL",
            &[&name.schema(), &name.name(), &arguments],
        )
        .while_doing(format!("looking at {name}()"))
}
