//! What the schedule did, in numbers, as Prometheus reads them.

use std::collections::BTreeMap;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use spectrum_postgres::{Event, Outcome, RefreshReport, Refreshed, Tick};

use super::page::Page;
use super::taken_in::TakenIn;

/// The state behind the metrics.
#[derive(Debug)]
pub(super) struct Metrics {
    /// The relation whose freshness is the lag.
    sessions: String,
    up: bool,
    runs: u64,
    failures: u64,
    views: BTreeMap<String, ViewMetrics>,
    /// What maintained sessions took in; `None` where there are none.
    taken_in: Option<TakenIn>,
    refused_copies: u64,
    /// By our own clock, so that a difference to the server's does not matter.
    sessions_begun: Option<Instant>,
    sessions_fresh_since: Option<Instant>,
}

#[derive(Debug, Default)]
struct ViewMetrics {
    last_success: Option<SystemTime>,
    seconds: Option<f64>,
    rows: Option<i64>,
    failures: u64,
}

impl Metrics {
    pub(super) fn new(sessions: String) -> Self {
        Self {
            sessions,
            up: false,
            runs: 0,
            failures: 0,
            views: BTreeMap::new(),
            taken_in: None,
            refused_copies: 0,
            sessions_begun: None,
            sessions_fresh_since: None,
        }
    }

