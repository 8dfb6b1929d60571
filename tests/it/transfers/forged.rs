//! Two ledgers hold each other: whoever rewrites one of them, hashes and all, is told by the other.

use hazledger::domain::ledger::{Account, Act, Draft};
use hazledger::domain::merkle::Hash;

use super::*;

/// What `verify` says of what ledgers say of each other, after one of them was rewritten.
fn after(server: &mut TestServer, institution: i64, change: impl Fn(&mut Draft)) -> Vec<String> {
    server.stop();
    let mut hand = Hand::to(&server.settings.database);
    let sql = rewriting_of(&mut hand, institution, |_, draft| change(draft));
    drop(hand);
    server.tamper(&sql);
    let findings = server.verify().findings.into_iter();
    findings
        .map(|finding| finding.to_string())
        .filter(|what| what.contains("that it names"))
        .collect()
}

/// Two bottles sent and announced, and accepted and settled if so wished; the transfer.
fn done(server: &TestServer, is_settled: bool) -> String {
    let pair = Pair::of(server);
    let [one, two] = [&pair.bottles[0], &pair.bottles[1]];
    let number = pair.sent(&[one, two]);
    if is_settled {
        let short = json!({"label": one, "place": pair.there, "amount": ml("480")});
        pair.accept(&number, json!([short, pair.arrived(two)]), json!([]))
            .expect(201);
        pair.deliver();
    }
    server.assert_balanced();
    number
}

on_both! {
    fn an_announcement_of_something_else_than_was_sent_is_found(server) {
        let number = done(server, false);
        let found = after(server, 2, |draft| if let Act::Announce(announcement) = &mut draft.act {
            announcement.consignment.containers[0].amount += 1;
        });
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].ends_with(&format!("the entry {number} of institution 1 that it names says something else")), "{found:?}");
    }

    fn an_announcement_of_an_entry_that_is_not_there_is_found(server) {
        done(server, false);
        let found = after(server, 2, |draft| if let Act::Announce(announcement) = &mut draft.act {
            announcement.leaf_hash = Hash([7; 32]);
        });
        assert!(found.len() == 1 && found[0].ends_with("is not there, or another one"), "{found:?}");
    }

    fn a_consignment_rewritten_after_it_was_announced_is_found(server) {
        done(server, false);
        let found = after(server, 1, |draft| if let Act::Send(_) = &draft.act {
            draft.reason = "另有用途".to_owned();
        });
        assert!(found.len() == 1 && found[0].starts_with("institution 2 "), "{found:?}");
    }

    fn a_settlement_of_more_than_was_accepted_is_found(server) {
        done(server, true);
        // Balanced, and as large as what was sent: the sender's ledger alone shows nothing.
        let found = after(server, 1, |draft| if let Act::Settle(settlement) = &mut draft.act {
            settlement.verdict.accepted[0].amount = 500_000_000;
            draft.postings.retain(|posting| posting.account != Account::Variance);
            draft.postings[1].amount = 500_000_000;
        });
        assert!(found.iter().any(|what| what.starts_with("institution 1 ") && what.ends_with("says something else")), "{found:?}");
    }

    fn a_settlement_of_what_nobody_accepted_is_found(server) {
        let number = done(server, true);
        let found = after(server, 1, |draft| if let Act::Settle(settlement) = &mut draft.act {
            settlement.leaf_hash = Hash([7; 32]);
        });
        assert!(found.iter().any(|what| what.starts_with("institution 1 ")), "{number}: {found:?}");
    }
}
