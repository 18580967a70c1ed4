//! DataFusion's aggregates.

use super::super::datafusion::Datafusion;
use super::super::value_type::{DIGITS, ValueType};
use super::scale;
use super::telling::{Edge, Filter, FloatingSum, Order, Telling, extreme_beside_nan};

impl Telling for Datafusion {
    fn picked(&self, edge: Edge, value: &str, order: &Order, filter: &Filter) -> String {
        format!("first_value({value} ORDER BY {}){filter}", order.by(edge))
    }

    /// Sums run over without a word: those of 64 bits, and those of decimals at the end of 128 bits.
    fn exact_sum(&self, value: &str, ty: ValueType, filter: &Filter) -> String {
        let scale = scale(ty);
        match ty {
            ValueType::Decimal(_) => format!(
                "CAST(SUM(arrow_cast({value}, 'Decimal256(76, {scale})')){filter} AS DECIMAL({DIGITS}, {scale}))"
            ),
            _ => format!("SUM(CAST({value} AS DECIMAL({DIGITS}, {scale}))){filter}"),
        }
    }

    /// An aggregate takes rows in any order, whatever ORDER BY says in it; a window does not.
    fn floating_sum(&self, value: &str, order: &Order, filter: &Filter) -> FloatingSum {
        let value = self.as_floating(value);
        FloatingSum::Running {
            added: match filter.condition() {
                Some(condition) => format!("CASE WHEN {condition} THEN {value} END"),
                None => value,
            },
            last: format!("first_value({{}} ORDER BY {})", order.by(Edge::Last)),
        }
    }

    fn extreme(&self, function: &str, value: &str, ty: ValueType, filter: &Filter) -> String {
        match ty {
            ValueType::Double | ValueType::Real => {
                extreme_beside_nan(function, value, &format!("isnan({value})"), filter)
            }
            _ => format!("{function}({value}){filter}"),
        }
    }

    /// A part that several conditions of aggregates have is taken out of them, and IS TRUE of such a part is an internal error.
    fn asks_before(&self) -> bool {
        true
    }

    /// Zeros of two signs are told apart by their bits.
    fn distinct(&self, value: &str, ty: ValueType, filter: &Filter) -> String {
        match ty {
            ValueType::Double | ValueType::Real => format!("COUNT(DISTINCT {value} + 0){filter}"),
            _ => format!("COUNT(DISTINCT {value}){filter}"),
        }
    }
}
