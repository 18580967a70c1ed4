//! How the script that runs in Spark gives outputs their names, on folders that fail. It needs Python, and no Spark.

use spectrum_testkit::engines::python;

#[test]
#[ignore = "cargo xtask conformance --cluster"]
fn when_any_step_of_the_script_fails_all_is_as_it_was() {
    let output = python()
        .unwrap()
        .command()
        .arg("crates/spectrum-cli/tests/cluster/put_in_place.py")
        .arg("crates/spectrum-submit/src/spark/driver.py")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tried: usize = String::from_utf8_lossy(&output.stdout).trim().parse().unwrap();
    assert!(tried > 20, "{tried}");
}
