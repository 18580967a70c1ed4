#![no_main]

//! Connection URLs and `name=value` pairs. Whatever stands behind a password, no error may show it.

use libfuzzer_sys::fuzz_target;
use spectrum_postgres::Server;

const PASSWORD: &str = "hunter2-and-more";

fuzz_target!(|text: &str| {
    let forms = [
        text.to_owned(),
        format!("postgresql://ann:{PASSWORD}@{text}"),
        format!("postgresql://host/db?password={PASSWORD}&{text}"),
        format!("host=h password={PASSWORD} {text}"),
    ];
    for form in forms {
        if let Err(error) = Server::resolve(Some(&form), |_| None) {
            let said = format!("{error} {error:?}");
            assert!(!said.contains(PASSWORD), "{said}");
            assert!(!error.to_string().is_empty());
        }
    }
});
