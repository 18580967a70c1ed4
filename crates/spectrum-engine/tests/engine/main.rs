//! The engine from outside: files in, files out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "this is how a test fails")]

mod cases;
mod check;
mod column_types;
mod compare;
mod conversions;
mod damage;
mod dialects;
mod digest;
mod files_of_others;
mod foreign_folders;
mod foreign_parquet;
mod generated;
mod histories;
mod invariance;
mod keys;
mod lines;
mod ndjson_values;
mod nested_text;
mod outcome;
mod parquet_copy;
mod parquet_of_pyarrow;
mod partitions;
mod postgresql;
mod rows;
mod rules;
mod runs;
mod seeds;
mod sessions_table;
mod strict_parquet;
mod survey;
mod text_times;
mod time_spellings;
mod told;
mod told_order;
mod told_types;
mod write_inputs;
