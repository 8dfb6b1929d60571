//! What the law and the standards ask, one file a rule: pure, each answer with its source.

pub mod major_hazard;
