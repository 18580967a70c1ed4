//! What the rule's conditions say of each event that takes part.

use spectrum_core::Predicate;

use super::Ruled;
use crate::postgres::condition::column;

impl Ruled<'_> {
    /// The first step, and one without ignored events where some are.
    pub(super) fn told(&self) -> Vec<String> {
        let (key, time, others, own) = (&self.key, &self.time, &self.others, &self.own);
        let (events, rule) = (self.events, self.rule);
        let (source, table) = self.source();
        let mut columns: Vec<(String, &String)> = Vec::new();
        let mut flag = |condition: Option<&Predicate>, name| {
            columns.extend(condition.map(|condition| (events.holds(condition), name)));
        };
        flag(rule.ignore_when(), &own.ignored);
        flag(rule.passive_when(), &own.passive);
        flag(rule.end_when(), &own.ends);
        // Passive events have no say in what begins a session.
        let not_passive = rule.passive_when().map(|passive| events.does_not_hold(passive));
        if let Some(starts) = rule.start_when() {
            let starts = events.holds(starts);
            let starts =
                not_passive.as_ref().map_or(starts.clone(), |active| format!("{starts} AND {active}"));
            columns.push((starts, &own.starts));
        }
        if !rule.gap_when().is_empty() {
            let branches = rule.gap_when().iter().map(|entry| {
                format!("WHEN {} THEN {} ", events.holds(&entry.when), events.allowed(entry.gap))
            });
            let branches: String = branches.collect();
            columns.push((format!("CASE {branches}ELSE {} END", events.allowed(rule.gap())), &own.allowed));
        }
        let values: Vec<String> = self.splits().map(|at| self.of_split("value", at)).collect();
        for (name, value) in rule.split_on().iter().zip(&values) {
            let text = format!("{}::TEXT COLLATE \"C\"", column(name, &events.casts));
            let text = match &not_passive {
                Some(active) => format!("CASE WHEN {active} THEN {text} END"),
                None => text,
            };
            columns.push((text, value));
        }
        let columns: String =
            columns.iter().map(|(sql, name)| format!(",\n         {sql} AS {name}")).collect();
        let mut steps =
            vec![format!("{source}told AS (\n  SELECT {key}, {others}, {time}{columns}\n  FROM {table})")];
        if rule.ignore_when().is_some() {
            steps.push(format!("heard AS (\n  SELECT *\n  FROM told\n  WHERE NOT {})", own.ignored));
        }
        steps
    }

    /// The step with all events that have a say.
    pub(super) fn heard(&self) -> &'static str {
        if self.rule.ignore_when().is_some() { "heard" } else { "told" }
    }
}
