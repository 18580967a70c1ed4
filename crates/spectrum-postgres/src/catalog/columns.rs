//! The columns of a relation, and whether they can be key, time or event id.

use postgres::GenericClient;
use spectrum_core::{EpochUnit, Measure, ValueKind};
use spectrum_sql::identifier;
use spectrum_sql::postgres::{EventColumn, KeyComparison, TimeSubtraction};

use super::relation::Relation;
use crate::error::{Result, While};
use crate::message::{Message, message};
use crate::remedy::Remedy;

/// A column.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// As format_type prints it.
    pub(crate) ty: String,
    /// PostgreSQL's own name of the type, of the type behind a domain; `citext` for the extension's. Any other type's
    /// name has its schema, so that it is none of these, whatever it is called.
    base: String,
    /// The schema of that type.
    pub(crate) schema: String,
    /// The declared type: a domain itself, not the type behind it.
    pub(crate) declared: EventColumn,
    /// Whether it is computed whenever it is read.
    pub(crate) is_virtual: bool,
    /// Whether it is an enumeration of texts.
    is_enum: bool,
    /// Whether values that differ in their bytes can be equal: a nondeterministic collation.
    folds: bool,
    /// Whether the current user may read it.
    pub(crate) readable: bool,
}

/// The columns in their order.
pub(crate) fn columns_of(client: &mut impl GenericClient, relation: &Relation) -> Result<Vec<Column>> {
    let rows = client
        .query(
            "WITH RECURSIVE base AS (
               SELECT oid AS of, oid, typtype, typbasetype FROM pg_catalog.pg_type
               UNION ALL
               SELECT base.of, t.oid, t.typtype, t.typbasetype
               FROM base JOIN pg_catalog.pg_type t ON base.typtype = 'd' AND t.oid = base.typbasetype)
             SELECT a.attname::text, format_type(a.atttypid, a.atttypmod),
                    CASE WHEN n.nspname = 'pg_catalog' THEN t.typname::text
                         WHEN t.typname = 'citext' AND EXISTS (
                           SELECT FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension x ON x.oid = d.refobjid
                           WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e'
                             AND d.refclassid = 'pg_extension'::regclass AND x.extname = 'citext') THEN 'citext'
                         ELSE n.nspname || '.' || t.typname END,
                    COALESCE(NOT l.collisdeterministic, false), has_column_privilege(a.attrelid, a.attnum, 'SELECT'),
                    n.nspname::text, a.atttypid, own_n.nspname::text, own.typname::text, a.attgenerated::text,
                    t.typtype = 'e'
             FROM pg_catalog.pg_attribute a
             JOIN base ON base.of = a.atttypid AND base.typtype <> 'd'
             JOIN pg_catalog.pg_type t ON t.oid = base.oid
             JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
             JOIN pg_catalog.pg_type own ON own.oid = a.atttypid
             JOIN pg_catalog.pg_namespace own_n ON own_n.oid = own.typnamespace
             LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation
             WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped
             ORDER BY a.attnum",
            &[&relation.oid],
        )
        .while_doing(format!("reading the columns of {}", relation.name))?;
    let column = |row: &postgres::Row| Column {
        name: row.get(0),
        ty: row.get(1),
        base: row.get(2),
        folds: row.get(3),
        readable: row.get(4),
        schema: row.get(5),
        is_virtual: row.get::<_, &str>(9) == "v",
        is_enum: row.get(10),
        declared: EventColumn {
            name: row.get(0),
            type_oid: row.get(6),
            type_name: format!("{}.{}", identifier(row.get(7)), identifier(row.get(8))),
        },
    };
    Ok(rows.iter().map(column).collect())
}

impl Column {
    /// How it works as a part of the key; `Err` says why it cannot.
    pub(crate) fn as_key(&self) -> Result<KeyComparison, String> {
        if self.folds {
            return Err(format!(
                "{} with a nondeterministic collation, under which different texts are equal; use a deterministic one",
                self.ty
            ));
        }
        match self.base.as_str() {
            "uuid" | "int2" | "int4" | "int8" | "text" | "varchar" | "bool" => Ok(KeyComparison::Plain),
            // Without decimals, as what stands for an unsigned 64-bit integer.
            "numeric" if self.ty.ends_with(",0)") => Ok(KeyComparison::Plain),
            "citext" => Ok(KeyComparison::CaseInsensitive),
            _ => Err(format!(
                "{}, whose text is not settled; a key column is uuid, smallint, integer, bigint, text, varchar, citext or \
                 boolean: cast it in a view over the events",
                self.ty
            )),
        }
    }

    /// An operator between two of its values, which are of the key's types, whatever the search path is.
    pub(crate) fn operator(&self, name: &str) -> String {
        format!("OPERATOR({}.{name})", identifier(&self.schema))
    }

    /// How it works as the time, where numbers count `unit`; `Err` says why it cannot.
    pub(crate) fn as_time(&self, unit: Option<EpochUnit>) -> Result<TimeSubtraction, Message> {
        match (self.base.as_str(), unit) {
            ("timestamptz" | "timestamp", _) => Ok(TimeSubtraction::Timestamp),
            ("date", _) => Ok(TimeSubtraction::Date),
            ("int8", Some(unit)) => Ok(TimeSubtraction::Epoch(unit)),
            ("int8", None) => Err(message![
                format!("{}, a number; say what it counts since 1970 with ", self.ty),
                Remedy::GiveTimeUnit
            ]),
            ("int2" | "int4", _) => Err(format!(
                "{}; a number that counts from 1970 is bigint: cast it in a view over the events, or change its type",
                self.ty
            )
            .into()),
            _ => Err(format!(
                "{}; the time is timestamptz, timestamp, date or bigint: convert it in a view over the events",
                self.ty
            )
            .into()),
        }
    }

