/**
 * The tables of docs/configuration.md, generated from packages/runtime/src/config: keys and allowed values from the
 * schema (it is asked, with a wrong value for each key), descriptions and defaults from the comments of types.ts.
 *
 * A default that can be written as a value is tried: a configuration that says it has to be the same as one that does not.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { createConfigSchema } from '../../../packages/runtime/src/config/schema.ts';
import { gatherHostFacts } from '../../../packages/runtime/src/config/host-facts.ts';
import { resolveConfig } from '../../../packages/runtime/src/config/resolve.ts';
import { ROOT } from '../pages.mjs';

const TYPES = 'packages/runtime/src/config/types.ts';

/** The tables, in the order of the page. `at`: how a value of that group stands in a configuration. */
const TABLES = [
  {
    title: 'The file',
    type: 'EdgefcConfig',
    at: inFile,
    nested: ['services', 'defaults', 'limits', 'log', 'routes', 'credentials'],
  },
  { title: '`limits`', type: 'LimitsConfig', at: (limits) => inFile({ limits }), nested: ['results', 'deadLetters'] },
  { title: '`limits.results`', type: 'ResultLimitsConfig', at: (results) => inFile({ limits: { results } }) },
  {
    title: '`limits.deadLetters`',
    type: 'DeadLetterLimitsConfig',
    at: (deadLetters) => inFile({ limits: { deadLetters } }),
  },
  { title: '`log`', type: 'LogConfig', at: (log) => inFile({ log }) },
  {
    title: '`routes`, each',
    type: 'RouteConfig',
    at: (route) => inFile({ routes: [{ topic: 'a', target: 'S/f', ...route }] }),
  },
  {
    title: '`credentials`',
    type: 'CredentialsConfig',
    at: (value) => inFile({ credentials: { accessKeyId: 'a', accessKeySecret: 'b', ...value } }),
  },
  {
    title: 'A service',
    type: 'ServiceConfig',
    at: (service) => ({ services: { S: { ...inFunction({}).services.S, ...service } } }),
    nested: ['functions', 'defaults'],
  },
  {
    title: 'A function, or `defaults` of a service or the file',
    type: 'FunctionDefaults',
    at: inFunction,
    nested: ['retry'],
  },
  { title: '`retry`', type: 'RetryConfig', at: (retry) => inFunction({ retry }) },
  { title: 'A function only', type: 'FunctionConfig', at: inFunction, nested: ['timers'] },
  {
    title: '`timers`, each',
    type: 'TimerConfig',
    at: (timer) => inFunction({ timers: { t: { every: '1h', ...timer } } }),
  },
];

export function generateConfiguration() {
  const schema = createConfigSchema();
  const types = readTypes();
  const sections = TABLES.map(({ title, type, at, nested = [] }) => {
    const { members } = types.get(type) ?? {};
    assert(members !== undefined, `${TYPES} has no ${type}`);
    const rows = members.map(({ name, optional, doc, of }) => {
      // What is not said of the key is said of what it holds.
      const { text, fallback } = splitDefault(doc === '' ? (types.get(of)?.doc ?? '') : doc);
      tryDefault(name, fallback, at);
      return {
        name: `\`${name}\``,
        allowed: nested.includes(name) ? seeBelow(name) : allowedOf(schema, at, name),
        default: optional ? (fallback ?? '') : '_required_',
        text,
      };
    });
    return `## ${title}\n\n${table(rows)}\n`;
  });
  return sections.join('\n');
}

function inFile(value) {
  return { ...inFunction({}), ...value };
}

function inFunction(value) {
  return { services: { S: { functions: { f: { codeUri: '.', ...value } } } } };
}

/** Where a group that has a table of its own stands. */
function seeBelow(name) {
  const link = {
    services: ['an object of services by name', 'a-service'],
    functions: ['an object of functions by name', 'a-function-or-defaults-of-a-service-or-the-file'],
    defaults: ['an object', 'a-function-or-defaults-of-a-service-or-the-file'],
    limits: ['an object', 'limits'],
    results: ['an object', 'limitsresults'],
    deadLetters: ['an object', 'limitsdeadletters'],
    log: ['an object', 'log'],
    routes: ['a list', 'routes-each'],
    credentials: ['an object', 'credentials'],
    retry: ['an object', 'retry'],
    timers: ['an object of timers by name', 'timers-each'],
  }[name];
  assert(link !== undefined, `nothing is said of ${name}`);
  return `[${link[0]}](#${link[1]})`;
}

