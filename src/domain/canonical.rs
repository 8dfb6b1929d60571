//! The one form in which a value is hashed, signed and stored.
//!
//! It is a strict subset of the JSON Canonicalization Scheme (RFC 8785), so that any library that
//! implements the scheme reproduces the bytes: no floats, no nulls, integers within ±(2⁵³ − 1), keys of
//! `a–z 0–9 _` only (for which the order of bytes is the order of UTF-16 units that RFC 8785 §3.2.3
//! asks for), and text in Unicode normal form C without control characters.

use std::borrow::Cow;
use std::cell::RefCell;
use std::io;

use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{CharEscape, Formatter, Serializer};
use sha2::Sha256;
use unicode_normalization::{UnicodeNormalization, is_nfc};
use zeroize::Zeroizing;

/// The largest integer that every JSON reader keeps exactly: 2⁵³ − 1 (RFC 8785 appendix D).
const MAX_INTEGER: u128 = 9_007_199_254_740_991;

/// A character that may stand in no hashed text: a control (C0, DEL, C1), a line or paragraph separator,
/// or a control of writing direction, with which a printed record could be made to read otherwise than it
/// was signed (Unicode Technical Report 36 §2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the character U+{:04X} is not allowed in text", u32::from(*.0))]
pub struct ForbiddenChar(pub char);

/// Why a value has no canonical form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A null, or a float that is not finite: an absent field is left out instead.
    #[error("a null is not allowed; leave the field out")]
    Null,
    /// A number with a fraction or an exponent: amounts are strings.
    #[error("a float is not allowed")]
    Float,
    /// An integer beyond ±(2⁵³ − 1).
    #[error("an integer beyond ±(2^53 - 1) is not allowed; write it as a string")]
    Integer,
    /// A key that is empty or holds anything but `a–z 0–9 _`.
    #[error("a key may hold only a-z, 0-9 and _")]
    Key,
    /// The same key twice in one object.
    #[error("the same key stands twice in one object")]
    Duplicate,
    /// Text that is not in Unicode normal form C.
    #[error("the text is not in Unicode normal form C")]
    NotNfc,
    /// Text with a forbidden character.
    #[error(transparent)]
    Forbidden(#[from] ForbiddenChar),
    /// The value's own serialisation failed, or hands over JSON that it wrote itself.
    #[error("{0}")]
    Unserializable(String),
}

/// A value that cannot be hashed, and where in it the fault is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{fault} (at \"{path}\")")]
pub struct CanonicalError {
    /// JSON pointer (RFC 6901) to the field; empty for the whole value.
    pub path: String,
    /// What is wrong there.
    pub fault: Fault,
}

/// SHA-256 (GB/T 32905 has no part in it; see TRUST on SM3 as a parallel tree).
#[must_use]
pub fn sha256(bytes: &[u8]) -> super::merkle::Hash {
    use sha2::{Digest, Sha256};
    super::merkle::Hash(Sha256::digest(bytes).into())
}

/// HMAC-SHA-256 (RFC 2104) of `data` under `key`, for one purpose.
#[must_use]
pub fn keyed(key: &[u8; 32], purpose: &[u8], data: &[u8]) -> super::merkle::Hash {
    // HMAC pads a short key with zeros to its block (RFC 2104 section 2): done here, there is no key
    // length that could be refused.
    let mut block = Zeroizing::new([0; 64]);
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    let mut mac = Hmac::<Sha256>::new(&(*block).into());
    mac.update(purpose);
    mac.update(&[0]);
    mac.update(data);
    super::merkle::Hash(mac.finalize().into_bytes().into())
}

/// Reads a value back from canonical bytes. That the bytes are canonical is `is_canonical`'s business.
///
/// # Errors
///
/// When they are not JSON of the shape of `T`.
pub fn parse<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, serde_json::Error> {
    serde_json::from_slice(bytes)
}

/// The compatibility form (Unicode normal form KC) in which texts are compared and searched: full-width
/// letters and digits become plain ones.
pub fn nfkc(text: &str) -> impl Iterator<Item = char> {
    text.nfkc()
}

/// The canonical bytes of a value: UTF-8, keys sorted at every level, no white space.
///
/// # Errors
///
/// The first [`Fault`] and its path. An `Option` field needs `skip_serializing_if`.
pub fn canonical_bytes<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, CanonicalError> {
    let state = RefCell::new(State {
        out: Vec::with_capacity(1024),
        open: Vec::with_capacity(8),
        refusal: None,
    });
    let sink = Sink(&state);
    let outcome = value.serialize(&mut Serializer::with_formatter(sink, sink));
    let State { out, refusal, .. } = state.into_inner();
    match (outcome, refusal) {
        (_, Some(refusal)) => Err(refusal),
        (Ok(()), None) => Ok(out),
        (Err(error), None) => Err(CanonicalError {
            path: String::new(),
            fault: Fault::Unserializable(error.to_string()),
        }),
    }
}

