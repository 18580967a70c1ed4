//! The table that a kept event was in, which may become a partition again.
//!
//! It is a `regclass`: a dump writes the table's name and a restore finds the table by it, whatever its number is there;
//! meanwhile it is the same table under any other name, and another one under the same. Where the table is gone it is
//! NULL, because a number that stands for nothing could stand for another table in another database.

use super::Incremental;
use crate::quote::{identifier, literal};

impl Incremental<'_> {
    /// Makes the index by which the tables are found without reading all kept events.
    pub(super) fn kept_from_index(&self) -> String {
        let (kept, column) = (&self.names.kept, &self.own.kept_from);
        let index = identifier(&kept.derived("kept_from_idx"));
        format!("CREATE INDEX IF NOT EXISTS {index} ON {kept} ({column})")
    }

    /// Turns the numbers that older versions wrote into what they stand for; where they are not among `tables`, they stand
    /// for nothing that is known.
    pub fn kept_from_numbers(&self, tables: &[u32]) -> String {
        let (kept, column) = (&self.names.kept, &self.own.kept_from);
        let tables: Vec<String> = tables.iter().map(u32::to_string).collect();
        format!(
            "ALTER TABLE {kept} ALTER {column} TYPE pg_catalog.regclass
  USING CASE WHEN {column} = ANY ({}::pg_catalog.oid[]) THEN {column}::pg_catalog.regclass END;\n{}",
            literal(&format!("{{{}}}", tables.join(","))),
            self.kept_from_index()
        )
    }

    /// Forgets tables that are gone. It looks at one kept event of each table.
    pub(super) fn forget_dropped_tables(&self) -> String {
        if !self.keeps() {
            return String::new();
        }
        let (kept, column) = (&self.names.kept, &self.own.kept_from);
        format!(
            "  WITH RECURSIVE tables (kept_from) AS (
    (SELECT k.{column} FROM {kept} k WHERE k.{column} IS NOT NULL ORDER BY k.{column} LIMIT 1)
    UNION ALL
    SELECT (SELECT k.{column} FROM {kept} k WHERE k.{column} > t.kept_from ORDER BY k.{column} LIMIT 1)
    FROM tables t WHERE t.kept_from IS NOT NULL)
  UPDATE {kept} k SET {column} = NULL FROM tables t
  WHERE k.{column} = t.kept_from AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = t.kept_from);
"
        )
    }
}
