{{ spectrum.session_summary_model(ref('spectrum', 'sessions'), spectrum.definition()) }}
