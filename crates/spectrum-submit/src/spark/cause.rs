//! From a page of Java's frames to the sentence in it that says why.

use super::{ENGINE, location};
use crate::error::{Log, SubmitError};

/// The longest cause that is shown.
const LONGEST: usize = 600;

/// A failure in words that help, from all that Spark said of it.
pub(super) fn failed(step: &str, said: &str, log: Log) -> SubmitError {
    if let Some(file) = unseen(said) {
        return SubmitError::NotVisible(file);
    }
    SubmitError::Failed { engine: ENGINE, step: step.to_owned(), cause: innermost(said), log }
}

/// Why spark-submit ended before there was a script to say it.
pub(super) fn of_log(log: &str, kept: Log) -> SubmitError {
    let said = |sign: &str| log.lines().find(|line| line.contains(sign)).map(|line| line.trim().to_owned());
    // What its shell scripts say.
    if let Some(said) = said("JAVA_HOME is not set")
        .or_else(|| said("bin/java: No such file or directory"))
        .or_else(|| said("java: command not found"))
        .or_else(|| said("java: not found"))
    {
        let remedy = "install Java 17 or newer, or set JAVA_HOME to where it is";
        return SubmitError::Needs { engine: ENGINE, what: "Java", said, remedy };
    }
    if let Some(said) = said("Could not find valid SPARK_HOME") {
        let remedy = "set SPARK_HOME to the folder whose bin/spark-submit it is";
        return SubmitError::Needs {
            engine: "spark-submit",
            what: "the rest of Spark",
            said: cut(&said),
            remedy,
        };
    }
    if let Some(said) = log.find("Cannot run program").and_then(|at| log[at..].lines().next()) {
        let remedy =
            "install Python 3 on this machine (the workers need none), or name it with PYSPARK_PYTHON";
        return SubmitError::Needs { engine: ENGINE, what: "Python", said: cut(said), remedy };
    }
    let told = log.lines().rev().find(|line| line.starts_with("Caused by: ")).or_else(|| {
        log.lines().find(|line| line.starts_with("Error: ") || line.starts_with("Exception in thread"))
    });
    let cause = match told {
        Some(line) => innermost(line.trim_start_matches("Error: ")),
        None => last_line(log),
    };
    SubmitError::Failed { engine: ENGINE, step: "starting".into(), cause, log: kept }
}

/// The last line that says something.
pub(super) fn last_line(log: &str) -> String {
    let lines = log.lines().rev().map(str::trim);
    let line = lines.into_iter().find(|line| !line.is_empty() && !line.starts_with("at "));
    line.map_or_else(|| "it said nothing".to_owned(), cut)
}

/// The innermost cause. A failed task's is text within its job's message, with frames between the causes.
pub(super) fn innermost(said: &str) -> String {
    let caused = said.lines().rev().find_map(|line| line.trim().strip_prefix("Caused by: "));
    let line =
        caused.or_else(|| said.lines().find(|line| !line.trim().is_empty())).unwrap_or("it did not say why");
    // Lost task 0.3 in stage 1.0 (TID 6) (10.0.0.7 executor 2): java.io.IOException: ...
    let line = match line.rfind(" executor ").and_then(|at| line[at..].split_once("): ")) {
        Some((_, rest)) => rest,
        None => line,
    };
    cut(&without_state(&without_class(line.trim())))
}

/// Spark 4 adds a SQLSTATE to a message whose condition stands in brackets already.
fn without_state(line: &str) -> String {
    const SIGN: &str = " SQLSTATE: ";
    match line.split_once(SIGN) {
        Some((before, after)) => format!("{before}{}", after.get(5..).unwrap_or_default()),
        None => line.to_owned(),
    }
}

/// The message without Spark's own class, and with no more than the name of any other.
fn without_class(line: &str) -> String {
    let mut rest = line;
    while let Some((class, message)) = rest.split_once(": ") {
        let is_class =
            class.contains('.') && class.split('.').all(|part| !part.is_empty() && part.chars().all(is_name));
        if !is_class {
            break;
        }
        if !class.starts_with("org.apache.spark.") {
            let name = class.rsplit('.').next().unwrap_or(class);
            return format!("{name}: {message}");
        }
        rest = message;
    }
    rest.to_owned()
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$'
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text.to_owned(),
    }
}

/// A local file that the driver listed and a worker does not find.
fn unseen(said: &str) -> Option<String> {
    let is_missing = ["FILE_NOT_EXIST", "FileNotFoundException", "AccessDeniedException"];
    let line = said
        .lines()
        .find(|line| is_missing.iter().any(|sign| line.contains(sign)) && line.contains("file:"))?;
    let name = &line[line.find("file:")?..];
    let name = name.split([' ', '\'', '"', ',', ';']).next()?.trim_end_matches('.');
    Some(location::shown(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_cause_is_shown_without_frames() {
        let said = "org.apache.spark.SparkException: Job aborted due to stage failure: Task 0 in stage 1.0 failed 4 times, \
                    most recent failure: Lost task 0.3 in stage 1.0 (TID 6) (10.0.0.7 executor 2): \
                    org.apache.spark.SparkException: Task failed while writing rows.\n\
                    \tat org.apache.spark.sql.X.y(X.scala:1)\n\
                    Caused by: java.io.IOException: No space left on device\n\
                    \tat java.base/java.io.FileOutputStream.writeBytes(Native Method)\n\
                    \nDriver stacktrace:";
        assert_eq!(innermost(said), "IOException: No space left on device");
        let lost = "org.apache.spark.SparkException: Job aborted due to stage failure: Task 3 in stage 2.0 failed 4 times, \
                    most recent failure: Lost task 3.3 in stage 2.0 (TID 9) (10.0.0.7 executor 4): ExecutorLostFailure \
                    (executor 4 exited caused by one of the running tasks) Reason: worker lost\nDriver stacktrace:";
        let told =
            "ExecutorLostFailure (executor 4 exited caused by one of the running tasks) Reason: worker lost";
        assert_eq!(innermost(lost), told);
        assert_eq!(
            innermost("org.apache.spark.sql.AnalysisException: [X] no column a: b.; line 1"),
            "[X] no column a: b.; line 1"
        );
        assert_eq!(innermost("[X] no such: y SQLSTATE: KD000"), "[X] no such: y");
        assert_eq!(innermost("[X] no such: y. SQLSTATE: 42703; line 1"), "[X] no such: y.; line 1");
        assert_eq!(innermost(""), "it did not say why");
    }

    #[test]
    fn a_file_that_only_the_driver_sees_is_named() {
        let said = "org.apache.spark.SparkException: [FAILED_READ_FILE.FILE_NOT_EXIST] Encountered error while reading file \
                    file:///data/a%20b.parquet. File does not exist.";
        assert_eq!(unseen(said).as_deref(), Some("/data/a%20b.parquet"));
        assert_eq!(unseen("java.io.FileNotFoundException: s3a://b/x"), None);
    }

    #[test]
    fn what_spark_needs_is_named() {
        let of = |log: &str| of_log(log, Log::Told).to_string();
        assert_eq!(
            of("JAVA_HOME is not set\n"),
            "Spark needs Java, which was not found (JAVA_HOME is not set); install Java 17 or newer, or set JAVA_HOME to \
             where it is"
        );
        assert!(
            of(
                "x\nException in thread \"main\" java.io.IOException: Cannot run program \"python3\": error=2"
            )
            .starts_with("Spark needs Python")
        );
        assert_eq!(of(""), "Spark failed while starting: it said nothing");
    }
}
