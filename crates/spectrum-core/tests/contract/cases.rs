//! Every case, in batches small and large, by one labeller and by several.

use spectrum_testkit::{Engine, Summary, check_all};

use crate::kernel::{LongWay, ShortWay};

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
            assert!(summary.unsupported.is_empty(), "{summary}");
        }
    }
}
