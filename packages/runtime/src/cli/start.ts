/**
 * `edgefc start`: runs the host until it is told to stop, by a signal or by `edgefc stop`.
 *
 * On a terminal: a table of the functions, then the log as text. Elsewhere, and with `--json`, every line on standard
 * output is a JSON object, the first of them `{"event":"ready",…}`, and the table goes to standard error.
 */
import { startAdminServer, type AdminServer } from '../admin/server.ts';
import { reachHost } from '../admin/reach-host.ts';
import { HostUnreachableError } from '../admin/host-unreachable.ts';
import { adminSocketPaths } from '../admin/socket-path.ts';
import { writeDuration } from '../config/units.ts';
import { systemClock } from '../engine/clock.ts';
import type { HostDefinition } from '../engine/definition.ts';
import type { HostStart } from '../engine/host-api.ts';
import { createHost } from '../host.ts';
import { openLog, type OpenLog } from '../observe/open-log.ts';
import { print, type CliContext } from './context.ts';
import { ExitCode, signalExitCode } from './exit-codes.ts';
import { describeFunction, formatFunctionTable } from './function-table.ts';
import { locateConfig } from './locate-config.ts';
import { readVersion } from './read-version.ts';
import { stopHost } from './stop-host.ts';
import type { TargetOptions } from './target-options.ts';

export async function start(options: TargetOptions, context: CliContext): Promise<number> {
  const { definition, log: settings } = await locateConfig(options, context);
  const { dataDir } = definition.settings;
  await letShortCommandsEnd(dataDir);
  const startedAt = systemClock.monotonic();
  const version = readVersion();
  const [socket] = adminSocketPaths(dataDir);
  const json = options.json === true || !context.stdout.isTerminal;
  const host = createHost(definition, {
    holder: { version, command: 'edgefc start', ...(socket === undefined ? {} : { socket }) },
  });
  const { stream, colour } = context.stdout;
  const log = openLog(host.events, { ...settings, stream, colour, format: json ? 'json' : 'text' });
  const stop = new StopRequest(log, definition, context);
  let admin: AdminServer | undefined;
  let started = false;
  try {
    const found = await host.start();
    started = true;
    const facts = { pid: context.pid, version, startedAt, clock: systemClock, readRss: () => context.readRss() };
    const beginStop = stop.fromCommand;
    admin = await openAdmin({ host, clock: systemClock, facts, beginStop }, log);
    await announce(definition, found, log, context, { json, table: options.json !== true });
    await stop.requested;
  } finally {
    // While the data directory is this host's: later the socket there may be the next one's.
    admin?.stopListening();
    await stopHost(host, context, stop.gracePeriod);
    if (started) log.say('info', 'stopped');
    await admin?.close();
    log.close();
    await log.flush();
  }
  return ExitCode.Ok;
}

/** A command that works on the data directory, or a host that stops, is done in a moment; `host.start` names who is not. */
async function letShortCommandsEnd(dataDir: string): Promise<void> {
  try {
    const client = await reachHost(dataDir, systemClock);
    client?.close();
  } catch (error) {
    if (!(error instanceof HostUnreachableError)) throw error;
  }
}

/** Functions run without it, so that it cannot be made does not keep them. */
async function openAdmin(
  parts: Parameters<typeof startAdminServer>[0],
  log: OpenLog,
): Promise<AdminServer | undefined> {
  try {
    return await startAdminServer(parts);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    log.say('warn', `${why}: the edgefc command cannot talk to this host, only a signal stops it`);
    return undefined;
  }
}

async function announce(
  definition: HostDefinition,
  found: HostStart,
  log: OpenLog,
  context: CliContext,
  { json, table }: { readonly json: boolean; readonly table: boolean },
): Promise<void> {
  const { functions, settings } = definition;
  const { pending, dead, recovered, notes } = found;
  const output = json ? context.stderr : context.stdout;
  if (json) {
    const ready = {
      event: 'ready',
      pid: context.pid,
      dataDir: settings.dataDir,
      pending,
      dead,
      recovered,
      notes,
      functions: functions.map(describeFunction),
    };
    log.line(`${JSON.stringify(ready)}\n`);
  }
  if (table) {
    const text = `${formatFunctionTable(functions, output)}data directory: ${settings.dataDir} (${describeFound(found)})\n${output.isTerminal ? 'ready; Ctrl-C stops it\n' : ''}`;
    if (json) await print(output, text);
    else log.line(text);
  }
}

function describeFound({ pending, dead, recovered }: HostStart): string {
  const again = recovered === 0 ? '' : `, ${recovered} of them ran when the last host ended`;
  return `${pending} pending${again}, ${dead} ${dead === 1 ? 'dead letter' : 'dead letters'}`;
}

/** Who asks for the stop, and how long running work then has. */
class StopRequest {
  /** Resolves at the first request. */
  readonly requested: Promise<undefined>;
  readonly #resolve: () => void;
  readonly #log: OpenLog;
  readonly #context: CliContext;
  readonly #configured: number;
  #gracePeriod: number | undefined;
  #stopping = false;

  constructor(log: OpenLog, { settings }: HostDefinition, context: CliContext) {
    this.#log = log;
    this.#context = context;
    this.#configured = settings.gracePeriod;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.requested = promise;
    this.#resolve = () => resolve(undefined);
    // A second signal does not wait for anything.
    context.onStopSignal((signal) => {
      if (this.#stopping) context.exit(signalExitCode(signal));
      this.#begin(signal, undefined);
    });
  }

  /** ms; undefined: as configured. */
  get gracePeriod(): number | undefined {
    return this.#gracePeriod;
  }

  readonly fromCommand = (gracePeriod: number | undefined): { readonly pid: number; readonly gracePeriod: number } => {
    if (!this.#stopping) this.#begin('edgefc stop', gracePeriod);
    return { pid: this.#context.pid, gracePeriod: this.#gracePeriod ?? this.#configured };
  };

  #begin(who: string, gracePeriod: number | undefined): void {
    this.#stopping = true;
    this.#gracePeriod = gracePeriod;
    const grace = writeDuration(gracePeriod ?? this.#configured);
    this.#log.say('info', `${who}: stopping; running work has ${grace} to end, a second signal does not wait for it`);
    this.#resolve();
  }
}
