//! Every case as a file of every format, to a file of every format.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::error::Error;

use arrow_schema::TimeUnit;
use spectrum_core::SessionDefinition;
use spectrum_engine::{ColumnType as KeyColumn, NullTime};
use spectrum_testkit::{Case, ColumnType, Engine, Labelled, TimeUnit as CaseUnit, Told, check_all};

use crate::runs::Folder;
use crate::{outcome, write_inputs};

struct Files {
    name: String,
    from: &'static str,
    to: &'static str,
    /// What the latest case that was run tells.
    told: RefCell<Vec<Told>>,
}

impl Engine for Files {
    fn name(&self) -> &str {
        &self.name
    }

    fn unsupported(&self, case: &Case) -> Option<String> {
        let times: Vec<_> = write_inputs::times(case.batch().column(case.time_index())).flatten().collect();
        let is_four_digits = |time: &str| time.split_once('-').is_some_and(|(year, _)| year.len() == 4);
        let years_of_four_digits = times.iter().all(|time| time.as_ref().is_ok_and(|t| is_four_digits(t)));
        if self.from == "parquet" {
            let to_text = self.to != "parquet";
            return (case.time_type().is_time() && to_text && !years_of_four_digits)
                .then(|| "text is written with the years 0 to 9999".to_owned());
        }
        let is_of_a_type = case.refused.iter().any(|text| text == "a text");
        if is_of_a_type && case.columns.iter().any(|column| column.ty == ColumnType::Int64) {
            return Some(format!("in {} numbers may be texts", self.from));
        }
        let untyped = |ty: &ColumnType| matches!(ty, ColumnType::Float64 | ColumnType::Binary);
        if case.columns.iter().any(|column| untyped(&column.ty)) {
            return Some(format!("{} has no such type", self.from));
        }
        let is_time = case.time_type().is_time() || case.definition.time_unit.is_some();
        if case.key_columns().iter().any(|column| column.ty.is_time()) || !is_time {
            return Some(format!("in {} times are text, and so is everything else", self.from));
        }
        if times.iter().any(Result::is_err) {
            return Some("text is read with the years -9999 to 9999".to_owned());
        }
        (self.from != self.to && self.to != "parquet" && !years_of_four_digits)
            .then(|| "text is written with the years 0 to 9999".to_owned())
    }

    fn run(&self, case: &Case) -> Result<Vec<Labelled>, String> {
        let words = &case.definition;
        let definition = SessionDefinition::from_toml(&words.to_toml()).map_err(with_causes)?;
        let folder = Folder::new();
        let (input, output) = (format!("in.{}", self.from), format!("out.{}", self.to));
        let batches = case.batches(3);
        match self.from {
            "parquet" => write_inputs::parquet(&folder.path(&input), &batches, 2),
            "csv" => drop(folder.write(&input, write_inputs::csv(&batches))),
            _ => drop(folder.write(&input, write_inputs::ndjson(&batches))),
        }
        let sessions = folder.path("sessions.parquet");
        let is_plain_gap = definition.rule().is_plain_gap();
        let definition_is_plain = definition.is_plain();
        let mut run = folder.run(&input, &output).definition(definition).options(|options| {
            options.allow_id_collisions = words.allow_id_collisions;
            options.null_time = match words.null_time {
                spectrum_testkit::NullTime::Refuse => NullTime::Refuse,
                spectrum_testkit::NullTime::Drop => NullTime::Drop,
            };
        });
        let text = &mut run.input.text;
        text.time_unit = words.time_unit.map(|unit| in_arrow(unit).into());
        text.key_types = words.read_as_text.iter().map(|name| (name.clone(), KeyColumn::Text)).collect();
        if !definition_is_plain {
            run = run.sessions(sessions.clone());
        }
        let report = run.result()?;
        let mut labels = outcome::labels(&folder.path(&output), &words.event_id);
        assert_eq!(report.events as usize, labels.len(), "{}", case.place());
        let outside = labels.iter().filter(|label| label.session_seq.is_none()).count() as u64;
        assert_eq!(report.without_session + report.not_taking_part, outside, "{}", case.place());
        if !is_plain_gap {
            // Why sessions began stands in their table.
            let reasons: HashMap<_, _> = outcome::rows(&sessions)
                .into_iter()
                .map(|row| (row["session_id"].clone(), row["started_by"].clone()))
                .collect();
            for label in labels.iter_mut().filter(|label| label.session_id.is_some()) {
                label.started_by = reasons[&label.session_id].clone();
            }
        }
        if !case.told.is_empty() {
            *self.told.borrow_mut() = told(case, &outcome::rows(&sessions))?;
        }
        Ok(labels)
    }

    fn told(&self, _case: &Case) -> Option<Result<Vec<Told>, String>> {
        Some(Ok(self.told.take()))
    }
}

/// What rows of a sessions table tell.
fn told(case: &Case, rows: &[BTreeMap<String, Option<String>>]) -> Result<Vec<Told>, String> {
    let columns = case.definition.summary.columns().map_err(|error| format!("{error:#}"))?;
    let of = |row: &BTreeMap<String, Option<String>>| Told {
        key: case.definition.key.iter().map(|name| row[name].clone()).collect(),
        seq: row["session_seq"].as_ref().unwrap().parse().unwrap(),
        values: columns.iter().map(|column| row[&column.name].clone()).collect(),
    };
    Ok(rows.iter().map(of).collect())
}

fn in_arrow(unit: CaseUnit) -> TimeUnit {
    match unit {
        CaseUnit::Second => TimeUnit::Second,
        CaseUnit::Millisecond => TimeUnit::Millisecond,
        CaseUnit::Microsecond => TimeUnit::Microsecond,
        CaseUnit::Nanosecond => TimeUnit::Nanosecond,
    }
}

fn with_causes(error: impl Error) -> String {
    let causes = std::iter::successors(error.source(), |error| (*error).source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

fn check(from: &'static str, to: &'static str) {
    let summary =
        check_all(&Files { name: format!("files, {from} to {to}"), from, to, told: RefCell::default() })
            .unwrap();
    println!("{summary}");
    assert!(summary.labelled > 100 && summary.unsupported.len() < 20, "{summary}");
}

#[test]
fn parquet_to_parquet() {
    check("parquet", "parquet");
}

#[test]
fn parquet_to_csv() {
    check("parquet", "csv");
}

#[test]
fn parquet_to_ndjson() {
    check("parquet", "ndjson");
}

#[test]
fn csv_to_parquet() {
    check("csv", "parquet");
}

#[test]
fn csv_to_csv() {
    check("csv", "csv");
}

#[test]
fn csv_to_ndjson() {
    check("csv", "ndjson");
}

#[test]
fn ndjson_to_parquet() {
    check("ndjson", "parquet");
}

#[test]
fn ndjson_to_csv() {
    check("ndjson", "csv");
}

#[test]
fn ndjson_to_ndjson() {
    check("ndjson", "ndjson");
}
