//! Each rule and each [`ClauseError`], and the bytes that are hashed and stored.

mod conditions;
mod families;
mod obligations;
mod share_alike;

use super::*;
use alloc::{collections::BTreeMap, vec};
use codec::DecodeAll;
use ClauseError::*;

const NATIVE: Asset = Asset::Native;
const DOLLAR: Asset = Asset::Id(1984);

/// Versions and terms by what they come to: as much of a registry as the rules need.
#[derive(Default)]
struct Family {
    effective: BTreeMap<Licensor, Effective>,
    published: u32,
}

/// A version before it is published.
#[derive(Clone, Debug)]
struct Draft {
    clauses: Clauses,
    unit: Unit,
    price: Amount,
    lines: Vec<(Licensor, Ppm)>,
    /// Those of the lines that belong to the publisher.
    owned: Vec<Licensor>,
}

fn draft(clauses: Clauses) -> Draft {
    Draft {
        clauses,
        unit: Unit::Call,
        price: Amount {
            asset: NATIVE,
            value: 0,
        },
        lines: Vec::new(),
        owned: Vec::new(),
    }
}

impl Draft {
    fn on(mut self, base: Licensor, share: u32) -> Self {
        self.lines.push((base, Ppm(share)));
        self
    }

    fn price(mut self, value: Balance) -> Self {
        self.price.value = value;
        self
    }

    fn sold_in(mut self, unit: Unit, asset: Asset) -> Self {
        self.unit = unit;
        self.price.asset = asset;
        self
    }
}

impl Family {
    fn terms(&mut self, dataset: u32, number: TermsNumber, clauses: &Clauses) -> Licensor {
        clauses.ensure_sound().unwrap();
        let (dataset, source) = (
            DatasetId(dataset),
            Licensor::Dataset(DatasetId(dataset), number),
        );
        let effective = Effective::of_terms(dataset, number, clauses);
        self.effective.insert(source, effective);
        source
    }

    /// The id that the next version will have.
    fn next(&self) -> Licensor {
        Licensor::Version(VersionId(self.published))
    }

    fn inherit(&self, draft: &Draft) -> Result<Effective, ClauseError> {
        let parents: Vec<Parent> = draft
            .lines
            .iter()
            .map(|(source, share)| Parent {
                source: *source,
                effective: &self.effective[source],
                share: *share,
                own: draft.owned.contains(source),
            })
            .collect();
        let own = Own {
            source: self.next(),
            clauses: &draft.clauses,
            unit: draft.unit,
            price: draft.price,
        };
        inherit(&parents, &own)
    }

    fn publish(&mut self, draft: &Draft) -> Result<Licensor, ClauseError> {
        let effective = self.inherit(draft)?;
        let source = self.next();
        self.effective.insert(source, effective);
        self.published += 1;
        Ok(source)
    }

    fn published(&mut self, draft: Draft) -> Licensor {
        self.publish(&draft).unwrap()
    }

    #[track_caller]
    fn refuses(&self, draft: Draft, error: ClauseError) {
        assert_eq!(self.inherit(&draft).err(), Some(error));
    }

    fn of(&self, source: Licensor) -> &Effective {
        &self.effective[&source]
    }
}

fn text(text: &str) -> Text {
    text.as_bytes().to_vec().try_into().unwrap()
}

fn file(byte: u8) -> File {
    File::new([byte; 32], 100, &["https://example.org/file"]).unwrap()
}

fn open() -> Clauses {
    Clauses::open(text("Apache-2.0"))
}

fn but(mut clauses: Clauses, change: impl FnOnce(&mut ClausesV1)) -> Clauses {
    change(&mut clauses);
    clauses
}

fn royalty(share: u32, alternatives: &[(Unit, Asset, Balance, Balance)]) -> Royalty {
    let alternatives: Vec<_> = alternatives
        .iter()
        .map(|&(unit, asset, floor, max_fee)| Alternative {
            unit,
            asset,
            floor,
            max_fee,
        })
        .collect();
    Royalty {
        share: Ppm(share),
        alternatives: alternatives.try_into().unwrap(),
    }
}

/// A tenth, at least 30 for a call, and at most 50 of fees.
fn a_tenth() -> Clauses {
    but(open(), |c| {
        c.royalty = royalty(100_000, &[(Unit::Call, NATIVE, 30, 50)])
    })
}

fn limit(unit: Unit, asset: Asset, max_fee: Balance) -> Commercial {
    Commercial::Forbidden {
        fees: Some(FeeLimit {
            unit,
            asset,
            max_fee,
        }),
    }
}

fn research_only(fees: Commercial) -> Clauses {
    but(Clauses::open(text("LicenseRef-Research")), |c| {
        c.commercial = fees
    })
}

/// Share-alike, with nothing else asked.
fn share_alike() -> Clauses {
    but(Clauses::open(text("CC-BY-SA-4.0")), |c| {
        c.text = Some(file(0xcc));
        c.share_alike = true;
    })
}

/// What keeps [`share_alike`].
fn alike() -> Clauses {
    but(share_alike(), |c| {
        c.share_alike = false;
        c.irrevocable = true;
    })
}

fn open_draft() -> Draft {
    draft(open())
}

// What can be stated.

