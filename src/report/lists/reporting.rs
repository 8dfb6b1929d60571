//! The ledger, and what a bureau reads.

use super::{
    List,
    columns::{Column, Shape, columns, zh},
};
use crate::domain::{
    container::Status,
    institution::InstitutionKind,
    ledger::{Account, AuditOutcome, Kind},
    pull::{PullFault, PullOutcome},
    submission::SubmissionState,
    substance::ControlClass,
};

pub(super) const ENTRIES: List = List {
    route: "/entries",
    name: "entries",
    title: "台账",
    each: None,
    columns: columns! {
        "/seq" "序号" Shape::Whole;
        "/kind" "业务" Shape::Word(zh!(Kind));
        "/recorded_at" "记录时间" Shape::Time;
        "/occurred_at" "发生时间" Shape::Time;
        "/actor" "操作人" Shape::Text;
        "/reason" "事由" Shape::Text;
        "/containers" "容器数" Shape::Whole;
        "/leaf_hash" "叶哈希" Shape::Text;
    },
    print: &[],
    left_out: &[],
};

pub(super) const LINES: List = List {
    route: "/ledger-lines",
    name: "ledger-lines",
    title: "台账流水",
    each: None,
    columns: columns! {
        "/seq" "序号" Shape::Whole;
        "/line" "行" Shape::Whole;
        "/kind" "业务" Shape::Word(zh!(Kind));
        "/recorded_at" "记录时间" Shape::Time;
        "/occurred_at" "发生时间" Shape::Time;
        "/actor" "操作人" Shape::Text;
        "/reason" "事由" Shape::Text;
        "/account" "科目" Shape::Word(zh!(Account));
        "/container" "容器号" Shape::Text;
        "/name" "品名" Shape::Text;
        "/cas" "CAS号" Shape::Text;
        "/in" "增加" Shape::Plain;
        "/out" "减少" Shape::Plain;
        "/out" "计量单位" Shape::Unit;
        "/place_path" "存放地点" Shape::Text;
        "/holder_name" "持有人" Shape::Text;
        "/checkout" "领用记录" Shape::Text;
    },
    print: &[],
    left_out: &["/product", "/place"],
};

/// 剧毒化学品双人双锁台账: the columns of RULES §9. What nothing was recorded of has a blank column, to be filled in
/// by hand.
pub(super) const BOOK: List = List {
    route: "/controlled-ledger",
    name: "controlled-ledger",
    title: "双人台账",
    each: None,
    columns: columns! {
        "/recorded_at" "日期" Shape::Time;
        "/name" "品名" Shape::Text;
        "/qualifier" "规格" Shape::Text;
        "/cas" "CAS号" Shape::Text;
        "/classes" "管控类别" Shape::Words(zh!(ControlClass));
        "/before" "计量单位" Shape::Unit;
        "/before" "上次结存" Shape::Plain;
        "/in" "入库量" Shape::Plain;
        "/out" "出库量" Shape::Plain;
        "/returned" "退回量" Shape::Plain;
        "/after" "本次结存" Shape::Plain;
        "/kind" "业务" Shape::Word(zh!(Kind));
        "/purpose" "用途" Shape::Text;
        "/departments" "领用部门" Shape::Texts;
        "/receivers" "领用人" Shape::Texts;
        "/keeper_a" "保管人A" Shape::Text;
        "/keeper_b" "保管人B" Shape::Text;
        "/approvers" "复核人" Shape::Texts;
        "" "天平编号（台账未记录）" Shape::Blank;
        "" "余量处置（台账未记录）" Shape::Blank;
        "/remark" "备注" Shape::Text;
        "/entry" "记录序号" Shape::Text;
        "/leaf_hash" "叶哈希" Shape::Text;
    },
    print: &[
        ("日期（北京时间）", 4),
        ("品名", 4),
        ("规格", 2),
        ("计量单位", 2),
        ("上次结存", 3),
        ("入库量", 3),
        ("出库量", 3),
        ("退回量", 3),
        ("本次结存", 3),
        ("用途", 4),
        ("领用部门", 3),
        ("领用人", 3),
        ("保管人A", 3),
        ("保管人B", 3),
        ("复核人", 3),
        ("天平编号（台账未记录）", 3),
        ("余量处置（台账未记录）", 3),
        ("备注", 3),
        ("记录序号", 2),
    ],
    left_out: &["/product", "/is_correction"],
};

pub(super) const AUDIT: List = List {
    route: "/audit-lines",
    name: "audit-lines",
    title: "审计日志",
    each: None,
    columns: columns! {
        "/seq" "序号" Shape::Whole;
        "/recorded_at" "时间" Shape::Time;
        "/actor" "操作人" Shape::Text;
        "/terminal" "终端" Shape::Text;
        "/command" "操作" Shape::Text;
        "/outcome" "结果" Shape::Word(zh!(AuditOutcome));
        "/code" "原因代码" Shape::Text;
        "/entry" "台账记录" Shape::Text;
        "/suppressed" "省略条数" Shape::Whole;
        "/look/bureau" "督导单位" Shape::Text;
        "/look/name" "督导人" Shape::Text;
        "/look/staff_number" "督导人工号" Shape::Text;
        "/look/query" "查阅内容" Shape::Text;
        "/file/name" "导出文件" Shape::Text;
        "/file/lines" "导出行数" Shape::Whole;
        "/file/sha256" "导出文件摘要" Shape::Text;
        "/request" "请求编号" Shape::Text;
    },
    print: &[],
    left_out: &["/look/institution", "/look/person", "/file/institution"],
};

