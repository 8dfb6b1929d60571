//! What there is: containers, stock, places, products, what is with persons and on the road.

use super::{
    List,
    columns::{Column, Shape, columns, zh},
};
use crate::domain::{
    container::Status, ledger::Kind, place::PlaceKind, quantity::Dimension,
    substance::ControlClass, transfer::TransferState,
};

pub(super) const CONTAINERS: List = List {
    route: "/containers",
    name: "containers",
    title: "容器清单",
    each: None,
    columns: columns! {
        "/label" "标签号" Shape::Label;
        "/status" "状态" Shape::Word(zh!(Status));
        "/name" "品名" Shape::Text;
        "/qualifier" "含量或规格" Shape::Text;
        "/cas" "CAS号" Shape::Text;
        "/classes" "管控类别" Shape::Words(zh!(ControlClass));
        "/amount" "数量" Shape::Quantity;
        "/place_path" "存放地点" Shape::Path;
        "/holder_name" "持有人" Shape::Text;
        "/lot" "批号" Shape::Text;
        "/maker" "生产厂家" Shape::Text;
        "/supplier" "供货单位" Shape::Text;
        "/expires_on" "有效期至" Shape::Day;
        "/verified_at" "最近核实" Shape::Time;
    },
    print: &[
        ("在", 1),
        ("标签号", 5),
        ("品名", 5),
        ("含量或规格", 3),
        ("CAS号", 3),
        ("管控类别", 4),
        ("数量", 3),
        ("存放地点", 6),
        ("批号", 3),
        ("有效期至", 3),
        ("备注", 3),
    ],
    signatures: &[],
    left_out: &["/product", "/place"],
};

pub(super) const STOCK: List = List {
    route: "/stock",
    name: "stock",
    title: "库存",
    each: None,
    columns: columns! {
        "/name" "分组" Shape::Path;
        "/containers" "容器数" Shape::Whole;
        "/quantities" "数量" Shape::Quantities;
    },
    print: &[
        ("分组", 8),
        ("容器数", 2),
        ("数量（g）", 3),
        ("数量（mL）", 3),
        ("数量（支）", 2),
    ],
    signatures: &[],
    left_out: &["/key", "/products"],
};

pub(super) const PLACES: List = List {
    route: "/places",
    name: "places",
    title: "存放地点",
    each: None,
    columns: columns! {
        "/place" "存放地点" Shape::Place;
        "/kind" "类型" Shape::Word(zh!(PlaceKind));
        "/name" "名称" Shape::Text;
        "/depth" "层级" Shape::Whole;
        "/permitted" "可存管控类别" Shape::Words(zh!(ControlClass));
        "/department" "责任科室" Shape::Department;
        "/longitude" "经度" Shape::Decimal;
        "/latitude" "纬度" Shape::Decimal;
        "/closed" "已停用" Shape::Truth;
    },
    print: &[],
    signatures: &[],
    left_out: &["/parent"],
};

pub(super) const PRODUCTS: List = List {
    route: "/products",
    name: "products",
    title: "品名目录",
    each: None,
    columns: columns! {
        "/product" "品名编号" Shape::Text;
        "/name" "品名" Shape::Text;
        "/qualifier" "含量或规格" Shape::Text;
        "/cas" "CAS号" Shape::Text;
        "/classes" "管控类别" Shape::Words(zh!(ControlClass));
        "/dimension" "计量" Shape::Word(zh!(Dimension));
        "/density" "密度（g/mL）" Shape::Decimal;
        "/substance" "物质代码" Shape::Text;
    },
    print: &[],
    signatures: &[],
    left_out: &[],
};

pub(super) const HISTORY: List = List {
    route: "/containers/{label}/history",
    name: "container-history",
    title: "容器经历",
    each: None,
    columns: columns! {
        "/seq" "记录序号" Shape::Text;
        "/recorded_at" "记录时间" Shape::Time;
        "/occurred_at" "发生时间" Shape::Time;
        "/kind" "业务" Shape::Word(zh!(Kind));
        "/actor" "操作人" Shape::Text;
        "/reason" "事由" Shape::Text;
        "/before" "之前数量" Shape::Quantity;
        "/after" "之后数量" Shape::Quantity;
        "/status" "状态" Shape::Word(zh!(Status));
        "/place_path" "存放地点" Shape::Path;
        "/holder_name" "持有人" Shape::Text;
        "/reversed_by" "被冲正于" Shape::Text;
    },
    print: &[],
    signatures: &[],
    left_out: &["/place", "/holder"],
};

pub(super) const HOLDINGS: List = List {
    route: "/people/{id}/holdings",
    name: "holdings",
    title: "领用在手",
    each: None,
    columns: columns! {
        "/label" "标签号" Shape::Label;
        "/name" "品名" Shape::Text;
        "/amount" "数量" Shape::Quantity;
        "/checkout" "领用记录" Shape::Text;
    },
    print: &[
        ("标签号", 4),
        ("品名", 6),
        ("数量", 3),
        ("领用记录", 2),
        ("备注", 4),
    ],
    signatures: &[],
    left_out: &["/product"],
};

pub(super) const TRANSFERS: List = List {
    route: "/transfers",
    name: "transfers",
    title: "调拨",
    each: None,
    columns: columns! {
        "/entry" "调出记录" Shape::Text;
        "/from_name" "调出单位" Shape::Text;
        "/to_name" "调入单位" Shape::Text;
        "/state" "状态" Shape::Word(zh!(TransferState));
        "/overdue" "逾期" Shape::Truth;
        "/sent_at" "发出" Shape::Time;
        "/expected_at" "预计到达" Shape::Time;
        "/containers" "容器数" Shape::Whole;
        "/classes" "管控类别" Shape::Words(zh!(ControlClass));
        "/quantities" "数量" Shape::Quantities;
        "/carrier" "承运单位" Shape::Text;
        "/vehicle" "车牌号" Shape::Text;
        "/escorts" "押运人员" Shape::Texts;
        "/seal" "封签号" Shape::Text;
        "/purpose" "用途" Shape::Text;
        "/announced_by" "调入方到货通知" Shape::Text;
        "/accepted_by" "调入方验收记录" Shape::Text;
        "/settled_by" "调出方结清记录" Shape::Text;
    },
    print: &[],
    signatures: &[],
    left_out: &["/from", "/to"],
};
