//! Words and numbers as people type them, on the command line or in a TOML file: ids, durations,
//! choices, shares.

use myai_chain_client::{AccountId, Key};
use myai_primitives::{
    Access, ApprovalKind, Category, DataSource, DatasetId, Derivatives, Disclosure, GrantId,
    ModelId, Numerics, Openness, Ppm, SplitId, Tick, Unit, VersionId,
};
use myai_sdk::{amount::TypedAmount, words::TICK_SECONDS, ModelRef};
use serde::{de, Deserialize, Deserializer};
use std::{fmt, marker::PhantomData, str::FromStr};

/// A number with at most one letter in front: `7` or `v7`.
fn number<T: FromStr>(text: &str, letter: char, what: &str) -> Result<T, String> {
    let digits = text.strip_prefix(letter).unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    match digits.parse() {
        Ok(n) if plain => Ok(n),
        _ => Err(format!(
            "`{text}` is not a {what}'s number, such as `7` or `{letter}7`"
        )),
    }
}

/// `v3` or `3`.
pub fn version_id(text: &str) -> Result<VersionId, String> {
    number(text, 'v', "version").map(VersionId)
}

/// `m3` or `3`.
pub fn model_id(text: &str) -> Result<ModelId, String> {
    number(text, 'm', "model").map(ModelId)
}

/// `d3` or `3`.
pub fn dataset_id(text: &str) -> Result<DatasetId, String> {
    number(text, 'd', "dataset").map(DatasetId)
}

/// `g3` or `3`.
pub fn grant_id(text: &str) -> Result<GrantId, String> {
    number(text, 'g', "grant").map(GrantId)
}

/// `s3` or `3`.
pub fn split_id(text: &str) -> Result<SplitId, String> {
    number(text, 's', "split").map(SplitId)
}

/// `g2`, a grant, or `d4`, a dataset.
pub fn data_source(text: &str) -> Result<DataSource, String> {
    let source = match text.as_bytes().first() {
        Some(b'g') => grant_id(text).map(DataSource::Grant),
        Some(b'd') => dataset_id(text).map(DataSource::Dataset),
        _ => Err(String::new()),
    };
    source
        .map_err(|_| format!("`{text}` is neither a grant such as `g2` nor a dataset such as `d4`"))
}

/// An account on the command line: an address, a public key, or `//Alice`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountArg(pub AccountId);

impl FromStr for AccountArg {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        if text.starts_with("//") {
            return Key::from_uri(text)
                .map(|k| Self(k.account()))
                .map_err(|e| e.to_string());
        }
        AccountId::from_str(text).map(Self).map_err(|_| {
            format!("`{text}` is not an account: write an address, a 0x public key, or //Alice")
        })
    }
}

impl fmt::Display for AccountArg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The argument of `dataset show` and `dataset remove`: a dataset (`4` or `d4`) or a grant (`g2`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataTarget {
    Dataset(DatasetId),
    Grant(GrantId),
}

impl FromStr for DataTarget {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text.starts_with('g') {
            true => grant_id(text).map(Self::Grant),
            false => dataset_id(text).map(Self::Dataset),
        }
    }
}

/// A duration in ticks: a bare number counts ticks; `90s`, `10m`, `2h`, `1d` count time at six
/// seconds a tick, rounded up.
pub fn ticks(text: &str) -> Result<Tick, String> {
    let bad = || format!("`{text}` is not a duration: write ticks, or 90s, 10m, 2h, 1d");
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let n: u64 = digits.parse().map_err(|_| bad())?;
    let seconds = match &text[digits.len()..] {
        "" => return Tick::try_from(n).map_err(|_| bad()),
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(bad()),
    };
    let ticks = n
        .checked_mul(seconds)
        .ok_or_else(bad)?
        .div_ceil(TICK_SECONDS);
    Tick::try_from(ticks).map_err(|_| bad())
}

/// A time to wait, in seconds: `90`, `90s`, `10m`, `2h`.
pub fn seconds(text: &str) -> Result<u64, String> {
    let bad = || format!("`{text}` is not a time: write seconds, or 90s, 10m, 2h");
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let n: u64 = digits.parse().map_err(|_| bad())?;
    let each = match &text[digits.len()..] {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3_600,
        _ => return Err(bad()),
    };
    n.checked_mul(each).ok_or_else(bad)
}

/// Parts per million: `250000`, or a percentage with at most four decimals: `2.5%`.
pub fn ppm(text: &str) -> Result<Ppm, String> {
    let bad = || {
        format!("`{text}` is not a share: write parts per million, or a percentage such as 2.5%")
    };
    let parts = match text.strip_suffix('%') {
        None if text.bytes().all(|b| b.is_ascii_digit()) => text.parse().map_err(|_| bad())?,
        None => return Err(bad()),
        Some(number) => {
            let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
            let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
            if !digits(whole) || !digits(fraction) || fraction.len() > 4 {
                return Err(bad());
            }
            format!("{whole}{fraction:0<4}")
                .parse()
                .map_err(|_| bad())?
        }
    };
    if parts > Ppm::MILLION.0 {
        return Err(format!("`{text}` is more than the whole"));
    }
    Ok(Ppm(parts))
}

