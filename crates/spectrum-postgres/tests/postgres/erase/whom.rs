//! Who is meant.

use insta::assert_snapshot;
use spectrum_postgres::{Deployment, Mode, erase, plan_erase};
use spectrum_testkit::PrivatePostgres;

use super::{erased, of, people, refusal, with_events};
use crate::deploy::{definition, on_table};
use crate::incremental::{Maintained, defined};
use crate::refresh::Database;

#[test]
fn who_is_meant_must_be_clear() {
    let (database, deployment) = people(Mode::Incremental);
    let refusal = |key: &[(&str, &str)]| refusal(&database, &deployment, &of(key));
    assert_snapshot!(refusal(&[]), @"nobody is named; say who with key");
    assert_snapshot!(refusal(&[("event_id", "e1")]), @"column 'event_id' is not of the key (user_id, account_id), and nothing else says whose a session is");
    assert_snapshot!(refusal(&[("userid", "u1")]), @"column 'userid' is not of the key (user_id, account_id), and nothing else says whose a session is; did you mean user_id?");
    assert_snapshot!(refusal(&[("user_id", "u1"), ("user_id", "u2")]), @"column 'user_id' is given twice; erase one after the other");
    let error = plan_erase(&mut database.connect(), &on_table("x", definition(|d| d)), &of(&[("x", "1")]));
    assert_snapshot!(error.unwrap_err(), @"column 'x' is not of the key (user_id, account_id), and nothing else says whose a session is");
    // A quote is a quote, and nobody has it.
    let receipt = erased(&database, &deployment, &with_events(&[("user_id", "x' OR 'a' = 'a")]));
    assert!(receipt.relations.iter().all(|erased| erased.removed == 0));
}

/// A database whose key has one column, of a type, with the two values that are given.
fn typed(ty: &str, values: [&str; 2]) -> (Database, Deployment) {
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    database.run(&format!(
        "CREATE SCHEMA types; CREATE SCHEMA warehouse;
         DO $$ BEGIN IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'citext') THEN CREATE EXTENSION citext SCHEMA types; END IF; END $$;
         CREATE DOMAIN types.short AS varchar(9) CHECK (VALUE <> '');
         CREATE TABLE warehouse.fact_events (event_id text, who {ty}, occurred_at timestamptz);
         INSERT INTO warehouse.fact_events VALUES ('e1', {}, '2026-01-01Z'), ('e2', {}, '2026-01-01Z');",
        values[0], values[1]
    ));
    let maintained = Maintained::deploy(&database, defined(|d| d.key(["who"])));
    (database, maintained.deployment)
}

#[test]
fn values_are_compared_in_the_type_of_their_column() {
    let uuid = "'6b0d1b6e-0000-0000-0000-00000000000a'";
    for (ty, values, given, wrong) in [
        ("bigint", ["42", "43"], "42", Some("4x")),
        ("numeric(20,0)", ["42", "43"], "42", Some("4x")),
        ("uuid", [uuid, "gen_random_uuid()"], "6B0D1B6E-0000-0000-0000-00000000000A", Some("6b0d")),
        ("boolean", ["true", "false"], "yes", Some("perhaps")),
        // Cut to five characters, the value would mean somebody else.
        ("varchar(5)", ["'abcde'", "'abcdf'"], "abcde", None),
        ("types.short", ["'abcde'", "'abcdf'"], "abcde", None),
        ("types.citext", ["'Bob'", "'alice'"], "bOB", None),
    ] {
        let has_citext = PrivatePostgres::shared()
            .unwrap()
            .run_script("SELECT COUNT(*) FROM pg_available_extensions WHERE name = 'citext';")
            .unwrap();
        if ty == "types.citext" && has_citext.trim() == "0" {
            continue;
        }
        let (database, deployment) = typed(ty, values);
        let receipt = erased(&database, &deployment, &with_events(&[("who", given)]));
        let rows: Vec<_> = receipt.relations.iter().map(|erased| erased.removed).collect();
        assert_eq!(rows, [1, 1, 1, 1], "{ty}");
        let left = "SELECT event_id FROM warehouse.fact_events UNION ALL SELECT event_id FROM analytics.mv_sessions;";
        assert_eq!(database.run(left), "e2\ne2", "{ty}");
        let longer = erased(
            &database,
            &deployment,
            &with_events(&[("who", if wrong.is_none() { "abcdfgh" } else { given })]),
        );
        assert!(longer.relations.iter().all(|erased| erased.removed == 0), "{ty}");
        if let Some(wrong) = wrong {
            let error =
                erase(&mut database.connect(), &deployment, &of(&[("who", wrong)])).unwrap_err().to_string();
            assert!(
                error.starts_with(&format!(
                    "reading '{wrong}' as a value of who, which is {ty}: invalid input syntax"
                )),
                "{error}"
            );
        }
    }
}
