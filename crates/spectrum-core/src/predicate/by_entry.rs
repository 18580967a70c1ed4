//! Conditions on one column that comes dictionary-encoded: each of its values is judged once, however many rows have it.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{AnyDictionaryArray, ArrayRef, NullArray};

use super::Predicate;
use super::evaluate::{Rows, Truth};
use super::tree::{Condition, EventColumn, Value};

/// The truth in every row, where that takes fewer judgements than there are rows. `None` also where a value is not what the
/// condition takes it for: whether a row has it, and which, only the rows tell.
pub(super) fn truths(rows: Rows<'_>, predicate: &Predicate, condition: &Condition) -> Option<Vec<Truth>> {
    let name = only_column(condition)?;
    let dictionary = rows.column(name).ok()?.as_any_dictionary_opt()?;
    let entries = dictionary.values();
    if entries.len() > rows.count {
        return None;
    }
    let judge = |column: &ArrayRef| {
        let (names, columns) = (std::slice::from_ref(name), std::slice::from_ref(column));
        Rows { names, columns, count: column.len() }.truths(predicate, condition).ok()
    };
    let null: ArrayRef = Arc::new(NullArray::new(1));
    let of_null = judge(&null)?.first().copied()?;
    Some(of_rows(dictionary, &judge(entries)?, of_null))
}

fn of_rows(dictionary: &dyn AnyDictionaryArray, of_entries: &[Truth], of_null: Truth) -> Vec<Truth> {
    if of_entries.is_empty() {
        return vec![of_null; dictionary.len()];
    }
    // Those of rows without a value are some entry's.
    let mut truths: Vec<Truth> =
        dictionary.normalized_keys().into_iter().map(|entry| of_entries[entry]).collect();
    if let Some(nulls) = dictionary.nulls() {
        for (truth, has_value) in truths.iter_mut().zip(nulls) {
            *truth = if has_value { *truth } else { of_null };
        }
    }
    truths
}

/// The column that a condition reads, if it reads one.
fn only_column(condition: &Condition) -> Option<&EventColumn> {
    let mut values = Vec::new();
    values_of(condition, &mut values);
    let mut only = None;
    while let Some(value) = values.pop() {
        match value {
            Value::Column(column) if only.is_none_or(|only| only == column) => only = Some(column),
            Value::Column(_) => return None,
            Value::Lower(of) | Value::Upper(of) => values.push(of),
            Value::Coalesce(of) => values.extend(of),
            Value::Literal(_) => {}
        }
    }
    only
}

fn values_of<'c>(condition: &'c Condition, values: &mut Vec<&'c Value>) {
    match condition {
        Condition::And(parts) | Condition::Or(parts) => parts.iter().for_each(|part| values_of(part, values)),
        Condition::Not(of) | Condition::Is { of, .. } => values_of(of, values),
        Condition::Compare { left, right, .. } => values.extend([left, right]),
        Condition::Between { value, low, high, .. } => values.extend([value, low, high]),
        Condition::IsNull { of: value, .. }
        | Condition::In { value, .. }
        | Condition::Like { value, .. }
        | Condition::Value(value) => values.push(value),
    }
}
