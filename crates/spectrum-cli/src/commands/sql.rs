//! `spectrum sql`: the definition in another engine's SQL.

use std::str::FromStr;

use anyhow::{Error, Result, anyhow, bail};
use clap::{Args, ValueEnum};
use spectrum_core::EpochUnit;
use spectrum_sql::DEFAULT_EVENTS;
use spectrum_sql::dialect::{
    Asks, Content, Dialect, Form, KeyType, Plan, Statement, TimeType, Types, UnknownType, Unsupported,
    ValueType, statement, table_parts,
};

use super::print;
use crate::definition::DefinitionFlags;

/// Print the definition as SQL, for the engine that holds the events
///
/// The SQL gives every event the same session id, byte for byte, as PostgreSQL and `spectrum run` do. It is only
/// printed; nothing is run. What an engine cannot express is refused by name. Names that hold capitals or other letters
/// are quoted; in Snowflake a name in lower case is not, so user_id reads USER_ID.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[arg(long, value_name = "ENGINE", help = engines())]
    dialect: Dialect,
    /// What the query becomes
    #[arg(long = "as", value_enum, value_name = "FORM", default_value = "select")]
    form: FormName,
    /// Name of what is created [default: sessions, or session_summary]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// One row per session instead of one per event
    #[arg(long)]
    summary: bool,
    /// With --summary, read this relation, which holds what is printed without --summary
    #[arg(long, value_name = "NAME", requires = "summary")]
    sessions: Option<String>,
    /// The steps to the same rows, for Spark
    #[arg(long, value_enum, value_name = "PLAN", default_value = "window")]
    plan: PlanName,
    #[command(flatten)]
    definition: DefinitionFlags,
    /// What to do with events whose time is NULL
    #[arg(long, value_enum, value_name = "WHAT", default_value = "keep", help_heading = "What a session is")]
    null_time: NullTime,
    /// Events table [default: the definition's, or warehouse.fact_events]
    #[arg(long, value_name = "NAME", help_heading = COLUMNS)]
    table: Option<String>,
    /// Columns to carry along with every event, separated by commas
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', help_heading = COLUMNS)]
    columns: Vec<String>,
    // Not doc comments: rustdoc would take the brackets for links.
    #[arg(
        long,
        value_name = "TYPE",
        help = "Type of the time: timestamp (without a zone), timestamptz, date, with [ns] behind it for nanoseconds, or \
                bigint with --time-unit [default: what the engine calls TIMESTAMP]",
        help_heading = COLUMNS
    )]
    time_type: Option<TimeTypeName>,
    /// What a time of type bigint counts since 1970: s, ms, us or ns
    #[arg(long, value_name = "UNIT", help_heading = COLUMNS)]
    time_unit: Option<EpochUnit>,
    #[arg(
        long,
        value_name = "TYPES",
        value_delimiter = ',',
        help = "Types of the key columns, separated by commas: text, integer, boolean or uuid [default: text, which suits \
                integers and the engine's own uuids too]",
        help_heading = COLUMNS
    )]
    key_types: Vec<String>,
    #[arg(
        long,
        value_name = "TYPE",
        help = "Type of the event id, which settles how --summary orders events of one instant [default: text]",
        help_heading = COLUMNS
    )]
    event_id_type: Option<String>,
    #[arg(
        long = "column-type",
        value_name = "COLUMN=TYPE",
        help = "Type of a column that [summary.columns] adds up or compares, as in amount=decimal(12,2): text, integer, \
                decimal(DIGITS,SCALE), double, real, boolean, uuid, date or timestamp; once per column",
        help_heading = COLUMNS
    )]
    column_types: Vec<ColumnTypeName>,
}

const COLUMNS: &str = "What the events are";

/// A type of the time, of which a number needs a unit.
#[derive(Clone, Copy, Debug)]
enum TimeTypeName {
    Bigint,
    Of(TimeType),
}

impl FromStr for TimeTypeName {
    type Err = UnknownType;

    fn from_str(text: &str) -> Result<Self, UnknownType> {
        if text == "bigint" { Ok(Self::Bigint) } else { text.parse().map(Self::Of) }
    }
}

/// A column and what it holds.
#[derive(Clone, Debug)]
struct ColumnTypeName {
    column: String,
    ty: ValueType,
}

impl FromStr for ColumnTypeName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.rsplit_once('=') {
            Some((column, ty)) if !column.is_empty() => {
                Ok(Self { column: column.to_owned(), ty: ty.parse()? })
            }
            _ => bail!("'{text}' is not a column and its type, as in amount=decimal(12,2)"),
        }
    }
}

/// The type of the time; a number's unit is said by the flag, or else by the definition file.
fn time_type(
    name: Option<TimeTypeName>,
    said: Option<EpochUnit>,
    file: Option<EpochUnit>,
) -> Result<Option<TimeType>> {
    match (name, said) {
        (Some(TimeTypeName::Bigint), _) => match said.or(file) {
            Some(unit) => Ok(Some(TimeType::Epoch(unit))),
            None => {
                bail!("a time of type bigint is a number; say what it counts since 1970 with --time-unit")
            }
        },
        (Some(TimeTypeName::Of(_)), Some(_)) => bail!("--time-unit is of times of type bigint; leave it out"),
        (Some(TimeTypeName::Of(ty)), None) => Ok(Some(ty)),
        (None, Some(_)) => bail!("--time-unit is of times of type bigint; add --time-type bigint"),
        (None, None) => Ok(None),
    }
}

