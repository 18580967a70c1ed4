//! What is below a table: its partitions and theirs, or the tables that inherit from it.

/// A common table expression `below (inhrelid)` of the tables below `parent`, which is SQL of an oid or `regclass`; it
/// wants WITH RECURSIVE. A partition that is being detached CONCURRENTLY is not among them, because queries do not read it
/// any more.
pub fn tables_below(parent: &str) -> String {
    // The column is new in PostgreSQL 14.
    let is_there = "pg_catalog.to_jsonb(i) ->> 'inhdetachpending' IS DISTINCT FROM 'true'";
    format!(
        "below AS (
      SELECT i.inhrelid FROM pg_catalog.pg_inherits i WHERE i.inhparent = {parent} AND {is_there}
      UNION
      SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN below b ON i.inhparent = b.inhrelid WHERE {is_there})"
    )
}

/// [`tables_below`], and after it `tree (oid)`, which has the table itself too.
pub fn table_tree(parent: &str) -> String {
    format!(
        "{},
    tree AS (SELECT {parent} AS oid UNION ALL SELECT inhrelid FROM below)",
        tables_below(parent)
    )
}
