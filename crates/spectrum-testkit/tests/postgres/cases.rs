//! The cases' expected values are what PostgreSQL says.

use std::collections::{BTreeSet, HashMap};

use spectrum_testkit::{Case, Engine, PostgresEngine, PrivatePostgres, all_cases, check_all};

fn engine() -> PostgresEngine<'static> {
    PostgresEngine::new(PrivatePostgres::shared().unwrap())
}

#[test]
fn every_case_is_what_the_reference_sql_says() {
    let summary = check_all(&engine()).unwrap();
    println!("{summary}");
    assert!(summary.labelled > 100, "{summary}");
}

/// Whether PostgreSQL gives two different sessions of the case one id.
fn collides(case: &Case) -> bool {
    let keys = case.key_range();
    let mut sessions_of_id: HashMap<String, BTreeSet<_>> = HashMap::new();
    for label in engine().run_case(case).unwrap() {
        let event =
            case.events.iter().find(|event| event.values[0].as_ref() == Some(&label.event_id)).unwrap();
        if let Some(id) = label.session_id {
            let session = (event.values[keys.clone()].to_vec(), label.session_seq);
            sessions_of_id.entry(id).or_default().insert(session);
        }
    }
    sessions_of_id.values().any(|sessions| sessions.len() > 1)
}

#[test]
fn cases_are_refused_for_collisions_that_postgresql_has_and_for_no_others() {
    let cases = all_cases().unwrap();
    let refused_for_collision = |case: &Case| case.theme == "collisions" && !case.refused.is_empty();
    assert!(cases.iter().filter(|case| refused_for_collision(case)).count() > 3);
    for case in &cases {
        let judged = case.refused.is_empty() && engine().unsupported(case).is_none();
        if judged || refused_for_collision(case) {
            let allowed = refused_for_collision(case) || case.definition.allow_id_collisions;
            assert_eq!(collides(case), allowed, "{}", case.place());
        }
    }
}

#[test]
fn a_batch_means_what_the_text_of_its_case_says() {
    for case in all_cases().unwrap() {
        if engine().unsupported(&case).is_none() {
            let from_batch = engine().label(&case.batch(), &case.definition).unwrap();
            assert_eq!(from_batch, engine().run_case(&case).unwrap(), "{}", case.place());
        }
    }
}

#[test]
fn what_postgresql_cannot_hold_is_refused_and_not_rounded() {
    let refusal = |name: &str| {
        let case = all_cases().unwrap().into_iter().find(|case| case.name == name).unwrap();
        engine().label(&case.batch(), &case.definition).unwrap_err()
    };
    assert!(format!("{:#}", refusal("nanoseconds")).contains("end at microseconds"));
    assert!(format!("{:#}", refusal("both-ends-of-seconds")).contains("outside PostgreSQL's calendar"));
    assert!(format!("{:#}", refusal("both-ends-of-postgresql")).contains("so far apart"));
    assert!(format!("{:#}", refusal("null-time-refused")).contains("NULL time"));
    assert!(format!("{:#}", refusal("floating-point-key")).contains("no settled text"));
}
