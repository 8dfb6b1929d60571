//! Which handler answers: every route, in the order in which addresses are tried.

use super::{
    acceptances, appointments, assignments, audit_lines, badges, books, checkouts,
    checkpoint_pulls, checkpoints, codes, consistency, containers, counted, counts, delegations,
    departments, departures, entries, handovers, holdings, identifications, import_reversals,
    imports, incident_steps, incidents, institutions, labels, ledger_lines, moves, people,
    permit_history, permits, places, products, profiles, purchase_approvals, purchase_lists,
    purchase_orders, purchase_policies, purchase_requests, receipts, reclaims, releases, reprints,
    returns, reversals, reviews, revocations, ruling, search, secrets, sessions, signatures,
    signing_requests, splits, stock, stocktake_closings, stocktake_counts, stocktake_findings,
    stocktakes, storage_map, submissions, suspensions, transfers, unlocks, usage_table, uses,
    variances, wasting,
};
use utoipa_actix_web::service_config::ServiceConfig;

/// Every route under `/api/v1`.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        // Addresses are tried in this order, so what is asked most comes first.
        .service(containers::show)
        .service(institutions::found)
        .service(institutions::list)
        .service(secrets::set)
        .service(sessions::sign_in)
        .service(sessions::refresh)
        .service(sessions::list)
        .service(sessions::current)
        .service(sessions::sign_out)
        .service(sessions::end)
        .service(people::list)
        .service(people::enrol)
        .service(profiles::show)
        .service(holdings::list)
        .service(codes::hand_out)
        .service(unlocks::unlock)
        .service(appointments::list)
        .service(appointments::appoint)
        .service(revocations::revoke)
        .service(delegations::delegate)
        .service(badges::set)
        .service(departures::leave)
        .service(suspensions::suspend)
        .service(departments::create)
        .service(departments::change)
        .service(departments::list)
        .service(assignments::assign)
        .service(places::create)
        .service(places::change)
        .service(products::create)
        .service(receipts::receive)
        .service(checkouts::check_out)
        .service(uses::consume)
        .service(returns::give_back)
        .service(reversals::reverse)
        .service(reprints::reprint)
        .service(moves::move_containers)
        .service(splits::split)
        .service(transfers::send)
        .service(transfers::list)
        .service(transfers::show)
        .service(acceptances::accept)
        .service(reclaims::reclaim)
        .service(containers::history)
        .service(checkpoints::latest)
        .service(checkpoint_pulls::pull)
        .service(checkpoint_pulls::list)
        .service(checkpoint_pulls::acknowledge)
        .service(entries::list)
        .service(entries::show)
        .service(entries::proof)
        .service(consistency::show)
        .service(stock::list)
        .service(counts::list)
        .service(counted::list)
        .service(imports::propose)
        .service(imports::show)
        .service(imports::accept)
        .service(import_reversals::reverse)
        .service(places::list)
        .service(products::list)
        .service(search::list)
        .service(storage_map::show)
        .service(submissions::create)
        .service(submissions::list)
        .service(submissions::show)
        .service(reviews::review)
        .service(labels::show)
        .service(labels::sheet)
        .service(signing_requests::create)
        .service(signing_requests::list)
        .service(signing_requests::show)
        .service(signatures::sign)
        .service(releases::list)
        .service(releases::countersign)
        .service(identifications::identify)
        .service(permits::list)
        .service(permits::create)
        .service(permits::change)
        .service(permit_history::list)
        .service(purchase_policies::list)
        .service(purchase_policies::create)
        .service(purchase_lists::read)
        .service(purchase_lists::accept)
        .service(purchase_requests::list)
        .service(purchase_requests::create)
        .service(purchase_requests::change)
        .service(purchase_approvals::show)
        .service(purchase_approvals::approve)
        .service(purchase_orders::list)
        .service(purchase_orders::create)
        .service(purchase_orders::close)
        .service(signing_requests::withdraw)
        .service(signing_requests::refuse);
    wasting::services(config);
    counting(config);
    ruling::services(config);
}

/// What is counted, what is missing, and who keeps it.
fn counting(config: &mut ServiceConfig<'_>) {
    config
        .service(ledger_lines::list)
        .service(ledger_lines::book)
        .service(containers::list)
        .service(audit_lines::list)
        .service(usage_table::show)
        .service(stocktakes::list)
        .service(stocktakes::begin)
        .service(stocktakes::show)
        .service(stocktake_closings::close)
        .service(stocktake_counts::scan)
        .service(stocktake_findings::expected)
        .service(stocktake_findings::list)
        .service(stocktake_findings::resolve)
        .service(variances::post_variance)
        .service(incidents::list)
        .service(incidents::report)
        .service(incidents::show)
        .service(incident_steps::follow_up)
        .service(incident_steps::end)
        .service(handovers::begin)
        .service(handovers::list)
        .service(books::book)
        .service(books::list)
        .service(books::places);
}