    /// Whether its times are instants, which a zone shows as one time of day or another.
    pub(crate) fn is_zoned(&self) -> bool {
        self.base == "timestamptz"
    }

    /// How a rule reads it that takes it to have this kind of values, and compares their texts if it `splits`: what it has to
    /// be cast to, if to anything; `Err` says why it cannot.
    pub(crate) fn as_read(
        &self,
        kind: Option<ValueKind>,
        splits: bool,
    ) -> Result<Option<&'static str>, String> {
        let refused = |is_taken: &str, types: &str| {
            Err(format!(
                "{}, and {is_taken}, which takes {types}: cast it in a view over the events",
                self.ty
            ))
        };
        let base = self.base.as_str();
        let is_whole =
            matches!(base, "int2" | "int4" | "int8") || base == "numeric" && self.ty.ends_with(",0)");
        let is_text = matches!(base, "text" | "varchar" | "citext" | "uuid") || self.is_enum;
        if splits && !is_whole && !is_text && base != "bool" {
            return refused(
                "it is compared by its text",
                "uuid, smallint, integer, bigint, text, varchar, citext, boolean or an enumeration",
            );
        }
        match kind {
            None => Ok(None),
            // By its bytes, whatever the column's collation takes for equal.
            Some(ValueKind::Text) if self.folds => Ok(Some("TEXT COLLATE \"C\"")),
            Some(ValueKind::Text) if matches!(base, "text" | "varchar") => Ok(None),
            Some(ValueKind::Text) if is_text => Ok(Some("TEXT")),
            Some(ValueKind::Text) => {
                refused("it is compared as a text", "text, varchar, citext, uuid or an enumeration")
            }
            Some(ValueKind::Number) => match base {
                "int2" | "int4" | "int8" | "numeric" | "float8" => Ok(None),
                // Where it meets a decimal in a list it would be compared as half as precise as elsewhere.
                "float4" => Ok(Some("FLOAT8")),
                _ => refused(
                    "it is compared as a number",
                    "smallint, integer, bigint, numeric, real or double precision",
                ),
            },
            Some(ValueKind::Boolean) if base == "bool" => Ok(None),
            Some(ValueKind::Boolean) => refused("it is read as a boolean", "boolean"),
            Some(ValueKind::Json) if matches!(base, "json" | "jsonb") => Ok(None),
            Some(ValueKind::Json) => refused("it is read as JSON", "json or jsonb"),
        }
    }

    /// What it has to be cast to before a measure of the summary adds its values up or compares them; `Err` says why it
    /// cannot.
    pub(crate) fn as_told(&self, measure: &Measure) -> Result<Option<String>, String> {
        let base = self.base.as_str();
        let is_text =
            matches!(base, "text" | "varchar" | "bpchar" | "citext" | "uuid") || self.is_enum || self.folds;
        let by_bytes = || Ok(Some("TEXT COLLATE \"C\"".to_owned()));
        let cast = |to: &str| Ok(Some(to.to_owned()));
        if self.ty.ends_with("[]") {
            return Err(format!("{}, an array, which a summary does not tell; make a text of it", self.ty));
        }
        // Equal values that look different, of which one would be told at one time and another at another.
        let alike = |call: &str| Ok(Some(call.to_owned()));
        match (measure, base) {
            (Measure::Min(_) | Measure::Max(_), "numeric") => alike("TRIM_SCALE({})"),
            (Measure::Min(_) | Measure::Max(_), "float4" | "float8") => alike("({} + 0)::FLOAT8"),
            (Measure::Min(_) | Measure::Max(_), "interval") => alike("JUSTIFY_INTERVAL({})"),
            (
                Measure::Min(_) | Measure::Max(_) | Measure::CountDistinct(_),
                "point" | "line" | "lseg" | "box" | "path" | "polygon" | "circle" | "timetz" | "bit"
                | "varbit",
            ) => Err(format!("{}, which {} does not compare", self.ty, measure.word())),
            (Measure::First(_) | Measure::Last(_), _) => Ok(None),
            (Measure::Sum(_), "int2" | "int4" | "int8") => cast("NUMERIC"),
            (Measure::Sum(_), "float4") => cast("FLOAT8"),
            (Measure::Sum(_), "numeric" | "float8") => Ok(None),
            (Measure::Sum(_), _) => Err(format!(
                "{}, which cannot be added up; sum takes smallint, integer, bigint, numeric, real or double precision",
                self.ty
            )),
            (_, "json" | "jsonb" | "xml" | "bytea") => Err(format!(
                "{}, which {} does not compare: cast it in a view over the events",
                self.ty,
                measure.word()
            )),
            (Measure::Min(_) | Measure::Max(_), "bool") => {
                Err("boolean, which has no least or greatest value; any says whether it is true once"
                    .to_owned())
            }
            _ if is_text => by_bytes(),
            _ => Ok(None),
        }
    }

    /// Whether it can name events; `Err` says why not.
    pub(crate) fn as_event_id(&self) -> Result<(), String> {
        match self.base.as_str() {
            "uuid" | "int2" | "int4" | "int8" | "text" | "varchar" => Ok(()),
            "numeric" if self.ty.ends_with(",0)") => Ok(()),
            _ => Err(format!(
                "{}, whose text is not settled; an event id is uuid, smallint, integer, bigint, text or varchar: cast it in \
                 a view over the events",
                self.ty
            )),
        }
    }
}
