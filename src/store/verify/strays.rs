//! What no walk over a log comes by.

use crate::domain::{ids::InstitutionId, ledger::Log};

use super::{
    super::{
        StoreError,
        conn::Db,
        guards, rows,
        schema::{
            BadgeRow, CheckpointRow, ContainerRow, DepartmentRow, DrawingRow, EmergencyRow,
            EntryRow, HoldingRow, IncidentRow, IncidentStepRow, IncomingRow, InstitutionRow,
            KnownSecretRow, LateEntryRow, MonthEndRow, MonthLineRow, OrderRow, OutgoingRow,
            PermitRow, PersonRow, PlaceRow, PlaceTotalRow, PolicyRow, PostingRow, ProductRow,
            ProductTotalRow, PulledHeadRow, PurchasePolicyRow, RequisitionRow, ReversalRow,
            ReviewRow, SignatureRow, StandingRow, StocktakeRow, StoredSecretRow, StrayRow,
            SubmissionRow, TallyRow, TenureRow,
        },
        table::{Table, select},
    },
    Finding, Report,
};

/// What is wrong with the schema, and rows of logs that have no head: they would not have been seen.
pub(super) fn find(conn: &mut Db, report: &mut Report) -> Result<(), StoreError> {
    const OF_NO_LOG: &str = "WHERE NOT EXISTS (SELECT 1 FROM log_head h \
        WHERE h.institution_id = entry.institution_id AND h.log = entry.log) LIMIT 1";
    // The schema belongs to nobody, as the system institution does.
    report
        .findings
        .extend(guards::fault(conn)?.map(|what| Finding {
            institution: InstitutionId::MIN,
            log: Log::Ledger,
            seq: None,
            what: format!("the database: {what}"),
        }));
    let entries: Vec<EntryRow> = select(conn, OF_NO_LOG, &[])?;
    for row in entries {
        report.findings.push(Finding {
            institution: rows::number("entry", row.institution_id)?,
            log: Log::from_number(row.log).unwrap_or(Log::Ledger),
            seq: Some(row.seq),
            what: "the log has no head".to_owned(),
        });
    }
    macro_rules! of_nobody {
        ($($row:ty)*) => {$(
            let rows: Vec<$row> = select(
                conn,
                "WHERE institution_id NOT IN (SELECT institution_id FROM log_head) LIMIT 1",
                &[],
            )?;
            for row in rows {
                report.findings.push(Finding {
                    institution: rows::number(<$row>::NAME, row.institution_id)?,
                    log: Log::Ledger,
                    seq: None,
                    what: format!("{}: {row:?} is of an institution without a ledger", <$row>::NAME),
                });
            }
        )*};
    }
    of_nobody!(InstitutionRow PersonRow TenureRow KnownSecretRow DepartmentRow PlaceRow ProductRow PolicyRow PostingRow
        ContainerRow StandingRow HoldingRow PlaceTotalRow ProductTotalRow ReversalRow EmergencyRow BadgeRow SignatureRow
        StoredSecretRow CheckpointRow PermitRow DrawingRow RequisitionRow OrderRow
        PurchasePolicyRow OutgoingRow IncomingRow MonthEndRow MonthLineRow StocktakeRow TallyRow
        StrayRow IncidentRow IncidentStepRow SubmissionRow ReviewRow LateEntryRow PulledHeadRow);
    Ok(())
}
