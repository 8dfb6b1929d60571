//! Files in answers: what they are called, and those that are made while they are sent.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use actix_web::{
    body::{BodySize, MessageBody},
    http::header::{Charset, ContentDisposition, DispositionParam, DispositionType, ExtendedValue},
    web::Bytes,
};
use tokio::sync::mpsc::Receiver;

/// The header that names a file.
pub(super) fn attached(name: String) -> ContentDisposition {
    let named = if name.is_ascii() {
        DispositionParam::Filename(name)
    } else {
        DispositionParam::FilenameExt(ExtendedValue {
            charset: Charset::Ext("UTF-8".to_owned()),
            language_tag: None,
            value: name.into_bytes(),
        })
    };
    ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![named],
    }
}

/// The file could not be made to its end.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the table broke off")]
pub(super) struct Broken;

/// What is sent while it is made.
pub(super) struct Pieces(pub Receiver<Result<Bytes, Broken>>);

impl MessageBody for Pieces {
    type Error = Broken;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        self.get_mut().0.poll_recv(cx)
    }
}
