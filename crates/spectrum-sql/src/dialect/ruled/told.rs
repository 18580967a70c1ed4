//! What the rule's conditions say of each event, and its instant as a number.

use super::condition::condition;
use super::steps::Steps;
use super::{Ruled, flag};
use crate::dialect::Unsupported;
use crate::dialect::columns::name;
use crate::dialect::types::KeyType;

impl Ruled<'_> {
    /// The first step. It is the only one that reads the columns of the rule.
    pub(super) fn told(&self, steps: &mut Steps, from: &str) -> Result<(), Unsupported> {
        let (syntax, columns, own, rule) = (self.syntax, self.columns, &self.own, self.rule);
        let (time, ty) = (columns.time(), columns.time_type(syntax));
        let as_number = syntax.number(&time, ty)?;
        let of = |predicate| condition(syntax, predicate);
        let [takes_part, ignored, passive, starts, ends] =
            [rule.takes_part(), rule.ignore_when(), rule.passive_when(), rule.start_when(), rule.end_when()]
                .map(|predicate| predicate.map(of).transpose());
        let (takes_part, ignored, passive, starts, ends) = (takes_part?, ignored?, passive?, starts?, ends?);
        let mut told = vec![(as_number, &own.instant)];
        match (&takes_part, &ignored) {
            (None, None) => {}
            (Some(takes_part), None) => told.push((flag(takes_part), &own.heard)),
            (None, Some(ignored)) => {
                told.push((flag(ignored), &own.ignored));
                told.push((format!("CASE WHEN {ignored} THEN 0 ELSE 1 END"), &own.heard));
            }
            (Some(takes_part), Some(ignored)) => {
                told.push((flag(&format!("({takes_part}) AND ({ignored})")), &own.ignored));
                told.push((
                    format!("CASE WHEN {ignored} THEN 0 WHEN {takes_part} THEN 1 ELSE 0 END"),
                    &own.heard,
                ));
            }
        }
        told.extend(passive.as_ref().map(|passive| (flag(passive), &own.passive)));
        told.extend(ends.map(|ends| (flag(&ends), &own.ends)));
        // Passive events have no say in what begins a session.
        told.extend(starts.map(|starts| match &passive {
            Some(passive) => {
                (format!("CASE WHEN {passive} THEN 0 WHEN {starts} THEN 1 ELSE 0 END"), &own.starts)
            }
            None => (flag(&starts), &own.starts),
        }));
        if !rule.gap_when().is_empty() {
            let mut branches = String::new();
            for entry in rule.gap_when() {
                branches += &format!("WHEN {} THEN {} ", of(&entry.when)?, self.allowed(entry.gap));
            }
            told.push((format!("CASE {branches}ELSE {} END", self.allowed(rule.gap())), &own.pause));
        }
        for (column, value) in rule.split_on().iter().zip(&own.values) {
            let of_key = columns.definition.key().iter().position(|key| key == column);
            let ty = of_key.map_or(&KeyType::Text, |at| columns.types.of_key(at));
            let text = syntax.text(&name(columns.dialect, column), ty);
            let text = match &passive {
                Some(passive) => format!("CASE WHEN {passive} THEN NULL ELSE {text} END"),
                None => text,
            };
            told.push((text, value));
        }
        let told: String = told.iter().map(|(sql, name)| format!(",\n         {sql} AS {name}")).collect();
        let filter = match columns.types.without_null_times {
            true => format!("\n  WHERE {time} IS NOT NULL"),
            false => String::new(),
        };
        let step = columns.step("told", self.avoided);
        let body = format!(
            "  -- The time as a number of {} since 1970, and what the rules say of each event.\n  SELECT {}{}{told}{}\n  FROM {from}{filter}",
            ty.unit(),
            columns.key(),
            columns.others(),
            columns.beside_key(syntax),
        );
        steps.push(step, &body);
        Ok(())
    }
}