/** What the schema says is allowed, when it finds something that cannot be right. */
function allowedOf(schema, at, name) {
  const result = schema.read(at({ [name]: Symbol('wrong') }));
  assert(!result.ok, `the schema takes a symbol for ${name}`);
  const [problem] = result.problems;
  const [, allowed] = / allowed (.*)$/s.exec(problem?.message ?? '') ?? [];
  assert(allowed !== undefined, `the schema does not say what ${name} may be: ${problem?.message}`);
  return asCode(allowed);
}

/** Texts in quotes and whole expressions are shown as code; how units are written is said once, above the tables. */
function asCode(text) {
  return text
    .replace(/^(a (?:duration|size)) such as '[^']*', '[^']*' or '[^']*'/, '$1')
    .replaceAll(/(?<![\w.])\d{5,}(?!\w)/g, (number) => Number(number).toLocaleString('en-US'))
    .replaceAll(/\[\{.*\}\]|\{ [^}]*\}+|\['[^\]]*'\]|(?<!\w)'[^']*'(?!\w)/g, (code) => `\`${code}\``);
}

/** `Default: …` of a comment, and the rest. */
function splitDefault(doc) {
  const match = /\s*\bDefault: ([^]*?)(?:\.(?=\s|$)|$)/.exec(doc);
  if (match === null) return { text: doc, fallback: undefined };
  const fallback = match[1] ?? '';
  const text = `${doc.slice(0, match.index)}${doc.slice(match.index + match[0].length)}`.trim();
  // "Default: 'x': what it does; 'y': …" describes the values, too.
  const values = /^(`?'[^']*'`?)(:.*|; see .*)$/s.exec(fallback);
  if (values === null) return { text, fallback };
  if (values[2]?.startsWith(';') === true) return { text: `${text} S${values[2].slice(3)}.`, fallback: values[1] };
  return { text: `${text} ${fallback}.`.trim(), fallback: values[1] };
}

/** A default that is a value is the one that holds when nothing is said. */
function tryDefault(name, fallback, at) {
  const value = fallback === undefined ? undefined : toValue(fallback);
  if (value === undefined) return;
  assert.deepEqual(
    resolved(at({ [name]: value })),
    resolved(at({})),
    `${TYPES} says that ${name} is ${fallback} by default, and it is not`,
  );
}

function toValue(text) {
  const plain = text.replaceAll('`', '');
  if (/^'[^']*'$/.test(plain)) return plain.slice(1, -1);
  if (plain === 'true' || plain === 'false') return plain === 'true';
  if (/^[\d,]+$/.test(plain)) return Number(plain.replaceAll(',', ''));
  const unit = /^(\d+) (ms|s|min|h|d|B|KB|MB|GB)(?:, |$)/.exec(plain);
  if (unit === null || / or | if /.test(plain)) return undefined;
  return `${unit[1]}${unit[2] === 'min' ? 'm' : unit[2]}`;
}

function resolved(config) {
  const facts = { ...gatherHostFacts({}, ROOT), cpus: 4, baseDir: ROOT };
  return JSON.parse(JSON.stringify(resolveConfig(config, facts), keepInfinity));
}

function keepInfinity(_key, value) {
  return value === Infinity ? 'Infinity' : value;
}

/** Every interface of types.ts: its members with their comments, in order. */
function readTypes() {
  const path = join(ROOT, TYPES);
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  const found = new Map();
  for (const statement of source.statements) {
    if (!ts.isInterfaceDeclaration(statement)) continue;
    const members = statement.members.filter(ts.isPropertySignature).map((member) => ({
      name: member.name.getText(source),
      optional: member.questionToken !== undefined,
      doc: docOf(member),
      of: member.type?.getText(source) ?? '',
    }));
    found.set(statement.name.text, { members, doc: docOf(statement) });
  }
  return found;
}

function docOf(node) {
  return ts
    .getJSDocCommentsAndTags(node)
    .map((doc) => ts.getTextOfJSDocComment(doc.comment) ?? '')
    .join(' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

function table(rows) {
  const cells = rows.map((row) =>
    [row.name, row.allowed, row.default, row.text].map((cell) => cell.replaceAll('|', '\\|')),
  );
  return [['key', 'value', 'default', ''], ['---', '---', '---', '---'], ...cells]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');
}
