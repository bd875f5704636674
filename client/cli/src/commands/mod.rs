//! What each command does. A command returns what it found or did; `main` prints it.

mod account;
mod ask;
mod claim;
mod dataset;
mod gov;
mod job;
mod model;
mod worker;

use crate::{
    args::{Cli, Command, Global, ModelCommand},
    context::Context,
    error::Result,
    output::{Output, Report},
};

/// Runs one command to its end.
pub async fn run(cli: Cli, output: Output) -> Result<()> {
    let Cli { global, command } = cli;
    // What needs no chain.
    if let Command::Model(ModelCommand::Inspect { file, manifest }) = &command {
        return print(&output, &model::inspect_file(file, manifest.as_deref())?);
    }
    if let Command::Job(command) = &command {
        return job::run(&global, output, command).await;
    }
    on_chain(&global, output, command).await
}

async fn on_chain(global: &Global, output: Output, command: Command) -> Result<()> {
    let context = Context::open(global, output).await?;
    let report = match command {
        Command::Model(command) => model::run(&context, command).await?,
        Command::Dataset(command) => dataset::run(&context, command).await?,
        Command::Worker(command) => worker::run(&context, command).await?,
        Command::Claim(args) => claim::run(&context, args).await?,
        Command::Account(args) => account::run(&context, args).await?,
        Command::Gov(command) => gov::run(&context, command).await?,
        Command::Ask(args) => return ask::run(&context, args).await,
        Command::Job(command) => return job::run(global, output, &command).await,
    };
    print(&output, &report)
}

fn print(output: &Output, report: &Report) -> Result<()> {
    output
        .report(report)
        .map_err(crate::error::Error::file("cannot write to", "stdout"))
}
