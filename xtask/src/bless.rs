//! `cargo xtask bless`: asks PostgreSQL what the cases must give, and writes that into the case
//! files. Comments and layout stay; only expected values are replaced.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::ops::Range;

use anyhow::{Context, Result, bail};
use spectrum_testkit::{Engine, Expected, Labelled, Placed, PostgresEngine, PrivatePostgres, case_files};

pub(crate) fn run() -> Result<()> {
    let server = PrivatePostgres::start()?;
    let engine = PostgresEngine::new(&server);
    let (mut blessed, mut missing) = (0, Vec::new());
    for mut file in case_files()? {
        let before = file.text.clone();
        // From the end of the file on, so that the places of what comes before stay right.
        for placed in file.cases.iter().rev().filter(|placed| placed.case.refused.is_empty()) {
            let case = &placed.case;
            if let Some(reason) = engine.unsupported(case) {
                println!("left as it is: {} ({reason})", case.place());
                if case.events.iter().any(|event| event.expected == Expected::Unknown) {
                    missing.push(case.place());
                }
                continue;
            }
            let labels = engine.run_case(case).with_context(|| case.place())?;
            write_expected(&mut file.text, placed, &labels);
            blessed += 1;
        }
        if file.text != before {
            fs::write(&file.path, &file.text)?;
            println!("rewrote cases/{}", file.path.file_name().unwrap_or_default().display());
        }
    }
    println!("{blessed} cases hold what PostgreSQL says");
    if !missing.is_empty() {
        bail!("work these out by hand, since PostgreSQL cannot hold them:\n  {}", missing.join("\n  "));
    }
    Ok(())
}

/// Replaces a case's expected values by `labels`; events without a label were dropped.
fn write_expected(text: &mut String, placed: &Placed, labels: &[Labelled]) {
    let by_event: HashMap<&str, &Labelled> =
        labels.iter().map(|label| (label.event_id.as_str(), label)).collect();
    let mut told: HashSet<(&[Option<String>], u64)> = HashSet::new();
    let mut values_of_event = Vec::with_capacity(placed.expected.len());
    for row in 0..placed.expected.len() {
        values_of_event.push(match by_event.get(placed.case.event_id(row)) {
            None => vec!["\"dropped\"".to_owned()],
            Some(Labelled { session_seq: None, .. }) => vec!["\"none\"".to_owned()],
            Some(Labelled { session_seq: Some(seq), session_id, started_by, .. }) => {
                let id = session_id.as_ref().map_or_else(|| "{}".to_owned(), |id| format!("\"{id}\""));
                let mut values = vec![seq.to_string(), id];
                // Why the session began stands with its first event in the file.
                if told.insert((placed.case.key_values(row), *seq)) {
                    values.extend(started_by.as_ref().map(|reason| format!("\"{reason}\"")));
                }
                values
            }
        });
    }
    for (places, values) in placed.expected.iter().zip(values_of_event).rev() {
        if values.len() == places.len() {
            for (place, value) in places.iter().zip(&values).rev() {
                text.replace_range(place.clone(), value);
            }
        } else if let (Some(first), Some(last)) = (places.first(), places.last()) {
            text.replace_range(Range { start: first.start, end: last.end }, &values.join(", "));
        }
    }
}
