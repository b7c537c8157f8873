/**
 * `pnpm lint:workflows`: the workflows under .github as far as they can be checked without running them. actionlint knows the
 * language; what is below it are our own rules about whom a workflow trusts.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { installTools } from './tools.mjs';

const root = join(import.meta.dirname, '..', '..');
const tools = await installTools();
const { parse } = await tools.load('yaml', 'dist', 'index.js');
const { createLinter } = await tools.load('actionlint', 'node.mjs');
const lint = await createLinter();

/** What actionlint's version does not know yet, and GitHub does. */
const NEWER_THAN_THE_LINTER = /label "ubuntu-24\.04-arm" is unknown/;
/** The one job that may prove to others who it is. */
const IDENTITY = 'release.yml: publish';

/** By what is wrong; each gives the complaints about one workflow. */
const RULES = [
  // A commit cannot be moved under us; the comment is what people and update bots read.
  ({ text }) =>
    [...text.matchAll(/^.*\buses:\s*(.*)$/gm)]
      .filter(([, used]) => !/^[\w-]+(?:\/[\w.-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(used))
      .map(([, used]) => `uses: ${used} is not owner/action@<full commit> # v<version>`),
  ({ workflow }) =>
    JSON.stringify(workflow.permissions) === '{}' ? [] : ['top-level permissions must be {}; give each job its own'],
  ({ jobs }) => jobs.filter(([, { permissions }]) => permissions === undefined).map(([id]) => `${id}: no permissions`),
  ({ jobs }) =>
    jobs.filter(([, job]) => job['timeout-minutes'] === undefined).map(([id]) => `${id}: no timeout-minutes`),
  ({ jobs, file }) =>
    jobs
      .filter(([id, { permissions }]) => permissions?.['id-token'] !== undefined && `${file}: ${id}` !== IDENTITY)
      .map(([id]) => `${id}: has an identity (id-token), which only ${IDENTITY} needs`),
  ({ jobs }) =>
    stepsOf(jobs)
      .filter(({ step }) => step.uses?.startsWith('actions/checkout@') && step.with?.['persist-credentials'] !== false)
      .map(({ id }) => `${id}: checkout leaves its token in .git/config; say persist-credentials: false`),
  // What others write (titles, branches, texts) would be run as part of the script.
  ({ jobs }) =>
    stepsOf(jobs)
      .filter(({ step }) => /\$\{\{/.test(step.run ?? ''))
      .map(({ id, step }) => `${id}: an expression inside of run (${step.run}); hand it over in env`),
  ({ text }) => (/\bpull_request_target\b|\bworkflow_run\b/.test(text) ? ['a trigger that runs with our rights'] : []),
  ({ text }) => (/\bsecrets\./.test(text) ? ['uses a secret; there is none, publishing needs no token'] : []),
];

let complaints = 0;
const paths = globSync('.github/workflows/*.{yml,yaml}', { cwd: root });
for (const path of paths) {
  const text = readFileSync(join(root, path), 'utf8');
  const workflow = parse(text);
  const checked = { text, workflow, jobs: Object.entries(workflow.jobs), file: path.split(/[/\\]/).at(-1) };
  for (const { line, column, message } of lint(text, path)) {
    if (!NEWER_THAN_THE_LINTER.test(message)) complain(`${path}:${line}:${column}: ${message}`);
  }
  for (const rule of RULES) for (const message of rule(checked)) complain(`${path}: ${message}`);
}
if (paths.length === 0) complain('there are no workflows in .github/workflows');
console.log(`workflows: ${paths.length} looked at, ${complaints} complaints`);
process.exitCode = complaints > 0 ? 1 : 0;

function stepsOf(jobs) {
  return jobs.flatMap(([id, { steps = [] }]) => steps.map((step) => ({ id, step })));
}

function complain(message) {
  complaints += 1;
  console.error(message);
}
