//! What a summary tells of a session besides, as aggregates over the rows of its events. What each measure is, is written
//! down for PostgreSQL in [`crate::postgres`] (`summary_columns.rs`); engines differ in how they come to the same values, which
//! is [`Telling`], one file per engine.

mod check;
mod clickhouse;
mod datafusion;
mod duckdb;
mod spark;
mod telling;

use spectrum_core::{EventColumn, Measure, Picked, Predicate, SessionDefinition, SummaryColumn};

pub(super) use self::check::{check, check_carried};
pub(super) use self::telling::Telling;
use self::telling::{Edge, Filter, FloatingSum, Order};
use super::Unsupported;
use super::columns::Columns;
use super::ruled::condition;
use super::types::{KeyType, Types, Unit};
use super::value_type::ValueType;

/// The columns that the summary's own columns read of the events, beside key, time and event id; each once.
pub(super) fn read_by_summary(definition: &SessionDefinition) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for (read, _) in definition.summary().iter().flat_map(SummaryColumn::reads) {
        let name = read.name.as_str();
        let is_there = definition.key().iter().any(|key| key == name)
            || definition.time() == name
            || definition.event_id() == name;
        if !is_there && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

impl Types {
    /// The same with all that the summary reads going along.
    pub(super) fn with_what_is_told(&self, definition: &SessionDefinition) -> Self {
        let mut types = self.clone();
        for name in read_by_summary(definition) {
            if !types.carried.iter().any(|carried| carried == name) {
                types.carried.push(name.to_owned());
            }
        }
        types
    }
}

/// The columns of the summary in parts, for the steps of a query. All parts are empty where it tells nothing besides.
#[derive(Default)]
pub(super) struct Told<'a> {
    definition: Option<&'a SessionDefinition>,
    /// What conditions say of each event, where that is asked in a step before: as 1 and 0, and their names.
    pub(super) asked: Vec<(String, String)>,
    /// Windows over the events of each session that the aggregates read: what they are, and their names.
    pub(super) windows: Vec<(String, String)>,
    /// What the events of a session come to, and a name of the query's own for it; `None` for conditions on the others.
    aggregates: Vec<Option<(String, String)>>,
}

/// The rows that are aggregated.
pub(super) struct Rows<'a> {
    /// The event's instant as a number.
    pub(super) instant: &'a str,
    /// A condition that holds for events that are ignored, as it can stand behind NOT.
    pub(super) ignored: Option<&'a str>,
    /// What makes a partition of every session.
    pub(super) partition: &'a str,
}

/// What the definition's summary tells of rows.
pub(super) fn told<'a>(columns: &Columns<'a>, rows: &Rows<'_>) -> Result<Told<'a>, Unsupported> {
    let definition = columns.definition;
    if definition.summary().is_empty() {
        return Ok(Told::default());
    }
    let Some(syntax) = columns.dialect.telling() else { return Ok(Told::default()) }; // refused before
    let is_uuid = columns.types.event_id == KeyType::Uuid;
    let mut event_id = vec![syntax.ordered_id(&columns.event_id(), is_uuid)];
    if columns.types.untyped_ids
        && let Some(engine) = columns.dialect.file_run()
    {
        event_id.splice(..0, engine.whole_number(&columns.event_id()));
    }
    let order = Order { instant: rows.instant.to_owned(), event_id };
    let teller = Teller { syntax, columns, rows, order };
    let mut told = Told { definition: Some(definition), ..Told::default() };
    for (at, column) in definition.summary().iter().enumerate() {
        let window = columns.own(&format!("running_{}", at + 1));
        let aggregate = teller.aggregate(column, &window, &mut told)?;
        told.aggregates.push(aggregate.map(|sql| (sql, columns.own(&format!("told_{}", at + 1)))));
    }
    Ok(told)
}

impl Told<'_> {
    /// The aggregates under names of the query's own, each after a comma.
    pub(super) fn grouped(&self) -> String {
        let all = self.aggregates.iter().flatten();
        all.map(|(sql, own)| format!(",\n         {sql} AS {own}")).collect()
    }

    /// The same under the names that they go out by, each after a comma.
    pub(super) fn selected(&self, columns: &Columns<'_>) -> String {
        let summary = self.summary().iter().zip(&self.aggregates);
        summary
            .filter_map(|(column, aggregate)| {
                let (_, own) = aggregate.as_ref()?;
                Some(format!(",\n       {own} AS {}", columns.name(&column.name)))
            })
            .collect()
    }

    /// The length of a session in seconds after a comma, given as units of its time, where a condition on other columns can read
    /// it; `None` where there is no such condition.
    pub(super) fn seconds(&self, columns: &Columns<'_>, difference: &str) -> Option<String> {
        let syntax = columns.dialect.telling()?;
        let units = match columns.time_type(syntax).unit() {
            Unit::Microsecond => "1000000",
            Unit::Nanosecond => "1000000000",
        };
        let seconds = syntax.as_floating(difference);
        self.has_whens().then(|| format!(",\n       {seconds} / {units} AS duration_seconds"))
    }

    /// Whether a column is a condition on others.
    pub(super) fn has_whens(&self) -> bool {
        self.summary().iter().any(|column| matches!(column.measure, Measure::When(_)))
    }

    /// All columns in their order, each after a comma, from a relation that has what is [`Self::selected`] and all that their
    /// conditions can read.
    pub(super) fn with_whens(&self, columns: &Columns<'_>) -> Result<String, Unsupported> {
        let Some(syntax) = columns.dialect.telling() else { return Ok(String::new()) };
        let all = self.summary().iter().map(|column| {
            let name = columns.name(&column.name);
            Ok(match &column.measure {
                Measure::When(predicate) => {
                    format!(",\n       {} AS {name}", syntax.truth(&condition(syntax, predicate)?))
                }
                _ => format!(", {name}"),
            })
        });
        all.collect()
    }

    fn summary(&self) -> &[SummaryColumn] {
        self.definition.map_or(&[], SessionDefinition::summary)
    }
}