/// Parts per million as a percentage, exactly.
pub fn percent(ppm: Ppm) -> String {
    let (whole, fraction) = (ppm.0 / 10_000, ppm.0 % 10_000);
    match format!("{fraction:04}").trim_end_matches('0') {
        "" => format!("{whole}%"),
        fraction => format!("{whole}.{fraction}%"),
    }
}

/// `WHAT:PPM`, cut at the last colon.
pub fn line(text: &str) -> Result<(&str, Ppm), String> {
    let (what, share) = text
        .rsplit_once(':')
        .filter(|(what, _)| !what.is_empty())
        .ok_or_else(|| format!("`{text}` has no share: write it as NUMBER:PPM"))?;
    Ok((what, ppm(share)?))
}

/// `ThousandTokens` as `thousand-tokens`.
pub fn kebab(variant: impl fmt::Debug) -> String {
    let mut word = String::new();
    for c in format!("{variant:?}").chars() {
        if c.is_ascii_uppercase() && !word.is_empty() {
            word.push('-');
        }
        word.push(c.to_ascii_lowercase());
    }
    word
}

/// A word for each variant of one of the chain's enumerations, as it is typed and shown.
pub trait Choice: Copy + fmt::Debug + 'static {
    const WHAT: &'static str;
    fn all() -> &'static [Self];

    fn word(self) -> String {
        kebab(self)
    }

    fn read(text: &str) -> Result<Self, String> {
        let typed = text.to_ascii_lowercase().replace('_', "-");
        Self::all()
            .iter()
            .copied()
            .find(|c| c.word() == typed)
            .ok_or_else(|| {
                let words: Vec<String> = Self::all().iter().map(|c| c.word()).collect();
                format!("`{text}` is not a {}: {}", Self::WHAT, words.join(", "))
            })
    }
}

macro_rules! choice {
    ($($name:ident $what:literal),* $(,)?) => {$(
        impl Choice for $name {
            const WHAT: &'static str = $what;
            fn all() -> &'static [Self] {
                Self::ALL
            }
        }
    )*};
}

choice!(
    Access "kind of access",
    Category "category",
    Derivatives "choice for derivatives",
    Openness "degree of openness",
    Unit "unit",
);

impl Choice for Numerics {
    const WHAT: &'static str = "kind of numerics";
    fn all() -> &'static [Self] {
        Self::ALL
    }
    fn word(self) -> String {
        match self {
            Self::Float => "float".into(),
            Self::IntV1 => "int-v1".into(),
        }
    }
}

impl Choice for ApprovalKind {
    const WHAT: &'static str = "kind of approval";
    fn all() -> &'static [Self] {
        &[Self::Host, Self::User]
    }
}

/// Whether commercial use is allowed. The limit of fees where it is not is an option of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommercialUse {
    Allowed,
    Forbidden,
}

impl Choice for CommercialUse {
    const WHAT: &'static str = "choice for commercial use";
    fn all() -> &'static [Self] {
        &[Self::Allowed, Self::Forbidden]
    }
}

/// `open` for all three, or `source,training-data,checkpoints` one by one.
pub fn disclosure(text: &str) -> Result<Disclosure, String> {
    let words: Vec<Openness> = text
        .split(',')
        .map(|w| Openness::read(w.trim()))
        .collect::<Result<_, _>>()?;
    match words[..] {
        [all] => Ok(Disclosure {
            source: all,
            training_data: all,
            checkpoints: all,
        }),
        [source, training_data, checkpoints] => Ok(Disclosure {
            source,
            training_data,
            checkpoints,
        }),
        _ => Err(format!(
            "`{text}`: give one word, or three for source,training data,checkpoints"
        )),
    }
}

/// What can be read from one word.
pub trait Word: Sized {
    fn from_word(text: &str) -> Result<Self, String>;
}

impl<C: Choice> Word for C {
    fn from_word(text: &str) -> Result<Self, String> {
        Self::read(text)
    }
}

macro_rules! words {
    ($($ty:ty = $read:expr),* $(,)?) => {$(
        impl Word for $ty {
            fn from_word(text: &str) -> Result<Self, String> {
                $read(text).map_err(|e| e.to_string())
            }
        }
    )*};
}

words!(
    AccountArg = AccountArg::from_str,
    DataSource = data_source,
    ModelRef = ModelRef::from_str,
    Ppm = ppm,
    Tick = ticks,
    TypedAmount = TypedAmount::from_str,
    VersionId = version_id,
);

/// A word of a TOML file: text, or a plain number.
pub fn word<'de, D: Deserializer<'de>, T: Word>(file: D) -> Result<T, D::Error> {
    struct Visitor<T>(PhantomData<T>);

    impl<T: Word> de::Visitor<'_> for Visitor<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a word or a whole number")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
            T::from_word(text).map_err(E::custom)
        }

        fn visit_i64<E: de::Error>(self, number: i64) -> Result<T, E> {
            self.visit_str(&number.to_string())
        }
    }

    file.deserialize_any(Visitor(PhantomData))
}

