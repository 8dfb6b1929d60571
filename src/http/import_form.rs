//! The form with which a sheet is uploaded: `multipart/form-data`, the file streamed to disk.

use std::{collections::BTreeMap, io::Read as _};

use actix_multipart::{
    MultipartError,
    form::{MultipartForm, MultipartFormConfig, tempfile::TempFile, text::Text},
};
use actix_web::{HttpRequest, error::PayloadError};
use serde::de::DeserializeOwned;

use super::{body::Reading, problem::Problem};
use crate::{
    domain::ids::{PlaceId, ProductId},
    import::{Choices, FileError, Limits, Mapping, Upload, UploadError},
};

/// Most bytes of a whole form: the file of 32 MiB, and what is said about it.
const MOST_FORM: usize = 33 << 20;

/// A sheet and what a person decided about it.
#[derive(Debug, MultipartForm)]
#[multipart(deny_unknown_fields, duplicate_field = "deny")]
pub struct ImportForm {
    /// The file.
    file: Option<TempFile>,
    /// The sheet of a workbook.
    sheet: Option<Text<String>>,
    /// Columns assigned by hand, as JSON: field → column from 0.
    mapping: Option<Text<String>>,
    /// Places by the name in the sheet, as JSON.
    places: Option<Text<String>>,
    /// Products by the name in the sheet, as JSON.
    products: Option<Text<String>>,
    /// Substances meant, by the name in the sheet, as JSON.
    substances: Option<Text<String>>,
    /// `true`: make places that are not known.
    make_places: Option<Text<String>>,
}

/// How forms are read; what cannot be read is a problem.
#[must_use]
pub fn config() -> MultipartFormConfig {
    MultipartFormConfig::default()
        .total_limit(MOST_FORM)
        .memory_limit(1 << 20)
        .error_handler(|error, _: &HttpRequest| refused(&error).into())
}

fn refused(error: &MultipartError) -> Problem {
    let within = if let MultipartError::Field { source, .. } = error {
        source.as_error::<MultipartError>()
    } else {
        None
    };
    let overflow =
        |error: &MultipartError| matches!(error, MultipartError::Payload(PayloadError::Overflow));
    if overflow(error) || within.is_some_and(overflow) {
        Problem::File(FileError::TooLarge(Limits::default().bytes))
    } else {
        Problem::BadRequest
    }
}

impl ImportForm {
    /// Reads it, every error at once.
    ///
    /// # Errors
    /// [`Problem::Fields`]; [`Problem::Fault`] when the file on disk cannot be read.
    pub fn into_upload(self) -> Result<Upload, Problem> {
        let mut reading = Reading::default();
        let mapping = json::<Mapping>(self.mapping, "mapping", &mut reading);
        let places = json::<BTreeMap<String, PlaceId>>(self.places, "places", &mut reading);
        let products = json::<BTreeMap<String, ProductId>>(self.products, "products", &mut reading);
        let substances =
            json::<BTreeMap<String, String>>(self.substances, "substances", &mut reading);
        let make_places = json::<bool>(self.make_places, "make_places", &mut reading);
        let mut upload = Upload {
            name: String::new(),
            bytes: Vec::new(),
            sheet: self.sheet.map(Text::into_inner),
            mapping,
            choices: Choices {
                places: places.unwrap_or_default(),
                products: products.unwrap_or_default(),
                substances: substances.unwrap_or_default(),
                make_places: make_places.unwrap_or_default(),
            },
        };
        (upload.name, upload.bytes) = content(self.file, &mut reading)?;
        if reading.is_clean() {
            Ok(upload)
        } else {
            Err(reading.into_problem())
        }
    }
}

impl From<UploadError> for Problem {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::File(error) => Self::File(error),
            UploadError::App(error) => error.into(),
        }
    }
}

/// The name of an uploaded file and what is in it.
///
/// # Errors
/// [`Problem::Fault`] when the file on disk cannot be read.
pub(super) fn content(
    file: Option<TempFile>,
    reading: &mut Reading,
) -> Result<(String, Vec<u8>), Problem> {
    let Some(mut file) = file else {
        reading.below("file", |reading| {
            reading.refuse("missing", "缺少此字段。", "This field is missing.");
        });
        return Ok((String::new(), Vec::new()));
    };
    let mut bytes = Vec::new();
    let read = file.file.as_file_mut().read_to_end(&mut bytes);
    read.map_err(|error| {
        tracing::error!(%error, "an uploaded file cannot be read");
        Problem::Fault
    })?;
    Ok((file.file_name.unwrap_or_default(), bytes))
}

/// A part of the form that is JSON.
pub(super) fn json<T: DeserializeOwned>(
    text: Option<Text<String>>,
    name: &str,
    reading: &mut Reading,
) -> Option<T> {
    let read = serde_json::from_str(&text?.into_inner());
    if read.is_err() {
        reading.below(name, |reading| {
            reading.refuse(
                "json_expected",
                "此处须为 JSON，如 {\"危化品库\": \"3\"}。",
                "JSON is expected here, as {\"危化品库\": \"3\"}.",
            );
        });
    }
    read.ok()
}
