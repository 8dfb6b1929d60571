//! Waste containers, and whether everything balances.

use super::{
    List,
    columns::{Column, Shape, columns, zh},
};
use crate::{
    domain::vessel::{Hazard, VesselKind},
    report::waste_containers::VesselState,
};

pub(super) const VESSELS: List = List {
    route: "/waste-containers",
    name: "waste-containers",
    title: "危险废物容器",
    each: None,
    columns: columns! {
        "/label" "标签号" Shape::Label;
        "/state" "状态" Shape::Word(zh!(VesselState));
        "/code" "废物代码" Shape::Text;
        "/kind" "容器" Shape::Word(zh!(VesselKind));
        "/hazards" "危险特性" Shape::Words(zh!(Hazard));
        "/place_path" "存放地点" Shape::Path;
        "/capacity" "容量" Shape::Quantity;
        "/fill" "已装" Shape::Quantity;
        "/tare" "皮重" Shape::Quantity;
        "/registered_seq" "登记记录" Shape::Text;
        "/closed_at" "封口时间" Shape::Time;
        "/disposed_seq" "处置记录" Shape::Text;
    },
    print: &[
        ("标签号", 5),
        ("状态", 2),
        ("废物代码", 3),
        ("容器", 1),
        ("危险特性", 3),
        ("存放地点", 6),
        ("容量", 2),
        ("已装", 2),
        ("封口时间（北京时间）", 4),
        ("备注", 3),
    ],
    signatures: &[],
    left_out: &["/place"],
};

pub(super) const POURED: List = List {
    route: "/waste-containers/{label}",
    name: "waste-container",
    title: "危险废物容器投放记录",
    each: None,
    columns: columns! {
        "/poured_at" "投放时间" Shape::Time;
        "/label" "来源标签号" Shape::Label;
        "/name" "品名" Shape::Text;
        "/amount" "数量" Shape::Quantity;
        "/taken_up" "占用容量" Shape::Quantity;
        "/person_name" "投放人" Shape::Text;
        "/seq" "记录序号" Shape::Text;
        "/reversed_by" "被冲正于" Shape::Text;
    },
    print: &[
        ("投放时间（北京时间）", 4),
        ("来源标签号", 5),
        ("品名", 5),
        ("数量", 3),
        ("占用容量", 3),
        ("投放人", 2),
        ("记录序号", 2),
        ("被冲正于", 2),
    ],
    signatures: &[],
    left_out: &["/product", "/person"],
};

pub(super) const BALANCE: List = List {
    route: "/mass-balance",
    name: "mass-balance",
    title: "物料平衡",
    each: None,
    columns: COLUMNS,
    print: PRINT,
    signatures: &[],
    left_out: &["/key", "/dimension"],
};

pub(super) const CONTAINER_BALANCE: List = List {
    route: "/mass-balance/containers",
    name: "container-balance",
    title: "容器物料平衡",
    ..BALANCE
};

/// Of both balances.
const COLUMNS: &[Column] = columns! {
    "/name" "分组" Shape::Path;
    "/opening" "计量单位" Shape::Unit;
    "/opening" "期初结存" Shape::Plain;
    "/in/received" "验收入库（增）" Shape::Plain;
    "/in/opening_stock" "期初入账（增）" Shape::Plain;
    "/in/split" "分装（增）" Shape::Plain;
    "/in/made" "配制（增）" Shape::Plain;
    "/in/moved" "移库（增）" Shape::Plain;
    "/in/checked_out" "领用（增）" Shape::Plain;
    "/in/returned" "归还（增）" Shape::Plain;
    "/in/transferred_in" "调入（增）" Shape::Plain;
    "/in/reclaimed" "退回入库（增）" Shape::Plain;
    "/in/variance" "盘盈盘亏（增）" Shape::Plain;
    "/in/found_again" "找回（增）" Shape::Plain;
    "/in/corrected" "冲正（增）" Shape::Plain;
    "/out/split" "分装（减）" Shape::Plain;
    "/out/moved" "移库（减）" Shape::Plain;
    "/out/checked_out" "领用（减）" Shape::Plain;
    "/out/returned" "归还（减）" Shape::Plain;
    "/out/used" "使用（减）" Shape::Plain;
    "/out/wasted" "转废（减）" Shape::Plain;
    "/out/transferred_out" "调出（减）" Shape::Plain;
    "/out/variance" "盘盈盘亏（减）" Shape::Plain;
    "/out/lost" "丢失（减）" Shape::Plain;
    "/out/corrected" "冲正（减）" Shape::Plain;
    "/closing" "期末结存" Shape::Plain;
    "/missing" "差额（短少）" Shape::Plain;
    "/surplus" "差额（多出）" Shape::Plain;
};

/// What of them is printed.
const PRINT: &[(&str, i64)] = &[
    ("分组", 6),
    ("计量单位", 2),
    ("期初结存", 3),
    ("验收入库（增）", 3),
    ("调入（增）", 3),
    ("使用（减）", 3),
    ("转废（减）", 3),
    ("调出（减）", 3),
    ("丢失（减）", 3),
    ("期末结存", 3),
    ("差额（短少）", 3),
    ("差额（多出）", 3),
];
