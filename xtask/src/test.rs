//! `cargo xtask test`: installs what the tests need and is missing, then runs them all.
//!
//! Doc tests come first, so that the counts of all other tests close the output. Arguments are
//! handed to the runner of the latter, and then doc tests are left out.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use spectrum_testkit::postgres::{find_binaries, find_pgbouncer};

/// Installs PostgreSQL the Debian way, without the server that Debian would start with it: tests
/// start their own.
const INSTALL_POSTGRESQL: &str = "
set -e
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install --yes --no-install-recommends postgresql-common
setting=/etc/postgresql-common/createcluster.d/only-for-tests.conf
mkdir -p /etc/postgresql-common/createcluster.d
trap 'rm -f $setting' EXIT
echo 'create_main_cluster = false' >$setting
apt-get install --yes --no-install-recommends postgresql
";

/// Installs PgBouncer, and does not start it.
const INSTALL_PGBOUNCER: &str = "
set -e
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    trap 'rm -f $policy' EXIT
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod +x $policy
fi
apt-get update
apt-get install --yes --no-install-recommends pgbouncer
";

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    install_postgresql_if_missing()?;
    if find_pgbouncer().is_none()
        && let Err(error) = install("PgBouncer", INSTALL_PGBOUNCER)
    {
        println!("SKIPPED: PgBouncer is missing, so connections through it are not tested ({error:#})");
    }
    if !succeeds("npm", &["--version"]) {
        println!("SKIPPED: npm is missing, so the Grafana dashboard is not checked against Grafana's types");
    }
    if arguments.is_empty() {
        run_cargo(&["test", "--doc", "--workspace"])?;
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if succeeds("cargo", &["nextest", "--version"]) {
        run_cargo(&[&["nextest", "run", "--workspace"], &arguments[..]].concat())
    } else {
        run_cargo_counting(&[&["test", "--workspace", "--tests"], &arguments[..]].concat())
    }
}

/// Through apt, where it is missing.
pub(crate) fn install_postgresql_if_missing() -> Result<()> {
    if let Err(missing) = find_binaries() {
        ensure!(std::env::var_os("SPECTRUM_PG_BIN").is_none(), "SPECTRUM_PG_BIN is set, and {missing:#}");
        install("PostgreSQL", INSTALL_POSTGRESQL).with_context(|| format!("{missing:#}"))?;
        find_binaries()?;
    }
    Ok(())
}

/// Runs a script that installs something through apt.
pub(crate) fn install(what: &str, script: &str) -> Result<()> {
    ensure!(succeeds("apt-get", &["--version"]), "there is no apt-get to install it with");
    let root = Command::new("id").arg("-u").output()?.stdout.trim_ascii() == b"0";
    let mut install = if root {
        Command::new("sh")
    } else if succeeds("sudo", &["-n", "true"]) {
        let mut sudo = Command::new("sudo");
        sudo.args(["-n", "sh"]);
        sudo
    } else {
        bail!("neither root nor sudo without a password is there to install it");
    };
    println!("installing {what}, which tests need");
    ensure!(install.args(["-c", script]).status()?.success(), "apt-get did not install it");
    Ok(())
}

fn succeeds(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn run_cargo(arguments: &[&str]) -> Result<()> {
    println!("cargo {}", arguments.join(" "));
    ensure!(
        Command::new("cargo").args(arguments).status()?.success(),
        "cargo {} failed",
        arguments.join(" ")
    );
    Ok(())
}

/// Runs `cargo test`, which counts for each test binary by itself, and closes with the sums.
fn run_cargo_counting(arguments: &[&str]) -> Result<()> {
    println!("cargo {}", arguments.join(" "));
    let mut cargo = Command::new("cargo").args(arguments).stdout(Stdio::piped()).spawn()?;
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    if let Some(stdout) = cargo.stdout.take() {
        for line in BufReader::new(stdout).lines() {
            let line = line?;
            println!("{line}");
            // test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; ...
            let Some((_, result)) = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". "))
            else {
                continue;
            };
            let count = |of: &str| {
                let number = result.split("; ").find_map(|part| part.strip_suffix(of));
                number.and_then(|number| number.trim().parse::<u64>().ok()).unwrap_or(0)
            };
            passed += count("passed");
            failed += count("failed");
            skipped += count("ignored") + count("filtered out");
        }
    }
    let status = cargo.wait()?;
    println!("{passed} passed, {failed} failed, {skipped} skipped");
    ensure!(status.success(), "cargo {} failed", arguments.join(" "));
    Ok(())
}
