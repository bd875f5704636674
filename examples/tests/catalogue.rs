//! The catalogue's licenses on the real runtime: the specs are read as `myai model publish` reads
//! them, and what a license forbids is refused.

#[expect(dead_code, reason = "the runtime's own tests use the rest")]
#[path = "../../runtime/tests/support/mod.rs"]
mod support;
use codec::{Decode, Encode};
use frame_support::assert_noop;
use myai_client::{
    args::{self, ModelPublish},
    version_file,
};
use myai_sdk::amount::AssetNames;
use pallet_inference_escrow::Call as Escrow;
use pallet_model_registry::Call as Registry;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};
use support::*;

type Error = pallet_model_registry::Error<Runtime>;

/// Entries that were derived from others, each after its base in the order of names.
const BASES: [(&str, &str); 1] = [("xgen-7b-8k-inst", "xgen-7b")];

/// An ONNX file of one operator that gives back the four floats that it takes.
const MODEL: &[u8] = b"\x08\x08:7\n\x10\n\x01x\x12\x01y\"\x08Identity\x12\x01g\
    Z\x0f\n\x01x\x12\n\n\x08\x08\x01\x12\x04\n\x02\x08\x04\
    b\x0f\n\x01y\x12\n\n\x08\x08\x01\x12\x04\n\x02\x08\x04B\x02\x10\x11";

const MANIFEST: &str = r#"{"format":"myai/manifest/1",
    "inputs":[{"name":"x","source":{"bytes":{"dtype":"float32","segments":[{}]}}}],
    "output":{"json":["y"]}}"#;

