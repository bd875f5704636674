// A thin layer over @polkadot/api for the tests: connect, send, name what went wrong. Nothing of
// the chain's types is described here: they come out of its metadata, as for any other user.

import { ApiPromise, Keyring, WsProvider } from '@polkadot/api';
import { stringToU8a, u8aConcat, u8aToHex } from '@polkadot/util';
import { blake2AsHex } from '@polkadot/util-crypto';

export const MAI = 10n ** 12n;
export const NATIVE = 'Native';

// Rejects when the connection is gone, so that nothing waits for a node that ended.
let lost;

/** Connects to the node at `url`, or to that which MYAI_NODE names. `options` are polkadot.js's. */
export async function connect({ url = process.env.MYAI_NODE ?? 'ws://127.0.0.1:9944', ...options } = {}) {
  const provider = new WsProvider(url, false); // Does not try again.
  await provider.connect();
  const api = new ApiPromise({ provider, noInitWarn: true, ...options });
  await api.isReadyOrError;
  lost = new Promise((_, reject) => {
    api.on('disconnected', () => reject(new Error(`the node at ${url} is gone`)));
  });
  lost.catch(() => {}); // Only matters to who waits.
  return api;
}

/** The development accounts, by their first names in lower case. */
export function people() {
  const ring = new Keyring({ type: 'sr25519' });
  const names = ['Alice', 'Bob', 'Charlie', 'Dave', 'Eve', 'Ferdie'];
  return Object.fromEntries(names.map((n) => [n.toLowerCase(), ring.addFromUri(`//${n}`)]));
}

/** `pallet.Error` for an error of a pallet, otherwise the error's kind, such as `BadOrigin`. */
export function nameOf(api, error) {
  if (error.isModule) {
    const { section, name } = api.registry.findMetaError(error.asModule);
    return `${section}.${name}`;
  }
  return error.type;
}

/**
 * Sends a call and waits for its block. Gives `{ block, events, error }`, where `error` is
 * undefined when it succeeded; throws when the pool refuses it. `options` are polkadot.js's, such
 * as the asset that the fee is paid in.
 */
export function send(api, who, call, options = {}) {
  const sent = new Promise((resolve, reject) => {
    call
      // For ever valid: a fork that goes away would take what was signed on one of its blocks with it.
      .signAndSend(who, { era: 0, ...options }, ({ dispatchError, events, status, isError }) => {
        // A development chain finalises at once, and may say only that.
        if (status.isInBlock || status.isFinalized) {
          resolve({
            block: status.isFinalized ? status.asFinalized : status.asInBlock,
            events: events.map(({ event }) => event),
            error: dispatchError && nameOf(api, dispatchError),
          });
        } else if (isError) {
          reject(new Error(`the transaction came to nothing: ${status.type}`));
        }
      })
      .catch(reject);
  });
  return Promise.race([sent, lost]);
}

/** Sends a call that must succeed, and gives the data of its event `pallet.Event`. */
export async function done(api, who, call, eventName) {
  const { events, error } = await send(api, who, call);
  if (error) throw new Error(`${call.method.section}.${call.method.method} failed: ${error}`);
  return eventOf(events, eventName);
}

/** What each of the development accounts votes with: together more than half of all tokens. */
export const VOTE = 600_000n * MAI;

/** Of a referendum, in whose name it speaks: `Root`, or an origin of our own. */
export function origin(name) {
  return name === 'Root' ? { system: 'Root' } : { Origins: name };
}

/** A vote with `VOTE` for `referenda.submit`'s number. */
export function vote(api, index, aye, conviction = 'None') {
  const standard = { vote: { aye, conviction }, balance: VOTE };
  return api.tx.convictionVoting.vote(index, { Standard: standard });
}

/** Under which the scheduler runs what a referendum decided. */
export function enactmentOf(api, index) {
  const name = api.createType('(Text, u32)', ['enactment', index]).toU8a();
  return blake2AsHex(u8aConcat(stringToU8a('assembly'), name));
}

/** Waits until a referendum's call has run; throws its error's name when it failed. */
export async function enacted(api, index, seconds = 600) {
  const id = enactmentOf(api, index);
  const { result } = await watch(api, seconds, (events) => {
    const ran = eventsOf(events, 'scheduler.Dispatched');
    return ran.find((data) => data.id.isSome && data.id.unwrap().eq(id));
  });
  if (result.isErr) throw new Error(nameOf(api, result.asErr));
}

