//! Amounts as people type and read them: `1.5 MAI`, `250000 asset:1`, `12.5 USDT`.
//!
//! Nothing here is a floating-point number: digits are read and written as they stand, and what
//! cannot be said exactly in the asset's smallest unit is refused.

use myai_primitives::{Amount, Asset, Balance};
use std::{collections::BTreeMap, fmt, str::FromStr};

/// Decimals of the token: 1 MAI is 10¹² pico.
pub const MAI_DECIMALS: u8 = 12;

/// What an asset of pallet-assets is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssetName {
    /// Letters and digits, at most 16.
    pub symbol: String,
    /// How many the symbol's unit has: with 6, 1 USDT is 10⁶ smallest units.
    pub decimals: u8,
}

/// The names of the assets that the chain knows; without them an asset is `asset:ID`, in its
/// smallest unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssetNames(BTreeMap<u32, AssetName>);

impl AssetNames {
    /// Adds one. A name that could be taken for another unit is left out, as is one that another
    /// asset has already: neither could be typed without doubt.
    pub fn insert(&mut self, id: u32, name: AssetName) {
        let symbol = &name.symbol;
        let plain = !symbol.is_empty()
            && symbol.len() <= 16
            && symbol.starts_with(|c: char| c.is_ascii_alphabetic())
            && symbol.chars().all(|c| c.is_ascii_alphanumeric());
        let taken = ["MAI", "PICO", "ASSET"]
            .iter()
            .any(|t| symbol.eq_ignore_ascii_case(t))
            || self
                .0
                .values()
                .any(|n| n.symbol.eq_ignore_ascii_case(symbol));
        if plain && !taken && name.decimals <= 30 {
            self.0.insert(id, name);
        }
    }

    fn by_symbol(&self, symbol: &str) -> Option<(u32, &AssetName)> {
        self.0
            .iter()
            .find(|(_, n)| n.symbol.eq_ignore_ascii_case(symbol))
            .map(|(id, n)| (*id, n))
    }

    /// `units` of `asset` as text: exact, without needless zeros.
    pub fn show(&self, asset: &Asset, units: Balance) -> String {
        match asset {
            Asset::Native => format!("{} MAI", decimal(units, MAI_DECIMALS)),
            Asset::Id(id) => match self.0.get(id) {
                Some(n) => format!("{} {} (asset:{id})", decimal(units, n.decimals), n.symbol),
                None => format!("{units} asset:{id}"),
            },
        }
    }

    /// An [`Amount`] as text.
    pub fn amount(&self, amount: &Amount) -> String {
        self.show(&amount.asset, amount.value)
    }
}

/// `MAI`, or `asset:ID`.
pub fn asset_text(asset: &Asset) -> String {
    match asset {
        Asset::Native => "MAI".into(),
        Asset::Id(id) => format!("asset:{id}"),
    }
}

/// Why a text is not an amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// It does not begin with a digit.
    #[error("an amount needs a number first, as in `1.5 MAI`")]
    NoNumber,
    /// Other signs than digits and one point.
    #[error("`{0}` is not a number: only digits and one point may stand in it")]
    NotANumber(String),
    /// A number alone.
    #[error("say of what: `{0} MAI`, or `{0} asset:1` for an asset's smallest units")]
    NoUnit(String),
    /// The unit is not `MAI`, `pico`, `asset:ID` or a symbol.
    #[error("`{0}` is not a unit of money: write `MAI`, `asset:1` or an accepted asset's symbol")]
    NotAUnit(String),
    /// A symbol that no accepted asset has.
    #[error("no accepted asset is called `{0}`; write `asset:ID` with its smallest units")]
    UnknownSymbol(String),
    /// It cannot be said exactly in the asset's smallest unit.
    #[error("{unit} has {decimals} decimals; `{number}` has more")]
    TooFine {
        /// As typed.
        number: String,
        /// As typed, or the asset's symbol.
        unit: String,
        /// Those that the unit has.
        decimals: u8,
    },
    /// It has more smallest units than 128 bits count.
    #[error("`{0}` is larger than any balance")]
    TooLarge(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum TypedUnit {
    Mai,
    Pico,
    Id(u32),
    Symbol(String),
}

/// An amount as it was typed. [`TypedAmount::resolve`] makes units of it once the names of assets are
/// known; for MAI and `asset:ID` it was checked when it was parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedAmount {
    number: String,
    unit: TypedUnit,
}

