//! What a job took, from the event log that Spark writes of it: a JSON object a line.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// A job's work and what moved for it, in all its tasks.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Job {
    /// From the statement's start to its end.
    pub(super) seconds: f64,
    /// Of the executors' cores.
    pub(super) cpu_seconds: f64,
    /// Written by tasks for others to read.
    pub(super) shuffle_written: u64,
    /// Read by tasks from others, on the same machine or not.
    pub(super) shuffle_read: u64,
    /// Sent to the driver as results of tasks; labels on their way to everybody, mostly.
    pub(super) to_driver: u64,
    /// Of broadcasts, as it arrived at the executors.
    pub(super) broadcast: u64,
    /// The largest of the broadcasts, unpacked.
    pub(super) broadcast_unpacked: u64,
    /// What the driver took to index and pack broadcasts, after it had all of their rows.
    pub(super) packing_seconds: f64,
    /// Written to disk because memory did not hold it.
    pub(super) spilled: u64,
    /// The greatest share that one task had of all tasks' CPU seconds.
    pub(super) largest_task: f64,
    pub(super) tasks: usize,
    /// The greatest resident memory of an executor, in MiB.
    pub(super) executor_mib: u64,
}

/// Reads a job's log. Fails when a task failed: what was tried twice is no measurement.
pub(super) fn read(path: &Path) -> Result<Job> {
    let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
    let mut reading = Reading::default();
    for line in BufReader::new(file).lines() {
        let event: Value = serde_json::from_str(&line?).context("a line of Spark's event log")?;
        reading.take(&event)?;
    }
    reading.job()
}

#[derive(Default)]
struct Reading {
    job: Job,
    /// Milliseconds since 1970.
    begun: Option<u64>,
    ended: Option<u64>,
    cpu_of_tasks: Vec<u64>,
    /// What the driver reports of broadcasts, by the number of the report.
    of_broadcasts: BTreeMap<u64, OfBroadcast>,
    /// By executor and block, for a block may be reported several times.
    blocks: BTreeMap<(String, String), u64>,
}

/// A report of the driver's, of a broadcast.
#[derive(Clone, Copy)]
enum OfBroadcast {
    Bytes,
    Milliseconds,
}