/// The names of all engines in words; one that is another's second name stands behind it.
fn engines() -> String {
    let mut words: Vec<String> = Vec::new();
    let mut last = None;
    for (name, dialect) in Dialect::NAMES {
        match words.last_mut() {
            Some(first) if last == Some(dialect) => *first += &format!(" (or {name})"),
            _ => words.push(name.to_owned()),
        }
        last = Some(dialect);
    }
    let end = words.pop().unwrap_or_default();
    format!("The engine: {} or {end}", words.join(", "))
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum FormName {
    /// A query
    Select,
    /// CREATE VIEW
    View,
    /// CREATE TABLE
    Table,
    /// CREATE MATERIALIZED VIEW, where it can hold window functions
    MaterializedView,
    /// A file for the models folder of a dbt project, a table that every run makes anew
    DbtModel,
    /// The same for an incremental model: a run computes the keys that have new events
    DbtIncremental,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum PlanName {
    /// All events of a key come to one place: any number of events, and no more of one key than a task can sort
    Window,
    /// Events stay where they are, and one row per key and gap of time moves: less to move, and the ids must fit
    /// into every machine's memory. docs/scale.md says when it is better
    Merge,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum NullTime {
    /// They come last in their key, and their session ids mean nothing
    Keep,
    /// Leave them out
    Drop,
}

impl From<PlanName> for Plan {
    fn from(name: PlanName) -> Self {
        match name {
            PlanName::Window => Self::Window,
            PlanName::Merge => Self::Merge,
        }
    }
}

impl From<FormName> for Form {
    fn from(name: FormName) -> Self {
        match name {
            FormName::Select => Self::Select,
            FormName::View => Self::View,
            FormName::Table => Self::Table,
            FormName::MaterializedView => Self::MaterializedView,
            FormName::DbtModel => Self::DbtModel,
            FormName::DbtIncremental => Self::DbtIncremental,
        }
    }
}

const EXAMPLES: &str = "\
Examples:
  spectrum sql --dialect duckdb --table shop.events
  spectrum sql --dialect bigquery --table my-project.shop.events --as view --name shop.sessions
  spectrum sql --dialect snowflake --definition spectrum.toml --columns page,device
  spectrum sql --dialect clickhouse --summary --sessions shop.sessions --as table
  spectrum sql --dialect postgres --time-type bigint --time-unit ms --table shop.events
  spectrum sql --dialect spark --table shop.events --as dbt-model > models/sessions.sql
  spectrum sql --dialect duckdb --table shop.events --split-on plan --as dbt-incremental
  spectrum sql --dialect spark --table shop.events --plan merge --as table --name shop.sessions

Parts of a name that hold a dot go in double quotes, in every dialect, as in --table '\"events.parquet\"'.";

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let (definition, table, unit) = arguments.definition.resolve_whole()?;
    if arguments.sessions.is_some() && arguments.table.is_some() {
        bail!("--sessions says what is read, and so does --table; name one of them");
    }
    let creates = !matches!(arguments.form, FormName::Select | FormName::DbtModel | FormName::DbtIncremental);
    if arguments.name.is_some() && !creates {
        bail!(
            "--name is of what is created, and --as {} creates nothing; leave it out",
            Form::from(arguments.form)
        );
    }
    let types = Types {
        time: time_type(arguments.time_type, arguments.time_unit, unit)?,
        key: arguments.key_types.iter().map(|name| KeyType::from(name.as_str())).collect(),
        event_id: arguments.event_id_type.as_deref().map(KeyType::from).unwrap_or_default(),
        untyped_ids: false,
        told: arguments.column_types.iter().map(|of| (of.column.clone(), of.ty)).collect(),
        carried: arguments.columns.iter().map(|column| column.trim().to_owned()).collect(),
        without_null_times: arguments.null_time == NullTime::Drop,
        numbered: false,
        plan: arguments.plan.into(),
    };
    let name =
        arguments.name.as_deref().unwrap_or(if arguments.summary { "session_summary" } else { "sessions" });
    let name = table_parts(name)?;
    let read = arguments.sessions.as_ref().or(arguments.table.as_ref()).or(table.as_ref());
    let read = table_parts(read.map_or(DEFAULT_EVENTS, String::as_str))?;
    let (name, read) = (borrowed(&name), borrowed(&read));
    let content = match (arguments.summary, &arguments.sessions) {
        (false, _) => Content::Sessions { events: &read },
        (true, None) => Content::Summary { events: &read },
        (true, Some(_)) => Content::SummaryOf { sessions: &read },
    };
    let sql = statement(&Statement {
        dialect: arguments.dialect,
        definition: &definition,
        types: &types,
        content,
        form: arguments.form.into(),
        name: &name,
    })
    .map_err(with_flags)?;
    Ok(print(&sql)?)
}

/// A refusal with the flags that ask for what can be printed instead.
fn with_flags(refused: Unsupported) -> Error {
    let mut flags: Vec<String> = refused.forms.iter().map(|form| format!("--as {form}")).collect();
    flags.extend(refused.asks.iter().filter_map(|asks| match asks {
        Asks::TypeOf(column) => Some(format!("--column-type '{column}=TYPE'")),
        Asks::Carry(column) => Some(format!("--columns {column}")),
        _ => None,
    }));
    match flags.is_empty() {
        true => refused.into(),
        false => anyhow!("{refused} ({})", flags.join(", ")),
    }
}

fn borrowed(parts: &[String]) -> Vec<&str> {
    parts.iter().map(String::as_str).collect()
}
