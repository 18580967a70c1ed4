//! Rules that ask nothing but two neighbouring instants.

use super::{Ruled, case};

impl Ruled<'_> {
    /// The steps up to `named`.
    pub(super) fn order_free(&self) -> Vec<String> {
        let (key, time, others, own) = (&self.key, &self.time, &self.others, &self.own);
        let (source, table) = self.source();
        let first = (format!("{} IS NULL", own.previous), "first");
        let branches: Vec<_> =
            std::iter::once(first).chain(self.pairwise(time, &own.previous, "", "")).collect();
        vec![
            format!(
                "\
{source}lagged AS (
  SELECT {key}, {others}, {time},
         LAG({time}) OVER (PARTITION BY {key} ORDER BY {time}) AS {}
  FROM {table})",
                own.previous
            ),
            format!(
                "\
boundaries AS (
  SELECT *, {} AS {}
  FROM lagged)",
                case(&branches, "", 12),
                own.begins_by
            ),
            format!(
                "\
sessions AS (
  SELECT *, COUNT({}) OVER (PARTITION BY {key} ORDER BY {time}) AS {}
  FROM boundaries)",
                own.begins_by, own.session
            ),
            self.named("sessions", &format!("MIN({time})")),
        ]
    }

    /// The step that gives every event of a session its reason and, where `started` says how, its first instant.
    pub(super) fn named(&self, from: &str, started: &str) -> String {
        let (key, own) = (&self.key, &self.own);
        format!(
            "\
named AS (
  SELECT *, MAX({}) OVER session AS {},
            {started} OVER session AS {}
  FROM {from}
  WINDOW session AS (PARTITION BY {key}, {}))",
            own.begins_by, own.started_by, own.started, own.session
        )
    }
}
