//! Stocktakes and incidents.

use super::{
    List,
    columns::{Column, Shape, columns, zh},
};
use crate::domain::{
    container::Status,
    incident::{Authority, IncidentKind, IncidentResult, IncidentState},
    stocktake::{Amounts, Bucket, StocktakeState},
    substance::ControlClass,
};

pub(super) const STOCKTAKES: List = List {
    route: "/stocktakes",
    name: "stocktakes",
    title: "盘点",
    each: None,
    columns: columns! {
        "/stocktake" "盘点编号" Shape::Text;
        "/place_path" "范围" Shape::Path;
        "/state" "状态" Shape::Word(zh!(StocktakeState));
        "/amounts" "清点数量" Shape::Word(zh!(Amounts));
        "/sample_size" "抽盘数" Shape::Whole;
        "/expected" "应盘容器" Shape::Whole;
        "/begun_at" "开始" Shape::Time;
        "/begun_by_name" "发起人" Shape::Text;
        "/begun_seq" "开始记录" Shape::Text;
        "/closed_at" "结束" Shape::Time;
        "/closed_seq" "结束记录" Shape::Text;
        "/expected_sha256" "应盘清单摘要" Shape::Text;
        "/seed" "抽样种子" Shape::Text;
    },
    print: &[],
    signatures: &[],
    left_out: &["/place", "/begun_by"],
};

pub(super) const EXPECTED: List = List {
    route: "/stocktakes/{id}/expected",
    name: "stocktake-expected",
    title: "应盘清单",
    each: None,
    columns: columns! {
        "/label" "标签号" Shape::Label;
        "/name" "品名" Shape::Text;
        "/qualifier" "含量或规格" Shape::Text;
        "/cas" "CAS号" Shape::Text;
        "/classes" "管控类别" Shape::Words(zh!(ControlClass));
        "/expected_path" "应在地点" Shape::Path;
        "/place_path" "现记地点" Shape::Path;
        "/holder_name" "持有人" Shape::Text;
        "/status" "状态" Shape::Word(zh!(Status));
        "/expires_on" "有效期至" Shape::Day;
        "/expired" "已过期" Shape::Truth;
        "/incident" "事件" Shape::Text;
        "/counted" "已盘" Shape::Truth;
    },
    print: &[
        ("在", 1),
        ("标签号", 5),
        ("品名", 5),
        ("含量或规格", 3),
        ("管控类别", 4),
        ("应在地点", 6),
        ("有效期至", 3),
        ("清点数量", 3),
        ("备注", 3),
    ],
    signatures: &["盘点人", "监盘人", "保管人"],
    left_out: &["/expected_at", "/place", "/product"],
};

pub(super) const FINDINGS: List = List {
    route: "/stocktakes/{id}/findings",
    name: "stocktake-findings",
    title: "盘点结果",
    each: None,
    columns: columns! {
        "/bucket" "分类" Shape::Word(zh!(Bucket));
        "/open" "待处理" Shape::Truth;
        "/container/label" "标签号" Shape::Label;
        "/code" "不明条码" Shape::Text;
        "/container/name" "品名" Shape::Text;
        "/container/qualifier" "含量或规格" Shape::Text;
        "/container/cas" "CAS号" Shape::Text;
        "/container/classes" "管控类别" Shape::Words(zh!(ControlClass));
        "/container/place_path" "现记地点" Shape::Path;
        "/expected_at" "应在地点" Shape::Place;
        "/seen_path" "盘点所见地点" Shape::Path;
        "/counted_at" "盘点时间" Shape::Time;
        "/counted_by_name" "盘点人" Shape::Text;
        "/counted_seq" "盘点记录" Shape::Text;
        "/confirmed" "已复盘" Shape::Truth;
        "/surplus" "盘盈" Shape::Quantity;
        "/shortage" "盘亏" Shape::Quantity;
        "/settled_by" "处理记录" Shape::Text;
        "/container/holder_name" "持有人" Shape::Text;
        "/container/status" "状态" Shape::Word(zh!(Status));
        "/container/expires_on" "有效期至" Shape::Day;
        "/container/expired" "已过期" Shape::Truth;
        "/container/incident" "事件" Shape::Text;
    },
    print: &[],
    signatures: &[],
    left_out: &[
        "/counted_by",
        "/seen_at",
        "/container/place",
        "/container/product",
    ],
};

pub(super) const INCIDENTS: List = List {
    route: "/incidents",
    name: "incidents",
    title: "丢失被盗泄漏",
    each: None,
    columns: columns! {
        "/incident" "事件编号" Shape::Text;
        "/kind" "类型" Shape::Word(zh!(IncidentKind));
        "/state" "状态" Shape::Word(zh!(IncidentState));
        "/what" "经过" Shape::Text;
        "/place_path" "地点" Shape::Path;
        "/labels" "标签号" Shape::Labels;
        "/discovered_at" "发现时间" Shape::Time;
        "/duties" "应报告" Shape::Words(zh!(Authority));
        "/due_at" "应报告时间" Shape::Time;
        "/overdue" "逾期" Shape::Truth;
        "/opened_at" "登记时间" Shape::Time;
        "/opened_by_name" "登记人" Shape::Text;
        "/opened_seq" "登记记录" Shape::Text;
        "/reports" "已报告" Shape::Members("whom");
        "/ended_at" "办结时间" Shape::Time;
        "/result" "结果" Shape::Word(zh!(IncidentResult));
    },
    print: &[],
    signatures: &[],
    left_out: &["/place", "/opened_by"],
};
