//! `myai dataset …`

use super::{AmountArg, MetadataArgs, Page};
use crate::{
    keys::AccountArg,
    text::{self, Choice, ModelRef},
};
use clap::{ArgAction, Args, Subcommand};
use myai_primitives::{Category, DatasetId, GrantId, Openness, Ppm, Reach, TermsNumber, Tick};

#[derive(Debug, Subcommand)]
pub enum DatasetCommand {
    /// Register a dataset; its deposit is held until the dataset is removed.
    Register(DatasetRegister),
    /// Set the terms for new grants; grants that were given keep theirs.
    Terms(DatasetSetTerms),
    /// Acquire a grant to train a model; asks for approval where the terms do.
    Acquire(DatasetAcquire),
    /// Give a grant that was asked for.
    Approve(RequestArgs),
    /// Refuse a grant that was asked for; the held price goes back.
    Reject(RequestArgs),
    /// Take back a request for a grant; the held price goes back.
    Withdraw(RequestArgs),
    /// Prolong a grant by its period, under the terms it was given.
    Renew {
        #[arg(value_parser = text::grant_id)]
        grant: GrantId,
        /// Most that it may cost (default: the grant's price).
        #[arg(long, value_name = "AMOUNT")]
        max_cost: Option<AmountArg>,
    },
    /// Start the notice after which a grant ends, with the unused part of its price given back.
    Revoke {
        #[arg(value_parser = text::grant_id)]
        grant: GrantId,
    },
    /// List datasets.
    List(DatasetList),
    /// Show a dataset and its terms.
    Show {
        #[arg(value_parser = text::dataset_id)]
        dataset: DatasetId,
    },
    /// List the grants of a model.
    Grants {
        model: ModelRef,
        #[command(flatten)]
        page: Page,
    },
    /// Offer a dataset to a new owner, who accepts it.
    Transfer {
        #[arg(value_parser = text::dataset_id)]
        dataset: DatasetId,
        #[arg(value_name = "ACCOUNT")]
        to: AccountArg,
    },
    /// Accept a dataset that was offered; the deposit is taken from the key's account.
    Accept {
        #[arg(value_parser = text::dataset_id)]
        dataset: DatasetId,
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
    /// members (default: all to whoever owns the dataset).
    #[arg(long, value_name = "ACCOUNT:PPM", value_parser = share_line)]
    pub share: Vec<(AccountArg, Ppm)>,
    #[command(flatten)]
    pub metadata: MetadataArgs,
}

fn share_line(text: &str) -> Result<(AccountArg, Ppm), String> {
    let (account, share) = text::line(text)?;
    Ok((account.parse()?, share))
}

#[derive(Debug, Args)]
pub struct DatasetSetTerms {
    #[arg(value_parser = text::dataset_id)]
    pub dataset: DatasetId,
    /// For one grant, and for each renewal.
    #[arg(long, value_name = "AMOUNT")]
    pub price: AmountArg,
    /// How long a grant lasts (default: for ever).
    #[arg(long, value_name = "TICKS", value_parser = text::ticks)]
    pub period: Option<Tick>,
    /// Least share of each derived model's income.
    #[arg(long, value_name = "PPM", value_parser = text::ppm, default_value = "0")]
    pub min_share: Ppm,
    /// Least that a version's price must bring for each unit.
    #[arg(long, value_name = "AMOUNT")]
    pub min_per_unit: Option<AmountArg>,
    /// Each grant needs the owner's approval.
    #[arg(long)]
    pub approval: bool,
    /// Grants may be revoked after this notice (default: never).
    #[arg(long, value_name = "TICKS", value_parser = text::ticks)]
    pub notice: Option<Tick>,
    /// Over which a perpetual grant's price counts as used up when it is revoked.
    #[arg(long, value_name = "TICKS", value_parser = text::ticks, requires = "notice")]
    pub perpetual_term: Option<Tick>,
    /// A version trained on it must let others derive from it, under the same condition.
    #[arg(long)]
    pub share_alike: bool,
    /// Whether a version trained on it may have a price or a fee.
    #[arg(long, default_value_t = true, action = ArgAction::Set)]
    pub commercial: bool,
    /// Whom the terms bind: direct, descendants.
    #[arg(long, value_parser = Reach::read, default_value = "direct")]
    pub reach: Reach,
}

#[derive(Debug, Args)]
pub struct DatasetAcquire {
    #[arg(value_parser = text::dataset_id)]
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
    #[arg(long, value_name = "TICKS", value_parser = text::ticks, default_value = "7d")]
    pub lasts: Tick,
}

/// A request for a grant, known by dataset and model.
#[derive(Debug, Args)]
pub struct RequestArgs {
    #[arg(value_parser = text::dataset_id)]
    pub dataset: DatasetId,
    /// The model that asked.
    pub model: ModelRef,
}

#[derive(Debug, Args)]
pub struct DatasetList {
    #[command(flatten)]
    pub page: Page,
    /// Only datasets of this owner.
    #[arg(long, value_name = "ACCOUNT")]
    pub owner: Option<AccountArg>,
}
