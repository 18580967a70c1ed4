//! A name stays a name, whatever is in it.

use spectrum_core::SessionDefinition;
use spectrum_postgres::{
    Deployment, DropOptions, RefreshOptions, Stop, VerifyOptions, drop_deployment, refresh, status, verify,
};
use spectrum_sql::{TableName, identifier};
use spectrum_testkit::PrivatePostgres;

use super::Database;

const NAMES: [&str; 8] = [
    "select",
    "with space",
    "do.t",
    "quo\"te",
    "Grüße 世界",
    "Capital",
    "x'; DROP TABLE warehouse.fact_events; --",
    "sixty_three_bytes_long_name_sixty_three_bytes_long_name_sixty_t",
];

#[test]
fn odd_names_of_schemas_tables_and_columns() {
    for (at, name) in NAMES.into_iter().enumerate() {
        let database = Database::empty(PrivatePostgres::shared().unwrap());
        let other = NAMES[(at + 1) % NAMES.len()];
        let (quoted, column) = (identifier(name), |role: &str| {
            let mut length = 63 - role.len();
            while !name.is_char_boundary(length.min(name.len())) {
                length -= 1;
            }
            format!("{role}{}", &name[..length.min(name.len())])
        });
        let columns = [column("e"), column("u"), column("t")];
        let [event_id, user, time] = columns.clone().map(|name| identifier(&name));
        database.run(&format!(
            "CREATE SCHEMA {quoted}; CREATE TABLE {quoted}.{quoted} ({event_id} text, {user} text, {time} timestamptz, {quoted} text);
             INSERT INTO {quoted}.{quoted} VALUES ('e1', 'u', '2026-01-01Z', 'x'), ('e2', 'u', '2026-01-02Z', 'y');"
        ));
        let definition =
            SessionDefinition::builder().event_id(&columns[0]).key([&columns[1]]).time(&columns[2]);
        let mut deployment = Deployment::new(definition.build().unwrap()).unwrap();
        deployment.events = TableName::new(name, name).unwrap();
        other.clone_into(&mut deployment.names.schema);
        deployment.names.sessions = name.to_owned();
        deployment.carried = vec![name.to_owned()];
        let deployment = deployment.checked().unwrap();
        assert_eq!(database.deploy(&deployment).sessions, 2, "{name}");
        let mut client = database.connect();
        database.run(&format!("INSERT INTO {quoted}.{quoted} VALUES ('e3', 'u', '2026-01-03Z', 'z');"));
        let report =
            refresh(&mut client, &deployment, &RefreshOptions::default(), &Stop::default(), &mut |_| ())
                .unwrap();
        assert_eq!(report.views.len(), 2, "{name}");
        let verified = verify(&mut client, &deployment, &VerifyOptions::default(), &mut |_| ()).unwrap();
        assert!(verified.holds() && verified.events == 3, "{name}: {:?}", verified.checks);
        assert!(status(&mut client, &deployment).unwrap().age_seconds.is_some(), "{name}");
        drop_deployment(&mut client, &deployment, &DropOptions::default()).unwrap();
        let left = database.run(&format!("SELECT COUNT(*) FROM {quoted}.{quoted};"));
        assert_eq!(left, "3", "{name}");
    }
}