/// Whether these bytes are exactly what [`canonical_bytes`] writes for the value they hold.
#[must_use]
pub fn is_canonical(bytes: &[u8]) -> bool {
    serde_json::from_slice::<Value>(bytes)
        .ok()
        .and_then(|value| canonical_bytes(&value).ok())
        .is_some_and(|canonical| canonical == bytes)
}

/// Text as it may be stored: trimmed of white space at both ends and in Unicode normal form C.
///
/// # Errors
///
/// The first forbidden character that is left after trimming.
pub fn nfc(text: &str) -> Result<Cow<'_, str>, ForbiddenChar> {
    let text = text.trim();
    if let Some(found) = text.chars().find(|&c| is_forbidden(c)) {
        return Err(ForbiddenChar(found));
    }
    if text.chars().all(is_settled) || is_nfc(text) {
        return Ok(Cow::Borrowed(text));
    }
    Ok(Cow::Owned(text.nfc().collect()))
}

/// Whether no stored text may hold the character: controls, and what turns the direction of writing.
#[must_use]
pub fn is_forbidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Normalisation changes nothing in a text of such characters only: each has combining class 0 and
/// `NFC_Quick_Check=Yes` (Unicode Standard Annex 15 §9). It spares Latin and Chinese text the table look-ups.
const fn is_settled(c: char) -> bool {
    matches!(c, '\0'..='\u{2ff}' | '\u{3000}'..='\u{3029}' | '\u{4e00}'..='\u{9fff}' | '\u{ff01}'..='\u{ff5e}')
}

fn check_text(text: &str) -> Result<(), Fault> {
    // Without an early exit the compiler looks at many bytes at once.
    let plain = |so_far, byte| so_far & matches!(byte, b' '..=b'~');
    if text.bytes().fold(true, plain) {
        return Ok(());
    }
    let mut settled = true;
    for c in text.chars() {
        if is_forbidden(c) {
            return Err(ForbiddenChar(c).into());
        }
        settled &= is_settled(c);
    }
    if settled || is_nfc(text) {
        Ok(())
    } else {
        Err(Fault::NotNfc)
    }
}

/// One `"key":value,` of an object that is being written; positions in the output.
struct Field {
    start: usize,
    key_end: usize,
    end: usize,
}

/// A container that is being written: its fields so far, or how many elements it has begun.
enum Open {
    Object(Vec<Field>),
    Array(usize),
}

struct State {
    out: Vec<u8>,
    open: Vec<Open>,
    refusal: Option<CanonicalError>,
}

impl State {
    fn text(&self, start: usize, end: usize) -> &[u8] {
        self.out.get(start..end).unwrap_or_default()
    }

    fn key(&self, field: &Field) -> &[u8] {
        self.text(field.start, field.key_end)
    }

    fn last_field(&mut self) -> Option<&mut Field> {
        match self.open.last_mut() {
            Some(Open::Object(fields)) => fields.last_mut(),
            Some(Open::Array(_)) | None => None,
        }
    }

    fn path(&self) -> String {
        let mut path = String::new();
        for open in &self.open {
            path.push('/');
            match open {
                Open::Array(begun) => path.push_str(&begun.saturating_sub(1).to_string()),
                Open::Object(fields) => {
                    let key = fields.last().map(|field| self.key(field));
                    let key = String::from_utf8_lossy(key.unwrap_or_default());
                    path.push_str(key.trim_matches('"'));
                }
            }
        }
        path
    }

    /// Every field ends in a comma, so that sorting them is moving them.
    fn close_object(&mut self, mut fields: Vec<Field>) -> Result<(), Fault> {
        let in_order = |state: &Self, fields: &[Field]| {
            fields.is_sorted_by(|a, b| state.key(a) < state.key(b))
        };
        let Some(start) = fields.first().map(|field| field.start) else {
            self.out.push(b'}');
            return Ok(());
        };
        if !in_order(self, &fields) {
            fields.sort_unstable_by(|a, b| self.key(a).cmp(self.key(b)));
            if !in_order(self, &fields) {
                return Err(Fault::Duplicate);
            }
            let written = self.out.split_off(start);
            for field in &fields {
                let moved = written.get(field.start - start..field.end - start);
                self.out.extend_from_slice(moved.unwrap_or_default());
            }
        }
        self.out.pop();
        self.out.push(b'}');
        Ok(())
    }
}

/// Both the writer and the formatter of one serialisation: what is written must be read again to sort it.
#[derive(Clone, Copy)]
struct Sink<'a>(&'a RefCell<State>);

