/** `edgefc systemd`: the unit as systemd reads it, parsed here, and by `systemd-analyze verify` where there is one. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatUnit, type UnitFacts } from '../../src/cli/systemd/unit.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { FIXTURES, runEdgefc } from './run-edgefc.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'dist', 'main.js');
const hasVerify = spawnSync('systemd-analyze', ['--version']).status === 0;

/** Sections of `key=value`; a key may stand more than once. */
function parseUnit(text: string): Record<string, Record<string, string[]>> {
  const sections: Record<string, Record<string, string[]>> = {};
  let current: Record<string, string[]> | undefined;
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const section = /^\[(\w+)\]$/.exec(line)?.[1];
    if (section !== undefined) {
      current = sections[section] = {};
      continue;
    }
    const [, key, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
    if (key === undefined || value === undefined || current === undefined) throw new Error(`not a unit: ${line}`);
    (current[key] ??= []).push(value);
  }
  return sections;
}

/** The words of an `ExecStart=`, as systemd splits them and expands `%%` and `$$`; there is nothing else to expand in ours. */
function splitCommand(text: string): string[] {
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, plain]) =>
    expand(expand(quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '', '%'), '$'),
  );
}

function expand(text: string, sign: '%' | '$'): string {
  const parts = text.split(sign + sign);
  if (parts.some((part) => part.includes(sign))) throw new Error(`systemd would expand ${text}`);
  return parts.join(sign);
}

function makeProject(settings: object = {}, folder = 'plant'): string {
  const directory = join(makeTempDir(), folder);
  mkdirSync(directory);
  const services = { Test: { functions: { echo: { codeUri: FIXTURES, handler: 'functions.echo', maxInstances: 4 } } } };
  writeFileSync(join(directory, 'edgefc.config.json'), JSON.stringify({ services, ...settings }));
  return directory;
}

async function printUnit(
  cwd: string,
  ...args: string[]
): Promise<{ text: string; unit: ReturnType<typeof parseUnit>; service: Record<string, string[]>; err: string }> {
  const { code, stdout, stderr } = await runEdgefc(['systemd', ...args], { cwd });
  expect([code, stderr.replace(/^warning: .*\n/gm, '')]).toEqual([0, '']);
  const text = stdout.toString();
  const unit = parseUnit(text);
  return { text, unit, service: unit['Service'] ?? {}, err: stderr };
}

const FACTS: UnitFacts = {
  version: '1.2.3',
  name: 'edgefc',
  user: 'edgefc',
  execPath: '/opt/edgefc/bin/node',
  main: '/opt/edgefc/lib/main.js',
  config: '/srv/plant/edgefc.config.ts',
  dataDir: undefined,
  isDataDirNamed: false,
  codeUris: ['/srv/plant/pump'],
  gracePeriod: 8000,
  maxMemory: 480 * 1024 ** 2,
  totalMemory: 1024 ** 3,
  instances: 8,
};

const serviceOf = (facts: Partial<UnitFacts>): Record<string, string[]> =>
  parseUnit(formatUnit({ ...FACTS, ...facts }))['Service'] ?? {};

