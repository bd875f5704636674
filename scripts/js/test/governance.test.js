// How a polkadot.js user decides: whole referenda, from the preimage to the unlocked vote, on a
// chain whose periods can be waited for.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { blake2AsHex } from '@polkadot/util-crypto';
import {
  MAI, VOTE, connect, decide, done, enacted, eventsOf, free, held, origin, people, send, vote,
  watch,
} from '../chain.js';

describe('Holders of the token', { timeout: 600_000 }, () => {
  let api;
  let who;
  let standing;
  const setRoyalty = (ppm) => api.tx.modelRegistry.setRule('MaxRoyalty', ppm);

  const maxRoyalty = async () => {
    const { list } = await api.call.myAiApi.rules();
    const number = api.createType('MyaiPrimitivesRulesRule', 'MaxRoyalty').index;
    return list.find(({ rule }) => rule.eq(number)).value.toNumber();
  };

  /** Notes the call's bytes and proposes them; the referendum's number. */
  const propose = async (proposer, name, call) => {
    const bytes = call.method.toHex();
    await done(api, proposer, api.tx.preimage.notePreimage(bytes), 'preimage.Noted');
    const lookup = { hash_: blake2AsHex(bytes), len: call.method.encodedLength };
    const submit = api.tx.referenda.submit(origin(name), { Lookup: lookup }, { After: 0 });
    const { index } = await done(api, proposer, submit, 'referenda.Submitted');
    const deposit = api.tx.referenda.placeDecisionDeposit(index);
    await done(api, who.bob, deposit, 'referenda.DecisionDepositPlaced');
    return index.toNumber();
  };

  const referendum = async (index) => (await api.query.referenda.referendumInfoFor(index)).unwrap();
  const locked = (voter) => held(api, voter, 'Origins.Vote');

  before(async () => {
    api = await connect();
    who = people();
    standing = await maxRoyalty();
  });

  after(() => api?.disconnect());

  it('see the tracks, and periods short enough to watch', () => {
    const tracks = api.consts.referenda.tracks.map(([id, track]) => [
      id.toNumber(), track.name.toString().replace(/\0+$/, ''), track.decisionPeriod.toNumber(),
    ]);
    assert.deepEqual(tracks, [
      [0, 'root', 20], [1, 'whitelisted_caller', 20], [10, 'registry_rules', 20],
      [11, 'moderation', 20], [20, 'small_spender', 20], [21, 'big_spender', 20],
      [30, 'canceller', 20], [31, 'killer', 20],
    ]);
  });

  it('have no key above them', async () => {
    assert.equal(api.tx.sudo, undefined);
    assert.equal((await send(api, who.alice, setRoyalty(1))).error, 'BadOrigin');
  });

  it('change a rule: preimage, deposit, votes, delegation, enactment, unlocking', async () => {
    const track = 10;
    for (const voter of [who.dave, who.ferdie]) {
      const delegate = api.tx.convictionVoting.delegate(
        track, who.charlie.address, 'Locked2x', VOTE,
      );
      await done(api, voter, delegate, 'convictionVoting.Delegated');
    }
    const index = await propose(who.eve, 'RegistryRules', setRoyalty(350_000));
    assert.ok((await held(api, who.eve, 'Preimage.Preimage')) > 0n);
    const votes = [[who.alice, 'None'], [who.bob, 'Locked1x'], [who.charlie, 'Locked3x']];
    await Promise.all(votes.map(([voter, conviction]) =>
      done(api, voter, vote(api, index, true, conviction), 'convictionVoting.Voted')));
    const { tally } = (await referendum(index)).asOngoing;
    assert.equal(tally.support.toBigInt(), 5n * VOTE);
    // A tenth, once, three times, and twice each of the two who delegated.
    assert.equal(tally.ayes.toBigInt(), VOTE / 10n + VOTE + 3n * VOTE + 2n * 2n * VOTE);

    // It needs one vote more, or time.
    await done(api, who.eve, vote(api, index, true), 'convictionVoting.Voted');
    await enacted(api, index);
    assert.equal(await maxRoyalty(), 350_000);
    assert.ok((await referendum(index)).isApproved);

    const has = await free(api, who.bob);
    await done(
      api, who.eve, api.tx.referenda.refundDecisionDeposit(index),
      'referenda.DecisionDepositRefunded',
    );
    assert.equal(await free(api, who.bob), has + 200n * MAI);
    await done(
      api, who.eve, api.tx.referenda.refundSubmissionDeposit(index),
      'referenda.SubmissionDepositRefunded',
    );
    const bytes = setRoyalty(350_000).method.toHex();
    const unnote = api.tx.preimage.unnotePreimage(blake2AsHex(bytes));
    await done(api, who.eve, unnote, 'preimage.Cleared');
    assert.equal(await held(api, who.eve, 'Preimage.Preimage'), 0n);

    // Bob's vote counted once, so it stays locked for a while.
    const unlock = () => api.tx.convictionVoting.unlock(track, who.bob.address);
    const removed = await send(api, who.bob, api.tx.convictionVoting.removeVote(track, index));
    assert.equal(removed.error, undefined);
    assert.equal((await send(api, who.bob, unlock())).error, undefined);
    const until = await locked(who.bob);
    assert.ok(until >= VOTE);
    const end = (await referendum(index)).asApproved[0].toNumber() + 10;
    await watch(api, 60, async () =>
      (await api.call.myAiApi.clock()).now.toNumber() > end ? true : undefined,
    );
    assert.equal((await send(api, who.bob, unlock())).error, undefined);
    assert.equal(await locked(who.bob), 0n);
    for (const voter of [who.dave, who.ferdie]) {
      const undelegate = api.tx.convictionVoting.undelegate(track);
      await done(api, voter, undelegate, 'convictionVoting.Undelegated');
    }
  });

  it('refuse a proposal, and nothing changes', async () => {
    const was = await maxRoyalty();
    const index = await propose(who.eve, 'RegistryRules', setRoyalty(1));
    await done(api, who.eve, vote(api, index, true), 'convictionVoting.Voted');
    for (const voter of [who.alice, who.bob]) {
      await done(api, voter, vote(api, index, false), 'convictionVoting.Voted');
    }
    await watch(api, 90, (events) =>
      eventsOf(events, 'referenda.Rejected').find((data) => data.index.eq(index)));
    assert.equal(await maxRoyalty(), was);
  });

  it('hear by name why a value out of bounds is not set', async () => {
    const was = await maxRoyalty();
    const refused = decide(api, 'RegistryRules', setRoyalty(500_001));
    await assert.rejects(refused, /modelRegistry\.RuleOutOfBounds/);
    assert.equal(await maxRoyalty(), was);
  });

  it('have Root do at once what the technical committee has whitelisted', async () => {
    const urgent = setRoyalty(standing);
    const hash = blake2AsHex(urgent.method.toHex());
    const motion = api.tx.whitelist.whitelistCall(hash);
    const length = motion.method.encodedLength;
    const { proposalHash, proposalIndex } = await done(
      api, who.alice, api.tx.technicalCommittee.propose(2, motion, length),
      'technicalCommittee.Proposed',
    );
    for (const member of [who.alice, who.charlie]) {
      const agree = api.tx.technicalCommittee.vote(proposalHash, proposalIndex, true);
      await done(api, member, agree, 'technicalCommittee.Voted');
    }
    const weight = { refTime: 1_000_000_000n, proofSize: 100_000n };
    const close = api.tx.technicalCommittee.close(proposalHash, proposalIndex, weight, length);
    await done(api, who.alice, close, 'whitelist.CallWhitelisted');

    const dispatch = api.tx.whitelist.dispatchWhitelistedCallWithPreimage(urgent);
    await decide(api, 'WhitelistedCaller', dispatch);
    assert.equal(await maxRoyalty(), standing);
  });
});
