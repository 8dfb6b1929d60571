//! The whole state of stock as sorted lines, from the tables and from the reference: what differs shows
//! at a glance.

use std::collections::BTreeMap;

use super::reference::{Bottle, Held, Hospital, Reference};

/// The lines of [`Reference::lines`], from the tables.
pub const LINES: &str = "
    SELECT 'bottle|' || s.institution_id || '|' || s.serial || '|' || c.product_id || '|' || s.status || '|' || s.place_id
        || '|' || COALESCE(CAST(s.holder_id AS TEXT), '-') || '|' || s.generation || '|' || s.amount || '|' || s.last_entry AS line
        FROM standing s JOIN container c ON c.institution_id = s.institution_id AND c.serial = s.serial
    UNION ALL SELECT 'total|' || institution_id || '|' || place_id || '|' || product_id || '|' || containers || '|' || amount
        FROM place_total WHERE containers <> 0 OR amount <> 0
    UNION ALL SELECT 'held|' || institution_id || '|' || checkout_seq || '|' || serial || '|' || holder_id || '|' || amount
        FROM holding WHERE amount <> 0
    UNION ALL SELECT 'account|' || institution_id || '|' || account || '|' || product_id || '|' || CAST(SUM(amount) AS BIGINT)
        FROM posting GROUP BY institution_id, account, product_id HAVING SUM(amount) <> 0
    UNION ALL SELECT 'tally|' || institution_id || '|' || stocktake_id || '|' || serial
        || '|' || COALESCE(CAST(counted_seq AS TEXT), '-') || '|' || absent || '|' || misplaced || '|' || difference
        || '|' || confirmed || '|' || COALESCE(CAST(settled_by AS TEXT), '-') FROM tally
    UNION ALL SELECT 'vessel|' || institution_id || '|' || serial || '|' || place_id || '|' || fill
        || '|' || COALESCE(CAST(closed_seq AS TEXT), '-') || '|' || COALESCE(CAST(disposed_seq AS TEXT), '-') FROM waste_container
    UNION ALL SELECT 'poured|' || institution_id || '|' || seq || '|' || serial || '|' || vessel_serial || '|' || amount
        || '|' || taken_up || '|' || COALESCE(CAST(reversed_by AS TEXT), '-') FROM waste_line
    UNION ALL SELECT 'book|' || institution_id || '|' || serial || '|' || day || '|' || person_id || '|' || place_id
        || '|' || amount || '|' || ledger || '|' || difference || '|' || seq FROM book
    UNION ALL SELECT 'gap|' || institution_id || '|' || serial || '|' || since_seq
        || '|' || COALESCE(CAST(agreed_by AS TEXT), '-') || '|' || COALESCE(CAST(settled_seq AS TEXT), '-') FROM book_gap
    UNION ALL SELECT 'place|' || institution_id || '|' || place_id || '|' || COALESCE(CAST(parent_id AS TEXT), '-')
        || '|' || name || '|' || closed FROM place
    UNION ALL SELECT 'product|' || institution_id || '|' || product_id || '|' || name || '|' || dimension FROM product
    UNION ALL SELECT 'person|' || institution_id || '|' || person_id || '|' || staff_number || '|' || closed
        || '|' || COALESCE(CAST(department_id AS TEXT), '-') || '|' || suspended FROM person WHERE institution_id > 0
    UNION ALL SELECT 'tenure|' || institution_id || '|' || seq || '|' || line || '|' || person_id || '|' || role
        || '|' || COALESCE(CAST(place_id AS TEXT), '-') || '|' || valid_from || '|' || COALESCE(CAST(valid_until AS TEXT), '-')
        || '|' || COALESCE(CAST(stands_in_for AS TEXT), '-') || '|' || COALESCE(CAST(revoked_by AS TEXT), '-')
        FROM tenure WHERE institution_id > 0
    UNION ALL SELECT 'department|' || institution_id || '|' || department_id || '|' || name || '|' || closed FROM department
    UNION ALL SELECT 'badge|' || institution_id || '|' || person_id || '|' || digest FROM badge
    UNION ALL SELECT 'permit|' || institution_id || '|' || permit_id || '|' || kind || '|' || number || '|' || revoked
        || '|' || receipts || '|' || drawn FROM permit
    UNION ALL SELECT 'demand|' || institution_id || '|' || requisition_id || '|' || version || '|' || department_id
        || '|' || applicant_id || '|' || product_id || '|' || amount || '|' || on_hand || '|' || state
        || '|' || COALESCE(CAST(decided_by AS TEXT), '-') || '|' || ordered || '|' || received FROM requisition
    UNION ALL SELECT 'order|' || institution_id || '|' || order_id || '|' || number || '|' || supplier || '|' || state
        || '|' || received FROM purchase_order
    UNION ALL SELECT 'incident|' || institution_id || '|' || incident_id || '|' || kind || '|' || place_id
        || '|' || discovered_at || '|' || opened_seq || '|' || COALESCE(CAST(ended_seq AS TEXT), '-')
        || '|' || COALESCE(result, '-') FROM incident
    UNION ALL SELECT 'evidence|' || institution_id || '|' || serial || '|' || incident_id FROM standing WHERE incident_id IS NOT NULL
    UNION ALL SELECT 'request|' || institution_id || '|' || request_id || '|' || state FROM signing_request
    UNION ALL SELECT 'reserved|' || institution_id || '|' || request_id || '|' || serial || '|' || amount
        FROM reservation WHERE amount <> 0
    UNION ALL SELECT 'emergency|' || institution_id || '|' || seq || '|' || place_id
        || '|' || COALESCE(CAST(countersigned_at AS TEXT), '-') FROM emergency
    UNION ALL SELECT 'submission|' || institution_id || '|' || seq || '|' || period FROM submission
    UNION ALL SELECT 'log|' || institution_id || '|' || log || '|' || size FROM log_head WHERE institution_id > 0
    UNION ALL SELECT 'answers|' || COUNT(*) FROM idempotency WHERE institution_id > 0";

