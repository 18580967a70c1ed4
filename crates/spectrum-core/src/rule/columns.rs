//! Which columns of the events a rule reads, and what it takes them to have.

use super::SessionRule;
use super::parts::RuleError;
use crate::predicate::{EventColumn, Predicate, ValueKind};

/// A column that a rule reads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuleColumn {
    /// The column, or a member of the JSON in it.
    pub column: EventColumn,
    /// What conditions take it to have; `None` where they only ask whether there is a value, or no condition reads it.
    pub kind: Option<ValueKind>,
    /// Whether `split_on` names it. Its values then are compared by their texts.
    pub splits: bool,
}

impl SessionRule {
    /// All conditions, each with the name of the setting that has it.
    pub fn conditions(&self) -> impl Iterator<Item = (&'static str, &Predicate)> {
        fn one<'a>(
            name: &'static str,
            rule: &'a Option<Predicate>,
        ) -> impl Iterator<Item = (&'static str, &'a Predicate)> {
            rule.as_ref().map(|rule| (name, rule)).into_iter()
        }
        one("where", &self.takes_part)
            .chain(self.gap_when.iter().map(|rule| ("gap_when", &rule.when)))
            .chain(one("start_when", &self.start_when))
            .chain(one("end_when", &self.end_when))
            .chain(one("passive_when", &self.passive_when))
            .chain(one("ignore_when", &self.ignore_when))
    }

    /// What all conditions and `split_on` read.
    pub(super) fn find_columns(&self) -> Result<Vec<RuleColumn>, RuleError> {
        let mut columns: Vec<RuleColumn> = Vec::new();
        for (setting, condition) in self.conditions() {
            for (column, kind) in condition.columns() {
                match columns.iter_mut().find(|known| known.column == *column) {
                    None => columns.push(RuleColumn { column: column.clone(), kind, splits: false }),
                    Some(known) => match (known.kind, kind) {
                        (Some(first), Some(second)) if first != second => {
                            return Err(RuleError::TwoKinds {
                                column: column.to_string(),
                                setting,
                                first,
                                second,
                            });
                        }
                        (first, second) => known.kind = first.or(second),
                    },
                }
            }
        }
        for name in &self.split_on {
            let column = EventColumn::whole(name);
            match columns.iter_mut().find(|known| known.column == column) {
                Some(known) => known.splits = true,
                None => columns.push(RuleColumn { column, kind: None, splits: true }),
            }
        }
        Ok(columns)
    }
}