impl Reading {
    fn take(&mut self, event: &Value) -> Result<()> {
        let name = event["Event"].as_str().unwrap_or_default();
        match name.rsplit('.').next().unwrap_or_default() {
            "SparkListenerTaskEnd" => self.task(event),
            "SparkListenerSQLExecutionStart" => {
                let time = event["time"].as_u64();
                self.begun = self.begun.min(time).or(time);
                self.find_broadcasts(&event["sparkPlanInfo"]);
                Ok(())
            }
            "SparkListenerSQLAdaptiveExecutionUpdate" => {
                self.find_broadcasts(&event["sparkPlanInfo"]);
                Ok(())
            }
            "SparkListenerSQLExecutionEnd" => {
                self.ended = self.ended.max(event["time"].as_u64());
                Ok(())
            }
            "SparkListenerDriverAccumUpdates" => {
                self.driver_tells(event);
                Ok(())
            }
            "SparkListenerBlockUpdated" => {
                self.block(&event["Block Updated Info"]);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn task(&mut self, event: &Value) -> Result<()> {
        let reason = event["Task End Reason"]["Reason"].as_str().unwrap_or_default();
        ensure!(reason == "Success", "a task ended with {reason}: {}", event["Task End Reason"]);
        let (metrics, job) = (&event["Task Metrics"], &mut self.job);
        let number = |value: &Value| value.as_u64().unwrap_or(0);
        let cpu = number(&metrics["Executor CPU Time"]);
        self.cpu_of_tasks.push(cpu);
        job.shuffle_written += number(&metrics["Shuffle Write Metrics"]["Shuffle Bytes Written"]);
        let read = &metrics["Shuffle Read Metrics"];
        job.shuffle_read += number(&read["Remote Bytes Read"]) + number(&read["Local Bytes Read"]);
        job.to_driver += number(&metrics["Result Size"]);
        job.spilled += number(&metrics["Disk Bytes Spilled"]);
        let resident = number(&event["Task Executor Metrics"]["ProcessTreeJVMRSSMemory"]) / 1024 / 1024;
        job.executor_mib = job.executor_mib.max(resident);
        Ok(())
    }

    fn find_broadcasts(&mut self, plan: &Value) {
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        if plan["nodeName"].as_str().is_some_and(|node| node.starts_with("BroadcastExchange")) {
            for metric in list(&plan["metrics"]) {
                let of = match metric["name"].as_str() {
                    Some("data size") => OfBroadcast::Bytes,
                    Some("time to build" | "time to broadcast") => OfBroadcast::Milliseconds,
                    _ => continue,
                };
                self.of_broadcasts.extend(metric["accumulatorId"].as_u64().map(|id| (id, of)));
            }
        }
        for child in list(&plan["children"]) {
            self.find_broadcasts(&child);
        }
    }

    fn driver_tells(&mut self, event: &Value) {
        for update in event["accumUpdates"].as_array().into_iter().flatten() {
            let (Some(id), Some(value)) = (update[0].as_u64(), update[1].as_u64()) else { continue };
            match self.of_broadcasts.get(&id) {
                Some(OfBroadcast::Bytes) => {
                    self.job.broadcast_unpacked = self.job.broadcast_unpacked.max(value);
                }
                Some(OfBroadcast::Milliseconds) => self.job.packing_seconds += value as f64 / 1_000.0,
                None => {}
            }
        }
    }

    fn block(&mut self, info: &Value) {
        let executor = info["Block Manager ID"]["Executor ID"].as_str().unwrap_or_default();
        let block = info["Block ID"].as_str().unwrap_or_default();
        if executor == "driver" || !(block.starts_with("broadcast_") && block.contains("_piece")) {
            return;
        }
        let size = info["Memory Size"].as_u64().unwrap_or(0) + info["Disk Size"].as_u64().unwrap_or(0);
        let held = self.blocks.entry((executor.to_owned(), block.to_owned())).or_default();
        *held = size.max(*held);
    }

    fn job(self) -> Result<Job> {
        let (begun, ended) = self.begun.zip(self.ended).context("the log tells of no statement")?;
        let cpu: u64 = self.cpu_of_tasks.iter().sum();
        let largest = self.cpu_of_tasks.iter().max().copied().unwrap_or(0);
        Ok(Job {
            seconds: ended.saturating_sub(begun) as f64 / 1_000.0,
            cpu_seconds: cpu as f64 / 1e9,
            broadcast: self.blocks.values().sum(),
            largest_task: if cpu == 0 { 0.0 } else { largest as f64 / cpu as f64 },
            tasks: self.cpu_of_tasks.len(),
            ..self.job
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(events: &[Value]) -> Result<Job> {
        let mut reading = Reading::default();
        events.iter().try_for_each(|event| reading.take(event))?;
        reading.job()
    }

    fn task(reason: &str, cpu: u64) -> Value {
        json!({"Event": "SparkListenerTaskEnd", "Task End Reason": {"Reason": reason},
            "Task Executor Metrics": {"ProcessTreeJVMRSSMemory": 3 << 20},
            "Task Metrics": {"Executor CPU Time": cpu, "Result Size": 7, "Disk Bytes Spilled": 5,
                "Shuffle Read Metrics": {"Remote Bytes Read": 20, "Local Bytes Read": 1},
                "Shuffle Write Metrics": {"Shuffle Bytes Written": 22}}})
    }

    fn sql(event: &str, time: u64) -> Value {
        let size = json!({"name": "data size", "accumulatorId": 9});
        let build = json!({"name": "time to build", "accumulatorId": 10});
        let plan = json!({"nodeName": "Join", "metrics": [], "children": [
            {"nodeName": "BroadcastExchange", "metrics": [size, build], "children": []}]});
        let event = format!("org.apache.spark.sql.execution.ui.SparkListenerSQLExecution{event}");
        json!({"Event": event, "time": time, "sparkPlanInfo": plan})
    }

    fn piece(executor: &str, size: u64) -> Value {
        json!({"Event": "SparkListenerBlockUpdated", "Block Updated Info": {"Block ID": "broadcast_3_piece0",
            "Block Manager ID": {"Executor ID": executor}, "Memory Size": size, "Disk Size": 0}})
    }

    #[test]
    fn adds_up_what_the_tasks_did_and_what_moved() {
        let told = json!({"Event": "x.SparkListenerDriverAccumUpdates", "accumUpdates": [[9, 100], [8, 500], [10, 250]]});
        let pieces = [piece("driver", 50), piece("0", 40), piece("0", 0), piece("1", 40)];
        let tasks = [task("Success", 3_000_000_000), task("Success", 1_000_000_000)];
        let events =
            [vec![sql("Start", 1_000)], tasks.to_vec(), pieces.to_vec(), vec![told, sql("End", 3_500)]];
        let expected = Job {
            seconds: 2.5,
            cpu_seconds: 4.0,
            shuffle_written: 44,
            shuffle_read: 42,
            to_driver: 14,
            broadcast: 80,
            broadcast_unpacked: 100,
            packing_seconds: 0.25,
            spilled: 10,
            largest_task: 0.75,
            tasks: 2,
            executor_mib: 3,
        };
        assert_eq!(of(&events.concat()).unwrap(), expected);
    }

    #[test]
    fn a_task_that_failed_is_no_measurement() {
        let failed = of(&[sql("Start", 1), task("ExceptionFailure", 1), sql("End", 2)]).unwrap_err();
        assert!(failed.to_string().starts_with("a task ended with ExceptionFailure"), "{failed}");
        assert!(of(&[task("Success", 1)]).is_err());
    }
}