pub(super) const INSTITUTIONS: List = List {
    route: "/institutions",
    name: "institutions",
    title: "单位",
    each: None,
    columns: columns! {
        "/institution" "单位编号" Shape::Text;
        "/name" "单位名称" Shape::Text;
        "/uscc" "统一社会信用代码" Shape::Text;
        "/region" "行政区划代码" Shape::Text;
        "/kind" "类型" Shape::Word(zh!(InstitutionKind));
        "/size" "记录数" Shape::Whole;
        "/root" "根哈希" Shape::Text;
        "/recorded_at" "最近记录" Shape::Time;
        "/pulled/at" "核存时间" Shape::Time;
        "/pulled/size" "核存记录数" Shape::Whole;
        "/pulled/outcome" "核存结果" Shape::Word(zh!(PullOutcome));
        "/pulled/fault" "核存问题" Shape::Word(zh!(PullFault));
        "/pulled/is_red" "核存告警" Shape::Truth;
    },
    print: &[],
    left_out: &[],
};

pub(super) const PULLS: List = List {
    route: "/checkpoint-pulls",
    name: "checkpoint-pulls",
    title: "核存",
    each: None,
    columns: columns! {
        "/institution" "单位编号" Shape::Text;
        "/pull" "次序" Shape::Whole;
        "/entry" "记录序号" Shape::Text;
        "/at" "时间" Shape::Time;
        "/outcome" "结果" Shape::Word(zh!(PullOutcome));
        "/fault" "问题" Shape::Word(zh!(PullFault));
        "/size" "记录数" Shape::Whole;
        "/root" "根哈希" Shape::Text;
        "/person_name" "操作人" Shape::Text;
        "/reason" "说明" Shape::Text;
        "/checkpoint" "签名校验点" Shape::Text;
    },
    print: &[],
    left_out: &["/person", "/proof"],
};

pub(super) const SUBMISSIONS: List = List {
    route: "/submissions",
    name: "submissions",
    title: "报送",
    each: None,
    columns: columns! {
        "/institution" "单位编号" Shape::Text;
        "/institution_name" "单位名称" Shape::Text;
        "/period" "期间" Shape::Text;
        "/state" "状态" Shape::Word(zh!(SubmissionState));
        "/due_on" "截止日期" Shape::Day;
        "/late" "逾期" Shape::Truth;
        "/submitted_at" "报送时间" Shape::Times;
        "/entry" "报送记录" Shape::Text;
        "/leaf_hash" "叶哈希" Shape::Text;
        "/reviews" "审核意见" Shape::Members("reason");
        "/corrected" "报送后更正" Shape::Whole;
    },
    print: &[],
    left_out: &["/person"],
};

pub(super) const COUNTS: List = List {
    route: "/counts",
    name: "counts",
    title: "底数",
    each: None,
    columns: columns! {
        "/groups/0/name" "分组一" Shape::Path;
        "/groups/1/name" "分组二" Shape::Path;
        "/in_places/containers" "在库容器数" Shape::Whole;
        "/in_places/quantities" "在库数量" Shape::Quantities;
        "/with_persons/containers" "领用在外容器数" Shape::Whole;
        "/with_persons/quantities" "领用在外数量" Shape::Quantities;
    },
    print: &[],
    left_out: &["/groups", "/in_places/down", "/with_persons/down"],
};

pub(super) const COUNTED: List = List {
    route: "/counts/containers",
    name: "counted-containers",
    title: "底数所计容器",
    each: None,
    columns: columns! {
        "/label" "标签号" Shape::Label;
        "/status" "状态" Shape::Word(zh!(Status));
        "/amount" "容器内数量" Shape::Quantity;
        "/held" "领出在手数量" Shape::Quantity;
        "/place_path" "存放地点" Shape::Path;
        "/holder_name" "持有人" Shape::Text;
        "/entry" "最近记录" Shape::Text;
    },
    print: &[],
    left_out: &["/place", "/holder", "/down"],
};

pub(super) const USAGE: List = List {
    route: "/usage-table",
    name: "usage-table",
    title: "管理使用一张表",
    each: None,
    columns: columns! {
        "/institution_name" "单位名称" Shape::Institution;
        "/place_path" "存放地点" Shape::Path;
        "/department_name" "科室" Shape::Text;
        "/name" "品名" Shape::Text;
        "/qualifier" "含量或规格" Shape::Text;
        "/cas" "CAS号" Shape::Text;
        "/classes" "管控类别" Shape::Words(zh!(ControlClass));
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
        "/use_corrected" "其中：冲正的使用量" Shape::Plain;
        "/closing" "期末结存" Shape::Plain;
    },
    print: &[
        ("存放地点", 6),
        ("品名", 5),
        ("含量或规格", 3),
        ("CAS号", 3),
        ("管控类别", 4),
        ("计量单位", 2),
        ("期初结存", 3),
        ("验收入库（增）", 3),
        ("领用（减）", 3),
        ("使用（减）", 3),
        ("转废（减）", 3),
        ("期末结存", 3),
    ],
    left_out: &["/institution", "/place", "/product", "/dimension"],
};
