{{ config(unique_key=spectrum.definition().event_id, pre_hook="{{ spectrum.forget_changed_keys() }}") }}
{{ spectrum.sessions_model(spectrum.events(), spectrum.definition()) }}
