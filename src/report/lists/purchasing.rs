//! Permits and purchases.

use super::{
    List,
    columns::{Column, Shape, columns, zh},
};
use crate::domain::{
    permit::PermitKind,
    requisition::{OrderState, RequisitionState},
    substance::ControlClass,
};

pub(super) const PERMITS: List = List {
    route: "/permits",
    name: "permits",
    title: "许可备案",
    each: Some("/lines"),
    columns: columns! {
        "/permit" "编号" Shape::Text;
        "/kind" "类型" Shape::Word(zh!(PermitKind));
        "/number" "证号" Shape::Text;
        "/issuer" "发证机关" Shape::Text;
        "/from" "有效期自" Shape::Day;
        "/until" "有效期至" Shape::Day;
        "/single_use" "一次有效" Shape::Truth;
        "/revoked" "已作废" Shape::Truth;
        "/receipts" "已用次数" Shape::Whole;
        "/lines/product" "品名" Shape::Product;
        "/lines/substance" "物质代码" Shape::Text;
        "/lines/quantity" "许可数量" Shape::Quantity;
        "/lines/left" "剩余数量" Shape::Quantity;
    },
    print: &[],
    signatures: &[],
    left_out: &[],
};

pub(super) const PERMIT_HISTORY: List = List {
    route: "/permits/{id}/history",
    name: "permit-history",
    title: "许可备案登记经过",
    each: Some("/lines"),
    columns: columns! {
        "/seq" "记录序号" Shape::Text;
        "/recorded_at" "记录时间" Shape::Time;
        "/actor" "登记人" Shape::Text;
        "/second" "复核人" Shape::Person;
        "/reason" "事由" Shape::Text;
        "/kind" "类型" Shape::Word(zh!(PermitKind));
        "/number" "证号" Shape::Text;
        "/issuer" "发证机关" Shape::Text;
        "/from" "有效期自" Shape::Day;
        "/until" "有效期至" Shape::Day;
        "/single_use" "一次有效" Shape::Truth;
        "/revoked" "已作废" Shape::Truth;
        "/lines/product" "品名" Shape::Product;
        "/lines/substance" "物质代码" Shape::Text;
        "/lines/quantity" "许可数量" Shape::Quantity;
    },
    print: &[],
    signatures: &[],
    left_out: &[],
};

pub(super) const POLICIES: List = List {
    route: "/purchase-policies",
    name: "purchase-policies",
    title: "采购管控",
    each: None,
    columns: columns! {
        "/seq" "记录序号" Shape::Text;
        "/class" "管控类别" Shape::Word(zh!(ControlClass));
        "/from" "自" Shape::Day;
        "/permits" "须有的证件" Shape::Words(zh!(PermitKind));
        "/source" "依据" Shape::Text;
    },
    print: &[],
    signatures: &[],
    left_out: &[],
};

pub(super) const REQUESTS: List = List {
    route: "/purchase-requests",
    name: "purchase-requests",
    title: "购买申请",
    each: None,
    columns: columns! {
        "/request" "申请编号" Shape::Text;
        "/version" "版次" Shape::Whole;
        "/requested_at" "申请时间" Shape::Time;
        "/department" "申请科室" Shape::Department;
        "/applicant_name" "申请人" Shape::Text;
        "/name" "品名" Shape::Text;
        "/quantity" "申请数量" Shape::Quantity;
        "/on_hand_then" "申请时库存" Shape::Quantity;
        "/on_hand" "现库存" Shape::Quantity;
        "/purpose" "用途" Shape::Text;
        "/state" "状态" Shape::Word(zh!(RequisitionState));
        "/decided_by" "审批人" Shape::Person;
        "/decided_at" "审批时间" Shape::Time;
        "/decision" "审批意见" Shape::Text;
        "/ordered" "已订购" Shape::Quantity;
        "/received" "已入库" Shape::Quantity;
    },
    print: &[
        ("申请编号", 2),
        ("申请时间（北京时间）", 4),
        ("申请科室", 3),
        ("申请人", 2),
        ("品名", 5),
        ("申请数量", 3),
        ("用途", 5),
        ("状态", 2),
        ("审批人", 2),
        ("已订购", 3),
        ("已入库", 3),
    ],
    signatures: &[],
    left_out: &["/applicant", "/product"],
};

pub(super) const ORDERS: List = List {
    route: "/purchase-orders",
    name: "purchase-orders",
    title: "订单",
    each: Some("/lines"),
    columns: columns! {
        "/order" "编号" Shape::Text;
        "/number" "订单号" Shape::Text;
        "/supplier" "供货单位" Shape::Text;
        "/ordered_at" "订购时间" Shape::Time;
        "/state" "状态" Shape::Word(zh!(OrderState));
        "/reason" "关闭原因" Shape::Text;
        "/lines/request" "申请编号" Shape::Text;
        "/lines/name" "品名" Shape::Text;
        "/lines/quantity" "订购数量" Shape::Quantity;
        "/lines/received" "已入库" Shape::Quantity;
    },
    print: &[
        ("订单号", 3),
        ("供货单位", 5),
        ("订购时间（北京时间）", 4),
        ("状态", 2),
        ("申请编号", 2),
        ("品名", 5),
        ("订购数量", 3),
        ("已入库", 3),
    ],
    signatures: &[],
    left_out: &["/lines/product"],
};
