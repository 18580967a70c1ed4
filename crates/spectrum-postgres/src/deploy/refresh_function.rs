//! The function that refreshes, and what stands in its place while the tables are built anew.

use postgres::GenericClient;
use spectrum_sql::postgres::REFRESH_COUNTS;
use spectrum_sql::{TableName, identifier, literal};

use super::stage::{Step, StepKind};
use crate::error::{Result, While};
use crate::fit::Fit;
use crate::record::Record;
use crate::role::Role;

/// Makes the function. Roles that were allowed to call the previous one may call this one.
pub(super) fn steps(client: &mut impl GenericClient, fit: &Fit) -> Result<Vec<Step>> {
    let events = fit.query();
    made(client, fit, fit.incremental(&events).refresh_function().create())
}

/// Makes a function that says why it cannot refresh, where one stood that could: a schedule that calls it reads the
/// reason, and privileges are not lost.
pub(super) fn stub(client: &mut impl GenericClient, fit: &Fit) -> Result<Vec<Step>> {
    let name = fit.deployment.refresh_function();
    let counts: Vec<String> = REFRESH_COUNTS.iter().map(|count| format!("OUT {count} bigint")).collect();
    let sql = format!(
        "\
CREATE FUNCTION {name}({}, OUT steps jsonb) LANGUAGE plpgsql AS $stub$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
    MESSAGE = {},
    HINT = 'If spectrum deploy is not running, it was interrupted: run it again, and it goes on.';
END $stub$",
        counts.join(", "),
        literal(&being_built(&fit.deployment.sessions())),
    );
    made(client, fit, sql)
}

/// Why maintained sessions cannot be refreshed while others are built over them.
pub(crate) fn being_built(sessions: &TableName) -> String {
    format!("{sessions} is being built anew, and cannot be refreshed meanwhile")
}

fn made(client: &mut impl GenericClient, fit: &Fit, create: String) -> Result<Vec<Step>> {
    let name = fit.deployment.refresh_function();
    let comment = literal(&Record::new(&fit.deployment, Role::RefreshFunction).to_string());
    let mut sql = vec![
        // Its row can have other columns than that of another version.
        format!("DROP FUNCTION IF EXISTS {name}()"),
        create,
        format!("REVOKE ALL ON FUNCTION {name}() FROM PUBLIC"),
        format!("COMMENT ON FUNCTION {name}() IS {comment}"),
    ];
    sql.extend(grants(client, &name)?);
    Ok(vec![Step::new(StepKind::Make, format!("making {name}()"), sql.join(";\n"))])
}

/// Who else may call the function, as GRANT statements.
fn grants(client: &mut impl GenericClient, function: &TableName) -> Result<Vec<String>> {
    let rows = client
        .query(
            "SELECT COALESCE(r.rolname::text, ''), a.grantee = 0, a.is_grantable
             FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace,
                  pg_catalog.aclexplode(p.proacl) a LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
             WHERE n.nspname = $1::text AND p.proname = $2::text AND p.pronargs = 0 AND a.grantee <> p.proowner
             ORDER BY 1",
            &[&function.schema(), &function.name()],
        )
        .while_doing("reading privileges")?;
    let grant = |row: &postgres::Row| {
        let to = if row.get(1) { "PUBLIC".to_owned() } else { identifier(row.get(0)) };
        let option = if row.get(2) { " WITH GRANT OPTION" } else { "" };
        format!("GRANT EXECUTE ON FUNCTION {function}() TO {to}{option}")
    };
    Ok(rows.iter().map(grant).collect())
}
