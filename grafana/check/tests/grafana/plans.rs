//! The queries can use the indexes that the relations have.

use spectrum_grafana_check::clock;
use spectrum_grafana_check::dashboard::Dashboard;
use spectrum_grafana_check::interpolate::Choices;

use crate::values::query;
use crate::world::{USUAL, World, range, server};

#[test]
fn sessions_are_found_by_an_index_and_accounts_cost_nothing_until_chosen() {
    let dashboard = Dashboard::load().unwrap();
    let choices = Choices::of(&dashboard, &range()).unwrap();
    let server = server(&World::new(), USUAL);
    let plan = |sql: &str| {
        // The table is too small for an index to pay, so the other ways are closed.
        let closed = "SET enable_seqscan = off; SET enable_bitmapscan = off;";
        server.run_script(&format!("{}{closed}\nEXPLAIN (COSTS OFF)\n{sql};", clock::SETTING)).unwrap()
    };
    let of_sessions: Vec<_> =
        dashboard.panels.iter().filter(|panel| panel.targets[0].sql.contains(".v_session_summary")).collect();
    assert!(of_sessions.len() > 10);
    for panel in of_sessions {
        let usual = plan(&query(panel, &choices).0);
        let bound = if panel.title == "Active now" { "(ended_at >= " } else { "((started_at >= " };
        assert!(usual.contains(&format!("Index Cond: {bound}")), "{}\n{usual}", panel.title);
        let filters_accounts = |plan: &str| {
            plan.lines().any(|line| line.trim().starts_with("Filter: ") && line.contains("account_id"))
        };
        assert!(!filters_accounts(&usual), "{}\n{usual}", panel.title);
        // The same look at a plan that does filter finds it.
        let chosen = query(panel, &choices.clone().with_many("account", &["acme"])).0;
        assert!(filters_accounts(&plan(&chosen)), "{}", panel.title);
    }
}
