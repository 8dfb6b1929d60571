//! Accounts and postings: what leaves one account arrives in another.

use serde::{Deserialize, Serialize};

use crate::domain::{
    ids::{PersonId, PlaceId, ProductId, Seq, Serial},
    quantity::Dimension,
    words::words,
};

words! {
    /// Where an amount can be.
    Account {
        /// Where receipts come from.
        Supplier = "supplier" "供货单位",
        /// What was there when the book began (期初).
        Opening = "opening" "期初",
        /// In a container, at a place or with a holder.
        Container = "container" "容器",
        /// With a person, out of its container (领用在手).
        Held = "held" "领用在手",
        /// Used up.
        Consumed = "consumed" "已使用",
        /// In a container that is waste.
        Waste = "waste" "废弃物",
        /// What went into mixtures, and what was made of it (配制).
        Made = "made" "配制",
        /// Gone for good.
        Disposed = "disposed" "已处置",
        /// In a waste container (废物容器), which the act of the entry names.
        Vessel = "vessel" "废物容器",
        /// What a count found more or less than was in the book.
        Variance = "variance" "盘盈盘亏",
        /// What is missing and was reported.
        Lost = "lost" "丢失",
        /// In a container that is on the road to another institution, or back from it.
        InTransit = "in_transit" "在途",
        /// At the other institution of a transfer: the act of the entry says which.
        Peer = "peer" "对方单位",
    }
}

impl Account {
    /// Whether it is what containers hold: their lines say the same.
    #[must_use]
    pub const fn is_content(self) -> bool {
        matches!(self, Self::Container | Self::Waste | Self::InTransit)
    }
}

/// Amounts in entries are decimal strings: JSON numbers above 2^53 do not survive JavaScript.
pub mod amount {
    use serde::{Deserialize, Deserializer, Serializer, de};

    /// Writes the decimal digits.
    ///
    /// # Errors
    /// Only what the serializer itself reports.
    pub fn serialize<S: Serializer>(value: &i64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    /// Reads decimal digits, refusing anything that would be written differently.
    ///
    /// # Errors
    /// Text that is not the canonical decimal form of an `i64`.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse::<i64>()
            .ok()
            .filter(|value| value.to_string() == text)
            .ok_or_else(|| de::Error::custom("not a decimal integer"))
    }

    /// The same for an amount that may be absent.
    pub mod maybe {
        use serde::{Deserialize, Deserializer, Serialize, Serializer};

        #[derive(Serialize, Deserialize)]
        struct Written(#[serde(with = "super")] i64);

        /// Writes the decimal digits.
        ///
        /// # Errors
        /// Only what the serializer itself reports.
        pub fn serialize<S: Serializer>(
            value: &Option<i64>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            value.map(Written).serialize(serializer)
        }

        /// Reads decimal digits.
        ///
        /// # Errors
        /// Text that is not the canonical decimal form of an `i64`.
        pub fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<i64>, D::Error> {
            Ok(Option::<Written>::deserialize(deserializer)?.map(|written| written.0))
        }
    }
}

/// One line of a balanced entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Posting {
    /// Where the amount is.
    pub account: Account,
    /// The container concerned.
    pub container: Serial,
    /// What it is.
    pub product: ProductId,
    /// In which dimension.
    pub dimension: Dimension,
    /// The place, when the container stands at one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceId>,
    /// The person, when it is with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<PersonId>,
    /// For `held`: the checkout it belongs to; absent in the checkout itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkout: Option<Seq>,
    /// Base units (µg, nL, pieces); positive arrives, negative leaves.
    #[serde(with = "amount")]
    pub amount: i64,
}
