// What the tests publish, offer and order: each whole and sound, so that a test says only what it
// is about.

import { MAI, NATIVE, done, file, hash } from './chain.js';

export const DOLLAR = { Id: 1 };
export const DOLLARS = 10n ** 6n;
export const PRICE = 10n * MAI;

/** `floor(amount × parts / 10⁶)`. */
export const ppm = (amount, parts) => (amount * parts) / 1_000_000n;

/** Clauses that allow everything and ask nothing, but for what `over` says. */
export function open(over = {}) {
  const v1 = {
    license: 'Apache-2.0', text: null, usePolicy: null, attribution: '', derivatives: 'Allowed',
    royalty: { share: 0, alternatives: [] }, irrevocable: false, shareAlike: false,
    commercial: 'Allowed', hosting: 'Anyone', users: 'Anyone', ...over,
  };
  return { V1: v1 };
}

/** A share of a derivative's price, in the token or in dollars. */
export function royalty(parts) {
  const alternative = (asset) => ({ unit: 'Call', asset, floor: 1, maxFee: 10n ** 18n });
  return { share: parts, alternatives: [alternative(NATIVE), alternative(DOLLAR)] };
}

/** A version. */
export function spec(over = {}) {
  return {
    artifact: file(1),
    manifest: file(2),
    numerics: 'Float',
    unit: 'Call',
    price: { asset: NATIVE, value: PRICE },
    modes: ['Direct'],
    maxInput: 100_000,
    maxOutput: 10_000,
    openness: { source: 'Open', trainingData: 'Partial', checkpoints: 'Open' },
    clauses: open(),
    bases: [],
    datasets: [],
    extras: [],
    ...over,
  };
}

/** Terms of a dataset that ask nothing and are paid once, for good. */
export function terms(over = {}) {
  return {
    clauses: open(),
    price: { asset: NATIVE, value: 3n * MAI },
    period: null,
    renewable: null,
    revocation: 'Never',
    ...over,
  };
}

/** How a worker is reached that nobody tries to reach. */
export const details = {
  endpoint: '', mailbox: 'ws://127.0.0.1:9944', sealingKey: hash(9), maxOpenJobs: 10,
};

let inputs = 30; // Each input is another job.

/** The call that opens a job on `version` with `worker`. */
export async function openJob(api, worker, version, units, maxCost, duration, over = {}) {
  return api.tx.inferenceEscrow.openJob({
    payer: 'Own',
    parent: null,
    version,
    units,
    maxCost,
    duration,
    openBy: (await api.call.myAiApi.clock()).served.toNumber() + 50,
    policies: null,
    uploader: null,
    inputCommitment: hash((inputs += 1)),
    inputLength: 500,
    run: { Direct: { worker: worker.address, blob: hash(8) } },
    ...over,
  });
}

/** Registers a model and gives its id. */
export async function register(api, owner, name) {
  const { model } = await done(
    api, owner, api.tx.modelRegistry.registerModel(name, 'General', file(3)),
    'modelRegistry.ModelRegistered',
  );
  return model.toNumber();
}

/** Publishes a version and gives `{ version, split }`. */
export async function publish(api, owner, model, over = {}) {
  const { version, split } = await done(
    api, owner, api.tx.modelRegistry.publishVersion(model, spec(over)),
    'modelRegistry.VersionPublished',
  );
  return { version: version.toNumber(), split: split.toNumber() };
}

/** Registers a dataset and gives `{ dataset, split }`. */
export async function registerDataset(api, owner, name, intoSplit = null) {
  const { dataset, split } = await done(
    api, owner,
    api.tx.dataLicense.registerDataset(name, 'MedicalScience', file(5), 'Partial', intoSplit),
    'dataLicense.DatasetRegistered',
  );
  return { dataset: dataset.toNumber(), split: split.toNumber() };
}

/** Sets a dataset's terms and gives their number. */
export async function setTerms(api, owner, dataset, over = {}) {
  const { number } = await done(
    api, owner, api.tx.dataLicense.setTerms(dataset, terms(over)), 'dataLicense.TermsSet',
  );
  return number.toNumber();
}

/** Makes an account a worker that is its own signer and payout account, unless it is one. */
export async function becomeWorker(api, who) {
  if ((await api.call.myAiApi.worker(who.address)).isSome) return;
  const call = api.tx.inferenceEscrow.registerWorker(
    who.address, who.address, details, 150n * MAI,
  );
  await done(api, who, call, 'inferenceEscrow.WorkerRegistered');
}
