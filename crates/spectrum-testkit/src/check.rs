//! Running every case on an engine, with one report of all that differs.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use crate::case::{Case, Expected};
use crate::engine::{Engine, Labelled};
use crate::load::all_cases;
use crate::summary::Told;

/// What came of a run over the cases.
#[derive(Debug)]
pub struct Summary {
    /// The engine's name.
    pub engine: String,
    /// How many cases gave the expected sessions.
    pub labelled: usize,
    /// How many cases were refused as expected.
    pub refused: usize,
    /// The cases the engine declared unsupported, by their names, with its reasons.
    pub unsupported: Vec<(String, String)>,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { engine, labelled, refused, unsupported } = self;
        write!(f, "{engine}: {labelled} cases labelled as expected, {refused} refused as expected, ")?;
        write!(f, "{} declared unsupported", unsupported.len())?;
        let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (case, reason) in unsupported {
            reasons.entry(reason).or_default().push(case);
        }
        for (reason, cases) in reasons {
            write!(f, "\n  {reason}: {}", cases.join(", "))?;
        }
        Ok(())
    }
}

/// A report of all that failed. It prints the same by `{}` and by `{:?}`, so that a test which
/// unwraps shows it as it is meant to be read.
pub struct Failures(String);

impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failures {}

/// Runs every case of the workspace.
pub fn check_all(engine: &dyn Engine) -> Result<Summary, Failures> {
    check_cases(engine, &all_cases().map_err(|error| Failures(format!("{error:#}")))?)
}

/// Runs the given cases, each as it is written and with its events reversed, since the order of
/// the input must change nothing.
pub fn check_cases(engine: &dyn Engine, cases: &[Case]) -> Result<Summary, Failures> {
    if cases.is_empty() {
        return Err(Failures(format!("{} was given no case to run", engine.name())));
    }
    let mut summary =
        Summary { engine: engine.name().to_owned(), labelled: 0, refused: 0, unsupported: Vec::new() };
    let mut failures = Vec::new();
    for case in cases {
        if let Some(reason) = engine.unsupported(case) {
            if reason.trim().is_empty() {
                failures.push(format!("{}\n  declared unsupported without a reason", case.place()));
            }
            summary.unsupported.push((case.name.clone(), reason));
            continue;
        }
        let differences = answers(engine, case);
        let reversed = case.reversed();
        if !differences.is_empty() {
            failures.push(format!("{}\n  {}{differences}", case.place(), case.shows));
        } else if case.events.len() > 1 {
            let differences = answers(engine, &reversed);
            if !differences.is_empty() {
                let heading = "right as written, but with the events in reverse order:";
                failures.push(format!("{}\n  {}\n  {heading}{differences}", case.place(), case.shows));
            }
        }
        if case.refused.is_empty() {
            summary.labelled += 1;
        } else {
            summary.refused += 1;
        }
    }
    if !failures.is_empty() {
        let count = format!("{}: {} of {} cases fail", engine.name(), failures.len(), cases.len());
        return Err(Failures(format!("{count}\n\n{}", failures.join("\n\n"))));
    }
    Ok(summary)
}

/// What the engine's answers have wrong, as [`differences`] has it.
fn answers(engine: &dyn Engine, case: &Case) -> String {
    let mut report = differences(case, engine.run(case));
    if report.is_empty() && !case.told.is_empty() {
        match engine.told(case) {
            None => {}
            Some(Err(message)) => report = format!("\n    tells nothing: {message}"),
            Some(Ok(told)) => report = differences_told(case, told),
        }
    }
    report
}

/// What sessions tell otherwise than the case says.
fn differences_told(case: &Case, mut got: Vec<Told>) -> String {
    let mut report = String::new();
    let mut expected = case.told.clone();
    expected.sort();
    for told in &mut got {
        if let Err(error) = in_one_form(case, told) {
            let _ = write!(report, "\n    {error:#}");
        }
    }
    got.sort();
    for (whose, these, those) in [("expected", &expected, &got), ("got", &got, &expected)] {
        for told in these.iter().filter(|told| !those.contains(told)) {
            let _ =
                write!(report, "\n    {whose} of session {} of {:?}: {:?}", told.seq, told.key, told.values);
        }
    }
    if report.is_empty() && expected.len() != got.len() {
        report = format!("\n    {} sessions tell, and {} must", got.len(), expected.len());
    }
    report
}

