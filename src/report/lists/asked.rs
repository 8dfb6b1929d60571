//! What was asked of a list, as a paper of it says: a list that hangs somewhere says of what it is.

use super::{List, Shape, columns::grouped};
use crate::{
    domain::{facts::Facts, substance::ControlClass},
    report::{path, person_name},
};

/// Headings and values of what was asked, by the names of the parameters.
pub(crate) fn told(
    list: &List,
    asked: &[(String, String)],
    facts: &Facts,
) -> Vec<(String, String)> {
    let told = asked.iter().filter_map(|(name, value)| {
        let (heading, text) = of(list, name, value, facts)?;
        Some((heading.to_owned(), text.unwrap_or_else(|| value.clone())))
    });
    told.collect()
}

/// The heading of a parameter, and its value where that is not told as it stands.
fn of(
    list: &List,
    name: &str,
    value: &str,
    facts: &Facts,
) -> Option<(&'static str, Option<String>)> {
    let register = &facts.register;
    Some(match name {
        "place" | "at" => {
            let place = value.parse().ok()?;
            ("地点", Some(path(facts, place).join(" / ")))
        }
        "product" => {
            let product = register.products.get(value.parse().ok()?);
            ("品名", product.map(|product| product.name.clone()))
        }
        "department" => {
            let department = register.departments.get(value.parse().ok()?);
            ("科室", department.map(|department| department.name.clone()))
        }
        "class" => {
            let class = value.parse::<ControlClass>().ok()?;
            ("管控类别", Some(class.name_zh().to_owned()))
        }
        "label" => ("标签号", Some(grouped(value))),
        "id" if list.route.starts_with("/people/") => {
            let person = value.parse().ok()?;
            ("姓名", person_name(facts, person))
        }
        "id" => ("编号", None),
        "from" => ("自", None),
        "to" => ("至", None),
        "day" => ("日期", None),
        "as_of" => ("截至", None),
        "code" => ("废物代码", None),
        "substance" => ("物质代码", None),
        "lot" => ("批号", None),
        _ => {
            // A word of a closed list is told as its column tells it.
            let mut columns = list.columns.iter();
            let column = columns.find(|column| column.at.strip_prefix('/') == Some(name))?;
            let Shape::Word(zh) = column.shape else {
                return None;
            };
            (column.heading, zh(value).map(str::to_owned))
        }
    })
}
