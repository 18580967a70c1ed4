//! What a state refuses, by name, and what it leaves alone.

use std::fs;

use insta::assert_snapshot;

use crate::state::{MONDAY, TUESDAY, folder, run, without_sizes};

/// What looks like a part of a state, and is not.
#[test]
fn other_files_in_the_folder_are_left_alone() {
    let folder = folder();
    fs::create_dir(folder.path().join("data")).unwrap();
    let data = |name: &str| folder.path().join("data").join(name);
    for name in ["sessions-2026-01.parquet", "files-archive.parquet"] {
        fs::write(data(name), "mine").unwrap();
    }
    assert_snapshot!(folder.refuses("run monday.csv -o out/ --state data"), @"error: data holds files and no state.json, so it is not a state; name a folder that is empty or not there yet");
    run(&folder, "monday.csv", "");
    folder.prints("state state --sessions state/sessions-all.parquet");
    run(&folder, "tuesday.csv", "");
    assert!(folder.path().join("state/sessions-all.parquet").exists());
    assert!(data("sessions-2026-01.parquet").exists() && data("files-archive.parquet").exists());
    assert_snapshot!(folder.refuses("run late.csv -o state/sessions-3-1.parquet --state state"), @"error: state/sessions-3-1.parquet would lie in the state's folder; name another place");
}

/// The key's texts have one width in the first file alone.
#[test]
fn ids_that_could_be_shared_are_refused_from_the_first_run_on() {
    let folder = folder();
    fs::write(folder.path().join("wide.csv"), MONDAY.replace("bob", "roberta")).unwrap();
    assert_snapshot!(folder.refuses("run wide.csv -o out/ --state wide"), @"error: ids of the scheme sequence could be shared with sessions that this run does not look at, because the key's texts are not of one width; take all files into a new state with ids of another scheme; use --id encoded or --id start, or accept it with --allow-id-collisions");
    run(&folder, "wide.csv", "--allow-id-collisions");
}

#[test]
fn keys_and_times_of_another_kind_are_refused_by_name() {
    let folder = folder();
    run(&folder, "monday.csv", "--id start");
    let refuses = |name: &str, text: String, flags: &str| {
        fs::write(folder.path().join(name), text).unwrap();
        folder.refuses(&format!("run {name} -o out/ --state state --id start {flags}"))
    };
    assert_snapshot!(refuses("naive.csv", TUESDAY.replace('Z', ""), ""), @"error: the times in column 'occurred_at' have no zone here, and those in the state have one; make them the same");
    folder.prints(
        "run tuesday.csv -o numbers.parquet --id start --session-column x --types account_id=text --quiet",
    );
    fs::write(folder.path().join("n.csv"), TUESDAY.replace("acme", "123")).unwrap();
    folder.prints("run n.csv -o n.parquet --id start --session-column x --types account_id=integer --quiet");
    assert_snapshot!(folder.refuses("run n.parquet -o out/ --state state --id start"), @"error: key column 'account_id' is integer here, and text in the state, whose texts differ; say --key-type account_id=text if its values are to be read as text");
    run(&folder, "n.parquet", "--id start --key-type account_id=text");
    let named = |key: &str| {
        let flags = format!("run named.csv -o out/ --state new --id start --key {key}");
        fs::write(folder.path().join("named.csv"), MONDAY.replace("user_id", key)).unwrap();
        folder.refuses(&flags)
    };
    assert_snapshot!(named("change"), @"error: key column 'change' has the name of a column of the state's tables; rename it");
    assert_snapshot!(named("events"), @"error: key column 'events' has the name of a column of the state's tables; rename it");
}

/// Nanoseconds since 1970 have no year 9999.
#[test]
fn times_that_do_not_fit_into_a_finer_unit() {
    let folder = folder();
    let event = |time: &str| format!("event_id,user_id,account_id,occurred_at\nx,ann,acme,{time}\n");
    fs::write(folder.path().join("far.csv"), event("9999-01-01T00:00:00Z")).unwrap();
    fs::write(folder.path().join("fine.csv"), event("2026-01-01T00:00:00.000000001Z")).unwrap();
    // Which is unusual, and said.
    folder.command("run far.csv -o out/ --state state --id start").assert().success();
    assert_snapshot!(folder.refuses("run fine.csv -o out/ --state state --id start"), @"error: there are times here that count nanoseconds, and those in the state do not fit into 64 bits of these; give the new times a coarser unit");
    assert!(folder.prints("state state --verify").contains("all 1 session of the files are here"));
}

