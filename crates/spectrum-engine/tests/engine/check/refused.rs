//! Inputs that cannot be checked, and some that can though a run refuses them.

use spectrum_engine::spectrum_check::Check;
use spectrum_engine::{CheckOptions, Input, InputOptions, Watch, check};

use super::events::NOW;
use crate::runs::Folder;

fn checks(text: &str, change: impl FnOnce(&mut CheckOptions)) -> Result<Vec<(Check, u64)>, String> {
    let folder = Folder::new();
    let path = folder.write("in.csv", text);
    let watch = Watch::default();
    let input = Input::find(&[path.display().to_string()], &InputOptions::default(), &watch).unwrap();
    let mut options = CheckOptions::new(NOW);
    change(&mut options);
    let checked = check(&input, &spectrum_core::SessionDefinition::default(), &options, &watch);
    let name = path.display().to_string();
    let checked = checked.map_err(|error| error.to_string().replace(&name, "in.csv"))?;
    Ok(checked.findings.iter().map(|finding| (finding.check, finding.count)).collect())
}

const HEADER: &str = "user_id,account_id,occurred_at,kind\n";

#[test]
fn columns_that_are_missing() {
    let text = format!("{HEADER}ann,a,2026-01-01 10:00,x\n");
    let missing = checks(&text, |options| options.event_type = Some("typ".into())).unwrap_err();
    assert_eq!(missing, "column 'typ' is not in in.csv (it has: user_id, account_id, occurred_at, kind)");
    let missing = checks(&text, |options| options.received = Some("arrived".into())).unwrap_err();
    assert_eq!(missing, "column 'arrived' is not in in.csv (it has: user_id, account_id, occurred_at, kind)");
    assert_eq!(checks(&text, |options| options.event_type = Some("kind".into())), Ok(vec![]));
}

#[test]
fn no_event_ids_no_key_and_no_time() {
    let text = format!("{HEADER}ann,a,2026-01-01 10:00,x\n,,2026-01-01 10:00,x\n,,,\nbob,a,,y\n");
    assert_eq!(checks(&text, |_| {}), Ok(vec![(Check::NullTimes, 2)]));
    assert_eq!(checks(HEADER, |_| {}), Ok(vec![]));
}

/// Times without a zone may be those of a place where it is later than in UTC.
#[test]
fn after_now_by_less_than_a_zone_explains() {
    let later = |time: &str| checks(&format!("{HEADER}ann,a,{time},x\n"), |_| {});
    assert_eq!(later("2026-04-02 14:05:00"), Ok(vec![]));
    assert_eq!(later("2026-04-02 14:05:01"), Ok(vec![(Check::FutureTimes, 1)]));
    assert_eq!(later("2026-04-02 00:05:00Z"), Ok(vec![]));
    assert_eq!(later("2026-04-02 00:05:00.000001Z"), Ok(vec![(Check::FutureTimes, 1)]));
}
