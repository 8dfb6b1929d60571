//! 采购表: a purchase request on paper.

use actix_web::HttpResponse;

use super::{
    files::attached,
    listing::Listing,
    paper::{drawn, foot},
    problem::Problem,
    server::request_id,
};
use crate::{
    app::{Principal, export::stamped},
    domain::{ids::RequisitionId, requisition::RequisitionState},
    label::print::{Print, PrintColumn, PrintRow},
    report::purchase_form::{PurchaseForm, PurchasePaper},
};

/// The form of a purchase request with its approval, orders, receipts and the permits that were drawn; noted in the
/// audit log.
///
/// # Errors
/// What the request is refused for.
pub(super) async fn printed(
    listing: &Listing,
    who: &Principal,
    request: RequisitionId,
) -> Result<HttpResponse, Problem> {
    let app = listing.app();
    let paper = app.read(who, PurchaseForm(request)).await??;
    let what = format!("purchase-request-{}-{request}", who.reads);
    let name = format!("{}.pdf", stamped(&what, &paper.of));
    let foot = foot(&paper.of, &who.name, &app.now().china_clock());
    let bytes = drawn(form(&paper, foot)).await?;
    let route = "GET /purchase-requests/{id}".to_owned();
    let noted = (name.clone(), 1, bytes.as_slice());
    app.note_printed(who, &request_id(listing.request()), route, noted)
        .await?;
    Ok(HttpResponse::Ok()
        .content_type("application/pdf")
        .insert_header(attached(name))
        .body(bytes))
}

fn form(paper: &PurchasePaper, foot: String) -> Print {
    let asked = &paper.request;
    let classes: Vec<&str> = paper.classes.iter().map(|class| class.name_zh()).collect();
    let decided = match (asked.state, &asked.decided_at) {
        (_, None) => "待审批".to_owned(),
        (RequisitionState::Refused, Some(at)) => format!("不同意　{}", at.china_clock()),
        (_, Some(at)) => format!("同意　{}", at.china_clock()),
    };
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let details = [
        (
            "申请编号",
            format!("{}（第 {} 版）", asked.request, asked.version),
        ),
        ("状态", asked.state.name_zh().to_owned()),
        ("申请科室", paper.department.clone()),
        ("申请人", text(&asked.applicant_name)),
        ("申请时间", asked.requested_at.china_clock()),
        ("管控类别", classes.join("、")),
        ("品名", asked.name.clone()),
        ("含量或规格", text(&paper.qualifier)),
        ("CAS号", text(&paper.cas)),
        ("申请数量", asked.quantity.to_string()),
        ("申请时库存", asked.on_hand_then.to_string()),
        ("现库存", asked.on_hand.to_string()),
        ("用途", asked.purpose.clone()),
        ("审批人", text(&paper.decided_by)),
        ("审批结果", decided),
        ("审批意见", text(&asked.decision)),
        ("已订购", asked.ordered.to_string()),
        ("已入库", asked.received.to_string()),
    ];
    let column = |(heading, weight): (&str, i64)| PrintColumn {
        heading: heading.to_owned(),
        weight,
        is_number: false,
    };
    let columns = [
        ("环节", 2),
        ("时间", 4),
        ("订单号", 4),
        ("供货单位或经办人", 5),
        ("数量", 3),
        ("许可备案", 6),
        ("记录", 2),
    ];
    Print {
        title: "危险化学品采购表".to_owned(),
        institution: paper.of.institution.clone(),
        demo: paper.of.origin.is_demo(),
        landscape: false,
        details: details.map(|(name, value)| (name.to_owned(), value)).into(),
        columns: columns.map(column).into(),
        rows: rows(paper),
        signatures: ["申请人", "科室负责人", "设备科", "保卫科"]
            .map(str::to_owned)
            .into(),
        foot,
    }
}

/// What was ordered and what came.
fn rows(paper: &PurchasePaper) -> Vec<PrintRow> {
    let row = |cells: [String; 7]| PrintRow {
        cells: cells.into(),
        is_red: false,
    };
    let ordered = paper.orders.iter().flat_map(|order| {
        let lines = order.lines.iter();
        let own = lines.filter(|line| line.request == paper.request.request);
        own.map(|line| {
            row([
                "订购".to_owned(),
                order.ordered_at.china_clock(),
                order.number.clone(),
                order.supplier.clone(),
                line.quantity.to_string(),
                String::new(),
                String::new(),
            ])
        })
    });
    let received = paper.receipts.iter().map(|receipt| {
        let permits = receipt.permits.iter();
        let permits: Vec<String> = permits
            .map(|(kind, number)| format!("{} {number}", kind.name_zh()))
            .collect();
        row([
            "入库".to_owned(),
            receipt.at.china_clock(),
            receipt.order.clone(),
            receipt.by.clone(),
            receipt.amount.to_string(),
            permits.join("、"),
            receipt.entry.to_string(),
        ])
    });
    ordered.chain(received).collect()
}
