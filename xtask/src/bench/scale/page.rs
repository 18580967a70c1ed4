//! The results as a page of Markdown.

use std::collections::BTreeMap;

use anyhow::Result;

use super::super::report::{row, thousands};
use super::super::tools::Tools;
use super::jobs::{Memory, size};
use super::question::Question;
use super::{Embedded, Row};
use crate::bench::scale::events::FILES;

pub(super) fn head(today: &str, machine: &str, spark: &str) -> String {
    format!(
        "# Plan window and plan merge on Spark, {today}\n\n{machine}; pyspark {spark}.\n\n\
         A standalone cluster on loopback: a master, workers of one core each, and the driver, all on this machine. Each \
         job is a spark-sql of its own, run once; its figures are from its event log, and its seconds are those of the \
         statement, without the start of Java. It reads {FILES} Parquet files and writes Parquet, all columns and the \
         session id. What it wrote was digested by DuckDB and is, event for event, what `spectrum run` gives; a row a \
         session is the same by both plans. Broadcast is what arrived at the executors; moved is the sum of what tasks \
         read from each other, what went to the driver and what was broadcast.\n\n"
    )
}

pub(super) fn section(
    tools: &Tools,
    events: u64,
    memory: Memory,
    questions: &[&'static Question],
    right: &BTreeMap<&str, Embedded>,
    rows: &[Row],
) -> Result<String> {
    let mut text = format!(
        "## {} events\n\nExecutors of {} GB, a driver of {} GB.\n",
        thousands(events),
        memory.executor,
        memory.driver
    );
    for question in questions {
        let name = format!("target/scale/events-{events}-{}", question.order.name());
        let read = size(&tools.root.join(name))?;
        text += &format!("\n### {}\n\nThe files have {} MB.\n\n", question.title, mb(read));
        text += &row([
            "",
            "seconds",
            "CPU seconds",
            "shuffle written MB",
            "shuffle read MB",
            "to the driver MB",
            "broadcast MB",
            "moved MB",
            "broadcast unpacked MB",
            "packing it seconds",
            "spilled MB",
            "tasks",
            "largest task",
            "executor MiB",
            "written MB",
        ]);
        text += "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n";
        for row_of in rows.iter().filter(|row| row.question.title == question.title) {
            text += &of_job(row_of);
        }
        if let Some(embedded) = right.get(question.title) {
            text += &of_spectrum(embedded);
        }
    }
    text.push('\n');
    Ok(text)
}

fn of_job(of: &Row) -> String {
    let (job, done) = (&of.done.job, &of.done);
    row([
        &format!("{}, {} x 1 core", of.way.title(), of.workers),
        &format!("{:.1}", job.seconds),
        &format!("{:.1}", job.cpu_seconds),
        &mb(job.shuffle_written),
        &mb(job.shuffle_read),
        &mb(job.to_driver),
        &mb(job.broadcast),
        &mb(job.shuffle_read + job.to_driver + job.broadcast),
        &mb(job.broadcast_unpacked),
        &format!("{:.1}", job.packing_seconds),
        &mb(job.spilled),
        &job.tasks.to_string(),
        &format!("{:.0} %", job.largest_task * 100.0),
        &job.executor_mib.to_string(),
        &mb(done.written),
    ])
}

fn of_spectrum(embedded: &Embedded) -> String {
    let took = embedded.took;
    let [seconds, cpu, peak] =
        [format!("{:.1}", took.wall), format!("{:.1}", took.cpu()), format!("{:.0}", took.peak_mib)];
    row(["`spectrum run`, 2 threads", &seconds, &cpu, "0", "0", "", "", "0", "", "", "", "", "", &peak, ""])
}

fn mb(bytes: u64) -> String {
    thousands((bytes + 500_000) / 1_000_000)
}
