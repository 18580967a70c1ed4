//! PostgreSQL with the reference SQL, as an engine: its answers are the reference.

use anyhow::{Context, Result, bail, ensure};
use arrow_array::RecordBatch;

use super::by_rule::{walk_script, walked_sql};
use super::column_text::{FIRST_MICROSECOND, LAST_MICROSECOND, instants, texts, too_far_apart};
use super::copy_text;
use super::private::PrivatePostgres;
use super::reference::{identifier, reference_sql};
use super::told::{ToldOf, read, told_script, told_sql};
use crate::case::{Case, Definition, NullTime};
use crate::check::in_one_form;
use crate::column::{Column, ColumnType};
use crate::engine::{Engine, Labelled};
use crate::rules::Rules;
use crate::summary::Told;

const TOO_FAR_APART: &str = "PostgreSQL cannot subtract times so far apart";

/// PostgreSQL with the reference SQL.
#[derive(Debug)]
pub struct PostgresEngine<'a> {
    server: &'a PrivatePostgres,
}

impl<'a> PostgresEngine<'a> {
    /// The engine on a server.
    pub fn new(server: &'a PrivatePostgres) -> Self {
        Self { server }
    }

    /// Labels any batch that has the definition's columns, in one run of psql. The labels stand in
    /// the order of the rows, without those that [`NullTime::Drop`] leaves out. Where the definition has rules beyond the gap,
    /// they may read all other columns of the batch too.
    ///
    /// Fails when a value does not fit PostgreSQL, nanoseconds for example. Collisions and NULL
    /// times are refused by Spectrum, not by SQL: the first are labelled here like anything else, a
    /// NULL time is an error unless it is dropped.
    pub fn label(&self, batch: &RecordBatch, definition: &Definition) -> Result<Vec<Labelled>> {
        let mut names: Vec<&String> = vec![&definition.event_id];
        names.extend(definition.key.iter().chain([&definition.time]));
        let time = names.len() - 1;
        let schema = batch.schema();
        if !definition.rules.is_empty() {
            let others = schema.fields().iter().map(|field| field.name());
            names.extend(others.filter(|name| !names.contains(name)).collect::<Vec<_>>());
        }
        let mut columns = Vec::new();
        let mut values: Vec<Vec<Option<String>>> = Vec::new();
        for (at, name) in names.into_iter().enumerate() {
            let array =
                batch.column_by_name(name).with_context(|| format!("the batch has no column '{name}'"))?;
            let ty = ColumnType::from_arrow(array.data_type()).with_context(|| format!("column '{name}'"))?;
            let has_text = ty != ColumnType::Float64 || at > time || definition.read_as_text.contains(name);
            ensure!(has_text, "column '{name}': {ty:?} has no settled text");
            let texts = texts(array, &ty).with_context(|| format!("column '{name}'"))?;
            columns.push(Column { name: name.clone(), ty });
            values.push(texts);
        }
        if definition.null_time == NullTime::Refuse {
            ensure!(values[time].iter().all(Option::is_some), "a NULL time");
        }
        if let (Some(column), Some(array)) = (columns.get(time), batch.column_by_name(&definition.time)) {
            ensure!(!too_far_apart(&instants(array, &column.ty)), TOO_FAR_APART);
        }
        let rows =
            (0..batch.num_rows()).map(|row| values.iter().map(|column| column[row].as_deref()).collect());
        self.label_rows(&columns, rows.collect(), definition)
    }

