//! How a chain starts: `development` (one node) and `local_testnet` (two collators).

use crate::{
    configs::{
        collation::MaxInvulnerables,
        money::{EXISTENTIAL_DEPOSIT, MAI},
    },
    *,
};
use alloc::{collections::BTreeSet, vec, vec::Vec};
use cumulus_primitives_core::ParaId;
use frame_support::{build_struct_json_patch, PalletId};
use sp_genesis_builder::PresetId;
use sp_keyring::Sr25519Keyring;
use sp_runtime::traits::AccountIdConversion;

/// The parachain's number in the test presets.
pub const PARA_ID: u32 = 2_000;

/// Whether this is a chain of the test presets, all on one machine.
pub fn is_test_chain() -> bool {
    ParachainInfo::parachain_id() == PARA_ID.into()
}

/// The dollar of the test presets: an asset that the network accepts from the start.
pub const DOLLAR: u32 = 1;
pub const DOLLAR_DECIMALS: u8 = 6;
/// Of a job, of a session, and the least lock of a bonded one: 1 cent, 3 cents, 30 cents.
const DOLLAR_JOB_DEPOSIT: Balance = 10_000;
const DOLLAR_SESSION_DEPOSIT: Balance = 30_000;
const DOLLAR_MIN_LOCK: Balance = 300_000;
const DOLLAR_LEAST: Balance = 10_000;

/// What each test account starts with: a million of each.
const ENDOWMENT: Balance = 1_000_000 * MAI;
const DOLLARS: Balance = 1_000_000_000_000;

/// What a collator that is not invulnerable puts down.
const CANDIDACY_BOND: Balance = 100 * MAI;

/// A collator: the account that fees go to, and the key that makes blocks. The account is another
/// than the person's, so that what people have changes by what they do alone.
type Collator = (Sr25519Keyring, Sr25519Keyring);

fn genesis(collators: &[Collator]) -> serde_json::Value {
    let people: Vec<AccountId> = [
        Sr25519Keyring::Alice,
        Sr25519Keyring::Bob,
        Sr25519Keyring::Charlie,
        Sr25519Keyring::Dave,
        Sr25519Keyring::Eve,
        Sr25519Keyring::Ferdie,
    ]
    .iter()
    .map(|k| k.to_account_id())
    .collect();
    let vault: AccountId = configs::economy::VaultId::get().into_account_truncating();
    let pot: AccountId = <PalletId as AccountIdConversion<AccountId>>::into_account_truncating(
        &configs::collation::PotId::get(),
    );
    // Accounts of the chain itself live from the start, so that the first fee or the first income
    // is not too small to open them.
    let of_the_chain = [vault.clone(), pot, configs::economy::Treasury::get()];

    build_struct_json_patch!(RuntimeGenesisConfig {
        balances: BalancesConfig {
            balances: people
                .iter()
                .map(|who| (who.clone(), ENDOWMENT))
                .chain(
                    of_the_chain
                        .into_iter()
                        .map(|who| (who, EXISTENTIAL_DEPOSIT))
                )
                .chain(
                    collators
                        .iter()
                        .map(|(account, _)| (account.to_account_id(), MAI))
                )
                .collect::<Vec<_>>(),
        },
        parachain_info: ParachainInfoConfig {
            parachain_id: ParaId::new(PARA_ID)
        },
        collator_selection: CollatorSelectionConfig {
            invulnerables: collators
                .iter()
                .map(|(account, _)| account.to_account_id())
                .collect::<Vec<_>>(),
            candidacy_bond: CANDIDACY_BOND,
            desired_candidates: 0,
        },
        session: SessionConfig {
            keys: collators
                .iter()
                .map(|(account, key)| {
                    let who = account.to_account_id();
                    (
                        who.clone(),
                        who,
                        SessionKeys {
                            aura: key.public().into(),
                            authority_discovery: key.public().into(),
                        },
                    )
                })
                .collect::<Vec<_>>(),
        },
        technical_committee: TechnicalCommitteeConfig {
            members: people[..3].to_vec()
        },
        assets: AssetsConfig {
            assets: vec![(DOLLAR, people[0].clone(), true, DOLLAR_LEAST)],
            metadata: vec![(
                DOLLAR,
                b"Test dollar".to_vec(),
                b"tUSD".to_vec(),
                DOLLAR_DECIMALS
            )],
            accounts: people
                .iter()
                .map(|who| (DOLLAR, who.clone(), DOLLARS))
                // The one unit stays on hold there, so that nobody can destroy the asset.
                .chain([(DOLLAR, vault, DOLLAR_LEAST + 1)])
                .collect::<Vec<_>>(),
        },
        polkadot_xcm: PolkadotXcmConfig {
            safe_xcm_version: Some(staging_xcm::prelude::XCM_VERSION),
        },
        reward_split: RewardSplitConfig {
            accepted: vec![(
                DOLLAR,
                DOLLAR_JOB_DEPOSIT,
                DOLLAR_SESSION_DEPOSIT,
                DOLLAR_MIN_LOCK
            )]
        },
    })
}

