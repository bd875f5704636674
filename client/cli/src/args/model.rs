//! `myai model …`

use super::{AmountArg, MetadataArgs, Page};
use crate::{
    keys::AccountArg,
    spec,
    text::{self, Choice, ModelRef, Target},
};
use clap::{Args, Subcommand};
use myai_primitives::{
    Category, Disclosure, GrantId, Numerics, Permission, Ppm, Reach, Unit, VersionId,
};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum ModelCommand {
    /// Register a model; its deposit is held until the model is removed.
    Register(ModelRegister),
    /// Publish a version of a model: files, price, bases and terms.
    #[command(after_long_help = example())]
    Publish(Box<ModelPublish>),
    /// List models.
    List(ModelList),
    /// Show a model with its versions, or one version.
    Show {
        /// A model's number or name, or a version such as v3.
        #[arg(value_name = "MODEL")]
        target: Target,
    },
    /// Look into an ONNX file of this machine: inputs, outputs, operators, whether it is integer.
    Inspect {
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Check this manifest against it.
        #[arg(long, value_name = "FILE")]
        manifest: Option<PathBuf>,
    },
    /// Change the amount of a version's price; jobs that are open keep theirs.
    SetPrice {
        #[arg(value_parser = text::version_id)]
        version: VersionId,
        /// The new price of one unit, in the asset that the version was published with.
        amount: AmountArg,
    },
    /// Stop new jobs and new derivatives of a version; running work ends as agreed.
    Retire {
        #[arg(value_parser = text::version_id)]
        version: VersionId,
    },
    /// Offer a model to a new owner, who accepts it.
    Transfer {
        model: ModelRef,
        #[arg(value_name = "ACCOUNT")]
        to: AccountArg,
    },
    /// Accept a model that was offered; the deposit is taken from the key's account.
    Accept { model: ModelRef },
    /// Allow one model to derive from a version whose terms ask for approval.
    Approve {
        #[arg(value_parser = text::version_id)]
        version: VersionId,
        /// The model that would derive from it.
        model: ModelRef,
    },
}

#[derive(Debug, Args)]
pub struct ModelRegister {
    /// Name, at most 64 bytes.
    pub name: String,
    /// What it is made for.
    #[arg(long, value_parser = Category::read, default_value = "general")]
    pub category: Category,
    #[command(flatten)]
    pub metadata: MetadataArgs,
}

#[derive(Debug, Args)]
pub struct ModelList {
    #[command(flatten)]
    pub page: Page,
    /// Only models of this owner.
    #[arg(long, value_name = "ACCOUNT")]
    pub owner: Option<AccountArg>,
}

/// Whatever is not given here is taken from `--spec`; a list given here replaces the list there.
#[derive(Clone, Debug, Default, Args)]
pub struct ModelPublish {
    /// The model, by number or name.
    pub model: Option<ModelRef>,
    /// TOML file that says all of it (`--help` ends with an example); paths in it are relative to
    /// its folder.
    #[arg(long, value_name = "FILE")]
    pub spec: Option<PathBuf>,
    /// The ONNX file; its SHA-256 and length are computed.
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Where others find it, at most four times (default: file://PATH).
    #[arg(long, value_name = "URI")]
    pub uri: Vec<String>,
    /// The manifest: how input becomes tensors and tensors an answer.
    #[arg(long, value_name = "FILE")]
    pub manifest: Option<PathBuf>,
    /// Where others find it, at most four times (default: file://PATH).
    #[arg(long, value_name = "URI")]
    pub manifest_uri: Vec<String>,
    /// Price of one unit.
    #[arg(long, value_name = "AMOUNT")]
    pub price: Option<AmountArg>,
    /// What a price is for one of: call, thousand-tokens, second, megapixel.
    #[arg(long, value_parser = Unit::read)]
    pub unit: Option<Unit>,
    /// int-v1 (integer operators only) or float.
    #[arg(long, value_parser = Numerics::read)]
    pub numerics: Option<Numerics>,
    /// Longest input, in bytes.
    #[arg(long, value_name = "BYTES")]
    pub max_input: Option<u32>,
    /// Longest answer, in bytes.
    #[arg(long, value_name = "BYTES")]
    pub max_output: Option<u32>,
    /// SPDX expression.
    #[arg(long, value_name = "SPDX")]
    pub license: Option<String>,
    /// How open it is: one word (open, partial, closed), or three for
    /// source,training data,checkpoints.
    #[arg(long, value_parser = text::disclosure)]
    pub openness: Option<Disclosure>,
    /// Whether others may derive from it: forbidden, approval, allowed.
    #[arg(long, value_parser = Permission::read)]
    pub derivatives: Option<Permission>,
    /// Least share of a derivative's income.
    #[arg(long, value_name = "PPM", value_parser = text::ppm)]
    pub min_royalty: Option<Ppm>,
    /// Least that a derivative's price must bring for each unit.
    #[arg(long, value_name = "AMOUNT")]
    pub min_per_unit: Option<AmountArg>,
    /// Whom the terms bind: direct, descendants.
    #[arg(long, value_parser = Reach::read)]
    pub reach: Option<Reach>,
    /// A version that it was derived from, and its share.
    #[arg(long, value_name = "VERSION:PPM", value_parser = text::base_line)]
    pub base: Vec<(VersionId, Ppm)>,
    /// A grant that it was trained under, and the dataset's share.
    #[arg(long, value_name = "GRANT:PPM", value_parser = text::grant_line)]
    pub grant: Vec<(GrantId, Ppm)>,
    /// An account with a share of the income.
    #[arg(long, value_name = "ACCOUNT:PPM", value_parser = extra_line)]
    pub extra: Vec<(AccountArg, Ppm)>,
    /// Check everything and print what would be published.
    #[arg(long)]
    pub dry_run: bool,
}

fn example() -> String {
    format!("A file for --spec:\n\n{}", spec::EXAMPLE)
}

fn extra_line(text: &str) -> Result<(AccountArg, Ppm), String> {
    let (account, share) = text::line(text)?;
    Ok((account.parse()?, share))
}
