// docs/api.md: what it tells a reader to type is typed here, against a fresh development chain that
// this makes look as the page's examples suppose; and what it says of functions, types, rules and
// calls is held against the chain's metadata.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { u8aConcat, u8aToHex } from '@polkadot/util';
import { after, before, describe, it } from 'node:test';
import { MAI, NATIVE, connect, done, hash, people, watch } from '../chain.js';
import { Chain, below, blocks, rows, sections } from '../page.js';
import {
  PRICE, becomeWorker, open, openJob, publish, register, registerDataset, setTerms,
} from '../samples.js';

const NODE = process.env.MYAI_NODE ?? 'ws://127.0.0.1:9944';
const HERE = new URL('..', import.meta.url);

// The one address and the one job of the page, in ours.
const PAGE_ADDRESS = '127.0.0.1:9944';
const PAGE_JOB = 'ab'.repeat(32);

const functions = below('Functions').filter(({ depth }) => depth === 4);

describe('docs/api.md', { timeout: 300_000 }, () => {
  let api;
  let who;
  let chain;
  let folder;
  let page; // The page's JavaScript as a module.
  let job;

  // Alice's version 0 of model 0, which stands on grant 0 of her dataset 0 and asks for approval of
  // hosts and derivatives; Charlie's model 1, which is approved once, and requests a grant; Ferdie,
  // who serves the version; a job of Eve's that is settled, and one that is open; a referendum.
  const lookAsThePageSays = async () => {
    const { dataset } = await registerDataset(api, who.alice, 'Digits');
    const model = await register(api, who.alice, 'Digits');
    assert.deepEqual([dataset, model], [0, 0], 'this needs a fresh chain');
    const price = { asset: NATIVE, value: PRICE };
    const number = await setTerms(api, who.alice, dataset, { price });
    const acquire = (m, n) => api.tx.dataLicense.acquire(dataset, m, n, PRICE, 1000);
    await done(api, who.alice, acquire(model, number), 'dataLicense.GrantGiven');
    const { version } = await publish(api, who.alice, model, {
      clauses: open({ hosting: 'Approval', derivatives: 'Approval' }),
      datasets: [{ source: { Grant: 0 }, share: 100_000 }],
    });

    const other = await register(api, who.charlie, 'Digits, tuned');
    const { approve, approveDerivative } = api.tx.modelRegistry;
    await done(
      api, who.alice, approveDerivative(version, other, who.charlie.address),
      'modelRegistry.DerivativeApproved',
    );
    const asked = { price, clauses: open({ derivatives: 'Approval' }) };
    const next = await setTerms(api, who.alice, dataset, asked);
    await done(api, who.charlie, acquire(other, next), 'dataLicense.GrantRequested');

    await becomeWorker(api, who.ferdie);
    await done(
      api, who.alice, approve({ Version: version }, 'Host', who.ferdie.address),
      'modelRegistry.ApprovalGiven',
    );
    const { setOffer, attest } = api.tx.inferenceEscrow;
    await done(api, who.ferdie, setOffer(version, MAI, 10), 'inferenceEscrow.OfferSet');
    const newJob = async () => {
      const call = await openJob(api, who.ferdie, version, 1, PRICE + MAI, 100);
      return (await done(api, who.eve, call, 'inferenceEscrow.JobOpened')).job;
    };
    const settled = attest(await newJob(), hash(10), 1, hash(11));
    await done(api, who.ferdie, settled, 'inferenceEscrow.JobSettled');
    job = await newJob();

    const rule = api.tx.modelRegistry.setRule('MaxRoyalty', 350_000).method.toHex();
    const { submit } = api.tx.referenda;
    const call = submit({ Origins: 'RegistryRules' }, { Inline: rule }, { After: 0 });
    await done(api, who.alice, call, 'referenda.Submitted');
  };

  const ours = (text) =>
    text
      .replaceAll(PAGE_ADDRESS, new URL(NODE).host)
      .replaceAll(PAGE_JOB, job.toHex().slice(2));

  // All of the page's JavaScript in its order: the imports and the names as they stand, the request
  // of each function by its name, and each longer example by its section's.
  const asModule = () => {
    const [imports, names] = blocks(below('Asking').map((s) => s.text).join(''), 'js');
    const parts = [imports, names, 'export { api };', 'export const asks = {};'];
    for (const { title, text } of functions) {
      const [request] = blocks(text, 'js');
      const [, args] = request.match(/^await api\.call\.myAiApi\.\w+\((.*)\)$/s);
      parts.push(`asks.${title} = { run: async () => ${request}, args: () => [${args}] };`);
    }
    parts.push('export const examples = {};');
    for (const { title, text } of [...functions, ...below('Examples')]) {
      const longer = blocks(text, 'js').slice(functions.some((f) => f.title === title) ? 1 : 0);
      const made = longer.map((code) => `async () => {\n${code}\n}`);
      parts.push(`examples[${JSON.stringify(title)}] = [${made.join(',\n')}];`);
    }
    return ours(parts.join('\n'));
  };

  // Runs code and gives what it printed; waits until it printed something where `wait` says so.
  const printed = async (code, wait = async () => {}) => {
    const lines = [];
    const { log } = console;
    console.log = (...words) => lines.push(words.join(' '));
    try {
      await code();
      await wait(lines);
    } finally {
      console.log = log;
    }
    return lines;
  };

  before(async () => {
    api = await connect();
    who = people();
    chain = new Chain(api);
    await lookAsThePageSays();
    folder = mkdtempSync(join(tmpdir(), 'myai-page-'));
    symlinkSync(fileURLToPath(new URL('node_modules', HERE)), join(folder, 'node_modules'));
    const file = join(folder, 'page.mjs');
    writeFileSync(file, asModule());
    page = await import(pathToFileURL(file));
  });

  after(async () => {
    if (folder) rmSync(folder, { recursive: true });
    await page?.api.disconnect();
    await api?.disconnect();
  });

  it('has the functions of the runtime API in their order, with what they take and answer', () => {
    const said = functions.map(({ title, text }) => [title, text.match(/^`(.*?)`/m)[1]]);
    const known = chain.functions().map(([name, signature]) => [name, signature]);
    assert.deepEqual(said, known);
  });

  for (const { title, text } of functions) {
    it(`asks ${title} by JSON-RPC and by polkadot.js, and is answered the same`, async () => {
      const [, , inputs] = chain.functions().find(([name]) => name === title);
      const request = JSON.parse(ours(blocks(text, 'json')[0]));
      const [method, hex] = request.params;
      assert.equal(method, `MyAiApi_${title}`);
      // What JSON-RPC sends by hand is what polkadot.js makes of its arguments.
      const args = page.asks[title].args();
      const sent = args.map((arg, i) => api.createType(inputs[i], arg).toU8a());
      assert.equal(hex, u8aToHex(u8aConcat(...sent)));

      const answer = await page.asks[title].run();
      // The network's split is number 0, nothing is suspended, and no epoch is over yet.
      const empty = ['network_split', 'suspension', 'halt', 'claimable_issuance'];
      assert.ok(!answer.isEmpty || empty.includes(title), 'an empty answer shows nothing');
      assert.ok(!answer.isErr, answer.toString());

      // At the state of one block both say the same, byte by byte.
      const at = await api.rpc.chain.getBlockHash();
      request.params.push(at.toHex());
      const response = await fetch(NODE.replace(/^ws/, 'http'), {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(request),
      });
      const { result, error } = await response.json();
      assert.equal(error, undefined);
      const decoded = await (await api.at(at)).call.myAiApi[asInJs(title)](...args);
      assert.equal(u8aToHex(decoded.toU8a()), result);
    });
  }

  it('answers on the command line, too', () => {
    const [code] = blocks(below('Asking').map((s) => s.text).join(''), 'sh');
    const { result } = JSON.parse(execFileSync('bash', ['-c', ours(code)], { encoding: 'utf8' }));
    assert.equal(result.length, 2 + 2 * 8);
  });

  it('has every type that the functions speak of, field by field', () => {
    const known = chain.types();
    const said = new Map();
    for (const { title, text } of below('Answers').filter(({ depth }) => depth === 3)) {
      if (!known.has(title)) continue;
      said.set(title, rows(text).map(([field, type]) => `${field}: ${type}`).join(', '));
    }
    const other = rows(below('Other types')[0].text);
    for (const [names, made] of other) {
      for (const name of names.split(', ')) said.set(name, made);
    }
    const sorted = (map) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
    assert.deepEqual(
      sorted(said),
      sorted(new Map([...known].map(([name, made]) => [name, made.join(', ')]))),
    );
  });

  it('has every rule, with what it is at the start', async () => {
    const { list } = await (await api.at(api.genesisHash)).call.myAiApi.rules();
    const known = list.map(({ rule, value }) => [
      rule.toString(),
      api.createType('MyaiPrimitivesRulesRule', rule.toNumber()).type,
      value.toString(),
    ]);
    const said = rows(below('Rules by number')[0].text).map((cells) => cells.slice(0, 3));
    assert.deepEqual(said, known);
  });

  it('has every call of the four pallets once', () => {
    const said = below('Calls').flatMap(({ text }) => rows(text).map(([call]) => call));
    assert.deepEqual([...said].sort(), chain.calls().sort());
  });

  it('has every answer of the pool', () => {
    const source = readFileSync(new URL('../../primitives/src/jobs.rs', HERE), 'utf8');
    const known = [...source.matchAll(/^ {4}(\w+) = (1\d\d),$/gm)].map(([, n, code]) => [code, n]);
    const said = rows(below('What the pool answers')[0].text).map((cells) => cells.slice(0, 2));
    assert.deepEqual(said, known);
  });

  it('refers to sections and pages that there are', () => {
    const all = sections();
    const known = new Set(
      all.map(({ title }) => title.toLowerCase().replace(/[^\w\- ]/g, '').replaceAll(' ', '-')),
    );
    for (const { text } of all) {
      for (const [, to] of text.matchAll(/\]\(#([^)]*)\)/g)) assert.ok(known.has(to), to);
      for (const [, to] of text.matchAll(/\]\(([^#)]+)\)/g)) {
        assert.ok(existsSync(new URL(`../../docs/${to}`, HERE)), to);
      }
    }
  });

  it('shows why a quote is refused', async () => {
    const [example] = page.examples.quote;
    const text = functions.find(({ title }) => title === 'quote').text;
    const [, promised] = text.match(/console\.log\(.*\); \/\/ (.*)$/m);
    assert.deepEqual(await printed(example), [promised]);
  });

  it('opens a job whose id is known before, and follows it to its end', async () => {
    const [opens, follows] = page.examples['A job'];
    const [id] = await printed(opens);
    await watch(api, 60, async () => ((await api.call.myAiApi.job(id)).isSome ? true : undefined));
    const { attest } = api.tx.inferenceEscrow;
    const ended = await printed(follows, async (lines) => {
      await done(api, who.ferdie, attest(job, hash(10), 1, hash(11)), 'inferenceEscrow.JobSettled');
      await watch(api, 60, () => (lines.length > 0 ? true : undefined));
    });
    assert.deepEqual(ended, ['Settled']);
    const giveBack = api.tx.inferenceEscrow.decline(id, 'Other');
    await done(api, who.ferdie, giveBack, 'inferenceEscrow.JobDeclined');
  });

  it('claims all that there is to claim', async () => {
    const left = async () => (await api.call.myAiApi.claimable(who.alice.address, null)).claims;
    assert.ok((await left()).length > 0);
    const [claims] = page.examples.Claims;
    await claims();
    await watch(api, 60, async () => ((await left()).length === 0 ? true : undefined));
  });
});

// As polkadot.js writes a name.
function asInJs(name) {
  return name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
}
