//! The picture in the repository is the one that the dashboard gives today.

use spectrum_grafana_check::dashboard::folder;
use spectrum_grafana_check::preview::preview;
use spectrum_testkit::PrivatePostgres;

#[test]
fn the_picture_is_up_to_date() {
    let committed = std::fs::read_to_string(folder().join("preview.svg")).unwrap();
    let drawn = preview(&PrivatePostgres::start().unwrap()).unwrap();
    assert!(
        committed == drawn,
        "the dashboard or its drawing has changed; draw it anew and look at it: \
         cargo run -p spectrum-grafana-check -- preview"
    );
    assert!(drawn.len() < 150_000, "{} bytes are slow to load", drawn.len());
}
