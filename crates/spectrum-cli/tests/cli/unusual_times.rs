//! Times that nobody expects are warned of, by every command that reads them, and even where nothing else is printed.

use serde_json::{Value, json};

use crate::spectrum::Folder;

/// Milliseconds of 2023.
const MILLISECONDS: &str = "event_id,user_id,account_id,occurred_at\n\
    e1,u,a,1700000000000\ne2,u,a,1700000000001\ne3,v,a,1700000000002\n";

fn warning(folder: &Folder, arguments: &str) -> String {
    let output = folder.command(arguments).output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{message}");
    message.trim_end().to_owned()
}

#[test]
fn a_wrong_unit_is_named_with_the_one_that_fits() {
    let folder = Folder::with(&[("in.csv", MILLISECONDS)]);
    for command in [
        "run in.csv -o out.csv --force --quiet",
        "summary in.csv --quiet",
        "explain in.csv --event e2 --quiet",
    ] {
        let told = warning(&folder, &format!("{command} --time-unit s"));
        assert!(
            told.starts_with("warning: 3 of 3 events have a time in 'occurred_at' outside of 1990-01-01 to "),
            "{told}"
        );
        assert!(
            told.ends_with(", in the year 55840; with --time-unit ms most of them would be inside"),
            "{told}"
        );
        assert_eq!(warning(&folder, &format!("{command} --time-unit ms")), "");
        let output = folder.command(&format!("{command} --time-unit us --json")).output().unwrap();
        let object: Value = serde_json::from_slice(&output.stdout).unwrap();
        let unusual = &object["unusual_times"];
        assert_eq!((&unusual["events"], &unusual["of"]), (&json!(3), &json!(3)), "{object}");
        assert_eq!(unusual["fitting_time_unit"], json!("ms"));
        assert_eq!(unusual["years"], json!({ "first": 1970, "last": 1970 }));
        assert_eq!(folder.json(&format!("{command} --time-unit ms --json"))["unusual_times"], json!(null));
    }
}

/// Nobody named the unit, so it is said which one it is.
#[test]
fn the_unit_that_magnitudes_tell_is_said() {
    let folder = Folder::with(&[("in.csv", MILLISECONDS)]);
    for command in ["run in.csv -o out.csv --force", "summary in.csv", "explain in.csv --event e2"] {
        let told = warning(&folder, &format!("{command} --time-unit auto"));
        assert_eq!(
            told,
            "note: the numbers in 'occurred_at' were taken for milliseconds since 1970, as with --time-unit ms"
        );
        assert_eq!(warning(&folder, &format!("{command} --time-unit auto --quiet")), "");
    }
}

/// The unit of the definition file is that of its files, and a flag beside it counts more.
#[test]
fn the_definition_file_names_the_unit() {
    let folder =
        Folder::with(&[("in.csv", MILLISECONDS), ("spectrum.toml", "[events]\ntime_unit = \"ms\"\n")]);
    for command in [
        "run in.csv -o out.csv --force --quiet",
        "summary in.csv --quiet",
        "explain in.csv --event e2 --quiet",
    ] {
        assert_eq!(warning(&folder, &format!("{command} --definition spectrum.toml")), "");
        let told = warning(&folder, &format!("{command} --definition spectrum.toml --time-unit s"));
        assert!(told.ends_with("; with --time-unit ms most of them would be inside"), "{told}");
    }
}

#[test]
fn texts_that_somebody_converted_wrongly() {
    let csv = "event_id,user_id,account_id,occurred_at\ne1,u,a,1970-01-20T16:13:20Z\n";
    let folder = Folder::with(&[("in.csv", csv)]);
    let told = warning(&folder, "run in.csv -o out.csv --quiet");
    assert!(
        told.starts_with("warning: 1 of 1 event has a time in 'occurred_at' outside of 1990-01-01 to "),
        "{told}"
    );
    assert!(
        told.ends_with(
            ", in the year 1970; most of them look as if they were 1,000 times too small, because one unit was taken \
             for another"
        ),
        "{told}"
    );
}
