/**
 * What a command can do with a host: the same whether it runs (client.ts) or only its data directory is there
 * (dormant.ts), so that each command is written once.
 */
import type { AsyncApi } from '../engine/async-api.ts';
import type { HostStatus } from './status.ts';

export type AdminAsync = Omit<AsyncApi, 'stats'>;

export interface AdminApi {
  readonly async: AdminAsync;
  status(): Promise<HostStatus>;
}
