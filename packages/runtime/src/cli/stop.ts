/**
 * `edgefc stop`: stops the host of a data directory, and waits for its end.
 *
 * That none runs is what was wanted: exit code 0, as `systemctl stop` and `docker stop` have it.
 */
import { reachHost } from '../admin/reach-host.ts';
import { HostUnreachableError } from '../admin/host-unreachable.ts';
import { LONGEST_DURATION, writeDuration } from '../config/units.ts';
import { systemClock } from '../engine/clock.ts';
import { readHolder } from '../store/lock.ts';
import { print, type CliContext } from './context.ts';
import { ExitCode } from './exit-codes.ts';
import { readDurationOption } from './payload-input.ts';
import { printRefusal } from './print-outcome.ts';
import { locateDataDir, type TargetOptions } from './target-options.ts';

/** ms beyond the grace period that a host has to end: preStop, the last commits, threads that do not end. */
const PATIENCE = 20_000;
/** ms between two looks whether the process is still there. */
const LOOK_AGAIN = 20;
/** ms that a process takes to end once it has let go of everything; in another container it may not be seen. */
const LAST_MOMENTS = 2000;

export interface StopOptions extends TargetOptions {
  readonly timeout?: string;
}

export async function stop(options: StopOptions, context: CliContext): Promise<number> {
  const gracePeriod = readDurationOption('--timeout', options.timeout, { min: 0, max: LONGEST_DURATION });
  const { dataDir } = await locateDataDir(options, context);
  const client = await reachHost(dataDir, systemClock);
  if (client === undefined) {
    const text =
      options.json === true
        ? JSON.stringify({ stopped: false, dataDir })
        : `no host runs on ${dataDir}: nothing to stop`;
    await print(context.stdout, `${text}\n`);
    return ExitCode.Ok;
  }
  const begun = await client.stop(gracePeriod);
  if (begun.kind === 'refused') {
    client.close();
    return printRefusal(begun, context, options.json === true);
  }
  const { pid } = begun.value;
  const patience = begun.value.gracePeriod + PATIENCE;
  const deadline = systemClock.monotonic() + patience;
  await Promise.race([client.closed, pause(patience)]);
  client.close();
  // The directory is free, so that another host can start; and the process is gone, as far as it can be seen from here.
  while (readHolder(dataDir)?.pid === pid) {
    if (systemClock.monotonic() >= deadline) {
      throw new HostUnreachableError(
        `the host with pid ${pid} has not ended within ${writeDuration(patience)}; \`kill -9 ${pid}\` ends it, and loses nothing that was accepted`,
      );
    }
    await pause(LOOK_AGAIN);
  }
  const exited = systemClock.monotonic() + LAST_MOMENTS;
  while (context.isAlive(pid) && systemClock.monotonic() < exited) await pause(LOOK_AGAIN);
  const text = options.json === true ? JSON.stringify({ stopped: true, dataDir, pid }) : `stopped (pid ${pid})`;
  await print(context.stdout, `${text}\n`);
  return ExitCode.Ok;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    systemClock.setTimeout(resolve, ms);
  });
}
