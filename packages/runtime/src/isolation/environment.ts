/** The environment an instance sees: its function's own, and the SDK's variables; nothing else of the host's. */
import type { InstanceBoot } from '../engine/protocol.ts';

export function instanceEnvironment(boot: InstanceBoot): Record<string, string> {
  const { definition, settings } = boot;
  return {
    ...definition.environment,
    EDGEFC_SERVICE: definition.service,
    EDGEFC_FUNCTION: definition.name,
    EDGEFC_INSTANCE: boot.instance,
    // What `linkedge-common-js` reads (LE).
    MY_FUNCTION_ID: `acs:fc:${settings.region}:${settings.accountId}:service:${definition.service}:function:${definition.name}`,
  };
}
