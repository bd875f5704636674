// Reads docs/api.md, and says in its words what the chain's metadata says: so that a test can hold
// the one against the other.

import { readFileSync } from 'node:fs';

const PAGE = new URL('../../docs/api.md', import.meta.url);

/** The page's sections by heading, `{ title, text }`; a deeper heading begins another. */
export function sections() {
  const found = [];
  let fenced = false;
  for (const line of readFileSync(PAGE, 'utf8').split('\n')) {
    if (line.startsWith('```')) fenced = !fenced;
    const heading = !fenced && line.match(/^(#+) (.*)$/);
    if (heading) {
      found.push({ depth: heading[1].length, title: heading[2].replaceAll('`', ''), text: '' });
    } else if (found.length > 0) {
      found.at(-1).text += `${line}\n`;
    }
  }
  return found;
}

/** The sections below the one of that title. */
export function below(title) {
  const all = sections();
  const at = all.findIndex((s) => s.title === title);
  if (at < 0) throw new Error(`the page has no section “${title}”`);
  const end = all.findIndex((s, i) => i > at && s.depth <= all[at].depth);
  return all.slice(at, end < 0 ? undefined : end);
}

/** The code of all blocks of a language in a text. */
export function blocks(text, language) {
  const fence = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm');
  return [...text.matchAll(fence)].map(([, code]) => code.trim());
}

/** The rows of the tables in a text, without their heads, each a list of cells without backticks. */
export function rows(text) {
  return text
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.slice(1, -1).split(' | ').map((c) => c.replaceAll('`', '').trim()))
    .filter((cells, i, all) => !isRule(cells) && !isRule(all[i + 1] ?? []));
}

const isRule = (cells) => cells.length > 0 && cells.every((c) => /^[-| ]+$/.test(c));

/** What the metadata says of `MyAiApi` and of the types that it takes and answers. */
export class Chain {
  constructor(api) {
    this.lookup = api.registry.lookup;
    this.metadata = api.runtimeMetadata.asLatest;
  }

  /** `[name, signature, inputs]` of each function; `inputs` are its parameters' types, by which
   * polkadot.js makes them. */
  functions() {
    const { methods } = this.metadata.apis.find(({ name }) => name.eq('MyAiApi'));
    return methods.map(({ name, inputs, output }) => {
      const takes = inputs.map((p) => `${p.name}: ${this.type(p.type)}`).join(', ');
      return [
        name.toString(),
        `${name}(${takes}) -> ${this.type(output)}`,
        inputs.map((p) => this.lookup.getTypeDef(p.type).type),
      ];
    });
  }

  /** A type as the page writes it: as it is on the wire, with the names of our own. */
  type(id) {
    const { path, params, def } = this.lookup.getSiType(id);
    const name = path.at(-1)?.toString();
    const inner = () => params.filter((p) => p.type.isSome).map((p) => this.type(p.type.unwrap()));
    if (name === 'AccountId32') return 'AccountId';
    if (name === 'BoundedVec') return `Vec<${inner()[0]}>`;
    if (name === 'Option' || name === 'Result') return `${name}<${inner().join(', ')}>`;
    if (name) return name;
    if (def.isPrimitive) return def.asPrimitive.type.toLowerCase();
    if (def.isCompact) return `Compact<${this.type(def.asCompact.type)}>`;
    if (def.isSequence) return `Vec<${this.type(def.asSequence.type)}>`;
    if (def.isArray) return `[${this.type(def.asArray.type)}; ${def.asArray.len}]`;
    if (def.isTuple) return `(${def.asTuple.map((t) => this.type(t)).join(', ')})`;
    throw new Error(`no word for type ${id}`);
  }

  /** Our own types in what the functions take and answer: name → what it is made of. */
  types() {
    const found = new Map();
    const seen = new Set();
    const look = (id) => {
      const key = id.toNumber();
      if (seen.has(key)) return;
      seen.add(key);
      const { path, params, def } = this.lookup.getSiType(id);
      if (path[0]?.eq('myai_primitives')) found.set(path.at(-1).toString(), this.made(def));
      params.filter((p) => p.type.isSome).forEach((p) => look(p.type.unwrap()));
      if (def.isCompact) look(def.asCompact.type);
      else if (def.isSequence) look(def.asSequence.type);
      else if (def.isArray) look(def.asArray.type);
      else if (def.isTuple) def.asTuple.forEach(look);
      else if (def.isComposite) def.asComposite.fields.forEach((f) => look(f.type));
      else if (def.isVariant) {
        def.asVariant.variants.forEach((v) => v.fields.forEach((f) => look(f.type)));
      }
    };
    const { methods } = this.metadata.apis.find(({ name }) => name.eq('MyAiApi'));
    for (const { inputs, output } of methods) {
      inputs.forEach((p) => look(p.type));
      look(output);
    }
    return found;
  }

  // Fields as `name: type`, or variants with their numbers.
  made(def) {
    if (def.isComposite) return def.asComposite.fields.map((f) => this.field(f));
    return def.asVariant.variants.map(({ index, name, fields }) => {
      const inner = fields.map((f) => this.field(f)).join(', ');
      if (fields.length === 0) return `${index} ${name}`;
      return fields[0].name.isSome
        ? `${index} ${name} { ${inner} }`
        : `${index} ${name}(${inner})`;
    });
  }

  field({ name, type }) {
    return name.isSome ? `${name.unwrap()}: ${this.type(type)}` : this.type(type);
  }

  /** Every call of our four pallets: `pallet.call(argument, …)`. */
  calls() {
    const ours = ['RewardSplit', 'ModelRegistry', 'DataLicense', 'InferenceEscrow'];
    return this.metadata.pallets
      .filter(({ name }) => ours.includes(name.toString()))
      .flatMap(({ name, calls }) =>
        this.lookup.getSiType(calls.unwrap().type).def.asVariant.variants.map((call) => {
          const args = call.fields.map((f) => f.name.unwrap().toString());
          return `${name}.${call.name}(${args.join(', ')})`;
        }),
      );
  }
}