impl Reference {
    /// The whole state, a line each, sorted: what the database must hold.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (id, hospital) in &self.hospitals {
            hospital.lines(*id, &mut lines);
        }
        let answers = self.answers.len() + self.delivered;
        lines.push(format!("answers|{answers}"));
        lines.sort();
        lines
    }
}

impl Hospital {
    fn lines(&self, id: i64, lines: &mut Vec<String>) {
        let mut totals: BTreeMap<(i64, i64), (i64, i64)> = BTreeMap::new();
        for (serial, bottle) in (1..).zip(&self.bottles) {
            let product = bottle.identity.product;
            let holder = bottle.holder.map_or("-".to_owned(), |id| id.to_string());
            let Bottle {
                status,
                place,
                generation,
                amount,
                last_entry,
                ..
            } = bottle;
            lines.push(format!(
                "bottle|{id}|{serial}|{product}|{status}|{place}|{holder}|{generation}|{amount}|{last_entry}"
            ));
            assert!(*amount >= 0 && (*status == "empty") <= (*amount == 0));
            if *status == "in_stock" {
                let total = totals.entry((*place, product.get())).or_default();
                *total = (total.0 + 1, total.1 + amount);
            }
        }
        for ((place, product), (containers, amount)) in totals {
            lines.push(format!(
                "total|{id}|{place}|{product}|{containers}|{amount}"
            ));
        }
        for ((seq, serial), held) in self.held.iter().filter(|(_, held)| held.amount > 0) {
            let Held { holder, amount } = held;
            lines.push(format!("held|{id}|{seq}|{serial}|{holder}|{amount}"));
        }
        for ((account, product), amount) in self.accounts.iter().filter(|(_, sum)| **sum != 0) {
            lines.push(format!("account|{id}|{account}|{product}|{amount}"));
        }
        for (stocktake, taken) in (1..).zip(&self.stocktakes) {
            for (serial, tally) in &taken.tallies {
                let dash = || "-".to_owned();
                let settled = tally.settled.map_or_else(dash, |by| by.to_string());
                let counted = tally.count.as_ref();
                let seq = counted.map_or_else(dash, |count| count.entry.to_string());
                let [absent, misplaced, confirmed] = counted.map_or([0; 3], |count| {
                    [count.absent, count.misplaced, count.confirmed].map(i64::from)
                });
                let difference = counted.map_or(0, |count| count.difference);
                lines.push(format!(
                    "tally|{id}|{stocktake}|{serial}|{seq}|{absent}|{misplaced}|{difference}|{confirmed}|{settled}"
                ));
            }
        }
        self.books.told(id, lines);
        for (number, place) in &self.places {
            let parent = place.parent.map_or("-".to_owned(), |up| up.to_string());
            let closed = i64::from(place.closed);
            lines.push(format!(
                "place|{id}|{number}|{parent}|{}|{closed}",
                place.name
            ));
        }
        for (number, product) in &self.products {
            let (name, dimension) = (&product.name, product.dimension.as_str());
            lines.push(format!("product|{id}|{number}|{name}|{dimension}"));
        }
        self.vessel_lines(id, lines);
        self.staff_lines(id, lines);
        self.buying_lines(id, lines);
        self.case_lines(id, lines);
        for (serial, case) in &self.evidence {
            lines.push(format!("evidence|{id}|{serial}|{case}"));
        }
        self.signing_lines(id, lines);
        self.submission_lines(id, lines);
        lines.push(format!("log|{id}|0|{}", self.entries));
        lines.push(format!("log|{id}|1|{}", self.tries));
    }
}
