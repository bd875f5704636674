//! `myai dataset …`

use super::{
    AccessArgs, AmountArg, ClausesArgs, ExtraArg, MetadataArgs, Page, SpecFile, WithSpec,
    TERMS_EXAMPLE,
};
use crate::parse::{self, AccountArg, Choice, DataTarget};
use clap::{ArgGroup, Args, Subcommand};
use myai_primitives::{
    ApprovalKind, Category, DatasetId, GrantId, Openness, SplitId, TermsNumber, Tick, VersionId,
};
use myai_sdk::ModelRef;
use serde::Deserialize;
use std::path::{Path, PathBuf};

#[derive(Debug, Subcommand)]
pub enum DatasetCommand {
    /// Register a dataset; its deposit is held until the dataset is removed.
    Register(DatasetRegister),
    /// Set the terms for new grants; grants that were given keep theirs.
    #[command(after_long_help = example())]
    Terms(Box<WithSpec<DatasetSetTerms>>),
    /// Replace a dataset's metadata; its terms get a new number.
    SetMetadata {
        #[arg(value_parser = parse::dataset_id)]
        dataset: DatasetId,
        #[command(flatten)]
        metadata: MetadataArgs,
    },
    /// Give no new grants; those that were given stay valid.
    Close {
        #[arg(value_parser = parse::dataset_id)]
        dataset: DatasetId,
    },
    /// Give new grants again.
    Reopen {
        #[arg(value_parser = parse::dataset_id)]
        dataset: DatasetId,
    },
    /// Acquire a grant to train a model; asks for approval where the terms do.
    Acquire(DatasetAcquire),
    /// List the requests for grants that wait for the dataset's owner.
    Requests {
        #[arg(value_parser = parse::dataset_id)]
        dataset: DatasetId,
    },
    /// Give a grant that a model asked for, or an approval that the terms' clauses ask for.
    Approve(DatasetApprove),
    /// Refuse a grant that was asked for; the held price goes back.
    Reject(RequestArgs),
    /// Take back a request for a grant; the held price goes back.
    Withdraw(RequestArgs),
    /// Take an approval of a host or a user back, or turn a request for one down.
    #[command(group = ArgGroup::new("approved").required(true).args(["host", "user"]))]
    WithdrawApproval {
        #[command(flatten)]
        terms: TermsArgs,
        #[command(flatten)]
        access: AccessArgs,
    },
    /// Ask a dataset's owner to approve the key's account.
    RequestApproval {
        #[command(flatten)]
        terms: TermsArgs,
        /// As what: host, who serves what its clauses bind; or user, who pays for answers.
        #[arg(value_parser = ApprovalKind::read)]
        kind: ApprovalKind,
    },
    /// List who is approved by a dataset's terms, and who asks to be.
    Approvals(TermsArgs),
    /// Prolong a grant under the terms it was given; anyone may, and pays.
    Renew {
        #[arg(value_parser = parse::grant_id)]
        grant: GrantId,
        /// By how many periods.
        #[arg(long, value_name = "NUMBER", default_value_t = 1)]
        periods: u32,
        /// Most that it may cost (default: the grant's price for each period).
        #[arg(long, value_name = "AMOUNT")]
        max_cost: Option<AmountArg>,
    },
    /// Hand over to the dataset's owner what has vested of the price of grants; anyone may.
    Vest {
        #[arg(value_name = "GRANT", required = true, value_parser = parse::grant_id)]
        grants: Vec<GrantId>,
    },
    /// Start the notice after which a grant ends; what has not vested then goes back to its payer.
    Revoke {
        #[arg(value_parser = parse::grant_id)]
        grant: GrantId,
    },
    /// Let the new owner of a grant's model publish under it, where its terms ask for approval.
    ApproveOwner {
        #[arg(value_parser = parse::grant_id)]
        grant: GrantId,
        #[arg(value_name = "ACCOUNT")]
        owner: AccountArg,
    },
    /// Move a version to another grant of the same dataset and model.
    MoveVersion {
        #[arg(value_parser = parse::version_id)]
        version: VersionId,
        /// The grant that it stands on.
        #[arg(value_parser = parse::grant_id)]
        from: GrantId,
        #[arg(value_parser = parse::grant_id)]
        to: GrantId,
    },
    /// Take retired versions that nobody builds on off a grant, so that it can be removed.
    Detach {
        #[arg(value_parser = parse::grant_id)]
        grant: GrantId,
        #[arg(value_name = "VERSION", required = true, value_parser = parse::version_id)]
        versions: Vec<VersionId>,
    },
    /// Remove a dataset or a grant that nothing needs; deposits come back.
    Remove {
        /// A dataset's number, or a grant such as g2.
        #[arg(value_name = "DATASET")]
        target: DataTarget,
    },
    /// Remove the split of a removed dataset's members, once all is claimed; its deposit comes back.
    RemoveSplit {
        #[arg(value_parser = parse::split_id)]
        split: SplitId,
    },
    /// List datasets.
    List(DatasetList),
    /// Show a dataset and its terms, or one grant.
    Show {
        /// A dataset's number, or a grant such as g2.
        #[arg(value_name = "DATASET")]
        target: DataTarget,
    },
    /// List the grants of a model.
    Grants {
        model: ModelRef,
        #[command(flatten)]
        page: Page,
    },
    /// Offer a dataset to a new owner, who accepts it.
    Transfer {
        #[arg(value_parser = parse::dataset_id)]
        dataset: DatasetId,
        #[arg(value_name = "ACCOUNT")]
        to: AccountArg,
    },
    /// Take back an offer of a dataset.
    CancelTransfer {
        #[arg(value_parser = parse::dataset_id)]
        dataset: DatasetId,
    },
    /// Accept a dataset that was offered; the deposit is taken from the key's account.
    Accept {
        #[arg(value_parser = parse::dataset_id)]
        dataset: DatasetId,
        /// The dataset's count of changes when it was looked at; refuse if it has changed since
        /// (default: as it is now, which is shown).
        #[arg(long, value_name = "NUMBER")]
        changes: Option<u32>,
    },
}

