//! Who is it? Keys outside the database, secrets, tokens.

pub mod keys;
pub mod secret;
pub mod token;
