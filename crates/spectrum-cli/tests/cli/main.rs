//! What the commands print, to the letter, on events small enough to be checked by eye; and on generated events
//! the same numbers as the plainest way to count them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod as_of;
mod attributes;
mod attributes_in_python;
mod check;
mod check_database;
mod compare;
mod compare_database;
mod completions;
mod database;
mod demo;
mod deployed;
mod deployed_incremental;
mod digest;
mod erase;
mod explain;
mod generated;
mod help;
mod history;
mod json;

mod lasting_ids;
mod late_data;
mod load;
mod missed;
mod null_keys;
mod pooler;
mod presets;
mod redeployed;
mod refresh;
mod repair;
mod report;
mod report_database;
mod rules;
mod spectrum;
mod sql;
mod state;
mod state_attributes;
mod state_explained;
mod state_follow;
mod state_kept_ids;
mod state_killed;
mod state_refused;
mod state_rewrite;
mod state_told;
mod status;
mod summary;
mod tables;
mod unusual_times;
