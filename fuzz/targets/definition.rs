#![no_main]

//! `spectrum.toml`. What is accepted is what it says again when it is made anew from its own values.

use libfuzzer_sys::fuzz_target;
use spectrum_core::SessionDefinition;

fuzz_target!(|text: &str| {
    match SessionDefinition::from_toml(text) {
        Ok(definition) => {
            let again = definition.to_builder().build().expect("values of a checked definition");
            assert_eq!(definition, again);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
