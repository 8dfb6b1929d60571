//! Tells cargo what the program is made of beside its source.

fn main() {
    println!("cargo:rerun-if-changed=src/build.rs");
    // `embed_migrations!` does not notice a file that was added.
    println!("cargo:rerun-if-changed=migrations");
}
