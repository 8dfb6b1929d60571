//! Rows that no entry made.

/// A row of a projection of which the hospital has none.
pub fn of_nothing(table: &str) -> Option<&'static str> {
    match table {
        "reversal" => Some("VALUES (1, 0, 1)"),
        "badge" => Some("VALUES (1, 3, 'x')"),
        "department" => Some("VALUES (1, 9, 'x', 0)"),
        "permit" => Some("VALUES (1, 9, 'x', 'x', 'x', 'x', NULL, '[]', 0, 0, '[]', 0, 'x')"),
        "permit_entry" => Some("VALUES (1, 9, 0)"),
        "drawing" => Some("VALUES (1, 0, '[]', NULL, NULL)"),
        "requisition" => {
            Some("VALUES (1, 9, 1, 1, 1, 1, 'mass', 1, 'x', 0, 0, 'x', NULL, NULL, NULL, 0, 0)")
        }
        "purchase_order" => Some("VALUES (1, 9, 'x', 'x', '[]', 0, 'x', '[]', '', 'x')"),
        "submission" => Some("VALUES (1, 0, '2026-06', 1, 0)"),
        "review" => Some(
            "SELECT 1, 0, 1, '2026-06', 0, leaf_hash, 1, '', 1, 0 FROM entry WHERE institution_id = 1 AND log = 0 AND seq = 0",
        ),
        "handover" => Some("VALUES (1, 0, 1, 2, 3, 2, 1, 0, 0)"),
        "book" => Some("VALUES (1, 1, '2026-06-01', 2, 1, 0, 0, 0, 0, 0)"),
        "book_gap" => Some("VALUES (1, 1, 0, 0, NULL, NULL)"),
        "pulled_head" => Some(
            "SELECT 1, 2, 1, 'kept', NULL, 1, leaf_hash, 'x', leaf_hash, '', 0, NULL, 0 FROM entry WHERE institution_id = 1 AND log = 0 AND seq = 0",
        ),
        "late_entry" => Some("VALUES (1, 0, 0)"),
        "month_end" => Some("VALUES (1, 202605, 1)"),
        "month_line" => Some("VALUES (1, 202605, 0, 1, '{}')"),
        "balance" => Some("VALUES (1, 999999999)"),
        "balance_line" => Some("VALUES (1, 1, 0, 1, 0, 0)"),
        "stocktake" => {
            Some("VALUES (1, 9, 1, 'all', NULL, NULL, 0, 'x', 0, 1, 0, NULL, NULL, NULL, NULL)")
        }
        "tally" => {
            Some("VALUES (1, 9, 1, NULL, NULL, NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL, 0, '[]')")
        }
        "stray" => Some("VALUES (1, 9, 'x', 0, 1, 0, 1, NULL)"),
        "incident" => Some(
            "VALUES (1, 9, 'leak', 'x', 1, 0, '[]', 0, 1, 0, '[]', NULL, NULL, NULL, NULL, '[]')",
        ),
        "incident_step" => Some("VALUES (1, 9, 0, 'x')"),
        "waste_container" => {
            Some("VALUES (1, 90000009, 1, 'x', '{}', 'mass', 0, 0, NULL, NULL, NULL)")
        }
        "waste_line" => Some("VALUES (1, 0, 1, 90000009, 1, 'mass', 1, 0, 0, NULL, NULL, 0, NULL)"),
        "purchase_policy" => Some("VALUES (1, 0, 'x', '{}')"),
        "outgoing" => Some("VALUES (1, 0, 2, 0, 0, NULL, '[]', '[]')"),
        "incoming" => Some("VALUES (1, 2, 0, 0, 0, NULL)"),
        "emergency" => Some(
            "SELECT 1, 0, leaf_hash, 1, 0, '[]', '[]', NULL FROM entry WHERE institution_id = 1 AND log = 0 AND seq = 0",
        ),
        "signature" => Some(
            "SELECT 1, 0, 1, 'issuer', 'b', 0, leaf_hash FROM entry WHERE institution_id = 1 AND log = 0 AND seq = 0",
        ),
        _ => None,
    }
}
