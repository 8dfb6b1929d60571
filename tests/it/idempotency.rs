//! One key, one request: what is the same request, and what is another.

use serde_json::{Value, json};

use crate::harness::client::fresh_key;
use crate::harness::on_both;
use crate::harness::server::identity;
use crate::signing::{ask, cyanide, proofs};

on_both! {
    fn one_key_does_not_swallow_the_second_signature(server) {
        let hospital = server.hospital();
        let (_, labels) = cyanide(&hospital);
        let request = ask(&hospital.safety, &labels[0], "10").expect(201);
        let path = format!("/api/v1/signing-requests/{}/signatures", request.json["request"].as_str().unwrap());
        let signed = |signer: (&str, &str)| json!({"payload_hash": request.json["payload_hash"], "proofs": proofs(&[signer])});
        let key = fresh_key();
        hospital.equipment.post_with(&path, &key, signed(("E001", "issuer"))).expect(202);
        hospital.equipment.post_with(&path, &key, signed(("S001", "issuer"))).refused(422, "idempotency_key_reused");
        hospital.equipment.post(&path, signed(("S001", "issuer"))).expect(201);
        server.assert_sound();
    }

    // A scanner that ends with a carriage return, an input method that writes é in two characters.
    fn texts_are_the_same_request_when_they_are_read_alike(server) {
        let hospital = server.hospital();
        let key = fresh_key();
        let place = |name: &str| json!({"kind": "room", "name": name, "parent": Value::Null});
        hospital.equipment.post_with("/api/v1/places", &key, place(" Café\r")).expect(201);
        hospital.equipment.post_with("/api/v1/places", &key, place("Cafe\u{301}")).expect(200);
        hospital.equipment.post_with("/api/v1/places", &key, place("Cafe")).refused(422, "idempotency_key_reused");
    }

    // Whoever reads the database learns no identity number from it, however few there are to try.
    fn what_is_stored_of_a_request_is_no_bare_hash_of_it(server) {
        let hospital = server.hospital();
        let key = fresh_key();
        let person = json!({"name": "王芳", "staff_number": "L001", "identity_number": identity(1)});
        hospital.administrator.post_with("/api/v1/people", &key, person.clone()).expect(201);
        let mut asked = b"POST /api/v1/people\n".to_vec();
        asked.extend(hazledger::domain::canonical::canonical_bytes(&person).unwrap());
        let hex = if server.settings.database.is_sqlite() {
            "hex(fingerprint)"
        } else {
            "upper(encode(fingerprint, 'hex'))"
        };
        let is = |digest: Vec<u8>| {
            let digest: String = digest.iter().map(|byte| format!("{byte:02X}")).collect();
            server.number(&format!("SELECT COUNT(*) FROM idempotency WHERE key = '{key}' AND {hex} = '{digest}'"))
        };
        let bare = hazledger::domain::canonical::sha256(&asked).0.to_vec();
        assert_eq!((is(bare), is(server.app().fingerprint(&asked))), (0, 1));
    }
}
