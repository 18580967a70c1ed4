//! Whether the columns that a rule reads have what it takes them to have, and which of them have to be read as that.

use spectrum_core::{ColumnRole, EventColumn, Measure, Predicate, RuleColumn, SessionDefinition, ValueKind};
use spectrum_sql::dialect::run::ReadAs;
use spectrum_sql::dialect::{Dialect, KeyType};

use crate::column_types::{Number, key_type, number_type};
use crate::columns::named;
use crate::error::{Result, SubmitError};
use crate::runner::{Found, InputFormat};

/// The columns that are to be read as something else than they are. Types say what columns hold: text is not a number, but
/// where the format has no types.
pub(crate) fn fit(
    dialect: Dialect,
    found: &Found,
    definition: &SessionDefinition,
) -> Result<Vec<(String, ReadAs)>> {
    let mut read_as: Vec<(String, ReadAs)> = Vec::new();
    for Asked { column, kind, splits } in asked(definition, found.format) {
        let found_column = named(found, &column.name, ColumnRole::Rule)?;
        // Members are refused by name where the rule becomes SQL.
        if column.member.is_some() {
            continue;
        }
        let ty = key_type(dialect, &found_column.ty);
        let refused = |used_as: &'static str| SubmitError::RuleType {
            column: column.name.clone(),
            used_as,
            ty: found_column.ty.clone(),
        };
        let is_key = definition.key().contains(&column.name);
        let has_text = match ty {
            KeyType::Text | KeyType::Integer | KeyType::Boolean => true,
            // Spark's are bytes, of which only those in the key are looked at.
            KeyType::Uuid => is_key || dialect != Dialect::Spark,
            KeyType::CaseInsensitive | KeyType::Other(_) => false,
        };
        if splits && !has_text {
            return Err(refused("a value of split_on (text, an integer, a boolean or a uuid)"));
        }
        let Some(kind) = kind else { continue };
        let is_untyped = found.format != InputFormat::Parquet && ty == KeyType::Text;
        let read = match (kind, number_type(dialect, &found_column.ty)) {
            (ValueKind::Number, Some(Number::Single)) => Some(ReadAs::Double),
            (ValueKind::Number, Some(Number::Exact)) => None,
            (ValueKind::Number, None) if is_untyped => Some(ReadAs::Number),
            (ValueKind::Boolean, _) if ty == KeyType::Boolean => None,
            (ValueKind::Boolean, _) if is_untyped => Some(ReadAs::Boolean),
            (ValueKind::Text, _) if ty == KeyType::Text => None,
            _ => return Err(refused(kind.words())),
        };
        let Some(read) = read else { continue };
        let uses = [
            (is_key, "a part of the key"),
            (definition.time() == column.name, "the time"),
            (definition.event_id() == column.name, "the event id"),
            // Texts of split_on are compared as they are written.
            (splits, "a value of split_on"),
        ];
        if let Some((_, also)) = uses.into_iter().find(|(is, _)| *is) {
            let column = column.name.clone();
            return Err(SubmitError::ReadTwice { column, also, used_as: kind.words() });
        }
        match read_as.iter().find(|(name, _)| *name == column.name) {
            None => read_as.push((column.name.clone(), read)),
            Some((_, other)) if *other == read => {}
            Some(_) => {
                let column = column.name.clone();
                return Err(SubmitError::ReadTwice {
                    column,
                    also: "used otherwise by another condition",
                    used_as: kind.words(),
                });
            }
        }
    }
    Ok(read_as)
}

/// A column that a rule or a condition of the summary reads.
struct Asked<'a> {
    column: &'a EventColumn,
    kind: Option<ValueKind>,
    splits: bool,
}

fn asked(definition: &SessionDefinition, format: InputFormat) -> impl Iterator<Item = Asked<'_>> {
    let of_rule = definition.rule().columns().iter();
    let of_rule =
        of_rule.map(|RuleColumn { column, kind, splits }| Asked { column, kind: *kind, splits: *splits });
    let of_summary = definition.summary().iter().flat_map(|told| {
        let conditions = told.measure.condition().into_iter().chain(&told.filter);
        conditions.flat_map(Predicate::columns).map(|(column, kind)| Asked { column, kind, splits: false })
    });
    // Where nothing has a type, what is added up is read as numbers.
    let sums = definition.summary().iter().filter_map(move |told| match &told.measure {
        Measure::Sum(column) if format != InputFormat::Parquet => {
            Some(Asked { column, kind: Some(ValueKind::Number), splits: false })
        }
        _ => None,
    });
    of_rule.chain(of_summary).chain(sums)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::Column;

    fn fitted(dialect: Dialect, ty: &str, format: InputFormat, rule: &str) -> String {
        let columns = [("k", "VARCHAR"), ("x", ty)];
        let columns = columns.map(|(name, ty)| Column { name: name.to_owned(), ty: ty.to_owned() });
        let found = Found { columns: columns.to_vec(), format, files: 1 };
        let text = format!("[events]\nkey = [\"k\"]\n[session]\n{rule}\n");
        let definition = SessionDefinition::from_toml(&text).unwrap();
        match fit(dialect, &found, &definition) {
            Ok(read) => format!("{read:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn types_say_what_columns_hold() {
        let of = |ty, rule| fitted(Dialect::Duckdb, ty, InputFormat::Parquet, rule);
        for (ty, rule) in [
            ("BIGINT", "end_when = 'x > 1'"),
            ("DOUBLE", "end_when = 'x > 1'"),
            ("BOOLEAN", "end_when = 'x'"),
            ("VARCHAR", "end_when = \"x = '1'\""),
            ("BLOB", "end_when = 'x is null'"),
            ("UUID", "split_on = ['x']"),
        ] {
            assert_eq!(of(ty, rule), "[]", "{ty} {rule}");
        }
        assert_eq!(of("FLOAT", "end_when = 'x > 1'"), r#"[("x", Double)]"#);
        let refused = [
            (of("VARCHAR", "end_when = 'x > 1'"), "is used as a number by the rule, and its type is VARCHAR"),
            (of("DATE", "end_when = \"x = '2026'\""), "is used as a text by the rule, and its type is DATE"),
            (
                of("DOUBLE", "split_on = ['x']"),
                "is used as a value of split_on (text, an integer, a boolean or a uuid) by the rule, and its type is DOUBLE",
            ),
            (
                fitted(Dialect::Spark, "binary", InputFormat::Parquet, "split_on = ['x']"),
                "is used as a value of split_on (text, an integer, a boolean or a uuid) by the rule, and its type is binary",
            ),
        ];
        for (told, expected) in refused {
            assert_eq!(told, format!("column 'x' {expected}"));
        }
        assert_eq!(of("DOUBLE", "split_on = ['y']"), "column 'y' is not in the events (they have: k, x)");
    }

    #[test]
    fn text_files_have_no_types() {
        let of = |rule| fitted(Dialect::Duckdb, "VARCHAR", InputFormat::Csv, rule);
        assert_eq!(of("end_when = 'x > 1'"), r#"[("x", Number)]"#);
        assert_eq!(of("end_when = 'x'"), r#"[("x", Boolean)]"#);
        assert_eq!(of("end_when = \"x = '1'\"\nsplit_on = ['x']"), "[]");
        let also = |column, also| {
            format!(
                "column '{column}' is {also} and used as a number by the rule, which other engines cannot read of a text file"
            )
        };
        assert_eq!(of("end_when = 'k > 1'"), also("k", "a part of the key"));
        assert_eq!(of("end_when = 'x > 1'\nsplit_on = ['x']"), also("x", "a value of split_on"));
    }
}