/// Every entry's name and spec, in the order of names. Nothing of the spec is another than the file
/// says, but small files stand in for the model, the manifest and the texts.
fn entries() -> Vec<(String, VersionSpec<AccountId>)> {
    let mut paths: Vec<PathBuf> = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/catalogue"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .collect();
    paths.sort_by_key(|path| path.file_stem().map(ToOwned::to_owned));
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> (String, VersionSpec<AccountId>) {
    let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
    let files = tempfile::tempdir().unwrap();
    let options: ModelPublish = args::parse(&fs::read_to_string(path).unwrap(), files.path())
        .unwrap_or_else(|e| panic!("{name}: {e}"));
    stand_in(&name, &options);
    let spec = version_file::version(&options, &AssetNames::default())
        .unwrap_or_else(|e| panic!("{name}: {e}"));
    // The client's accounts are of another type and the same bytes.
    (name, Decode::decode(&mut &spec.encode()[..]).unwrap())
}

fn stand_in(name: &str, options: &ModelPublish) {
    let write = |path: &Option<PathBuf>, bytes: &[u8]| {
        if let Some(path) = path {
            fs::write(path, bytes).unwrap();
        }
    };
    write(&options.file, MODEL);
    write(&options.manifest, MANIFEST.as_bytes());
    let text = format!("What the license or the policy of {name} says");
    write(&options.clauses.text.file, text.as_bytes());
    write(&options.clauses.use_policy.file, text.as_bytes());
}

/// The catalogue on a chain, registered by Alice.
struct Catalogue {
    versions: BTreeMap<String, VersionId>,
}

impl Catalogue {
    /// Publishes every entry as it stands.
    fn publish() -> Self {
        let mut versions = BTreeMap::new();
        for (name, mut spec) in entries() {
            if let Some((_, base)) = BASES.iter().find(|(derived, _)| *derived == name) {
                spec.bases = bases(&[(versions[*base], 0)]);
            }
            versions.insert(name, publish(Who::Alice, model(Who::Alice), spec));
        }
        Self { versions }
    }

    fn version(&self, name: &str) -> VersionId {
        self.versions[name]
    }
}

fn on_a_chain_with_the_catalogue(test: impl FnOnce(Catalogue)) {
    on_a_chain(|| test(Catalogue::publish()));
}

/// A version derived from `base` that asks nothing itself.
fn derived(base: VersionId, price: Balance) -> VersionSpec<AccountId> {
    VersionSpec {
        bases: bases(&[(base, 0)]),
        ..spec(1, native(price))
    }
}

fn publish_call(model: ModelId, spec: VersionSpec<AccountId>) -> Registry<Runtime> {
    Registry::publish_version {
        model,
        spec: Box::new(spec),
    }
}

/// A priced derivative by Bob, and one of that by Charlie.
fn grandchild(of: VersionId) -> VersionId {
    let child = publish(Who::Bob, model(Who::Bob), derived(of, MAI));
    publish(Who::Charlie, model(Who::Charlie), derived(child, MAI))
}

fn offer_call(version: VersionId, fee: Balance) -> Escrow<Runtime> {
    Escrow::set_offer {
        version,
        fee,
        min_duration: 10,
    }
}

fn approve_derivative(version: VersionId, model: ModelId, owner: Who) {
    assert_ok!(call(
        Who::Alice,
        Registry::approve_derivative {
            version,
            model,
            owner: account(owner),
        }
    ));
}

fn approve(version: VersionId, kind: ApprovalKind, who: Who) {
    assert_ok!(call(
        Who::Alice,
        Registry::approve {
            licensor: Licensor::Version(version),
            kind,
            account: account(who),
        }
    ));
}

#[test]
fn being_the_first_to_register_open_weights_earns_nothing() {
    on_a_chain_with_the_catalogue(|catalogue| {
        assert!(!catalogue.versions.is_empty());
        for (name, version) in &catalogue.versions {
            let view = ModelRegistry::version_view(*version).unwrap();
            assert_eq!(view.spec.price, native(0), "{name}");
            assert_eq!(view.spec.clauses.royalty, Royalty::default(), "{name}");
            assert!(view.spec.extras.is_empty(), "{name}");
        }
    });
}

#[test]
fn priced_derivative_of_opt_175b_is_refused() {
    on_a_chain_with_the_catalogue(|catalogue| {
        let opt = catalogue.version("opt-175b");
        let bobs = model(Who::Bob);
        approve_derivative(opt, bobs, Who::Bob);
        assert_noop!(
            call(Who::Bob, publish_call(bobs, derived(opt, 1))),
            Error::NotCommercial
        );
        let free = publish(Who::Bob, bobs, derived(opt, 0));
        assert_noop!(
            call(
                Who::Bob,
                Registry::set_price {
                    version: free,
                    value: 1
                }
            ),
            Error::NotCommercial
        );
        worker(Who::Ferdie);
        approve(opt, ApprovalKind::Host, Who::Ferdie);
        assert_noop!(
            call(Who::Ferdie, offer_call(free, 1)),
            Error::FeeAboveMaximum
        );
        set_offer(Who::Ferdie, free, 0);
    });
}

#[test]
fn opt_175b_is_for_its_own_licensees_alone() {
    on_a_chain_with_the_catalogue(|catalogue| {
        let opt = catalogue.version("opt-175b");
        let bobs = model(Who::Bob);
        assert_noop!(
            call(Who::Bob, publish_call(bobs, derived(opt, 0))),
            Error::DerivativeNotApproved
        );
        worker(Who::Ferdie);
        assert_noop!(
            call(Who::Ferdie, offer_call(opt, 0)),
            Error::HostNotApproved
        );
        approve(opt, ApprovalKind::Host, Who::Ferdie);
        set_offer(Who::Ferdie, opt, 0);
        assert_noop!(
            call(Who::Dave, open_call(opt, Who::Ferdie, 1)),
            Error::UserNotApproved
        );
        approve(opt, ApprovalKind::User, Who::Dave);
        open(Who::Dave, opt, Who::Ferdie, 1);
    });
}

#[test]
fn host_of_falcon_180b_without_approval_is_refused() {
    on_a_chain_with_the_catalogue(|catalogue| {
        let falcon = catalogue.version("falcon-180b");
        let descendant = grandchild(falcon);
        worker(Who::Ferdie);
        for version in [falcon, descendant] {
            assert_noop!(
                call(Who::Ferdie, offer_call(version, MAI)),
                Error::HostNotApproved
            );
        }
        approve(falcon, ApprovalKind::Host, Who::Ferdie);
        for version in [falcon, descendant] {
            set_offer(Who::Ferdie, version, MAI);
            open(Who::Dave, version, Who::Ferdie, 1);
        }
    });
}

#[test]
fn job_on_a_grandchild_of_bloom_without_its_policy_is_refused() {
    on_a_chain_with_the_catalogue(|catalogue| {
        let bloom = ModelRegistry::version_view(catalogue.version("bloom")).unwrap();
        let policy = bloom.spec.clauses.use_policy.clone().expect("a policy");
        let version = grandchild(bloom.id);
        worker(Who::Ferdie);
        set_offer(Who::Ferdie, version, MAI);
        for policies in [None, policies_hash(&[[7; 32]])] {
            let order = Order {
                policies,
                ..order(version, Who::Ferdie, 1)
            };
            assert_noop!(
                call(Who::Dave, open_order(order)),
                pallet_inference_escrow::Error::<Runtime>::PolicyNotAccepted
            );
        }
        let order = Order {
            policies: policies_hash(&[policy.sha256]),
            ..order(version, Who::Ferdie, 1)
        };
        assert_ok!(call(Who::Dave, open_order(order)));
    });
}

#[test]
fn built_with_meta_llama_3_is_shown_with_a_grandchild_of_llama() {
    on_a_chain_with_the_catalogue(|catalogue| {
        let llama = catalogue.version("llama-3-8b");
        let view = ModelRegistry::version_view(grandchild(llama)).unwrap();
        let shown: Vec<_> = view
            .bound_by
            .iter()
            .map(|bound| (bound.licensor, bound.clauses.attribution.to_vec()))
            .collect();
        assert_eq!(
            shown,
            [(
                Licensor::Version(llama),
                b"Built with Meta Llama 3".to_vec()
            )]
        );
    });
}

#[test]
fn flan_t5_is_derived_from_after_its_version_was_retired() {
    on_a_chain_with_the_catalogue(|catalogue| {
        let flan = catalogue.version("flan-t5");
        // Llama's license can be terminated, so a retired version of it takes no derivatives.
        let llama = catalogue.version("llama-3-8b");
        for version in [flan, llama] {
            assert_ok!(call(Who::Alice, Registry::retire_version { version }));
        }
        let bobs = model(Who::Bob);
        assert_noop!(
            call(Who::Bob, publish_call(bobs, derived(llama, MAI))),
            Error::BaseRetired
        );
        grandchild(flan);
        assert_noop!(
            call(Who::Alice, Registry::remove_version { version: flan }),
            Error::VersionIrrevocable
        );
    });
}

/// What a record states beside license and text, by the names of its fields.
fn stated(clauses: &Clauses) -> BTreeSet<&'static str> {
    let open = Clauses::open(clauses.license.clone());
    [
        ("derivatives", clauses.derivatives != open.derivatives),
        ("royalty", clauses.royalty != open.royalty),
        ("irrevocable", clauses.irrevocable != open.irrevocable),
        ("commercial", clauses.commercial != open.commercial),
        ("hosting", clauses.hosting != open.hosting),
        ("users", clauses.users != open.users),
        ("use_policy", clauses.use_policy != open.use_policy),
        ("share_alike", clauses.share_alike != open.share_alike),
        ("attribution", clauses.attribution != open.attribution),
    ]
    .into_iter()
    .filter_map(|(name, is_stated)| is_stated.then_some(name))
    .collect()
}

#[test]
fn the_table_of_the_docs_states_the_clauses_of_each_entry() {
    let page = include_str!("../../docs/clauses.md");
    let (_, table) = page.split_once("| license of |").expect("the table");
    let rows: BTreeMap<&str, BTreeSet<&str>> = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            let cells: Vec<&str> = line.split('|').collect();
            let (_, entry) = cells[1].split_once("catalogue/").expect("a link");
            let (entry, _) = entry.split_once(".toml").expect("a link to a spec");
            (entry, cells[2].split('`').skip(1).step_by(2).collect())
        })
        .collect();
    let entries = entries();
    let specs: BTreeMap<&str, _> = entries
        .iter()
        .map(|(name, spec)| (name.as_str(), stated(&spec.clauses)))
        .collect();
    assert_eq!(rows, specs);
}
