//! Who is it? Keys outside the database, secrets, tokens.

pub mod keys;
pub mod proof;
pub mod secret;
pub mod token;