    /// `columns` and each row: event id, key columns, time, what rules read.
    fn label_rows(
        &self,
        columns: &[Column],
        rows: Vec<Vec<Option<&str>>>,
        definition: &Definition,
    ) -> Result<Vec<Labelled>> {
        let ruled = !definition.rules.is_empty();
        let mut script = case_events(columns, &rows, &definition.rules);
        let all_but_id = &columns[1..];
        let by_number = Definition { event_id: "row_number".to_owned(), ..definition.clone() };
        let sql = if ruled {
            script.push_str(&walk_script(&by_number, all_but_id, "case_events"));
            walked_sql(&by_number, "case_events")
        } else {
            reference_sql(&by_number, all_but_id, "case_events")
        };
        let mut labels = vec![None; rows.len()];
        for row in self.server.query_after(&script, &sql)? {
            let mut row = row.into_iter();
            let number: usize = row.next().flatten().context("a row without its number")?.parse()?;
            let event_id = rows[number][0].context("an event has no id")?.to_owned();
            let seq = row.next().flatten();
            ensure!(ruled || seq.is_some(), "the reference SQL gave a row without sequence");
            labels[number] = Some(Labelled {
                event_id,
                session_seq: seq.map(|seq| seq.parse()).transpose()?,
                session_id: row.next().flatten(),
                started_by: row.next().flatten(),
            });
        }
        Ok(labels.into_iter().flatten().collect())
    }

    /// Which events of the case are ignored by its rules, in the order of the events.
    pub fn ignored(&self, case: &Case) -> Result<Vec<bool>> {
        let Some(condition) = case.definition.rules.ignore_when.as_deref().filter(|when| *when != "none")
        else {
            return Ok(vec![false; case.events.len()]);
        };
        let rows = rows(case)?;
        let rows: Vec<_> = rows.iter().map(|row| borrowed(row)).collect();
        let script = case_events(&case.columns, &rows, &case.definition.rules);
        let sql = format!("SELECT ({condition}) IS TRUE FROM case_events ORDER BY row_number");
        let answers = self.server.query_after(&script, &sql)?;
        Ok(answers.into_iter().map(|row| row == [Some("t".to_owned())]).collect())
    }

    /// What the sessions of a case tell, from the sessions that its events have.
    pub fn told_of(&self, case: &Case, labels: &[Labelled]) -> Result<Vec<ToldOf>> {
        let columns = case.definition.summary.columns()?;
        let rows = rows(case)?;
        let rows: Vec<_> = rows.iter().map(|row| borrowed(row)).collect();
        let answers =
            self.server.query_after(&told_script(case, &rows, labels), &told_sql(case, &columns)?)?;
        let keys = case.definition.key.len();
        let read = |row| {
            let mut of = read(row, keys)?;
            in_one_form(case, &mut of.told)?;
            Ok(of)
        };
        answers.into_iter().map(read).collect()
    }

    /// A psql script that makes `table`, given as SQL, with the case's columns and events.
    ///
    /// Fails when a value does not fit PostgreSQL; see [`Engine::unsupported`].
    pub fn table_script(&self, case: &Case, table: &str) -> Result<String> {
        let rules = &case.definition.rules;
        let typed = |column: &Column| format!("{} {}", identifier(&column.name), type_of(column, rules));
        let columns = case.columns.iter().map(typed).collect::<Vec<_>>().join(", ");
        let mut script = format!("CREATE TABLE {table} ({columns});\nCOPY {table} FROM STDIN;\n");
        for row in rows(case)? {
            copy_text::write_row(&mut script, borrowed(&row));
        }
        script.push_str("\\.\n");
        Ok(script)
    }

    /// [`Engine::run`] with the whole error.
    pub fn run_case(&self, case: &Case) -> Result<Vec<Labelled>> {
        let rows = rows(case)?;
        self.label_rows(&case.columns, rows.iter().map(|row| borrowed(row)).collect(), &case.definition)
    }
}

