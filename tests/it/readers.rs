//! Connections for reading.

use std::time::{Duration, Instant};

use crate::harness::server::TestServer;

#[test]
fn a_connection_that_was_lost_is_replaced() {
    let Some(server) = TestServer::postgres() else {
        return;
    };
    let hospital = server.hospital();
    let (_, labels) = hospital.ethanol();
    let path = format!("/api/v1/containers/{}", labels[0]);
    hospital.safety.get(&path).expect(200);
    server.postgres.as_ref().unwrap().as_superuser(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
    let deadline = Instant::now() + Duration::from_secs(20);
    while hospital.safety.get(&path).status != 200 {
        assert!(Instant::now() < deadline, "no read works any more");
        std::thread::sleep(Duration::from_millis(20));
    }
    for _ in 0..20 {
        hospital.safety.get(&path).expect(200);
    }
}
