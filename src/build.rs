//! Builds nothing yet but watches its own source.

fn main() {
    println!("cargo:rerun-if-changed=src/build.rs");
}