/// Brings the values into the form in which they are compared.
pub(crate) fn in_one_form(case: &Case, told: &mut Told) -> anyhow::Result<()> {
    for (column, value) in case.definition.summary.columns()?.iter().zip(&mut told.values) {
        *value = case.told_in_one_form(column, value.as_deref())?;
    }
    Ok(())
}

/// What an engine's answer has wrong, one line each with a line break before; empty when it is
/// right.
fn differences(case: &Case, answer: Result<Vec<Labelled>, String>) -> String {
    let mut report = String::new();
    let mut line = |text: String| {
        // Writing to a String cannot fail.
        let _ = write!(report, "\n    {text}");
    };
    match answer {
        Err(message) if case.refused.is_empty() => line(format!("refused: {message}")),
        Err(message) => {
            for part in case.refused.iter().filter(|part| !message.contains(part.as_str())) {
                line(format!("refused without saying '{part}': {message}"));
            }
        }
        Ok(_) if !case.refused.is_empty() => {
            line(format!("not refused, but must be with: {}", case.refused.join(" ... ")));
        }
        Ok(labels) => {
            let mut by_event: BTreeMap<&str, Vec<&Labelled>> = BTreeMap::new();
            for label in &labels {
                by_event.entry(&label.event_id).or_default().push(label);
            }
            for (row, event) in case.events.iter().enumerate() {
                let id = case.event_id(row);
                let got = by_event.remove(id).unwrap_or_default();
                if !agrees(&event.expected, &got) {
                    line(format!("{id}: expected {}, got {}", expected(&event.expected), answered(&got)));
                }
            }
            for (id, got) in by_event {
                line(format!("{id}: is not an event of the case, got {}", answered(&got)));
            }
        }
    }
    report
}

/// An engine that does not give session numbers or reasons is judged by its ids alone.
fn agrees(expected: &Expected, got: &[&Labelled]) -> bool {
    match (expected, got) {
        (Expected::Dropped, []) => true,
        (Expected::NoSession, [label]) => label.session_id.is_none() && label.session_seq.is_none(),
        (Expected::Session { seq, id, started_by }, [label]) => {
            let same_reason = match (started_by, &label.started_by) {
                (Some(expected), Some(got)) => expected == got,
                _ => true,
            };
            label.session_id == *id && label.session_seq.is_none_or(|got| got == *seq) && same_reason
        }
        _ => false,
    }
}

fn expected(expected: &Expected) -> String {
    match expected {
        Expected::Session { seq, id, started_by } => {
            session(Some(*seq), id.as_deref(), started_by.as_deref())
        }
        Expected::NoSession => "no session".to_owned(),
        Expected::Dropped => "no row".to_owned(),
        Expected::Unknown => "something that nobody worked out yet".to_owned(),
    }
}

fn answered(labels: &[&Labelled]) -> String {
    match labels {
        [] => "no row".to_owned(),
        labels => {
            let answered = |label: &&Labelled| {
                session(label.session_seq, label.session_id.as_deref(), label.started_by.as_deref())
            };
            labels.iter().map(answered).collect::<Vec<_>>().join(" and ")
        }
    }
}

