//! What a summary tells of a session besides, as aggregates over the rows of its events.

use spectrum_core::{EventColumn, Measure, Predicate, SummaryColumn};

use super::condition::{cast_to, condition};
use super::events::Events;
use crate::quote::{identifier, literal};

impl Events<'_> {
    /// The columns that the summary's own columns read of the events, beside key, time and event id; each once.
    pub(super) fn read_by_summary(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for (read, _) in self.definition.summary().iter().flat_map(SummaryColumn::reads) {
            let name = read.name.as_str();
            if !self.is_key_time_or_id(name) && !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// The same events with what the summary reads going along.
    pub fn with_what_is_told(&self) -> Self {
        let mut carried = self.carried.clone();
        carried.extend(
            self.read_by_summary()
                .into_iter()
                .filter(|name| !self.carried.iter().any(|c| c == name))
                .map(str::to_owned),
        );
        self.clone().carrying(&carried)
    }

    /// The columns of the summary that aggregate rows of events, each after a comma. Where events are ignored, the rows have
    /// a column `ignored`, under this name.
    pub fn aggregated(&self, ignored: &str) -> String {
        let columns = self.definition.summary().iter();
        columns
            .filter_map(|column| {
                Some(format!(
                    ",\n       {} AS {}",
                    self.aggregate(column, ignored)?,
                    identifier(&column.name)
                ))
            })
            .collect()
    }

    /// What `inner` gives, a query of `columns` and of what is [`Self::aggregated`], with all columns of the summary in their
    /// order.
    pub fn with_whens(&self, inner: String, columns: &[String]) -> String {
        let summary = self.definition.summary();
        if !summary.iter().any(|column| matches!(column.measure, Measure::When(_))) {
            return inner;
        }
        let told = summary.iter().map(|column| match &column.measure {
            Measure::When(predicate) => {
                format!("{} AS {}", condition(predicate, &[]), identifier(&column.name))
            }
            _ => identifier(&column.name),
        });
        let all: Vec<String> = columns.iter().cloned().chain(told).collect();
        format!(
            "\
SELECT {}
FROM (
SELECT *, EXTRACT(EPOCH FROM duration) AS duration_seconds
FROM (
{inner}) AS told) AS told",
            all.join(",\n       ")
        )
    }

    fn aggregate(&self, of: &SummaryColumn, ignored: &str) -> Option<String> {
        let filter = |also: Vec<String>| {
            let own = of.filter.as_ref().map(|filter| self.holds(filter));
            let all: Vec<String> = own.into_iter().chain(also).collect();
            if all.is_empty() { String::new() } else { format!(" FILTER (WHERE {})", all.join(" AND ")) }
        };
        // The order that settles which event is the first.
        let order = |descending: &str| {
            let (time, event_id) = (self.time_name(), self.event_id_name());
            format!("ORDER BY {time}{descending}, {event_id}{descending}")
        };
        let picked = |picked: &spectrum_core::Picked, order: String| {
            let value = self.summary_value(&picked.column);
            let mut also = Vec::new();
            also.extend(self.definition.rule().ignore_when().map(|_| format!("NOT {ignored}")));
            also.extend(picked.skip_null.then(|| format!("{value} IS NOT NULL")));
            format!("(ARRAY_AGG({value} {order}){})[1]", filter(also))
        };
        let of_condition = |condition: &Predicate| filter(vec![self.holds(condition)]);
        Some(match &of.measure {
            Measure::First(of) => picked(of, order("")),
            Measure::Last(of) => picked(of, order(" DESC")),
            Measure::Count(condition) => format!("COUNT(*){}", of_condition(condition)),
            Measure::Any(condition) => format!("COUNT(*){} > 0", of_condition(condition)),
            Measure::CountDistinct(column) => {
                format!("COUNT(DISTINCT {}){}", self.compared_value(of, column), filter(Vec::new()))
            }
            Measure::Sum(column) => {
                format!("SUM({} {}){}", self.compared_value(of, column), order(""), filter(Vec::new()))
            }
            Measure::Min(column) => format!("MIN({}){}", self.compared_value(of, column), filter(Vec::new())),
            Measure::Max(column) => format!("MAX({}){}", self.compared_value(of, column), filter(Vec::new())),
            Measure::When(_) => return None,
        })
    }

    /// A value of an event as it is.
    fn summary_value(&self, read: &EventColumn) -> String {
        match &read.member {
            Some(member) => format!("({} ->> {})", identifier(&read.name), literal(member)),
            None => identifier(&read.name),
        }
    }

    /// The same as it is added up, or compared.
    fn compared_value(&self, of: &SummaryColumn, read: &EventColumn) -> String {
        match &read.member {
            Some(_) => format!("{} COLLATE \"C\"", self.summary_value(read)),
            None => {
                let cast = self.summary_casts.iter().find(|(told, _)| *told == of.name);
                cast_to(&identifier(&read.name), cast.map(|(_, cast)| cast.as_str()))
            }
        }
    }
}