/// A psql script that makes a temporary table of these columns but the first, in whose place there is the row's number: event
/// ids need not be unique.
fn case_events(columns: &[Column], rows: &[Vec<Option<&str>>], rules: &Rules) -> String {
    let typed = |column: &Column| {
        // Conditions compare text by its bytes.
        let by_bytes = !rules.is_empty() && type_of(column, rules) == "text";
        let collation = if by_bytes { " COLLATE \"C\"" } else { "" };
        format!("{} {}{collation}", identifier(&column.name), type_of(column, rules))
    };
    let table = columns[1..].iter().map(typed).collect::<Vec<_>>().join(", ");
    let mut script = format!("CREATE TEMP TABLE case_events (row_number integer, {table});\n");
    script.push_str("COPY case_events FROM STDIN;\n");
    for (number, row) in rows.iter().enumerate() {
        let number = number.to_string();
        let values = [Some(number.as_str())].into_iter().chain(row[1..].iter().copied());
        copy_text::write_row(&mut script, values);
    }
    script.push_str("\\.\n");
    script
}

/// The case's events as PostgreSQL reads them.
fn rows(case: &Case) -> Result<Vec<Vec<Option<String>>>> {
    // A value that a case spells as an Arrow number has to be spelled as a time for PostgreSQL; PostgreSQL
    // reads everything else as the case's author wrote it.
    let batch = case.batch();
    let time = case.time_index();
    let times = texts(batch.column(time), case.time_type());
    let rows = case.events.iter().enumerate().map(|(index, event)| {
        let mut row = event.values.clone();
        if row[time].as_ref().is_some_and(|time| time.starts_with('@')) {
            row[time] = match &times {
                Ok(times) => times[index].clone(),
                Err(error) => bail!("{error:#}"),
            };
        }
        Ok(row)
    });
    rows.collect()
}

/// Values as COPY writes them.
fn borrowed(row: &[Option<String>]) -> Vec<Option<&str>> {
    row.iter().map(Option::as_deref).collect()
}

impl Engine for PostgresEngine<'_> {
    fn name(&self) -> &str {
        "postgresql"
    }

    fn unsupported(&self, case: &Case) -> Option<String> {
        if !case.refused.is_empty() {
            return Some("refusals are Spectrum's rules, not the SQL's".to_owned());
        }
        let rules = &case.definition.rules;
        let of_events = rules.gap_when.iter().flatten().map(|entry| &entry.gap);
        let mut durations = of_events.chain(&rules.max_duration).chain([&case.definition.gap]);
        if durations.any(|duration| duration.ends_with("ns")) {
            return Some("PostgreSQL's intervals end at microseconds".to_owned());
        }
        let mut texts = case.events.iter().flat_map(|event| &event.values).flatten();
        if texts.any(|text| text.contains('\0')) {
            return Some("PostgreSQL's text cannot hold U+0000".to_owned());
        }
        if case.definition.time_unit.is_some() {
            // A number, of which it has those of 64 bits.
            return (!rules.is_empty())
                .then(|| "the walk for rules is over times, not over numbers".to_owned());
        }
        let nanos = case.instants();
        if nanos.iter().flatten().any(|nanos| nanos % 1000 != 0) {
            return Some("PostgreSQL's times end at microseconds".to_owned());
        }
        let calendar = FIRST_MICROSECOND * 1000..=LAST_MICROSECOND * 1000;
        if nanos.iter().flatten().any(|nanos| !calendar.contains(nanos)) {
            return Some("the time is outside PostgreSQL's calendar".to_owned());
        }
        too_far_apart(&nanos).then(|| TOO_FAR_APART.to_owned())
    }

    fn run(&self, case: &Case) -> Result<Vec<Labelled>, String> {
        self.run_case(case).map_err(|error| format!("{error:#}"))
    }

    fn told(&self, case: &Case) -> Option<Result<Vec<Told>, String>> {
        let told = self.told_of(case, &case.expected()).map_err(|error| format!("{error:#}"));
        Some(told.map(|all| all.into_iter().map(|of| of.told).collect()))
    }
}

/// The type of a column in PostgreSQL.
fn type_of(column: &Column, rules: &Rules) -> &'static str {
    if rules.take_members_of(&column.name) { "jsonb" } else { column.ty.postgres() }
}
