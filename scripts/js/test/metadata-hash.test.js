// The hash of the metadata that a release's runtime has in it, and that a hardware wallet signs with
// whatever it showed: compared with an implementation that shares no code with the runtime's.

import assert from 'node:assert/strict';
import { merkleizeMetadata } from '@polkadot-api/merkleize-metadata';
import { u8aToHex } from '@polkadot/util';
import { after, before, describe, it } from 'node:test';
import { connect, people, send } from '../chain.js';

const skip = process.env.MYAI_METADATA_HASH ? false : 'the runtime was built without the hash';

describe('the hash of the metadata', { skip, timeout: 120_000 }, () => {
  let api;
  let who;
  let wallet;

  before(async () => {
    api = await connect();
    who = people();
    const metadata = await api.call.metadata.metadataAtVersion(15);
    const bytes = metadata.unwrap().toU8a(true);
    wallet = merkleizeMetadata(bytes, { decimals: 12, tokenSymbol: 'MAI' });
  });

  after(() => api?.disconnect());

  const transfer = () => api.tx.balances.transferKeepAlive(who.bob.address, 1n);

  it('is the same in the runtime: what was signed with it is taken', async () => {
    const metadataHash = u8aToHex(wallet.digest());
    const { error } = await send(api, who.alice, transfer(), { mode: 1, metadataHash });
    assert.equal(error, undefined);
  });

  it('is checked: what was signed with another is not', async () => {
    const digest = wallet.digest();
    digest[0] ^= 1;
    const signed = send(api, who.alice, transfer(), { mode: 1, metadataHash: u8aToHex(digest) });
    await assert.rejects(signed, /bad signature|bad proof/i);
  });
});
