//! The web server. One file a verb, one file a resource; each handler reads the request, names the
//! permission in its signature, and hands over to `app`.

mod acceptances;
pub mod actor;
mod answers;
pub mod api;
mod appointments;
mod assignments;
mod audit_lines;
mod badges;
pub mod body;
mod books;
mod checkouts;
mod checkpoint_pulls;
mod checkpoints;
mod claim;
mod codes;
mod consistency;
mod container_balance;
mod containers;
mod counted;
mod counts;
mod county_counts;
mod county_map;
mod county_usage;
mod county_ways;
mod delegations;
mod denials;
mod departments;
mod departures;
mod disposals;
mod entries;
mod face;
mod features;
mod figures;
mod files;
mod founders;
mod handovers;
mod health;
mod holdings;
pub mod idempotency;
mod identifications;
mod import_form;
mod import_reversals;
mod imports;
mod incident_steps;
mod incidents;
mod institutions;
pub mod json;
mod labels;
mod ledger_lines;
mod limits;
pub mod listing;
mod major_hazard_evaluations;
mod major_hazard_form;
mod mass_balance;
pub mod metrics;
mod mixes;
mod moves;
pub mod page;
mod paper;
mod people;
mod permit_form;
mod permit_history;
mod permits;
mod places;
pub mod problem;
mod products;
mod profiles;
mod proofs;
mod proposals;
mod purchase_approvals;
mod purchase_list_form;
mod purchase_lists;
mod purchase_orders;
mod purchase_paper;
mod purchase_policies;
mod purchase_requests;
mod reach;
mod receipt;
mod receipts;
mod reclaims;
mod regions;
mod releases;
mod reprints;
mod returns;
mod reversals;
mod reviews;
mod revocations;
mod ruling;
pub mod schema;
mod search;
mod seconds;
mod secrets;
pub mod server;
mod services;
mod sessions;
mod signatures;
mod signing_requests;
mod splits;
mod stock;
mod stocktake_closings;
mod stocktake_counts;
mod stocktake_findings;
mod stocktakes;
mod storage_map;
mod submissions;
mod substances;
mod suspensions;
mod transfers;
mod unlocks;
mod upload;
mod usage_table;
mod uses;
mod variances;
mod waste_codes;
mod waste_container_form;
mod waste_container_steps;
mod waste_containers;
mod wastes;
mod wasting;

use crate::domain::people::Permission;

use services::routes;

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anyone; what is presented in the body decides.
    Anyone,
    /// Anyone signed in.
    SignedIn,
    /// Whoever holds the permission.
    Needs(Permission),
}

