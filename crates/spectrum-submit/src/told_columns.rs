//! What the summary's own columns read: whether they can be told of it, and what types its values have.

use spectrum_core::{ColumnRole, Measure, SessionDefinition, SummaryColumn};
use spectrum_sql::dialect::run::ReadAs;
use spectrum_sql::dialect::{Dialect, KeyType, Types, ValueType};

use crate::column_types::{key_type, value_type};
use crate::columns::named;
use crate::error::{Result, SubmitError};
use crate::runner::{Column, Found, InputFormat};

/// The types with those of the values that are told. `read_as` has what conditions and sums take columns for.
pub(crate) fn fit(
    dialect: Dialect,
    found: &Found,
    definition: &SessionDefinition,
    types: Types,
    read_as: &[(String, ReadAs)],
) -> Result<Types> {
    let mut told = Vec::new();
    let mut needs_order = false;
    for column in definition.summary() {
        let Some(read) = column.measure.column() else { continue };
        let from = named(found, &read.name, ColumnRole::Rule)?;
        // Members are refused by name where the summary becomes SQL.
        if read.member.is_some() {
            continue;
        }
        let ty = of_value(dialect, found, column, from, read_as)?;
        let is_floating = matches!(ty, Some(ValueType::Double | ValueType::Real));
        needs_order |= matches!(column.measure, Measure::First(_) | Measure::Last(_))
            || matches!(column.measure, Measure::Sum(_)) && is_floating;
        told.extend(ty.map(|ty| (read.name.clone(), ty)));
    }
    let mut untyped_ids = false;
    if needs_order {
        let ids = named(found, definition.event_id(), ColumnRole::EventId)?;
        match key_type(dialect, &ids.ty) {
            KeyType::Other(ty) => {
                return Err(SubmitError::UnorderedIds { column: ids.name.clone(), ty });
            }
            ty => untyped_ids = ty == KeyType::Text && found.format != InputFormat::Parquet,
        }
    }
    Ok(Types { told, untyped_ids, ..types })
}

/// What the column holds; `None` where its values are told as they are.
fn of_value(
    dialect: Dialect,
    found: &Found,
    told: &SummaryColumn,
    from: &Column,
    read_as: &[(String, ReadAs)],
) -> Result<Option<ValueType>> {
    let refused = |why: &'static str| {
        Err(SubmitError::NotTold {
            told: told.name.clone(),
            column: from.name.clone(),
            ty: from.ty.clone(),
            why,
        })
    };
    let is_picked = matches!(told.measure, Measure::First(_) | Measure::Last(_));
    let ty = value_type(dialect, &from.ty);
    if found.format != InputFormat::Parquet {
        let is_read_as = read_as.iter().any(|(name, _)| *name == from.name);
        return match (&told.measure, ty) {
            (Measure::Sum(_), _) if is_read_as => Ok(Some(ValueType::Decimal(18))),
            (Measure::Min(_) | Measure::Max(_), Some(ValueType::Text)) => refused(
                "whose values may be numbers, of which only spectrum itself finds the least and the greatest",
            ),
            (_, Some(ValueType::Double)) => {
                refused("which the engine made of a text that is told as it is written")
            }
            // What goes into the summary is the text, and not what a condition reads.
            _ if is_read_as => Err(SubmitError::ReadTwice {
                column: from.name.clone(),
                also: "told by the summary",
                used_as: "a number or a boolean",
            }),
            (_, ty) => Ok(ty),
        };
    }
    let is_double = read_as.iter().any(|(name, read)| *name == from.name && *read == ReadAs::Double);
    match ty {
        Some(ValueType::Real) if is_double => Ok(Some(ValueType::Double)),
        Some(ty) => match ty.refused_by(&told.measure) {
            Some(why) => refused(why),
            None => Ok(Some(ty)),
        },
        None if is_picked => Ok(None),
        None => refused("which is not added up or compared the same everywhere"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitted(dialect: Dialect, ty: &str, format: InputFormat, told: &str) -> String {
        let columns = [("k", "VARCHAR"), ("event_id", "BIGINT"), ("x", ty)];
        let columns = columns.map(|(name, ty)| Column { name: name.to_owned(), ty: ty.to_owned() });
        let found = Found { columns: columns.to_vec(), format, files: 1 };
        let text = format!("[events]\nkey = [\"k\"]\n[summary.columns]\na = {{ {told} }}\n");
        let definition = SessionDefinition::from_toml(&text).unwrap();
        let read_as = match crate::rule_columns::fit(dialect, &found, &definition) {
            Ok(read_as) => read_as,
            Err(error) => return error.to_string(),
        };
        match fit(dialect, &found, &definition, Types::default(), &read_as) {
            Ok(types) => format!("{:?} {read_as:?}", types.told),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn types_say_how_values_are_added_up_and_compared() {
        let of = |dialect, ty, told| fitted(dialect, ty, InputFormat::Parquet, told);
        for (dialect, ty, told, expected) in [
            (Dialect::Duckdb, "BIGINT", "sum = 'x'", r#"[("x", Integer)] []"#),
            (Dialect::Duckdb, "DECIMAL(12,2)", "sum = 'x'", r#"[("x", Decimal(2))] []"#),
            (Dialect::Clickhouse, "Nullable(Decimal(12, 2))", "max = 'x'", r#"[("x", Decimal(2))] []"#),
            (Dialect::Spark, "decimal(20,0)", "sum = 'x'", r#"[("x", Integer)] []"#),
            (Dialect::Spark, "float", "sum = 'x'", r#"[("x", Real)] []"#),
            (Dialect::Duckdb, "DATE", "min = 'x'", r#"[("x", Time)] []"#),
            (Dialect::Duckdb, "INTEGER[]", "first = 'x'", "[] []"),
        ] {
            assert_eq!(of(dialect, ty, told), expected, "{ty} {told}");
        }
        for (ty, told, expected) in [
            ("BOOLEAN", "min = 'x'", "and its type is BOOLEAN, which has no least or greatest value"),
            ("VARCHAR", "sum = 'x'", "and its type is VARCHAR, which cannot be added up"),
            (
                "INTEGER[]",
                "count_distinct = 'x'",
                "and its type is INTEGER[], which is not added up or compared the same everywhere",
            ),
        ] {
            assert_eq!(
                of(Dialect::Duckdb, ty, told),
                format!("summary column 'a' reads column 'x', {expected}")
            );
        }
    }

    #[test]
    fn texts_are_added_up_and_told_as_they_are() {
        let of = |told| fitted(Dialect::Duckdb, "VARCHAR", InputFormat::Csv, told);
        assert_eq!(of("sum = 'x'"), r#"[("x", Decimal(18))] [("x", Number)]"#);
        assert_eq!(of("first = 'x'"), r#"[("x", Text)] []"#);
        assert_eq!(
            of("first = 'x', where = 'x > 1'"),
            "column 'x' is told by the summary and used as a number or a boolean by the rule, which other engines cannot read of a text file"
        );
        assert!(of("max = 'x'").contains("only spectrum itself finds the least and the greatest"));
    }
}
