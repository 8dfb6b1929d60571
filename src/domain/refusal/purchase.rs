//! Permits, purchase requests and orders.

macro_rules! purchase_refusals {
    ($($before:tt)*) => { reporting_refusals! { $($before)*
        /// No such permit or filing.
        Missing "permit_unknown" PermitUnknown {}
            zh "本单位没有登记这份许可或备案。请核对编号，或先登记。"
            en "There is no such permit or filing in your institution. Check its number, or record it first."
        /// The same document is recorded already.
        Conflict "permit_exists" PermitExists { permit: PermitId }
            zh "同类同号的许可或备案已登记为第 {permit} 号。请使用该记录，或更正它。"
            en "A document of that kind and number is recorded already, as permit {permit}. Use that one, or correct it."
        /// A correction cannot undo what was received.
        Business "permit_below_drawn" PermitBelowDrawn { permit: PermitId, line: usize, drawn: Quantity }
            zh "许可 {permit} 第 {line} 行已入库 {drawn}，不能改为更少或换成别的品名。请更正数量，或先冲正相应入库。"
            en "Line {line} of permit {permit}: {drawn} was received against it, so it cannot be less or about something else. Correct the quantity, or reverse those receipts first."
        /// It was that kind of document when goods came on it.
        Business "permit_fixed" PermitFixed { permit: PermitId }
            zh "已凭许可 {permit} 入库，其种类和是否限一次使用不能更改。请作废后另行登记，或先冲正相应入库。"
            en "Goods were received on permit {permit}: its kind and whether it is good for one receipt stay. Revoke it and record another, or reverse those receipts first."
        /// Nothing, or a slip of the unit.
        Business "permit_quantity" PermitQuantity { line: usize }
            zh "许可第 {line} 行的数量为零或超出可能（最多1000吨或1000立方米）。请核对数量和单位。"
            en "The quantity of line {line} is zero or beyond anything bought (1,000 t or 1,000 m³ at most). Check it and its unit."
        /// The supplier has it under that number.
        Conflict "order_exists" OrderExists { order: OrderId }
            zh "该供货单位的同号订单已登记为第 {order} 号。请使用该订单；确为另一份的请核对订单号。"
            en "That supplier's order of this number is recorded already, as {order}. Use that one; if this is another, check its number."
        /// The class asks for a document (HCL art. 58–60, R445 art. 15–17).
        Business "permit_required" PermitRequired { class: &'static str, kinds: String }
            zh "“{class}”须凭{kinds}入库。请填写相应的许可编号；尚未登记的先登记。"
            en "{class} is received on a document of its own ({kinds}). Name such a permit; record it first if it is not there."
        /// It no longer holds.
        Business "permit_revoked" PermitRevoked { permit: PermitId }
            zh "许可 {permit} 已作废，不能凭它入库。请改用有效的许可。"
            en "Permit {permit} is revoked and nothing is received on it. Use one that is valid."
        /// It does not hold yet.
        Business "permit_not_yet_valid" PermitNotYetValid { permit: PermitId, from: NaiveDate }
            zh "许可 {permit} 自 {from} 起有效，到货日在此之前。请核对到货日期，或改用有效的许可。"
            en "Permit {permit} is valid from {from}, after the day of arrival. Check that day, or use a permit that is valid."
        /// Its days are over (RULES D8).
        Business "permit_expired" PermitExpired { permit: PermitId, until: NaiveDate }
            zh "许可 {permit} 已于 {until} 到期，不能凭它入库。请办理并登记新的许可。"
            en "Permit {permit} ended on {until} and nothing is received on it any more. Obtain and record a new one."
        /// Single use (RULES D8).
        Business "permit_used" PermitUsed { permit: PermitId }
            zh "许可 {permit} 限一次使用，已凭它入库过。请办理并登记新的许可。"
            en "Permit {permit} is good for one receipt and has had it. Obtain and record a new one."
        /// It lets something else be bought.
        Business "permit_other_goods" PermitOtherGoods { permit: PermitId, product: ProductId }
            zh "许可 {permit} 不含品名 {product}。请核对品名，或改用相应的许可。"
            en "Permit {permit} does not name product {product}. Check the product, or use the permit that names it."
        /// A permit by weight for something booked by volume, or the reverse.
        Business "permit_density_unknown" PermitDensityUnknown { permit: PermitId, product: ProductId, left: Quantity }
            zh "许可 {permit} 余量以 {left} 计，品名 {product} 的密度未知，无法折算。请填写密度后再入库。"
            en "Permit {permit} is written as {left} (what is left) and the density of product {product} is unknown. Give the density with the receipt."
        /// More than is left (RULES D8, HCL art. 60).
        Business "permit_exceeded" PermitExceeded { permit: PermitId, left: Quantity, asked: Quantity }
            zh "许可 {permit} 只余 {left}，本次入库 {asked}，超出许可。请减少数量，或办理新的许可。"
            en "Only {left} is left on permit {permit} and {asked} arrives. Receive less, or obtain a new permit."
        /// What was received before knew nothing of it.
        Business "policy_in_the_past" PolicyInThePast { today: NaiveDate }
            zh "规定的生效日不能早于今天（{today}）。请改为今天或以后。"
            en "A policy begins today ({today}) at the earliest. Give today or a later day."
        /// No such purchase request.
        Missing "purchase_request_unknown" PurchaseRequestUnknown {}
            zh "本单位没有这份购买申请。请核对申请编号。"
            en "There is no such purchase request in your institution. Check its number."
        /// It was changed after it was read.
        Conflict "purchase_request_changed" PurchaseRequestChanged { request: RequisitionId, version: u32 }
            zh "购买申请 {request} 已修改为第 {version} 版，与所审批的不同。请重新查看后再审批。"
            en "Purchase request {request} was changed; it is now version {version}. Read it again, then decide."
        /// It stands where that cannot be done.
        Conflict "purchase_request_state" PurchaseRequestState { request: RequisitionId, state: RequisitionState, act: Kind }
            zh "购买申请 {request} 处于“{state}”状态，不能办理{act}。请先查看该申请。"
            en "Purchase request {request} is {state}: no {act} now. Look at it first."
        /// Somebody else's.
        Forbidden "not_the_applicant" NotTheApplicant { applicant: PersonId }
            zh "购买申请只能由申请人 {applicant} 修改或撤回。请联系申请人。"
            en "Only the applicant {applicant} changes or withdraws a purchase request. Ask them."
        /// The head of another department, or of none.
        Forbidden "not_head_of_department" NotHeadOfDepartment { department: DepartmentId }
            zh "购买申请由科室 {department} 的负责人审批。请转给该科室负责人。"
            en "The head of department {department} decides over this purchase request. Hand it to them."
        /// Nobody approves what they asked for.
        Forbidden "own_purchase_request" OwnPurchaseRequest {}
            zh "申请人不能审批自己的购买申请。请由科室的另一位负责人或其代理人审批。"
            en "Nobody decides over their own purchase request. Have another head of the department or a delegate decide."
        /// Nobody would decide over it.
        Business "applicant_without_department" ApplicantWithoutDepartment {}
            zh "您不属于任何科室。请填写为哪个科室申请。"
            en "You belong to no department. Say for which one this is."
        /// More than was approved.
        Business "order_exceeds_request" OrderExceedsRequest { request: RequisitionId, left: Quantity, asked: Quantity }
            zh "购买申请 {request} 还可订购 {left}，本次订购 {asked}。请减少数量，或先修改申请并重新审批。"
            en "{left} of purchase request {request} can still be ordered and {asked} is. Order less, or have the request changed and approved anew."
        /// No such order.
        Missing "order_unknown" OrderUnknown {}
            zh "本单位没有这份订单。请核对订单编号。"
            en "There is no such order in your institution. Check its number."
        /// It is complete, or closed.
        Conflict "order_state" OrderState { order: OrderId, state: OrderState }
            zh "订单 {order} {state}，不能再到货或结单。请核对订单，多到的货请另行订购。"
            en "Order {order} is {state}: nothing more arrives on it, and it is not closed again. Check the order; order what is more."
        /// It is about something else.
        Business "order_other_product" OrderOtherProduct { order: OrderId, product: ProductId }
            zh "订单 {order} 没有订购品名 {product}。请核对品名，或填写正确的订单。"
            en "Product {product} was not ordered with order {order}. Check the product, or name the right order."
        /// More than was ordered.
        Business "order_exceeded" OrderExceeded { order: OrderId, left: Quantity, asked: Quantity }
            zh "订单 {order} 还应到 {left}，本次入库 {asked}。请按订购数量入库，多到的货退回或另行订购。"
            en "{left} of order {order} is still to come and {asked} arrives. Receive what was ordered; send the rest back or order it."
    } };
}
pub(super) use purchase_refusals;