/// Every route under `/api/v1` with who may use it. The permission test requests each of them in
/// every role, and fails on a handler that has no row here.
pub const ROUTES: &[(&str, &str, Access)] = &[
    ("POST", "/institutions", Access::Anyone),
    ("POST", "/secrets", Access::Anyone),
    ("POST", "/sessions", Access::Anyone),
    ("POST", "/sessions/refresh", Access::Anyone),
    ("GET", "/sessions", Access::SignedIn),
    ("GET", "/sessions/current", Access::SignedIn),
    ("DELETE", "/sessions/current", Access::SignedIn),
    ("DELETE", "/sessions/{id}", Access::SignedIn),
    ("GET", "/people", Access::Needs(Permission::ReadPeople)),
    ("POST", "/people", Access::Needs(Permission::ManagePeople)),
    ("GET", "/people/{id}", Access::Needs(Permission::ReadPeople)),
    (
        "POST",
        "/people/{id}/codes",
        Access::Needs(Permission::ManagePeople),
    ),
    (
        "POST",
        "/people/{id}/unlock",
        Access::Needs(Permission::ManagePeople),
    ),
    (
        "GET",
        "/people/{id}/holdings",
        Access::Needs(Permission::ReadStock),
    ),
    (
        "GET",
        "/appointments",
        Access::Needs(Permission::ReadPeople),
    ),
    (
        "POST",
        "/appointments",
        Access::Needs(Permission::ManagePeople),
    ),
    (
        "POST",
        "/appointments/{id}/revocations",
        Access::Needs(Permission::ManagePeople),
    ),
    (
        "POST",
        "/delegations",
        Access::Needs(Permission::ManagePeople),
    ),
    ("POST", "/badges", Access::Needs(Permission::ManagePeople)),
    (
        "POST",
        "/departures",
        Access::Needs(Permission::ManagePeople),
    ),
    (
        "POST",
        "/suspensions",
        Access::Needs(Permission::ManagePeople),
    ),
    ("GET", "/handovers", Access::Needs(Permission::ReadLedger)),
    ("POST", "/handovers", Access::Needs(Permission::Stocktake)),
    ("POST", "/book-counts", Access::Needs(Permission::Stocktake)),
    ("GET", "/books", Access::Needs(Permission::ReadLedger)),
    (
        "GET",
        "/books/places",
        Access::Needs(Permission::ReadLedger),
    ),
    ("GET", "/departments", Access::Needs(Permission::ReadStock)),
    (
        "POST",
        "/departments",
        Access::Needs(Permission::ManagePeople),
    ),
    (
        "PUT",
        "/departments/{id}",
        Access::Needs(Permission::ManagePeople),
    ),
    (
        "PUT",
        "/people/{id}/department",
        Access::Needs(Permission::ManagePeople),
    ),
    (
        "PUT",
        "/places/{id}",
        Access::Needs(Permission::ManagePlaces),
    ),
    ("POST", "/places", Access::Needs(Permission::ManagePlaces)),
    ("POST", "/products", Access::Needs(Permission::ManagePlaces)),
    ("POST", "/receipts", Access::Needs(Permission::Receive)),
    ("POST", "/checkouts", Access::Needs(Permission::Checkout)),
    ("POST", "/moves", Access::Needs(Permission::Move)),
    ("POST", "/submissions", Access::Needs(Permission::Submit)),
    ("GET", "/submissions", Access::Needs(Permission::ReadLedger)),
    (
        "GET",
        "/submissions/{period}",
        Access::Needs(Permission::ReadLedger),
    ),
    (
        "POST",
        "/submissions/{period}/reviews",
        Access::Needs(Permission::Review),
    ),
    ("POST", "/splits", Access::Needs(Permission::Checkout)),
    ("POST", "/mixes", Access::Needs(Permission::Checkout)),
    ("POST", "/wastes", Access::Needs(Permission::Waste)),
    ("POST", "/disposals", Access::Needs(Permission::Waste)),
    ("GET", "/containers", Access::Needs(Permission::ReadStock)),
    (
        "GET",
        "/waste-containers",
        Access::Needs(Permission::ReadStock),
    ),
    (
        "POST",
        "/waste-containers",
        Access::Needs(Permission::Waste),
    ),
    (
        "GET",
        "/waste-containers/{label}",
        Access::Needs(Permission::ReadStock),
    ),
    (
        "POST",
        "/waste-containers/{label}/closings",
        Access::Needs(Permission::Waste),
    ),
    (
        "POST",
        "/waste-containers/{label}/moves",
        Access::Needs(Permission::Waste),
    ),
    (
        "GET",
        "/containers/{label}",
        Access::Needs(Permission::ReadStock),
    ),
    ("GET", "/checkpoint", Access::Needs(Permission::ReadLedger)),
    ("GET", "/consistency", Access::Needs(Permission::ReadLedger)),
    (
        "GET",
        "/containers/{label}/history",
        Access::Needs(Permission::ReadStock),
    ),
    ("GET", "/audit-lines", Access::Needs(Permission::ReadAudit)),
    ("GET", "/entries", Access::Needs(Permission::ReadLedger)),
    (
        "GET",
        "/entries/{seq}",
        Access::Needs(Permission::ReadLedger),
    ),
    (
        "GET",
        "/entries/{seq}/proof",
        Access::Needs(Permission::ReadLedger),
    ),
    (
        "GET",
        "/labels/{file}",
        Access::Needs(Permission::ReadStock),
    ),
    ("POST", "/labels/sheets", Access::Needs(Permission::Receive)),
    (
        "POST",
        "/labels/reprints",
        Access::Needs(Permission::Receive),
    ),
    ("POST", "/imports", Access::Needs(Permission::Import)),
    ("GET", "/imports/{id}", Access::Needs(Permission::Import)),
    (
        "POST",
        "/imports/{id}/acceptance",
        Access::Needs(Permission::Import),
    ),
    (
        "POST",
        "/imports/{id}/reversal",
        Access::Needs(Permission::Import),
    ),
    ("GET", "/institutions", Access::Needs(Permission::ReadStock)),
    ("GET", "/places", Access::Needs(Permission::ReadStock)),
    ("GET", "/products", Access::Needs(Permission::ReadStock)),
    ("GET", "/regions", Access::SignedIn),
    ("POST", "/rules/major-hazard-evaluations", Access::SignedIn),
    ("GET", "/substances", Access::SignedIn),
    ("GET", "/waste-codes", Access::SignedIn),
    ("POST", "/returns", Access::Needs(Permission::Checkout)),
    ("POST", "/reversals", Access::Needs(Permission::Reverse)),
    ("GET", "/search", Access::Needs(Permission::ReadStock)),
    ("POST", "/signing-requests", Access::SignedIn),
    (
        "GET",
        "/signing-requests",
        Access::Needs(Permission::ReadStock),
    ),
    (
        "GET",
        "/signing-requests/{id}",
        Access::Needs(Permission::ReadStock),
    ),
    (
        "DELETE",
        "/signing-requests/{id}",
        Access::Needs(Permission::ReadStock),
    ),
    (
        "POST",
        "/signing-requests/{id}/signatures",
        Access::SignedIn,
    ),
    (
        "POST",
        "/signing-requests/{id}/refusals",
        Access::Needs(Permission::Move),
    ),
    (
        "GET",
        "/emergency-releases",
        Access::Needs(Permission::ReadLedger),
    ),
    (
        "POST",
        "/emergency-releases/{seq}/countersignatures",
        Access::SignedIn,
    ),
    (
        "POST",
        "/products/{id}/identifications",
        Access::Needs(Permission::ManagePlaces),
    ),
    ("GET", "/stock", Access::Needs(Permission::ReadStock)),
    (
        "GET",
        "/ledger-lines",
        Access::Needs(Permission::ReadLedger),
    ),
    (
        "GET",
        "/controlled-ledger",
        Access::Needs(Permission::ReadLedger),
    ),
    ("GET", "/storage-map", Access::Needs(Permission::ReadStock)),
    ("GET", "/usage-table", Access::Needs(Permission::ReadLedger)),
    (
        "GET",
        "/mass-balance",
        Access::Needs(Permission::ReadLedger),
    ),
    (
        "GET",
        "/mass-balance/containers",
        Access::Needs(Permission::ReadLedger),
    ),
    ("GET", "/counts", Access::Needs(Permission::ReadStock)),
    (
        "GET",
        "/counts/containers",
        Access::Needs(Permission::ReadStock),
    ),
    ("GET", "/permits", Access::Needs(Permission::ReadStock)),
    (
        "POST",
        "/permits",
        Access::Needs(Permission::ManagePurchases),
    ),
    (
        "PUT",
        "/permits/{id}",
        Access::Needs(Permission::ManagePurchases),
    ),
    (
        "GET",
        "/permits/{id}/history",
        Access::Needs(Permission::ReadStock),
    ),
    (
        "GET",
        "/purchase-policies",
        Access::Needs(Permission::ReadStock),
    ),
    (
        "POST",
        "/purchase-policies",
        Access::Needs(Permission::ManagePolicy),
    ),
    (
        "POST",
        "/purchase-lists",
        Access::Needs(Permission::RequestPurchases),
    ),
    (
        "POST",
        "/purchase-lists/acceptance",
        Access::Needs(Permission::RequestPurchases),
    ),
    (
        "GET",
        "/purchase-requests",
        Access::Needs(Permission::ReadStock),
    ),
    (
        "POST",
        "/purchase-requests",
        Access::Needs(Permission::RequestPurchases),
    ),
    (
        "GET",
        "/purchase-requests/{id}",
        Access::Needs(Permission::ReadStock),
    ),
    (
        "PUT",
        "/purchase-requests/{id}",
        Access::Needs(Permission::RequestPurchases),
    ),
    (
        "POST",
        "/purchase-requests/{id}/approvals",
        Access::Needs(Permission::ApprovePurchases),
    ),
    (
        "GET",
        "/purchase-orders",
        Access::Needs(Permission::ReadStock),
    ),
    (
        "POST",
        "/purchase-orders",
        Access::Needs(Permission::ManagePurchases),
    ),
    (
        "POST",
        "/purchase-orders/{id}/closings",
        Access::Needs(Permission::ManagePurchases),
    ),
    ("GET", "/transfers", Access::Needs(Permission::ReadStock)),
    ("POST", "/transfers", Access::Needs(Permission::Move)),
    (
        "GET",
        "/transfers/{institution}/{seq}",
        Access::Needs(Permission::ReadStock),
    ),
    ("POST", "/acceptances", Access::Needs(Permission::Receive)),
    ("POST", "/reclaims", Access::Needs(Permission::Receive)),
    ("GET", "/stocktakes", Access::Needs(Permission::ReadStock)),
    ("POST", "/stocktakes", Access::Needs(Permission::Stocktake)),
    (
        "GET",
        "/stocktakes/{id}",
        Access::Needs(Permission::ReadStock),
    ),
    (
        "GET",
        "/stocktakes/{id}/expected",
        Access::Needs(Permission::ReadStock),
    ),
    (
        "GET",
        "/stocktakes/{id}/findings",
        Access::Needs(Permission::ReadStock),
    ),
    (
        "POST",
        "/stocktakes/{id}/counts",
        Access::Needs(Permission::Stocktake),
    ),
    (
        "POST",
        "/stocktakes/{id}/resolutions",
        Access::Needs(Permission::Stocktake),
    ),
    (
        "POST",
        "/stocktakes/{id}/variances",
        Access::Needs(Permission::Adjust),
    ),
    (
        "POST",
        "/stocktakes/{id}/closings",
        Access::Needs(Permission::Stocktake),
    ),
    ("GET", "/incidents", Access::Needs(Permission::ReadStock)),
    (
        "POST",
        "/incidents",
        Access::Needs(Permission::ReportIncidents),
    ),
    (
        "GET",
        "/incidents/{id}",
        Access::Needs(Permission::ReadStock),
    ),
    (
        "POST",
        "/incidents/{id}/follow-ups",
        Access::Needs(Permission::ReportIncidents),
    ),
    (
        "POST",
        "/incidents/{id}/endings",
        Access::Needs(Permission::EndIncidents),
    ),
    ("POST", "/uses", Access::Needs(Permission::Checkout)),
    (
        "GET",
        "/checkpoint-pulls",
        Access::Needs(Permission::PullCheckpoints),
    ),
    (
        "POST",
        "/checkpoint-pulls",
        Access::Needs(Permission::PullCheckpoints),
    ),
    (
        "POST",
        "/checkpoint-pulls/{id}/acknowledgements",
        Access::Needs(Permission::PullCheckpoints),
    ),
];