/**
 * Has the development accounts decide on a call, in the name of `who` (`Root`, `RegistryRules`,
 * …), and waits until it has run; throws when it fails. Takes some ten blocks.
 */
export async function decide(api, who, call) {
  const all = Object.values(people());
  const [proposer] = all;
  const index = (await api.query.referenda.referendumCount()).toNumber();
  const submit = api.tx.referenda.submit(
    origin(who), { Inline: u8aToHex(call.method.toU8a()) }, { After: 0 },
  );
  const deposit = api.tx.referenda.placeDecisionDeposit(index);
  await done(api, proposer, api.tx.utility.batchAll([submit, deposit]), 'referenda.Submitted');
  const votes = all.map((voter) =>
    done(api, voter, vote(api, index, true), 'convictionVoting.Voted'),
  );
  await Promise.all(votes);
  try {
    await enacted(api, index);
  } finally {
    const back = [
      api.tx.referenda.refundDecisionDeposit(index),
      api.tx.referenda.refundSubmissionDeposit(index),
    ];
    await done(api, proposer, api.tx.utility.batchAll(back), 'utility.BatchCompleted');
  }
}

/** The data of all events of that name, in their order. */
export function eventsOf(events, eventName) {
  return events.filter((e) => `${e.section}.${e.method}` === eventName).map(({ data }) => data);
}

/** The data of the one event of that name. */
export function eventOf(events, eventName) {
  const found = eventsOf(events, eventName);
  if (found.length !== 1) {
    const names = events.map((e) => `${e.section}.${e.method}`).join(', ');
    throw new Error(`expected one ${eventName}, and saw ${names}`);
  }
  return found[0];
}

/** Free units of the token. */
export async function free(api, who) {
  return (await api.query.system.account(who.address)).data.free.toBigInt();
}

/** Units of the token that are on hold for a reason, such as `InferenceEscrow.Job`. */
export async function held(api, who, reason) {
  const [pallet, kind] = reason.split('.');
  const holds = await api.query.balances.holds(who.address);
  return holds
    .filter(({ id }) => id.type === pallet && id.value.type === kind)
    .reduce((sum, { amount }) => sum + amount.toBigInt(), 0n);
}

/** Units of an asset that an account may spend. */
export async function balance(api, asset, who) {
  const account = await api.query.assets.account(asset, who.address);
  return account.isSome ? account.unwrap().balance.toBigInt() : 0n;
}

/** The chain's clock at the end of a block, `{ now, served }`, in ticks. */
export async function clockAt(api, block) {
  const { now, served } = await (await api.at(block)).call.myAiApi.clock();
  return { now: now.toNumber(), served: served.toNumber() };
}

/** Waits until the clock's `now` is at `tick` or later. */
export function untilTick(api, tick, seconds) {
  return watch(api, seconds, async (_, __, block) =>
    (await clockAt(api, block)).now >= tick ? true : undefined,
  );
}

/** Follows best blocks until `look(events, number, hash)` gives something. */
export async function watch(api, seconds, look) {
  let stop;
  let timer;
  try {
    const seen = new Promise((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`nothing in ${seconds} s`)), seconds * 1000);
      api.rpc.chain
        .subscribeNewHeads(async (head) => {
          try {
            const at = await api.at(head.hash);
            const events = (await at.query.system.events()).map(({ event }) => event);
            const found = await look(events, head.number.toNumber(), head.hash);
            if (found !== undefined) resolve(found);
          } catch (e) {
            reject(e);
          }
        })
        .then((unsubscribe) => (stop = unsubscribe), reject);
    });
    return await Promise.race([seen, lost]);
  } finally {
    clearTimeout(timer);
    stop?.();
  }
}

/** A file off the chain; the tests never fetch it. */
export function file(byte) {
  return {
    sha256: `0x${byte.toString(16).padStart(2, '0').repeat(32)}`,
    length: 1000,
    uris: ['https://example.org/file'],
  };
}

/** 32 times the same byte. */
export function hash(byte) {
  return file(byte).sha256;
}

/**
 * A script's end: does the one of `commands` that `name` says, prints what it gives, and leaves the
 * chains.
 */
export async function perform(commands, name, ...apis) {
  try {
    if (!Object.hasOwn(commands, name)) throw new Error(`no such command: ${name}`);
    console.log(String(await commands[name]()));
  } catch (error) {
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
  } finally {
    await Promise.all(apis.map((api) => api.disconnect()));
  }
}