impl FromStr for TypedAmount {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        let text = text.trim();
        let end = text
            .find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_' || c == ','))
            .unwrap_or(text.len());
        let (number, unit) = (text[..end].trim(), text[end..].trim());
        if number.is_empty() {
            return Err(AmountError::NoNumber);
        }
        let digits = number.replace('_', "");
        let parts: Vec<&str> = digits.split('.').collect();
        let sound = parts.len() <= 2
            && parts
                .iter()
                .all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()));
        if !sound {
            return Err(AmountError::NotANumber(number.into()));
        }
        let unit = match unit {
            "" => return Err(AmountError::NoUnit(number.into())),
            u if u.eq_ignore_ascii_case("mai") => TypedUnit::Mai,
            u if u.eq_ignore_ascii_case("pico") => TypedUnit::Pico,
            u => match u.split_once(':') {
                Some((word, id)) if word.eq_ignore_ascii_case("asset") => TypedUnit::Id(
                    id.trim()
                        .parse()
                        .map_err(|_| AmountError::NotAUnit(u.into()))?,
                ),
                _ if u.bytes().all(|b| b.is_ascii_alphanumeric()) => TypedUnit::Symbol(u.into()),
                _ => return Err(AmountError::NotAUnit(u.into())),
            },
        };
        let typed = TypedAmount {
            number: digits,
            unit,
        };
        if !matches!(typed.unit, TypedUnit::Symbol(_)) {
            typed.resolve(&AssetNames::default())?;
        }
        Ok(typed)
    }
}

impl TypedAmount {
    /// Whether the names of assets are needed to understand it.
    pub fn needs_names(&self) -> bool {
        matches!(self.unit, TypedUnit::Symbol(_))
    }

    /// In the asset's smallest unit.
    pub fn resolve(&self, names: &AssetNames) -> Result<Amount, AmountError> {
        let (asset, unit, decimals) = match &self.unit {
            TypedUnit::Mai => (Asset::Native, "MAI".to_string(), MAI_DECIMALS),
            TypedUnit::Pico => (Asset::Native, "pico".to_string(), 0),
            TypedUnit::Id(id) => (Asset::Id(*id), format!("asset:{id}"), 0),
            TypedUnit::Symbol(symbol) => {
                let (id, name) = names
                    .by_symbol(symbol)
                    .ok_or_else(|| AmountError::UnknownSymbol(symbol.clone()))?;
                (Asset::Id(id), name.symbol.clone(), name.decimals)
            }
        };
        Ok(Amount {
            asset,
            value: units(&self.number, &unit, decimals)?,
        })
    }
}

impl fmt::Display for TypedAmount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.unit {
            TypedUnit::Mai => write!(f, "{} MAI", self.number),
            TypedUnit::Pico => write!(f, "{} pico", self.number),
            TypedUnit::Id(id) => write!(f, "{} asset:{id}", self.number),
            TypedUnit::Symbol(s) => write!(f, "{} {s}", self.number),
        }
    }
}

/// The asset that a word names: `MAI`, `asset:ID` or a symbol.
pub fn parse_asset(text: &str, names: &AssetNames) -> Result<Asset, AmountError> {
    format!("0 {}", text.trim())
        .parse::<TypedAmount>()?
        .resolve(names)
        .map(|a| a.asset)
}

/// A number of digits with at most one point as units of 10^-decimals.
fn units(number: &str, unit: &str, decimals: u8) -> Result<Balance, AmountError> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > decimals as usize {
        return Err(AmountError::TooFine {
            number: number.into(),
            unit: unit.into(),
            decimals,
        });
    }
    let digits = format!("{whole}{fraction:0<width$}", width = decimals as usize);
    digits
        .parse()
        .map_err(|_| AmountError::TooLarge(number.into()))
}

