//! The rules of other tools under their names.

use insta::assert_snapshot;
use spectrum_core::{Preset, SessionDefinition};

use crate::spectrum::Folder;

/// Pauses of 29 minutes, of exactly half an hour, over midnight, and a change of campaign.
const EVENTS: &str = "\
event_id,user_id,account_id,occurred_at,utm_campaign
e1,ann,acme,2026-03-01T10:00:00Z,spring
e2,ann,acme,2026-03-01T10:29:00Z,
e3,ann,acme,2026-03-01T10:59:00Z,spring
e4,ann,acme,2026-03-01T11:09:00Z,summer
e5,ann,acme,2026-03-01T22:50:00Z,
e6,ann,acme,2026-03-01T23:10:00Z,
e7,ann,acme,2026-03-02T00:10:00Z,
";

fn sessions(folder: &Folder, flags: &str) -> u64 {
    folder.json(&format!("summary events.csv --json {flags}"))["sessions"].as_u64().unwrap()
}

#[test]
fn the_table_and_a_file_to_edit() {
    let folder = Folder::with(&[]);
    assert_snapshot!("presets", folder.prints("presets"));
    assert_snapshot!("presets_matomo", folder.prints("presets matomo"));
    assert_snapshot!("presets_mixpanel", folder.prints("presets mixpanel"));
}

/// What the command prints of each is a definition file, and says the same as JSON.
#[test]
fn each_is_printed_as_a_file_that_is_read() {
    let folder = Folder::with(&[]);
    let all = folder.json("presets --json");
    assert_eq!(all.as_array().unwrap().len(), Preset::ALL.len());
    for preset in all.as_array().unwrap() {
        let name = preset["name"].as_str().unwrap();
        let text = folder.prints(&format!("presets {name}"));
        assert_eq!(preset["toml"], text);
        assert_eq!(folder.json(&format!("presets {name} --json")), *preset);
        assert!(SessionDefinition::from_toml(&text.replace("\"user_id\"", "\"person\"")).is_ok(), "{text}");
    }
}

#[test]
fn a_preset_as_a_flag_and_in_a_file() {
    let folder = Folder::with(&[
        ("events.csv", EVENTS),
        ("matomo.toml", "[session]\npreset = 'matomo'\ntimezone = 'Europe/Paris'\n"),
        ("no_zone.toml", "[session]\npreset = 'matomo'\n"),
        ("other.toml", "[session]\nmax_events = 1\ngap = '5m'\n"),
    ]);
    // Half an hour parts, so do summer after spring, the pause of eleven hours, midnight in Paris, and the last hour.
    assert_eq!(sessions(&folder, "--preset matomo --timezone Europe/Paris"), 6);
    // In UTC the midnight lies within a pause of an hour.
    assert_eq!(sessions(&folder, "--preset matomo --timezone UTC"), 5);
    assert_eq!(sessions(&folder, "--definition matomo.toml"), 6);
    assert_eq!(sessions(&folder, "--definition matomo.toml --at-gap same"), 5);
    assert_eq!(sessions(&folder, "--definition no_zone.toml --timezone UTC"), 5);
    assert_eq!(sessions(&folder, "--preset matomo --split-at none --split-on none --gap 2h"), 2);
    // A preset is a whole rule: nothing is left of the file's.
    assert_eq!(sessions(&folder, "--definition other.toml"), 7);
    assert_eq!(sessions(&folder, "--definition other.toml --preset original"), 3);
    assert_eq!(sessions(&folder, "--definition matomo.toml --preset posthog"), 3);
    // It has no gap of its own.
    assert_eq!(sessions(&folder, "--definition other.toml --preset beam"), 7);
    assert_eq!(sessions(&folder, "--preset umami"), 4);
}

#[test]
fn a_preset_that_cannot_be_meant_is_refused_by_name() {
    let folder = Folder::with(&[
        ("events.csv", EVENTS),
        ("no_zone.toml", "[session]\npreset = 'mixpanel'\n"),
        ("slip.toml", "[session]\npreset = 'posthg'\n"),
    ]);
    let flags = [
        "--preset matomo",
        "--definition no_zone.toml",
        "--definition slip.toml",
        "--preset google",
        "--preset rudderstack",
        "--preset plausible",
    ];
    let refused =
        flags.map(|flags| format!("{flags}\n{}", folder.refuses(&format!("summary events.csv {flags}"))));
    assert_snapshot!("presets_refused", refused.join("\n"));
    assert!(folder.refuses("presets matoma").contains("did you mean matomo?"));
}
