//! ClickHouse's aggregates. Without rows they give a type's zero, and NULL only where the type can be NULL.

use super::super::clickhouse::Clickhouse;
use super::super::value_type::ValueType;
use super::scale;
use super::telling::{Edge, Filter, FloatingSum, Order, Telling, extreme_beside_nan};

impl Telling for Clickhouse {
    /// A value that is NULL would be passed over; a tuple that holds it is not.
    fn picked(&self, edge: Edge, value: &str, order: &Order, filter: &Filter) -> String {
        let function = match edge {
            Edge::First => "argMin",
            Edge::Last => "argMax",
        };
        format!("tupleElement({function}(tuple(toNullable({value})), ({})){filter}, 1)", placed(order))
    }

    /// A sum of 64 bits would run over without a word.
    fn exact_sum(&self, value: &str, ty: ValueType, filter: &Filter) -> String {
        let scale = scale(ty);
        let wide = match ty {
            ValueType::Decimal(_) => format!("toDecimal256({value}, {scale})"),
            _ => format!("toInt128({value})"),
        };
        format!("toDecimal128(SUM(toNullable({wide})){filter}, {scale})")
    }

    /// What `groupArray` gathers is in no settled order, and neither is a sum.
    fn floating_sum(&self, value: &str, order: &Order, filter: &Filter) -> FloatingSum {
        let there = filter.and(format!("{value} IS NOT NULL"));
        let (place, at) = (placed(order), order.parts().len() + 1);
        FloatingSum::Aggregate(format!(
            "CASE WHEN COUNT({value}){filter} > 0 THEN arrayFold((total, row) -> total + row.{at},
             arraySort(groupArray(({place}, toFloat64(assumeNotNull({value})))){there}), toFloat64(0)) END"
        ))
    }

    fn extreme(&self, function: &str, value: &str, ty: ValueType, filter: &Filter) -> String {
        let value = format!("toNullable({value})");
        match ty {
            ValueType::Double | ValueType::Real => {
                extreme_beside_nan(function, &value, &format!("isNaN({value})"), filter)
            }
            _ => format!("{function}({value}){filter}"),
        }
    }

    /// NaNs and zeros of two signs are told apart by their bits.
    fn distinct(&self, value: &str, ty: ValueType, filter: &Filter) -> String {
        let value = match ty {
            ValueType::Double | ValueType::Real => format!("if(isNaN({value}), nan, {value} + 0)"),
            _ => value.to_owned(),
        };
        format!("toInt64(uniqExact({value}){filter})")
    }

    fn as_floating(&self, number: &str) -> String {
        format!("toFloat64({number})")
    }

    /// What a condition gives is a small number.
    fn truth(&self, condition: &str) -> String {
        format!("CAST(({condition}) AS Nullable(Bool))")
    }

    /// UUIDs are compared by their second half first.
    fn ordered_id(&self, id: &str, is_uuid: bool) -> String {
        if is_uuid { format!("toString({id})") } else { id.to_owned() }
    }
}

/// What the order of an event is by, for a tuple.
fn placed(order: &Order) -> String {
    order.parts().into_iter().map(|(_, value)| value).collect::<Vec<_>>().join(", ")
}
