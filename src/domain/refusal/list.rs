//! What every refusal has, and how the list of them becomes the enum: code, class, members and sentences
//! of each stand together.

/// What kind of "no" a refusal is; `http/problem.rs` maps each to one status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The state of the stock or a rule forbids it (422).
    Business,
    /// It has already been done, or something else got there first (409).
    Conflict,
    /// There is no such thing within the caller's institution (404).
    Missing,
    /// This person may not do that (403).
    Forbidden,
    /// The secret, badge or code presented is not accepted (401).
    Unproven,
    /// Too many wrong secrets; wait (423).
    Locked,
    /// A defect of the program or a damaged database: nothing was written (500).
    Fault,
}

/// The language of a sentence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// 简体中文, the default.
    #[default]
    Chinese,
    /// English.
    English,
}

/// Something that is named where it is known, and a dash where it was not looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known<T>(pub Option<T>);

impl<T: std::fmt::Display> std::fmt::Display for Known<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Some(value) => value.fmt(f),
            None => f.write_str("—"),
        }
    }
}

macro_rules! refusals {
    ($($(#[$doc:meta])* $class:ident $code:literal $variant:ident { $($field:ident : $type:ty),* }
        zh $zh:literal en $en:literal)*) => {
        /// A reason why a command was not carried out. Nothing was written but its audit line.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each variant's fields are named in its sentence")]
        pub enum Refusal {
            $($(#[$doc])* $variant { $($field: $type),* },)*
        }

        impl Refusal {
            /// Every code, for the documentation and for the test that keeps them.
            pub const CODES: &'static [(&'static str, Class)] = &[$(($code, Class::$class)),*];

            /// The stable machine-readable code.
            #[must_use]
            pub const fn code(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $code,)* }
            }

            /// What kind of "no" this is.
            #[must_use]
            pub const fn class(&self) -> Class {
                match self { $(Self::$variant { .. } => Class::$class,)* }
            }

            /// The sentence for a person: what is wrong and what to do next.
            #[must_use]
            pub fn detail(&self, language: Language) -> String {
                self.detail_with(language, &Names::new())
            }

            /// The sentence, with the names that are known.
            #[must_use]
            pub fn detail_with(&self, language: Language, names: &Names) -> String {
                match (self, language) {
                    $((Self::$variant { $($field),* }, Language::Chinese) => {
                        $(let $field = $field.said(language, names); let _ = &$field;)*
                        format!($zh)
                    }
                    (Self::$variant { $($field),* }, Language::English) => {
                        $(let $field = $field.said(language, names); let _ = &$field;)*
                        format!($en)
                    })*
                }
            }

            /// The words and numbers in the sentence, for programs, each with what has a name.
            #[must_use]
            pub fn members(&self) -> Vec<(&'static str, String, Option<Named>)> {
                match self {
                    $(Self::$variant { $($field),* } => {
                        vec![$((stringify!($field), $field.to_string(), $field.named())),*]
                    })*
                }
            }
        }
    };
}
pub(super) use refusals;