describe('edgefc systemd', () => {
  it('starts this Node and this command on this configuration, by absolute paths', async () => {
    const cwd = makeProject();
    const { unit, service } = await printUnit(cwd);
    expect(Object.keys(unit)).toEqual(['Unit', 'Service', 'Install']);
    expect(splitCommand(service['ExecStart']?.[0] ?? '')).toEqual([
      process.execPath,
      '--max-semi-space-size=4',
      MAIN,
      'start',
      '--json',
      '--config',
      join(cwd, 'edgefc.config.json'),
    ]);
    expect(service).toMatchObject({ User: ['edgefc'], WorkingDirectory: [cwd], StateDirectory: ['edgefc'] });
    expect(unit['Install']).toEqual({ WantedBy: ['multi-user.target'] });
  });

  it('asks the host alone to stop, and gives it longer than its grace period', async () => {
    const { service } = await printUnit(makeProject({ gracePeriod: '90s' }));
    expect(service['KillMode']).toEqual(['mixed']);
    // `edgefc stop` waits for 20 s beyond the grace period; systemd must not be done sooner.
    expect(Number.parseInt(service['TimeoutStopSec']?.[0] ?? '', 10)).toBeGreaterThan(90 + 20);
  });

  it('is restarted after a crash, but not for a wrong configuration and not after edgefc stop', () => {
    const unit = parseUnit(formatUnit(FACTS));
    expect(unit['Service']).toMatchObject({ Restart: ['on-failure'], RestartPreventExitStatus: ['2'] });
    expect(unit['Unit']).toMatchObject({ StartLimitIntervalSec: ['0'] });
  });

  it('limits memory, tasks and files, and a function out of memory does not stop the service', () => {
    expect(serviceOf({})).toMatchObject({
      MemoryMax: ['80%'],
      OOMPolicy: ['continue'],
      TasksMax: ['1024'],
      LimitNOFILE: ['65536'],
    });
    expect(serviceOf({ instances: 100 })['TasksMax']).toEqual(['3456']);
    expect(serviceOf({ maxMemory: 900 * 1024 ** 2 })['MemoryMax']).toEqual(['1156M']);
  });

  it('plans with the memory that its own limit leaves', async () => {
    const cwd = makeProject();
    expect((await printUnit(cwd)).service['MemoryMax']).toEqual(['80%']);
    const all = makeProject({ maxMemory: `${Math.ceil(totalmem() / 1024 ** 2)}MB` });
    expect(Number.parseInt((await printUnit(all)).service['MemoryMax']?.[0] ?? '', 10)).toBeGreaterThan(
      totalmem() / 1024 ** 2,
    );
  });

  it('takes nothing away that functions need', () => {
    const service = serviceOf({});
    for (const key of ['MemoryDenyWriteExecute', 'PrivateDevices', 'ProtectClock', 'RestrictAddressFamilies']) {
      expect(service).not.toHaveProperty(key);
    }
    expect(service).toMatchObject({ ProtectHome: ['yes'], PrivateTmp: ['yes'], ProtectSystem: ['full'] });
    expect(serviceOf({ execPath: '/home/ann/.nvm/node' })['ProtectHome']).toEqual(['read-only']);
    expect(serviceOf({ codeUris: ['/tmp/pump'] })['PrivateTmp']).toEqual(['no']);
  });

  it('keeps its data where the command line or the configuration says', async () => {
    const cwd = makeProject({ dataDir: './state' });
    const configured = await printUnit(cwd);
    expect(configured.service['StateDirectory']).toBe(undefined);
    expect(configured.service['ReadWritePaths']).toEqual([`-${join(cwd, 'state')}`]);
    expect(configured.service['ExecStart']?.[0]).not.toContain('--data-dir');
    const named = await printUnit(cwd, '--data-dir', '/var/lib/plant');
    expect(splitCommand(named.service['ExecStart']?.[0] ?? '').slice(-2)).toEqual(['--data-dir', '/var/lib/plant']);
  });

  it('has a name and a user of its own choice', async () => {
    const { service } = await printUnit(makeProject(), '--name', 'line-2', '--user', 'plant');
    expect(service).toMatchObject({ User: ['plant'], StateDirectory: ['line-2'], SyslogIdentifier: ['line-2'] });
    const { code, stderr } = await runEdgefc(['systemd', '--user', 'a b'], { cwd: makeProject() });
    expect([code, stderr]).toEqual([2, expect.stringContaining('--user: found "a b", allowed up to 31 of')]);
  });

  it('writes paths that systemd reads as they are', async () => {
    const cwd = makeProject({}, 'plant 5% "$HOME"');
    const { service } = await printUnit(cwd);
    expect(splitCommand(service['ExecStart']?.[0] ?? '').at(-1)).toBe(join(cwd, 'edgefc.config.json'));
    expect(expand(service['WorkingDirectory']?.[0] ?? '', '%')).toBe(cwd);
    expect(() => formatUnit({ ...FACTS, config: '/srv/a\nExecStartPre=/bin/false' })).toThrow(/cannot be written/);
  });

  it('warns of a folder that its user cannot pass', async () => {
    const cwd = makeProject();
    execFileSync('chmod', ['700', cwd]);
    const { err } = await printUnit(cwd);
    expect(err).toContain('is closed to other users; edgefc has to get through');
    expect((await printUnit(cwd, '--user', 'root')).err).toBe('');
  });

  it('says what is wrong with a configuration instead', async () => {
    const { code, stdout, stderr } = await runEdgefc(['systemd'], { cwd: makeProject({ gracePeriod: 'soon' }) });
    expect([code, stdout.toString()]).toEqual([2, '']);
    expect(stderr).toContain('gracePeriod');
  });

  it.runIf(hasVerify)('passes systemd-analyze verify, also with odd paths', async () => {
    for (const folder of ['plant', 'plant 5% "$HOME"']) {
      const cwd = makeProject({}, folder);
      const { text } = await printUnit(cwd, '--user', 'root');
      const file = join(cwd, 'edgefc.service');
      writeFileSync(file, text);
      const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8' });
      // What other units of this machine lack is not ours.
      const ours = stderr.split('\n').filter((line) => line.includes('edgefc'));
      expect([status, ours]).toEqual([0, []]);
      expect(readFileSync(file, 'utf8')).toBe(text);
    }
  });
});