#[test]
fn license_is_a_printable_expression() {
    for good in ["Apache-2.0", "MIT OR CC-BY-4.0"] {
        assert_eq!(Clauses::open(text(good)).ensure_sound(), Ok(()));
    }
    for bad in ["", "  ", "Größe", "MIT\n"] {
        assert_eq!(
            Clauses::open(text(bad)).ensure_sound(),
            Err(LicenseNotText),
            "{bad:?}"
        );
    }
}

#[test]
fn attribution_is_text_that_is_shown_as_it_is() {
    for good in ["", "Built with Llama"] {
        assert_eq!(
            but(open(), |c| c.attribution = text(good)).ensure_sound(),
            Ok(())
        );
    }
    for bad in [" ", "a\u{202e}b", "a\nb"] {
        let clauses = but(open(), |c| c.attribution = text(bad));
        assert_eq!(clauses.ensure_sound(), Err(AttributionNotText), "{bad:?}");
    }
}

#[test]
fn royalty_without_a_floor_is_refused() {
    let call = (Unit::Call, NATIVE, 1, 0);
    for good in [
        &[call][..],
        &[call, (Unit::Second, NATIVE, 1, 0)],
        &[call, (Unit::Call, DOLLAR, 1, 0)],
    ] {
        let clauses = but(open(), |c| c.royalty = royalty(1, good));
        assert_eq!(clauses.ensure_sound(), Ok(()));
    }
    for bad in [
        &[][..],
        &[(Unit::Call, NATIVE, 0, 10)],
        &[call, (Unit::Second, NATIVE, 0, 10)],
        &[call, (Unit::Call, NATIVE, 2, 10)],
    ] {
        let clauses = but(open(), |c| c.royalty = royalty(1, bad));
        assert_eq!(clauses.ensure_sound(), Err(RoyaltyWithoutFloor));
        Family::default().refuses(draft(clauses), RoyaltyWithoutFloor);
    }
}

#[test]
fn royalty_of_zero_has_no_floors() {
    let clauses = but(open(), |c| {
        c.royalty = royalty(0, &[(Unit::Call, NATIVE, 1, 0)])
    });
    assert_eq!(clauses.ensure_sound(), Err(FloorWithoutRoyalty));
}

#[test]
fn fee_limit_of_zero_is_refused() {
    for (fees, expected) in [
        (limit(Unit::Call, NATIVE, 0), Err(FeeLimitZero)),
        (limit(Unit::Call, NATIVE, 1), Ok(())),
        (Commercial::Forbidden { fees: None }, Ok(())),
    ] {
        assert_eq!(research_only(fees).ensure_sound(), expected);
    }
}

// Bytes.

fn hex(bytes: &[u8]) -> alloc::string::String {
    bytes.iter().map(|b| alloc::format!("{b:02x}")).collect()
}

#[test]
fn policies_hash_is_of_sorted_distinct_hashes() {
    assert_eq!(policies_hash(&[]), None);
    let golden = "39c7c6c7d1d5b1431edc47b70e96e8fd3287fcc53966d21e0206f13a2614f7c4";
    for policies in [&[[1; 32], [2; 32]][..], &[[2; 32], [1; 32], [2; 32]]] {
        assert_eq!(hex(&policies_hash(policies).unwrap()), golden);
    }
    assert_eq!(
        hex(&policies_hash(&[[0xab; 32]]).unwrap()),
        "ce63a5441aa626e9fef8e1ec4002f1d80dd1c0e9945250796166277dbb791c95"
    );
}

#[test]
fn license_hash_is_of_expression_and_text() {
    assert_eq!(
        hex(&open().license_hash()),
        "1cf1413fff972e98ec964c9889f39b7f0fb318faf1fc60e2db6eae7a4d65d7fd"
    );
    assert_eq!(
        hex(&share_alike().license_hash()),
        "df872b9db7c92e80b0b936abe7f4a1be0c003b904ff47a62bbd18e47537dfd80"
    );
    // Where the text is to be had is of no account.
    let moved = but(share_alike(), |c| {
        c.text = File::new([0xcc; 32], 7, &["https://example.com/moved"])
    });
    assert_eq!(moved.license_hash(), share_alike().license_hash());
}

#[test]
fn clauses_encode_to_known_bytes() {
    let clauses = Clauses::V1(ClausesV1 {
        license: text("CC-BY-SA-4.0"),
        text: Some(file(0xcc)),
        derivatives: Derivatives::Approval,
        royalty: royalty(
            50_000,
            &[
                (Unit::ThousandTokens, NATIVE, 30, 1_000),
                (Unit::Call, DOLLAR, 1, 0),
            ],
        ),
        irrevocable: true,
        commercial: limit(Unit::Megapixel, NATIVE, 5),
        hosting: Access::Approval,
        users: Access::Anyone,
        use_policy: None,
        share_alike: true,
        attribution: text("Built with it"),
    });
    let golden = concat!(
        "013043432d42592d53412d342e3001cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
        "cccc9101046068747470733a2f2f6578616d706c652e6f72672f66696c650150c3000008010078a10f0001c007",
        "0000040001010103001401000001344275696c742077697468206974",
    );
    assert_eq!(hex(&clauses.encode()), golden);
    assert_eq!(Clauses::decode_all(&mut &clauses.encode()[..]), Ok(clauses));
}
