//! What Grafana would do with `grafana/dashboards/sessions.json`, without Grafana: its variables are put in, its
//! macros expanded, its queries run on a PostgreSQL, and the answers drawn.
//!
//! | stage | what happens | where |
//! |---|---|---|
//! | read | the dashboard's JSON becomes panels and variables | [`dashboard`] |
//! | interpolate | `${account:sqlstring}` becomes what was chosen, as Grafana's front end writes it | [`interpolate`] |
//! | expand | `$__timeFilter(started_at)` becomes SQL, as Grafana's PostgreSQL plugin writes it | [`macros`], [`interval`] |
//! | ask | PostgreSQL answers, as a role that may read the views only | [`ask`] |
//! | frame | rows become series, buckets without rows become gaps, as in the plugin | [`frame`] |
//! | draw | an SVG with every panel in its place | [`preview`] |
//!
//! Nothing that ships depends on this crate.

pub mod ask;
pub mod clock;
pub mod dashboard;
pub mod frame;
pub mod interpolate;
pub mod interval;
pub mod macros;
pub mod preview;
pub mod time_range;
