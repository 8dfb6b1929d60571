//! Who a token stands for, in spite of the copies that the server keeps.

use hazledger::app::Principal;
use hazledger::domain::{
    facts::Facts,
    ledger::{Act, Draft, Revocation},
    people::Permission,
    refusal::Refusal,
    verb::{Context, Decision, Needs, Verb},
};

use crate::harness::{client::Client, on_both, server::TestServer};

/// Ends the appointments of these lines of the founding.
#[derive(Debug)]
struct Dismiss(u32);

impl Verb for Dismiss {
    fn name(&self) -> &'static str {
        "revoke"
    }

    fn permission(&self) -> Option<Permission> {
        None
    }

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn decide(&self, _facts: &Facts, _cx: &Context) -> Result<Decision, Refusal> {
        let entry = 0.try_into().unwrap();
        Ok(Draft::of(Act::Revoke(Revocation {
            entry,
            line: self.0,
        }))
        .into())
    }
}

fn dismiss(server: &TestServer, by: &Client, line: u32) {
    actix_web::rt::System::new().block_on(async {
        let who: Principal = server
            .app()
            .principal(by.token.as_ref().unwrap())
            .await
            .unwrap();
        let verb = Box::new(Dismiss(line));
        server
            .app()
            .execute(&who, "", None, verb, |_| String::new())
            .await
            .unwrap();
    });
}

on_both! {
    fn a_role_that_was_revoked_counts_no_more_from_the_next_request_on(server) {
        let hospital = server.hospital();
        let (_, labels) = hospital.ethanol();
        let path = format!("/api/v1/containers/{}", labels[0]);
        for _ in 0..3 {
            hospital.safety.get(&path).expect(200);
        }
        // The founding appointed 陈安 to two roles, in its lines 2 and 3.
        dismiss(server, &hospital.administrator, 2);
        hospital.safety.get(&path).expect(200);
        dismiss(server, &hospital.administrator, 3);
        hospital.safety.get(&path).refused(403, "not_permitted");
        hospital.equipment.get(&path).expect(200);
        server.assert_sound();
    }

    fn a_session_that_was_ended_counts_no_more_from_the_next_request_on(server) {
        let hospital = server.hospital();
        let other = server.sign_in("S001");
        for _ in 0..3 {
            hospital.safety.get("/api/v1/sessions/current").expect(200);
        }
        hospital.safety.delete("/api/v1/sessions/current").expect(204);
        hospital.safety.get("/api/v1/sessions/current").refused(401, "session_invalid");
        other.get("/api/v1/sessions/current").expect(200);
    }
}