/// The scale of a sum.
fn scale(ty: ValueType) -> u8 {
    match ty {
        ValueType::Decimal(scale) => scale,
        _ => 0,
    }
}

struct Teller<'a, 'c> {
    syntax: &'static dyn Telling,
    columns: &'a Columns<'c>,
    rows: &'a Rows<'a>,
    order: Order,
}

impl Teller<'_, '_> {
    fn aggregate(
        &self,
        of: &SummaryColumn,
        window: &str,
        told: &mut Told<'_>,
    ) -> Result<Option<String>, Unsupported> {
        let syntax = self.syntax;
        let own = of.filter.as_ref().map(|own| self.asked(own, told)).transpose()?;
        let filter = Filter(own.into_iter().collect());
        Ok(Some(match &of.measure {
            Measure::First(picked) => self.picked(Edge::First, picked, filter),
            Measure::Last(picked) => self.picked(Edge::Last, picked, filter),
            Measure::Count(condition) => self.count(self.asked(condition, told)?, filter),
            Measure::Any(condition) => {
                let count = self.count(self.asked(condition, told)?, filter);
                syntax.boolean(&format!("({count} > 0)"))
            }
            Measure::CountDistinct(column) => syntax.distinct(&self.value(column), self.ty(column), &filter),
            Measure::Min(column) => self.extreme("MIN", column, &filter),
            Measure::Max(column) => self.extreme("MAX", column, &filter),
            Measure::Sum(column) => match self.ty(column) {
                ValueType::Double | ValueType::Real => {
                    match syntax.floating_sum(&self.value(column), &self.order, &filter) {
                        FloatingSum::Aggregate(sum) => sum,
                        FloatingSum::Running { added, last } => {
                            told.windows.push((self.running(&added), window.to_owned()));
                            last.replace("{}", window)
                        }
                    }
                }
                exact => syntax.exact_sum(&self.value(column), exact, &filter),
            },
            Measure::When(_) => return Ok(None),
        }))
    }

    /// A condition on an event.
    fn asked(&self, predicate: &Predicate, told: &mut Told<'_>) -> Result<String, Unsupported> {
        let condition = condition(self.syntax, predicate)?;
        if !self.syntax.asks_before() {
            return Ok(condition);
        }
        let flag = format!("CASE WHEN {condition} THEN 1 ELSE 0 END");
        let at = told.asked.iter().position(|(known, _)| *known == flag).unwrap_or_else(|| {
            let own = self.columns.own(&format!("says_{}", told.asked.len() + 1));
            told.asked.push((flag, own));
            told.asked.len() - 1
        });
        Ok(format!("{} = 1", told.asked[at].1))
    }

    fn picked(&self, edge: Edge, picked: &Picked, mut filter: Filter) -> String {
        let value = self.value(&picked.column);
        if let Some(ignored) = self.rows.ignored {
            filter = filter.and(format!("NOT {ignored}"));
        }
        if picked.skip_null {
            filter = filter.and(format!("{value} IS NOT NULL"));
        }
        self.syntax.picked(edge, &value, &self.order, &filter)
    }

    fn count(&self, of: String, filter: Filter) -> String {
        let filter = Filter([of].into_iter().chain(filter.0).collect());
        self.syntax.bigint(&format!("COUNT(*){filter}"))
    }

    fn extreme(&self, function: &str, column: &EventColumn, filter: &Filter) -> String {
        let (value, ty) = (self.value(column), self.ty(column));
        let value = match ty {
            ValueType::Uuid => self.syntax.text(&value, &KeyType::Uuid),
            // Of two zeros the one without a sign.
            ValueType::Double => format!("({value} + 0)"),
            _ => value,
        };
        self.syntax.extreme(function, &value, ty, filter)
    }

    /// The sum of all up to and including an event.
    fn running(&self, added: &str) -> String {
        let (partition, order) = (self.rows.partition, self.order.by(Edge::First));
        format!(
            "SUM({added}) OVER (PARTITION BY {partition} ORDER BY {order}
                              ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
        )
    }

    /// Members are refused before.
    fn value(&self, column: &EventColumn) -> String {
        self.columns.name(&column.name)
    }

    /// Columns without a type are refused before.
    fn ty(&self, column: &EventColumn) -> ValueType {
        self.columns.types.of_value(self.columns.definition, &column.name).unwrap_or(ValueType::Text)
    }
}
