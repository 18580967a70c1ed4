//! Spark's aggregates.

use super::super::spark::Spark;
use super::super::value_type::{DIGITS, ValueType};
use super::scale;
use super::telling::{Edge, Filter, FloatingSum, Order, Telling};

impl Telling for Spark {
    /// Structs are compared field by field.
    fn picked(&self, edge: Edge, value: &str, order: &Order, filter: &Filter) -> String {
        let function = match edge {
            Edge::First => "MIN_BY",
            Edge::Last => "MAX_BY",
        };
        let place = placed(order);
        format!(
            "({function}(named_struct('value', {value}),\n          named_struct({place})){filter}).value"
        )
    }

    /// A sum of 64 bits runs over, and one of decimals is NULL then, where the settings do not say otherwise.
    fn exact_sum(&self, value: &str, ty: ValueType, filter: &Filter) -> String {
        let sum = format!("SUM(CAST({value} AS DECIMAL({DIGITS}, {}))){filter}", scale(ty));
        match ty {
            ValueType::Decimal(_) => format!(
                "COALESCE({sum}, CASE WHEN COUNT({value}){filter} > 0 THEN raise_error('a sum has more than {DIGITS} digits') END)"
            ),
            // No number of rows that there can be needs more digits.
            _ => sum,
        }
    }

    /// What `collect_list` gathers is in no settled order, and neither is a sum.
    fn floating_sum(&self, value: &str, order: &Order, filter: &Filter) -> FloatingSum {
        let there = filter.and(format!("{value} IS NOT NULL"));
        let row = format!("named_struct({}, 'value', {})", placed(order), self.as_floating(value));
        FloatingSum::Aggregate(format!(
            "CASE WHEN COUNT({value}){filter} > 0 THEN aggregate(array_sort(collect_list({row}){there}),
           CAST(0 AS DOUBLE), (total, row) -> total + row.value) END"
        ))
    }
}

/// What the order of an event is by, for a struct.
fn placed(order: &Order) -> String {
    let parts = order.parts().into_iter().map(|(name, value)| format!("'{name}', {value}"));
    parts.collect::<Vec<_>>().join(", ")
}
