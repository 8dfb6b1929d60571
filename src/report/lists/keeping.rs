//! Handovers and the books of custodians.

use super::{
    List,
    columns::{Column, Shape, columns, zh},
};
use crate::domain::books::BookState;

pub(super) const HANDOVERS: List = List {
    route: "/handovers",
    name: "handovers",
    title: "保管交接",
    each: None,
    columns: columns! {
        "/entry" "记录序号" Shape::Text;
        "/handed_at" "交接时间" Shape::Time;
        "/place_path" "存放地点" Shape::Path;
        "/from_name" "原保管人" Shape::Text;
        "/to_name" "接管人" Shape::Text;
        "/by_name" "移交人" Shape::Text;
        "/absent" "原保管人不在场" Shape::Truth;
        "/counted" "共同清点容器" Shape::Whole;
        "/out" "领用在外容器" Shape::Whole;
    },
    print: &[
        ("交接时间（北京时间）", 4),
        ("存放地点", 6),
        ("原保管人", 2),
        ("接管人", 2),
        ("移交人", 2),
        ("共同清点容器", 2),
        ("领用在外容器", 2),
        ("记录序号", 2),
    ],
    signatures: &[],
    left_out: &["/place", "/from", "/to", "/by"],
};

pub(super) const BOOKS: List = List {
    route: "/books",
    name: "books",
    title: "双本账核对",
    each: Some("/books"),
    columns: columns! {
        "/label" "标签号" Shape::Label;
        "/name" "品名" Shape::Text;
        "/place_path" "存放地点" Shape::Path;
        "/state" "核对" Shape::Word(zh!(BookState));
        "/books/person_name" "登记人" Shape::Text;
        "/books/counted_at" "登记时间" Shape::Time;
        "/books/amount" "登记数量" Shape::Quantity;
        "/books/ledger" "台账数量" Shape::Quantity;
        "/books/surplus" "多出" Shape::Quantity;
        "/books/shortage" "短少" Shape::Quantity;
        "/books/entry" "登记记录" Shape::Text;
        "/differs_since" "不符起于" Shape::Time;
        "/differs_entry" "不符起于记录" Shape::Text;
    },
    print: &[
        ("标签号", 5),
        ("品名", 5),
        ("存放地点", 6),
        ("核对", 2),
        ("登记人", 2),
        ("登记时间（北京时间）", 4),
        ("登记数量", 3),
        ("台账数量", 3),
        ("多出", 2),
        ("短少", 2),
    ],
    signatures: &[],
    left_out: &["/product", "/place", "/books/person"],
};

pub(super) const BOOK_PLACES: List = List {
    route: "/books/places",
    name: "book-places",
    title: "双本账登记进度",
    each: None,
    columns: columns! {
        "/place_path" "存放地点" Shape::Path;
        "/asked" "应登记容器" Shape::Whole;
        "/agree" "相符" Shape::Whole;
        "/differs" "不符" Shape::Whole;
        "/one_missing" "缺一本" Shape::Whole;
        "/none" "未登记" Shape::Whole;
        "/open" "未处理差异" Shape::Whole;
        "/behind" "今日未登记完" Shape::Truth;
    },
    print: &[],
    signatures: &[],
    left_out: &["/place"],
};
