//! Metadata like the runtime's: some of its calls and all of its transaction extensions.
#![expect(
    dead_code,
    non_camel_case_types,
    reason = "only their type information is used, and it has the names of calls"
)]

use myai_primitives::{
    Asset, Balance, BoundedVec, Category, ConstU32, File, Hash32, JobId, Name, Order, Rule,
    SplitId, VersionId, WorkerDetails,
};
use scale_info::{meta_type, MetaType, TypeInfo};
use subxt::{
    ext::frame_metadata::v15::{
        CustomMetadata, ExtrinsicMetadata, OuterEnums, PalletCallMetadata, PalletErrorMetadata,
        PalletEventMetadata, PalletMetadata, RuntimeMetadataV15, SignedExtensionMetadata,
    },
    metadata::Metadata,
};

#[derive(TypeInfo)]
enum MultiAddress {
    Id([u8; 32]),
    Index(#[codec(compact)] u32),
}

#[derive(TypeInfo)]
enum MultiSignature {
    Ed25519([u8; 64]),
    Sr25519([u8; 64]),
}

#[derive(TypeInfo)]
enum System {
    #[codec(index = 0)]
    ExtrinsicSuccess { dispatch_info: u64 },
    #[codec(index = 1)]
    ExtrinsicFailed {
        dispatch_error: sp_runtime::DispatchError,
        dispatch_info: u64,
    },
}

#[derive(TypeInfo)]
#[scale_info(capture_docs = "always")]
enum EscrowError {
    /// The job is not open.
    #[codec(index = 4)]
    NotOpen,
}

#[derive(TypeInfo)]
#[scale_info(capture_docs = "always")]
enum RegistryError {
    /// The version's model is suspended.
    #[codec(index = 79)]
    ModelSuspended,
}

#[derive(TypeInfo)]
enum RuntimeEvent {
    #[codec(index = 0)]
    System(System),
}

#[derive(TypeInfo)]
enum RuntimeError {
    #[codec(index = 51)]
    ModelRegistry(RegistryError),
    #[codec(index = 53)]
    InferenceEscrow(EscrowError),
}

#[derive(TypeInfo)]
enum Balances {
    #[codec(index = 3)]
    transfer_keep_alive {
        dest: MultiAddress,
        #[codec(compact)]
        value: Balance,
    },
}

#[derive(TypeInfo)]
enum Assets {
    #[codec(index = 9)]
    transfer_keep_alive {
        #[codec(compact)]
        id: u32,
        target: MultiAddress,
        #[codec(compact)]
        amount: Balance,
    },
}

#[derive(TypeInfo)]
enum Utility {
    #[codec(index = 2)]
    batch_all { calls: Vec<RuntimeCall> },
}

#[derive(TypeInfo)]
enum Preimage {
    #[codec(index = 0)]
    note_preimage { bytes: Vec<u8> },
}

#[derive(TypeInfo)]
enum SystemOrigin {
    Root,
    Signed([u8; 32]),
}

#[derive(TypeInfo)]
enum Origins {
    #[codec(index = 0)]
    Moderation,
    #[codec(index = 4)]
    RegistryRules,
}

#[derive(TypeInfo)]
enum OriginCaller {
    #[codec(index = 0)]
    system(SystemOrigin),
    #[codec(index = 64)]
    Origins(Origins),
}

#[derive(TypeInfo)]
enum Bounded {
    Legacy { hash: Hash32 },
    Inline(BoundedVec<u8, ConstU32<128>>),
    Lookup { hash: Hash32, len: u32 },
}

#[derive(TypeInfo)]
enum DispatchTime {
    At(u32),
    After(u32),
}

#[derive(TypeInfo)]
enum Referenda {
    #[codec(index = 0)]
    submit {
        proposal_origin: Box<OriginCaller>,
        proposal: Bounded,
        enactment_moment: DispatchTime,
    },
    #[codec(index = 1)]
    place_decision_deposit { index: u32 },
}

#[derive(TypeInfo)]
struct Vote(u8);

#[derive(TypeInfo)]
enum AccountVote {
    Standard { vote: Vote, balance: Balance },
}

#[derive(TypeInfo)]
enum Conviction {
    None,
    Locked1x,
    Locked2x,
    Locked3x,
}

#[derive(TypeInfo)]
enum ConvictionVoting {
    #[codec(index = 0)]
    vote {
        #[codec(compact)]
        poll_index: u32,
        vote: AccountVote,
    },
    #[codec(index = 1)]
    delegate {
        class: u16,
        to: MultiAddress,
        conviction: Conviction,
        balance: Balance,
    },
    #[codec(index = 4)]
    remove_vote { class: Option<u16>, index: u32 },
}

#[derive(TypeInfo)]
enum RewardSplit {
    #[codec(index = 2)]
    claim_many {
        claims: BoundedVec<(SplitId, Asset, u32), ConstU32<16>>,
    },
}

#[derive(TypeInfo)]
enum ModelRegistry {
    #[codec(index = 0)]
    register_model {
        name: Name,
        category: Category,
        metadata: File,
    },
    #[codec(index = 7)]
    set_price { version: VersionId, value: Balance },
    #[codec(index = 20)]
    set_rule { rule: Rule, value: u128 },
}

#[derive(TypeInfo)]
enum InferenceEscrow {
    #[codec(index = 0)]
    register_worker {
        signer: [u8; 32],
        payout: [u8; 32],
        details: WorkerDetails,
        #[codec(compact)]
        bond: Balance,
    },
    #[codec(index = 5)]
    pause,
    #[codec(index = 20)]
    open_job { order: Order<[u8; 32]> },
    #[codec(index = 21)]
    attest {
        job: JobId,
        output_commitment: Hash32,
        #[codec(compact)]
        units: u32,
        blob: Hash32,
    },
}

#[derive(TypeInfo)]
enum SystemCall {
    #[codec(index = 0)]
    remark { remark: Vec<u8> },
}

#[derive(TypeInfo)]
enum RuntimeCall {
    #[codec(index = 0)]
    System(SystemCall),
    #[codec(index = 10)]
    Balances(Balances),
    #[codec(index = 11)]
    Assets(Assets),
    #[codec(index = 12)]
    Utility(Utility),
    #[codec(index = 50)]
    RewardSplit(RewardSplit),
    #[codec(index = 60)]
    Preimage(Preimage),
    #[codec(index = 62)]
    Referenda(Referenda),
    #[codec(index = 63)]
    ConvictionVoting(ConvictionVoting),
    #[codec(index = 51)]
    ModelRegistry(ModelRegistry),
    #[codec(index = 53)]
    InferenceEscrow(InferenceEscrow),
}

/// An extension that encodes to nothing.
#[derive(TypeInfo)]
struct Empty;

#[derive(TypeInfo)]
struct CheckMortality(sp_runtime::generic::Era);

#[derive(TypeInfo)]
struct CheckNonce(#[codec(compact)] u32);

#[derive(TypeInfo)]
struct ChargeAssetTxPayment {
    #[codec(compact)]
    tip: Balance,
    asset_id: Option<u32>,
}

#[derive(TypeInfo)]
enum Mode2 {
    Disabled,
    Enabled,
}

#[derive(TypeInfo)]
struct CheckMetadataHash {
    mode: Mode2,
}

fn pallet<Calls: TypeInfo + 'static>(name: &'static str, index: u8) -> PalletMetadata {
    PalletMetadata {
        name,
        storage: None,
        calls: Some(PalletCallMetadata {
            ty: meta_type::<Calls>(),
        }),
        event: None,
        constants: Vec::new(),
        error: None,
        index,
        docs: Vec::new(),
    }
}

/// The metadata as a program reads it from a node.
pub fn metadata() -> Metadata {
    Metadata::from_v15(runtime_metadata()).expect("it is sound")
}

pub(super) fn runtime_metadata() -> RuntimeMetadataV15 {
    let empty = meta_type::<Empty>();
    let unit = meta_type::<()>();
    let hash = meta_type::<[u8; 32]>();
    let number = meta_type::<u32>();
    let extension =
        |identifier, ty: MetaType, additional_signed: MetaType| SignedExtensionMetadata {
            identifier,
            ty,
            additional_signed,
        };
    let extrinsic = ExtrinsicMetadata {
        version: 4,
        address_ty: meta_type::<MultiAddress>(),
        call_ty: meta_type::<RuntimeCall>(),
        signature_ty: meta_type::<MultiSignature>(),
        extra_ty: unit,
        signed_extensions: vec![
            extension("AuthorizeCall", empty, unit),
            extension("CheckNonZeroSender", empty, unit),
            extension("CheckSpecVersion", empty, number),
            extension("CheckTxVersion", empty, number),
            extension("CheckGenesis", empty, hash),
            extension("CheckMortality", meta_type::<CheckMortality>(), hash),
            extension("CheckNonce", meta_type::<CheckNonce>(), unit),
            extension("CheckWeight", empty, unit),
            extension("CheckJobCalls", empty, unit),
            extension(
                "ChargeAssetTxPayment",
                meta_type::<ChargeAssetTxPayment>(),
                unit,
            ),
            extension(
                "CheckMetadataHash",
                meta_type::<CheckMetadataHash>(),
                meta_type::<Option<[u8; 32]>>(),
            ),
            extension("StorageWeightReclaim", empty, unit),
        ],
    };
    let system = PalletMetadata {
        event: Some(PalletEventMetadata {
            ty: meta_type::<System>(),
        }),
        ..pallet::<SystemCall>("System", 0)
    };
    let registry = PalletMetadata {
        error: Some(PalletErrorMetadata {
            ty: meta_type::<RegistryError>(),
        }),
        ..pallet::<ModelRegistry>("ModelRegistry", 51)
    };
    let escrow = PalletMetadata {
        error: Some(PalletErrorMetadata {
            ty: meta_type::<EscrowError>(),
        }),
        ..pallet::<InferenceEscrow>("InferenceEscrow", 53)
    };
    RuntimeMetadataV15::new(
        vec![
            system,
            pallet::<Balances>("Balances", 10),
            pallet::<Assets>("Assets", 11),
            pallet::<Utility>("Utility", 12),
            pallet::<RewardSplit>("RewardSplit", 50),
            pallet::<Preimage>("Preimage", 60),
            pallet::<Referenda>("Referenda", 62),
            pallet::<ConvictionVoting>("ConvictionVoting", 63),
            registry,
            escrow,
        ],
        extrinsic,
        unit,
        Vec::new(),
        OuterEnums {
            call_enum_ty: meta_type::<RuntimeCall>(),
            event_enum_ty: meta_type::<RuntimeEvent>(),
            error_enum_ty: meta_type::<RuntimeError>(),
        },
        CustomMetadata {
            map: Default::default(),
        },
    )
}
