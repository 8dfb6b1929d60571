//! What tests stand on: a PostgreSQL of their own, a real server on a free port, a client.

pub mod client;
pub mod cluster;
mod conformance;
pub mod hand;
pub mod process;
pub mod server;

/// Whether a program is there. Its absence fails the test where REQUIRE_ALL says so.
pub fn installed(program: &str) -> bool {
    if std::process::Command::new(program)
        .arg("--help")
        .output()
        .is_ok()
    {
        return true;
    }
    assert!(
        std::env::var_os("REQUIRE_ALL").is_none(),
        "{program} is not installed"
    );
    eprintln!("SKIPPED: {program} is not installed");
    false
}

/// Runs each test on SQLite and on PostgreSQL: `on_both! { fn name(server) { … } }`.
macro_rules! on_both {
    ($(fn $name:ident($server:ident) $body:block)*) => {$(
        fn $name($server: &mut $crate::harness::server::TestServer) $body

        mod $name {
            #[test]
            fn sqlite() {
                super::$name(&mut $crate::harness::server::TestServer::sqlite());
            }

            #[test]
            fn postgres() {
                if let Some(mut server) = $crate::harness::server::TestServer::postgres() {
                    super::$name(&mut server);
                }
            }
        }
    )*};
}
pub(crate) use on_both;
