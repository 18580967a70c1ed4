//! What engines write differently where a summary tells more of a session.

use std::fmt;

use super::super::expressions::Expressions;
use super::super::value_type::ValueType;

/// How one engine aggregates the events of a session. Arguments are SQL expressions.
pub(in crate::dialect) trait Telling: Expressions {
    /// The value of the first or the last event, which may be NULL; NULL without events.
    fn picked(&self, edge: Edge, value: &str, order: &Order, filter: &Filter) -> String;

    /// The sum of whole numbers or decimals as a decimal of 38 digits, of which so many are behind the point; NULL without
    /// values, and an error where it needs more digits.
    fn exact_sum(&self, value: &str, ty: ValueType, filter: &Filter) -> String;

    /// The sum of floating numbers in the order of the events, as one of double precision.
    fn floating_sum(&self, value: &str, order: &Order, filter: &Filter) -> FloatingSum;

    /// The least (MIN) or the greatest (MAX) value, where NaN is greater than all numbers.
    fn extreme(&self, function: &str, value: &str, _ty: ValueType, filter: &Filter) -> String {
        format!("{function}({value}){filter}")
    }

    /// The number of distinct values, as a 64-bit integer.
    fn distinct(&self, value: &str, _ty: ValueType, filter: &Filter) -> String {
        format!("COUNT(DISTINCT {value}){filter}")
    }

    /// A whole number as a floating one.
    fn as_floating(&self, number: &str) -> String {
        format!("CAST({number} AS DOUBLE)")
    }

    /// Whether conditions on events are asked in a step before the aggregates.
    fn asks_before(&self) -> bool {
        false
    }

    /// A condition, which may be unknown, as a value of a boolean column.
    fn truth(&self, condition: &str) -> String {
        format!("({condition})")
    }

    /// An event id as what its order is by.
    fn ordered_id(&self, id: &str, _is_uuid: bool) -> String {
        id.to_owned()
    }
}

/// Which event is picked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::dialect) enum Edge {
    First,
    Last,
}

/// The order of events: by instant, and at one instant by event id, of which NULL is the greatest.
pub(in crate::dialect) struct Order {
    pub(in crate::dialect) instant: String,
    /// One after the other.
    pub(in crate::dialect) event_id: Vec<String>,
}

impl Order {
    /// What stands behind ORDER BY; of the last event backwards.
    pub(in crate::dialect) fn by(&self, edge: Edge) -> String {
        let (instant, direction) = match edge {
            Edge::First => (self.instant.clone(), " NULLS LAST"),
            Edge::Last => (format!("{} DESC", self.instant), " DESC NULLS FIRST"),
        };
        let ids = self.event_id.iter().map(|id| format!("{id}{direction}"));
        [instant].into_iter().chain(ids).collect::<Vec<_>>().join(", ")
    }
}

impl Order {
    /// Names and values that are compared one after the other, where NULL would not be the greatest by itself.
    pub(in crate::dialect) fn parts(&self) -> Vec<(String, String)> {
        let mut parts = vec![("instant".to_owned(), self.instant.clone())];
        for (at, id) in self.event_id.iter().enumerate() {
            parts.push((format!("without_{at}"), format!("{id} IS NULL")));
            parts.push((format!("id_{at}"), id.clone()));
        }
        parts
    }
}

/// How floating numbers are added up.
pub(in crate::dialect) enum FloatingSum {
    /// By an aggregate.
    Aggregate(String),
    /// By a window over the events of the session in their order, whose value at the last event is the sum.
    Running {
        /// What the window adds up.
        added: String,
        /// The aggregate of the last event's value, with `{}` in the place of the window's column.
        last: String,
    },
}

/// The conditions under which an event has a say, as a clause behind an aggregate.
#[derive(Clone)]
pub(in crate::dialect) struct Filter(pub(in crate::dialect) Vec<String>);

impl Filter {
    /// The same with one more condition.
    pub(in crate::dialect) fn and(&self, condition: String) -> Self {
        Self(self.0.iter().cloned().chain([condition]).collect())
    }

    /// All of them as one; `None` where there are none.
    pub(in crate::dialect) fn condition(&self) -> Option<String> {
        match self.0.as_slice() {
            [] => None,
            [one] => Some(one.clone()),
            several => {
                let several: Vec<_> = several.iter().map(|condition| format!("({condition})")).collect();
                Some(several.join(" AND "))
            }
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.condition() {
            None => Ok(()),
            Some(condition) => write!(f, " FILTER (WHERE {condition})"),
        }
    }
}

/// Of engines in which NaN is not greater than all numbers: the numbers and the NaNs apart.
pub(super) fn extreme_beside_nan(function: &str, value: &str, is_nan: &str, filter: &Filter) -> String {
    let numbers = format!("{function}({value}){}", filter.and(format!("NOT {is_nan}")));
    let nans = format!("{function}({value}){}", filter.and(is_nan.to_owned()));
    match function {
        "MAX" => format!("COALESCE({nans}, {numbers})"),
        _ => format!("COALESCE({numbers}, {nans})"),
    }
}
