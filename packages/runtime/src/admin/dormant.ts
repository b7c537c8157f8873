/** The data directory of a host that does not run, as an AdminApi: its queue is opened under the lock, and nothing runs. */
import type { Clock } from '../engine/clock.ts';
import type { HostDefinition } from '../engine/definition.ts';
import type { Host } from '../engine/host-api.ts';
import { createHost } from '../host.ts';
import type { AdminApi, AdminAsync } from './admin-api.ts';
import { gatherStatus, type HostStatus } from './status.ts';

export interface DormantHost extends AdminApi {
  close(): Promise<void>;
}

export interface DormantOptions {
  readonly definition: HostDefinition;
  readonly clock: Clock;
  readonly version: string;
  /** What others are told that want the directory meanwhile. */
  readonly command: string;
  /** Listens to the host while it opens its queue: a damaged one is reported there. */
  readonly listen: (events: Host['events']) => void;
}

/** @throws QueueError when the directory is in use, cannot be used, or was written by a newer version */
export async function openDormant(options: DormantOptions): Promise<DormantHost> {
  const { definition, clock, version, command, listen } = options;
  const host = createHost(definition, { clock, holder: { version, command } });
  listen(host.events);
  await host.start({ dormant: true });
  return new Dormant(host, clock);
}

class Dormant implements DormantHost {
  readonly #host: Host;
  readonly #clock: Clock;

  constructor(host: Host, clock: Clock) {
    this.#host = host;
    this.#clock = clock;
  }

  get async(): AdminAsync {
    return this.#host.async;
  }

  status(): Promise<HostStatus> {
    return gatherStatus(this.#host, this.#clock, undefined);
  }

  close(): Promise<void> {
    return this.#host.stop({ gracePeriod: 0 });
  }
}

/**
 * The definition of a data directory whose configuration nobody named. Its limits are none: whoever only looks must not throw
 * away what the host's own configuration keeps.
 */
export function definitionWithoutConfig(dataDir: string): HostDefinition {
  return {
    settings: {
      region: '',
      accountId: '',
      credentials: { accessKeyId: '', accessKeySecret: '', securityToken: '' },
      maxSyncPayload: 0,
      maxAsyncPayload: 0,
      maxMemory: 0,
      gracePeriod: 0,
      dataDir,
      queue: {
        maxQueueBytes: Infinity,
        minFreeDisk: 0,
        retention: { age: Infinity, bytes: Infinity, count: Infinity, result: Infinity },
        deadLetters: { age: Infinity, bytes: Infinity, count: Infinity },
      },
    },
    functions: [],
    routes: [],
  };
}