#[test]
fn what_a_state_cannot_do_is_refused_before_anything_is_written() {
    let folder = folder();
    let refuses = |flags: &str| {
        let refused = folder.refuses(&format!("run monday.csv --state new {flags}"));
        assert!(!folder.path().join("new/state.json").exists() && !folder.path().join("out").exists());
        refused
    };
    assert_snapshot!(refuses("-o out/ --max-duration 1h"), @"error: a state keeps sessions and no events, and the rule max_duration needs the events around a late one; take it out, or run over all files at once without a state");
    assert_snapshot!(refuses("-o out/ --split-on account_id --key user_id"), @"error: a state keeps sessions and no events, and the rule split_on needs the events around a late one; take it out, or run over all files at once without a state");
    assert_snapshot!(refuses("-o -"), @"error: an output to standard output cannot be had with a state: outputs get their names together with the state; name a file or a folder");
    assert_snapshot!(refuses("-o out/ --sessions s.csv"), @"error: a sessions table of one run cannot be had with a state: the state has the sessions of all runs; write its table afterwards");
    assert_snapshot!(refuses("-o out/ --with-reason"), @"error: started_by cannot be had with a state: the sessions before are not always looked at; leave it out");
    assert_snapshot!(refuses("-o out/ --with-sequence --id start"), @"error: session_seq cannot be had with a state: numbers are kept where ids hold them; name sessions by the scheme encoded, or leave it out");
    assert_snapshot!(refuses("-o out/ --engine duckdb"), @"error: a state is kept by spectrum itself; leave out --engine or --state");
    assert_snapshot!(refuses("-o out.csv --follow"), @"error: with --follow every file has an output of its own; name a folder, as in -o out.csv/");
    assert_snapshot!(folder.refuses("run monday.csv -o out/ --id persistent"), @"error: ids of the scheme persistent need a memory of what was there before, as `spectrum run --state FOLDER` and `spectrum deploy --mode incremental` have; --id start names sessions by the events alone");
    // Where no session is named, the scheme is as good as any.
    folder.prints("summary monday.csv --id persistent");
    assert_snapshot!(folder.refuses("state nowhere"), @"error: nowhere holds no state; a run makes one");
    fs::create_dir(folder.path().join("full")).unwrap();
    fs::write(folder.path().join("full/notes.txt"), "mine").unwrap();
    assert_snapshot!(folder.refuses("run monday.csv -o out/ --state full"), @"error: full holds files and no state.json, so it is not a state; name a folder that is empty or not there yet");
    assert_eq!(fs::read_dir(folder.path().join("full")).unwrap().count(), 1);
}

#[test]
fn a_state_of_another_definition_is_refused_by_what_differs() {
    let folder = folder();
    run(&folder, "monday.csv", "--id encoded --at-gap new");
    assert_snapshot!(folder.refuses("run tuesday.csv -o out/ --state state --gap 45m --id start"), @"error: the state in state is of another definition: id is encoded there and start here, at_gap is new there and not set here, gap is 30m there and 45m here; give it the definition that it was made with, or take all files into a new state");
}

#[test]
fn a_damaged_state_says_which_file() {
    let folder = folder();
    run(&folder, "monday.csv", "--id encoded");
    let file = |name: &str| folder.path().join("state").join(name);
    let refuses = || folder.refuses("run tuesday.csv -o out/ --state state --id encoded");
    let spoil = |name: &str, with: &dyn Fn(&mut Vec<u8>)| {
        let whole = fs::read(file(name)).unwrap();
        let mut spoiled = whole.clone();
        with(&mut spoiled);
        fs::write(file(name), spoiled).unwrap();
        let refused = refuses();
        fs::write(file(name), whole).unwrap();
        without_sizes(&refused)
    };
    assert_snapshot!(spoil("sessions-1-1.parquet", &|bytes| bytes.truncate(100)), @"error: state/sessions-1-1.parquet is not as it was written: it has ### bytes, and had ####; put the state's folder back from a copy, or take all files into a new one");
    assert_snapshot!(spoil("keys-1.parquet", &|bytes| bytes[40] ^= 1), @"error: state/keys-1.parquet is not as it was written: its bytes are others; put the state's folder back from a copy, or take all files into a new one");
    assert_snapshot!(spoil("files-1.parquet", &|bytes| bytes.truncate(0)), @"error: state/files-1.parquet is not as it was written: it has # bytes, and had ####; put the state's folder back from a copy, or take all files into a new one");
    assert_snapshot!(spoil("state.json", &|bytes| bytes.truncate(30)), @"error: state/state.json is not as it was written: EOF while parsing an object at line 1 column 30; put the state's folder back from a copy, or take all files into a new one");
    let edited = |bytes: &mut Vec<u8>| {
        let text = String::from_utf8(bytes.clone()).unwrap().replace("\"run\":1", "\"run\":7");
        *bytes = text.into_bytes();
    };
    assert_snapshot!(spoil("state.json", &edited), @"error: state/state.json is not as it was written: its content has another MD5 than it says; put the state's folder back from a copy, or take all files into a new one");
    let newer = |bytes: &mut Vec<u8>| {
        let text = String::from_utf8(bytes.clone()).unwrap().replace("\"layout\":3", "\"layout\":9");
        *bytes = text.into_bytes();
    };
    assert_snapshot!(spoil("state.json", &newer), @"error: state was written by Spectrum 0.1.0 in layout 9, and this version knows layout 3; use the version that wrote it, or a newer one");
    fs::remove_file(file("sessions-1-1.parquet")).unwrap();
    assert_snapshot!(refuses(), @"error: state/sessions-1-1.parquet is not as it was written: it is not there; put the state's folder back from a copy, or take all files into a new one");
    assert!(!folder.path().join("out/tuesday.csv").exists());
}