#[derive(Debug, Args)]
pub struct DatasetRegister {
    /// Name, at most 64 bytes.
    pub name: String,
    #[arg(long, value_parser = Category::read, default_value = "general")]
    pub category: Category,
    /// Whether the data is open, partial or closed.
    #[arg(long, value_parser = Openness::read, default_value = "closed")]
    pub openness: Openness,
    /// Who shares its income, as ACCOUNT:PPM, summing to all of it; a data cooperative names its
    /// members (default: all to the dataset's owner).
    #[arg(long, value_name = "ACCOUNT:PPM")]
    pub share: Vec<ExtraArg>,
    #[command(flatten)]
    pub metadata: MetadataArgs,
}

/// Options that are not given are taken from the file of `--spec`.
#[derive(Clone, Debug, Default, PartialEq, Args, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatasetSetTerms {
    #[arg(value_parser = parse::dataset_id)]
    #[serde(skip)]
    pub dataset: DatasetId,
    /// TOML file that says all of it (`--help` ends with an example); paths in it are relative to
    /// its folder.
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    pub spec: Option<PathBuf>,
    /// For one grant, and for each renewal.
    #[arg(long, value_name = "AMOUNT")]
    #[serde(deserialize_with = "parse::maybe")]
    pub price: Option<AmountArg>,
    /// How long a grant lasts, and each renewal of it (default: forever).
    #[arg(long, value_name = "TICKS", value_parser = parse::ticks)]
    #[serde(deserialize_with = "parse::maybe")]
    pub period: Option<Tick>,
    /// How long after it was given a grant can be renewed to at most (default: without limit).
    #[arg(long, value_name = "TICKS", value_parser = parse::ticks)]
    #[serde(deserialize_with = "parse::maybe")]
    pub renewable: Option<Tick>,
    #[command(flatten)]
    pub revocation: RevocationArgs,
    #[command(flatten)]
    pub clauses: ClausesArgs,
}

impl SpecFile for DatasetSetTerms {
    fn spec(&self) -> Option<&Path> {
        self.spec.as_deref()
    }

    fn paths(&mut self) -> Vec<&mut Option<PathBuf>> {
        self.clauses.paths().into()
    }
}

/// Whether grants may be ended.
#[derive(Clone, Debug, Default, PartialEq, Args, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RevocationArgs {
    /// Grants may be revoked after this notice (default: never).
    #[arg(long, value_name = "TICKS", value_parser = parse::ticks)]
    #[serde(deserialize_with = "parse::maybe")]
    pub notice: Option<Tick>,
    /// Of a grant without a period: how long its price takes to be used up.
    #[arg(long, value_name = "TICKS", value_parser = parse::ticks)]
    #[serde(deserialize_with = "parse::maybe")]
    pub perpetual_term: Option<Tick>,
}

#[derive(Debug, Args)]
pub struct DatasetAcquire {
    #[arg(value_parser = parse::dataset_id)]
    pub dataset: DatasetId,
    /// The model to be trained, owned by the key's account.
    pub model: ModelRef,
    /// Number of the terms that are agreed to (default: those in force, which are shown).
    #[arg(long)]
    pub number: Option<TermsNumber>,
    /// Most that it may cost (default: the price of the terms).
    #[arg(long, value_name = "AMOUNT")]
    pub max_cost: Option<AmountArg>,
    /// How long the request stands where the owner must approve it; the price is held meanwhile.
    #[arg(long, value_name = "TICKS", value_parser = parse::ticks, default_value = "7d")]
    pub lasts: Tick,
}

/// A request for a grant, known by dataset and model.
#[derive(Debug, Args)]
pub struct RequestArgs {
    #[arg(value_parser = parse::dataset_id)]
    pub dataset: DatasetId,
    /// The model that asked.
    pub model: ModelRef,
}

/// A dataset and what its owner lets somebody do.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("approved").required(true).args(["model", "host", "user"]))]
pub struct DatasetApprove {
    #[command(flatten)]
    pub terms: TermsArgs,
    /// The model that asked for a grant.
    pub model: Option<ModelRef>,
    #[command(flatten)]
    pub access: AccessArgs,
}

/// A dataset's terms.
#[derive(Debug, Args)]
pub struct TermsArgs {
    #[arg(value_parser = parse::dataset_id)]
    pub dataset: DatasetId,
    /// Number of the terms (default: those in force; for a grant, those that were asked for).
    #[arg(long)]
    pub number: Option<TermsNumber>,
}

#[derive(Debug, Args)]
pub struct DatasetList {
    #[command(flatten)]
    pub page: Page,
    /// Only datasets of this owner.
    #[arg(long, value_name = "ACCOUNT")]
    pub owner: Option<AccountArg>,
}

fn example() -> String {
    format!("A file for --spec:\n\n{}", TERMS_EXAMPLE)
}
