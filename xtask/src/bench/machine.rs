//! The line that says what the times were taken on.

use std::fs;

use anyhow::Result;

use super::tools::{REQUIREMENTS, Tools, output};

/// Processor, cores, memory, system, what else was running, and the versions of everything timed. What the system
/// does not tell is left out.
pub(super) fn describe(tools: &Tools) -> Result<String> {
    let mut versions = vec![spectrum_version(tools)?];
    versions.push(output(tools.command("rustc").arg("--version"))?);
    versions.push(output(tools.command(&tools.python).arg("--version"))?);
    let requirements = fs::read_to_string(tools.root.join(REQUIREMENTS))?;
    let peers = requirements.lines().filter_map(|line| line.split_once("=="));
    versions.extend(peers.map(|(name, version)| format!("{name} {version}")));
    Ok(format!("{}\n\n{}", processor(tools)?, versions.join(", ")))
}

/// Processor, cores, memory, system, what else was running, and Spectrum's version.
pub(super) fn here(tools: &Tools) -> Result<String> {
    Ok(format!("{}; {}", processor(tools)?, spectrum_version(tools)?))
}

fn spectrum_version(tools: &Tools) -> Result<String> {
    let mut version = output(tools.command(&tools.spectrum).arg("--version"))?;
    if tools.built_here
        && let Ok(commit) = output(tools.command("git").args(["describe", "--always", "--dirty"]))
    {
        version.push_str(&format!(", commit {commit}"));
    }
    Ok(version)
}

fn processor(tools: &Tools) -> Result<String> {
    let processor =
        of_file("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let mut machine = vec![processor, format!("{} cores", tools.threads)];
    if let Some(memory) = of_file("/proc/meminfo", "MemTotal").and_then(|line| gibibytes(&line)) {
        machine.push(format!("{memory:.1} GiB"));
    }
    machine.push(output(tools.command("uname").arg("-sr"))?);
    if let Ok(load) = fs::read_to_string("/proc/loadavg") {
        machine.push(format!("load average {} at the start", load.split(' ').next().unwrap_or_default()));
    }
    Ok(machine.join(", "))
}

/// The value of the first line `name : value`.
fn of_file(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn gibibytes(kilobytes: &str) -> Option<f64> {
    let number: f64 = kilobytes.split(' ').next()?.parse().ok()?;
    Some(number / 1024.0 / 1024.0)
}