fn session(seq: Option<u64>, id: Option<&str>, started_by: Option<&str>) -> String {
    let seq = seq.map_or_else(|| "?".to_owned(), |seq| seq.to_string());
    let reason = started_by.map(|reason| format!(" started by {reason}")).unwrap_or_default();
    format!("session {seq} {}{reason}", id.unwrap_or("NULL"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers every case with its own expectations, but for one change.
    struct Parrot(fn(&Case, Vec<Labelled>) -> Vec<Labelled>);

    impl Engine for Parrot {
        fn name(&self) -> &str {
            "parrot"
        }
        fn unsupported(&self, _: &Case) -> Option<String> {
            None
        }
        fn told(&self, case: &Case) -> Option<Result<Vec<Told>, String>> {
            Some(Ok(case.told.clone()))
        }
        fn run(&self, case: &Case) -> Result<Vec<Labelled>, String> {
            if case.refused.is_empty() {
                Ok((self.0)(case, case.expected()))
            } else {
                Err(case.refused.join(" "))
            }
        }
    }

    fn report(change: fn(&Case, Vec<Labelled>) -> Vec<Labelled>) -> String {
        check_all(&Parrot(change)).unwrap_err().to_string()
    }

    #[test]
    fn the_right_answers_pass_and_are_counted() {
        let summary = check_all(&Parrot(|_, labels| labels)).unwrap();
        assert_eq!(summary.labelled + summary.refused, all_cases().unwrap().len());
        assert!(summary.labelled > 0 && summary.refused > 0, "{summary}");
    }

    #[test]
    fn a_wrong_id_a_missing_a_doubled_and_a_strange_event_are_reported() {
        let report_of = |text: &str, change| {
            let report = report(change);
            assert!(report.contains(text), "{report}");
        };
        report_of("got session 1 NULL", |_, mut labels| {
            labels.iter_mut().for_each(|label| label.session_id = None);
            labels
        });
        report_of("got session 99 ", |_, mut labels| {
            labels.iter_mut().for_each(|label| label.session_seq = Some(99));
            labels
        });
        report_of("started by nobody", |_, mut labels| {
            labels.iter_mut().for_each(|label| label.started_by = Some("nobody".to_owned()));
            labels
        });
        report_of("expected no session, got session 7", |_, mut labels| {
            labels.iter_mut().for_each(|label| label.session_seq = Some(7));
            labels
        });
        report_of("got no row", |_, labels| labels.into_iter().skip(1).collect());
        report_of(" and session ", |_, labels| labels.iter().chain(&labels).cloned().collect());
        report_of("is not an event of the case", |_, mut labels| {
            labels.iter_mut().for_each(|label| label.event_id.push('!'));
            labels
        });
    }

    #[test]
    fn what_is_told_otherwise_is_reported() {
        struct Liar;
        impl Engine for Liar {
            fn name(&self) -> &str {
                "liar"
            }
            fn unsupported(&self, case: &Case) -> Option<String> {
                (case.told.is_empty()).then(|| "only what is told is looked at".to_owned())
            }
            fn run(&self, case: &Case) -> Result<Vec<Labelled>, String> {
                Ok(case.expected())
            }
            fn told(&self, case: &Case) -> Option<Result<Vec<Told>, String>> {
                let mut told = case.told.clone();
                let last = told.last_mut()?;
                last.seq += 1;
                Some(Ok(told))
            }
        }
        let report = check_all(&Liar).unwrap_err().to_string();
        assert!(
            report.contains("expected of session 1 of") && report.contains("got of session 2 of"),
            "{report}"
        );
    }

    #[test]
    fn a_dependence_on_the_order_of_the_input_is_reported() {
        let report = report(|case, mut labels| {
            let sorted = case.events.windows(2).all(|pair| pair[0].values[0] <= pair[1].values[0]);
            labels.iter_mut().filter(|_| !sorted).for_each(|label| label.session_id = None);
            labels
        });
        assert!(report.contains("in reverse order"), "{report}");
    }

    #[test]
    fn a_declaration_needs_a_reason() {
        struct Shy;
        impl Engine for Shy {
            fn name(&self) -> &str {
                "shy"
            }
            fn unsupported(&self, _: &Case) -> Option<String> {
                Some(" ".to_owned())
            }
            fn run(&self, _: &Case) -> Result<Vec<Labelled>, String> {
                Err("never asked".to_owned())
            }
        }
        assert!(check_all(&Shy).unwrap_err().to_string().contains("without a reason"));
    }

    #[test]
    fn a_refusal_must_come_and_must_say_why() {
        struct Mute;
        impl Engine for Mute {
            fn name(&self) -> &str {
                "mute"
            }
            fn unsupported(&self, case: &Case) -> Option<String> {
                case.refused.is_empty().then(|| "only refusals are looked at".to_owned())
            }
            fn run(&self, case: &Case) -> Result<Vec<Labelled>, String> {
                if case.name.len().is_multiple_of(2) { Err("no".to_owned()) } else { Ok(Vec::new()) }
            }
        }
        let report = check_all(&Mute).unwrap_err().to_string();
        assert!(report.contains("refused without saying") && report.contains("not refused, but must be"));
    }
}