/// Such a word, where it may be missing.
pub fn maybe<'de, D: Deserializer<'de>, T: Word>(file: D) -> Result<Option<T>, D::Error> {
    word(file).map(Some)
}

/// The three words of a disclosure, each by its name.
pub fn disclosure_table<'de, D: Deserializer<'de>>(
    file: D,
) -> Result<Option<Disclosure>, D::Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Table {
        #[serde(deserialize_with = "word")]
        source: Openness,
        #[serde(deserialize_with = "word")]
        training_data: Openness,
        #[serde(deserialize_with = "word")]
        checkpoints: Openness,
    }
    let table = Table::deserialize(file)?;
    Ok(Some(Disclosure {
        source: table.source,
        training_data: table.training_data,
        checkpoints: table.checkpoints,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";

    #[test]
    fn accounts_are_addresses_public_keys_or_development_names() {
        let alice: AccountArg = ALICE.parse().unwrap();
        let hex = format!("0x{}", hex::encode::<&[u8]>(alice.0.as_ref()));
        assert_eq!("//Alice".parse(), Ok(alice.clone()));
        assert_eq!(hex.parse(), Ok(alice.clone()));
        assert_eq!(alice.to_string(), ALICE);
        let mistyped = ALICE.replace("utQY", "utQX");
        for bad in ["", "alice", "0x12", mistyped.as_str()] {
            assert!(bad.parse::<AccountArg>().is_err(), "{bad}");
        }
    }

    #[test]
    fn numbers_take_their_letter_and_no_other() {
        assert_eq!(version_id("v3"), Ok(VersionId(3)));
        assert_eq!(version_id("3"), Ok(VersionId(3)));
        assert_eq!(split_id("s3"), Ok(SplitId(3)));
        assert_eq!(data_source("g2"), Ok(DataSource::Grant(GrantId(2))));
        assert_eq!(data_source("d4"), Ok(DataSource::Dataset(DatasetId(4))));
        for bad in ["", "2", "g", "v2", "gd", "é"] {
            assert!(data_source(bad).is_err(), "{bad}");
        }
        assert_eq!("g2".parse(), Ok(DataTarget::Grant(GrantId(2))));
        for dataset in ["2", "d2"] {
            assert_eq!(dataset.parse(), Ok(DataTarget::Dataset(DatasetId(2))));
        }
        for bad in ["", "v", "m3", "+3", "-3", "3 ", "4294967296"] {
            assert!(version_id(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn durations_round_up_to_ticks() {
        assert_eq!(ticks("100"), Ok(100));
        assert_eq!(ticks("7s"), Ok(2));
        assert_eq!(ticks("10m"), Ok(100));
        assert_eq!(ticks("1d"), Ok(14_400));
        for bad in [
            "",
            "m",
            "1w",
            "-1",
            "1.5h",
            "99999999999999999999d",
            "4294967296",
        ] {
            assert!(ticks(bad).is_err(), "{bad}");
        }
        assert_eq!(seconds("10m"), Ok(600));
        assert!(seconds("1d").is_err());
    }

    #[test]
    fn shares_are_parts_per_million_or_percent() {
        assert_eq!(ppm("25000"), Ok(Ppm(25_000)));
        assert_eq!(ppm("2.5%"), Ok(Ppm(25_000)));
        assert_eq!(ppm("0.0001%"), Ok(Ppm(1)));
        assert_eq!(ppm("100%"), Ok(Ppm(1_000_000)));
        for bad in [
            "",
            "%",
            "1000001",
            "100.0001%",
            "0.00001%",
            "-1",
            "2.5",
            "+5",
            ".5%",
        ] {
            assert!(ppm(bad).is_err(), "{bad}");
        }
        assert_eq!(percent(Ppm(25_000)), "2.5%");
        assert_eq!(percent(Ppm(1)), "0.0001%");
        assert_eq!(percent(Ppm(1_000_000)), "100%");
    }

    #[test]
    fn lines_are_cut_at_the_last_colon() {
        assert_eq!(line("v3:50000"), Ok(("v3", Ppm(50_000))));
        assert_eq!(line("a:b:3%"), Ok(("a:b", Ppm(30_000))));
        for bad in ["3", ":5", "3:"] {
            assert!(line(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn choices_have_words() {
        assert_eq!(Numerics::read("int-v1"), Ok(Numerics::IntV1));
        assert_eq!(Unit::read("thousand-tokens"), Ok(Unit::ThousandTokens));
        assert_eq!(
            Category::read("medical-science"),
            Ok(Category::MedicalScience)
        );
        assert_eq!(
            Derivatives::read("all").unwrap_err(),
            "`all` is not a choice for derivatives: forbidden, approval, allowed"
        );
        let d = disclosure("open,partial,closed").unwrap();
        assert_eq!(
            (d.source, d.checkpoints),
            (Openness::Open, Openness::Closed)
        );
        assert_eq!(
            disclosure("closed").unwrap().training_data,
            Openness::Closed
        );
        assert!(disclosure("open,open").is_err());
    }
}
