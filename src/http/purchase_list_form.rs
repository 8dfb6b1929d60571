//! The form with which a purchase list is uploaded.

use std::collections::BTreeMap;

use actix_multipart::form::{MultipartForm, tempfile::TempFile, text::Text};
use serde_json::Value;

use super::{
    body::{Field, Reading},
    import_form::{content, json},
    problem::Problem,
};
use crate::{
    domain::ids::{DepartmentId, ProductId},
    import::{Mapping, PurchaseChoices, PurchaseUpload},
};

/// A list, what a person decided about it, and what was shown of it.
#[derive(Debug, MultipartForm)]
#[multipart(deny_unknown_fields, duplicate_field = "deny")]
pub struct PurchaseListForm {
    /// The file.
    file: Option<TempFile>,
    /// The sheet of a workbook.
    sheet: Option<Text<String>>,
    /// Columns assigned by hand, as JSON: field → column from 0.
    mapping: Option<Text<String>>,
    /// Products by the name in the sheet, as JSON.
    products: Option<Text<String>>,
    /// The department of rows that name none.
    department: Option<Text<String>>,
    /// The purpose of rows that name none.
    purpose: Option<Text<String>>,
    /// What the dry run named.
    list_sha256: Option<Text<String>>,
}

impl PurchaseListForm {
    /// Reads it, every error at once; and the list that is accepted.
    ///
    /// # Errors
    /// [`Problem::Fields`]; [`Problem::Fault`] when the file on disk cannot be read.
    pub fn into_upload(self) -> Result<(PurchaseUpload, Option<String>), Problem> {
        let mut reading = Reading::default();
        let mapping = json::<Mapping>(self.mapping, "mapping", &mut reading);
        let products = json::<BTreeMap<String, ProductId>>(self.products, "products", &mut reading);
        let department = field::<DepartmentId>(self.department, "department", &mut reading);
        let purpose = field::<String>(self.purpose, "purpose", &mut reading);
        let (name, bytes) = content(self.file, &mut reading)?;
        let upload = PurchaseUpload {
            name,
            bytes,
            sheet: self.sheet.map(Text::into_inner),
            mapping,
            choices: PurchaseChoices {
                products: products.unwrap_or_default(),
                department,
                purpose,
            },
        };
        if reading.is_clean() {
            Ok((upload, self.list_sha256.map(Text::into_inner)))
        } else {
            Err(reading.into_problem())
        }
    }
}

/// A part of the form that is read like a field of a body.
fn field<T: Field>(text: Option<Text<String>>, name: &str, reading: &mut Reading) -> Option<T> {
    let value = Value::String(text?.into_inner());
    let mut read = None;
    reading.below(name, |reading| read = T::read(Some(value), reading));
    read
}
