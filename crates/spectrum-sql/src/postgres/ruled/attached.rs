//! Events that have no say: ignored ones, which go with the session before them, and those that take no part.

use super::Ruled;
use crate::postgres::sessions::source_where;

impl Ruled<'_> {
    /// The steps from `named` to `attached`, where ignored events are back; none where there are no such.
    pub(super) fn ignored(&self) -> Vec<String> {
        if self.rule.ignore_when().is_none() {
            return Vec::new();
        }
        let (key, time, others, own, rule) = (&self.key, &self.time, &self.others, &self.own, self.rule);
        let name = |wanted: &str| self.events.own_name(wanted);
        let (heard_at, last) = (name("heard_at"), name("last_heard_at"));
        let mut lent = vec![
            format!("MAX({}) OVER heard AS {}", own.session, name("last_session")),
            format!("MAX({}) OVER heard AS {}", own.started, name("last_first")),
            format!("MAX({}) OVER heard AS {}", own.started_by, name("last_reason")),
        ];
        let mut facts = Vec::new();
        if rule.end_when().is_some() {
            facts.push(own.ends.as_str());
            lent.push(format!("BOOL_OR({}) OVER heard AS {}", own.ends, own.previous_ends));
        }
        if !rule.gap_when().is_empty() {
            facts.push(own.allowed.as_str());
            lent.push(format!("MAX({}) OVER heard AS {}", own.allowed, own.previous_allowed));
        }
        let of_facts: String = facts.iter().map(|fact| format!(", {fact}")).collect();
        let parted: Vec<String> = self
            .pairwise(time, &last, &own.previous_ends, &own.previous_allowed)
            .into_iter()
            .map(|(condition, _)| condition)
            .collect();
        let joins = format!("{time} = {last} OR NOT ({})", parted.join(" OR "));
        let joined = |from: &str, to: &str| format!("CASE WHEN {joins} THEN {} END AS {to}", name(from));
        vec![
            format!(
                "\
ordered AS (
  SELECT *, MAX({heard_at}) OVER (PARTITION BY {key} ORDER BY {time}) AS {last}
  FROM (SELECT {key}, {others}, {time}, {}, {}, {}{of_facts}, FALSE AS {}, {time} AS {heard_at} FROM named
        UNION ALL
        SELECT {key}, {others}, {time}, NULL, NULL, NULL{}, TRUE, NULL FROM told WHERE {}) AS heard_and_ignored)",
                own.session,
                own.started,
                own.started_by,
                own.ignored,
                ", NULL".repeat(facts.len()),
                own.ignored,
            ),
            format!(
                "\
lent AS (
  SELECT {key}, {others}, {time}, {}, {last},
         {}
  FROM ordered
  WINDOW heard AS (PARTITION BY {key}, {last}))",
                own.ignored,
                lent.join(",\n         ")
            ),
            format!(
                "\
attached AS (
  SELECT {key}, {others}, {time}, {},
         {},
         {},
         {}
  FROM lent)",
                own.ignored,
                joined("last_session", &own.session),
                joined("last_first", &own.started),
                joined("last_reason", &own.started_by),
            ),
        ]
    }

    /// Adds the events that take no part, if there can be some, and says which step is the last. They are read before any other
    /// step is there, so that no table can be taken for one.
    pub(super) fn with_those_outside(&self, steps: &mut Vec<String>) -> &'static str {
        let ignores = self.rule.ignore_when().is_some();
        let last = if ignores { "attached" } else { "named" };
        let Some(condition) = self.rule.takes_part() else { return last };
        let (key, time, others, own) = (&self.key, &self.time, &self.others, &self.own);
        let (source, table) = source_where(self.events, Some(self.events.does_not_hold(condition)));
        let outside = if self.events.table.to_string() == "outside" { "outside_" } else { "outside" };
        steps.insert(0, format!("{source}{outside} AS (\n  SELECT {key}, {others}, {time}\n  FROM {table})"));
        let (is_ignored, not_ignored) =
            if ignores { (format!(", {}", own.ignored), ", FALSE") } else { (String::new(), "") };
        steps.push(format!(
            "\
everything AS (
  SELECT {key}, {others}, {time}, {}, {}, {}{is_ignored} FROM {last}
  UNION ALL
  SELECT {key}, {others}, {time}, NULL, NULL, NULL{not_ignored} FROM {outside})",
            own.session, own.started, own.started_by
        ));
        "everything"
    }
}