impl Sink<'_> {
    fn refuse(self, fault: Fault) -> io::Result<()> {
        let mut state = self.0.borrow_mut();
        let path = state.path();
        state.refusal = Some(CanonicalError { path, fault });
        Err(io::ErrorKind::InvalidData.into())
    }

    fn settle(self, outcome: Result<(), Fault>) -> io::Result<()> {
        outcome.or_else(|fault| self.refuse(fault))
    }

    fn integer(mut self, value: i128) -> io::Result<()> {
        if value.unsigned_abs() > MAX_INTEGER {
            return self.refuse(Fault::Integer);
        }
        io::Write::write_fmt(&mut self, format_args!("{value}"))
    }
}

impl io::Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().out.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.borrow_mut().out.extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Formatter for Sink<'_> {
    fn write_null<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.refuse(Fault::Null)
    }

    fn write_f32<W: ?Sized + io::Write>(&mut self, _: &mut W, _: f32) -> io::Result<()> {
        self.refuse(Fault::Float)
    }

    fn write_f64<W: ?Sized + io::Write>(&mut self, _: &mut W, _: f64) -> io::Result<()> {
        self.refuse(Fault::Float)
    }

    fn write_i64<W: ?Sized + io::Write>(&mut self, _: &mut W, value: i64) -> io::Result<()> {
        self.integer(value.into())
    }

    fn write_u64<W: ?Sized + io::Write>(&mut self, _: &mut W, value: u64) -> io::Result<()> {
        self.integer(value.into())
    }

    fn write_i128<W: ?Sized + io::Write>(&mut self, _: &mut W, value: i128) -> io::Result<()> {
        self.integer(value)
    }

    fn write_u128<W: ?Sized + io::Write>(&mut self, _: &mut W, value: u128) -> io::Result<()> {
        self.integer(i128::try_from(value).unwrap_or(i128::MAX))
    }

    fn write_number_str<W: ?Sized + io::Write>(&mut self, _: &mut W, text: &str) -> io::Result<()> {
        match text.parse() {
            Ok(value) => self.integer(value),
            Err(_) => self.refuse(Fault::Float),
        }
    }

    // A quotation mark or backslash ends a fragment. Neither composes with anything, so a text is in
    // normal form C exactly when its fragments are.
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        self.settle(check_text(fragment))?;
        writer.write_all(fragment.as_bytes())
    }

    fn write_char_escape<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        let control = match escape {
            CharEscape::Quote => return writer.write_all(b"\\\""),
            CharEscape::ReverseSolidus => return writer.write_all(b"\\\\"),
            CharEscape::Solidus => return writer.write_all(b"/"),
            CharEscape::Backspace => '\u{8}',
            CharEscape::FormFeed => '\u{c}',
            CharEscape::LineFeed => '\n',
            CharEscape::CarriageReturn => '\r',
            CharEscape::Tab => '\t',
            CharEscape::AsciiControl(byte) => char::from(byte),
        };
        self.refuse(ForbiddenChar(control).into())
    }

    fn write_raw_fragment<W: ?Sized + io::Write>(&mut self, _: &mut W, _: &str) -> io::Result<()> {
        self.refuse(Fault::Unserializable("ready-made JSON".to_owned()))
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.borrow_mut().open.push(Open::Array(0));
        writer.write_all(b"[")
    }

    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        if let Some(Open::Array(begun)) = self.0.borrow_mut().open.last_mut() {
            *begun += 1;
        }
        writer.write_all(if first { b"" } else { b"," })
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.borrow_mut().open.pop();
        writer.write_all(b"]")
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        let fields = Vec::with_capacity(16);
        self.0.borrow_mut().open.push(Open::Object(fields));
        writer.write_all(b"{")
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, _: &mut W, _: bool) -> io::Result<()> {
        let mut state = self.0.borrow_mut();
        let start = state.out.len();
        if let Some(Open::Object(fields)) = state.open.last_mut() {
            fields.push(Field {
                start,
                key_end: start,
                end: start,
            });
        }
        Ok(())
    }

    fn end_object_key<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        let mut state = self.0.borrow_mut();
        let key_end = state.out.len();
        let Some(field) = state.last_field() else {
            return Ok(());
        };
        field.key_end = key_end;
        let start = field.start;
        let key = state.text(start + 1, key_end - 1);
        let plain = |byte: &u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
        let plain = !key.is_empty() && key.iter().all(plain);
        drop(state);
        self.settle(if plain { Ok(()) } else { Err(Fault::Key) })
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        let mut state = self.0.borrow_mut();
        state.out.push(b',');
        let end = state.out.len();
        if let Some(field) = state.last_field() {
            field.end = end;
        }
        Ok(())
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        let mut state = self.0.borrow_mut();
        let Some(Open::Object(fields)) = state.open.pop() else {
            return Ok(());
        };
        let outcome = state.close_object(fields);
        drop(state);
        self.settle(outcome)
    }
}
