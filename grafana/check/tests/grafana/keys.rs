//! Accounts of other types, times without a zone, and another schema.

use spectrum_grafana_check::dashboard::Dashboard;
use spectrum_grafana_check::interpolate::Choices;

use crate::expected::Filter;
use crate::values::check;
use crate::world::{Columns, Session, World, range, server};

/// The world with accounts that are all written like this.
fn renamed(name: impl Fn(u32) -> String) -> World {
    let mut world = World::new();
    let rename = |session: &mut Session| {
        session.account = session.account.as_ref().map(|account| name(account.chars().map(u32::from).sum()));
    };
    world.sessions.iter_mut().for_each(rename);
    world
}

#[test]
fn accounts_can_be_numbers_in_another_schema() {
    let world = renamed(|number| number.to_string());
    let columns = Columns { schema: "Web Analytics", account: "bigint", time: "timestamptz", tells: true };
    let server = server(&world, columns);
    let choices = Choices::of(&Dashboard::load().unwrap(), &range()).unwrap().with("schema", columns.schema);
    check(&server, &world, &choices, &Filter::default(), "bigint accounts");
    // The letters of "acme" add up to this.
    let filter = Filter { accounts: Some(vec!["406", "(none)"]), ..Filter::default() };
    let chosen = choices.with_many("account", &["406", "(none)"]);
    check(&server, &world, &chosen, &filter, "two bigint accounts");
}

#[test]
fn accounts_can_be_uuids_and_times_without_a_zone() {
    let world = renamed(|number| format!("00000000-0000-4000-8000-{number:012}"));
    let columns = Columns { schema: "analytics", account: "uuid", time: "timestamp", tells: true };
    let server = server(&world, columns);
    let choices = Choices::of(&Dashboard::load().unwrap(), &range()).unwrap();
    let acme = "00000000-0000-4000-8000-000000000406";
    let filter = Filter { accounts: Some(vec![acme]), ..Filter::default() };
    check(&server, &world, &choices.with_many("account", &[acme]), &filter, "a uuid account");
}
