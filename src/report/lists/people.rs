//! People, what they were appointed to, and what they have to sign.

use super::{
    List,
    columns::{Column, Shape, columns, zh},
};
use crate::domain::{people::Role, request::RequestState};

pub(super) const PEOPLE: List = List {
    route: "/people",
    name: "people",
    title: "人员",
    each: None,
    columns: columns! {
        "/person" "人员编号" Shape::Text;
        "/name" "姓名" Shape::Text;
        "/staff_number" "工号" Shape::Text;
        "/department" "科室" Shape::Department;
        "/closed" "已离岗" Shape::Truth;
        "/suspended" "已停岗" Shape::Truth;
    },
    print: &[],
    signatures: &[],
    left_out: &[],
};

pub(super) const DEPARTMENTS: List = List {
    route: "/departments",
    name: "departments",
    title: "科室",
    each: None,
    columns: columns! {
        "/department" "科室编号" Shape::Text;
        "/name" "科室" Shape::Text;
        "/people" "在岗人数" Shape::Whole;
        "/closed" "已撤销" Shape::Truth;
    },
    print: &[],
    signatures: &[],
    left_out: &[],
};

pub(super) const APPOINTMENTS: List = List {
    route: "/appointments",
    name: "appointments",
    title: "任命",
    each: None,
    columns: columns! {
        "/appointment" "任命编号" Shape::Text;
        "/person" "姓名" Shape::Person;
        "/role" "岗位" Shape::Word(zh!(Role));
        "/place" "保管地点" Shape::Place;
        "/from" "自" Shape::Time;
        "/until" "至" Shape::Time;
        "/stands_in_for" "代理" Shape::Person;
        "/revoked_by" "解除记录" Shape::Text;
    },
    print: &[],
    signatures: &[],
    left_out: &[],
};

pub(super) const RELEASES: List = List {
    route: "/emergency-releases",
    name: "emergency-releases",
    title: "应急发放",
    each: None,
    columns: columns! {
        "/seq" "记录序号" Shape::Text;
        "/released_at" "发放时间" Shape::Time;
        "/due_at" "补签期限" Shape::Time;
        "/countersigned_at" "补签时间" Shape::Time;
        "/late" "逾期" Shape::Truth;
        "/place_path" "存放地点" Shape::Path;
        "/labels" "标签号" Shape::Labels;
        "/released" "品名" Shape::Members("name");
        "/parties" "经手人" Shape::Members("name");
        "/countersigners" "补签人" Shape::Members("name");
        "/reason" "事由" Shape::Text;
    },
    print: &[],
    signatures: &[],
    left_out: &["/code", "/payload", "/payload_hash", "/place"],
};

pub(super) const SIGNING_REQUESTS: List = List {
    route: "/signing-requests",
    name: "signing-requests",
    title: "签字申请",
    each: None,
    columns: columns! {
        "/request" "申请编号" Shape::Text;
        "/state" "状态" Shape::Word(zh!(RequestState));
        "/applicant" "申请人" Shape::Person;
        "/expires_at" "有效至" Shape::Time;
        "/signatures" "已签字" Shape::Members("name");
        "/code" "核对码" Shape::Text;
    },
    print: &[],
    signatures: &[],
    left_out: &["/payload", "/payload_hash"],
};
