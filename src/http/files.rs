//! Files in answers: what they are called, and those that are made while they are sent.

use std::{
    io::Read,
    pin::Pin,
    task::{Context, Poll},
};

use actix_web::{
    HttpResponse,
    body::{BodySize, MessageBody},
    http::header::{Charset, ContentDisposition, DispositionParam, DispositionType, ExtendedValue},
    rt,
    web::{self, Bytes},
};
use tokio::sync::mpsc::{Receiver, channel};

use crate::app::export::Made;

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
#[error("the file broke off")]
struct Broken;

/// What is sent while it is read, and how long it is.
struct Pieces(Receiver<Result<Bytes, Broken>>, u64);

impl MessageBody for Pieces {
    type Error = Broken;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.1)
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        self.get_mut().0.poll_recv(cx)
    }
}

/// Bytes of a file that are read at a time.
const PIECE: usize = 64 * 1024;

/// A file that was made, piece by piece: whoever reads slowly holds no thread and no connection of the database.
pub(super) fn sent(made: Made, media: &'static str) -> HttpResponse {
    let Made {
        name, length, file, ..
    } = made;
    let (pieces, taken) = channel(1);
    rt::spawn(async move {
        let mut file = file;
        loop {
            let read = web::block(move || {
                let mut piece = Vec::with_capacity(PIECE);
                let most = u64::try_from(PIECE).unwrap_or(u64::MAX);
                let read = (&mut file).take(most).read_to_end(&mut piece);
                read.map(|_| (file, piece))
            });
            let Ok(Ok((rest, piece))) = read.await else {
                // The receiver may be gone already.
                drop(pieces.send(Err(Broken)).await);
                return;
            };
            if piece.is_empty() || pieces.send(Ok(Bytes::from(piece))).await.is_err() {
                return;
            }
            file = rest;
        }
    });
    HttpResponse::Ok()
        .content_type(if media == "text/csv" {
            "text/csv; charset=utf-8"
        } else {
            media
        })
        .insert_header(attached(name))
        .body(Pieces(taken, length))
}