    /// Takes in what happened.
    pub(super) fn note(&mut self, tick: &Tick<'_>) {
        match tick {
            Tick::Event(event) => {
                self.up = true;
                self.event(event);
            }
            Tick::Ran(report) => self.ran(report),
            Tick::Failed(_) => {
                self.up = true;
                self.failures += 1;
            }
            Tick::Lost { .. } => {
                self.up = false;
                self.failures += 1;
            }
            _ => {}
        }
    }

    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::RefreshBegun { relation, .. } if relation.to_string() == self.sessions => {
                self.sessions_begun = Some(Instant::now());
            }
            Event::RefreshEnded(view) => self.ended(view),
            _ => {}
        }
    }

    fn ended(&mut self, refreshed: &Refreshed) {
        let relation = refreshed.relation.to_string();
        let is_sessions = relation == self.sessions;
        self.refused_copies += u64::from(refreshed.refused_copies);
        let view = self.views.entry(relation).or_default();
        match refreshed.outcome {
            Outcome::Ok => {
                view.last_success = Some(SystemTime::now());
                view.seconds = Some(refreshed.took().as_secs_f64());
                view.rows = refreshed.rows;
                if let Some(told) = &refreshed.counts {
                    self.taken_in.get_or_insert_default().add(told);
                }
                if is_sessions {
                    self.sessions_fresh_since = self.sessions_begun.take();
                }
            }
            Outcome::Failed | Outcome::Skipped => view.failures += 1,
            // Stopping is no failure.
            Outcome::Cancelled => {}
        }
    }

    fn ran(&mut self, report: &RefreshReport) {
        self.up = true;
        self.runs += 1;
        if !report.is_complete() && !report.interrupted {
            self.failures += 1;
        }
    }

    /// The text that Prometheus reads, version 0.0.4 of its format.
    pub(super) fn render(&self) -> String {
        let mut page = Page::default();
        page.metric("up", "gauge", "Whether the database could be reached when it was last tried.");
        page.value("up", f64::from(u8::from(self.up)));
        page.metric(
            "refresh_runs_total",
            "counter",
            "Runs that were carried through, with or without failures.",
        );
        page.value("refresh_runs_total", self.runs as f64);
        page.metric(
            "refresh_failures_total",
            "counter",
            "Runs in which a view was not refreshed, and attempts that came to no run.",
        );
        page.value("refresh_failures_total", self.failures as f64);
        if let Some(since) = self.sessions_fresh_since {
            let help = "Age of the sessions: events written in the last so many seconds may not be in them.";
            page.metric("refresh_lag_seconds", "gauge", help);
            page.value("refresh_lag_seconds", since.elapsed().as_secs_f64());
        }
        let last_success = |view: &ViewMetrics| {
            view.last_success.and_then(|at| Some(at.duration_since(UNIX_EPOCH).ok()?.as_secs_f64()))
        };
        page.per_view(
            &self.views,
            ("refresh_last_success_timestamp_seconds", "gauge"),
            "When the view was last refreshed.",
            last_success,
        );
        page.per_view(
            &self.views,
            ("refresh_duration_seconds", "gauge"),
            "How long the last successful refresh took.",
            |view| view.seconds,
        );
        page.per_view(
            &self.views,
            ("sessions_rows", "gauge"),
            "Rows of the view after its last refresh.",
            |view| view.rows.map(|rows| rows as f64),
        );
        page.per_view(
            &self.views,
            ("refresh_view_failures_total", "counter"),
            "Runs in which the view failed or was skipped.",
            |view| Some(view.failures as f64),
        );
        page.metric(
            "refresh_refused_copies_total",
            "counter",
            "Refreshes that failed because events share an id; nothing is taken in until the copies are gone.",
        );
        page.value("refresh_refused_copies_total", self.refused_copies as f64);
        if let Some(taken_in) = &self.taken_in {
            taken_in.render(&mut page);
        }
        page.0
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use spectrum_postgres::{Method, RefreshCounts};
    use spectrum_sql::TableName;

    use super::*;

    fn refreshed(name: &str, outcome: Outcome) -> Refreshed {
        Refreshed {
            relation: TableName::new("analytics", name).unwrap(),
            method: Some(Method::Plain),
            reason: String::new(),
            outcome,
            started_at: UNIX_EPOCH,
            finished_at: UNIX_EPOCH + Duration::from_millis(1500),
            rows: (outcome == Outcome::Ok).then_some(12_345_678),
            counts: None,
            error: None,
            refused_copies: outcome == Outcome::Failed,
        }
    }

    #[test]
    fn a_page() {
        let mut metrics = Metrics::new("analytics.mv_sessions".into());
        assert!(metrics.render().contains("\nspectrum_up 0\n"));
        let views = vec![refreshed("mv_sessions", Outcome::Ok), refreshed("a\\b\"c\nd", Outcome::Failed)];
        for view in &views {
            let (relation, method) = (&view.relation, Method::Plain);
            metrics.note(&Tick::Event(Event::RefreshBegun { relation, method, reason: "" }));
            metrics.note(&Tick::Event(Event::RefreshEnded(view)));
        }
        metrics.note(&Tick::Ran(&RefreshReport { views, ..RefreshReport::default() }));
        // What depends on the clock is left out.
        let page = metrics.render();
        let steady = |line: &&str| {
            !line.starts_with("spectrum_refresh_lag_seconds")
                && !line.starts_with("spectrum_refresh_last_success")
        };
        insta::assert_snapshot!(page.lines().filter(steady).collect::<Vec<_>>().join("\n"), @r#"
# HELP spectrum_up Whether the database could be reached when it was last tried.
# TYPE spectrum_up gauge
spectrum_up 1
# HELP spectrum_refresh_runs_total Runs that were carried through, with or without failures.
# TYPE spectrum_refresh_runs_total counter
spectrum_refresh_runs_total 1
# HELP spectrum_refresh_failures_total Runs in which a view was not refreshed, and attempts that came to no run.
# TYPE spectrum_refresh_failures_total counter
spectrum_refresh_failures_total 1
# HELP spectrum_refresh_lag_seconds Age of the sessions: events written in the last so many seconds may not be in them.
# TYPE spectrum_refresh_lag_seconds gauge
# HELP spectrum_refresh_last_success_timestamp_seconds When the view was last refreshed.
# TYPE spectrum_refresh_last_success_timestamp_seconds gauge
# HELP spectrum_refresh_duration_seconds How long the last successful refresh took.
# TYPE spectrum_refresh_duration_seconds gauge
spectrum_refresh_duration_seconds{relation="analytics.mv_sessions"} 1.5
# HELP spectrum_sessions_rows Rows of the view after its last refresh.
# TYPE spectrum_sessions_rows gauge
spectrum_sessions_rows{relation="analytics.mv_sessions"} 12345678
# HELP spectrum_refresh_view_failures_total Runs in which the view failed or was skipped.
# TYPE spectrum_refresh_view_failures_total counter
spectrum_refresh_view_failures_total{relation="analytics.\"a\\b\"\"c\nd\""} 1
spectrum_refresh_view_failures_total{relation="analytics.mv_sessions"} 0
# HELP spectrum_refresh_refused_copies_total Refreshes that failed because events share an id; nothing is taken in until the copies are gone.
# TYPE spectrum_refresh_refused_copies_total counter
spectrum_refresh_refused_copies_total 1
"#);
        let lag = page.lines().find_map(|line| line.strip_prefix("spectrum_refresh_lag_seconds ")).unwrap();
        assert!(lag.parse::<f64>().unwrap() >= 0.0);
    }

    /// The alert rules that are shipped ask for nothing that is not served.
    #[test]
    fn alerts_are_about_metrics_that_there_are() {
        let rules = include_str!("../../../../../packaging/prometheus/spectrum.rules.yml");
        let mut metrics = Metrics::new("analytics.mv_sessions".into());
        let relation = TableName::new("analytics", "mv_sessions").unwrap();
        metrics.note(&Tick::Event(Event::RefreshBegun {
            relation: &relation,
            method: Method::Incremental,
            reason: "",
        }));
        let counts = RefreshCounts { steps: [("taking".to_owned(), 1.0)].into(), ..RefreshCounts::default() };
        let view = Refreshed { counts: Some(counts), ..refreshed("mv_sessions", Outcome::Ok) };
        metrics.note(&Tick::Event(Event::RefreshEnded(&view)));
        let page = metrics.render();
        let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let named: Vec<&str> =
            rules.split(|c| !is_of_name(c)).filter(|word| word.starts_with("spectrum_")).collect();
        assert!(named.len() > 10, "{named:?}");
        for name in named {
            assert!(
                page.contains(&format!("\n# TYPE {name} ")) || page.starts_with(&format!("# HELP {name} ")),
                "{name}"
            );
        }
    }

    #[test]
    fn what_maintained_sessions_took_in_adds_up() {
        let mut metrics = Metrics::new("analytics.mv_sessions".into());
        let told = |events_added, steps: &[(&str, f64)]| RefreshCounts {
            keys: 2,
            events_added,
            ids_changed: 1,
            steps: steps.iter().map(|(step, ms)| ((*step).to_owned(), *ms)).collect(),
            ..RefreshCounts::default()
        };
        for counts in [
            told(10, &[("taking", 250.0), ("comparing", 1500.0)]),
            told(5, &[("taking", 500.0)]),
            told(0, &[]),
        ] {
            let view = Refreshed {
                method: Some(Method::Incremental),
                rows: None,
                counts: Some(counts),
                ..refreshed("mv_sessions", Outcome::Ok)
            };
            metrics.note(&Tick::Event(Event::RefreshEnded(&view)));
        }
        let page = metrics.render();
        let (_, page) = page.split_once("# HELP spectrum_refresh_keys_total").unwrap();
        insta::assert_snapshot!(page, @r#"
 Keys of whose events something was written.
# TYPE spectrum_refresh_keys_total counter
spectrum_refresh_keys_total 6
# HELP spectrum_refresh_events_added_total Events that were taken in.
# TYPE spectrum_refresh_events_added_total counter
spectrum_refresh_events_added_total 15
# HELP spectrum_refresh_events_late_total Events that were taken in after a later one of their key.
# TYPE spectrum_refresh_events_late_total counter
spectrum_refresh_events_late_total 0
# HELP spectrum_refresh_events_future_total Events that were taken in and are in the future.
# TYPE spectrum_refresh_events_future_total counter
spectrum_refresh_events_future_total 0
# HELP spectrum_refresh_events_null_key_total Events that were taken in and have a NULL in their key.
# TYPE spectrum_refresh_events_null_key_total counter
spectrum_refresh_events_null_key_total 0
# HELP spectrum_refresh_events_changed_total Events whose own values changed.
# TYPE spectrum_refresh_events_changed_total counter
spectrum_refresh_events_changed_total 0
# HELP spectrum_refresh_events_removed_total Events that were taken out.
# TYPE spectrum_refresh_events_removed_total counter
spectrum_refresh_events_removed_total 0
# HELP spectrum_refresh_sessions_created_total Sessions none of whose events was there before.
# TYPE spectrum_refresh_sessions_created_total counter
spectrum_refresh_sessions_created_total 0
# HELP spectrum_refresh_sessions_extended_total Sessions that only gained events.
# TYPE spectrum_refresh_sessions_extended_total counter
spectrum_refresh_sessions_extended_total 0
# HELP spectrum_refresh_sessions_merged_total Sessions that several became.
# TYPE spectrum_refresh_sessions_merged_total counter
spectrum_refresh_sessions_merged_total 0
# HELP spectrum_refresh_sessions_split_total Sessions that became several.
# TYPE spectrum_refresh_sessions_split_total counter
spectrum_refresh_sessions_split_total 0
# HELP spectrum_refresh_sessions_dropped_total Sessions of which no event is left.
# TYPE spectrum_refresh_sessions_dropped_total counter
spectrum_refresh_sessions_dropped_total 0
# HELP spectrum_refresh_sessions_retold_total Sessions with the bounds and as many events as before, of which the summary tells something else.
# TYPE spectrum_refresh_sessions_retold_total counter
spectrum_refresh_sessions_retold_total 0
# HELP spectrum_refresh_ids_changed_total Session ids that events had and that changed.
# TYPE spectrum_refresh_ids_changed_total counter
spectrum_refresh_ids_changed_total 3
# HELP spectrum_refresh_events_renamed_total Events that were there and have another session id since.
# TYPE spectrum_refresh_events_renamed_total counter
spectrum_refresh_events_renamed_total 0
# HELP spectrum_refresh_largest_session_events Events of the largest of the sessions that the last run computed in which there was something to take in.
# TYPE spectrum_refresh_largest_session_events gauge
spectrum_refresh_largest_session_events 0
# HELP spectrum_refresh_step_seconds How long each step took in the last run in which there was something to take in.
# TYPE spectrum_refresh_step_seconds gauge
spectrum_refresh_step_seconds{step="taking"} 0.5
"#);
    }
}