/// Units of 10^-decimals as a number of digits.
fn decimal(units: Balance, decimals: u8) -> String {
    let decimals = decimals as usize;
    let digits = format!("{units:0>width$}", width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    match fraction.trim_end_matches('0') {
        "" => whole.into(),
        fraction => format!("{whole}.{fraction}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> AssetNames {
        let mut names = AssetNames::default();
        names.insert(
            1984,
            AssetName {
                symbol: "USDT".into(),
                decimals: 6,
            },
        );
        names
    }

    fn read(text: &str) -> Result<(Asset, Balance), AmountError> {
        let amount = text.parse::<TypedAmount>()?.resolve(&names())?;
        Ok((amount.asset, amount.value))
    }

    #[test]
    fn amounts_are_read_to_the_unit() {
        assert_eq!(read("1.5 MAI"), Ok((Asset::Native, 1_500_000_000_000)));
        assert_eq!(read("1.5mai"), Ok((Asset::Native, 1_500_000_000_000)));
        assert_eq!(read("0.000000000001 MAI"), Ok((Asset::Native, 1)));
        assert_eq!(
            read("1.50000000000000000000 MAI"),
            Ok((Asset::Native, 1_500_000_000_000))
        );
        assert_eq!(read("7 pico"), Ok((Asset::Native, 7)));
        assert_eq!(read("250000 asset:1"), Ok((Asset::Id(1), 250_000)));
        assert_eq!(read("250_000 asset:1"), Ok((Asset::Id(1), 250_000)));
        assert_eq!(read("12.5 usdt"), Ok((Asset::Id(1984), 12_500_000)));
        assert_eq!(read("0 MAI"), Ok((Asset::Native, 0)));
        assert_eq!(
            read("340282366920938463463374607431768211455 pico"),
            Ok((Asset::Native, u128::MAX))
        );
    }

    #[test]
    fn errors_say_what_is_wrong() {
        let is = |text: &str, error: &str| assert_eq!(read(text).unwrap_err().to_string(), error);
        is("", "an amount needs a number first, as in `1.5 MAI`");
        is("-1 MAI", "an amount needs a number first, as in `1.5 MAI`");
        is(
            "1.5",
            "say of what: `1.5 MAI`, or `1.5 asset:1` for an asset's smallest units",
        );
        is(
            "1,5 MAI",
            "`1,5` is not a number: only digits and one point may stand in it",
        );
        is(
            "1. MAI",
            "`1.` is not a number: only digits and one point may stand in it",
        );
        is(
            "1.2.3 MAI",
            "`1.2.3` is not a number: only digits and one point may stand in it",
        );
        is(
            "0.0000000000001 MAI",
            "MAI has 12 decimals; `0.0000000000001` has more",
        );
        is("1.5 asset:1", "asset:1 has 0 decimals; `1.5` has more");
        is(
            "0.0000001 USDT",
            "USDT has 6 decimals; `0.0000001` has more",
        );
        let unit = |u: &str| AmountError::NotAUnit(u.into());
        assert_eq!(read("1 asset:x"), Err(unit("asset:x")));
        assert_eq!(read("1e3 MAI"), Err(unit("e3 MAI")));
        is(
            "1 ABC",
            "no accepted asset is called `ABC`; write `asset:ID` with its smallest units",
        );
        is(
            "340282366920938463463374607431768211456 pico",
            "`340282366920938463463374607431768211456` is larger than any balance",
        );
        is(
            "340282366920938463463374608 MAI",
            "`340282366920938463463374608` is larger than any balance",
        );
    }

    #[test]
    fn what_is_shown_reads_back() {
        let names = names();
        for asset in [Asset::Native, Asset::Id(1), Asset::Id(1984)] {
            for units in [0, 1, 10, 999_999, 1_000_000, 1_500_000_000_000, u128::MAX] {
                let shown = names.show(&asset, units);
                let text = shown.split(" (").next().unwrap();
                assert_eq!(read(text), Ok((asset, units)), "{shown}");
            }
        }
        assert_eq!(names.show(&Asset::Native, 1), "0.000000000001 MAI");
        assert_eq!(
            names.show(&Asset::Id(1984), 12_500_000),
            "12.5 USDT (asset:1984)"
        );
        assert_eq!(names.show(&Asset::Id(2), 7), "7 asset:2");
    }

    #[test]
    fn a_name_that_could_deceive_is_not_used() {
        let mut names = names();
        names.insert(
            3,
            AssetName {
                symbol: "mai".into(),
                decimals: 2,
            },
        );
        names.insert(
            4,
            AssetName {
                symbol: "usdt".into(),
                decimals: 2,
            },
        );
        names.insert(
            5,
            AssetName {
                symbol: "A B".into(),
                decimals: 2,
            },
        );
        for id in [3, 4, 5] {
            assert_eq!(names.show(&Asset::Id(id), 100), format!("100 asset:{id}"));
        }
        assert_eq!(parse_asset("USDT", &names), Ok(Asset::Id(1984)));
        assert_eq!(parse_asset("mai", &names), Ok(Asset::Native));
        assert_eq!(parse_asset("asset:4", &names), Ok(Asset::Id(4)));
    }
}
