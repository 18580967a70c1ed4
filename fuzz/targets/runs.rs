//! What the targets that read files share: bytes go into a file, the file through a whole run, and what came out is
//! held against what must be true of every run.

use std::path::Path;

use spectrum_core::{IdScheme, SessionDefinition};
use spectrum_engine::{
    Format, Input, InputOptions, NullTime, RunOptions, RunReport, SummaryOptions, Target, Watch, run,
    summarize,
};

/// What the added column is called when an output is labelled again.
const ANOTHER_COLUMN: &str = "session_id_again";

/// The definition that all seeds are written for.
pub fn definition() -> SessionDefinition {
    SessionDefinition::builder().key(["u"]).time("t").id(IdScheme::Encoded).build().expect("a definition")
}

/// Runs `bytes`, as a file of `format`, to the same format and to `other`. Whatever a run accepts, it has to accept
/// on two threads as well, with the same report; its output has to be readable again, with as many events in as many
/// sessions; and a summary counts the same.
pub fn hold_runs_together(bytes: &[u8], format: Format, other: Format) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let events = folder.path().join(format!("in.{format}"));
    std::fs::write(&events, bytes).expect("the input");

    let same = folder.path().join(format!("same.{format}"));
    let Some(report) = labelled(&events, format, &same, 1, "session_id") else {
        assert!(!same.exists(), "a run that fails leaves no output");
        return;
    };
    let threads =
        labelled(&events, format, &folder.path().join(format!("threads.{format}")), 2, "session_id");
    assert_eq!(threads, Some(report.clone()), "threads change nothing");

    let again = folder.path().join(format!("again.{format}"));
    match labelled(&same, format, &again, 1, ANOTHER_COLUMN) {
        Some(again) => assert_eq!(
            (report.events, report.keys, report.sessions),
            (again.events, again.keys, again.sessions),
            "an output holds the events of its input"
        ),
        // Where events were dropped, those that had the key's members may be among them.
        None => assert!(report.dropped > 0 || holds(bytes, ANOTHER_COLUMN), "an output can be read again"),
    }

    if let Some(mut converted) =
        labelled(&events, format, &folder.path().join(format!("out.{other}")), 1, "session_id")
    {
        // Only JSON has no words for some numbers.
        converted.lost_numbers = report.lost_numbers;
        assert_eq!(report, converted, "the format of the output changes nothing");
    }

    let watch = Watch::default();
    let input = found(&events, format, &watch).expect("what a run has read");
    let mut options = SummaryOptions::default();
    options.null_time = NullTime::Drop;
    let summary = summarize(&input, &definition(), &options, &watch).expect("what a run has read");
    assert_eq!(
        (report.events, report.sessions),
        (summary.events, summary.figures.sessions),
        "a summary counts the same"
    );
}

fn labelled(events: &Path, format: Format, output: &Path, threads: usize, column: &str) -> Option<RunReport> {
    let watch = Watch::default();
    let input = found(events, format, &watch)?;
    let mut options = RunOptions::new(Target::File(output.to_path_buf()));
    options.threads = threads;
    options.session_column = column.into();
    options.null_time = NullTime::Drop;
    run(&input, &definition(), &options, &watch).ok()
}

fn found(events: &Path, format: Format, watch: &Watch) -> Option<Input> {
    let mut options = InputOptions::default();
    options.from = Some(format);
    Input::find(&[events.display().to_string()], &options, watch).ok()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window.eq_ignore_ascii_case(text.as_bytes()))
}
