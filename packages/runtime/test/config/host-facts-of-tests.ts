/** The facts of a host that is not this machine. */
import type { HostFacts } from '../../src/config/host-facts.ts';

export const GIB: number = 1024 ** 3;

export function hostFacts(cwd: string, facts: Partial<HostFacts> = {}): HostFacts {
  return { cwd, hostEnv: { PATH: '/usr/bin', SECRET: 'of the host' }, cpus: 8, totalMemory: 10 * GIB, ...facts };
}
