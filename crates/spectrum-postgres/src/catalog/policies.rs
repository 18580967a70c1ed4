//! Row-level security on the events: rows that a policy hides would be missing from the sessions, and nobody would know.

use postgres::GenericClient;
use spectrum_sql::identifier;

use super::Relation;
use crate::error::{Result, While};

/// What hides rows of a relation from a role, in words with the remedy; `None` when nothing does. Without `role` it is
/// the current one. A superuser, a role with BYPASSRLS and, unless it is forced on it, the owner see all rows
/// (PostgreSQL's manual, "Row Security Policies").
pub(crate) fn hiding(
    client: &mut impl GenericClient,
    relation: &Relation,
    role: Option<&str>,
) -> Result<Option<String>> {
    let row = client
        .query_opt(
            "SELECT r.rolname::text, pg_has_role(r.oid, c.relowner, 'USAGE'),
                    ARRAY(SELECT quote_ident(p.polname) FROM pg_catalog.pg_policy p WHERE p.polrelid = c.oid ORDER BY 1)
             FROM pg_catalog.pg_class c JOIN pg_catalog.pg_roles r ON r.rolname = COALESCE($2::text, current_user)
             WHERE c.oid = $1 AND c.relrowsecurity AND NOT r.rolsuper AND NOT r.rolbypassrls
               AND (c.relforcerowsecurity OR NOT pg_has_role(r.oid, c.relowner, 'USAGE'))",
            &[&relation.oid, &role],
        )
        .while_doing(format!("reading the policies of {}", relation.name))?;
    let Some(row) = row else { return Ok(None) };
    let (role, is_owner, policies): (String, bool, Vec<String>) = (row.get(0), row.get(1), row.get(2));
    let policies = match policies.len() {
        0 => "without any policy hides all".to_owned(),
        1 => format!("(policy {}) hides", policies[0]),
        _ => format!("(policies {}) hides", policies.join(", ")),
    };
    let (table, role) = (&relation.name, identifier(&role));
    let remedy = match is_owner {
        true => format!("ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"),
        false => format!("act as the owner of {table}"),
    };
    Ok(Some(format!(
        "row-level security of {table} {policies} rows from role {role}, so the result would silently leave them out; ALTER ROLE \
         {role} BYPASSRLS, or {remedy}"
    )))
}
