//! DuckDB's aggregates.

use super::super::duckdb::Duckdb;
use super::super::value_type::{DIGITS, ValueType};
use super::scale;
use super::telling::{Edge, Filter, FloatingSum, Order, Telling};

impl Telling for Duckdb {
    /// FIRST takes NULL for a value.
    fn picked(&self, edge: Edge, value: &str, order: &Order, filter: &Filter) -> String {
        format!("FIRST({value} ORDER BY {}){filter}", order.by(edge))
    }

    /// Sums of whole numbers have 128 bits.
    fn exact_sum(&self, value: &str, ty: ValueType, filter: &Filter) -> String {
        format!("CAST(SUM({value}){filter} AS DECIMAL({DIGITS}, {}))", scale(ty))
    }

    fn floating_sum(&self, value: &str, order: &Order, filter: &Filter) -> FloatingSum {
        let value = self.as_floating(value);
        FloatingSum::Aggregate(format!("SUM({value} ORDER BY {}){filter}", order.by(Edge::First)))
    }
}