/// Who makes the first blocks of a chain that starts from nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstCollator {
    /// Whom issuance and fees are paid to. It needs neither balance nor bond.
    pub account: AccountId,
    /// The keys that its node has.
    pub keys: SessionKeys,
}

/// The genesis of a chain for real: no token is given out, no key is known, nobody is root. Its first
/// collators earn the first tokens, and decide as long as nobody else has any. Refused without
/// collators and without a technical committee.
pub fn production(
    para_id: u32,
    collators: &[FirstCollator],
    committee: &[AccountId],
) -> Result<serde_json::Value, &'static str> {
    let distinct = |accounts: Vec<&AccountId>| {
        let all = accounts.len();
        accounts.into_iter().collect::<BTreeSet<_>>().len() == all
    };
    if para_id == PARA_ID {
        return Err("2000 is the number of the test chains, whose votes last for minutes");
    }
    if collators.is_empty() {
        return Err("no collator is named, and without one the chain makes no block");
    }
    if collators.len() > MaxInvulnerables::get() as usize {
        return Err("more collators are named than can be invulnerable");
    }
    if committee.is_empty() {
        return Err("nobody is named for the technical committee");
    }
    if !distinct(collators.iter().map(|collator| &collator.account).collect()) {
        return Err("a collator is named twice");
    }
    if !distinct(committee.iter().collect()) {
        return Err("a member of the technical committee is named twice");
    }
    Ok(build_struct_json_patch!(RuntimeGenesisConfig {
        parachain_info: ParachainInfoConfig {
            parachain_id: ParaId::new(para_id)
        },
        collator_selection: CollatorSelectionConfig {
            invulnerables: collators
                .iter()
                .map(|collator| collator.account.clone())
                .collect::<Vec<_>>(),
            candidacy_bond: CANDIDACY_BOND,
            desired_candidates: 0,
        },
        session: SessionConfig {
            keys: collators
                .iter()
                .map(|collator| {
                    let who = collator.account.clone();
                    (who.clone(), who, collator.keys.clone())
                })
                .collect::<Vec<_>>(),
        },
        technical_committee: TechnicalCommitteeConfig {
            members: committee.to_vec()
        },
        polkadot_xcm: PolkadotXcmConfig {
            safe_xcm_version: Some(staging_xcm::prelude::XCM_VERSION),
        },
    }))
}

/// The preset of that name, as JSON.
pub fn preset(id: &PresetId) -> Option<Vec<u8>> {
    let patch = match id.as_ref() {
        sp_genesis_builder::DEV_RUNTIME_PRESET => {
            genesis(&[(Sr25519Keyring::AliceStash, Sr25519Keyring::Alice)])
        }
        sp_genesis_builder::LOCAL_TESTNET_RUNTIME_PRESET => genesis(&[
            (Sr25519Keyring::AliceStash, Sr25519Keyring::Alice),
            (Sr25519Keyring::BobStash, Sr25519Keyring::Bob),
        ]),
        _ => return None,
    };
    serde_json::to_vec(&patch).ok()
}

/// The presets' names.
pub fn names() -> Vec<PresetId> {
    vec![
        PresetId::from(sp_genesis_builder::DEV_RUNTIME_PRESET),
        PresetId::from(sp_genesis_builder::LOCAL_TESTNET_RUNTIME_PRESET),
    ]
}
