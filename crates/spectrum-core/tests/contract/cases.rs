//! Every case, in batches small and large, by one labeller and by several.

use spectrum_testkit::{Engine, Summary, all_cases, check_all};

use crate::kernel::{LongWay, ShortWay, is_for_readers};

fn check(engine: &dyn Engine) -> Summary {
    let summary = check_all(engine).unwrap();
    println!("{summary}");
    summary
}

#[test]
fn sessionize_meets_the_cases() {
    for batch_rows in [1, 1000] {
        let summary = check(&ShortWay { batch_rows });
        assert!(summary.labelled > 100 && summary.refused > 15, "{summary}");
    }
}

#[test]
fn labeller_and_resolve_meet_all_cases() {
    for batch_rows in [1, 1000] {
        for labellers in [1, 3] {
            let summary = check(&LongWay { batch_rows, labellers });
            // What is left over has to be read first.
            let read = all_cases().unwrap().iter().filter(|case| is_for_readers(case).is_some()).count();
            assert_eq!(summary.unsupported.len(), read, "{summary}");
        }
    }
}
